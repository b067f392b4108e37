from odoo import _, api, fields, models


class PaymentBatchResult(models.TransientModel):
    """What became of each payment when a step was taken of many."""

    _name = "payment.batch.result"
    _description = "Result of a Mass Action"

    line_ids = fields.One2many("payment.batch.result.line", "result_id", readonly=True)
    done_count = fields.Integer(compute="_compute_counts")
    refused_count = fields.Integer(compute="_compute_counts")

    @api.depends("line_ids.done")
    def _compute_counts(self):
        for result in self:
            result.done_count = len(result.line_ids.filtered("done"))
            result.refused_count = len(result.line_ids) - result.done_count

    def _open(self, title):
        """Return the action that shows the result."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("%(step)s: Result", step=title),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
        }


class PaymentBatchResultLine(models.TransientModel):
    _name = "payment.batch.result.line"
    _description = "Result of a Mass Action for One Payment"
    _order = "done, id"

    result_id = fields.Many2one(
        "payment.batch.result", required=True, ondelete="cascade", index=True
    )
    payment_id = fields.Many2one("account.payment", required=True, ondelete="cascade")
    partner_id = fields.Many2one(related="payment_id.partner_id")
    amount = fields.Monetary(related="payment_id.amount")
    currency_id = fields.Many2one(related="payment_id.currency_id")
    approval_state = fields.Selection(related="payment_id.approval_state")
    done = fields.Boolean()
    message = fields.Char("Why Not")
