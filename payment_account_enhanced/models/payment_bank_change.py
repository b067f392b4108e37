from odoo import _, api, fields, models
from odoo.exceptions import AccessError

KINDS = [
    ("created", "Created"),
    ("changed", "Changed"),
    ("archived", "Archived"),
    ("restored", "Restored"),
    ("deleted", "Deleted"),
    ("confirmed", "Confirmed"),
]


class PaymentBankChange(models.Model):
    """Who changed what on the bank account of a partner, and who confirmed it."""

    _name = "payment.bank.change"
    _description = "Change of a Bank Account"
    _order = "id desc"
    _rec_name = "detail"

    bank_id = fields.Many2one(
        "res.partner.bank",
        "Bank Account",
        index=True,
        readonly=True,
        ondelete="set null",
    )
    # What stays when the account is deleted or changed again.
    bank_ref = fields.Integer("Bank Account ID", readonly=True, aggregator=None)
    acc_number = fields.Char("Account Number", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Account Holder", readonly=True, ondelete="set null"
    )
    company_id = fields.Many2one("res.company", index=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    detail = fields.Char(readonly=True)
    user_id = fields.Many2one(
        "res.users", "By", required=True, readonly=True, ondelete="restrict"
    )
    changed_at = fields.Datetime("Time", readonly=True, default=fields.Datetime.now)

    def write(self, vals):
        """Refuse: what was changed was changed.

        :raises AccessError: always, for the superuser too
        """
        if self:
            raise AccessError(_("The record of bank accounts cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(_("The record of bank accounts cannot be deleted."))
