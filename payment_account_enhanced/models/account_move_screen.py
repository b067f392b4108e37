from odoo import _, api, fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    reset_is_guarded = fields.Boolean(compute="_compute_reset_is_guarded")

    @api.depends("state", "move_type")
    def _compute_reset_is_guarded(self):
        guarded = self._guarded_entries()
        for move in self:
            move.reset_is_guarded = move in guarded

    def action_ask_draft(self):
        """Reset to draft; a manager is asked for the reason of a guarded entry's.

        The entry of a payment is reset with its payment.

        :return: action that opens the dialog, if any
        :raises UserError: for others
        """
        payments = self._controlled_payments().with_env(self.env).filtered("is_posted")
        if payments and payments._is_payment_manager():
            return payments.action_ask_draft()
        guarded = self._guarded_entries()
        if len(guarded) != 1 or not self._misses_override():
            return self.button_draft()
        return {
            "type": "ir.actions.act_window",
            "name": _("Reset a Posted Journal Entry to Draft"),
            "res_model": "payment.reason",
            "view_mode": "form",
            "target": "new",
            "context": {"default_kind": "reset", "default_move_id": guarded.id},
        }

    def _misses_override(self):
        """Whether the user is a payment manager who gave no reason yet."""
        manager = self.env["account.payment"]._is_payment_manager()
        overrides = self.env["payment.override"]
        return manager and not overrides._find_live("reset", move=self)
