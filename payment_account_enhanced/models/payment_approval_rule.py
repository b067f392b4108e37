from collections import namedtuple
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..tools.period import PeriodSums

#: Payments that are under way, or over, count for the cumulative amount.
COUNTED_STATES = ("under_review", "for_approval", "approved", "posted")
#: What rules find of a payment: those it falls under, and whether it takes four people.
Verdict = namedtuple("Verdict", "rules strict")
#: Which payments a rule is about, as ids; an empty set is for all.
_Scope = namedtuple("_Scope", "rule companies types journals partners tags")


class PaymentApprovalRule(models.Model):
    """Which payments need which steps, by whom, and how many people."""

    _name = "payment.approval.rule"
    _description = "Payment Approval Rule"
    # Whoever changes a rule changes what is asked of payments: the chatter keeps it.
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
        tracking=True,
        help="The rule holds for the company and its branches.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    payment_type = fields.Selection(
        [("outbound", "Send money"), ("inbound", "Receive money"), ("both", "Both")],
        required=True,
        default="outbound",
        tracking=True,
    )
    journal_ids = fields.Many2many(
        "account.journal",
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        tracking=True,
        help="Empty: every journal.",
    )
    partner_ids = fields.Many2many(
        "res.partner",
        tracking=True,
        help="With all contacts of their company. Empty: every partner. A payment "
        "without partner may be to any of them and falls under the rule, too.",
    )
    partner_category_ids = fields.Many2many(
        "res.partner.category",
        tracking=True,
        help="Tags of the partner or of its company, with the tags below them. Empty: "
        "partners with any tag or none.",
    )
    minimum_amount = fields.Monetary(
        tracking=True,
        help="Payments of at least this amount, in the company's currency, fall under "
        "this rule; creator, reviewer and approver are then three people.",
    )
    four_eyes_amount = fields.Monetary(
        "Strict Above",
        tracking=True,
        help="Above this amount creator, reviewer, approver and poster are four "
        "people. 0: never. Once the cumulative amount is reached, the sum of the "
        "period counts.",
    )
    cumulative_amount = fields.Monetary(
        tracking=True,
        help="Payments to one partner within the period count together, as do those "
        "without partner: once their sum reaches this amount, this rule applies to "
        "each further one. 0: off.",
    )
    cumulative_days = fields.Integer("Period (days)", default=30, tracking=True)
    needs_review = fields.Boolean("Review", default=True, tracking=True)
    needs_approval = fields.Boolean("Approval", default=True, tracking=True)
    reviewer_ids = fields.Many2many(
        "res.users",
        "payment_approval_rule_reviewer_rel",
        string="Reviewers",
        tracking=True,
        help="Empty: every payment reviewer. Where a payment falls under several "
        "rules, whoever reviews it is named by each that names somebody; if nobody is, "
        "the first rule decides.",
    )
    approver_ids = fields.Many2many(
        "res.users",
        "payment_approval_rule_approver_rel",
        string="Approvers",
        tracking=True,
        help="Empty: every payment approver. Where a payment falls under several "
        "rules, whoever approves it is named by each that names somebody; if nobody "
        "is, the first rule decides.",
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

    @api.constrains("cumulative_amount", "cumulative_days")
    def _check_period(self):
        for rule in self:
            if rule.cumulative_amount and rule.cumulative_days < 1:
                raise ValidationError(
                    _(
                        "Rule %(rule)s adds up the payments of %(days)s days: a period "
                        "has at least one.",
                        rule=rule.name,
                        days=rule.cumulative_days,
                    )
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

    def _judge(self, payments):
        """Find which of these rules each payment falls under, of all payments at once.

        Payments that are judged together count together for the cumulative amounts,
        as if all of them were under way.

        :param payments: `account.payment`, saved or not
        :return: dict of `Verdict` by id of the payment
        """
        scopes = self._scopes()
        amounts = payments._approval_amounts()
        payees = _payees(payments)
        adding = self.filtered("cumulative_amount")
        sums = adding._period_sums(payments, amounts, payees)
        covering, verdicts = {}, {}
        for payment in payments:
            key = (
                payment.company_id,
                payment.payment_type,
                payment.journal_id,
                payment.partner_id,
            )
            if key not in covering:
                covering[key] = [one for one in scopes if _covers(one, payment)]
            verdicts[payment.id] = self.browse()._verdict(
                covering[key], payment, payees[payment.id], amounts[payment.id], sums
            )
        return verdicts

    def _verdict(self, scopes, payment, payee, amount, sums):
        """Return what the rules in whose scope a payment is find of it.

        :param list scopes: their `_Scope`
        :param payee: by what it is added up
        :param float amount: of the payment, in the company's currency
        :param PeriodSums sums: what is paid within their periods, this one included
        """
        rules, strict = self.browse(), False
        for scope in scopes:
            rule = scope.rule
            total = _cumulated(scope, payee, payment.date, sums)
            if total is None and amount < rule.minimum_amount:
                continue
            rules += rule
            largest = max(amount, total or 0.0)
            strict = strict or 0 < rule.four_eyes_amount < largest
        return Verdict(rules, strict)

    def _period_sums(self, payments, amounts, payees):
        """Add up what is paid to the partners of payments around their dates.

        :param dict amounts: what the payments themselves come to, by id
        :param dict payees: by what they are added up, by id
        :return: `PeriodSums`, in the currency of each company
        """
        sums = PeriodSums()
        if not self or not payments:
            return sums
        rates = {}
        for company, kind, partner, currency, day, amount in self._paid_rows(payments):
            rate = payments._approval_rate(currency, company, day, rates)
            payee = (kind, partner.commercial_partner_id.id)
            sums.add(payee, company.id, day, amount * rate)
        for payment in payments:
            if payment.approval_state not in COUNTED_STATES:
                sums.add(
                    payees[payment.id],
                    payment.company_id.id,
                    payment.date,
                    amounts[payment.id],
                )
        return sums

    def _paid_rows(self, payments):
        """Return sums by company, direction, partner, currency and day."""
        dates = payments.mapped("date")
        reach = timedelta(days=max(self.mapped("cumulative_days")))
        partners = payments.partner_id.sudo().commercial_partner_id
        payees = [("partner_id.commercial_partner_id", "in", partners.ids)]
        if not all(payment.partner_id for payment in payments):
            payees = ["|", ("partner_id", "=", False), *payees]
        # What is paid counts, whoever may see it, to archived contacts as well.
        model = self.env["account.payment"].sudo().with_context(active_test=False)
        return model._read_group(
            [
                ("company_id", "child_of", self.company_id.ids),
                ("payment_type", "in", list(set(payments.mapped("payment_type")))),
                ("date", ">", min(dates) - reach),
                ("date", "<", max(dates) + reach),
                ("approval_state", "in", COUNTED_STATES),
                *payees,
            ],
            ["company_id", "payment_type", "partner_id", "currency_id", "date:day"],
            ["amount:sum"],
        )

    def _scopes(self):
        """Return which payments these rules are about, a `_Scope` for each rule."""
        rules = self.sudo()
        companies = _below(rules.company_id)
        tags = _below(rules.partner_category_ids)
        return [
            _Scope(
                rule.with_env(self.env),
                _ids_below(companies, rule.company_id),
                {"inbound", "outbound"}
                if rule.payment_type == "both"
                else {rule.payment_type},
                set(rule.journal_ids.ids),
                set(rule.partner_ids.commercial_partner_id.ids),
                _ids_below(tags, rule.partner_category_ids),
            )
            for rule in rules
        ]


def _below(records):
    """Return records of a hierarchy with all below them, archived ones included."""
    if not records:
        return records
    return records.with_context(active_test=False).search(
        [("id", "child_of", records.ids)]
    )


def _ids_below(found, tops):
    """Return the ids of those records that are some tops, or below them."""
    ids = {str(one) for one in tops.ids}
    return {one.id for one in found if ids.intersection(one.parent_path.split("/"))}


def _payees(payments):
    """Return by what payments are added up: direction and commercial partner, by id."""
    partners = payments.partner_id.sudo()
    commercial = {one.id: one.commercial_partner_id.id for one in partners}
    return {
        payment.id: (payment.payment_type, commercial.get(payment.partner_id.id, False))
        for payment in payments
    }


def _cumulated(scope, payee, date, sums):
    """Return what a period's payments sum up to, None below the cumulative amount.

    :return: float, in the company's currency
    """
    rule = scope.rule
    if not rule.cumulative_amount:
        return None
    total = sums.most(payee, scope.companies, date, rule.cumulative_days)
    # Sums of rounded amounts are a hair beside what they should be.
    total = rule.currency_id.round(total)
    return total if total >= rule.cumulative_amount else None


def _covers(scope, payment):
    """Tell whether a payment is in the scope of a rule.

    One without partner may be to anybody, so that leaving it out evades nothing.
    """
    partner = payment.partner_id.sudo()
    commercial = partner.commercial_partner_id
    return (
        payment.company_id.id in scope.companies
        and payment.payment_type in scope.types
        and (not scope.journals or payment.journal_id.id in scope.journals)
        and (not scope.partners or not partner or commercial.id in scope.partners)
        and (
            not scope.tags
            or not partner
            or not scope.tags.isdisjoint(commercial.category_id.ids)
            or not scope.tags.isdisjoint(partner.category_id.ids)
        )
    )
