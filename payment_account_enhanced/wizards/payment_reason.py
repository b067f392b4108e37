from odoo import _, api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("reject", "Reject"),
    ("edit", "Override: change a posted payment"),
    ("reset", "Override: reset to draft"),
]
#: What a reset may end in, each a method of payments.
_STEPS = [
    ("action_draft", "Reset to draft"),
    ("action_cancel", "Cancel"),
    ("action_reject", "Refused by the bank"),
]
_LONGEST = 24 * 60


class PaymentReason(models.TransientModel):
    """Asks for the reason of a rejection or of an override."""

    _name = "payment.reason"
    _description = "Reason"

    kind = fields.Selection(KINDS, required=True, readonly=True)
    step = fields.Selection(_STEPS, readonly=True, default="action_draft")
    payment_ids = fields.Many2many("account.payment", readonly=True)
    move_id = fields.Many2one("account.move", readonly=True)
    reason = fields.Char(required=True)
    minutes = fields.Integer("Valid for (minutes)", default=15)

    @api.model
    def default_get(self, fields_list):
        """Start with the minutes of the company whose record is overridden."""
        values = super().default_get(fields_list)
        if "minutes" in fields_list:
            draft = self.new(values)
            record = draft.payment_ids[:1] or draft.move_id
            company = record.company_id or self.env.company
            values["minutes"] = company.sudo().payment_override_minutes or 15
        return values

    def action_confirm(self):
        """Do what the reason was asked for.

        :raises UserError: naming what is in the way
        """
        self.ensure_one()
        if self.kind == "reject":
            self.payment_ids._reject(self.reason)
        else:
            self._override()
        return {"type": "ir.actions.act_window_close", "infos": {"granted": True}}

    def _override(self):
        """Grant the override, and take the step that it was asked for."""
        if not 0 < self.minutes <= _LONGEST:
            raise UserError(
                _(
                    "Valid for: %(minutes)s minutes is not between 1 and %(longest)s.",
                    minutes=self.minutes,
                    longest=_LONGEST,
                )
            )
        overrides = self.env["payment.override"]
        for record in self.payment_ids:
            overrides._grant(
                self.kind, self.reason, payment=record, minutes=self.minutes
            )
        if self.move_id:
            overrides._grant(
                self.kind, self.reason, move=self.move_id, minutes=self.minutes
            )
        if self.kind == "reset":
            self._reset()

    def _reset(self):
        if self.payment_ids:
            getattr(self.payment_ids, self.step)()
        if self.move_id:
            self.move_id.button_draft()
