"""How the newest events of a login, user or address are found, whatever else there is.

An equality leaves the planner the choice to walk through all events by time instead,
in the hope that the value is frequent. In a flood of other events that takes long, and
statistics tell of a flood too late. So the value is a range of one, and the order
begins with its column: only the index that begins with the column gives that order.
"""

from odoo import models
from odoo.tools import SQL

# Column by column: the range of one, and the order of the index behind it.
_RANGES = {
    "attempted_login": (
        "attempted_login >= %(value)s AND attempted_login <= %(value)s",
        "attempted_login DESC, event_time DESC, id DESC",
    ),
    "user_id": (
        "user_id >= %(value)s AND user_id <= %(value)s",
        "user_id, event_time DESC, id DESC",
    ),
    # That index serves to search by the beginning of an address, too.
    "ip_address": (
        "ip_address ~>=~ %(value)s AND ip_address ~<=~ %(value)s",
        "ip_address USING ~<~, event_time DESC",
    ),
}


def newest(column, value, columns, limit):
    """Return the query of the newest events that have a value in a column.

    :param str column: `attempted_login`, `user_id` or `ip_address`
    :param value: what it holds, a value or SQL
    :param str columns: what is selected
    :param int limit: how many events at most
    :return: SQL
    """
    condition, order = _RANGES[column]
    return SQL(
        "SELECT %s FROM fusion_login_audit WHERE %s ORDER BY %s LIMIT %s",
        SQL(columns),
        SQL(condition, value=value),
        SQL(order),
        limit,
    )


class FusionLoginAudit(models.Model):
    _inherit = "fusion.login.audit"

    def init(self):
        """Create the indexes behind the events before an event.

        Columns in one direction, so that a row comparison is one stretch of them.
        """
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS fusion_login_audit_login_row_idx"
            " ON fusion_login_audit (attempted_login, event_time, id)"
        )
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS fusion_login_audit_success_row_idx"
            " ON fusion_login_audit (user_id, event_time, id)"
            " WHERE result = 'success'"
        )
        return super().init()
