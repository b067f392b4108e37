from odoo import api, models
from odoo.exceptions import UserError

from ..tools import grant

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
_LEAVE = (grant.POST, grant.RESET, grant.EDIT, grant.ENTRY)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        """Create lines; the entry of a posted payment takes none.

        :raises UserError: naming the payment
        """
        moves = self.env["account.move"].browse(
            {vals["move_id"] for vals in vals_list if vals.get("move_id")}
        )
        moves._controlled_payments()._check_lines_free(self.env)
        return super().create(vals_list)

    def write(self, vals):
        """Write; the lines of a posted payment's entry stay as they are.

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
        """Delete; the lines of a posted payment's entry stay.

        :raises UserError: naming the payment
        """
        self.move_id._controlled_payments()._check_lines_free(self.env)
        return super().unlink()

    def _really_changes(self, vals):
        self.ensure_one()
        for name in _FROZEN & vals.keys():
            field = self._fields[name]
            new = field.convert_to_record(
                field.convert_to_cache(vals[name], self), self
            )
            if new != self[name]:
                return True
        return False


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _check_lines_free(self, env, vals=None):
        """Refuse to change the lines of posted payments.

        :param env: environment of the caller, which may bring leave
        :param dict vals: what is written; a line may take another contact of the same
            commercial partner, as merging and re-parenting contacts do
        """
        for payment in self.filtered("is_posted"):
            if any(grant.is_granted(env, action, payment) for action in _LEAVE):
                continue
            if vals and set(vals) & _FROZEN == {"partner_id"}:
                partner = env["res.partner"].browse(vals["partner_id"]).sudo()
                own = payment.partner_id.commercial_partner_id
                if partner.commercial_partner_id == own:
                    continue
            raise UserError(payment.with_env(env)._say_no_edit())
