from odoo import fields, models

from .account_payment import POSTED_STATES


class AccountPayment(models.Model):
    _inherit = "account.payment"

    waiting_line_ids = fields.Many2many(
        "account.move.line",
        "account_payment_waiting_line_rel",
        string="Waits to Pay",
        readonly=True,
        copy=False,
        help="Journal items that the payment is reconciled with when it is posted.",
    )

    def _note_posting(self):
        res = super()._note_posting()
        for payment in self.filtered(lambda one: one.state in POSTED_STATES):
            payment._reconcile_waiting()
        return res

    def _reconcile_waiting(self):
        """Reconcile a posted payment with what it was registered for."""
        self.ensure_one()
        waiting = self.sudo().waiting_line_ids
        if not waiting:
            return
        own = self.move_id.line_ids.filtered(
            lambda line: line.account_type in self._get_valid_payment_account_types()
        )
        for account in own.account_id:
            lines = (own | waiting.with_env(self.env)).filtered(
                lambda line, account=account: (
                    line.account_id == account
                    and not line.reconciled
                    and line.parent_state == "posted"
                )
            )
            lines.reconcile()
        self.sudo().waiting_line_ids = False


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    def _post_payments(self, to_process, edit_mode=False):
        """Post what may be posted; submit the others, which wait for their decision."""
        ready = []
        for values in to_process:
            payment = values["payment"]
            if payment.payment_control and payment._requirement():
                payment.action_submit()
                payment.sudo().waiting_line_ids = values["to_reconcile"]
            else:
                ready.append(values)
        if ready:
            return super()._post_payments(ready, edit_mode=edit_mode)

    def _reconcile_payments(self, to_process, edit_mode=False):
        """Reconcile what was posted, and link the others to their invoices."""
        posted = [
            values
            for values in to_process
            if not values["payment"].payment_control
            or values["payment"].state in POSTED_STATES
        ]
        for values in to_process:
            if values not in posted:
                values["to_reconcile"].move_id.matched_payment_ids += values["payment"]
        return super()._reconcile_payments(posted, edit_mode=edit_mode)
