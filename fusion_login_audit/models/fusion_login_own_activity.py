from odoo import fields, models, tools
from odoo.tools import SQL

from .fusion_login_audit import (
    DEVICE_TYPES,
    FAILURE_REASONS,
    INTERFACES,
    METHODS,
    RESULTS,
)

# What users may know of themselves. Not the login that was typed, nor what the
# administrator needs for an investigation.
_COLUMNS = [
    "id",
    "user_id",
    "event_time",
    "result",
    "failure_reason",
    "auth_method",
    "interface",
    "ip_address",
    "country_code",
    "country_name",
    "city",
    "browser",
    "os",
    "device_type",
]


class FusionLoginOwnActivity(models.Model):
    """What a user may see of the events of the own account."""

    _name = "fusion.login.own.activity"
    _description = "My Login Activity"
    _inherit = "fusion.login.place"
    _auto = False
    _order = "event_time desc, id desc"
    _rec_name = "event_time"

    user_id = fields.Many2one("res.users", readonly=True)
    event_time = fields.Datetime("Time", readonly=True)
    result = fields.Selection(RESULTS, readonly=True)
    failure_reason = fields.Selection(FAILURE_REASONS, "Reason", readonly=True)
    auth_method = fields.Selection(METHODS, "Method", readonly=True)
    interface = fields.Selection(INTERFACES, readonly=True)
    ip_address = fields.Char("IP Address", readonly=True)
    city = fields.Char(readonly=True)
    browser = fields.Char(readonly=True)
    os = fields.Char("Operating System", readonly=True)
    device_type = fields.Selection(DEVICE_TYPES, "Device", readonly=True)

    def init(self):
        """Make the view anew, so that an upgrade may change its columns."""
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL(
                "CREATE VIEW %s AS SELECT %s FROM fusion_login_audit",
                SQL.identifier(self._table),
                SQL(", ").join(SQL.identifier(column) for column in _COLUMNS),
            )
        )
