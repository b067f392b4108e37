from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

from .guard import internal
from .sale_order_line_device import LIVE_STATES
from .stock_lot import LOCK_STATUS, STORAGE


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    is_device = fields.Boolean(related="product_id.is_device")
    required_storage = fields.Selection(STORAGE, "Storage")
    required_grade = fields.Many2one("device.grade", "Grade")
    required_color = fields.Char("Color")
    required_lock_status = fields.Selection(LOCK_STATUS, "Lock Status")
    device_line_ids = fields.One2many(
        "sale.order.line.device", "sale_order_line_id", "Devices"
    )
    # Whoever may read an order may know how many devices it lacks.
    allocated_count = fields.Integer(
        compute="_compute_allocated_count", compute_sudo=True
    )
    to_allocate_count = fields.Integer(
        compute="_compute_allocated_count", compute_sudo=True
    )

    @api.depends("device_line_ids.state", "product_uom_qty", "is_device")
    def _compute_allocated_count(self):
        for line in self:
            active = line.device_line_ids.filtered(
                lambda a: a.state in (*LIVE_STATES, "sold")
            )
            line.allocated_count = len(active)
            missing = int(line.product_uom_qty) - len(active)
            line.to_allocate_count = max(missing, 0) if line.is_device else 0

    # -- price ----------------------------------------------------------------

    def _get_active_devices(self):
        return self.device_line_ids.filtered(lambda a: a.state != "cancelled")

    def _apply_device_price(self):
        """The order line's price is the average of its devices."""
        for line in self:
            devices = line._get_active_devices()
            if devices and not line.order_id.locked:
                internal(line).price_unit = sum(devices.mapped("unit_price")) / len(
                    devices
                )

    def _prepare_base_line_for_taxes_computation(self, **kwargs):
        """Compute amounts from the devices' exact total, not from a rounded average."""
        devices = self._get_active_devices() if self.is_device else False
        if devices and len(devices) == self.product_uom_qty:
            kwargs.setdefault(
                "price_unit", sum(devices.mapped("unit_price")) / len(devices)
            )
        return super()._prepare_base_line_for_taxes_computation(**kwargs)

    @api.depends("device_line_ids.unit_price", "device_line_ids.state")
    def _compute_amount(self):
        return super()._compute_amount()

    # -- allocation -----------------------------------------------------------

    def action_allocate_devices(self):
        """Open the allocation wizard for this line."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Allocate Devices"),
            "res_model": "device.allocation.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_sale_order_line_id": self.id},
        }

    def _check_devices(self, lots, custody_by_lot):
        """Refuse devices that this line may not sell, naming the cause of each.

        :param lots: `stock.lot` to allocate
        :param dict custody_by_lot: their locked custody
        :raises UserError: one sentence for each refused device
        """
        self.ensure_one()
        if self.order_id.state not in ("draft", "sent", "sale"):
            raise UserError(
                self.env._("%(order)s is cancelled.", order=self.order_id.name)
            )
        if len(lots) > self.to_allocate_count:
            raise UserError(
                self.env._(
                    "%(line)s asks for %(quantity)s devices and has %(allocated)s: "
                    "%(more)s more are too many. Raise the line's quantity first.",
                    line=self.product_id.display_name,
                    quantity=int(self.product_uom_qty),
                    allocated=self.allocated_count,
                    more=len(lots),
                )
            )
        problems = self._get_allocation_problems(lots, custody_by_lot)
        if problems:
            raise UserError("\n".join(problems[:20]))
        self.env["device.custody"].concat(
            *[custody_by_lot[lot] for lot in lots]
        )._check_gate(self.env._("Allocation to %(order)s", order=self.order_id.name))

    def _get_allocation_problems(self, lots, custody_by_lot):
        problems = []
        twice = [lot for lot, count in Counter(lots.ids).items() if count > 1]
        for lot in lots.browse(twice):
            problems.append(self.env._("%(imei)s is given twice.", imei=lot.name))
        by_lot = self._get_device_problems(lots, custody_by_lot)
        return [*problems, *by_lot.values()]

    def _get_device_problems(self, lots, custody_by_lot):
        """Why the line may not take devices, apart from the sale-readiness gate.

        :return: dict of `stock.lot` to a sentence; devices it may take are absent
        """
        agreements = self._get_agreements(custody_by_lot.values())
        # Another order may be one that this salesperson cannot read; its name is said.
        live = (
            self.env["sale.order.line.device"]
            .sudo()
            .search([("lot_id", "in", lots.ids), ("state", "in", LIVE_STATES)])
            .grouped("lot_id")
        )
        problems = {
            lot: self._get_device_problem(
                lot, custody_by_lot[lot], live.get(lot), agreements
            )
            for lot in lots
        }
        return {lot: problem for lot, problem in problems.items() if problem}

    def _preview_allocation(self, lots):
        """Foresee what allocating devices would refuse, without locking them.

        :return: pair of dicts of `stock.lot` to a sentence: refused for good, and
            stopped by the gate, which a manager may override
        """
        self.ensure_one()
        # Devices that the user may not read are refused by name, like any other.
        custody_by_lot = {lot: lot.sudo().custody_id for lot in lots}
        problems = self._get_device_problems(lots, custody_by_lot)
        held = lots.filtered(lambda lot: lot not in problems)
        failures = held.sudo().custody_id._get_gate_failures()
        gate = {custody.lot_id: ", ".join(rules) for custody, rules in failures.items()}
        return problems, gate

    def _get_agreements(self, custodies):
        """Owners with an active agreement, of those whose devices are wanted."""
        company = self.company_id
        owners = {custody.owner_company_id for custody in custodies}
        Agreement = self.env["device.consignment.agreement"]
        return {
            owner: Agreement._get_active(owner, company)
            for owner in owners
            if owner and owner != company
        }

    def _get_device_problem(self, lot, custody, allocation, agreements):
        if not custody or custody.company_id != self.company_id:
            return self.env._(
                "%(imei)s is not held by %(company)s.",
                imei=lot.name,
                company=self.company_id.name,
            )
        if lot.product_id != self.product_id:
            return self.env._(
                "%(imei)s is a %(device)s, the line asks for %(product)s.",
                imei=lot.name,
                device=lot.product_id.display_name,
                product=self.product_id.display_name,
            )
        if allocation:
            return allocation._live_message()
        if custody.device_status != "available":
            return custody._transition_message("reserved")
        owner = custody.owner_company_id
        if owner != self.company_id and not agreements[owner]:
            return self.env._(
                "%(imei)s belongs to %(owner)s, and no consignment agreement with it "
                "is active.",
                imei=lot.name,
                owner=owner.name,
            )
        return False

    # -- invoice --------------------------------------------------------------

    def _get_devices_to_invoice(self):
        """Sold devices of the line that no valid invoice line covers."""
        return self.device_line_ids.filtered(
            lambda a: (
                a.state == "sold"
                and not a.is_returned
                and (
                    not a.invoice_line_id or a.invoice_line_id.parent_state == "cancel"
                )
            )
        )
