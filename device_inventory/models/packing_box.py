import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import imei
from .guard import check_protected, internal, is_internal
from .stock_lot import parse_identity

OPEN_STATES = ("draft", "packing", "ready")
CODE128_FNC1 = "\xf1"
COGS_SETTINGS = (
    "device_stock_journal_id",
    "device_cogs_account_id",
    "device_valuation_account_id",
)
PROTECTED = {
    "state",
    "sale_order_id",
    "manifest_id",
    "cogs_move_id",
    "date_shipped",
    "invoice_ids",
    "settlement_report_ids",
}


class PackingBox(models.Model):
    """The devices of one delivery, scanned once each, then shipped and posted."""

    _name = "packing.box"
    _description = "Packing Box"
    _inherit = ["mail.thread", "mail.activity.mixin", "device.scan.mixin"]
    _order = "id desc"

    name = fields.Char(readonly=True, copy=False, default="/")
    barcode = fields.Char(related="name", string="Box Barcode")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("packing", "Packing"),
            ("ready", "Ready to Ship"),
            ("shipped", "Shipped"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        tracking=True,
        copy=False,
    )
    is_open = fields.Boolean(compute="_compute_is_open")
    company_id = fields.Many2one("res.company", required=True, index=True)
    sale_order_id = fields.Many2one("sale.order", "Sales Order", index=True)
    partner_id = fields.Many2one("res.partner", "Ship To")
    picking_id = fields.Many2one("stock.picking", "Transfer", index="btree_not_null")
    manifest_id = fields.Many2one("device.manifest", "IMEI Manifest", copy=False)
    line_ids = fields.One2many("packing.box.line", "box_id", "Devices")
    device_count = fields.Integer("Devices Expected", compute="_compute_counts")
    packed_count = fields.Integer("Packed", compute="_compute_counts")
    progress = fields.Float("Progress (%)", compute="_compute_counts")
    all_packed = fields.Boolean(compute="_compute_counts")
    date_shipped = fields.Datetime("Shipped On", copy=False)
    cogs_move_id = fields.Many2one("account.move", "COGS Entry", copy=False)
    invoice_ids = fields.Many2many("account.move", string="Invoices", copy=False)
    settlement_report_ids = fields.One2many(
        "consignment.settlement.report", "packing_box_id", "Settlements"
    )
    invoice_count = fields.Integer(compute="_compute_document_counts")
    settlement_count = fields.Integer(compute="_compute_document_counts")

    @api.depends("state")
    def _compute_is_open(self):
        for box in self:
            box.is_open = box.state in OPEN_STATES

    @api.depends("line_ids.packed")
    def _compute_counts(self):
        groups = self.env["packing.box.line"]._read_group(
            [("box_id", "in", self.ids)], ["box_id", "packed"], ["__count"]
        )
        counts = {(box.id, packed): count for box, packed, count in groups}
        for box in self:
            box.packed_count = counts.get((box.id, True), 0)
            box.device_count = box.packed_count + counts.get((box.id, False), 0)
            box.progress = 100.0 * box.packed_count / (box.device_count or 1)
            box.all_packed = 0 < box.device_count == box.packed_count

    def _compute_document_counts(self):
        for box in self:
            # The packer sees that documents exist; opening them asks for rights.
            box.invoice_count = len(box.sudo().invoice_ids)
            box.settlement_count = len(box.sudo().settlement_report_ids)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_protected(self, vals, PROTECTED)
            if vals.get("name", "/") == "/":
                vals["name"] = (
                    self.env["ir.sequence"]
                    .with_company(vals.get("company_id"))
                    .next_by_code("packing.box")
                )
        return super().create(vals_list)

    def write(self, vals):
        check_protected(self, vals, PROTECTED)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_cancelled(self):
        if any(box.state != "cancelled" for box in self):
            raise UserError(self.env._("Cancel a packing box before deleting it."))

    # -- contents -------------------------------------------------------------

    def _add_devices(self, allocations):
        """Expect more devices in the box, and on its manifest.

        :param allocations: `sale.order.line.device` that no box holds yet
        """
        self.ensure_one()
        allocations = allocations.filtered(lambda a: not a.packing_box_id)
        manifest_lines = internal(self.env["device.manifest.line"]).create(
            [self._prepare_manifest_line(allocation) for allocation in allocations]
        )
        internal(self.env["packing.box.line"]).create(
            [
                {
                    "box_id": self.id,
                    "allocation_id": allocation.id,
                    "lot_id": allocation.lot_id.id,
                    "manifest_line_id": line.id,
                }
                for allocation, line in zip(allocations, manifest_lines, strict=True)
            ]
        )
        internal(allocations).write({"packing_box_id": self.id})

    def _prepare_manifest_line(self, allocation):
        lot = allocation.lot_id
        return {
            "manifest_id": self.manifest_id.id,
            "allocation_id": allocation.id,
            "imei": lot.name,
            "imei_key": lot.imei_key,
            "stock_lot_id": lot.id,
            "product_id": lot.product_id.id,
            "storage_capacity": lot.storage_capacity,
            "color": lot.color,
            "grade_id": lot.grade_id.id,
            "lock_status": lot.lock_status,
            "state": "expected",
        }

    # -- scanning -------------------------------------------------------------

    def action_scan(self):
        """Open the scan screen."""
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "device_inventory.scan",
            "name": self.env._("Scan %(document)s", document=self.name),
            "params": {"model": self._name, "res_id": self.id},
        }

    def _get_scan_state(self):
        blocked = False
        if self.state not in ("draft", "packing"):
            labels = dict(self._fields["state"]._description_selection(self.env))
            blocked = self.env._(
                "%(box)s is %(state)s.", box=self.name, state=labels[self.state]
            )
        return {
            "subtitle": self.partner_id.display_name or "",
            "state": self.state,
            "can_scan": not blocked,
            "blocked_reason": blocked,
            "actions": [
                self._prepare_scan_action(
                    "action_mark_ready",
                    self.env._("Mark Ready to Ship"),
                    self._get_ready_blocker(),
                ),
                self._prepare_scan_action(
                    "action_mark_shipped",
                    self.env._("Mark Shipped"),
                    self._get_shipping_blocker(),
                    self.env._(
                        "The devices are sold: invoice, COGS and settlement are posted."
                    ),
                ),
            ],
        }

    def _prepare_scan_action(self, name, label, reason, confirm=False):
        return {
            "name": name,
            "label": label,
            "primary": not reason,
            "enabled": not reason,
            "reason": reason,
            "confirm": confirm,
        }

    def _get_scan_counts(self):
        self.invalidate_recordset(["packed_count", "device_count"])
        return {
            "done": self.packed_count,
            "expected": self.device_count,
            "unexpected": 0,
            "duplicate": 0,
        }

    def _scan(self, code):
        identity = parse_identity(self.env, code)
        if self.state not in ("draft", "packing"):
            raise UserError(self._get_scan_state()["blocked_reason"])
        line = self.env["packing.box.line"].search(
            [("box_id", "=", self.id), ("lot_id.imei_key", "=", identity.key)]
        )
        if not line:
            return self._scan_foreign(identity)
        result = line._scan()
        if self.state == "draft":
            internal(self).write({"state": "packing"})
        return result

    def _scan_foreign(self, identity):
        """A device that does not belong into this box: say where it belongs."""
        lot = self.env["stock.lot"].search([("imei_key", "=", identity.key)])
        # The packer is told which order waits for the device.
        allocation = (
            self.env["sale.order.line.device"]
            .sudo()
            .search([("lot_id", "=", lot.id), ("state", "in", ("allocated", "picked"))])
        )
        if not lot:
            code = "unknown"
            message = self.env._(
                "%(imei)s is not a device of ours.", imei=identity.number
            )
        elif allocation:
            code = "wrong_box"
            message = allocation._live_message()
        else:
            code = "not_allocated"
            message = self.env._(
                "%(imei)s is not allocated to any order.", imei=identity.number
            )
        return {
            "family": "unexpected",
            "code": code,
            "message": message,
            "imei": identity.number,
            "device": lot.product_id.display_name or False,
        }

    def _undo_scan(self, scan):
        line = self.env["packing.box.line"].browse(scan.line_ref).exists()
        if line.box_id != self or not self.is_open:
            raise UserError(self.env._("This scan cannot be undone."))
        line._unpack()
        if self.state == "ready":
            internal(self).write({"state": "packing"})

    # -- shipping -------------------------------------------------------------

    def _get_ready_blocker(self):
        """Why the box cannot be marked ready; False if it can."""
        if self.state not in ("draft", "packing"):
            return self.env._("The box is not being packed.")
        if not self.device_count:
            return self.env._("The box is empty.")
        missing = self.device_count - self.packed_count
        if missing:
            return self.env._(
                "%(count)s devices are still to be scanned.", count=missing
            )
        return False

    def _get_shipping_blocker(self):
        """Why the box cannot be shipped; False if it can."""
        if self.state != "ready":
            return self.env._("Mark the box ready to ship first.")
        return False

    def action_mark_ready(self):
        """Close the box: every expected device is in it."""
        for box in self:
            reason = box._get_ready_blocker()
            if reason:
                raise UserError(
                    self.env._("%(box)s: %(reason)s", box=box.name, reason=reason)
                )
        internal(self).write({"state": "ready"})

    def action_back_to_packing(self):
        """Open a box that is ready again, before it ships."""
        if any(box.state != "ready" for box in self):
            raise UserError(
                self.env._("Only a box that is ready to ship can be opened again.")
            )
        internal(self).write({"state": "packing"})

    def action_mark_shipped(self):
        """Ship the box: delivery, COGS, invoice and settlement in one transaction.

        :raises UserError: before anything is written, naming what is missing
        """
        for box in self:
            box._lock_box()
            reason = box._get_shipping_blocker()
            if reason:
                raise UserError(
                    self.env._("%(box)s: %(reason)s", box=box.name, reason=reason)
                )
            box._check_settings()
            box._ship()

    def _lock_box(self):
        self.env.cr.execute(
            "SELECT 1 FROM packing_box WHERE id = %s FOR UPDATE", [self.id]
        )
        self.invalidate_recordset()

    def _check_settings(self):
        """COGS and invoice cannot be left out: their settings must be there.

        :raises UserError: naming the setting
        """
        company = self.company_id
        modes = set(self.sudo().line_ids.allocation_id.mapped("accounting_mode"))
        if modes != {"off_balance"}:
            for name in COGS_SETTINGS:
                company._get_device_setting(name)
        journals = self.env["account.journal"].sudo()
        if not journals.search(
            [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
        ):
            raise UserError(
                self.env._(
                    "%(company)s has no sales journal to post the invoice on.",
                    company=company.name,
                )
            )

    def _ship(self):
        # Shipping causes postings that the packer has no rights on; each is one of
        # ours and concerns this box alone.
        box = self.sudo()
        allocations = box.line_ids.allocation_id
        custodies = allocations.custody_id
        custodies._lock()
        custodies._check_gate(self.env._("Shipping %(box)s", box=self.name))
        self._deliver_stock()
        allocations._mark_sold()
        cogs = self.env["device.accounting"]._post_cogs(custodies, self.name)
        invoices = box._create_invoice()
        internal(box).write(
            {
                "state": "shipped",
                "date_shipped": fields.Datetime.now(),
                "cogs_move_id": cogs.id,
                "invoice_ids": [(6, 0, invoices.ids)],
            }
        )
        internal(box.manifest_id).write(
            {
                "state": "complete",
                "date_complete": fields.Datetime.now(),
                "cogs_move_id": cogs.id,
            }
        )
        box._settle(allocations)

    def _deliver_stock(self):
        """Validate the transfer with exactly the devices of this box."""
        picking = self.picking_id
        lots = self.sudo().line_ids.lot_id
        lines = picking.move_line_ids.filtered(lambda x: x.product_id.is_device)
        if lines.lot_id & lots != lots:
            absent = lots - lines.lot_id
            raise UserError(
                self.env._(
                    "%(picking)s does not hold %(imeis)s: reserve the transfer again.",
                    picking=picking.name,
                    imeis=", ".join(absent[:10].mapped("name")),
                )
            )
        boxed = lines.filtered(lambda x: x.lot_id in lots)
        boxed.picked = True
        others = picking.move_ids.filtered(lambda m: not m.product_id.is_device)
        others.filtered("quantity").picked = True
        internal(picking).with_context(
            skip_sms=True, cancel_backorder=False
        )._action_done()

    def _create_invoice(self):
        """Create and post the customer invoice of what has just been delivered."""
        order = self.sale_order_id.with_company(self.company_id)
        invoices = order.with_context(
            raise_if_nothing_to_invoice=False
        )._create_invoices()
        invoices.action_post()
        return invoices

    def _settle(self, allocations):
        consigned = allocations.filtered(lambda a: a.accounting_mode != "own")
        if consigned:
            self.env["consignment.settlement.report"]._create_pairs(consigned)

    def action_cancel(self):
        """Cancel an open box and its manifest; the devices stay with their order.

        :raises UserError: when it has shipped
        """
        if any(box.state == "shipped" for box in self):
            raise UserError(
                self.env._("A shipped box cannot be cancelled; receive a return.")
            )
        open_boxes = self.filtered("is_open")
        # The warehouse cancels its box; what follows from that needs no right of its
        # own on allocations and lines.
        lines = open_boxes.sudo().line_ids
        for _box, packed in lines.filtered("packed").grouped("box_id").items():
            packed._unpack()
        internal(lines.allocation_id).write({"packing_box_id": False})
        internal(lines).unlink()
        internal(open_boxes).write({"state": "cancelled"})
        open_boxes.manifest_id.filtered("is_open").action_cancel()

    # -- label ----------------------------------------------------------------

    def _get_single_device(self):
        """The device of a box that holds just one; empty for any other box."""
        lots = self.line_ids.lot_id
        return lots if len(lots) == 1 else lots.browse()

    def _get_gs1_text(self):
        """The GS1 element string of a single device, as printed under its code."""
        return imei.gs1_8002(self._get_single_device().name, readable=True)

    def _get_gs1_barcode(self):
        """Return the GS1-128 symbol of a single device as the source of an image.

        GS1-128 is Code 128 that starts with FNC1, which Odoo's barcode field refuses
        as it is no ASCII character.
        """
        element = imei.gs1_8002(self._get_single_device().name)
        symbol = self.env["ir.actions.report"].barcode(
            "Code128", CODE128_FNC1 + element, width=900, height=200
        )
        return f"data:image/png;base64,{base64.b64encode(symbol).decode()}"

    # -- smart buttons --------------------------------------------------------

    def action_view_sale_order(self):
        return self._action_view_document(self.sale_order_id)

    def action_view_manifest(self):
        return self._action_view_document(self.manifest_id)

    def action_view_picking(self):
        return self._action_view_document(self.picking_id)

    def action_view_invoices(self):
        return self.sale_order_id.action_view_invoice(invoices=self.invoice_ids)

    def action_view_settlements(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "device_inventory.action_consignment_settlement_report"
        )
        action["domain"] = [("packing_box_id", "in", self.ids)]
        action["context"] = {}
        return action

    def action_view_cogs(self):
        return self._action_view_document(self.cogs_move_id)

    def _action_view_document(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "view_mode": "form",
            "res_id": record.id,
        }


class PackingBoxLine(models.Model):
    _name = "packing.box.line"
    _description = "Packing Box Line"
    _order = "box_id, id"
    _rec_name = "lot_id"

    box_id = fields.Many2one(
        "packing.box", required=True, ondelete="cascade", index=True
    )
    box_state = fields.Selection(related="box_id.state")
    company_id = fields.Many2one(related="box_id.company_id", store=True)
    allocation_id = fields.Many2one("sale.order.line.device", required=True)
    lot_id = fields.Many2one("stock.lot", "Device", required=True, index=True)
    manifest_line_id = fields.Many2one("device.manifest.line", index="btree_not_null")
    product_id = fields.Many2one(related="lot_id.product_id")
    storage_capacity = fields.Selection(related="lot_id.storage_capacity")
    color = fields.Char(related="lot_id.color")
    grade_id = fields.Many2one(related="lot_id.grade_id")
    packed = fields.Boolean()
    pack_status = fields.Selection(
        [("to_pack", "To Pack"), ("packed", "Packed")],
        "Status",
        compute="_compute_pack_status",
    )
    packed_by_id = fields.Many2one("res.users")
    packed_at = fields.Datetime()

    _sql_constraints = [
        ("allocation_unique", "UNIQUE(allocation_id)", "A device is in one box only."),
    ]

    @api.depends("packed")
    def _compute_pack_status(self):
        for line in self:
            line.pack_status = "packed" if line.packed else "to_pack"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_protected(self, vals, set(vals))
        return super().create(vals_list)

    def write(self, vals):
        check_protected(self, vals, set(vals))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_by_release(self):
        if not is_internal(self):
            raise UserError(self.env._("Release a device to take it out of its box."))

    def _scan(self):
        self.env.cr.execute(
            "SELECT 1 FROM packing_box_line WHERE id = %s FOR UPDATE", [self.id]
        )
        self.invalidate_recordset()
        imei = self.lot_id.name
        if self.packed:
            message = self.env._(
                "%(imei)s was packed before by %(user)s.",
                imei=imei,
                user=self.packed_by_id.sudo().name,
            )
            return self._prepare_scan_result("duplicate", message)
        self._pack()
        return self._prepare_scan_result(
            "good", self.env._("%(imei)s packed.", imei=imei)
        )

    def _prepare_scan_result(self, family, message):
        return {
            "family": family,
            "code": family,
            "message": message,
            "imei": self.lot_id.name,
            "device": self.product_id.display_name,
            "line": self if family == "good" else self.browse(),
        }

    def _pack(self):
        """Pack the device, which also picks the manifest's line."""
        internal(self).write(
            {
                "packed": True,
                "packed_by_id": self.env.uid,
                "packed_at": fields.Datetime.now(),
            }
        )
        self._follow_packing("picked", "received", "pack")

    def _unpack(self):
        internal(self).write(
            {"packed": False, "packed_by_id": False, "packed_at": False}
        )
        self._follow_packing("allocated", "expected", "unpack")

    def _follow_packing(self, allocation_state, line_state, movement_type):
        # The packer changes what follows from the box, without rights of its own.
        allocations = self.sudo().allocation_id
        internal(allocations).write({"state": allocation_state})
        internal(self.manifest_line_id).write({"state": line_state})
        self.env["device.movement"]._log(
            movement_type, allocations.custody_id, reference=self.box_id.name
        )

    def action_release(self):
        """Take a device out of the box and give it back to the stock for sale."""
        # The warehouse finds a device unfit; it has no rights on allocations.
        self.sudo().allocation_id.action_release()

    def _drop(self):
        """The allocation is gone: neither box nor manifest expects the device."""
        internal(self.manifest_line_id).unlink()
        internal(self).unlink()
