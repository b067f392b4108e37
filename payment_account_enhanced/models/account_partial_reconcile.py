from odoo import _, api, models
from odoo.exceptions import UserError


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        """Match; an unapproved payment pays nothing.

        :raises UserError: naming the payment
        """
        partials = super().create(vals_list)
        lines = partials.debit_move_id | partials.credit_move_id
        for payment in lines.move_id._controlled_payments():
            if not payment.is_posted:
                raise UserError(
                    _(
                        "%(payment)s is not posted: it pays nothing yet. It will be "
                        "reconciled when it is posted.",
                        payment=payment.display_name,
                    )
                )
        return partials

    def unlink(self):
        """Unmatch, and note it in the decisions of the payments concerned."""
        lines = self.debit_move_id | self.credit_move_id
        payments = lines.move_id._controlled_payments().filtered("is_posted")
        payments.with_env(self.env)._log_decision("unmatch")
        return super().unlink()
