from odoo import api, fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    note_ids = fields.One2many("sample.note", "line_id")

    @api.depends("note_ids")
    def _compute_tax_id(self):
        return super()._compute_tax_id()
