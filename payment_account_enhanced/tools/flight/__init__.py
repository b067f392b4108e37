"""What preflight and postflight share: facts of a database, and judging them.

Plain Python and psycopg2: the two commands run beside a server that is stopped, or that
does not start, so nothing here imports Odoo.
"""
