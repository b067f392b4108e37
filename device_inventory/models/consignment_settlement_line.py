from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from .guard import check_protected, is_internal

# What the owner is told of a device. Nothing else is ever stored on its side.
OWNER_FIELDS = (
    "line_type",
    "imei",
    "product_name",
    "storage",
    "grade",
    "owner_amount",
)


class ConsignmentSettlementLine(models.Model):
    """One device of a settlement report: sold, or taken back after its settlement.

    The owner's lines are a snapshot in text and amounts. A constraint of the database
    keeps every seller-side column of them empty.
    """

    _name = "consignment.settlement.line"
    _description = "Consignment Settlement Line"
    _order = "report_id desc, line_type desc, imei, id"
    _rec_name = "imei"

    report_id = fields.Many2one(
        "consignment.settlement.report",
        required=True,
        index=True,
        ondelete="cascade",
    )
    report_type = fields.Selection(
        [("owner", "Owner"), ("consignee", "Consignee")], required=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True)
    line_type = fields.Selection(
        [("sale", "Sale"), ("clawback", "Clawback")],
        "Type",
        required=True,
        help="A clawback takes back what was settled for a device that the customer "
        "returned.",
    )
    imei = fields.Char("IMEI", required=True)
    product_name = fields.Char("Model")
    storage = fields.Char()
    grade = fields.Char()
    owner_amount = fields.Monetary(help="Sale price less commission.")

    is_live = fields.Boolean(
        help="Counts for its sale event; a cancelled report's lines do not."
    )
    sale_device_id = fields.Many2one(
        "sale.order.line.device", "Sale Event", index=True, ondelete="restrict"
    )
    lot_id = fields.Many2one("stock.lot", "Device", index="btree_not_null")
    product_id = fields.Many2one("product.product")
    sale_price = fields.Monetary()
    commission_amount = fields.Monetary("Commission")
    commission_rate = fields.Float(digits=(16, 6), aggregator=None)
    accounting_mode = fields.Selection(
        [
            ("on_receipt", "Valued on Receipt"),
            ("off_balance", "Off Balance (Agent)"),
        ]
    )
    purchase_cost = fields.Monetary()

    _sql_constraints = [
        (
            "owner_is_snapshot",
            "CHECK(report_type = 'consignee' OR ("
            "is_live IS NOT TRUE AND sale_device_id IS NULL AND lot_id IS NULL "
            "AND product_id IS NULL AND sale_price IS NULL "
            "AND commission_amount IS NULL AND commission_rate IS NULL "
            "AND accounting_mode IS NULL AND purchase_cost IS NULL))",
            "A line of an owner's report holds nothing of the sale.",
        ),
    ]

    def init(self):
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS consignment_settlement_line_one_live
                ON consignment_settlement_line (sale_device_id, line_type)
             WHERE is_live
            """
        )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_protected(self, vals, set(vals))
        return super().create(vals_list)

    def write(self, vals):
        check_protected(self, vals, set(vals))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if not is_internal(self):
            raise UserError(_("Lines of a settlement report are never deleted."))

    @api.constrains("report_id", "report_type")
    def _check_report_type(self):
        if any(line.report_type != line.report_id.report_type for line in self):
            raise ValidationError(
                _("Report Type: a line is of the same side as its report.")
            )

    # -- values ---------------------------------------------------------------

    @api.model
    def _prepare_sale_vals(self, sale_device):
        """Values of the consignee's line of a device sold.

        Amounts of another currency are converted here and nowhere else, at the day
        of the sale; the owner amount is the difference, so that a line adds up.

        :param sale_device: `sale.order.line.device` that was sold
        :return: dict without the report's values
        """
        company = sale_device.company_id
        currency = company.currency_id
        day = (sale_device.sold_date or fields.Datetime.now()).date()

        def convert(amount):
            return sale_device.currency_id._convert(amount, currency, company, day)

        price = convert(sale_device.unit_price)
        commission = convert(sale_device.commission_amount)
        return {
            "line_type": "sale",
            "sale_device_id": sale_device.id,
            "lot_id": sale_device.lot_id.id,
            "product_id": sale_device.product_id.id,
            "sale_price": price,
            "commission_amount": commission,
            "commission_rate": sale_device.commission_rate,
            "owner_amount": currency.round(price - commission),
            "accounting_mode": sale_device.accounting_mode,
            "purchase_cost": sale_device.custody_id.purchase_cost,
            **self._prepare_device_vals(sale_device),
        }

    @api.model
    def _prepare_device_vals(self, sale_device):
        """What both sides are told of the device, as text of today."""
        lot = sale_device.lot_id
        storage = dict(lot._fields["storage_capacity"]._description_selection(lot.env))
        product = sale_device.product_id.with_context(display_default_code=False)
        return {
            "imei": lot.name,
            "product_name": product.display_name,
            "storage": storage.get(lot.storage_capacity),
            "grade": lot.grade_id.name,
        }

    def _prepare_clawback_vals(self):
        """Values of the consignee's line that takes this one back.

        :return: dict without the report's values; amounts are negative, the purchase
            cost stays the device's
        """
        self.ensure_one()
        return {
            "line_type": "clawback",
            "sale_device_id": self.sale_device_id.id,
            "lot_id": self.lot_id.id,
            "product_id": self.product_id.id,
            "sale_price": -self.sale_price,
            "commission_amount": -self.commission_amount,
            "commission_rate": self.commission_rate,
            "owner_amount": -self.owner_amount,
            "accounting_mode": self.accounting_mode,
            "purchase_cost": self.purchase_cost,
            **{
                name: self[name]
                for name in ("imei", "product_name", "storage", "grade")
            },
        }

    def _prepare_owner_vals(self):
        """Values of the owner's line: the snapshot of :data:`OWNER_FIELDS`."""
        self.ensure_one()
        return {name: self[name] for name in OWNER_FIELDS}
