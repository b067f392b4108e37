from odoo import api, fields, models
from odoo.exceptions import UserError

from .guard import check_protected, internal, is_internal

LIVE_STATES = ("allocated", "picked")
EDITABLE = {"unit_price"}
CREATABLE = {"sale_order_line_id", "lot_id", "unit_price"}


class SaleOrderLineDevice(models.Model):
    """One device promised to one order line; after shipping, one sale event."""

    _name = "sale.order.line.device"
    _description = "Device Allocation"
    _order = "order_id desc, id"
    _rec_name = "lot_id"

    sale_order_line_id = fields.Many2one(
        "sale.order.line", required=True, index=True, ondelete="restrict"
    )
    order_id = fields.Many2one(
        related="sale_order_line_id.order_id", store=True, index=True
    )
    partner_id = fields.Many2one(
        related="order_id.partner_id", string="Customer", store=True
    )
    company_id = fields.Many2one(
        related="sale_order_line_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="sale_order_line_id.currency_id", store=True)
    lot_id = fields.Many2one("stock.lot", "Device", required=True, index=True)
    custody_id = fields.Many2one("device.custody", required=True, index=True)
    product_id = fields.Many2one(related="lot_id.product_id", store=True)
    storage_capacity = fields.Selection(related="lot_id.storage_capacity")
    color = fields.Char(related="lot_id.color")
    grade_id = fields.Many2one(related="lot_id.grade_id")
    battery_health = fields.Integer(related="lot_id.battery_health")
    owner_company_id = fields.Many2one(
        related="custody_id.owner_company_id", store=True, index=True
    )
    accounting_mode = fields.Selection(related="custody_id.accounting_mode", store=True)
    state = fields.Selection(
        [
            ("allocated", "Allocated"),
            ("picked", "Picked"),
            ("sold", "Sold"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="allocated",
    )
    unit_price = fields.Monetary(required=True)
    agreement_id = fields.Many2one("device.consignment.agreement")
    commission_type = fields.Selection(
        [("none", "None"), ("percentage", "Percentage"), ("fixed", "Fixed")]
    )
    commission_rate = fields.Float(digits=(16, 6))
    commission_amount = fields.Monetary()
    owner_amount = fields.Monetary()
    packing_box_id = fields.Many2one("packing.box", index="btree_not_null")
    sold_date = fields.Datetime()
    is_returned = fields.Boolean()
    invoice_line_id = fields.Many2one("account.move.line", index="btree_not_null")

    def init(self):
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS sale_order_line_device_one_live
                ON sale_order_line_device (lot_id)
                WHERE state IN ('allocated', 'picked');
            """
        )

    # -- allocate -------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Allocate devices; the one way to do so, for wizard, import and shell.

        Locks the devices, checks that each may be sold by this order, reserves them
        and keeps price and commission as they are agreed now.

        :raises UserError: naming the device and the cause of the refusal
        """
        if not is_internal(self):
            for vals in vals_list:
                check_protected(self, vals, set(vals) - CREATABLE)
        lots = self.env["stock.lot"].browse(vals["lot_id"] for vals in vals_list)
        custody_by_lot = self._lock_custodies(lots)
        lines = self.env["sale.order.line"].browse(
            vals["sale_order_line_id"] for vals in vals_list
        )
        for line in set(lines):
            wanted = [
                lot
                for lot, vals in zip(lots, vals_list, strict=True)
                if vals["sale_order_line_id"] == line.id
            ]
            line._check_devices(self.env["stock.lot"].concat(*wanted), custody_by_lot)
        for vals, lot, line in zip(vals_list, lots, lines, strict=True):
            vals["custody_id"] = custody_by_lot[lot].id
            vals.setdefault("unit_price", line.price_unit)
        allocations = super().create(vals_list)
        allocations._refresh_commission()
        for order, group in allocations.grouped("order_id").items():
            # A salesperson reserves the device without rights on custody.
            group.sudo().custody_id._set_status("reserved", "allocate", order.name)
        allocations.sale_order_line_id._apply_device_price()
        allocations._extend_deliveries()
        return allocations

    def _lock_custodies(self, lots):
        """Lock the current custody of the devices.

        :return: dict of `stock.lot` to `device.custody`
        """
        # Locking is not reading: a caller who may not sell the device is refused below.
        custodies = lots.sudo().custody_id
        custodies._lock()
        return {lot: lot.sudo().custody_id for lot in lots}

    def _refresh_commission(self):
        """Keep commission and owner amount as the active agreement has them now."""
        Agreement = self.env["device.consignment.agreement"]
        for (owner, company), group in self.grouped(
            lambda a: (a.owner_company_id, a.company_id)
        ).items():
            if owner == company:
                continue
            agreement = Agreement._get_active(owner, company)
            for (price, currency), same in group.grouped(
                lambda a: (a.unit_price, a.currency_id)
            ).items():
                internal(same).write(
                    agreement._prepare_commission_vals(price, currency)
                )

    def write(self, vals):
        check_protected(self, vals, set(vals) - EDITABLE)
        if "unit_price" in vals:
            self._check_live(self.env._("priced"))
        result = super().write(vals)
        if "unit_price" in vals:
            self._refresh_commission()
            self.sale_order_line_id._apply_device_price()
        return result

    def _check_live(self, action):
        ended = self.filtered(lambda a: a.state not in LIVE_STATES)
        if ended:
            raise UserError(
                self.env._(
                    "%(imeis)s: a device that is sold or released cannot be "
                    "%(action)s.",
                    imeis=", ".join(ended.lot_id.mapped("name")),
                    action=action,
                )
            )

    # -- release --------------------------------------------------------------

    def action_release(self):
        """Give devices back to the stock that is for sale.

        :raises UserError: when a device is sold
        """
        self._check_live(self.env._("released"))
        self._unreserve()
        for order, group in self.grouped("order_id").items():
            # The custody is not the salesperson's to read or write.
            group.sudo().custody_id._set_status("available", "release", order.name)
        # Boxes and manifests belong to the warehouse; they follow the allocation.
        self.env["packing.box.line"].sudo().search(
            [("allocation_id", "in", self.ids)]
        )._drop()
        internal(self).write({"state": "cancelled", "packing_box_id": False})
        self.sale_order_line_id._apply_device_price()

    def _unreserve(self):
        # The salesperson has no rights on transfers.
        self.env["stock.move.line"].sudo().search(
            [
                ("lot_id", "in", self.lot_id.ids),
                ("move_id.sale_line_id", "in", self.sale_order_line_id.ids),
                ("state", "not in", ("done", "cancel")),
            ]
        ).unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_releases(self):
        """Deleting an allocation gives its device back; a sale is kept."""
        if any(allocation.state == "sold" for allocation in self):
            raise UserError(self.env._("The allocation of a sold device is kept."))
        self.filtered(lambda a: a.state in LIVE_STATES).action_release()

    # -- sell -----------------------------------------------------------------

    def _extend_deliveries(self):
        """Devices allocated to a confirmed order join its delivery."""
        for order, group in self.grouped("order_id").items():
            if order.state == "sale":
                order._add_to_delivery(group)

    def _mark_sold(self):
        """The devices leave with their box; price and commission are final now."""
        self._refresh_commission()
        internal(self).write({"state": "sold", "sold_date": fields.Datetime.now()})
        for box, group in self.grouped("packing_box_id").items():
            group.custody_id._set_status("sold", "ship", box.name)

    def _live_message(self):
        """Say where a live allocation stands."""
        return self.env._(
            "%(imei)s is allocated to %(order)s.",
            imei=self.lot_id.name,
            order=self.order_id.name,
        )
