from odoo import api, fields, models
from odoo.tools import SQL


class OvSaSaleOrderAssignment(models.Model):
    _name = "ov.sa_sale_order_assignment"
    _description = "Sales Order of a Service Account"
    _inherit = ["ov.assignment.mixin"]
    _record_field = "order_id"
    _rec_name = "order_id"
    _source_fields = {
        "sale.order": ["partner_id", "company_id"],
        "res.partner": ["commercial_partner_id"],
        "ov.serviced_account": ["company_id"],
    }

    # An order may be deleted while it is a draft, and its history with it.
    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, ondelete="cascade"
    )

    def _sources(self):
        """Of the customer, if exactly one Service Account may make orders for it.

        Only those of the order's company count, and the customer's own row goes before
        that of its company. Companies of this system are nobody's customers.
        """
        return SQL(
            """
            SELECT o.id AS record_id, 1 AS rank, held.account_id, held.actor_id,
                   'binding' AS access
              FROM wanted
              JOIN sale_order o ON o.id = wanted.id
              JOIN res_partner customer ON customer.id = o.partner_id
              JOIN LATERAL (
                   SELECT min(entry.account_id) AS account_id,
                          (array_agg(entry.actor_id
                              ORDER BY entry.partner_id != customer.id))[1] AS actor_id
                     FROM ov_sa_customer_assignment entry
                     JOIN ov_serviced_account account ON account.id = entry.account_id
                    WHERE entry.partner_id
                          IN (customer.id, customer.commercial_partner_id)
                      AND entry.state = 'active' AND entry.access != 'access'
                      AND coalesce(account.company_id, o.company_id) = o.company_id
                   HAVING count(DISTINCT entry.account_id) = 1) held ON TRUE
             WHERE NOT EXISTS (
                   SELECT FROM res_company
                    WHERE res_company.partner_id = customer.commercial_partner_id)
            """
        )

    def _follow(self, records):
        """Let deliveries and invoices that are still open follow their orders."""
        pickings = self.env["stock.picking"].sudo()._open_of_orders(records)
        pickings._follow_governance()
        invoices = self.env["account.move"].sudo()._open_of_orders(records)
        invoices._follow_governance()


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "ov.governed.mixin"]
    _ledger = "ov.sa_sale_order_assignment"
    _kind_fields = ("company_id", "partner_id")
    _lines = ("sale.order.line",)

    @api.model_create_multi
    def create(self, vals_list):
        """Create; an order is held by who alone holds its customer."""
        orders = super().create(vals_list)
        orders._inherit_governance()
        return orders
