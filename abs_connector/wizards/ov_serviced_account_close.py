from odoo import api, fields, models


class OvServicedAccountClose(models.TransientModel):
    """Shows what deactivating a Service Account hides, and from whom."""

    _name = "ov.serviced_account.close"
    _description = "Deactivate a Service Account"

    account_id = fields.Many2one(
        "ov.serviced_account", required=True, readonly=True, ondelete="cascade"
    )
    account_count = fields.Integer("Service Accounts", compute="_compute_counts")
    member_count = fields.Integer("Members Who Lose Access", compute="_compute_counts")

    @api.depends("account_id")
    def _compute_counts(self):
        for wizard in self:
            below = self.env["ov.serviced_account"].search(
                [("id", "child_of", wizard.account_id.ids), ("state", "!=", "inactive")]
            )
            wizard.account_count = len(below)
            wizard.member_count = self.env["ov.membership"].search_count(
                [("account_id", "in", below.ids), ("state", "=", "active")]
            )

    def action_confirm(self):
        """Deactivate it, with all below it."""
        self.ensure_one()
        self.account_id._deactivate()
        return {"type": "ir.actions.act_window_close"}
