from odoo import api, fields, models
from odoo.tools import SQL

#: Invoices and credit notes of customers: the entries that are governed.
CUSTOMER_TYPES = ("out_invoice", "out_refund")


class OvSaInvoiceAssignment(models.Model):
    _name = "ov.sa_invoice_assignment"
    _description = "Invoice of a Service Account"
    _inherit = ["ov.assignment.mixin"]
    _record_field = "move_id"
    _rec_name = "move_id"
    _source_fields = {
        "account.move": ["move_type", "reversed_entry_id"],
        "account.move.line": ["move_id"],
        "sale.order.line": ["order_id"],
    }

    move_id = fields.Many2one(
        "account.move", "Invoice", required=True, readonly=True, ondelete="cascade"
    )

    def _sources(self):
        """The invoice that it reverses, else the orders of its lines."""
        return SQL(
            """
            SELECT invoice.id AS record_id, 1 AS rank, held.account_id, held.actor_id,
                   held.access
              FROM wanted
              JOIN account_move invoice ON invoice.id = wanted.id
              JOIN ov_sa_invoice_assignment held
                ON held.move_id = invoice.reversed_entry_id AND held.state = 'active'
             WHERE invoice.move_type IN %(types)s
             UNION ALL
            SELECT link.move_id, 2, held.account_id, held.actor_id, held.access
              FROM (
                   SELECT DISTINCT line.move_id, sale_line.order_id
                     FROM wanted
                     JOIN account_move invoice ON invoice.id = wanted.id
                     JOIN account_move_line line ON line.move_id = invoice.id
                     JOIN sale_order_line_invoice_rel rel
                       ON rel.invoice_line_id = line.id
                     JOIN sale_order_line sale_line ON sale_line.id = rel.order_line_id
                    WHERE invoice.move_type IN %(types)s) link
              JOIN ov_sa_sale_order_assignment held
                ON held.order_id = link.order_id AND held.state = 'active'
            """,
            types=CUSTOMER_TYPES,
        )

    def _follow(self, records):
        """Let payments that are still drafts follow their invoices."""
        drafts = records.sudo().matched_payment_ids.filtered(
            lambda payment: payment.state == "draft"
        )
        drafts._follow_governance()


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "ov.governed.mixin"]
    _ledger = "ov.sa_invoice_assignment"
    _has_open = True
    _kind_fields = ("company_id", "move_type", "partner_id")
    _lines = ("account.move.line",)

    @api.model
    def _domain_open(self):
        """Bills, and entries of any other kind."""
        return [("move_type", "not in", CUSTOMER_TYPES)]

    @api.model
    def _domain_of_customer(self, partner_id):
        return [("partner_id", "=", partner_id), ("move_type", "in", CUSTOMER_TYPES)]

    def _open_of_orders(self, orders):
        """Return the draft invoices and credit notes of orders."""
        return self.search(
            [
                ("move_type", "in", CUSTOMER_TYPES),
                ("state", "=", "draft"),
                ("invoice_line_ids.sale_line_ids.order_id", "in", orders.ids),
            ]
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Create; invoices of customers are held as what they come from."""
        moves = super().create(vals_list)
        moves.filtered(
            lambda move: move.move_type in CUSTOMER_TYPES
        )._inherit_governance()
        return moves

    def write(self, vals):
        """Write; payments that are linked are held as the invoices."""
        result = super().write(vals)
        if "matched_payment_ids" in vals:
            self.sudo().matched_payment_ids._inherit_governance()
        return result
