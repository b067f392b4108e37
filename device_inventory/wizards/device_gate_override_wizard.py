from odoo import api, fields, models
from odoo.exceptions import UserError


class DeviceGateOverrideWizard(models.TransientModel):
    """A manager lets devices pass the QC and cost gate, for a reason."""

    _name = "device.gate.override.wizard"
    _description = "Override the Gate"

    lot_ids = fields.Many2many("stock.lot", string="Devices", required=True)
    res_model = fields.Char()
    res_id = fields.Many2oneReference(model_field="res_model")
    rules = fields.Text("Not Met", compute="_compute_rules")
    reason = fields.Text(required=True)
    allocation_wizard_id = fields.Many2one("device.allocation.wizard")

    @api.depends("lot_ids")
    def _compute_rules(self):
        for wizard in self:
            failures = wizard.lot_ids.custody_id._get_gate_failures()
            wizard.rules = "\n".join(
                f"{custody.lot_id.name}: {', '.join(rules)}"
                for custody, rules in failures.items()
            )

    def action_override(self):
        """Record the exception on each device and on the document.

        :raises UserError: when no device needs one
        """
        self.ensure_one()
        custodies = self.lot_ids.custody_id
        if not custodies._get_gate_failures():
            raise UserError(
                self.env._("These devices pass the gate, nothing is to override.")
            )
        document = None
        if self.res_model in ("sale.order", "packing.box") and self.res_id:
            document = self.env[self.res_model].browse(self.res_id)
            document.check_access("read")
        self.env["device.gate.override"]._grant(custodies, self.reason, document)
        if self.allocation_wizard_id:
            return self.allocation_wizard_id._reopen()
        return {"type": "ir.actions.act_window_close"}
