import time

from odoo import api, fields, models
from odoo.tools import hmac

#: How often an address may look up vouchers within a minute.
LIMIT = 30


class PaymentVerifyHit(models.Model):
    """How often an address looked up vouchers within a minute, for all workers.

    One row and one statement a look-up. Addresses are kept as keyed digests, and rows
    for a day at most.
    """

    _name = "payment.verify.hit"
    _description = "Look-Ups of Vouchers"
    _log_access = False

    address = fields.Char(required=True)
    minute = fields.Integer(required=True)
    hits = fields.Integer(required=True, default=0)

    _sql_constraints = [
        (
            "address_minute_unique",
            "UNIQUE(address, minute)",
            "An address is counted once a minute.",
        ),
    ]

    @api.model
    def _take(self, address):
        """Count a look-up.

        :param str address: of the client; IPv6 counts by its network of 64 bits
        :return: whether it is within the limit
        """
        network = _network(address or "")
        # Anybody may cause it: it writes nothing but the count.
        self.env.cr.execute(
            """
            INSERT INTO payment_verify_hit (address, minute, hits)
                 VALUES (%s, %s, 1)
            ON CONFLICT (address, minute)
              DO UPDATE SET hits = payment_verify_hit.hits + 1
              RETURNING hits
            """,
            [
                hmac(self.sudo().env, "payment_verify_hit", network)[:32],
                int(time.time()) // 60,
            ],
        )
        return self.env.cr.fetchone()[0] <= LIMIT

    @api.autovacuum
    def _gc_hits(self):
        """Forget the counts of the day before."""
        day = int(time.time()) // 60 - 24 * 60
        self.sudo().search([("minute", "<", day)], limit=10000).unlink()


def _network(address):
    """Return what an address is counted by."""
    if ":" not in address:
        return address
    return ":".join(address.split(":")[:4])
