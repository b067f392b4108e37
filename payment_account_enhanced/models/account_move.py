from odoo import _, models
from odoo.exceptions import UserError

from ..tools import grant

#: What an entry says of its payment.
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
_LEAVE = (grant.POST, grant.RESET, grant.EDIT, grant.ENTRY)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _controlled_payments(self):
        """Return the payments of these entries whose company controls them.

        Both links are followed, for either side can be rewritten.
        """
        # Who writes an entry may not see its payment; the lock holds all the same.
        moves = self.sudo()
        payments = (moves.origin_payment_id | moves.payment_ids).with_env(self.env)
        return payments.sudo().filtered("payment_control")

    def write(self, vals):
        """Write; the entry of a payment follows its payment.

        :raises UserError: naming the payment
        """
        if "state" in vals or _FROZEN & vals.keys():
            for payment in self._controlled_payments():
                self._check_payment_allows(payment, vals)
        return super().write(vals)

    def _check_payment_allows(self, payment, vals):
        if any(grant.is_granted(self.env, action, payment) for action in _LEAVE):
            return
        moves = self & payment.move_id.with_env(self.env)
        posting = vals.get("state") == "posted"
        if posting and any(move.state != "posted" for move in moves):
            raise UserError(
                _(
                    "The entry of %(payment)s is posted with its payment: post that.",
                    payment=payment.display_name,
                )
            )
        if "state" in vals and not posting:
            if any(move.state == "posted" for move in moves):
                raise UserError(payment._say_no_reset())
        if payment.is_posted and any(
            self._really_changes(move, vals) for move in moves
        ):
            raise UserError(payment._say_no_edit())

    def _really_changes(self, move, vals):
        for name in _FROZEN & vals.keys():
            field = self._fields[name]
            if field.type in ("one2many", "many2many"):
                if vals[name]:
                    return True
                continue
            new = field.convert_to_record(
                field.convert_to_cache(vals[name], move), move
            )
            if new != move[name]:
                return True
        return False

    def button_draft(self):
        """Reset to draft; a posted entry needs the manager's override.

        :raises UserError: without one
        """
        payments = self._controlled_payments()
        for payment in payments.filtered("is_posted"):
            if not any(
                grant.is_granted(self.env, action, payment)
                for action in (grant.RESET, grant.EDIT)
            ):
                raise UserError(payment._say_no_reset())
        plain = self.filtered(
            lambda move: (
                move.company_id.payment_control
                and move.move_type == "entry"
                and move.state == "posted"
                and not move.statement_line_id
            )
        ) - payments.move_id.with_env(self.env)
        for move in plain:
            if not self.env["payment.override"]._use("reset", move=move):
                raise UserError(
                    _(
                        "Posted journal entries cannot be reset (%(entry)s). A payment "
                        "manager can override this with a reason.",
                        entry=move.display_name,
                    )
                )
        return super().button_draft()

    def unlink(self):
        """Delete; the entry of a payment that was posted once stays with it.

        :raises UserError: naming the payment
        """
        for payment in self._controlled_payments():
            if payment.once_posted or payment.is_posted:
                raise UserError(
                    _(
                        "The entry of %(payment)s stays: a payment that was posted "
                        "once is never deleted.",
                        payment=payment.display_name,
                    )
                )
        return super().unlink()
