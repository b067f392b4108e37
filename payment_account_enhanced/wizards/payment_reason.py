from odoo import fields, models

KINDS = [
    ("reject", "Reject"),
    ("edit", "Override: change a posted payment"),
    ("reset", "Override: reset to draft"),
]


class PaymentReason(models.TransientModel):
    """Asks for the reason of a rejection or of an override."""

    _name = "payment.reason"
    _description = "Reason"

    kind = fields.Selection(KINDS, required=True, readonly=True)
    payment_ids = fields.Many2many("account.payment", readonly=True)
    move_id = fields.Many2one("account.move", readonly=True)
    reason = fields.Char(required=True)
    minutes = fields.Integer(
        "Valid for (minutes)",
        default=lambda self: self.env.company.payment_override_minutes or 15,
    )

    def action_confirm(self):
        """Do what the reason was asked for."""
        self.ensure_one()
        if self.kind == "reject":
            self.payment_ids._reject(self.reason)
            return {"type": "ir.actions.act_window_close"}
        overrides = self.env["payment.override"]
        for payment in self.payment_ids:
            overrides._grant(
                self.kind, self.reason, payment=payment, minutes=self.minutes
            )
        if self.move_id:
            overrides._grant(
                self.kind, self.reason, move=self.move_id, minutes=self.minutes
            )
        if self.kind == "reset":
            if self.payment_ids:
                self.payment_ids.action_draft()
            if self.move_id:
                self.move_id.button_draft()
        return {"type": "ir.actions.act_window_close"}
