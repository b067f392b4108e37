"""The steps of the approval workflow. Each is one method, whoever calls it, and takes
many payments as one: all of them, or none.
"""

from psycopg2.errors import LockNotAvailable

from odoo import _, fields, models
from odoo.exceptions import UserError

from ..tools import grant
from .account_payment import POSTED_STATES
from .account_payment_people import GROUPS as GROUPS
from .account_payment_requirement import ONE

#: step: states that it starts from
STARTS = {
    "submit": ("draft", "rejected"),
    "review": ("under_review",),
    "approve": ("for_approval",),
    "post": ("approved",),
    "reject": ("under_review", "for_approval", "approved"),
    "recall": ("under_review", "for_approval", "approved"),
}
#: step: fields of who took it, when, and on whose behalf
_STAMPS = {
    "review": ("reviewer_id", "review_date", "reviewed_for_id"),
    "approve": ("approver_id", "approve_date", "approved_for_id"),
}
#: What posting decides.
_POSTING_FIELDS = (
    "approval_state",
    "approval_since",
    "reminder",
    "poster_id",
    "post_date",
    "once_posted",
    "voucher_number",
    "submitter_id",
    "submit_date",
    "approval_people",
    "reject_reason",
)


class AccountPayment(models.Model):
    _inherit = "account.payment"

    # Steps

    def action_submit(self):
        """Submit for review; below every rule a payment is approved at once.

        :raises UserError: naming the payment and the rule that is in the way
        """
        before = self._start("submit")
        self._submit(before)

    def action_review(self):
        """Confirm that the payment is what it says it is.

        :raises UserError: naming the payment and the rule that is in the way
        """
        before = self._start("review")
        self._check_may("review")
        final = self.filtered(lambda payment: not payment.needs_approval)
        final._check_quarantine()
        final._note_decision("review", "approved", before)
        (self - final)._note_decision("review", "for_approval", before)

    def action_approve(self):
        """Approve the payment, so that it may be posted.

        :raises UserError: naming the payment and the rule that is in the way
        """
        before = self._start("approve")
        self._check_may("approve")
        self._check_quarantine()
        self._note_decision("approve", "approved", before)

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
        reason = (reason or "").strip()
        if not reason:
            raise UserError(_("A rejection needs a reason."))
        before = self._start("reject")
        authors = self._authors()
        self._clear_decisions("rejected", reject_reason=reason)
        self._log_decision("reject", reason, before=before)
        self._ask_correction(authors)

    def _send_back(self, reason):
        """Return payments to draft because what was reviewed is no more.

        :param str reason: what changed
        """
        before = self._states()
        authors = self._authors()
        self._clear_decisions("draft")
        self._log_decision("return", reason, before=before)
        for payment in self:
            payment.message_post(body=reason, subtype_xmlid="mail.mt_note")
        self._ask_correction(authors)

    # Posting

    def action_post(self):
        """Post; a controlled payment must be approved, by enough different people.

        :raises UserError: naming the payment and the rule that is in the way
        """
        controlled = self.filtered("payment_control")
        if not controlled:
            return super().action_post()
        fresh = controlled.filtered(lambda payment: payment.state not in POSTED_STATES)
        free = fresh._prepare_posting()
        res = super(
            AccountPayment, grant.with_grant(self, grant.POST, fresh)
        ).action_post()
        fresh._note_posting(free)
        return res

    def _prepare_posting(self):
        """Refuse what is not approved, as far as it needs anybody.

        :return: the payments below every rule, which posting submits and approves
        """
        self._lock_rows()
        self.env["payment.approval.tally"]._take_turns(self)
        requirements = self._requirements()
        free = self.filtered(lambda one: one._needs_nobody(requirements[one.id]))
        decided = self - free
        for payment in decided:
            if payment.approval_state != "approved":
                raise UserError(payment._say_unapproved(requirements[payment.id]))
        self._check_may("post")
        decided._check_quarantine()
        free._check_quarantine(self.env.user)
        decided._check_requirement_kept(requirements)
        return free

    def _needs_nobody(self, requirement):
        """Whether a payment may be posted without any step before.

        :param dict requirement: as `_requirement` returns it
        """
        self.ensure_one()
        return (
            not requirement
            and self.state == "draft"
            and self.approval_state in STARTS["submit"]
        )

    def _note_posting(self, free):
        """Note who posted, and what the payment now is.

        :param free: the payments that posting has approved as well
        """
        posted = self.filtered(lambda payment: payment.state in POSTED_STATES)
        if not posted:
            return
        before = posted._states() | dict.fromkeys(free.ids, "approved")
        free &= posted
        drafts = free._states()
        posted._stamp_posting(free)
        free._log_decision("auto_approve", before=drafts, after="approved")
        posted._log_decision("post", before=before)
        posted._clear_activities()

    def _stamp_posting(self, free):
        """Write what posting decides, of all payments in one statement.

        The ORM would write the voucher numbers payment by payment, and each statement
        more writes all indexes of the payments again.

        :param free: the payments that posting has approved as well
        """
        self.flush_recordset(_POSTING_FIELDS)
        numbers = self._draw_voucher_numbers()
        ids = set(free.ids)
        self.env.cr.execute(
            """
            UPDATE account_payment
               SET approval_state = 'posted',
                   approval_since = %(now)s,
                   reminder = NULL,
                   poster_id = %(user)s,
                   post_date = %(now)s,
                   once_posted = TRUE,
                   voucher_number = COALESCE(voucher_number, note.number),
                   submitter_id = CASE WHEN note.free THEN %(user)s
                                       ELSE submitter_id END,
                   submit_date = CASE WHEN note.free THEN %(now)s ELSE submit_date END,
                   approval_people = CASE WHEN note.free THEN %(one)s
                                          ELSE approval_people END,
                   reject_reason = CASE WHEN note.free THEN NULL
                                        ELSE reject_reason END
              FROM unnest(%(ids)s::int[], %(numbers)s::varchar[], %(free)s::bool[])
                   AS note (id, number, free)
             WHERE account_payment.id = note.id
            """,
            {
                "now": fields.Datetime.now(),
                "user": self.env.uid,
                "one": ONE,
                "ids": self.ids,
                "numbers": [numbers.get(id_) for id_ in self.ids],
                "free": [id_ in ids for id_ in self.ids],
            },
        )
        self.invalidate_recordset(_POSTING_FIELDS, flush=False)
        self.modified(_POSTING_FIELDS)

    def _say_unapproved(self, requirement=None):
        """Return why a payment that is not approved is not posted.

        :param dict requirement: what was asked of it just now, with others perhaps
        """
        rules = self.sudo().approval_rule_ids
        if requirement:
            rules |= rules.browse(requirement["approval_rule_ids"][0][2])
        rules = rules or self._rules()
        states = dict(self._fields["approval_state"]._description_selection(self.env))
        if self.approval_state == "cancelled" or self.state in ("canceled", "rejected"):
            return _(
                "%(payment)s cannot be posted: it is %(state)s. Reset it to draft "
                "first.",
                payment=self.display_name,
                state=states[self.approval_state],
            )
        if not rules:
            return _(
                "%(payment)s cannot be posted: it is %(state)s, and only its step Post "
                "does it.",
                payment=self.display_name,
                state=states[self.approval_state],
            )
        return _(
            "%(payment)s cannot be posted: it is %(state)s, and its rules (%(rules)s) "
            "ask for an approval first.",
            payment=self.display_name,
            state=states[self.approval_state],
            rules=", ".join(rules.mapped("name")),
        )

    # Pieces

    def _start(self, step):
        """Lock the rows, and refuse a step that cannot be taken from their state.

        :return: dict of the states before, by id
        """
        writing = step in ("submit", "recall")
        self.check_access("write" if writing else "read")
        self._check_group(step)
        self._lock_rows()
        for payment in self:
            if payment.approval_state not in STARTS[step] or payment.state != "draft":
                raise UserError(payment._say_wrong_start(step))
            if not payment.payment_control:
                raise UserError(
                    _(
                        "%(payment)s: payments of %(company)s take no approval.",
                        payment=payment.display_name,
                        company=payment.company_id.sudo().name,
                    )
                )
        return self._states()

    def _check_group(self, step):
        """Refuse who is not in the group of a step, as far as no delegation helps."""
        if step in ("review", "approve") or self._may_use(step):
            return
        if step == "reject" and all(payment._may_reject() for payment in self):
            return
        raise UserError(self._say_lacks_group(step))

    def _say_wrong_start(self, step):
        states = dict(self._fields["approval_state"]._description_selection(self.env))
        if self.approval_state in STARTS[step]:
            # Rejected or cancelled by the bank, or posted while nobody controlled it.
            return _(
                "%(payment)s is no draft any more: reset it to draft first.",
                payment=self.display_name,
            )
        return _(
            "%(payment)s is %(state)s: this step starts from %(starts)s.",
            payment=self.display_name,
            state=states[self.approval_state],
            starts=", ".join(states[state] for state in STARTS[step]),
        )

    def _lock_rows(self):
        """Make two people who decide at once take turns: the second is told.

        :raises UserError: when another transaction decides on one of them
        """
        if not self.ids:
            return
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

    def _submit(self, before):
        """Put payments where their rules want them.

        Those submitted together count together for cumulative amounts.

        :param dict before: approval states before, by id
        """
        for requirement, payments in self._by_requirement(self._requirements()):
            state = "approved"
            if requirement:
                reviewed = requirement["needs_review"]
                state = "under_review" if reviewed else "for_approval"
            payments._decide(
                **{"approval_people": ONE, **requirement},
                approval_state=state,
                submitter_id=self.env.user.id,
                submit_date=fields.Datetime.now(),
                reject_reason=False,
            )
            payments._log_decision(
                "submit" if requirement else "auto_approve", before=before
            )
        self._ask_next()

    def _note_decision(self, step, state, before):
        """Note a decision of the current user, and ask who is next.

        :param str step: `review` or `approve`
        :param str state: approval state that follows
        :param dict before: approval states before, by id
        """
        who, when, behalf = _STAMPS[step]
        for delegator, payments in self._by_delegator(step):
            payments._decide(
                **{
                    "approval_state": state,
                    who: self.env.user.id,
                    when: fields.Datetime.now(),
                    behalf: delegator.id,
                }
            )
            payments._log_decision(step, delegator=delegator, before=before)
        self._ask_next()

    def _by_delegator(self, step):
        """Return on whose behalf the current user takes a step, and of which payments.

        :return: list of pairs of `res.users`, empty for the own right, and payments
        """
        groups = {}
        for payment in self:
            groups.setdefault(payment._delegator_for(step), []).append(payment.id)
        return [(delegator, self.browse(ids)) for delegator, ids in groups.items()]

    def _decide(self, **vals):
        """Write approval fields, which only steps do."""
        if "approval_state" in vals:
            vals = {"approval_since": fields.Datetime.now(), "reminder": False, **vals}
        # A reviewer may not be allowed to write payments; the step was checked.
        grant.with_grant(self.sudo(), grant.DECIDE, self).write(vals)

    def _clear_decisions(self, state, **more):
        self._decide(
            approval_state=state,
            reviewer_id=False,
            review_date=False,
            reviewed_for_id=False,
            approver_id=False,
            approve_date=False,
            approved_for_id=False,
            submitter_id=False,
            submit_date=False,
            needs_review=False,
            needs_approval=False,
            approval_people=0,
            approval_rule_ids=[fields.Command.clear()],
            **more,
        )
        self._clear_activities()

    def _states(self):
        return {payment.id: payment.approval_state for payment in self}

    def _is_payment_manager(self):
        return self.env.user.has_group("payment_account_enhanced.group_manager")

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
