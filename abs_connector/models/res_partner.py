from odoo import fields, models


class OvSaCustomerAssignment(models.Model):
    _name = "ov.sa_customer_assignment"
    _description = "Customer of a Service Account"
    _inherit = ["ov.assignment.mixin"]
    _record_field = "partner_id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, ondelete="restrict"
    )


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "ov.governed.mixin"]
    _ledger = "ov.sa_customer_assignment"
