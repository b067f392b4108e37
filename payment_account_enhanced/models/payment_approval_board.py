from odoo import api, fields, models

from .account_payment import APPROVAL_STATES

_SHOWN = ("draft", "under_review", "for_approval", "approved", "rejected")


class PaymentApprovalBoard(models.Model):
    """A card for each company and each state in which payments stand before posting."""

    _name = "payment.approval.board"
    _description = "Payment Approval Dashboard"
    _auto = False
    _order = "company_id, sequence"
    _rec_name = "approval_state"
    _depends = {
        "account.payment": [
            "approval_state",
            "state",
            "company_id",
            "payment_type",
            "amount_company_currency_signed",
            "approval_since",
            "create_date",
        ],
        "res.company": ["payment_control", "currency_id"],
    }

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    approval_state = fields.Selection(APPROVAL_STATES, readonly=True)
    sequence = fields.Integer(readonly=True)
    payment_count = fields.Integer("Payments", readonly=True)
    amount_out = fields.Monetary("To Send", readonly=True)
    amount_in = fields.Monetary("To Receive", readonly=True)
    oldest_since = fields.Datetime("Waiting Since", readonly=True)
    oldest_payment_id = fields.Many2one("account.payment", "Oldest", readonly=True)
    oldest_days = fields.Integer("Days", compute="_compute_oldest_days")
    mine_count = fields.Integer("Waiting for Me", compute="_compute_mine_count")

    @property
    def _table_query(self):
        """Count in SQL; states without payments show as zero."""
        rows = ", ".join(
            f"({number}, '{state}')" for number, state in enumerate(_SHOWN, start=1)
        )
        return f"""
            SELECT company.id * 10 + shown.sequence AS id,
                   company.id AS company_id,
                   shown.state AS approval_state,
                   shown.sequence AS sequence,
                   count(payment.id) AS payment_count,
                   coalesce(sum(abs(payment.amount_company_currency_signed))
                       FILTER (WHERE payment.payment_type = 'outbound'), 0)
                       AS amount_out,
                   coalesce(sum(abs(payment.amount_company_currency_signed))
                       FILTER (WHERE payment.payment_type = 'inbound'), 0)
                       AS amount_in,
                   min(payment.since) AS oldest_since,
                   (array_agg(payment.id ORDER BY payment.since, payment.id))[1]
                       AS oldest_payment_id
              FROM res_company AS company
        CROSS JOIN (VALUES {rows}) AS shown (sequence, state)
         LEFT JOIN (
                SELECT id, company_id, approval_state, payment_type,
                       amount_company_currency_signed,
                       coalesce(approval_since, create_date) AS since
                  FROM account_payment
                 WHERE state IN ('draft', 'rejected')
                ) AS payment
                ON payment.company_id = company.id
               AND payment.approval_state = shown.state
             WHERE company.payment_control
          GROUP BY company.id, shown.sequence, shown.state
        """

    @api.depends("oldest_since")
    def _compute_oldest_days(self):
        now = fields.Datetime.now()
        for card in self:
            card.oldest_days = (
                (now - card.oldest_since).days if card.oldest_since else 0
            )

    @api.depends_context("uid")
    @api.depends("approval_state", "company_id")
    def _compute_mine_count(self):
        mine = self.env["account.payment"].search([("waiting_for_me", "=", True)])
        for card in self:
            card.mine_count = len(
                mine.filtered(
                    lambda payment, card=card: (
                        payment.company_id == card.company_id
                        and payment.approval_state == card.approval_state
                    )
                )
            )

    def action_open(self):
        """Open the payments that the card counts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "payment_account_enhanced.action_payment_all"
        )
        action["domain"] = [
            ("company_id", "=", self.company_id.id),
            ("approval_state", "=", self.approval_state),
            ("state", "in", ("draft", "rejected")),
        ]
        action["context"] = {}
        return action

    def action_open_oldest(self):
        """Open the payment that waits longest."""
        self.ensure_one()
        return self.oldest_payment_id._get_records_action()
