from odoo import fields, models


class SettlementPaidWizard(models.TransientModel):
    """A manager's reasoned exception: paid although the bill is not."""

    _name = "settlement.paid.wizard"
    _description = "Mark a Settlement as Paid Without Bill"

    report_id = fields.Many2one(
        "consignment.settlement.report", required=True, readonly=True
    )
    refusal = fields.Text(related="report_id.paid_refusal")
    reason = fields.Text(required=True)

    def action_confirm(self):
        """Close the report for the reason given; the model's rules decide."""
        self.report_id._override_paid(self.reason)
        return {"type": "ir.actions.act_window_close"}
