from odoo import api, fields, models
from odoo.exceptions import UserError

from .guard import check_protected, internal, is_internal
from .stock_lot import LOCK_STATUS, STORAGE, parse_identity

# What a warehouse user may correct on a line by hand.
EDITABLE = {
    "product_id",
    "storage_capacity",
    "color",
    "grade_id",
    "lock_status",
    "purchase_cost",
    "qc_notes",
}
ROW_FIELDS = (
    "imei2",
    "eid",
    "storage_capacity",
    "color",
    "grade_id",
    "lock_status",
    "purchase_cost",
    "supplier_sku",
    "supplier_grade",
    "supplier_carton_id",
    "row_number",
)


class DeviceManifestLine(models.Model):
    _name = "device.manifest.line"
    _description = "Device Manifest Line"
    _order = "manifest_id, id"
    _rec_name = "imei"

    manifest_id = fields.Many2one(
        "device.manifest", required=True, ondelete="cascade", index=True
    )
    manifest_type = fields.Selection(related="manifest_id.manifest_type")
    company_id = fields.Many2one(
        related="manifest_id.company_id", store=True, precompute=True
    )
    # No related field: creating thousands of lines would build a record each to
    # round their costs.
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    imei = fields.Char("IMEI", required=True, index=True)
    imei_key = fields.Char("IMEI Key", required=True)
    imei2 = fields.Char("IMEI 2")
    eid = fields.Char("EID")
    state = fields.Selection(
        [
            ("expected", "Expected"),
            ("received", "Received"),
            ("unexpected", "Unexpected"),
            ("duplicate", "Duplicate"),
            ("missing", "Missing"),
            ("rejected", "Rejected"),
        ],
        required=True,
        default="expected",
    )
    resolution = fields.Selection(
        [
            ("accepted", "Accepted"),
            ("dismissed", "Scanned Twice"),
            ("rejected", "Rejected"),
        ]
    )
    from_file = fields.Boolean("In the Supplier's File")
    row_number = fields.Integer("Row")
    stock_lot_id = fields.Many2one("stock.lot", "Device", index="btree_not_null")
    product_id = fields.Many2one("product.product", domain="[('is_device', '=', True)]")
    purchase_line_id = fields.Many2one("purchase.order.line", index="btree_not_null")
    storage_capacity = fields.Selection(STORAGE, "Storage")
    color = fields.Char()
    grade_id = fields.Many2one("device.grade", "Claimed Grade")
    lock_status = fields.Selection(LOCK_STATUS)
    purchase_cost = fields.Monetary(
        "Cost", help="Cost in the order's currency; empty takes the order line's price."
    )
    supplier_sku = fields.Char("Supplier SKU")
    supplier_grade = fields.Char()
    supplier_carton_id = fields.Char()
    qc_notes = fields.Char("Notes for QC")
    scan_count = fields.Integer(default=1)
    scanned_by_id = fields.Many2one("res.users")
    scanned_at = fields.Datetime()
    allocation_id = fields.Many2one("sale.order.line.device", index="btree_not_null")

    def init(self):
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS device_manifest_line_identity
                ON device_manifest_line (manifest_id, imei_key)
                WHERE state NOT IN ('duplicate', 'rejected');
            CREATE INDEX IF NOT EXISTS device_manifest_line_state
                ON device_manifest_line (manifest_id, state);
            """
        )

    @api.depends("manifest_id")
    def _compute_currency_id(self):
        for line in self:
            line.currency_id = line.manifest_id.currency_id

    @api.model_create_multi
    def create(self, vals_list):
        by_hand = not is_internal(self) and not self.env.su
        if by_hand:
            for vals in vals_list:
                vals.update(self._prepare_manual_vals(vals))
        lines = super().create(vals_list)
        if by_hand:
            lines._resolve_products()
        return lines

    def _prepare_manual_vals(self, vals):
        """A line typed by hand is an expected device, whatever else it claims."""
        manifest = self.env["device.manifest"].browse(vals.get("manifest_id"))
        manifest._check_open(self.env._("add a device"))
        identity = parse_identity(self.env, vals.get("imei"))
        return {"imei": identity.number, "imei_key": identity.key, "state": "expected"}

    def write(self, vals):
        check_protected(self, vals, set(vals) - EDITABLE)
        if not is_internal(self):
            self.manifest_id._check_open(self.env._("edit a line"))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open(self):
        if not is_internal(self) and self.filtered(
            lambda line: line.state != "expected"
        ):
            raise UserError(
                self.env._("Only a device that was not scanned yet can be removed.")
            )

    # -- the supplier's file --------------------------------------------------

    @api.model
    def _prepare_row_vals(self, manifest, row):
        """Values of an expected line.

        :param manifest: `device.manifest` the row belongs to
        :param dict row: `identity` (an `imei.Identity`) and any of `ROW_FIELDS`
        """
        return {
            "manifest_id": manifest.id,
            "company_id": manifest.company_id.id,
            "imei": row["identity"].number,
            "imei_key": row["identity"].key,
            "state": "expected",
            "from_file": True,
            **{name: row[name] for name in ROW_FIELDS if row.get(name)},
        }

    def _take_file_facts(self, vals):
        """A scanned device turns up in a file: it was expected after all."""
        facts = {name: vals[name] for name in ROW_FIELDS if vals.get(name)}
        facts["from_file"] = True
        if self.state == "unexpected":
            facts.update(state="received", resolution=False)
        internal(self).write(facts)

    # -- product and cost -----------------------------------------------------

    def _resolve_products(self):
        """Find the product of lines without one, and the order line of all.

        By the vendor's code, else the TAC table, else the order's only device
        product; a device that is known keeps its product.
        """
        for manifest, lines in self.grouped("manifest_id").items():
            lines._resolve_manifest_products(manifest)

    def _resolve_manifest_products(self, manifest):
        # The vendor's prices and the order are not the warehouse's to read.
        order_lines = manifest.sudo().purchase_id._get_device_lines()
        by_lot = self._get_known_products()
        by_sku = self._get_vendor_products(manifest)
        by_tac = self.env["device.tac"]._get_products({line.imei[:8] for line in self})
        only = order_lines.product_id if len(order_lines.product_id) == 1 else False
        found = {}
        line_by_product = {}
        for order_line in order_lines:
            line_by_product.setdefault(order_line.product_id, order_line.id)
        for line in self:
            product = (
                by_lot.get(line.imei_key)
                or line.product_id
                or by_sku.get((line.supplier_sku or "").strip().lower())
                or by_tac.get(line.imei[:8])
                or only
            )
            if product:
                key = (product.id, line_by_product.get(product, False))
                found.setdefault(key, []).append(line.id)
        for (product_id, order_line_id), ids in found.items():
            internal(self.browse(ids)).write(
                {"product_id": product_id, "purchase_line_id": order_line_id}
            )

    def _get_known_products(self):
        # A lot's product cannot change after moves, whoever held it.
        lots = (
            self.env["stock.lot"]
            .sudo()
            .search([("imei_key", "in", self.mapped("imei_key"))])
        )
        return {lot.imei_key: lot.product_id for lot in lots}

    def _get_vendor_products(self, manifest):
        codes = [line.supplier_sku for line in self if line.supplier_sku]
        if not codes:
            return {}
        partner = manifest.partner_id.commercial_partner_id
        infos = (
            self.env["product.supplierinfo"]
            .sudo()
            .search([("partner_id", "=", partner.id), ("product_code", "!=", False)])
        )
        products = {}
        for info in infos:
            product = info.product_id or info.product_tmpl_id.product_variant_id
            if product.is_device:
                products[info.product_code.strip().lower()] = product
        return products

    def _get_company_cost(self):
        """Cost in the company's currency: the file's, else the order line's price."""
        manifest = self.manifest_id
        company = manifest.company_id
        # The order's price is taken over; the warehouse does not read the order.
        order_line = self.sudo().purchase_line_id
        cost = self.purchase_cost or order_line.price_unit_discounted
        date = order_line.order_id.date_order or fields.Date.context_today(self)
        return manifest.currency_id._convert(
            cost, company.currency_id, company, fields.Date.to_date(date)
        )

    def _get_problems(self, manifest):
        """What keeps these lines from being received, a sentence each."""
        problems = [
            self.env._("%(imei)s: unexpected, accept or reject it", imei=line.imei)
            for line in self
            if line.state == "unexpected" and not line.resolution
        ]
        problems += [
            self.env._("%(imei)s: scanned twice, resolve the duplicate", imei=line.imei)
            for line in manifest.line_ids
            if line.state == "duplicate" and not line.resolution
        ]
        problems += [
            self.env._(
                "%(imei)s: no product is known for it; give the line a product, or add "
                "the vendor's code or the TAC %(tac)s",
                imei=line.imei,
                tac=line.imei[:8],
            )
            for line in self
            if not line.product_id
        ]
        return problems

    # -- scanning -------------------------------------------------------------

    def _scan_known(self):
        """Scan a device that the manifest lists already."""
        self.env.cr.execute(
            "SELECT 1 FROM device_manifest_line WHERE id = %s FOR UPDATE", [self.id]
        )
        self.invalidate_recordset()
        if self.state != "expected":
            return self._scan_again()
        self.manifest_id._check_not_live([self.imei_key])
        internal(self).write(
            {
                "state": "received",
                "scanned_by_id": self.env.uid,
                "scanned_at": fields.Datetime.now(),
            }
        )
        message = self.env._("%(imei)s received.", imei=self.imei)
        return self._prepare_scan_result("good", "good", message)

    def _scan_again(self):
        duplicate = self.search(
            [
                ("manifest_id", "=", self.manifest_id.id),
                ("imei_key", "=", self.imei_key),
                ("state", "=", "duplicate"),
                ("resolution", "=", False),
            ],
            limit=1,
        )
        if duplicate:
            internal(duplicate).scan_count += 1
        else:
            duplicate = internal(self).create(
                {
                    "manifest_id": self.manifest_id.id,
                    "imei": self.imei,
                    "imei_key": self.imei_key,
                    "product_id": self.product_id.id,
                    "state": "duplicate",
                    "scanned_by_id": self.env.uid,
                    "scanned_at": fields.Datetime.now(),
                }
            )
        message = self.env._(
            "%(imei)s was scanned before by %(user)s.",
            imei=self.imei,
            user=self.scanned_by_id.sudo().name or "-",
        )
        return duplicate._prepare_scan_result("duplicate", "duplicate", message)

    def _prepare_scan_result(self, family, code, message):
        return {
            "family": family,
            "code": code,
            "message": message,
            "imei": self.imei,
            "device": self.product_id.display_name or self.env._("Unknown product"),
            "line": self,
        }

    def _undo_scan(self):
        if self.state == "duplicate" and self.scan_count > 1:
            internal(self).scan_count -= 1
        elif self.from_file and self.state == "received":
            internal(self).write(
                {"state": "expected", "scanned_by_id": False, "scanned_at": False}
            )
        else:
            internal(self).unlink()

    # -- resolving ------------------------------------------------------------

    def action_accept(self):
        """Accept unexpected devices: they are received and flagged."""
        self._check_resolvable(("unexpected",))
        internal(self).write({"resolution": "accepted"})

    def action_dismiss(self):
        """A duplicate was one device scanned twice: nothing to receive."""
        self._check_resolvable(("duplicate",))
        internal(self).write({"resolution": "dismissed"})

    def action_reject(self):
        """Send a device back: it is not received."""
        self._check_resolvable(("unexpected", "duplicate", "received"))
        internal(self).write({"state": "rejected", "resolution": "rejected"})

    def _check_resolvable(self, states):
        self.manifest_id._check_open(self.env._("resolve a scan"))
        wrong = self.filtered(lambda line: line.state not in states)
        if wrong:
            raise UserError(
                self.env._(
                    "%(imeis)s: this is not possible in the line's state.",
                    imeis=", ".join(wrong.mapped("imei")),
                )
            )

    # -- lots -----------------------------------------------------------------

    def _get_or_create_lot(self):
        """Give each line its device: the one known by this identity, or a new one.

        :return: `stock.lot` of all lines
        """
        Lot = self.env["stock.lot"]
        # The device may have been another company's before; its lot is the same.
        known = Lot.sudo().search([("imei_key", "in", self.mapped("imei_key"))])
        by_key = {lot.imei_key: lot for lot in known}
        new = self.filtered(lambda line: line.imei_key not in by_key)
        created = (
            internal(Lot)
            .with_context(tracking_disable=True)
            .create([line._prepare_lot_vals() for line in new])
        )
        by_key.update(zip(new.mapped("imei_key"), created, strict=True))
        for line in self:
            lot = by_key[line.imei_key]
            internal(line).stock_lot_id = lot
            if lot in known:
                internal(lot).write(line._prepare_lot_facts())
        return self.stock_lot_id

    def _prepare_lot_vals(self):
        return {
            "name": self.imei,
            "product_id": self.product_id.id,
            **self._prepare_lot_facts(),
        }

    def _prepare_lot_facts(self):
        """What the supplier says of the device; our own grade comes from QC."""
        facts = {
            name: self[name]
            for name in ("imei2", "eid", "storage_capacity", "color", "lock_status")
            if self[name]
        }
        return {
            **facts,
            "intake_date": fields.Date.context_today(self),
            "grade_id": False,
        }
