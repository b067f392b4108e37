"""Payments that are registered before they may be posted: they wait, and keep in mind
what they pay.
"""

from odoo import fields, models

from ..compat import DRAFTS_MATCH
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
    # The items may be replaced while it waits, when an invoice is edited.
    waits_to_pay = fields.Boolean(readonly=True, copy=False)
    # As `rate` of the register wizard, in which Odoo hands it to the reconciliation.
    waiting_rate = fields.Float(readonly=True, copy=False, digits=0, aggregator=None)

    def action_post(self):
        """Post; what waited to pay journal items is reconciled with them.

        :raises UserError: naming the payment and the rule that is in the way
        """
        res = super().action_post()
        # Invoices may be another branch's, and registering decided what is paid.
        for payment in self.sudo().filtered("waits_to_pay"):
            if payment.state in POSTED_STATES:
                payment._reconcile_waiting()
        return res

    def _is_postable(self):
        """Whether the current user may post a payment that is approved."""
        self.ensure_one()
        return (
            self.approval_state == "approved"
            and not self._why_not("post")
            and not self._held_until()
        )

    def registration_result(self):
        """Tell a caller of the register wizard what became of its payment.

        :return: `waiting_approval` for a payment that is registered and waits for its
            approval, else Odoo's own state: `draft`, `in_process`, `paid`, `canceled`
            or `rejected`
        """
        self.ensure_one()
        return "waiting_approval" if self._is_waiting() else self.state

    def _wait_for(self, lines, rate=0.0):
        """Remember what a payment is registered for, which its invoices show as well.

        :param lines: `account.move.line` to reconcile with when it is posted
        :param float rate: `rate` of the register wizard, 0 for the day's
        """
        self.ensure_one()
        self._decide(
            waits_to_pay=True,
            waiting_line_ids=[fields.Command.set(lines.ids)],
            waiting_rate=rate,
        )
        lines.move_id.matched_payment_ids += self

    def _reconcile_waiting(self):
        """Reconcile a posted payment with what of its registration is still open.

        Paid or cancelled in the meantime, an invoice is passed over.
        """
        self.ensure_one()
        own = self.move_id.line_ids.filtered(
            lambda line: line.account_type in self._get_valid_payment_account_types()
        )
        if self.waiting_rate:
            own = own.with_context(forced_rate_from_register_payment=self.waiting_rate)
        for account in own.account_id:
            mine = own.filtered(
                lambda line, account=account: (
                    line.account_id == account and not line.reconciled
                )
            )
            theirs = self._open_waiting_lines(account)
            if mine and theirs:
                (mine + theirs).reconcile()
        self._decide(waits_to_pay=False, waiting_line_ids=[fields.Command.clear()])

    def _open_waiting_lines(self, account):
        """Return the journal items on an account that can still be paid.

        An invoice that was reset and posted again has new ones.
        """
        lines = self.waiting_line_ids
        partner = self.partner_id.commercial_partner_id
        moves = (self.invoice_ids - lines.move_id).filtered(
            lambda move: move.commercial_partner_id == partner
        )
        return (lines | moves.line_ids).filtered(
            lambda line: (
                line.account_id == account
                and not line.reconciled
                and line.move_id._takes_payments()
            )
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    def _takes_payments(self):
        """Whether Odoo reconciles items of this entry in its state."""
        self.ensure_one()
        return self.state == "posted" or (DRAFTS_MATCH and self.state == "draft")
