from odoo import _, fields, models


class DeviceManifest(models.Model):
    """What the manifest's form counts and leads to."""

    _inherit = "device.manifest"

    line_count = fields.Integer(compute="_compute_form_counts")
    device_count = fields.Integer(compute="_compute_form_counts")
    unresolved_unexpected_count = fields.Integer(compute="_compute_form_counts")
    unresolved_duplicate_count = fields.Integer(compute="_compute_form_counts")

    def _compute_form_counts(self):
        counts = self._count_lines([])
        devices = self._count_lines([("stock_lot_id", "!=", False)])
        open_scan = [("resolution", "=", False)]
        unexpected = self._count_lines([("state", "=", "unexpected"), *open_scan])
        duplicate = self._count_lines([("state", "=", "duplicate"), *open_scan])
        for manifest in self:
            manifest.line_count = counts.get(manifest, 0)
            manifest.device_count = devices.get(manifest, 0)
            manifest.unresolved_unexpected_count = unexpected.get(manifest, 0)
            manifest.unresolved_duplicate_count = duplicate.get(manifest, 0)

    def _count_lines(self, domain):
        groups = self.env["device.manifest.line"]._read_group(
            [("manifest_id", "in", self.ids), *domain], ["manifest_id"], ["__count"]
        )
        return dict(groups)

    def action_ask_complete(self):
        """Show what would be missing before the manifest is completed.

        :raises UserError: listing the lines that block completion
        """
        self.ensure_one()
        self._check_completable()
        return {
            "type": "ir.actions.act_window",
            "name": _("Complete with Missing Devices"),
            "res_model": "device.manifest.complete",
            "view_mode": "form",
            "target": "new",
            "context": {"default_manifest_id": self.id},
        }

    def action_hand_off_to_qc(self):
        """Open the QC handoff of this manifest's devices."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "device_inventory.action_device_qc_handoff"
        )
        action["context"] = {"default_manifest_id": self.id}
        return action

    def action_view_lines(self):
        """Open the lines in a list of their own, which can be searched and grouped."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "device_inventory.action_device_manifest_line"
        )
        action["display_name"] = _("Lines of %(manifest)s", manifest=self.name)
        action["domain"] = [("manifest_id", "=", self.id)]
        action["context"] = {"device_manifest_shown": True}
        return action

    def action_view_unresolved(self):
        """Open the scans that keep the manifest from being completed."""
        action = self.action_view_lines()
        action["context"]["search_default_to_resolve"] = 1
        return action

    def action_view_purchase(self):
        return self._action_view_form(self.purchase_id)

    def action_view_sale_order(self):
        return self._action_view_form(self.sale_order_id)

    def action_view_packing_box(self):
        return self._action_view_form(self.packing_box_id)

    def action_view_picking(self):
        return self._action_view_form(self.picking_id)

    def _action_view_form(self, record):
        return {
            "type": "ir.actions.act_window",
            "name": record.display_name,
            "res_model": record._name,
            "view_mode": "form",
            "res_id": record.id,
        }
