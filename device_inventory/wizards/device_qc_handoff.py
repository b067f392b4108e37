from odoo import api, fields, models
from odoo.exceptions import UserError


class DeviceQcHandoff(models.TransientModel):
    """Find devices that wait for QC and hand them off together."""

    _name = "device.qc.handoff"
    _description = "QC Handoff"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    manifest_id = fields.Many2one(
        "device.manifest",
        domain="[('manifest_type', '=', 'receiving'), ('company_id', '=', company_id)]",
    )
    purchase_id = fields.Many2one(
        "purchase.order", "Purchase Order", domain="[('company_id', '=', company_id)]"
    )
    product_id = fields.Many2one("product.product", domain="[('is_device', '=', True)]")
    date_from = fields.Date("Received From")
    date_to = fields.Date("Received To")
    lot_ids = fields.Many2many(
        "stock.lot", compute="_compute_lot_ids", store=True, readonly=False
    )
    device_count = fields.Integer(compute="_compute_device_count")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "device.manifest":
            values["manifest_id"] = self.env.context.get("active_id")
        return values

    @api.depends(
        "company_id", "manifest_id", "purchase_id", "product_id", "date_from", "date_to"
    )
    def _compute_lot_ids(self):
        for wizard in self:
            wizard.lot_ids = self.env["stock.lot"].search(wizard._get_domain())

    def _get_domain(self):
        domain = [
            ("holder_company_id", "=", self.company_id.id),
            ("qc_status", "=", "pending_qc"),
        ]
        custody = "custody_id.manifest_line_id.manifest_id"
        if self.manifest_id:
            domain.append((custody, "=", self.manifest_id.id))
        if self.purchase_id:
            domain.append((f"{custody}.purchase_id", "=", self.purchase_id.id))
        if self.product_id:
            domain.append(("product_id", "=", self.product_id.id))
        if self.date_from:
            domain.append(("intake_date", ">=", self.date_from))
        if self.date_to:
            domain.append(("intake_date", "<=", self.date_to))
        return domain

    @api.depends("lot_ids")
    def _compute_device_count(self):
        for wizard in self:
            wizard.device_count = len(wizard.lot_ids)

    def action_hand_off(self):
        """Take the devices into QC.

        :raises UserError: when the filters leave no device
        """
        self.ensure_one()
        if not self.lot_ids:
            raise UserError(self.env._("No device waits for QC under these filters."))
        self.lot_ids._hand_off_to_qc()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "device_inventory.action_device_lot"
        )
        action["domain"] = [("id", "in", self.lot_ids.ids)]
        action["context"] = {}
        return action
