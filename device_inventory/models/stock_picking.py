from odoo import fields, models
from odoo.exceptions import UserError

from .guard import is_internal


class StockPicking(models.Model):
    _inherit = "stock.picking"

    packing_box_ids = fields.One2many("packing.box", "picking_id", "Packing Boxes")
    device_manifest_ids = fields.One2many("device.manifest", "picking_id")
    device_document_hint = fields.Char(compute="_compute_device_document_hint")

    def _compute_device_document_hint(self):
        for picking in self:
            picking.device_document_hint = (
                picking.state not in ("done", "cancel")
                and picking._get_device_document_hint()
            )

    def _get_device_document_hint(self):
        """Which document validates this transfer, as a sentence; False if none."""
        # The hint names the document only; whoever opens it needs its rights.
        manifest = self.sudo().device_manifest_ids.filtered("is_open")[:1]
        if manifest:
            return self.env._(
                "Its devices are received by “Mark Complete” on %(manifest)s.",
                manifest=manifest.name,
            )
        box = self.sudo().packing_box_ids.filtered("is_open")[:1]
        if box:
            return self.env._(
                "Its devices leave by “Mark Shipped” on %(box)s.", box=box.name
            )
        return False

    def action_view_device_manifest(self):
        return self._action_view_records(
            self.device_manifest_ids, self.env._("IMEI Manifests")
        )

    def action_view_packing_box(self):
        return self._action_view_records(
            self.packing_box_ids, self.env._("Packing Boxes")
        )

    def _action_view_records(self, records, name):
        action = {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": records._name,
            "view_mode": "list,form",
            "domain": [("id", "in", records.ids)],
        }
        if len(records) == 1:
            action.update(view_mode="form", res_id=records.id)
        return action

    def _action_done(self):
        if not is_internal(self):
            self._check_device_documents()
        result = super()._action_done()
        self.move_ids._receive_returned_devices()
        return result

    def _check_device_documents(self):
        """Devices are received by their manifest and shipped by their box.

        :raises UserError: naming the document to use
        """
        for picking in self:
            manifests = picking.sudo().device_manifest_ids.filtered("is_open")
            boxes = picking.sudo().packing_box_ids.filtered("is_open")
            document = manifests[:1] or boxes[:1]
            if manifests:
                action = self.env._("Mark Complete")
            elif boxes:
                action = self.env._("Mark Shipped")
            elif picking._needs_device_document():
                raise UserError(
                    self.env._(
                        "%(picking)s has devices to receive or deliver without "
                        "a manifest "
                        "or box: devices come in by a purchase order's manifest and go "
                        "out by a sale order's packing box.",
                        picking=picking.name,
                    )
                )
            else:
                continue
            raise UserError(
                self.env._(
                    "%(picking)s has devices: it is validated by “%(action)s” on "
                    "%(document)s.",
                    picking=picking.name,
                    action=action,
                    document=document.display_name,
                )
            )

    def _needs_device_document(self):
        """Whether this is a receipt or delivery of devices, and no return."""
        moves = self.move_ids.filtered(
            lambda m: (
                m.product_id.is_device
                and m.state not in ("done", "cancel")
                and m.quantity
                and not m.origin_returned_move_id
            )
        )
        return self.picking_type_code in ("incoming", "outgoing") and bool(moves)
