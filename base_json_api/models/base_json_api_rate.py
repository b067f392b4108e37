from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.sql_db import BaseCursor, db_connect
from odoo.tools import SQL


class BaseJsonApiRate(models.Model):
    """How often somebody has called lately.

    The table is not logged: a count costs no write to the disk, is exact across
    workers, and is lost when PostgreSQL crashes, as nobody minds.
    """

    _name = "base.json.api.rate"
    _description = "JSON API: Requests Counted"
    _log_access = False

    bucket = fields.Char(required=True, help="API, group of endpoints, limit, caller")
    hits = fields.Integer(required=True)
    ends = fields.Datetime(required=True)

    _sql_constraints = [
        ("bucket_unique", "UNIQUE (bucket)", "This is counted already."),
    ]

    def init(self):
        """Take the table out of the write-ahead log, and prepare it for many updates.

        A count leaves a dead row behind; half a page is kept free for them, and they
        are cleared away soon, however small the table is.
        """
        self.env.cr.execute(
            "SELECT relpersistence FROM pg_class WHERE oid = to_regclass(%s)",
            [self._table],
        )
        if self.env.cr.fetchone()[0] == "p":
            self.env.cr.execute("ALTER TABLE base_json_api_rate SET UNLOGGED")
            self.env.cr.execute(
                """ALTER TABLE base_json_api_rate SET (fillfactor = 50,
                    autovacuum_vacuum_scale_factor = 0,
                    autovacuum_vacuum_threshold = 1000)"""
            )

    @contextmanager
    def _apart(self) -> Iterator[BaseCursor]:
        """Give a cursor of its own, on which each statement is committed at once.

        What is counted stays when the request is refused, and nobody waits for its
        end. At Odoo's own isolation level a row that another worker has just counted
        would be an error; the connection has it again for who borrows it next.
        """
        with db_connect(self.env.cr.dbname).cursor() as cr:
            cr._cnx.autocommit = True
            yield cr

    @api.model
    def _hit(self, buckets: Sequence[tuple[str, int]]) -> list[tuple[str, int, int]]:
        """Count one request in each bucket, whatever becomes of the transaction.

        :param buckets: name, and seconds that it counts from its first request
        :return: name, requests counted, seconds until it is forgotten
        """
        # In order, so that two requests never wait for each other.
        rows = SQL(", ").join(
            SQL("(%s, 1, now() AT TIME ZONE 'utc' + %s * interval '1 second')", *row)
            for row in sorted(buckets)
        )
        with self._apart() as cr:
            cr.execute(
                SQL(
                    """INSERT INTO base_json_api_rate AS rate (bucket, hits, ends)
                    VALUES %s
                    ON CONFLICT (bucket) DO UPDATE SET
                        hits = CASE WHEN rate.ends > now() AT TIME ZONE 'utc'
                            THEN rate.hits + 1 ELSE 1 END,
                        ends = CASE WHEN rate.ends > now() AT TIME ZONE 'utc'
                            THEN rate.ends ELSE excluded.ends END
                    RETURNING bucket, hits, ceil(extract(
                        epoch FROM ends - now() AT TIME ZONE 'utc'))::int""",
                    rows,
                )
            )
            return cr.fetchall()

    @api.model
    def _peek(self, buckets: Iterable[str]) -> dict[str, int]:
        """Return what is counted in buckets now, without counting.

        :param buckets: names
        :return: requests by name; none for a bucket that nothing is counted in
        """
        with self._apart() as cr:
            cr.execute(
                """SELECT bucket, hits FROM base_json_api_rate
                    WHERE bucket = ANY(%s) AND ends > now() AT TIME ZONE 'utc'""",
                [list(buckets)],
            )
            return dict(cr.fetchall())

    @api.model
    def _forget(self, buckets: Iterable[str]) -> None:
        """Count anew in buckets.

        :param buckets: names
        """
        with self._apart() as cr:
            cr.execute(
                "DELETE FROM base_json_api_rate WHERE bucket = ANY(%s)",
                [list(buckets)],
            )

    @api.autovacuum
    def _gc_forgotten(self):
        """Remove what is no longer counted."""
        self.env.cr.execute(
            """DELETE FROM base_json_api_rate
               WHERE ends < now() AT TIME ZONE 'utc' - interval '1 hour'"""
        )
