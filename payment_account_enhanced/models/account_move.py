from odoo import _, api, models
from odoo.exceptions import UserError, ValidationError

from ..tools import grant
from .account_payment_lock import _differs

#: What an entry says of its payment, and what that is computed from.
_FROZEN = frozenset(
    {
        "date",
        "journal_id",
        "partner_id",
        "currency_id",
        "company_id",
        "move_type",
        "line_ids",
        "invoice_line_ids",
        "ref",
        "partner_bank_id",
        "amount_total",
        "invoice_date",
        "origin_payment_id",
        "payment_ids",
        "statement_line_id",
        "reversed_entry_id",
    }
)
#: State of an entry: those of its payment with which it may get there alone.
_BESIDE = {"cancel": ("canceled", "rejected"), "draft": ("draft",)}
_LEAVE = (grant.POST, grant.RESET, grant.EDIT)


class AccountMove(models.Model):
    _inherit = "account.move"

    # Ways in

    def write(self, vals):
        """Write; the entry of a payment follows its payment.

        :raises UserError: naming the payment or the entry
        """
        if {"state", "auto_post"} & vals.keys() or _FROZEN & vals.keys():
            self._check_payments_allow(vals)
        if vals.get("statement_line_id"):
            self._check_no_statement(vals)
        if vals.get("state") == "posted":
            self._check_reversal()
        elif "state" in vals:
            self._use_entry_overrides()
        return super().write(vals)

    def unlink(self):
        """Delete; the entry of a payment that was posted once stays with it.

        Cancelling such a payment cancels its entry instead.

        :raises UserError: naming the payment or the entry
        """
        if not self:
            # Odoo deletes nothing, once for each payment that it posts.
            return super().unlink()
        # Not by `ondelete`, which a key of the caller's context skips.
        kept = self._cancelled_instead()
        self._check_guarded_stay()
        if kept:
            kept.write({"auto_post": "no", "state": "cancel"})
        rest = self - kept
        # Lines ask as well, and what was asked here holds for them.
        bound = grant.with_grant(rest, grant.SYNC, rest._controlled_payments())
        return super(AccountMove, bound).unlink()

    @api.constrains("state", "origin_payment_id")
    def _check_posted_with_payment(self):
        """Whatever way a state came, no entry is posted without its payment."""
        posted = self.filtered(lambda move: move.state == "posted")
        for payment in posted._controlled_payments():
            if not payment.is_posted and not grant.is_any_granted(
                self.env, _LEAVE, payment
            ):
                raise ValidationError(payment._say_post_payment())

    # Odoo's own steps

    def button_draft(self):
        """Reset to draft; a posted entry needs the manager's override.

        The entry of a payment is reset with its payment.

        :raises UserError: without an override
        """
        payments = self._controlled_payments().filtered(
            lambda one: (
                (one.is_posted or one.state in ("canceled", "rejected"))
                and not grant.is_any_granted(self.env, _LEAVE, one)
            )
        )
        if not payments:
            return super().button_draft()
        # Asked with the rights of who resets: the entry alone was looked at as root.
        payments = payments.with_env(self.env)
        payments.action_draft()
        rest = self - payments.move_id
        return super(AccountMove, rest).button_draft()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Reverse; to cancel the entry of a posted payment is to reset it.

        :raises UserError: naming a payment without an override, or reconciled
        """
        if not cancel:
            return super()._reverse_moves(default_values_list, cancel=cancel)
        bound = self._with_reversal_override(self)
        moves = super(AccountMove, bound)._reverse_moves(
            default_values_list, cancel=cancel
        )
        return grant.hand_back(moves, self.env)

    # Rules

    def _controlled_payments(self):
        """Return the payments of these entries whose company controls them.

        Both links are followed, for either side can be rewritten.
        """
        if not self:
            # Odoo unmatches and deletes nothing, for each payment several times.
            return self.env["account.payment"]
        # Who writes an entry may not see its payment; the lock holds all the same.
        moves = self.sudo()
        payments = (moves.origin_payment_id | moves.payment_ids).with_env(self.env)
        return payments.sudo().filtered("payment_control")

    def _cancelled_instead(self):
        """Return the entries that a payment's step cancels instead of deleting them.

        :raises UserError: naming the payment whose entry stays
        """
        kept = self.browse()
        for payment in self._controlled_payments():
            own = self & payment.move_id.with_env(self.env)
            if own and (payment.once_posted or payment.is_posted):
                if not grant.is_granted(self.env, grant.CANCEL, payment):
                    raise UserError(
                        _(
                            "The entry of %(payment)s stays: a payment that was posted "
                            "once is never deleted.",
                            payment=payment.display_name,
                        )
                    )
                kept |= own
            elif own and payment._is_waiting() and payment._lacks_leave(self.env):
                raise UserError(payment._say_entry_locked())
        return kept

    def _check_payments_allow(self, vals):
        asked = self._controlled_payments().filtered(
            lambda one: not grant.is_any_granted(self.env, _LEAVE, one)
        )
        if not asked:
            return
        ids = set(asked.ids)
        for move in self:
            own = (move.sudo().origin_payment_id | move.sudo().payment_ids).ids
            for payment in asked.browse(id_ for id_ in own if id_ in ids):
                move._check_payment_allows(payment, vals)

    def _check_payment_allows(self, payment, vals):
        """Refuse what would part an entry from its payment.

        :param payment: one `account.payment`, for which the caller has no leave
        """
        self.ensure_one()
        state = vals.get("state", self.state)
        if state != self.state:
            if state == "posted":
                raise UserError(payment._say_post_payment())
            if self.state == "posted":
                raise UserError(payment._say_no_reset())
            if payment.state not in _BESIDE[state]:
                raise UserError(payment._say_entry_locked())
        if vals.get("origin_payment_id") == payment.id == self.payment_ids.id:
            # The other link, of what is its payment already.
            vals = {name: vals[name] for name in vals if name != "origin_payment_id"}
        # One that posts itself would repeat the payment, or post it alone.
        automatic = vals.get("auto_post", "no") != "no"
        if payment._lacks_leave(self.env) and (automatic or self._really_changes(vals)):
            raise UserError(payment._say_entry_locked())

    def _really_changes(self, vals):
        for name in _FROZEN & vals.keys():
            if self._fields[name].type in ("one2many", "many2many"):
                if vals[name]:
                    return True
            elif _differs(self, name, vals):
                return True
        return False

    def _guarded_entries(self):
        """Return the posted entries that only an override resets.

        Entries of statement lines come and go with their line.
        """
        return self.filtered(
            lambda move: (
                move.company_id.payment_control
                and move.move_type == "entry"
                and move.state == "posted"
                and move.statement_line_id.move_id != move
            )
        )

    def _unpaired(self):
        """Return those entries that are no payment's, as far as leave goes."""
        return self.filtered(
            lambda move: (
                not any(
                    grant.is_any_granted(self.env, _LEAVE, payment)
                    for payment in move._controlled_payments()
                )
            )
        )

    def _use_entry_overrides(self):
        """Use up an override for each posted entry that leaves its state.

        :raises UserError: naming the entry that has none
        """
        for move in self._guarded_entries()._unpaired():
            if not self.env["payment.override"]._use("reset", move=move):
                raise UserError(
                    _(
                        "Posted journal entries cannot be reset (%(entry)s). A payment "
                        "manager can override this with a reason.",
                        entry=move.display_name,
                    )
                )

    def _check_guarded_stay(self):
        for move in self._guarded_entries():
            if not grant.is_granted(self.env, grant.DELETE, move):
                raise UserError(
                    _(
                        "Posted journal entries cannot be deleted (%(entry)s): reset "
                        "it to draft first.",
                        entry=move.display_name,
                    )
                )

    def _check_no_statement(self, vals):
        """Refuse to call a posted entry a statement line's, with which it would go."""
        for move in self._guarded_entries():
            if _differs(move, "statement_line_id", vals):
                raise UserError(
                    _(
                        "Posted journal entries cannot be modified (%(entry)s): it is "
                        "no statement line's.",
                        entry=move.display_name,
                    )
                )

    def _check_reversal(self):
        """Refuse to post, later on, a reversal that nobody could have made at once."""
        drafts = self.filtered(
            lambda move: move.reversed_entry_id and move.state != "posted"
        )
        drafts._with_reversal_override(drafts.reversed_entry_id)

    def _with_reversal_override(self, reversed_entries):
        """Use up the overrides that reversing payments asks for.

        :param reversed_entries: the entries that are reversed
        :return: these entries, with leave to be posted as their reversal
        :raises UserError: naming the payment that is reconciled or has no override
        """
        payments = reversed_entries._controlled_payments().filtered(
            lambda one: (
                one.is_posted and not grant.is_any_granted(self.env, _LEAVE, one)
            )
        )
        if not payments:
            return self
        payments = payments.with_env(self.env)
        payments._check_unmatched()
        reasons = payments._use_overrides("reset")
        for payment in payments:
            payment._log_decision(
                "reset",
                _("Its entry is reversed: %(reason)s", reason=reasons[payment.id]),
                before=payment._states(),
            )
        return grant.with_grant(self, grant.RESET, payments, reasons)


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _say_post_payment(self):
        return _(
            "The entry of %(payment)s is posted with its payment: post that.",
            payment=self.display_name,
        )


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    def unlink(self):
        """Delete; the entry, posted as it is, goes with its statement line."""
        own = self.sudo().filtered(lambda one: one.move_id.statement_line_id == one)
        own = own.move_id.with_env(self.env)
        return super(
            AccountBankStatementLine, grant.with_grant(self, grant.DELETE, own)
        ).unlink()
