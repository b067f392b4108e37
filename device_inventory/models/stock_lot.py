from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..tools import imei
from .guard import check_protected, internal, is_internal

STORAGE = [
    ("16", "16 GB"),
    ("32", "32 GB"),
    ("64", "64 GB"),
    ("128", "128 GB"),
    ("256", "256 GB"),
    ("512", "512 GB"),
    ("1024", "1 TB"),
]
LOCK_STATUS = [("unlocked", "Unlocked"), ("locked", "Carrier-locked")]

# Written by transitions alone; a form, an import or a remote call may not.
PROTECTED = {
    "imei_key",
    "holder_company_id",
    "owner_company_id",
    "custody_id",
    "owner_status",
    "qc_status",
    "qc_test_date",
    "qc_user_id",
    "m360_session_id",
    "m360_is_test",
}


def parse_identity(env, value):
    """Read an IMEI or MEID, or explain in the user's language why it is none.

    :param value: what was scanned, typed or read from a spreadsheet
    :return: `imei.Identity`
    :raises UserError: naming the value and the rule
    """
    try:
        return imei.parse(value)
    except imei.InvalidIdentity as error:
        raise UserError(identity_message(env, error)) from error


def identity_message(env, error):
    """The text of an `InvalidIdentity`, translated."""
    return env._(imei.CODES[error.code], **error.params)


