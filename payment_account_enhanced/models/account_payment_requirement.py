"""What the approval rules ask of payments. Of many at once: a batch costs as many
queries as one payment does.
"""

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .payment_approval_rule import Verdict

#: People that a payment takes below every rule, within one, and above its amount.
ONE, THREE, FOUR = 1, 3, 4


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def init(self):
        """Keep at hand what was paid to a partner lately, for cumulative amounts."""
        res = super().init()
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS account_payment_partner_date_idx
                ON account_payment (partner_id, date)
            """
        )
        return res

    def _approval_amounts(self):
        """Return the amounts that rules look at, in each company's currency.

        Never the stored field: an amount just written decides at once.

        :return: dict of floats by id
        """
        rates = {}
        amounts = {}
        for payment in self:
            company = payment.company_id
            rate = self._approval_rate(
                payment.currency_id, company, payment.date, rates
            )
            amounts[payment.id] = company.currency_id.round(payment.amount * rate)
        return amounts

    @api.model
    def _approval_rate(self, currency, company, date, rates):
        """Return what one unit of a currency is in the company's currency on a date.

        :param dict rates: those found so far, which it adds to
        """
        key = (currency, company, date)
        if key not in rates:
            rates[key] = currency._get_conversion_rate(
                currency, company.currency_id, company, date or fields.Date.today()
            )
        return rates[key]

    def _verdicts(self):
        """Return the approval rules that payments fall under now.

        :return: dict of `payment_approval_rule.Verdict` by id of the payment
        """
        # Everybody who submits is judged by all rules of the company and those of the
        # companies that it is a branch of.
        model = self.env["payment.approval.rule"].sudo()
        judged = self.filtered("journal_id.payment_approval")
        companies = judged.company_id.sudo().parent_ids
        rules = model.search([("company_id", "in", companies.ids)])
        verdicts = rules._judge(judged) if rules else {}
        none = Verdict(model.browse(), False)
        return {payment.id: verdicts.get(payment.id, none) for payment in self}

    def _requirements(self):
        """Return what the rules ask of payments now.

        :return: dict by id of the payment; of `needs_review`, `needs_approval`,
            `approval_people` and `approval_rule_ids`, empty below every rule
        """
        return {
            id_: {
                "needs_review": any(verdict.rules.mapped("needs_review")),
                "needs_approval": any(verdict.rules.mapped("needs_approval")),
                "approval_people": FOUR if verdict.strict else THREE,
                "approval_rule_ids": [fields.Command.set(verdict.rules.ids)],
            }
            if verdict.rules
            else {}
            for id_, verdict in self._verdicts().items()
        }

    def _rules(self):
        """Return the approval rules that one payment falls under now."""
        self.ensure_one()
        return self._verdicts()[self.id].rules

    def _requirement(self):
        """Return what the rules ask of one payment now, as `_requirements` does."""
        self.ensure_one()
        return self._requirements()[self.id]

    def _by_requirement(self, requirements):
        """Return payments of which the same is asked, together.

        :param dict requirements: as `_requirements` returns them
        :return: list of pairs of a requirement and payments
        """
        groups = {}
        for payment in self:
            groups.setdefault(str(requirements[payment.id]), []).append(payment.id)
        return [(requirements[ids[0]], self.browse(ids)) for ids in groups.values()]

    def _check_requirement_kept(self, requirements):
        """Refuse to post what has come under a stricter rule since it was approved.

        Other payments to the partner count for the cumulative amount; two that were
        submitted side by side saw nothing of each other.

        :param dict requirements: as `_requirements` returns them
        """
        for payment in self:
            if payment._lacks(requirements[payment.id]):
                raise UserError(
                    _(
                        "%(payment)s now falls under %(rules)s, which asks for more "
                        "than it was approved with: recall it and submit it again.",
                        payment=payment.display_name,
                        rules=", ".join(payment._rules().mapped("name")),
                    )
                )

    def _lacks(self, requirement):
        """Whether the decisions on a payment are less than what is asked of it now."""
        self.ensure_one()
        return bool(
            (requirement.get("needs_review") and not self.reviewer_id)
            or (requirement.get("needs_approval") and not self.approver_id)
            or requirement.get("approval_people", ONE) > self.approval_people
            or (requirement and not self._satisfies_new_rules(requirement))
        )

    def _satisfies_new_rules(self, requirement):
        """Whether those who decided are named by rules that it came under since."""
        before = self.sudo().approval_rule_ids
        ids = set(requirement["approval_rule_ids"][0][2]) - set(before.ids)
        if not ids:
            return True
        people = self._people()
        for rule in before.browse(ids):
            for named, decided in (
                (rule.needs_review and rule.reviewer_ids, people["review"]),
                (rule.needs_approval and rule.approver_ids, people["approve"]),
            ):
                if named and not named & decided:
                    return False
        return True
