from odoo import api, fields, models
from odoo.exceptions import UserError

from .stock_lot import LOCK_STATUS, STORAGE


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    owner_company_id = fields.Many2one(
        "res.company",
        "Device Owner",
        compute="_compute_owner_company_id",
        store=True,
        readonly=False,
        help="Whose devices these are: this company's own, or those of the company "
        "whose active agreement names the vendor.",
    )
    is_device_consignment = fields.Boolean(compute="_compute_is_device_consignment")
    has_devices = fields.Boolean(compute="_compute_has_devices")
    device_manifest_ids = fields.One2many("device.manifest", "purchase_id", "Manifests")
    device_manifest_count = fields.Integer(compute="_compute_device_manifest_count")

    @api.depends("partner_id", "company_id")
    def _compute_owner_company_id(self):
        Agreement = self.env["device.consignment.agreement"]
        for order in self:
            agreement = Agreement._get_active_by_vendor(
                order.partner_id.commercial_partner_id, order.company_id
            )
            order.owner_company_id = agreement.owner_company_id or order.company_id

    @api.depends("owner_company_id", "company_id")
    def _compute_is_device_consignment(self):
        for order in self:
            order.is_device_consignment = bool(
                order.owner_company_id and order.owner_company_id != order.company_id
            )

    @api.depends("order_line.product_id")
    def _compute_has_devices(self):
        for order in self:
            order.has_devices = any(order.order_line.product_id.mapped("is_device"))

    def _compute_device_manifest_count(self):
        counts = dict(
            self.env["device.manifest"]._read_group(
                [("purchase_id", "in", self.ids)], ["purchase_id"], ["__count"]
            )
        )
        for order in self:
            order.device_manifest_count = counts.get(order, 0)

    def button_approve(self, force=False):
        result = super().button_approve(force=force)
        self.filtered(
            lambda o: o.has_devices and o.state in ("purchase", "done")
        )._create_receiving_manifests()
        return result

    def _create_receiving_manifests(self):
        """Make the receiving manifest of each order that has none open."""
        orders = self.filtered(
            lambda o: not o.sudo().device_manifest_ids.filtered("is_open")
        )
        # A buyer confirms the order; the manifest belongs to the warehouse.
        return (
            self.env["device.manifest"]
            .sudo()
            .create([order._prepare_manifest_vals() for order in orders])
        )

    def _prepare_manifest_vals(self):
        picking = self.picking_ids.filtered(
            lambda p: (
                p.state not in ("done", "cancel") and p.picking_type_code == "incoming"
            )
        )
        return {
            "manifest_type": "receiving",
            "purchase_id": self.id,
            "picking_id": picking[:1].id,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "owner_company_id": self.owner_company_id.id,
            "ordered_count": sum(self._get_device_lines().mapped("product_qty")),
            "state": "awaiting_upload",
        }

    def _get_device_lines(self):
        return self.order_line.filtered("product_id.is_device")

    def button_cancel(self):
        result = super().button_cancel()
        manifests = self.sudo().device_manifest_ids.filtered("is_open")
        manifests.action_cancel()
        return result

    def action_view_device_manifests(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "device_inventory.action_device_manifest_receiving"
        )
        manifests = self.device_manifest_ids
        if len(manifests) == 1:
            action.update(views=[(False, "form")], res_id=manifests.id)
        else:
            action["domain"] = [("id", "in", manifests.ids)]
        return action

    def action_create_invoice(self, *args, **kwargs):
        self._check_consigned_bill()
        return super().action_create_invoice(*args, **kwargs)

    def _check_consigned_bill(self):
        """Consigned devices are paid to their owner by settlement, not by "
        "this order."""
        for order in self:
            if order.is_device_consignment and order.has_devices:
                raise UserError(
                    self.env._(
                        "%(order)s is on consignment for %(owner)s: there is "
                        "nothing to "
                        "bill, the owner is paid by settlement when devices are sold.",
                        order=order.name,
                        owner=order.owner_company_id.sudo().name,
                    )
                )


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    required_storage = fields.Selection(STORAGE, "Storage")
    required_color = fields.Char("Color")
    required_grade_id = fields.Many2one("device.grade", "Grade")
    required_lock_status = fields.Selection(LOCK_STATUS, "Lock Status")
    is_device = fields.Boolean(related="product_id.is_device")

    @api.depends("order_id.owner_company_id")
    def _compute_qty_invoiced(self):
        result = super()._compute_qty_invoiced()
        for line in self:
            if line.is_device and line.order_id.is_device_consignment:
                line.qty_to_invoice = 0
        return result
