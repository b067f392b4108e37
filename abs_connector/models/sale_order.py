from odoo import fields, models


class OvSaSaleOrderAssignment(models.Model):
    _name = "ov.sa_sale_order_assignment"
    _description = "Sales Order of a Service Account"
    _inherit = ["ov.assignment.mixin"]
    _record_field = "order_id"
    _rec_name = "order_id"

    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, ondelete="restrict"
    )


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "ov.governed.mixin"]
    _ledger = "ov.sa_sale_order_assignment"
