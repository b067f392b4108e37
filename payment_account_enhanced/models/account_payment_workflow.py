"""The steps of the approval workflow. Each is one method, whoever calls it."""

from psycopg2.errors import LockNotAvailable

from odoo import _, fields, models
from odoo.exceptions import UserError

from ..tools import grant
from .account_payment import POSTED_STATES

GROUPS = {
    "submit": "payment_account_enhanced.group_user",
    "review": "payment_account_enhanced.group_reviewer",
    "approve": "payment_account_enhanced.group_approver",
    "post": "payment_account_enhanced.group_user",
    "recall": "payment_account_enhanced.group_user",
    "reject": "payment_account_enhanced.group_reviewer",
}
#: step: (states that it starts from, what is said otherwise)
STARTS = {
    "submit": ("draft", "rejected"),
    "review": ("under_review",),
    "approve": ("for_approval",),
    "post": ("approved",),
    "reject": ("under_review", "for_approval", "approved"),
    "recall": ("under_review", "for_approval", "approved"),
}
_THREE, _FOUR = 3, 4


class AccountPayment(models.Model):
    _inherit = "account.payment"

    # Steps

    def action_submit(self):
        """Submit for review; below every rule a payment is approved at once.

        :raises UserError: naming the payment and the rule that is in the way
        """
        before = self._start("submit")
        for payment in self:
            payment._submit(before)

    def action_review(self):
        """Confirm that the payment is what it says it is.

        :raises UserError: naming the payment and the rule that is in the way
        """
        before = self._start("review")
        for payment in self:
            delegator = payment._check_decider("review")
            payment._decide(
                approval_state="for_approval" if payment.needs_approval else "approved",
                reviewer_id=self.env.user.id,
                review_date=fields.Datetime.now(),
            )
            payment._log_decision("review", delegator=delegator, before=before)
            payment._ask_next()

    def action_approve(self):
        """Approve the payment, so that it may be posted.

        :raises UserError: naming the payment and the rule that is in the way
        """
        before = self._start("approve")
        for payment in self:
            delegator = payment._check_decider("approve")
            payment._check_quarantine()
            payment._decide(
                approval_state="approved",
                approver_id=self.env.user.id,
                approve_date=fields.Datetime.now(),
            )
            payment._log_decision("approve", delegator=delegator, before=before)
            payment._ask_next()

    def action_reject_approval(self):
        """Ask for the reason of a rejection.

        :return: action that opens the dialog
        """
        return self._open_reason("reject", _("Reject Payment"))

    def action_recall(self):
        """Take a payment back into draft before it is posted.

        :raises UserError: naming the payment and the rule that is in the way
        """
        before = self._start("recall")
        for payment in self:
            if not payment._may_recall():
                raise UserError(
                    _(
                        "%(payment)s: only who submitted a payment, or a payment "
                        "manager, can recall it.",
                        payment=payment.display_name,
                    )
                )
        self._clear_decisions("draft")
        self._log_decision("recall", before=before)

    def _may_recall(self):
        """Whether the payment is the user's own, or the user a payment manager."""
        self.ensure_one()
        own = self.env.user in self.submitter_id | self.create_uid
        return own or self._is_payment_manager()

    def _reject(self, reason):
        """Reject payments that wait for a decision.

        :param str reason: why
        :raises UserError: without a reason, or naming what is in the way
        """
        if not (reason or "").strip():
            raise UserError(_("A rejection needs a reason."))
        before = self._start("reject")
        self._clear_decisions("rejected", reject_reason=reason.strip())
        self._log_decision("reject", reason.strip(), before=before)

    def _send_back(self, reason):
        """Return payments to draft because what was reviewed is no more.

        :param str reason: what changed
        """
        before = self._states()
        self._clear_decisions("draft")
        self._log_decision("return", reason, before=before)
        for payment in self:
            payment.message_post(body=reason, subtype_xmlid="mail.mt_note")

    # Posting

    def action_post(self):
        """Post; a controlled payment must be approved, by enough different people.

        :raises UserError: naming the payment and the rule that is in the way
        """
        controlled = self.filtered("payment_control")
        if not controlled:
            return super().action_post()
        fresh = controlled.filtered(lambda payment: payment.state not in POSTED_STATES)
        fresh._prepare_posting()
        res = super(
            AccountPayment, grant.with_grant(self, grant.POST, fresh)
        ).action_post()
        fresh._note_posting()
        return res

    def _prepare_posting(self):
        """Approve what needs nobody, and refuse what is not approved."""
        self._lock_rows()
        for payment in self.filtered(
            lambda payment: payment.approval_state in ("draft", "rejected")
        ):
            if not payment._requirement():
                payment._submit(payment._states())
        for payment in self:
            if payment.approval_state != "approved":
                raise UserError(payment._say_unapproved())
            payment._check_poster()
            payment._check_quarantine()
            payment._check_requirement_kept()

    def _note_posting(self):
        """Note who posted, and what the payment now is."""
        before = self._states()
        posted = self.filtered(lambda payment: payment.state in POSTED_STATES)
        posted._decide(
            approval_state="posted",
            poster_id=self.env.user.id,
            post_date=fields.Datetime.now(),
            once_posted=True,
        )
        posted._log_decision("post", before=before)
        posted.activity_unlink(["mail.mail_activity_data_todo"])

    def _say_unapproved(self):
        state = dict(self._fields["approval_state"]._description_selection(self.env))
        return _(
            "%(payment)s cannot be posted: it is %(state)s, and its rules (%(rules)s) "
            "ask for an approval first.",
            payment=self.display_name,
            state=state[self.approval_state],
            rules=", ".join((self.approval_rule_ids or self._rules()).mapped("name")),
        )

    # Rules and people

    def _rules(self):
        """Return the approval rules that the payment falls under now."""
        self.ensure_one()
        if not self.journal_id.payment_approval:
            return self.env["payment.approval.rule"]
        # Everybody who submits is judged by all rules of the company.
        rules = self.env["payment.approval.rule"].sudo()
        return rules.search([("company_id", "=", self.company_id.id)])._matching(self)

    def _requirement(self):
        """Return what the rules ask of the payment now.

        :return: dict of `needs_review`, `needs_approval`, `approval_people` and
            `approval_rule_ids`; empty below every rule
        """
        rules = self._rules()
        if not rules:
            return {}
        strict = rules._is_strict(self._approval_amount())
        return {
            "needs_review": any(rules.mapped("needs_review")),
            "needs_approval": any(rules.mapped("needs_approval")),
            "approval_people": _FOUR if strict else _THREE,
            "approval_rule_ids": [fields.Command.set(rules.ids)],
        }

    def _submit(self, before):
        """Put one payment where its rules want it."""
        requirement = self._requirement()
        state = "approved"
        if requirement:
            state = "under_review" if requirement["needs_review"] else "for_approval"
        self._decide(
            **{"approval_people": 1, **requirement},
            approval_state=state,
            submitter_id=self.env.user.id,
            submit_date=fields.Datetime.now(),
            reject_reason=False,
        )
        self._log_decision("submit" if requirement else "auto_approve", before=before)
        self._ask_next()

    def _check_requirement_kept(self):
        """Refuse to post what has come under a stricter rule since it was approved.

        Other payments to the partner count for the cumulative amount; two that were
        submitted side by side saw nothing of each other.
        """
        requirement = self._requirement()
        lacking = (
            (requirement.get("needs_review") and not self.reviewer_id)
            or (requirement.get("needs_approval") and not self.approver_id)
            or requirement.get("approval_people", 1) > self.approval_people
        )
        if lacking:
            raise UserError(
                _(
                    "%(payment)s now falls under %(rules)s, which asks for more than "
                    "it was approved with: recall it and submit it again.",
                    payment=self.display_name,
                    rules=", ".join(self._rules().mapped("name")),
                )
            )

    def _check_poster(self):
        reason = self._why_not("post")
        if reason:
            raise UserError(reason)

    def _check_decider(self, step):
        """Refuse who may not take a step, and return on whose behalf it is taken.

        :param str step: `review` or `approve`
        :return: `res.users`, empty when it is the user's own right
        """
        reason = self._why_not(step)
        if reason:
            raise UserError(reason)
        return self._delegator_for(step)

    def _why_not(self, step):
        """Return why the current user may not take a step, None when it may.

        The same answer hides the button and refuses the call.
        """
        self.ensure_one()
        if step == "post":
            # Below every rule it is Odoo's own right that counts.
            if self.approval_people >= _THREE and not self._may_use(step):
                return self._say_lacks_group(step)
        elif not self._is_decider(step, self.env.user):
            if not self._delegator_for(step):
                return self._say_not_decider(step)
        other = self._conflict(step)
        if other is None:
            return None
        return _(
            "%(payment)s: %(user)s took part as %(role)s, and %(people)s different "
            "people have to create, review, approve and post it.",
            payment=self.display_name,
            user=self.env.user.name,
            role=other,
            people=self.approval_people,
        )

    def _say_not_decider(self, step):
        return _(
            "%(payment)s: %(user)s is not among those who may %(step)s it.",
            payment=self.display_name,
            user=self.env.user.name,
            step=_("review") if step == "review" else _("approve"),
        )

    def _is_decider(self, step, user):
        """Whether a user may take a step by the rules, without a delegation."""
        if not user.has_group(GROUPS[step]):
            return False
        field = "reviewer_ids" if step == "review" else "approver_ids"
        named = self.sudo().approval_rule_ids[field]
        return not named or user in named

    def _delegator_for(self, step):
        """Return on whose behalf the current user takes a step; empty for the own."""
        users = self.env["res.users"]
        if step == "post" or self._is_decider(step, self.env.user):
            return users
        delegators = self.env["payment.approval.delegation"]._delegators(
            self.env.user, self.company_id
        )
        return next((one for one in delegators if self._is_decider(step, one)), users)

    def _conflict(self, step):
        """Return the role in which the user, or whom it stands for, took part before.

        :return: name of the role, None when there is no conflict
        """
        if self.approval_people < _THREE:
            return None
        acting = self.env.user | self._delegator_for(step)
        company = self.company_id.sudo()
        roles = self._people()
        barred = {
            "review": [("create", not company.payment_relax_creator_review)],
            "approve": [
                ("create", not company.payment_relax_creator_approve),
                ("review", not company.payment_relax_reviewer_approve),
            ],
            "post": [
                (role, not company.payment_relax_poster)
                for role in ("create", "review", "approve")
                if self.approval_people >= _FOUR
            ],
        }[step]
        names = {
            "create": _("creator"),
            "review": _("reviewer"),
            "approve": _("approver"),
        }
        return next(
            (names[role] for role, strict in barred if strict and acting & roles[role]),
            None,
        )

    def _people(self):
        """Return who took part in each role, those included whom they stood for."""
        decided = {"review": self.reviewer_id, "approve": self.approver_id}
        for line in self.sudo().approval_log_ids:
            if line.delegator_id and line.user_id == decided.get(line.action):
                decided[line.action] |= line.delegator_id
        return {"create": self.create_uid | self.submitter_id, **decided}

    # Pieces

    def _start(self, step):
        """Lock the rows, and refuse a step that cannot be taken from their state.

        :return: dict of the states before, by id
        """
        if not self._may_use(step) and step not in ("review", "approve"):
            raise UserError(self._say_lacks_group(step))
        self._lock_rows()
        states = dict(self._fields["approval_state"]._description_selection(self.env))
        for payment in self:
            if payment.approval_state not in STARTS[step]:
                raise UserError(
                    _(
                        "%(payment)s is %(state)s: this step starts from %(starts)s.",
                        payment=payment.display_name,
                        state=states[payment.approval_state],
                        starts=", ".join(states[state] for state in STARTS[step]),
                    )
                )
        return self._states()

    def _may_use(self, step):
        return self.env.user.has_group(GROUPS[step])

    def _say_lacks_group(self, step):
        return _(
            "You are not allowed to do this: it takes the group %(group)s.",
            group=self.env.ref(GROUPS[step]).sudo().display_name,
        )

    def _lock_rows(self):
        """Make two people who decide at once take turns: the second is told.

        :raises UserError: when another transaction decides on one of them
        """
        if not self.ids:
            return
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(
                    "SELECT id FROM account_payment WHERE id IN %s"
                    " FOR NO KEY UPDATE NOWAIT",
                    [tuple(self.ids)],
                    log_exceptions=False,
                )
        except LockNotAvailable as error:
            raise UserError(
                _("Somebody else is deciding on these payments right now.")
            ) from error
        self.invalidate_recordset(["approval_state"])

    def _decide(self, **vals):
        """Write approval fields, which only steps do."""
        # A reviewer may not be allowed to write payments; the step was checked.
        grant.with_grant(self.sudo(), grant.DECIDE, self).write(vals)

    def _clear_decisions(self, state, **more):
        self._decide(
            approval_state=state,
            reviewer_id=False,
            review_date=False,
            approver_id=False,
            approve_date=False,
            submitter_id=False,
            submit_date=False,
            needs_review=False,
            needs_approval=False,
            approval_people=0,
            approval_rule_ids=[fields.Command.clear()],
            **more,
        )
        self.activity_unlink(["mail.mail_activity_data_todo"])

    def _states(self):
        return {payment.id: payment.approval_state for payment in self}

    def _is_payment_manager(self):
        return self.env.user.has_group("payment_account_enhanced.group_manager")

    def _ask_next(self):
        """Give those who may take the next step an activity."""
        self.activity_unlink(["mail.mail_activity_data_todo"])
        step = {"under_review": "review", "for_approval": "approve"}.get(
            self.approval_state
        )
        if not step:
            return
        field = "reviewer_ids" if step == "review" else "approver_ids"
        for user in self.sudo().approval_rule_ids[field][:1]:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=_("Review payment")
                if step == "review"
                else _("Approve payment"),
            )

    def _open_reason(self, kind, title):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "payment.reason",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_kind": kind,
                "default_payment_ids": [fields.Command.set(self.ids)],
            },
        }

    def _check_quarantine(self):
        """Refuse what goes to a bank account that is new or was changed lately."""
