"""Payments that a provider has collected: the money has moved before Odoo hears of it.

The fields are those of `account_payment`, which installs itself with `account`; without
it no payment has a transaction.
"""

from odoo import models

from .payment_approval_rule import Verdict


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _verdicts(self):
        """Return the approval rules; nobody is asked for what is collected already."""
        collected = self.filtered(lambda payment: payment._is_collected())
        rules = self.env["payment.approval.rule"].sudo()
        verdicts = super(AccountPayment, self - collected)._verdicts()
        return verdicts | {payment.id: Verdict(rules, False) for payment in collected}

    def _is_collected(self):
        """Whether a provider's transaction, done and of its own, stands behind it.

        Anybody can write a transaction onto a payment, so all of it has to fit.
        """
        self.ensure_one()
        if "payment_transaction_id" not in self._fields:
            return False
        # Providers are Settings' business; the payment says no more than it shows.
        payment = self.sudo()
        deal = payment.payment_transaction_id
        return bool(
            deal.state == "done"
            and not (deal.payment_id - payment)
            and payment.journal_id == deal.provider_id.journal_id
            and payment.currency_id == deal.currency_id
            and payment.payment_type == ("inbound" if deal.amount > 0 else "outbound")
            and not payment.currency_id.compare_amounts(
                payment.amount, abs(deal.amount)
            )
            and payment.partner_id.commercial_partner_id
            == deal.partner_id.commercial_partner_id
            and not self._shares_transaction(deal)
        )

    def _shares_transaction(self, deal):
        """Whether another payment that is not cancelled claims the same transaction."""
        return bool(
            self.sudo().search_count(
                [
                    ("payment_transaction_id", "=", deal.id),
                    ("id", "!=", self._origin.id),
                    ("state", "not in", ("canceled", "rejected")),
                ],
                limit=1,
            )
        )