class StockLot(models.Model):
    _inherit = "stock.lot"

    is_device = fields.Boolean(related="product_id.is_device")
    imei_key = fields.Char("IMEI Key", readonly=True, copy=False)
    imei2 = fields.Char("IMEI 2", copy=False)
    eid = fields.Char("EID", copy=False)
    storage_capacity = fields.Selection(STORAGE)
    color = fields.Char()
    grade_id = fields.Many2one("device.grade", index="btree_not_null", tracking=True)
    lock_status = fields.Selection(LOCK_STATUS)
    battery_health = fields.Integer("Battery Health (%)", aggregator="avg")
    carrier_check = fields.Selection(
        [("clean", "Clean"), ("financed", "Financed"), ("blacklisted", "Blacklisted")]
    )
    icloud_status = fields.Selection(
        [
            ("off", "Off"),
            ("on", "On"),
            ("unknown", "Unknown"),
            ("na", "Not Applicable"),
        ],
        string="iCloud Status",
    )
    mdm_status = fields.Selection(
        [("none", "None"), ("present", "Present"), ("removed", "Removed")],
        string="MDM Status",
    )
    holder_company_id = fields.Many2one("res.company", "Holder", index="btree_not_null")
    owner_company_id = fields.Many2one("res.company", "Owner", index="btree_not_null")
    custody_id = fields.Many2one("device.custody", index="btree_not_null")
    owner_status = fields.Selection(
        lambda self: self._get_status_selection(),
        "Status Published to the Owner",
        copy=False,
    )
    device_status = fields.Selection(
        lambda self: self._get_status_selection(),
        compute="_compute_custody_facts",
        inverse="_inverse_device_status",
        search="_search_device_status",
    )
    settlement_status = fields.Selection(
        lambda self: self.env["device.custody"]._fields["settlement_status"].selection,
        compute="_compute_custody_facts",
        search="_search_settlement_status",
    )
    device_currency_id = fields.Many2one(
        "res.currency", compute="_compute_custody_facts"
    )
    purchase_cost = fields.Monetary(
        compute="_compute_custody_facts",
        search="_search_purchase_cost",
        currency_field="device_currency_id",
    )
    suggested_price = fields.Monetary(
        "Suggested Sale Price",
        compute="_compute_custody_facts",
        inverse="_inverse_suggested_price",
        currency_field="device_currency_id",
    )
    qc_status = fields.Selection(
        [
            ("pending_qc", "Pending QC"),
            ("in_qc", "In QC"),
            ("qc_complete", "QC Complete"),
            ("qc_failed", "QC Failed"),
        ],
        string="QC Status",
        copy=False,
        tracking=True,
        group_expand="_group_expand_qc_status",
    )
    intake_date = fields.Date(copy=False)
    qc_test_date = fields.Datetime("Test Date", copy=False)
    qc_user_id = fields.Many2one("res.users", "Tested By", copy=False)
    qc_blocked_reason = fields.Char(compute="_compute_qc_blocked_reason")
    m360_session_id = fields.Char("QC Session", copy=False)
    m360_is_test = fields.Boolean("Test Session", copy=False)
    m360_is_manual = fields.Boolean(
        "Manual QC", compute="_compute_m360_is_manual", store=True
    )
    m360_sync_date = fields.Datetime("Session Date", copy=False)
    m360_technician = fields.Char("Technician", copy=False)
    m360_report_url = fields.Char("QC Report", copy=False)
    m360_diagnostics_passed = fields.Boolean("Diagnostics Passed", copy=False)
    m360_diagnostics_summary = fields.Text("Diagnostics", copy=False)
    custody_ids = fields.One2many("device.custody", "lot_id", "Custody History")
    movement_ids = fields.One2many("device.movement", "lot_id", "Movements")
    allocation_ids = fields.One2many("sale.order.line.device", "lot_id", "Allocations")
    allocation_count = fields.Integer(compute="_compute_allocation_count")

    _sql_constraints = [
        (
            "battery_percentage",
            "CHECK(battery_health >= 0 AND battery_health <= 100)",
            "Battery health is a percentage from 0 to 100.",
        ),
    ]

    def init(self):
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS stock_lot_imei_key
                ON stock_lot (imei_key) WHERE imei_key IS NOT NULL;
            CREATE INDEX IF NOT EXISTS stock_lot_imei2
                ON stock_lot (imei2) WHERE imei2 IS NOT NULL;
            CREATE INDEX IF NOT EXISTS stock_lot_product_name
                ON stock_lot (product_id, name);
            CREATE INDEX IF NOT EXISTS stock_lot_qc
                ON stock_lot (holder_company_id, qc_status, product_id)
                WHERE imei_key IS NOT NULL;
            """
        )

    @api.model
    def _group_expand_qc_status(self, states, domain, *args):
        return [key for key, _label in self._fields["qc_status"].selection]

    @api.model
    def _get_status_selection(self):
        return self.env["device.custody"]._fields["device_status"].selection

    # -- facts of the custody, for those who may read it ----------------------

    def _get_readable_custodies(self):
        """Map the lots to their current custody, as far as the user may read it."""
        Custody = self.env["device.custody"]
        if not Custody.has_access("read"):
            return {}
        custodies = Custody.search([("id", "in", self.sudo().custody_id.ids)])
        return {custody.lot_id.id: custody for custody in custodies}

    @api.depends("custody_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_custody_facts(self):
        readable = self._get_readable_custodies()
        empty = self.env["device.custody"]
        for lot in self:
            custody = readable.get(lot._origin.id, empty)
            lot.device_status = custody.device_status or lot.owner_status
            lot.settlement_status = custody.settlement_status
            lot.device_currency_id = custody.currency_id
            lot.purchase_cost = custody.purchase_cost
            lot.suggested_price = custody.suggested_price

    def _inverse_device_status(self):
        """Data repair by an administrator; leaves its trace in the movements."""
        if not self.env.su:
            raise UserError(
                self.env._(
                    "The status of a device changes through its documents alone."
                )
            )
        for lot in self:
            self.env["device.movement"]._log(
                "status",
                lot.custody_id,
                old_value=lot.custody_id.device_status,
                new_value=lot.device_status,
            )
            lot.custody_id._write_internal({"device_status": lot.device_status})

    def _inverse_suggested_price(self):
        for lot in self:
            lot.custody_id.suggested_price = lot.suggested_price

    @api.model
    def _search_custody(self, field, operator, value):
        Custody = self.env["device.custody"]
        if not Custody.has_access("read"):
            return [("id", "=", 0)]
        return [("custody_id", "in", Custody.search([(field, operator, value)]).ids)]

    @api.model
    def _search_device_status(self, operator, value):
        companies = self.env.companies.ids
        published = [
            ("owner_company_id", "in", companies),
            ("holder_company_id", "not in", companies),
            ("owner_status", operator, value),
        ]
        held = self._search_custody("device_status", operator, value)
        return ["|", *held, "&", "&", *published]

    @api.model
    def _search_settlement_status(self, operator, value):
        return self._search_custody("settlement_status", operator, value)

    @api.model
    def _search_purchase_cost(self, operator, value):
        return self._search_custody("purchase_cost", operator, value)

    def _compute_allocation_count(self):
        counts = {}
        Allocation = self.env["sale.order.line.device"]
        if Allocation.has_access("read"):
            counts = dict(
                Allocation._read_group(
                    [("lot_id", "in", self.ids)], ["lot_id"], ["__count"]
                )
            )
        for lot in self:
            lot.allocation_count = counts.get(lot, 0)

    # -- identity -------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        products = self.env["product.product"].browse(
            {vals["product_id"] for vals in vals_list if vals.get("product_id")}
        )
        devices = set(products.filtered("is_device").ids)
        for vals in vals_list:
            if vals.get("product_id") in devices:
                check_protected(self, vals, PROTECTED)
                vals.update(self._prepare_identity_vals(vals.get("name")))
        lots = super().create(vals_list)
        lots.filtered("imei_key")._check_second_identity()
        return lots

    @api.model
    def _prepare_identity_vals(self, name):
        identity = parse_identity(self.env, name)
        return {"name": identity.number, "imei_key": identity.key}

    def write(self, vals):
        check_protected(self, vals, PROTECTED)
        if "name" in vals and any(lot.imei_key for lot in self):
            if not is_internal(self) and any(lot.custody_id for lot in self.sudo()):
                raise UserError(
                    self.env._(
                        "The IMEI of a received device cannot be changed: "
                        "reject it and "
                        "receive the right one."
                    )
                )
            vals = {**vals, **self._prepare_identity_vals(vals["name"])}
        result = super().write(vals)
        if "imei2" in vals or "eid" in vals:
            self._check_second_identity()
        return result

    def _check_second_identity(self):
        """A second IMEI is valid, not the first one, and no live device's first."""
        keys = {}
        for lot in self:
            if lot.eid:
                self._check_eid(lot.eid)
            if lot.imei2:
                key = parse_identity(self.env, lot.imei2).key
                if key == lot.imei_key:
                    raise ValidationError(
                        self.env._(
                            "IMEI 2 %(imei)s is the device's first IMEI.",
                            imei=lot.imei2,
                        )
                    )
                keys[key] = lot
        if not keys:
            return
        # Another company's device may hold the number; only that it does is told.
        clash = (
            self.env["device.custody"]
            .sudo()
            .search([("identity_key", "in", list(keys)), ("live", "=", True)], limit=1)
        )
        if clash:
            raise ValidationError(
                self.env._(
                    "IMEI 2 %(imei)s is the first IMEI of another live device.",
                    imei=keys[clash.identity_key].imei2,
                )
            )

    def _check_eid(self, value):
        try:
            imei.parse_eid(value)
        except imei.InvalidIdentity as error:
            raise ValidationError(identity_message(self.env, error)) from error

    def get_formview_id(self, access_uid=None):
        """Open a device in the form of its own, an owner in the one made for owners."""
        if self.imei_key:
            seller = self.env["device.custody"].has_access("read")
            form = "view_device_lot_form" if seller else "view_device_lot_owner_form"
            return self.env.ref(f"device_inventory.{form}").id
        return super().get_formview_id(access_uid=access_uid)

    def action_view_allocations(self):
        """Open every allocation that this device had."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Allocations of %(imei)s", imei=self.name),
            "res_model": "sale.order.line.device",
            "view_mode": "list,form",
            "domain": [("lot_id", "=", self.id)],
            "context": {"create": False},
        }

    @api.depends("quant_ids", "quant_ids.quantity")
    def _compute_single_location(self):
        """A change of owner leaves a trace in a virtual location, which is no place."""
        result = super()._compute_single_location()
        for lot in self.filtered(lambda lot: lot.imei_key and not lot.location_id):
            places = lot.quant_ids.filtered(
                lambda q: q.quantity > 0 and q.location_id.usage != "inventory"
            ).location_id
            lot.location_id = places if len(places) == 1 else False
        return result

    # -- publication to the owner ---------------------------------------------

    def _publish_if_immediate(self):
        """Show the current status to the owner where publication is immediate.

        A device that is new to its owner is always shown.
        """
        # The published status is the owner's; no seller-side role writes lots.
        for (holder, owner), lots in (
            self.sudo()
            .grouped(lambda lot: (lot.holder_company_id, lot.owner_company_id))
            .items()
        ):
            if holder != owner and holder.settlement_publication != "immediate":
                lots = lots.filtered(lambda lot: not lot.owner_status)
            if lots:
                lots._copy_status_to_owner(owner, holder)

    @api.model
    def _publish_owner_status(self, owner_company, holder_company):
        """Bring the owner's view of its devices up to date, at a period's end.

        Where publication is periodic, what was sold since midnight (UTC) belongs to
        the period that has just begun, and waits for its end.

        :param owner_company: `res.company` whose devices they are
        :param holder_company: `res.company` that holds them
        :return: number of lots changed
        """
        return self.browse()._copy_status_to_owner(owner_company, holder_company)

    def _copy_status_to_owner(self, owner, holder):
        """Copy the custody's status to these lots, or to all of the two parties."""
        sees = owner == holder or bool(
            self.env["device.consignment.agreement"]
            ._get_active(owner, holder)
            .owner_sees_device_status
        )
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE stock_lot l
               SET owner_status = CASE WHEN %(sees)s THEN c.device_status END
              FROM device_custody c
             WHERE c.id = l.custody_id AND c.company_id = %(holder)s
               AND c.owner_company_id = %(owner)s
               AND (%(all)s OR l.id = ANY(%(ids)s))
               AND (NOT %(periodic)s OR c.date_end IS NULL OR c.date_end < %(today)s)
               AND l.owner_status IS DISTINCT FROM
                   CASE WHEN %(sees)s THEN c.device_status END
            """,
            {
                "sees": sees,
                "holder": holder.id,
                "owner": owner.id,
                "periodic": not self and holder.settlement_publication == "periodic",
                "today": fields.Date.today(),
                "all": not self,
                "ids": self.ids,
            },
        )
        changed = self.env.cr.rowcount
        self.env["stock.lot"].invalidate_model(["owner_status", "device_status"])
        return changed

    # -- quality control ------------------------------------------------------

    @api.depends("m360_session_id")
    def _compute_m360_is_manual(self):
        for lot in self:
            session = lot.m360_session_id or ""
            lot.m360_is_manual = session.startswith("manual-qc-")

    @api.depends("qc_status", "m360_session_id", "m360_is_test", "grade_id")
    def _compute_qc_blocked_reason(self):
        for lot in self:
            lot.qc_blocked_reason = lot.imei_key and lot._get_qc_blocked_reason()

    def _get_qc_blocked_reason(self):
        if self.qc_status != "in_qc":
            return self.env._("the device is not in QC: hand it off first")
        if not self.m360_session_id:
            return self.env._("it has no QC session yet")
        if self.m360_is_test:
            return self.env._(
                "its QC session is a test session, whose results are random"
            )
        if not self.grade_id:
            return self.env._("it has no grade yet")
        return False

    def _check_may_test(self):
        """Quality control is its own role.

        :raises AccessError: when the user is not in the group *Device QC*
        """
        group = "device_inventory.group_device_qc"
        if not self.env.su and not self.env.user.has_group(group):
            raise AccessError(
                self.env._(
                    "Only users of the group “Device QC” test and grade devices."
                )
            )

    def _hand_off_to_qc(self):
        """Take pending devices into QC.

        :raises AccessError: when the user is not in *Device QC*
        :raises UserError: naming devices that are not pending
        """
        self._check_may_test()
        self._check_qc_status(("pending_qc",), self.env._("handed to QC"))
        self._set_qc_status("in_qc", "qc_in")

    def action_hand_off_to_qc(self):
        self._hand_off_to_qc()

    def action_qc_complete(self):
        """Close QC with a pass; a returned device becomes available again.

        :raises UserError: naming what is missing, session or grade
        """
        self._check_may_test()
        for lot in self:
            reason = lot._get_qc_blocked_reason()
            if reason:
                raise UserError(
                    self.env._(
                        "%(imei)s cannot be marked QC complete: %(reason)s.",
                        imei=lot.name,
                        reason=reason,
                    )
                )
        self._set_qc_status("qc_complete", "qc_complete")
        returned = self.sudo().custody_id.filtered(
            lambda c: c.device_status == "returned"
        )
        if returned:
            returned._set_status("available", "qc_complete")

    def action_qc_failed(self):
        self._check_may_test()
        self._check_qc_status(("in_qc",), self.env._("failed"))
        self._set_qc_status("qc_failed", "qc_failed")

    def action_qc_reset(self):
        """Send devices back to the QC queue, for a retest."""
        self._check_may_test()
        self._check_qc_status(("qc_failed", "qc_complete"), self.env._("reset"))
        blocked = self.sudo().custody_id.filtered(
            lambda c: c.device_status not in ("available", "returned")
        )
        if blocked:
            raise UserError(
                self.env._(
                    "%(imeis)s: only a device that is available can be tested again.",
                    imeis=", ".join(blocked.lot_id.mapped("name")),
                )
            )
        self._set_qc_status("pending_qc", "qc_reset")

    def _check_qc_status(self, allowed, action):
        refused = self.filtered(lambda lot: lot.qc_status not in allowed)
        if refused:
            labels = dict(self._fields["qc_status"]._description_selection(self.env))
            raise UserError(
                "\n".join(
                    self.env._(
                        "%(imei)s is %(status)s and cannot be %(action)s.",
                        imei=lot.name,
                        status=labels.get(lot.qc_status, "-"),
                        action=action,
                    )
                    for lot in refused
                )
            )

    def _set_qc_status(self, status, movement_type):
        labels = dict(self._fields["qc_status"]._description_selection(self.env))
        self.env["device.movement"]._log(
            movement_type, self.sudo().custody_id, new_value=labels[status]
        )
        vals = {"qc_status": status}
        if status in ("qc_complete", "qc_failed"):
            vals.update(qc_test_date=fields.Datetime.now(), qc_user_id=self.env.uid)
        internal(self).write(vals)

    def action_stamp_manual_session(self):
        """Record that quality control is done by hand, without diagnostics.

        The placeholder lets *Mark QC Complete* enforce its other rules; it is marked
        as manual wherever the session is shown.

        :raises AccessError: when the user is no inventory manager
        :raises UserError: when a device is not in QC
        """
        if not self.env.user.has_group("stock.group_stock_manager"):
            raise AccessError(
                self.env._("Only an inventory manager may stamp a manual QC session.")
            )
        today = fields.Date.context_today(self)
        for lot in self:
            lot._apply_qc_session(f"manual-qc-{lot.name}-{today:%Y%m%d}")
            lot.message_post(
                body=self.env._("Manual QC session stamped, without diagnostics.")
            )

    def _apply_qc_session(self, session_id, vals=None, test=False):
        """Record a diagnostics session on devices in QC; the one way in for results.

        :param str session_id: id of the session; ``manual-qc-…`` marks a manual one
        :param dict vals: further results, values of this model
        :param bool test: the service answered in test mode: stored as such, and never
            enough for QC complete
        :raises UserError: when a device is not in QC
        """
        self._check_may_test()
        self._check_qc_status(("in_qc",), self.env._("given diagnostics"))
        internal(self).write(
            {
                "m360_session_id": session_id,
                "m360_is_test": test,
                "m360_sync_date": fields.Datetime.now(),
                **(vals or {}),
            }
        )
        self.env["device.movement"]._log(
            "qc_session", self.sudo().custody_id, new_value=session_id
        )
