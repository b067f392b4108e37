from odoo import fields, models


class FusionLoginOwnActivity(models.Model):
    """What a user may see of the events of the own account."""

    _name = "fusion.login.own.activity"
    _description = "My Login Activity"
    _auto = False
    _order = "event_time desc, id desc"

    user_id = fields.Many2one("res.users", readonly=True)
    event_time = fields.Datetime("Time", readonly=True)

    def init(self):
        self.env.cr.execute(
            "CREATE OR REPLACE VIEW fusion_login_own_activity AS"
            " SELECT id, user_id, event_time FROM fusion_login_audit"
        )
