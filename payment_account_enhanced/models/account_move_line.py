from odoo import api, models
from odoo.exceptions import UserError

from .account_payment_lock import _differs

_FROZEN = frozenset(
    {
        "account_id",
        "partner_id",
        "debit",
        "credit",
        "balance",
        "amount_currency",
        "currency_id",
        "move_id",
        "date",
        "journal_id",
        "company_id",
    }
)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        """Create lines; the entry of a payment takes none but its payment's.

        :raises UserError: naming the payment
        """
        moves = self.env["account.move"].browse(
            {vals["move_id"] for vals in vals_list if vals.get("move_id")}
        )
        moves._controlled_payments()._check_lines_free(self.env)
        return super().create(vals_list)

    def write(self, vals):
        """Write; the lines of a payment's entry follow their payment.

        :raises UserError: naming the payment
        """
        if _FROZEN & vals.keys():
            changed = self.filtered(lambda line: line._really_changes(vals))
            moves = changed.move_id
            if vals.get("move_id"):
                moves |= moves.browse(vals["move_id"])
            moves._controlled_payments()._check_lines_free(self.env, vals)
        return super().write(vals)

    def unlink(self):
        """Delete; the lines of a payment's entry follow their payment.

        :raises UserError: naming the payment
        """
        if self:
            self.move_id._controlled_payments()._check_lines_free(self.env)
        return super().unlink()

    def _really_changes(self, vals):
        self.ensure_one()
        return any(_differs(self, name, vals) for name in _FROZEN & vals.keys())


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _check_lines_free(self, env, vals=None):
        """Refuse to change the lines of payments: they follow their payment.

        :param env: environment of the caller, which may bring leave
        :param dict vals: what is written; a line may take another contact of the same
            commercial partner, as merging and re-parenting contacts do
        """
        for payment in self:
            if not payment._lacks_leave(env):
                continue
            if vals and vals.keys() & _FROZEN == {"partner_id"}:
                partner = env["res.partner"].browse(vals["partner_id"]).sudo()
                own = payment.partner_id.commercial_partner_id
                if partner.commercial_partner_id == own:
                    continue
            raise UserError(payment._say_entry_locked())
