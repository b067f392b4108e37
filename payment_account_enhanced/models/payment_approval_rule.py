from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

#: Decisions on payments that are under way or over count for the cumulative amount.
_COUNTED = ("under_review", "for_approval", "approved", "posted")


class PaymentApprovalRule(models.Model):
    """Which payments need which steps, by whom, and how many people."""

    _name = "payment.approval.rule"
    _description = "Payment Approval Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    payment_type = fields.Selection(
        [("outbound", "Send money"), ("inbound", "Receive money"), ("both", "Both")],
        required=True,
        default="outbound",
    )
    journal_ids = fields.Many2many(
        "account.journal",
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        help="Empty: every journal.",
    )
    partner_ids = fields.Many2many("res.partner", help="Empty: every partner.")
    partner_category_ids = fields.Many2many(
        "res.partner.category", help="Empty: partners with any tag or none."
    )
    minimum_amount = fields.Monetary(
        help="Payments of at least this amount, in the company's currency, fall under "
        "this rule; creator, reviewer and approver are then three people."
    )
    four_eyes_amount = fields.Monetary(
        "Strict Above",
        help="Above this amount creator, reviewer, approver and poster are four "
        "people. 0: never.",
    )
    cumulative_amount = fields.Monetary(
        help="Payments to one partner within the period count together: once their "
        "sum reaches this amount, this rule applies to each further one. 0: off.",
    )
    cumulative_days = fields.Integer("Period (days)", default=30)
    needs_review = fields.Boolean("Review", default=True)
    needs_approval = fields.Boolean("Approval", default=True)
    reviewer_ids = fields.Many2many(
        "res.users",
        "payment_approval_rule_reviewer_rel",
        string="Reviewers",
        help="Empty: every payment reviewer.",
    )
    approver_ids = fields.Many2many(
        "res.users",
        "payment_approval_rule_approver_rel",
        string="Approvers",
        help="Empty: every payment approver.",
    )

    @api.constrains("minimum_amount", "four_eyes_amount", "cumulative_amount")
    def _check_amounts(self):
        for rule in self:
            amounts = (
                rule.minimum_amount,
                rule.four_eyes_amount,
                rule.cumulative_amount,
            )
            if min(amounts) < 0:
                raise ValidationError(
                    _("Amounts of rule %(rule)s cannot be negative.", rule=rule.name)
                )

    @api.constrains("needs_review", "needs_approval")
    def _check_steps(self):
        for rule in self:
            if not (rule.needs_review or rule.needs_approval):
                raise ValidationError(
                    _(
                        "Rule %(rule)s asks for no step: tick Review, Approval or "
                        "both.",
                        rule=rule.name,
                    )
                )

    def _matching(self, payment):
        """Return those of these rules that a payment falls under.

        :param payment: one `account.payment`
        """
        amount = payment._approval_amount()
        return self.filtered(
            lambda rule: (
                rule._is_in_scope(payment)
                and (
                    amount >= rule.minimum_amount or rule._is_cumulated(payment, amount)
                )
            )
        )

    def _is_in_scope(self, payment):
        self.ensure_one()
        partner = payment.partner_id.commercial_partner_id
        return (
            self.company_id == payment.company_id
            and self.payment_type in ("both", payment.payment_type)
            and (not self.journal_ids or payment.journal_id in self.journal_ids)
            and (
                not self.partner_ids
                or partner in self.partner_ids.commercial_partner_id
            )
            and (
                not self.partner_category_ids
                or self.partner_category_ids
                & (partner.category_id | payment.partner_id.category_id)
            )
        )

    def _is_cumulated(self, payment, amount):
        """Whether a payment brings its partner's sum to the cumulative amount."""
        self.ensure_one()
        if not self.cumulative_amount or not payment.partner_id:
            return False
        return amount + self._other_amount(payment) >= self.cumulative_amount

    def _other_amount(self, payment):
        """Return what the partner's other payments of the period sum up to.

        :return: float, in the company's currency
        """
        self.ensure_one()
        since = fields.Date.subtract(payment.date, days=self.cumulative_days)
        domain = [
            ("id", "!=", payment._origin.id),
            ("company_id", "=", payment.company_id.id),
            ("payment_type", "=", payment.payment_type),
            (
                "partner_id.commercial_partner_id",
                "=",
                payment.partner_id.commercial_partner_id.id,
            ),
            ("date", ">", since),
            ("date", "<=", payment.date),
            ("approval_state", "in", _COUNTED),
        ]
        others = self.env["account.payment"].sudo().search(domain)
        return sum(other._approval_amount() for other in others)

    def _is_strict(self, amount):
        """Whether an amount asks for four people under one of these rules."""
        return any(
            rule.four_eyes_amount and amount > rule.four_eyes_amount for rule in self
        )
