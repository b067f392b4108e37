from odoo import _, api, fields, models

SHOWN = 20


class DeviceManifestComplete(models.TransientModel):
    """Say which devices would be missing before a manifest is completed."""

    _name = "device.manifest.complete"
    _description = "Complete with Missing Devices"

    manifest_id = fields.Many2one("device.manifest", required=True, readonly=True)
    received_count = fields.Integer(related="manifest_id.received_count")
    missing_count = fields.Integer(related="manifest_id.missing_count")
    claim_days = fields.Integer(related="manifest_id.company_id.device_claim_days")
    missing_list = fields.Text("Not Scanned", compute="_compute_missing_list")

    @api.depends("manifest_id")
    def _compute_missing_list(self):
        for wizard in self:
            lines = self.env["device.manifest.line"].search(
                [
                    ("manifest_id", "=", wizard.manifest_id.id),
                    ("state", "=", "expected"),
                ],
                limit=SHOWN,
            )
            texts = [line._describe_for_search() for line in lines]
            more = wizard.missing_count - len(lines)
            if more > 0:
                texts.append(_("… and %(count)s more", count=more))
            wizard.missing_list = "\n".join(texts)

    def action_complete(self):
        """Complete the manifest; what was not scanned is claimed as missing."""
        self.ensure_one()
        self.manifest_id.action_mark_complete()
        return {"type": "ir.actions.act_window_close"}


class DeviceManifestLine(models.Model):
    _inherit = "device.manifest.line"

    def _describe_for_search(self):
        """A line as somebody who looks for the device wants it: IMEI, model, carton."""
        parts = [self.imei, self.product_id.display_name, self.color]
        if self.supplier_carton_id:
            parts.append(_("carton %(carton)s", carton=self.supplier_carton_id))
        return " · ".join(part for part in parts if part)
