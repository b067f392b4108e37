"""What the screens show of a payment's approval, by the rules of the server."""

from odoo import _, api, fields, models
from odoo.tools import format_datetime

from .account_payment_activity import MOST_ACTORS, NEXT
from .account_payment_lock import FROZEN_FIELDS, RECONCILED_FIELDS
from .account_payment_requirement import FOUR, ONE
from .account_payment_workflow import STARTS

#: What a payment falls under, so what decides which buttons an unsaved one has.
_JUDGED = (
    "approval_state",
    "state",
    "amount",
    "currency_id",
    "date",
    "partner_id",
    "journal_id",
    "payment_type",
    "is_sent",
)


class AccountPayment(models.Model):
    _inherit = "account.payment"

    can_submit = fields.Boolean(compute="_compute_can_step")
    can_post = fields.Boolean(compute="_compute_can_step")
    can_reject = fields.Boolean(compute="_compute_can_step")
    can_recall = fields.Boolean(compute="_compute_can_step")
    can_cancel = fields.Boolean(compute="_compute_can_step")
    can_override = fields.Boolean(compute="_compute_can_override")
    approval_hint = fields.Text("What Is Next", compute="_compute_approval_hint")
    approval_warning = fields.Text(
        "What Is Unusual", compute="_compute_approval_warning"
    )
    waiting_for_me = fields.Boolean(
        compute="_compute_waiting_for_me",
        search="_search_waiting_for_me",
        help="The next step is yours: to review, to approve, to post, or to correct "
        "after a rejection.",
    )
    override_ids = fields.One2many(
        "payment.override",
        "payment_id",
        "Overrides",
        groups="payment_account_enhanced.group_manager,"
        "payment_account_enhanced.group_auditor",
    )

    # Buttons

    @api.depends_context("uid")
    @api.depends(*_JUDGED)
    def _compute_can_step(self):
        for payment in self:
            payment.can_submit = payment._may_take("submit")
            payment.can_post = payment._may_take("post")
            payment.can_reject = payment._may_take("reject")
            payment.can_recall = payment._may_take("recall")
            payment.can_cancel = payment._may_cancel()

    @api.depends("bank_quarantine_until", "needs_approval")
    def _compute_can_decide(self):
        """Hide the last decision while the bank account holds the payment back."""
        res = super()._compute_can_decide()
        for payment in self.filtered(lambda one: one._held_until()):
            payment.can_approve = False
            if not payment.needs_approval:
                payment.can_review = False
        return res

    @api.depends_context("uid")
    @api.depends("state", "payment_control")
    def _compute_can_override(self):
        manager = self._is_payment_manager()
        for payment in self:
            payment.can_override = bool(
                manager
                and payment.payment_control
                and payment.is_posted
                and not payment._is_matched_or_paid()
                and not payment._live_override("edit")
            )

    def _may_take(self, step):
        """Whether the server takes a step of the workflow from the current user now.

        :param str step: a key of `account_payment_workflow.STARTS`
        """
        self.ensure_one()
        if not self.payment_control:
            return False
        if step == "post":
            return self._may_post()
        if self.approval_state not in STARTS[step] or self.state != "draft":
            return False
        if step == "review":
            return self.can_review
        if step == "approve":
            return self.can_approve
        if step == "reject":
            return self._may_reject()
        if not self._may_use(step) or not self.has_access("write"):
            return False
        if step == "submit":
            return bool(self._shown_requirement())
        return self._may_recall()

    def _may_post(self):
        """Whether the current user may post: it is approved, or below every rule."""
        if self.state != "draft" or not self.has_access("write"):
            return False
        if self.approval_state == "approved":
            return self._is_postable()
        return self.approval_state in STARTS["submit"] and not self._shown_requirement()

    def _may_cancel(self):
        """Whether it can be cancelled; what waits for a decision is not anybody's."""
        if not self.payment_control or not self.id:
            return False
        if self.is_posted:
            return self.state == "in_process" and self.is_sent
        mine = not self._is_waiting() or self._may_recall()
        return bool(self.state == "draft" and mine and self.has_access("write"))

    def _shown_requirement(self):
        """Return what the rules ask of it, also of one that is half filled."""
        if not (self.journal_id and self.currency_id and self.date):
            return {}
        return self._requirement()

    # What is next

    @api.depends_context("uid", "lang")
    @api.depends(*_JUDGED, "approval_rule_ids", "reject_reason")
    def _compute_approval_hint(self):
        for payment in self:
            payment.approval_hint = (
                payment._tell_next() if payment.payment_control else False
            )

    def _tell_next(self):
        """Return in words what the payment waits for, False when for nothing."""
        self.ensure_one()
        if self.is_posted:
            return self._tell_lock()
        if self.approval_state in ("draft", "rejected"):
            return self._tell_draft()
        if self.approval_state == "cancelled":
            return False
        told = (
            self._tell_approved()
            if self.approval_state == "approved"
            else self._tell_decision()
        )
        return "\n".join([told, *self._tell_waiting_lines()])

    def _tell_draft(self):
        """Return why it was rejected, if it was, and what it needs."""
        lines = []
        if self.approval_state == "rejected":
            lines.append(self._tell_rejection())
        needed = self._shown_requirement() if self.state == "draft" else {}
        if needed:
            lines.append(self._tell_needed(needed))
        return "\n".join(lines)

    def _tell_rejection(self):
        line = self._last_line("reject")
        reason = self.reject_reason or line.reason or "–"
        if self.state == "rejected":
            return _(
                "Refused by the bank: %(reason)s. Reset it to draft before it is "
                "submitted again.",
                reason=reason.rstrip("."),
            )
        return _(
            "Rejected by %(user)s: %(reason)s", user=line.user_id.name, reason=reason
        )

    def _tell_needed(self, needed):
        rules = self.env["payment.approval.rule"].sudo()
        rules = rules.browse(needed["approval_rule_ids"][0][2])
        if needed["needs_review"] and needed["needs_approval"]:
            steps = _("review and approval")
        else:
            steps = _("review") if needed["needs_review"] else _("approval")
        return _(
            "Needs %(steps)s before it is posted, by %(people)s (rule: %(rules)s). "
            "Submit it when it is complete.",
            steps=steps,
            people=self._tell_people(needed["approval_people"]),
            rules=", ".join(rules.mapped("name")),
        )

    def _tell_people(self, people):
        if people >= FOUR:
            return _("four different people, the one who posts it included")
        return _("three different people, the one who creates it included")

    def _tell_decision(self):
        step = NEXT[self.approval_state]
        return _(
            "Waits for its %(step)s since %(since)s. %(turn)s %(rules)s: %(people)s.",
            step=_("review") if step == "review" else _("approval"),
            turn=self._tell_turn(),
            since=self._tell_time(self.approval_since),
            rules=", ".join(self.sudo().approval_rule_ids.mapped("name")),
            people=self._tell_people(self.approval_people),
        )

    def _tell_turn(self):
        """Return in words who may take the next step."""
        actors = self._next_actors().get(self, self.env["res.users"]).sudo()
        names = ", ".join(actors.mapped("name"))
        if not names:
            return _("Nobody may take this step now: see its rules and duties.")
        if len(actors) >= MOST_ACTORS:
            return _("It is the turn of %(names)s or others.", names=names)
        return _("It is the turn of %(names)s.", names=names)

    def _tell_approved(self):
        reason = self._why_not("post")
        if reason:
            return _(
                "Approved, and waits to be posted by somebody else. %(reason)s",
                reason=reason,
            )
        if self.approval_people <= ONE:
            return _("Below every approval rule: it can be posted at once.")
        return _("Approved: it can be posted.")

    def _tell_lock(self):
        """Return which lock is on a posted payment, or the leave to break it."""
        if self._is_matched_or_paid():
            return _(
                "Posted and reconciled: its details are locked for everybody. "
                "Un-reconcile it first to change them."
            )
        override = self._live_override("edit")
        if override:
            return _(
                "You may change this payment once, until %(until)s: %(reason)s",
                until=self._tell_time(override.expires_at),
                reason=override.reason,
            )
        if self._is_payment_manager():
            return _(
                "Posted and locked. As a payment manager you can change or reset it "
                "with a reason, which is kept and sent to the other managers."
            )
        return _(
            "Posted and locked. A payment manager can change or reset it with a reason."
        )

    def _tell_time(self, moment):
        return format_datetime(self.env, moment, dt_format="short") if moment else "–"

    # What is unusual

    @api.depends_context("uid", "lang")
    @api.depends("approval_state", "state", "approval_people")
    def _compute_approval_warning(self):
        for payment in self:
            lines = payment._warnings() if payment.payment_control else []
            payment.approval_warning = "\n".join(lines)

    def _warnings(self):
        """Return what whoever decides on the payment should know, a sentence each."""
        self.ensure_one()
        lines = []
        if self.approval_state in NEXT and self.approval_people > ONE:
            lines += self._tell_relaxed()
        return lines

    def _tell_relaxed(self):
        """Return the pairs of people that the company lets be one and the same."""
        company = self.company_id.sudo()
        pairs = [
            (
                company.payment_relax_creator_review,
                _("who created it may review it"),
            ),
            (
                company.payment_relax_creator_approve,
                _("who created it may approve it"),
            ),
            (
                company.payment_relax_reviewer_approve,
                _("who reviewed it may approve it"),
            ),
            (
                company.payment_relax_poster and self.approval_people >= FOUR,
                _("who took part before may post it"),
            ),
        ]
        relaxed = [text for on, text in pairs if on]
        if not relaxed:
            return []
        return [
            _(
                "Segregation of duties is relaxed in %(company)s: %(pairs)s.",
                company=company.name,
                pairs=", ".join(relaxed),
            )
        ]

    def _tell_waiting_lines(self):
        moves = self.sudo().waiting_line_ids.move_id
        if not moves:
            return []
        return [
            _(
                "Registered for %(entries)s, which stay unpaid until it is posted. "
                "They are reconciled with it then.",
                entries=", ".join(moves.mapped("name")),
            )
        ]

    # Whose turn it is

    @api.depends_context("uid")
    @api.depends("approval_state")
    def _compute_waiting_for_me(self):
        for payment in self:
            payment.waiting_for_me = payment._waits_for_me()

    def _waits_for_me(self):
        """Whether the next step is the current user's, who may take it and should."""
        self.ensure_one()
        user = self.env.user
        if not self.payment_control or self.is_posted:
            return False
        if self.approval_state in ("under_review", "for_approval"):
            return self._may_take(NEXT[self.approval_state])
        if self.approval_state == "rejected":
            return user == self.create_uid
        if self.approval_state == "approved":
            own = user in self.create_uid | self.submitter_id
            return (own or self.approval_people >= FOUR) and self._may_take("post")
        return False

    def _search_waiting_for_me(self, operator, value):
        """Search by whose turn it is: open payments are few, and each is asked."""
        wanted = value if isinstance(value, bool) else any(value)
        if operator in ("!=", "not in"):
            wanted = not wanted
        open_states = [*NEXT, "rejected"]
        payments = self.search([("approval_state", "in", open_states)])
        mine = payments.filtered(lambda payment: payment._waits_for_me())
        return [("id", "in" if wanted else "not in", mine.ids)]

    # Overrides

    def _live_override(self, kind):
        """Return the current user's live override of this payment."""
        return self.env["payment.override"]._find_live(kind, payment=self._origin)

    def action_override_edit(self):
        """Ask for the reason of a change of a posted payment.

        :return: action that opens the dialog
        """
        return self._open_reason("edit", _("Change a Posted Payment"))

    def action_ask_edit(self, changes):
        """Return the dialog that a change has to pass, False when there is none.

        The form calls it before it saves. It decides nothing: `write` asks again.

        :param dict changes: values that would be written
        """
        self.ensure_one()
        if not (self._is_payment_manager() and self.is_posted and self.payment_control):
            return False
        changed = self._changed(changes, FROZEN_FIELDS)
        locked = changed & RECONCILED_FIELDS and self._is_matched_or_paid()
        if not changed or locked or self._live_override("edit"):
            return False
        return {**self.action_override_edit(), "views": [(False, "form")]}

    def action_ask_draft(self):
        """Reset to draft; a manager is asked for the reason if the payment is posted.

        :return: action that opens the dialog, if any
        :raises UserError: for others, and while it is reconciled
        """
        return self._ask_reset("action_draft", _("Reset a Posted Payment to Draft"))

    def action_ask_cancel(self):
        """Cancel; a manager is asked for the reason if the payment is posted.

        :return: action that opens the dialog, if any
        :raises UserError: for others, and while it is reconciled
        """
        return self._ask_reset("action_cancel", _("Cancel a Posted Payment"))

    def action_ask_bank_rejection(self):
        """Note the bank's refusal, which takes a posted payment out of the books.

        :return: action that opens the dialog, if any
        :raises UserError: for others, and while it is reconciled
        """
        return self._ask_reset("action_reject", _("Refused by the Bank"))

    def _ask_reset(self, step, title):
        """Take a step of Odoo's that ends a posted payment, by way of the dialog.

        :param str step: name of the method
        """
        locked = self.filtered(lambda one: one.payment_control and one.is_posted)
        locked._check_unmatched()
        missing = locked.filtered(lambda one: not one._live_override("reset"))
        if not missing or not self._is_payment_manager():
            return getattr(self, step)()
        action = self._open_reason("reset", title)
        action["context"]["default_step"] = step
        return action

    # Pieces

    def _last_line(self, action):
        lines = self.sudo().approval_log_ids.filtered(lambda one: one.action == action)
        return lines.sorted("id")[-1:]

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, self._is_control_shown())

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Take the approval out of lists where no company at work controls payments."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "list" and not self._is_control_shown():
            for node in arch.xpath("//field[@name='approval_state']"):
                node.set("column_invisible", "1")
        return arch, view

    @api.model
    def _is_control_shown(self):
        return any(self.env.companies.sudo().mapped("payment_control"))
