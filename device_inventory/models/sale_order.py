from odoo import api, fields, models
from odoo.exceptions import UserError

from .guard import internal
from .sale_order_line_device import LIVE_STATES


class SaleOrder(models.Model):
    _inherit = "sale.order"

    device_line_ids = fields.One2many("sale.order.line.device", "order_id", "Devices")
    total_devices = fields.Integer(compute="_compute_total_devices", compute_sudo=True)
    has_devices = fields.Boolean(compute="_compute_total_devices", compute_sudo=True)
    has_unboxed_devices = fields.Boolean(compute="_compute_has_unboxed_devices")
    to_allocate_count = fields.Integer(
        "Devices to Allocate",
        compute="_compute_total_devices",
        compute_sudo=True,
        search="_search_to_allocate_count",
    )
    device_manifest_ids = fields.One2many("device.manifest", "sale_order_id")
    device_manifest_count = fields.Integer(compute="_compute_device_documents")
    packing_box_ids = fields.One2many("packing.box", "sale_order_id")
    packing_box_count = fields.Integer(compute="_compute_device_documents")

    @api.depends(
        "device_line_ids.state", "order_line.is_device", "order_line.to_allocate_count"
    )
    def _compute_total_devices(self):
        for order in self:
            active = order.device_line_ids.filtered(lambda a: a.state != "cancelled")
            order.total_devices = len(active)
            order.has_devices = any(order.order_line.mapped("is_device"))
            order.to_allocate_count = sum(order.order_line.mapped("to_allocate_count"))

    @api.depends("state", "device_line_ids.state", "device_line_ids.packing_box_id")
    def _compute_has_unboxed_devices(self):
        for order in self:
            # Any reader of the order sees the hint; packing again asks for rights.
            order.has_unboxed_devices = order.state == "sale" and bool(
                order.sudo()._get_unboxed_devices()
            )

    @api.model
    def _search_to_allocate_count(self, operator, value):
        """Find open orders that lack devices; only ``> 0`` is asked for."""
        if (operator, value) != (">", 0):
            raise UserError(
                self.env._("Devices to Allocate: search for more than zero.")
            )
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT DISTINCT l.order_id
              FROM sale_order_line l
              JOIN sale_order o ON o.id = l.order_id
                   AND o.state IN ('draft', 'sent', 'sale')
              JOIN product_product p ON p.id = l.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_device
             WHERE l.product_uom_qty > (
                   SELECT count(*) FROM sale_order_line_device d
                    WHERE d.sale_order_line_id = l.id AND d.state != 'cancelled')
            """
        )
        return [("id", "in", [row[0] for row in self.env.cr.fetchall()])]

    def _compute_device_documents(self):
        for name, count_field in (
            ("device.manifest", "device_manifest_count"),
            ("packing.box", "packing_box_count"),
        ):
            counts = dict(
                self.env[name]._read_group(
                    [("sale_order_id", "in", self.ids)], ["sale_order_id"], ["__count"]
                )
            )
            for order in self:
                order[count_field] = counts.get(order, 0)

    def action_allocate_devices(self):
        """Open the allocation wizard on the first line that lacks devices.

        :raises UserError: when every line has its devices
        """
        self.ensure_one()
        lines = self.order_line.filtered("to_allocate_count")
        if not lines:
            raise UserError(
                self.env._(
                    "%(order)s: every device line has its devices.", order=self.name
                )
            )
        return lines[0].action_allocate_devices()

    def action_confirm(self):
        for order in self:
            order._check_allocations()
        return super().action_confirm()

    def _check_allocations(self):
        """An order is confirmed with exact devices.

        :raises UserError: naming each line and how many devices it lacks
        """
        lacking = self.order_line.filtered("to_allocate_count")
        if lacking:
            raise UserError(
                self.env._(
                    "%(order)s cannot be confirmed, devices are still to be "
                    "allocated:\n"
                    "%(lines)s",
                    order=self.name,
                    lines="\n".join(
                        self.env._(
                            "- %(product)s: %(missing)s of %(quantity)s",
                            product=line.product_id.display_name,
                            missing=line.to_allocate_count,
                            quantity=int(line.product_uom_qty),
                        )
                        for line in lacking
                    ),
                )
            )

    def _action_confirm(self):
        result = super()._action_confirm()
        for order in self:
            devices = order.device_line_ids.filtered(lambda a: a.state in LIVE_STATES)
            if devices:
                order._add_to_delivery(devices)
        return result

    def _add_to_delivery(self, allocations):
        """Put allocated devices on the order's delivery manifest and packing box.

        :param allocations: live `sale.order.line.device` of this order
        """
        self.ensure_one()
        # The salesperson confirms; transfer, manifest and box are the warehouse's.
        order = self.sudo()
        pickings = order.picking_ids.filtered(
            lambda p: (
                p.picking_type_code == "outgoing" and p.state not in ("done", "cancel")
            )
        )
        pickings.filtered(lambda p: p.state != "draft").action_assign()
        box = order.packing_box_ids.filtered(lambda b: b.state in ("draft", "packing"))
        if not box:
            box = order._create_packing_box(pickings[:1])
        box[:1]._add_devices(allocations.sudo())

    def action_pack_again(self):
        """Make a new packing box for devices whose box was cancelled.

        :raises UserError: when every device has its box
        """
        self.ensure_one()
        self.check_access("write")
        waiting = self._get_unboxed_devices()
        if not waiting:
            raise UserError(
                self.env._("%(order)s: every device has its box.", order=self.name)
            )
        self._add_to_delivery(waiting)
        return self.action_view_packing_boxes()

    def _get_unboxed_devices(self):
        return self.device_line_ids.filtered(
            lambda a: a.state in LIVE_STATES and not a.packing_box_id
        )

    def _create_packing_box(self, picking):
        box = internal(self.env["packing.box"]).create(
            {
                "sale_order_id": self.id,
                "company_id": self.company_id.id,
                "partner_id": self.partner_shipping_id.id,
                "picking_id": picking.id,
            }
        )
        manifest = internal(self.env["device.manifest"]).create(
            {
                "manifest_type": "delivery",
                "state": "draft",
                "sale_order_id": self.id,
                "packing_box_id": box.id,
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
            }
        )
        internal(box).manifest_id = manifest
        return box

    def _action_cancel(self):
        """Cancelling gives the devices back and cancels box and manifest."""
        # The warehouse's documents follow the order.
        shipped = self.sudo().packing_box_ids.filtered(lambda b: b.state == "shipped")
        result = super()._action_cancel()
        live = self.device_line_ids.filtered(lambda a: a.state in LIVE_STATES)
        live.action_release()
        (self.sudo().packing_box_ids - shipped).action_cancel()
        return result

    def _create_invoices(self, *args, **kwargs):
        moves = super()._create_invoices(*args, **kwargs)
        moves._split_device_prices()
        return moves

    def action_view_device_manifests(self):
        return self._action_view_documents(
            "device_inventory.action_device_manifest_delivery", self.device_manifest_ids
        )

    def action_view_packing_boxes(self):
        return self._action_view_documents(
            "device_inventory.action_packing_box", self.packing_box_ids
        )

    def _action_view_documents(self, xml_id, records):
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        if len(records) == 1:
            action.update(views=[(False, "form")], res_id=records.id)
        else:
            action["domain"] = [("id", "in", records.ids)]
        action["context"] = {}
        return action
