from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.stock_lot import LOCK_STATUS, STORAGE, parse_identity


class DeviceAllocationWizard(models.TransientModel):
    """Choose the exact devices of an order line, by filters or by scanning."""

    _name = "device.allocation.wizard"
    _description = "Allocate Devices"

    sale_order_line_id = fields.Many2one("sale.order.line", required=True)
    order_id = fields.Many2one(related="sale_order_line_id.order_id")
    company_id = fields.Many2one(related="sale_order_line_id.company_id")
    currency_id = fields.Many2one(related="sale_order_line_id.currency_id")
    product_id = fields.Many2one(related="sale_order_line_id.product_id")
    to_allocate_count = fields.Integer(related="sale_order_line_id.to_allocate_count")
    storage_capacity = fields.Selection(STORAGE, "Storage")
    grade_id = fields.Many2one("device.grade")
    color = fields.Char()
    lock_status = fields.Selection(LOCK_STATUS)
    unit_price = fields.Monetary(
        help="Price of each device; can differ per device below."
    )
    imei_text = fields.Text(
        "Scan or Paste IMEIs", help="One IMEI a line; takes the place of the filters."
    )
    available_count = fields.Integer(compute="_compute_available_count")
    line_ids = fields.One2many("device.allocation.wizard.line", "wizard_id", "Devices")
    selected_count = fields.Integer(compute="_compute_selected_count")
    has_problem = fields.Boolean(compute="_compute_problems")
    has_gate_failure = fields.Boolean(compute="_compute_problems")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        line = self.env["sale.order.line"].browse(values.get("sale_order_line_id"))
        if line:
            values.update(
                storage_capacity=line.required_storage,
                grade_id=line.required_grade.id,
                color=line.required_color,
                lock_status=line.required_lock_status,
                unit_price=line.price_unit,
            )
        return values

    @api.depends("storage_capacity", "grade_id", "color", "lock_status", "product_id")
    def _compute_available_count(self):
        for wizard in self:
            wizard.available_count = self.env["device.custody"].search_count(
                wizard._get_domain()
            )

    @api.depends("line_ids")
    def _compute_selected_count(self):
        for wizard in self:
            wizard.selected_count = len(wizard.line_ids)

    @api.depends("line_ids.problem", "line_ids.is_gate_failure")
    def _compute_problems(self):
        for wizard in self:
            wizard.has_gate_failure = any(wizard.line_ids.mapped("is_gate_failure"))
            wizard.has_problem = any(wizard.line_ids.mapped("problem"))

    def _get_domain(self):
        """Devices that the line may sell and the filters leave."""
        domain = [
            ("company_id", "=", self.company_id.id),
            ("device_status", "=", "available"),
            ("live", "=", True),
            ("product_id", "=", self.product_id.id),
            ("lot_id.qc_status", "=", "qc_complete"),
        ]
        for name in ("storage_capacity", "lock_status"):
            if self[name]:
                domain.append((f"lot_id.{name}", "=", self[name]))
        if self.grade_id:
            domain.append(("lot_id.grade_id", "=", self.grade_id.id))
        if self.color:
            domain.append(("lot_id.color", "=ilike", self.color))
        return domain

    def action_fill(self):
        """Take the oldest devices that match, as many as the line lacks."""
        self.ensure_one()
        room = self.to_allocate_count - len(self.line_ids)
        if self.imei_text:
            lots = self._read_imeis() - self.line_ids.lot_id
        else:
            chosen = ("lot_id", "not in", self.line_ids.lot_id.ids)
            lots = (
                self.env["device.custody"]
                .search([*self._get_domain(), chosen], order="id", limit=max(room, 0))
                .lot_id
            )
        if not lots:
            raise UserError(self.env._("No further device matches."))
        self._add_lots(lots)
        self.imei_text = False
        return self._reopen()

    def _read_imeis(self):
        numbers = [
            parse_identity(self.env, text).key
            for text in self.imei_text.replace(",", "\n").splitlines()
            if text.strip()
        ]
        lots = self.env["stock.lot"].search([("imei_key", "in", numbers)])
        unknown = set(numbers) - set(lots.mapped("imei_key"))
        if unknown:
            raise UserError(
                self.env._(
                    "These are no devices of ours: %(imeis)s", imeis=", ".join(unknown)
                )
            )
        return lots

    def _add_lots(self, lots):
        self.env["device.allocation.wizard.line"].create(
            [
                {"wizard_id": self.id, "lot_id": lot.id, "unit_price": self.unit_price}
                for lot in lots
            ]
        )

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Allocate Devices"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_apply_price(self):
        """Give every chosen device the price above."""
        self.line_ids.write({"unit_price": self.unit_price})
        return self._reopen()

    def action_allocate(self):
        """Allocate the chosen devices.

        :raises UserError: naming each device that cannot be allocated, and why
        """
        self.ensure_one()
        if not self.line_ids:
            raise UserError(
                self.env._("Choose devices first: find them by the filters, or scan.")
            )
        self.env["sale.order.line.device"].create(
            [
                {
                    "sale_order_line_id": self.sale_order_line_id.id,
                    "lot_id": line.lot_id.id,
                    "unit_price": line.unit_price,
                }
                for line in self.line_ids
            ]
        )
        return {"type": "ir.actions.act_window_close"}

    def action_override_gate(self):
        """Ask a manager's reason for the devices that the gate refuses."""
        self.ensure_one()
        refused = self.line_ids.filtered("is_gate_failure") or self.line_ids
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Override the Gate"),
            "res_model": "device.gate.override.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_lot_ids": [(6, 0, refused.lot_id.ids)],
                "default_res_model": "sale.order",
                "default_res_id": self.order_id.id,
                "default_allocation_wizard_id": self.id,
            },
        }


class DeviceAllocationWizardLine(models.TransientModel):
    _name = "device.allocation.wizard.line"
    _description = "Device to Allocate"

    wizard_id = fields.Many2one(
        "device.allocation.wizard", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="wizard_id.company_id")
    product_id = fields.Many2one(related="wizard_id.product_id")
    lot_id = fields.Many2one(
        "stock.lot",
        "IMEI",
        required=True,
        domain="[('product_id', '=', product_id), "
        "('holder_company_id', '=', company_id)]",
    )
    storage_capacity = fields.Selection(related="lot_id.storage_capacity")
    grade_id = fields.Many2one(related="lot_id.grade_id")
    color = fields.Char(related="lot_id.color")
    battery_health = fields.Integer(related="lot_id.battery_health")
    owner_company_id = fields.Many2one(related="lot_id.owner_company_id")
    device_currency_id = fields.Many2one(related="lot_id.device_currency_id")
    purchase_cost = fields.Monetary(
        related="lot_id.purchase_cost", currency_field="device_currency_id"
    )
    suggested_price = fields.Monetary(
        related="lot_id.suggested_price", currency_field="device_currency_id"
    )
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    unit_price = fields.Monetary(required=True)
    problem = fields.Char(
        "Refused Because",
        compute="_compute_problem",
        help="Why the order line may not sell this device as it is.",
    )
    is_gate_failure = fields.Boolean(
        compute="_compute_problem", help="A manager may override this refusal."
    )

    @api.depends("lot_id", "wizard_id.sale_order_line_id")
    def _compute_problem(self):
        for wizard, lines in self.grouped("wizard_id").items():
            order_line = wizard.sale_order_line_id
            problems, gate = order_line._preview_allocation(lines.lot_id)
            for line in lines:
                line.problem = problems.get(line.lot_id) or gate.get(line.lot_id)
                line.is_gate_failure = line.lot_id in gate
