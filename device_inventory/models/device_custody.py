from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from .guard import check_protected, internal

# (from, to) of the device status within one custody cycle. A sale ends the cycle;
# what comes back afterwards opens the next one, in status "returned" or "available".
STATUS_TRANSITIONS = {
    ("available", "reserved"),
    ("reserved", "available"),
    ("reserved", "sold"),
    ("returned", "available"),
}


class DeviceCustody(models.Model):
    """One stay of a device with a holder: what it cost, where it stands.

    Holds everything that the device's owner must not see; the record rule shows a
    row to the holder's company alone.
    """

    _name = "device.custody"
    _description = "Device Custody"
    _order = "id desc"
    _rec_name = "identity_key"

    lot_id = fields.Many2one(
        "stock.lot", "Device", required=True, index=True, ondelete="restrict"
    )
    identity_key = fields.Char("IMEI Key", required=True)
    product_id = fields.Many2one("product.product", required=True, index=True)
    company_id = fields.Many2one("res.company", "Holder", required=True)
    owner_company_id = fields.Many2one("res.company", "Owner", required=True)
    accounting_mode = fields.Selection(
        [
            ("own", "Own"),
            ("on_receipt", "Consigned, valued on receipt"),
            ("off_balance", "Consigned, off balance"),
        ],
        required=True,
        default="own",
    )
    device_status = fields.Selection(
        [
            ("available", "Available"),
            ("reserved", "Reserved"),
            ("sold", "Sold"),
            ("returned", "Returned"),
        ],
        required=True,
        default="available",
    )
    settlement_status = fields.Selection(
        [
            ("not_applicable", "Not Applicable"),
            ("pending", "Pending"),
            ("settled", "Settled"),
        ],
        required=True,
        default="not_applicable",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    purchase_cost = fields.Monetary()
    suggested_price = fields.Monetary("Suggested Sale Price")
    qc_status = fields.Selection(related="lot_id.qc_status")
    live = fields.Boolean("In Stock", default=True)
    date_start = fields.Datetime(required=True, default=fields.Datetime.now)
    date_end = fields.Datetime()
    manifest_line_id = fields.Many2one("device.manifest.line", index="btree_not_null")
    purchase_line_id = fields.Many2one("purchase.order.line", index="btree_not_null")
    vendor_bill_line_id = fields.Many2one("account.move.line", index="btree_not_null")
    receipt_move_id = fields.Many2one("account.move", "Receipt Entry")
    previous_id = fields.Many2one("device.custody", "Previous Cycle")

    _sql_constraints = [
        (
            "cost_not_negative",
            "CHECK(purchase_cost IS NULL OR purchase_cost >= 0)",
            "The purchase cost of a device cannot be negative.",
        ),
    ]

    def init(self):
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS device_custody_one_live_cycle
                ON device_custody (identity_key) WHERE live;
            CREATE INDEX IF NOT EXISTS device_custody_status
                ON device_custody (company_id, device_status, product_id);
            """
        )

    def write(self, vals):
        check_protected(self, vals, set(vals) - {"suggested_price"})
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_protected(self, vals, set(vals))
        return super().create(vals_list)

    def _write_internal(self, vals):
        """Write what a transition decided; no role has the right to do it by hand."""
        internal(self).sudo().write(vals)

    @api.model
    def _create_internal(self, vals_list):
        """Open cycles; like every transition, it needs no right of the user's."""
        return internal(self).sudo().create(vals_list).sudo(self.env.su)

    # -- transitions ----------------------------------------------------------

    def _lock(self):
        """Lock the cycles' rows and read them again, so that the state is certain.

        Under repeatable read a row changed meanwhile by somebody else raises a
        serialization failure, which the server answers by running the call again.
        """
        if self:
            self.env.cr.execute(
                "SELECT id FROM device_custody WHERE id IN %s ORDER BY id FOR UPDATE",
                [tuple(self.ids)],
            )
            self.invalidate_recordset()

    def _set_status(self, status, movement_type, reference=False):
        """Move the cycles to another device status; the only way to do so.

        :param str status: key of `device_status`
        :param str movement_type: key of `device.movement.movement_type`
        :param str reference: name of the document that caused it
        :raises UserError: naming the devices that cannot make this transition
        """
        refused = self.filtered(
            lambda c: (c.device_status, status) not in STATUS_TRANSITIONS
        )
        if refused:
            raise UserError(
                "\n".join(refused._transition_message(status) for refused in refused)
            )
        self._log_status(status, movement_type, reference)
        vals = {"device_status": status}
        if status == "sold":
            vals.update(live=False, date_end=fields.Datetime.now())
        self._write_internal(vals)
        self.lot_id._publish_if_immediate()

    def _log_status(self, status, movement_type, reference):
        labels = dict(self._fields["device_status"]._description_selection(self.env))
        by_status = defaultdict(self.browse)
        for custody in self:
            by_status[custody.device_status] |= custody
        for old, custodies in by_status.items():
            self.env["device.movement"]._log(
                movement_type,
                custodies,
                old_value=labels[old],
                new_value=labels[status],
                reference=reference,
            )

    def _transition_message(self, status):
        labels = dict(self._fields["device_status"]._description_selection(self.env))
        return self.env._(
            "Device %(imei)s is %(old)s and cannot become %(new)s.",
            imei=self.lot_id.name,
            old=labels[self.device_status],
            new=labels[status],
        )

    def _live_message(self, company):
        """Say who holds a live device, as far as `company` may know."""
        if self.company_id != company:
            return self.env._(
                "%(imei)s is in another company's custody.", imei=self.lot_id.name
            )
        return self.env._(
            "%(imei)s is in stock already, received with %(manifest)s.",
            imei=self.lot_id.name,
            manifest=self.manifest_line_id.manifest_id.name or "-",
        )

    def _set_settlement_status(self, status):
        """Record how far the settlement with the owner is.

        :param str status: key of `settlement_status`
        """
        changed = self.filtered(lambda c: c.settlement_status != status)
        if not changed:
            return
        labels = dict(
            self._fields["settlement_status"]._description_selection(self.env)
        )
        if status == "settled":
            self.env["device.movement"]._log(
                "settle", changed, new_value=labels[status]
            )
        changed._write_internal({"settlement_status": status})

    def _reopen(self, device_status, vals=None):
        """Open the next cycle of devices that came back, on the same lots.

        :param str device_status: status of the new cycles
        :param dict vals: values that differ from the cycle before
        :return: the new `device.custody` recordset, in the order of `self`
        """
        cycles = self._create_internal(
            [
                {
                    "lot_id": custody.lot_id.id,
                    "identity_key": custody.identity_key,
                    "product_id": custody.product_id.id,
                    "company_id": custody.company_id.id,
                    "owner_company_id": custody.owner_company_id.id,
                    "accounting_mode": custody.accounting_mode,
                    "purchase_cost": custody.purchase_cost,
                    "suggested_price": custody.suggested_price,
                    "device_status": device_status,
                    "previous_id": custody.id,
                    **(vals or {}),
                }
                for custody in self
            ]
        )
        cycles._become_current()
        return cycles

    def _become_current(self):
        """Make these cycles the ones their lots point to; QC starts over."""
        by_parties = defaultdict(self.browse)
        for custody in self:
            by_parties[custody.company_id, custody.owner_company_id] |= custody
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_lot l SET custody_id = c.id FROM device_custody c "
            "WHERE c.id IN %s AND l.id = c.lot_id",
            [tuple(self.ids)],
        )
        self.lot_id.invalidate_recordset(["custody_id"])
        for (holder, owner), custodies in by_parties.items():
            internal(custodies.lot_id).sudo().write(
                {
                    "holder_company_id": holder.id,
                    "owner_company_id": owner.id,
                    "qc_status": "pending_qc",
                }
            )
        self.lot_id._publish_if_immediate()
