"""How long the audit may keep a login waiting, as parts of its queries."""

#: Before a query: a round trip of their own would cost as much as the answer.
LIMITS = "SET LOCAL lock_timeout TO '200ms'; SET LOCAL statement_timeout TO '1s';"
NO_LIMITS = "SET LOCAL lock_timeout TO DEFAULT; SET LOCAL statement_timeout TO DEFAULT"
#: Columns of a query that takes them back: under a test, the transaction goes on.
TAKEN_BACK = """
    set_config('lock_timeout', NULL, true), set_config('statement_timeout', NULL, true)
"""
