from odoo import fields, models
from odoo.tools import SQL


class OvSaCustomerAssignment(models.Model):
    _name = "ov.sa_customer_assignment"
    _description = "Customer of a Service Account"
    _inherit = ["ov.assignment.mixin"]
    _record_field = "partner_id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, ondelete="restrict"
    )

    def _sources(self):
        """The stamps of a database that had no ledger yet."""
        return SQL(
            """
            SELECT customer.id AS record_id, 1 AS rank, customer.x_sa_id AS account_id,
                   customer.x_actor_id AS actor_id, 'binding' AS access
              FROM wanted
              JOIN res_partner customer ON customer.id = wanted.id
             WHERE customer.x_sa_id IS NOT NULL
            """
        )


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "ov.governed.mixin"]
    _ledger = "ov.sa_customer_assignment"
