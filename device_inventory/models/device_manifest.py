from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from . import compat
from .guard import check_protected, internal
from .stock_lot import parse_identity

OPEN_STATES = ("awaiting_upload", "draft", "ready", "in_progress")
RECEIPT_SETTINGS = (
    "device_stock_journal_id",
    "device_valuation_account_id",
    "device_stock_input_account_id",
)
PROTECTED = {
    "state",
    "account_move_id",
    "cogs_move_id",
    "manifest_type",
    "purchase_id",
    "sale_order_id",
    "packing_box_id",
    "file_digest",
    "date_complete",
    "claim_deadline",
}


class DeviceManifest(models.Model):
    """A list of devices to receive or to deliver.

    The supplier's file is a claim, the scans are the facts; completing the manifest
    turns the facts into stock, custody and a journal entry.
    """

    _name = "device.manifest"
    _description = "Device Manifest"
    _inherit = ["mail.thread", "mail.activity.mixin", "device.scan.mixin"]
    _order = "id desc"

    name = fields.Char(readonly=True, copy=False, default="/")
    manifest_type = fields.Selection(
        [("receiving", "Receiving"), ("delivery", "Delivery")], required=True
    )
    state = fields.Selection(
        [
            ("awaiting_upload", "Awaiting Upload"),
            ("draft", "Draft"),
            ("ready", "Ready"),
            ("in_progress", "In Progress"),
            ("complete", "Complete"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        tracking=True,
        copy=False,
    )
    is_open = fields.Boolean(compute="_compute_is_open")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    owner_company_id = fields.Many2one("res.company", "Device Owner")
    partner_id = fields.Many2one("res.partner", index="btree_not_null")
    purchase_id = fields.Many2one(
        "purchase.order", "Purchase Order", index="btree_not_null", copy=False
    )
    sale_order_id = fields.Many2one(
        "sale.order", "Sales Order", index="btree_not_null", copy=False
    )
    packing_box_id = fields.Many2one("packing.box", copy=False)
    picking_id = fields.Many2one("stock.picking", "Transfer", copy=False)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    line_ids = fields.One2many("device.manifest.line", "manifest_id", "Devices")
    ordered_count = fields.Integer("Ordered", copy=False)
    expected_count = fields.Integer("Expected", compute="_compute_counts")
    received_count = fields.Integer("Received", compute="_compute_counts")
    unexpected_count = fields.Integer("Unexpected", compute="_compute_counts")
    duplicate_count = fields.Integer("Duplicates", compute="_compute_counts")
    missing_count = fields.Integer("Missing", compute="_compute_counts")
    unresolved_count = fields.Integer("To Resolve", compute="_compute_counts")
    progress = fields.Float("Progress (%)", compute="_compute_counts")
    file_name = fields.Char("Supplier File", readonly=True, copy=False)
    file_digest = fields.Char(copy=False)
    date_complete = fields.Datetime("Completed On", copy=False)
    claim_deadline = fields.Date(copy=False)
    account_move_id = fields.Many2one("account.move", "Receipt Entry", copy=False)
    cogs_move_id = fields.Many2one("account.move", "COGS Entry", copy=False)
    missing_entry_reason = fields.Char(compute="_compute_missing_entry_reason")

    def _compute_display_name(self):
        for manifest in self:
            manifest.display_name = manifest.name

    @api.depends("state")
    def _compute_is_open(self):
        for manifest in self:
            manifest.is_open = manifest.state in OPEN_STATES

    @api.depends("purchase_id", "sale_order_id", "company_id")
    def _compute_currency_id(self):
        for manifest in self:
            # Only the currency is taken; the warehouse need not read the order.
            order = manifest.sudo().purchase_id or manifest.sudo().sale_order_id
            manifest.currency_id = order.currency_id or manifest.company_id.currency_id

    @api.depends("line_ids.state", "line_ids.resolution", "ordered_count")
    def _compute_counts(self):
        counts = defaultdict(int)
        unresolved = defaultdict(int)
        groups = self.env["device.manifest.line"]._read_group(
            [("manifest_id", "in", self.ids)],
            ["manifest_id", "state", "resolution"],
            ["__count"],
        )
        for manifest, state, resolution, count in groups:
            counts[manifest.id, state] += count
            if state in ("unexpected", "duplicate") and not resolution:
                unresolved[manifest.id] += count
        for manifest in self:
            manifest._set_counts(counts, unresolved)

    def _set_counts(self, counts, unresolved):
        def count(state):
            return counts[self.id, state]

        listed = count("expected") + count("received") + count("missing")
        self.unexpected_count = count("unexpected")
        self.duplicate_count = count("duplicate")
        self.missing_count = count("missing") + count("expected")
        self.unresolved_count = unresolved[self.id]
        self.received_count = count("received") + count("unexpected")
        has_list = self.file_digest or self.manifest_type == "delivery"
        self.expected_count = listed if has_list else max(listed, self.ordered_count)
        # Rounded down: all but one of many devices are not 100 %.
        done = 100 * count("received") // (self.expected_count or 1)
        self.progress = min(done, 100)

    @api.depends("state", "account_move_id", "line_ids.state", "company_id")
    def _compute_missing_entry_reason(self):
        for manifest in self:
            manifest.missing_entry_reason = (
                manifest.manifest_type == "receiving"
                and manifest.state == "complete"
                and not manifest.sudo().account_move_id
                and manifest._get_missing_entry_reason()
            )

    def _get_missing_entry_reason(self):
        """Why the receipt of this manifest has no journal entry; False if "
        "none is due."""
        missing = self.company_id._get_missing_device_settings(RECEIPT_SETTINGS)
        if not self._get_custodies().filtered(
            lambda c: c.accounting_mode != "off_balance" and c.purchase_cost
        ):
            return False
        if missing:
            return self.company_id._missing_device_setting_message(missing[0])
        return self.env._("The receipt has not been posted yet.")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_protected(self, vals, PROTECTED)
            if vals.get("name", "/") == "/":
                company = vals.get("company_id") or self.env.company.id
                vals["name"] = (
                    self.env["ir.sequence"]
                    .with_company(company)
                    .next_by_code("device.manifest")
                )
        return super().create(vals_list)

    def write(self, vals):
        check_protected(self, vals, PROTECTED)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_cancelled(self):
        if any(manifest.state != "cancelled" for manifest in self):
            raise UserError(self.env._("Cancel a manifest before deleting it."))

    # -- the supplier's file --------------------------------------------------

    def action_upload(self):
        """Open the wizard that reads the supplier's file."""
        self.ensure_one()
        self._check_open(self.env._("upload a file"))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Upload IMEI"),
            "res_model": "device.manifest.upload",
            "view_mode": "form",
            "target": "new",
            "context": {"default_manifest_id": self.id},
        }

    def _import_rows(self, rows, file_name, digest):
        """Take the rows of a supplier's file as expected devices, all or none.

        A file that was taken before changes nothing. A device that was already
        scanned keeps its scan and takes the file's facts.

        :param list rows: dicts as `device.manifest.line._prepare_row_vals` takes them
        :param str file_name: shown on the manifest
        :param str digest: fingerprint of the file's content
        :return: number of lines added
        :raises UserError: when the manifest is not open
        """
        self.ensure_one()
        self._check_open(self.env._("upload a file"))
        if self.file_digest == digest:
            return 0
        Line = self.env["device.manifest.line"]
        vals_list = [Line._prepare_row_vals(self, row) for row in rows]
        known = {line.imei_key: line for line in self._get_lines_by_identity()}
        new = [vals for vals in vals_list if vals["imei_key"] not in known]
        for vals in vals_list:
            if vals["imei_key"] in known:
                known[vals["imei_key"]]._take_file_facts(vals)
        # The rules are those of the manifest, which was checked: not of 20,000 lines.
        lines = internal(Line.sudo()).create(new).sudo(self.env.su)
        (
            lines | self.env["device.manifest.line"].concat(*known.values())
        )._resolve_products()
        internal(self).write(
            {
                "file_name": file_name,
                "file_digest": digest,
                "state": "in_progress" if self.state == "in_progress" else "ready",
            }
        )
        self.message_post(
            body=self.env._(
                "%(file)s: %(count)s devices expected.", file=file_name, count=len(rows)
            )
        )
        return len(new)

    def _get_lines_by_identity(self):
        return self.line_ids.filtered(
            lambda line: line.state not in ("duplicate", "rejected")
        )

    # -- scanning -------------------------------------------------------------

    def action_scan(self):
        """Open the scan screen, the packing box's for a delivery."""
        self.ensure_one()
        record = self.packing_box_id or self
        return {
            "type": "ir.actions.client",
            "tag": "device_inventory.scan",
            "name": self.env._("Scan %(document)s", document=record.display_name),
            "params": {"model": record._name, "res_id": record.id},
        }

    def _get_scan_state(self):
        blocked = False
        if self.manifest_type == "delivery":
            blocked = self.env._(
                "Devices of a delivery are scanned into its packing box."
            )
        elif not self.is_open:
            blocked = self.env._("%(manifest)s is not open.", manifest=self.name)
        return {
            "subtitle": self.partner_id.display_name or "",
            "state": self.state,
            "can_scan": not blocked,
            "blocked_reason": blocked,
            "actions": [self._get_complete_action()],
        }

    def _get_complete_action(self):
        reason = self._get_completion_blocker()
        missing = self.missing_count
        return {
            "name": "action_mark_complete",
            "label": self.env._("Mark Complete"),
            "primary": True,
            "enabled": not reason,
            "reason": reason,
            "confirm": missing
            and self.env._(
                "%(count)s devices were not scanned and count as missing.",
                count=missing,
            ),
        }

    def _get_scan_counts(self):
        self.invalidate_recordset(["received_count", "expected_count"])
        return {
            "done": self.received_count - self.unexpected_count,
            "expected": self.expected_count,
            "unexpected": self.unexpected_count,
            "duplicate": self.duplicate_count,
        }

    def _scan(self, code):
        if self.manifest_type != "receiving":
            raise UserError(
                self.env._("Scan the devices of a delivery into its packing box.")
            )
        self._check_open(self.env._("scan"))
        identity = parse_identity(self.env, code)
        line = self._find_line(identity.key)
        result = line._scan_known() if line else self._scan_unlisted(identity)
        if self.state != "in_progress":
            internal(self).write({"state": "in_progress"})
        return {"imei": identity.number, **result}

    def _find_line(self, identity_key):
        return self.env["device.manifest.line"].search(
            [
                ("manifest_id", "=", self.id),
                ("imei_key", "=", identity_key),
                ("state", "not in", ("duplicate", "rejected")),
            ],
            limit=1,
        )

    def _scan_unlisted(self, identity):
        """A device that the supplier did not name, or that had no file to name it."""
        self._check_not_live([identity.key])
        unexpected = bool(self.file_digest)
        line = internal(self.env["device.manifest.line"]).create(
            {
                "manifest_id": self.id,
                "imei": identity.number,
                "imei_key": identity.key,
                "state": "unexpected" if unexpected else "received",
                "scanned_by_id": self.env.uid,
                "scanned_at": fields.Datetime.now(),
            }
        )
        line._resolve_products()
        if unexpected:
            message = self.env._(
                "%(imei)s is not in the supplier's file.", imei=identity.number
            )
        else:
            message = self.env._("%(imei)s received.", imei=identity.number)
        family = "unexpected" if unexpected else "good"
        return line._prepare_scan_result(family, family, message)

    def _check_not_live(self, identity_keys):
        """Refuse devices that are in somebody's custody already.

        :raises UserError: naming the device and, within the company, who holds it
        """
        # Another company's custody may be the reason; it is not named.
        live = (
            self.env["device.custody"]
            .sudo()
            .search([("identity_key", "in", identity_keys), ("live", "=", True)])
        )
        if live:
            raise UserError(
                "\n".join(
                    custody._live_message(self.company_id) for custody in live[:20]
                )
            )

    def _undo_scan(self, scan):
        line = self.env["device.manifest.line"].browse(scan.line_ref).exists()
        if not line or line.manifest_id != self:
            raise UserError(self.env._("The line of this scan is gone."))
        self._check_open(self.env._("undo a scan"))
        line._undo_scan()

    def action_accept_unexpected(self):
        """Accept every unexpected device that is not resolved yet."""
        self.line_ids.filtered(
            lambda line: line.state == "unexpected" and not line.resolution
        ).action_accept()

    def action_dismiss_duplicates(self):
        """Say of every open duplicate that the same device was scanned twice."""
        self.line_ids.filtered(
            lambda line: line.state == "duplicate" and not line.resolution
        ).action_dismiss()

    # -- completion -----------------------------------------------------------

    def action_mark_complete(self):
        """Receive the scanned devices: lots, stock, custody and the journal entry.

        All or nothing; what is missing is claimed from the supplier.

        :raises UserError: listing the lines that block it
        """
        for manifest in self:
            manifest._lock_manifest()
            manifest._check_completable()
            manifest._complete()

    def _check_completable(self):
        reason = self._get_completion_blocker()
        if reason:
            raise UserError(reason)

    def _lock_manifest(self):
        self.env.cr.execute(
            "SELECT 1 FROM device_manifest WHERE id = %s FOR UPDATE", [self.id]
        )
        self.invalidate_recordset()

    def _get_completion_blocker(self):
        """Why the manifest cannot be completed, with its lines; False if it can."""
        if self.manifest_type != "receiving":
            return self.env._("A delivery is completed by shipping its packing box.")
        if not self.is_open:
            return self.env._("%(manifest)s is not open.", manifest=self.name)
        lines = self._get_lines_to_receive()
        if not lines:
            return self.env._(
                "%(manifest)s: no device has been scanned yet.", manifest=self.name
            )
        problems = self._get_agreement_problem() or lines._get_problems(self)
        if not problems:
            return False
        shown = problems[:20]
        if len(problems) > 20:
            shown.append(self.env._("… and %(count)s more", count=len(problems) - 20))
        return self.env._(
            "%(manifest)s cannot be completed:\n%(problems)s",
            manifest=self.name,
            problems="\n".join(f"- {problem}" for problem in shown),
        )

    def _get_agreement_problem(self):
        owner = self.owner_company_id or self.company_id
        if owner == self.company_id or self._get_agreement():
            return []
        return [
            self.env._(
                "%(owner)s owns these devices, but no consignment agreement between it "
                "and %(company)s is active",
                owner=owner.sudo().name,
                company=self.company_id.name,
            )
        ]

    def _get_agreement(self):
        return self.env["device.consignment.agreement"]._get_active(
            self.owner_company_id or self.company_id, self.company_id
        )

    def _get_lines_to_receive(self):
        return self.line_ids.filtered(
            lambda line: line.state in ("received", "unexpected")
        )

    def _complete(self):
        lines = self._get_lines_to_receive()
        self._check_not_live(lines.mapped("imei_key"))
        lines._get_or_create_lot()
        custodies = self._create_custodies(lines)
        self._receive_stock(lines)
        self.env["device.movement"]._log("receipt", custodies, reference=self.name)
        missing = self.line_ids.filtered(lambda line: line.state == "expected")
        internal(missing).write({"state": "missing"})
        internal(self).write(self._prepare_complete_vals(missing))
        self._create_inventory_accounting_entry()

    def _prepare_complete_vals(self, missing):
        now = fields.Datetime.now()
        vals = {"state": "complete", "date_complete": now}
        if missing:
            deadline = fields.Date.add(
                now.date(), days=self.company_id.device_claim_days
            )
            vals["claim_deadline"] = deadline
        return vals

    def _create_custodies(self, lines):
        owner = self.owner_company_id or self.company_id
        mode = "own"
        if owner != self.company_id:
            mode = self._get_agreement().accounting_mode
        custodies = self.env["device.custody"]._create_internal(
            [
                {
                    "lot_id": line.stock_lot_id.id,
                    "identity_key": line.imei_key,
                    "product_id": line.product_id.id,
                    "company_id": self.company_id.id,
                    "owner_company_id": owner.id,
                    "accounting_mode": mode,
                    "purchase_cost": line._get_company_cost(),
                    "manifest_line_id": line.id,
                    "purchase_line_id": line.purchase_line_id.id,
                    "previous_id": line.stock_lot_id.sudo().custody_id.id,
                }
                for line in lines
            ]
        )
        custodies._become_current()
        return custodies

    def _get_custodies(self):
        # The banner asks for any who may read the manifest.
        return (
            self.env["device.custody"]
            .sudo()
            .search([("manifest_line_id.manifest_id", "in", self.ids)])
        )

    # -- stock ----------------------------------------------------------------

    def _receive_stock(self, lines):
        """Put the devices on the order's receipt and validate it."""
        picking = self._get_open_picking()
        device_moves = picking.move_ids.filtered(
            lambda m: m.product_id.is_device and m.state not in ("done", "cancel")
        )
        device_moves.move_line_ids.unlink()
        sources = self._get_stock_sources(lines)
        pairs = self._distribute(lines, picking, device_moves)
        vals_list = []
        for move, move_lines in pairs:
            vals_list += self._prepare_move_lines(move, move_lines, sources)
        self.env["stock.move.line"].create(vals_list)
        self._drop_missing_demand(picking)
        internal(picking).with_context(skip_sms=True)._action_done()
        self._link_order_lines(pairs)

    def _link_order_lines(self, pairs):
        """Tell devices that were not ordered the order line they came on."""
        for move, lines in pairs:
            # The line of the order is the buyer's; only the link is kept.
            order_line = move.sudo().purchase_line_id
            added = lines.filtered(lambda line: not line.purchase_line_id)
            if not order_line or not added:
                continue
            internal(added).write({"purchase_line_id": order_line.id})
            custodies = added.stock_lot_id.sudo().custody_id
            custodies._write_internal({"purchase_line_id": order_line.id})

    def _get_open_picking(self):
        picking = self.picking_id
        if picking.state in ("done", "cancel") or not picking:
            orders = self.sudo().purchase_id
            picking = orders.picking_ids.filtered(
                lambda p: (
                    p.picking_type_code == "incoming"
                    and p.state not in ("done", "cancel")
                )
            )[:1].with_env(self.env)
        if not picking:
            raise UserError(
                self.env._(
                    "%(manifest)s has no open receipt to put its devices on.",
                    manifest=self.name,
                )
            )
        return picking

    def _distribute(self, lines, picking, device_moves):
        """Pair the moves with the lines each takes: demand first, the rest on the last.

        :return: list of (stock.move, device.manifest.line)
        """
        pairs = []
        for product, product_lines in lines.grouped("product_id").items():
            moves = device_moves.filtered(lambda m, p=product: m.product_id == p)
            moves = moves or self._create_extra_move(
                picking, product, len(product_lines)
            )
            ids = list(product_lines.ids)
            for move in moves[:-1]:
                take = int(move.product_uom_qty)
                pairs.append((move, lines.browse(ids[:take])))
                ids = ids[take:]
            pairs.append((moves[-1], lines.browse(ids)))
        return pairs

    def _create_extra_move(self, picking, product, quantity):
        move = self.env["stock.move"].create(
            compat.move_vals(
                product.display_name,
                {
                    "product_id": product.id,
                    "product_uom": product.uom_id.id,
                    "product_uom_qty": quantity,
                    "picking_id": picking.id,
                    "picking_type_id": picking.picking_type_id.id,
                    "location_id": picking.location_id.id,
                    "location_dest_id": picking.location_dest_id.id,
                    "company_id": picking.company_id.id,
                    "origin": self.name,
                },
            )
        )
        move = move._action_confirm(merge=False)
        move.move_line_ids.unlink()
        return move

    def _prepare_move_lines(self, move, lines, sources):
        destination = move.location_dest_id._get_putaway_strategy(
            move.product_id, quantity=len(lines)
        )
        owner = self._get_owner_partner()
        return [
            {
                "move_id": move.id,
                "picking_id": move.picking_id.id,
                "product_id": move.product_id.id,
                "product_uom_id": move.product_id.uom_id.id,
                "company_id": move.company_id.id,
                "quantity": 1,
                "picked": True,
                "lot_id": line.stock_lot_id.id,
                "owner_id": owner.id,
                "location_id": (sources.get(line.stock_lot_id) or move.location_id).id,
                "location_dest_id": destination.id,
            }
            for line in lines
        ]

    def _get_owner_partner(self):
        """The partner whose goods these are in stock; empty for our own."""
        owner = self.owner_company_id or self.company_id
        if owner == self.company_id:
            return self.env["res.partner"]
        return owner.sudo().partner_id

    def _get_stock_sources(self, lines):
        """Where devices that were sold before come in from.

        Their quant lies with a customer; a second one from Vendors could never be
        sold again. A change of owner goes through a virtual location.

        :return: dict of `stock.lot` to `stock.location`
        """
        quants = (
            self.env["stock.quant"]
            .sudo()
            .search([("lot_id", "in", lines.stock_lot_id.ids), ("quantity", ">", 0)])
        )
        owner = self._get_owner_partner()
        sources = {quant.lot_id: quant.location_id for quant in quants}
        changed = quants.filtered(lambda q: q.owner_id != owner)
        if changed:
            ownership = self.env.ref("device_inventory.location_device_ownership")
            self._change_owner(changed, ownership)
            sources.update({quant.lot_id: ownership for quant in changed})
        return sources

    def _change_owner(self, quants, ownership):
        """Take devices out of the old owner's hands; the receipt brings them in."""
        for (product, location), group in quants.grouped(
            lambda q: (q.product_id, q.location_id)
        ).items():
            move = self.env["stock.move"].create(
                compat.move_vals(
                    product.display_name,
                    {
                        "product_id": product.id,
                        "product_uom": product.uom_id.id,
                        "product_uom_qty": len(group),
                        "location_id": location.id,
                        "location_dest_id": ownership.id,
                        "company_id": self.company_id.id,
                        "origin": self.name,
                        "picked": True,
                        "move_line_ids": [
                            (
                                0,
                                0,
                                {
                                    "product_id": product.id,
                                    "product_uom_id": product.uom_id.id,
                                    "quantity": 1,
                                    "picked": True,
                                    "lot_id": quant.lot_id.id,
                                    "owner_id": quant.owner_id.id,
                                    "location_id": location.id,
                                    "location_dest_id": ownership.id,
                                },
                            )
                            for quant in group
                        ],
                    },
                )
            )
            move._action_done()

    def _drop_missing_demand(self, picking):
        """What did not come is claimed, not awaited: no back order for devices."""
        for move in picking.move_ids:
            if not move.product_id.is_device or move.state in ("done", "cancel"):
                continue
            if not move.quantity:
                move._action_cancel()
            elif move.quantity < move.product_uom_qty:
                move.product_uom_qty = move.quantity

    # -- accounting -----------------------------------------------------------

    def _create_inventory_accounting_entry(self):
        """Post the receipt of completed manifests; safe to call again.

        A missing setting does not stop the warehouse: it is said in the chatter and
        on the form, which offers to try again.
        """
        for manifest in self:
            # The warehouse completes a manifest without rights on accounting.
            manifest = manifest.sudo()
            if manifest.account_move_id or manifest.state != "complete":
                continue
            custodies = manifest._get_custodies()
            missing = manifest.company_id._get_missing_device_settings(RECEIPT_SETTINGS)
            if missing and any(c.accounting_mode != "off_balance" for c in custodies):
                manifest.message_post(
                    body=self.env._(
                        "The receipt was not posted. %(reason)s",
                        reason=manifest.company_id._missing_device_setting_message(
                            missing[0]
                        ),
                    )
                )
                continue
            manifest._post_receipt_entry(custodies)

    def _post_receipt_entry(self, custodies):
        entry = self.env["device.accounting"]._post_receipt(custodies, self.name)
        if entry:
            internal(self).write({"account_move_id": entry.id})
            custodies._write_internal({"receipt_move_id": entry.id})

    def action_retry_accounting(self):
        """Post the missing receipt entry, now that the settings are there."""
        self._create_inventory_accounting_entry()
        still = self.filtered("missing_entry_reason")
        if still:
            raise UserError("\n".join(still.mapped("missing_entry_reason")))

    def action_view_account_move(self):
        self.ensure_one()
        entry = self.account_move_id or self.cogs_move_id
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "view_mode": "form",
            "res_id": entry.id,
        }

    def action_view_devices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "device_inventory.action_device_lot"
        )
        action["domain"] = [("id", "in", self.line_ids.stock_lot_id.ids)]
        action["context"] = {}
        return action

    # -- cancel ---------------------------------------------------------------

    def action_cancel(self):
        """Cancel an open manifest; nothing was received or shipped by it.

        :raises UserError: when it is complete
        """
        self._check_open(self.env._("cancel"))
        internal(self).write({"state": "cancelled"})

    def _check_open(self, action):
        closed = self.filtered(lambda manifest: not manifest.is_open)
        if closed:
            raise UserError(
                self.env._(
                    "%(manifests)s: cannot %(action)s, the manifest is complete or "
                    "cancelled.",
                    manifests=", ".join(closed.mapped("name")),
                    action=action,
                )
            )
