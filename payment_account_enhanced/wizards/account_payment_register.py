from odoo import models

from ..tools import grant


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    def _init_payments(self, to_process, edit_mode=False):
        """Create the payments; Odoo levels out exchange rates in their entries."""
        bound = grant.with_grant(self, grant.REGISTER, self)
        payments = super(AccountPaymentRegister, bound)._init_payments(
            to_process, edit_mode=edit_mode
        )
        for values in to_process:
            values["payment"] = grant.hand_back(values["payment"], self.env)
        return grant.hand_back(payments, self.env)

    def _post_payments(self, to_process, edit_mode=False):
        """Post what may be posted; submit the others, which wait for their decision."""
        payments = self.env["account.payment"].concat(
            *(values["payment"] for values in to_process)
        )
        controlled = payments.filtered("payment_control")
        if controlled:
            # Whoever may register payments in Odoo has them submitted.
            controlled._submit(controlled._states())
        ready = [values for values in to_process if not self._waits(values)]
        return super()._post_payments(ready, edit_mode=edit_mode)

    def _reconcile_payments(self, to_process, edit_mode=False):
        """Reconcile what was posted, and link the others to their invoices."""
        ready = []
        for values in to_process:
            if self._waits(values):
                values["payment"]._wait_for(
                    values["to_reconcile"], values.get("rate", 0.0)
                )
            else:
                ready.append(values)
        return super()._reconcile_payments(ready, edit_mode=edit_mode)

    def _waits(self, values):
        """Whether a payment of the wizard is not posted for want of a decision."""
        payment = values["payment"]
        return (
            payment.payment_control
            and payment._is_waiting()
            and not payment._is_postable()
        )
