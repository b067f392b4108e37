from odoo import models

from ..models.account_move import CUSTOMER_TYPES


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    def _create_payment_vals_from_wizard(self, batch_result):
        """Name the invoices at once, from which the payment inherits who holds it."""
        vals = super()._create_payment_vals_from_wizard(batch_result)
        return {**vals, **self._invoices_paid(batch_result)}

    def _create_payment_vals_from_batch(self, batch_result):
        """The same, for each of several payments."""
        vals = super()._create_payment_vals_from_batch(batch_result)
        return {**vals, **self._invoices_paid(batch_result)}

    def _invoices_paid(self, batch_result):
        """Return the values that core itself writes, after it has posted."""
        invoices = batch_result["lines"].move_id.filtered(
            lambda move: move.move_type in CUSTOMER_TYPES
        )
        return {"invoice_ids": [(6, 0, invoices.ids)]} if invoices else {}
