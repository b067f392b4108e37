from odoo import api, fields, models
from odoo.tools import SQL

from ..compat import some
from .account_move import CUSTOMER_TYPES

_NOT_OF_CUSTOMERS = [("partner_type", "!=", "customer")]


class OvSaPaymentAssignment(models.Model):
    _name = "ov.sa_payment_assignment"
    _description = "Payment of a Service Account"
    _inherit = ["ov.assignment.mixin"]
    _record_field = "payment_id"
    _rec_name = "payment_id"
    _source_fields = {
        "account.payment": ["payment_type"],
        "account.move": ["move_type"],
        "account.move.line": ["move_id", "payment_id"],
        "account.partial.reconcile": ["debit_move_id", "credit_move_id"],
    }

    payment_id = fields.Many2one(
        "account.payment", required=True, readonly=True, ondelete="cascade"
    )

    def _sources(self):
        """The invoices that it is linked to, or that it reconciles."""
        return SQL(
            """
            SELECT payment.id AS record_id, 1 AS rank, held.account_id, held.actor_id,
                   held.access
              FROM (
                   SELECT rel.payment_id, rel.invoice_id
                     FROM wanted
                     JOIN account_move__account_payment rel
                       ON rel.payment_id = wanted.id
                    UNION
                   SELECT paid.payment_id, owed.move_id
                     FROM wanted
                     JOIN account_move_line paid ON paid.payment_id = wanted.id
                     JOIN account_partial_reconcile part
                       ON part.credit_move_id = paid.id
                     JOIN account_move_line owed ON owed.id = part.debit_move_id) link
              JOIN account_payment payment ON payment.id = link.payment_id
              JOIN account_move invoice ON invoice.id = link.invoice_id
              JOIN ov_sa_invoice_assignment held
                ON held.move_id = invoice.id AND held.state = 'active'
             WHERE payment.payment_type = 'inbound' AND invoice.move_type IN %s
            """,
            CUSTOMER_TYPES,
        )


class AccountPayment(models.Model):
    _name = "account.payment"
    _inherit = ["account.payment", "ov.governed.mixin"]
    _ledger = "ov.sa_payment_assignment"
    _has_open = True
    _kind_fields = ("company_id", "partner_id", "partner_type", "payment_type")

    @api.model
    def _domain_open(self):
        """What is paid out, or comes back from a supplier."""
        return some([[("payment_type", "!=", "inbound")], _NOT_OF_CUSTOMERS])

    @api.model
    def _domain_of_customer(self, partner_id):
        mine = [("partner_id", "=", partner_id), ("payment_type", "=", "inbound")]
        return [*mine, ("partner_type", "=", "customer")]

    @api.model_create_multi
    def create(self, vals_list):
        """Create; payments made for invoices are held as these."""
        payments = super().create(vals_list)
        if any(vals.get("invoice_ids") for vals in vals_list):
            payments._inherit_governance()
        return payments

    def write(self, vals):
        """Write; payments linked to invoices are held as these."""
        result = super().write(vals)
        if "invoice_ids" in vals:
            self._inherit_governance()
        return result


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        """Create; here every payment meets its invoices, whoever matches them."""
        partials = super().create(vals_list)
        partials.sudo().credit_move_id.payment_id._inherit_governance()
        return partials
