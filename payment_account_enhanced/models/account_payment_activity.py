"""Whose turn it is: an activity for those who may take the next step of a payment."""

from datetime import timedelta

from odoo import api, fields, models

from .account_payment_people import GROUPS
from .account_payment_requirement import THREE

#: Step: its type of activity. To correct is the turn of who made the payment.
TYPES = {
    "review": "payment_account_enhanced.activity_review",
    "approve": "payment_account_enhanced.activity_approve",
    "post": "payment_account_enhanced.activity_post",
    "correct": "payment_account_enhanced.activity_correct",
}
NEXT = {"under_review": "review", "for_approval": "approve", "approved": "post"}
#: A group may be large. Whoever is left out finds the payment under Waiting for Me.
MOST_ACTORS = 5
#: Of whom some may be barred from the step, having taken one before.
_MOST_ASKED = MOST_ACTORS + 5


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _ask_next(self):
        """Clear the activities of the step before, and give the next actors theirs."""
        self._clear_activities()
        self._schedule(
            {
                payment.id: (NEXT[payment.approval_state], users)
                for payment, users in self._next_actors().items()
            }
        )

    def _ask_correction(self, authors):
        """Ask those who made payments to correct them.

        :param dict authors: `res.users` by id of the payment
        """
        self._schedule({id_: ("correct", users) for id_, users in authors.items()})

    def _clear_activities(self):
        # They are other people's, who may not be the decider's to see.
        self.sudo().activity_unlink(list(TYPES.values()))

    def _schedule(self, asked):
        """Create activities, for all payments at once.

        Without a mail for each: that is what reminders are for.

        :param dict asked: pair of a step and `res.users` by id of the payment
        """
        types = {
            step: self.env.ref(xmlid, raise_if_not_found=False)
            for step, xmlid in TYPES.items()
        }
        model = self.env["ir.model"]._get_id(self._name)
        values = [
            {
                "activity_type_id": types[step].id,
                "automated": True,
                "date_deadline": payment._step_deadline(),
                "res_model_id": model,
                "res_id": payment.id,
                "user_id": user.id,
            }
            for payment in self
            for step, users in [asked.get(payment.id, (None, ()))]
            # Whoever deletes a type of activity wants none of it.
            if step and types[step]
            for user in users
        ]
        if values:
            activities = self.env["mail.activity"].sudo()
            activities.with_context(mail_activity_quick_update=True).create(values)

    def _step_deadline(self):
        """Return the day on which a step that is still not taken is reminded of."""
        days = self.company_id.sudo().payment_remind_days
        return fields.Date.context_today(self) + timedelta(days=days)

    def _authors(self):
        """Return who submitted payments, or else made them, as far as they are people.

        :return: dict of `res.users` by id
        """
        return {
            payment.id: next(
                (
                    user
                    for user in (payment.submitter_id, payment.create_uid)
                    if user.sudo().active and not user.sudo().share
                ),
                self.env["res.users"],
            )
            for payment in self.sudo()
        }

    def _next_actors(self):
        """Return who may take the next step of payments that wait for one.

        Named people or members of the group, and whoever stands in for them now; none
        of them barred by what they did before. To post is the turn of who submitted,
        or of others if it takes a fourth person. Payments below every rule wait for
        nobody.

        :return: dict of `res.users`, at most `MOST_ACTORS`, by payment
        """
        members = {}
        actors = {}
        for payment in self.sudo():
            step = NEXT.get(payment.approval_state)
            if not step or payment.approval_people < THREE:
                continue
            key = (step, payment.company_id)
            if key not in members:
                members[key] = self._members(GROUPS[step], payment.company_id)
            users = payment._able(step, payment._candidates(step, members[key]))
            actors[payment.with_env(self.env)] = users
        return actors

    def _candidates(self, step, members):
        """Return whose turn a step could be.

        :param members: `res.users` of the step's group
        """
        self.ensure_one()
        if step == "post":
            own = self._authors()[self.id]
            able = own if own.has_group(GROUPS[step]) else own.browse()
            return self._able(step, able) or members
        named = self._named_deciders(step)
        return named.filtered(lambda user: self._is_decider(step, user)) or members

    def _able(self, step, users):
        """Return those, and who stands in for them, whom no earlier step bars."""
        self.ensure_one()
        able = users.browse()
        for user in users:
            if not self._role_before(step, user):
                able |= user
            if step == "post":
                continue
            for delegate in user._payment_delegates(self.company_id):
                if not self._role_before(step, user | delegate):
                    able |= delegate
        return able[:MOST_ACTORS]

    @api.model
    def _members(self, group, company, limit=_MOST_ASKED):
        """Return members of a group who work in a company.

        :param str group: external id
        :param company: `res.company`
        :param int limit: how many at most
        """
        return (
            self.env["res.users"]
            # Who takes a step may not see who takes the next.
            .sudo()
            .search(
                [
                    ("groups_id", "in", self.env.ref(group).ids),
                    ("company_ids", "in", company.ids),
                    ("share", "=", False),
                ],
                limit=limit,
            )
        )
