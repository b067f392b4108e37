"""Who may take which step of a payment: groups, named people, delegations, and the
segregation of duties.
"""

from functools import reduce
from operator import and_

from odoo import SUPERUSER_ID, _, fields, models
from odoo.exceptions import UserError

from .account_payment import BUSINESS_FIELDS
from .account_payment_requirement import FOUR, THREE

GROUPS = {
    "submit": "payment_account_enhanced.group_user",
    "review": "payment_account_enhanced.group_reviewer",
    "approve": "payment_account_enhanced.group_approver",
    "post": "payment_account_enhanced.group_user",
    "recall": "payment_account_enhanced.group_user",
    "reject": "payment_account_enhanced.group_reviewer",
    "confirm_bank": "payment_account_enhanced.group_reviewer",
}
#: Step: what a rule says of it, and whom it names.
NAMED = {
    "review": ("needs_review", "reviewer_ids"),
    "approve": ("needs_approval", "approver_ids"),
}
_PREPARED_FIELDS = BUSINESS_FIELDS | {"payment_type", "partner_type"}


class AccountPayment(models.Model):
    _inherit = "account.payment"

    preparer_ids = fields.Many2many(
        "res.users",
        "account_payment_preparer_rel",
        string="Changed By",
        readonly=True,
        copy=False,
        help="Who changed the draft of somebody else: to segregation of duties they "
        "are its creators as well.",
    )
    reviewed_for_id = fields.Many2one(
        "res.users", "Reviewed On Behalf Of", readonly=True, copy=False
    )
    approved_for_id = fields.Many2one(
        "res.users", "Approved On Behalf Of", readonly=True, copy=False
    )

    def write(self, vals):
        """Write, and remember who had a hand in what others prepared."""
        names = sorted(_PREPARED_FIELDS & vals.keys())
        drafts = self._others_drafts() if names else self.browse()
        before = {draft.id: [draft[name] for name in names] for draft in drafts}
        res = super().write(vals)
        changed = drafts.filtered(
            lambda draft: before[draft.id] != [draft[name] for name in names]
        )
        if changed:
            changed._decide(preparer_ids=[fields.Command.link(self.env.uid)])
        return res

    def _others_drafts(self):
        """Return the drafts that the current user would have no part in so far.

        Odoo itself, which crons run as, prepares nothing: it does as it was told.
        """
        if self.env.uid == SUPERUSER_ID:
            return self.browse()
        return self.filtered(
            lambda payment: (
                payment.payment_control
                and payment.state == "draft"
                and self.env.user not in payment.sudo()._preparers()
            )
        )

    def _preparers(self):
        """Return who made a payment what it is.

        One that Odoo made, by a cron or for a provider, is its submitter's besides.
        """
        self.ensure_one()
        return self.create_uid | self.submitter_id | self.preparer_ids

    # Who may

    def _may_use(self, step):
        return self.env.user.has_group(GROUPS[step])

    def _may_reject(self):
        """Whether the user decides on payments, or stands in for who decides now."""
        self.ensure_one()
        step = {"under_review": "review", "for_approval": "approve"}.get(
            self.approval_state
        )
        return self._may_use("reject") or bool(step and self._delegator_for(step))

    def _why_not(self, step):
        """Return why the current user may not take a step, None when it may.

        The same answer hides the button and refuses the call.

        :param str step: `review`, `approve` or `post`
        """
        self.ensure_one()
        if step == "post":
            # Below every rule it is Odoo's own right that counts.
            if self.approval_people >= THREE and not self._may_use(step):
                return self._say_lacks_group(step)
        elif not self._is_decider(step, self.env.user) and not (
            self._delegator_for(step)
        ):
            return self._say_not_decider(step)
        return self._say_conflict(step)

    def _is_decider(self, step, user):
        """Whether a user may take a step by the rules, without a delegation."""
        if not user.has_group(GROUPS[step]):
            return False
        if self.company_id not in user.sudo().company_ids:
            return False
        named = self._named_deciders(step)
        return not named or user in named

    def _named_deciders(self, step):
        """Return those whom the rules leave a step to, empty for the whole group.

        Named by every rule that names somebody: a second, laxer rule takes nothing from
        the first. Where there is no such person, the first rule decides.

        :param str step: `review` or `approve`
        """
        needs, field = NAMED[step]
        rules = self.sudo().approval_rule_ids
        lists = [rule[field] for rule in rules if rule[needs] and rule[field]]
        if not lists:
            return self.env["res.users"]
        return reduce(and_, lists) or lists[0]

    def _delegator_for(self, step):
        """Return on whose behalf the current user takes a step; empty for the own.

        Of several, one with whom no duties collide.

        :param str step: `review`, `approve` or `post`
        """
        users = self.env["res.users"]
        if step == "post" or self._is_decider(step, self.env.user):
            return users
        delegators = (
            self.env["payment.approval.delegation"]
            ._delegators(self.env.user, self.company_id)
            .filtered(lambda one: self._is_decider(step, one))
        )
        free = delegators.filtered(
            lambda one: not self._role_before(step, self.env.user | one)
        )
        return (free or delegators)[:1]

    def _check_may(self, step):
        """Refuse who may not take a step of one of these payments.

        :param str step: `review`, `approve` or `post`
        :raises UserError: naming the payment and the rule that is in the way
        """
        for payment in self:
            reason = payment._why_not(step)
            if reason:
                raise UserError(reason)

    # Segregation of duties

    def _people(self):
        """Return who took part in each role, those included whom they stood for."""
        return {
            "create": self.create_uid | self.submitter_id,
            "change": self.preparer_ids,
            "review": self.reviewer_id | self.reviewed_for_id,
            "approve": self.approver_id | self.approved_for_id,
        }

    def _barred_roles(self, step):
        """Return the roles of which nobody may take a step, as the company has it."""
        company = self.company_id.sudo()
        if step == "review":
            barred = {"create": not company.payment_relax_creator_review}
        elif step == "approve":
            barred = {
                "create": not company.payment_relax_creator_approve,
                "review": not company.payment_relax_reviewer_approve,
            }
        else:
            strict = self.approval_people >= FOUR and not company.payment_relax_poster
            barred = dict.fromkeys(("create", "review", "approve"), strict)
        barred["change"] = barred["create"]
        return [role for role, is_barred in barred.items() if is_barred]

    def _role_before(self, step, acting):
        """Return the role that bars people from a step, None when nothing does.

        :param str step: `review`, `approve` or `post`
        :param acting: `res.users`, who takes it and on whose behalf
        """
        self.ensure_one()
        if self.approval_people < THREE:
            return None
        payment = self.sudo()
        people = payment._people()
        return next(
            (role for role in payment._barred_roles(step) if acting & people[role]),
            None,
        )

    # Words

    def _say_conflict(self, step):
        if self.approval_people < THREE:
            return None
        acting = self.env.user | self._delegator_for(step)
        role = self._role_before(step, acting)
        if role is None:
            return None
        names = {
            "create": _("creator"),
            "change": _("one who changed it"),
            "review": _("reviewer"),
            "approve": _("approver"),
        }
        who = (acting & self.sudo()._people()[role])[:1]
        if self.approval_people >= FOUR:
            rule = _("who creates, reviews, approves and posts it are four people")
        else:
            rule = _("who creates, reviews and approves it are three people")
        return _(
            "%(payment)s: %(user)s took part as %(role)s, and %(rule)s.",
            payment=self.display_name,
            user=who.sudo().name,
            role=names[role],
            rule=rule,
        )

    def _say_not_decider(self, step):
        named = self._named_deciders(step)
        may = _("review") if step == "review" else _("approve")
        if named and self._may_use(step):
            return _(
                "%(payment)s: %(user)s is not among those who may %(step)s it. The "
                "rules (%(rules)s) name %(people)s.",
                payment=self.display_name,
                user=self.env.user.name,
                step=may,
                rules=", ".join(self.sudo().approval_rule_ids.mapped("name")),
                people=", ".join(named.sudo().mapped("name")),
            )
        return _(
            "%(payment)s: %(user)s is not among those who may %(step)s it. It takes "
            "the group %(group)s in %(company)s, or a delegation of somebody in it.",
            payment=self.display_name,
            user=self.env.user.name,
            step=may,
            group=self._group_name(step),
            company=self.company_id.sudo().name,
        )

    def _say_lacks_group(self, step):
        return _(
            "You are not allowed to do this: it takes the group %(group)s.",
            group=self._group_name(step),
        )

    def _group_name(self, step):
        return self.env.ref(GROUPS[step]).sudo().display_name
