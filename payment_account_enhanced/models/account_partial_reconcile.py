from odoo import _, api, models
from odoo.exceptions import UserError

from ..tools import grant
from .account_payment_lock import _differs

#: What a match says; the rest is Odoo's own bookkeeping of it.
_FROZEN = frozenset(
    {
        "debit_move_id",
        "credit_move_id",
        "amount",
        "debit_amount_currency",
        "credit_amount_currency",
    }
)


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        """Match; an unapproved payment pays nothing.

        :raises UserError: naming the payment
        """
        partials = super().create(vals_list)
        for payment in partials._matched_payments():
            if not payment.is_posted and not grant.is_granted(
                self.env, grant.POST, payment
            ):
                raise UserError(
                    _(
                        "%(payment)s is not posted: it pays nothing yet. It will be "
                        "reconciled when it is posted.",
                        payment=payment.display_name,
                    )
                )
        return partials

    def write(self, vals):
        """Write; a match of a payment is undone and made anew, not rewritten.

        :raises UserError: naming the payment
        """
        changed = self.filtered(
            lambda one: any(_differs(one, name, vals) for name in _FROZEN & vals.keys())
        )
        payments = changed._matched_payments()
        if changed:
            lines = self.env["account.move.line"].browse(
                vals[name]
                for name in ("debit_move_id", "credit_move_id")
                if vals.get(name)
            )
            payments |= lines.move_id._controlled_payments()
        if payments:
            raise UserError(
                _(
                    "The reconciliation of %(payment)s is not changed: undo it, and "
                    "reconcile anew.",
                    payment=payments[0].display_name,
                )
            )
        return super().write(vals)

    def unlink(self):
        """Unmatch, and note it in the decisions of the payments concerned."""
        # Odoo unmatches nothing, once for each payment that it posts.
        payments = self and self._matched_payments().filtered("is_posted")
        if payments:
            payments.with_env(self.env)._log_decision("unmatch")
        return super().unlink()

    def _matched_payments(self):
        """Return the controlled payments whose entries these match."""
        lines = self.debit_move_id | self.credit_move_id
        return lines.move_id._controlled_payments()
