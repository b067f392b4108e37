from dataclasses import dataclass

from odoo import api, fields, models
from odoo.tools import SQL

KEPT_HOURS = 24
_VACUUM_ROWS = 10_000


@dataclass(frozen=True)
class Kept:
    """What was answered to the first request with a key.

    :param digest: of that request
    :param status: its status
    :param headers: its headers, as JSON
    :param body: its body
    """

    digest: str
    status: int
    headers: str
    body: str


class BaseJsonApiIdempotencyKey(models.Model):
    """An answer that is given again when the same request comes again.

    The row is written first and in the transaction of the request, and its unique
    index is the lock: a twin waits at it until the request has ended. A request that
    is rolled back, or whose worker is killed, leaves no row.
    """

    _name = "base.json.api.idempotency.key"
    _description = "JSON API: Idempotency Key"
    _log_access = False

    api_name = fields.Char("API", required=True)
    principal = fields.Char(required=True)
    key = fields.Char(required=True)
    digest = fields.Char(required=True, help="SHA-256 of method, path and body")
    created = fields.Datetime(required=True, index=True)
    status = fields.Integer()
    headers = fields.Char()
    body = fields.Text()

    _sql_constraints = [
        (
            "key_unique",
            "UNIQUE (api_name, principal, key)",
            "This idempotency key has been used already.",
        ),
    ]

    @api.model
    def _claim(self, api_name: str, principal: str, key: str, digest: str) -> int:
        """Take a key for this transaction; wait while another one has it.

        :return: the id of its row, 0 when it was taken within the last 24 hours
        :raises psycopg2.errors.SerializationFailure: when the other transaction has
            taken it meanwhile; its answer is there in a new transaction
        """
        self.env.cr.execute(
            SQL(
                """INSERT INTO base_json_api_idempotency_key AS kept
                    (api_name, principal, key, digest, created)
                VALUES (%(api)s, %(principal)s, %(key)s, %(digest)s,
                    now() AT TIME ZONE 'utc')
                ON CONFLICT (api_name, principal, key) DO UPDATE SET
                    digest = excluded.digest, created = excluded.created,
                    status = NULL, headers = NULL, body = NULL
                WHERE kept.created < excluded.created - %(kept)s * interval '1 hour'
                RETURNING id""",
                api=api_name,
                principal=principal,
                key=key,
                digest=digest,
                kept=KEPT_HOURS,
            ),
            log_exceptions=False,
        )
        row = self.env.cr.fetchone()
        return row[0] if row else 0

    @api.model
    def _kept(self, api_name: str, principal: str, key: str) -> Kept | None:
        """Return what was answered to the first request with a key."""
        self.env.cr.execute(
            """SELECT digest, status, headers, body FROM base_json_api_idempotency_key
               WHERE api_name = %s AND principal = %s AND key = %s""",
            [api_name, principal, key],
        )
        row = self.env.cr.fetchone()
        return Kept(*row) if row else None

    @api.model
    def _keep(self, row_id: int, status: int, headers: str, body: str) -> None:
        """Keep the answer of this transaction."""
        self.env.cr.execute(
            """UPDATE base_json_api_idempotency_key
               SET status = %s, headers = %s, body = %s WHERE id = %s""",
            [status, headers, body, row_id],
        )

    @api.autovacuum
    def _gc_old(self):
        """Remove what is no longer given again."""
        self.env.cr.execute(
            """DELETE FROM base_json_api_idempotency_key WHERE id IN (
                SELECT id FROM base_json_api_idempotency_key
                WHERE created < now() AT TIME ZONE 'utc' - %s * interval '1 hour'
                LIMIT %s)""",
            [KEPT_HOURS, _VACUUM_ROWS],
        )
        return self.env.cr.rowcount, int(self.env.cr.rowcount == _VACUUM_ROWS)
