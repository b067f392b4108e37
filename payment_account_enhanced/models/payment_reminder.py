"""Reminders of payments that wait, and their escalation to the payment managers."""

import logging
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.tools import format_amount, format_date

from ..compat import commit_progress
from .account_payment_activity import NEXT

_logger = logging.getLogger(__name__)

_BATCH = 100
#: What is sent: the company's field with its days, and what may have been sent before.
#: The worst comes first, so that nobody is reminded of it as well.
KINDS = {
    "escalated": ("payment_escalate_days", [False, "reminded"]),
    "reminded": ("payment_remind_days", [False]),
}
_MOST_MANAGERS = 20


class ResCompany(models.Model):
    _inherit = "res.company"

    payment_remind_days = fields.Integer(
        "Reminder After (days)",
        default=2,
        help="Whoever a payment waits for is reminded once it has waited this long for "
        "one step. 0: never.",
    )
    payment_escalate_days = fields.Integer(
        "Escalation After (days)",
        default=5,
        help="Payment managers are told once a payment has waited this long for one "
        "step. 0: never.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    payment_remind_days = fields.Integer(
        related="company_id.payment_remind_days", readonly=False
    )
    payment_escalate_days = fields.Integer(
        related="company_id.payment_escalate_days", readonly=False
    )


class AccountPayment(models.Model):
    _inherit = "account.payment"

    approval_since = fields.Datetime(
        "In This State Since", readonly=True, copy=False, index="btree_not_null"
    )
    reminder = fields.Selection(
        [("reminded", "Reminded"), ("escalated", "Escalated")],
        readonly=True,
        copy=False,
        help="What was sent about the step that the payment waits for.",
    )

    @api.model
    def _cron_remind(self):
        """Remind of payments that wait too long, and tell the managers of the worst.

        What was sent is noted on the payment, and committed batch by batch: a run that
        was cut short is taken up where it stopped, and nothing is sent twice.
        """
        for kind in KINDS:
            last_id, counts = 0, {True: 0, False: 0}
            while payments := self._find_late(kind, last_id):
                last_id = payments[-1].id
                for payment in payments:
                    counts[payment._try_tell_late(kind)] += 1
                commit_progress(self.env, len(payments), 0)
            _logger.info(
                "Payments that wait: %s %s, %s failed.",
                counts[True],
                kind,
                counts[False],
            )

    @api.model
    def _find_late(self, kind, last_id):
        """Return payments that wait for a step too long and were not reminded of.

        :param str kind: a key of `KINDS`
        :param int last_id: they come after this one
        """
        now = fields.Datetime.now()
        days, sent_before = KINDS[kind]
        companies = self.env["res.company"].search(
            [("payment_control", "=", True), (days, ">", 0)]
        )
        late = self.browse()
        for company in companies:
            late |= self.search(
                [
                    ("id", ">", last_id),
                    ("company_id", "=", company.id),
                    ("state", "=", "draft"),
                    ("approval_state", "in", list(NEXT)),
                    ("approval_people", ">", 1),
                    ("approval_since", "<=", now - timedelta(days=company[days])),
                    ("reminder", "in", sent_before),
                ],
                order="id",
                limit=_BATCH,
            )
        return late.sorted("id")[:_BATCH]

    def _try_tell_late(self, kind):
        """Tell of one payment; what goes wrong with it holds up no other.

        :return: whether it went well
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._tell_late(kind)
                self._decide(reminder=kind)
        except Exception:
            _logger.exception("Payment %s could not be reminded of.", self.id)
            return False
        return True

    def _tell_late(self, kind):
        """Notify those whose turn it is, and with an escalation the payment managers.

        :param str kind: a key of `KINDS`
        """
        self.ensure_one()
        actors = self._next_actors().get(self, self.env["res.users"])
        users = actors
        if kind == "escalated":
            group = "payment_account_enhanced.group_manager"
            users |= self._members(group, self.company_id, limit=_MOST_MANAGERS)
            self.message_post(
                body=self._say_escalated(users), subtype_xmlid="mail.mt_note"
            )
        for user in users:
            spoken = self.with_context(lang=user.lang, tz=user.tz)
            spoken.message_notify(
                partner_ids=user.partner_id.ids,
                subject=spoken._say_late_subject(kind),
                body=spoken._say_late(actors),
            )

    def _say_late_subject(self, kind):
        if kind == "escalated":
            return _("Payment waits too long: %(payment)s", payment=self.display_name)
        return _("Reminder: %(payment)s waits for you", payment=self.display_name)

    def _say_late(self, actors):
        """Return what a payment waits for, since when, and for whom."""
        steps = {
            "under_review": _("review"),
            "for_approval": _("approval"),
            "approved": _("posting"),
        }
        text = _(
            "%(payment)s (%(partner)s, %(amount)s) has waited for its %(step)s since "
            "%(since)s.",
            payment=self.display_name,
            amount=format_amount(self.env, self.amount, self.currency_id),
            partner=self.partner_id.display_name or _("no partner"),
            step=steps[self.approval_state],
            since=format_date(self.env, self.approval_since),
        )
        names = ", ".join(actors.mapped("name"))
        if names:
            whose = _("It is the turn of %(names)s.", names=names)
        else:
            whose = _("Nobody may take this step now: see its rules and duties.")
        return " ".join(filter(None, [text, whose, self._quarantine_reason()]))

    def _say_escalated(self, users):
        return _(
            "Waits since %(since)s. Told: %(names)s.",
            since=format_date(self.env, self.approval_since),
            names=", ".join(users.mapped("name")) or _("nobody"),
        )
