"""Verification: whether the chain still holds, and where it first does not.

Each day is verified by itself, from the digest of the day before it, in constant memory
and with its outcome on its record; so long work can stop between any two days, go on
later, and show how far it is.
"""

import logging
import time
from dataclasses import dataclass
from datetime import date

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..tools import settings
from .compat import commit_progress
from .fusion_login_alert import Finding
from .fusion_login_seal_chain import GENESIS, pages, seal_of, seal_of_day
from .fusion_login_seal_run import BEFORE_ALL, Budget

_logger = logging.getLogger("odoo.addons.fusion_login_audit.seal")

# How many events a person waits for; more are verified by the cron.
EVENTS_AT_ONCE = 200_000
_SECONDS_BETWEEN_LOGS = 10
# The order of days by state, from the first to the last.
_RANKS = {"removed": 0, "expired": 1, "sealed": 2, "open": 3}
# Problems of events, which nobody can look into again once a day is removed.
_OF_EVENTS = ("changed", "missing", "inserted")


@dataclass(frozen=True)
class Problem:
    """Where the chain breaks.

    :param day: the UTC date; None behind the last day
    :param event_id: id of the first event that does not fit, or where it would be
    :param kind: one of `PROBLEMS` of `fusion_login_seal`
    """

    day: date | None
    event_id: int
    kind: str


@dataclass
class Verification:
    """What a verification found.

    :param days: how many days were verified
    :param events: how many events were verified
    :param unsealed: how many events are not sealed yet; None when nobody looked
    :param problem: the first :class:`Problem` in the order of the chain, or None
    """

    days: int = 0
    events: int = 0
    unsealed: int | None = None
    problem: Problem | None = None

    def add(self, other):
        """Add what was found in the next part of the chain."""
        self.days += other.days
        self.events += other.events
        self.problem = self.problem or other.problem


class FusionLoginSeal(models.Model):
    _inherit = "fusion.login.seal"

    @api.model
    def _fc_verify(self, days=None):
        """Verify days and note the outcome on them, logging how far it is.

        Nothing is committed. For all events of a large database, call it in
        `odoo shell`, or leave it to the cron.

        :param days: records of this model; None for the whole chain, with what is
            behind its end
        :return: the :class:`Verification`; no broken day ends it
        """
        chosen = self.search([]) if days is None else days
        result, logged = Verification(), time.monotonic()
        for day in chosen.sorted("id"):
            result.add(day._fc_verify_day())
            if time.monotonic() > logged + _SECONDS_BETWEEN_LOGS:
                logged = time.monotonic()
                _logger.info(
                    "fusion_login_audit: %s of %s days verified, %s events",
                    result.days,
                    len(chosen),
                    result.events,
                )
        if days is None:
            result.unsealed, problem = self._fc_check_end()
            result.problem = result.problem or problem
        return result

    def _fc_verify_day(self):
        """Verify one day and note the outcome on it.

        :return: the :class:`Verification`
        """
        before = self._fc_before()
        kind, event_id, events = self._fc_check_record(before), None, 0
        if kind:
            event_id = self._fc_first_event(before) or self.first_id
        else:
            kind, event_id, events = self._fc_check_events(before)
        self._fc_note_outcome(kind, event_id)
        problem = Problem(self.day, event_id, kind) if kind else None
        return Verification(1, events, problem=problem)

    def _fc_before(self):
        """Return the record of the day before this one in the chain."""
        return self.search([("id", "<", self.id)], order="id desc", limit=1)

    def _fc_check_record(self, before):
        """Return what is wrong with the record of a day, None if nothing is."""
        if self.previous_digest != (before.digest or GENESIS):
            return "gap"
        if self.seal != seal_of_day(before.seal or GENESIS, self):
            return "record"
        state, state_before = (_RANKS.get(day.state, -1) for day in (self, before))
        if before and not (
            before.day < self.day
            and before.last_id < self.first_id
            and 0 <= state_before <= state
            and before.state != "open"
        ):
            return "record"
        return "record" if state < 0 else None

    def _fc_check_events(self, before):
        """Look at the events of a day.

        :return: (what is wrong or None, first event that does not fit, events seen)
        """
        if self.state == "removed":
            event_id = self._fc_first_event(before)
            return ("revived" if event_id else None), event_id, 0
        digest, seen = before.digest or GENESIS, 0
        if self.state == "expired":
            # Its first events may be gone: what is left must hold together.
            digest = None
        for events in pages(self.env.cr, before.last_id or BEFORE_ALL, self.last_id):
            for *event, seal in events:
                if digest and seal_of(digest, event) != seal:
                    return self._fc_kind(before), event[0], seen
                digest = seal
                seen += 1
        if self.state == "expired" and not seen:
            return None, None, 0
        if digest != self.digest:
            return "missing", self.last_id, seen
        return None, None, seen

    def _fc_kind(self, before):
        """Return what is wrong with a day whose events do not fit, by their number."""
        self.env.cr.execute(
            "SELECT count(*) FROM fusion_login_audit WHERE id > %s AND id <= %s",
            [before.last_id or BEFORE_ALL, self.last_id],
        )
        surplus = self.env.cr.fetchone()[0] - self.row_count
        if not surplus or self.state == "expired":
            return "changed"
        return "inserted" if surplus > 0 else "missing"

    def _fc_first_event(self, before):
        """Return the id of the first event in a day's range, None when it has none."""
        self.env.cr.execute(
            "SELECT min(id) FROM fusion_login_audit WHERE id > %s AND id <= %s",
            [before.last_id or BEFORE_ALL, self.last_id],
        )
        return self.env.cr.fetchone()[0]

    def _fc_check_end(self):
        """Look at the events behind the last day, which have no seal yet.

        :return: (how many there are, a :class:`Problem` or None)
        """
        last = self.search([], order="id desc", limit=1)
        self.env.cr.execute(
            """
            SELECT count(*), min(id) FILTER (WHERE seal IS NOT NULL)
              FROM fusion_login_audit
             WHERE id > %s
            """,
            [last.last_id or BEFORE_ALL],
        )
        count, sealed = self.env.cr.fetchone()
        return count, Problem(None, sealed, "gap") if sealed else None

    def _fc_note_outcome(self, kind, event_id):
        """Write the outcome of a verification; what was found in a day before its
        events were removed stays, for nobody can find it again.
        """
        if not kind and self.state == "removed" and self.verify_problem in _OF_EVENTS:
            kind, event_id = self.verify_problem, self.first_broken_id
        self.env.cr.execute(
            """
            UPDATE fusion_login_seal
               SET last_verified = %s, verify_state = %s, verify_problem = %s,
                   first_broken_id = %s
             WHERE id = %s
            """,
            [
                fields.Datetime.now(),
                "broken" if kind else "verified",
                kind,
                event_id,
                self.id,
            ],
            log_exceptions=False,
        )
        self.invalidate_recordset()

    # -- in the background -------------------------------------------------------------

    @api.model
    def _fc_cron_verify(self):
        """Verify the days that are due; all of them when none is.

        Commits after each day. A chain that is broken is logged as an error.
        """
        budget = Budget(self.env)
        if not self._fc_due():
            self._fc_apart(self.search([])._fc_mark_due)
        due = self._fc_due()
        for done, day in enumerate(due, start=1):
            self._fc_apart(day._fc_verify_day)
            commit_progress(self.env, 1, len(due) - done)
            if budget.is_spent and done < len(due):
                return
        self._fc_report()

    def _fc_due(self):
        return self.search([("verify_state", "=", "due")], order="id")

    def _fc_mark_due(self):
        """Have days verified by the cron."""
        self.env.cr.execute(
            "UPDATE fusion_login_seal SET verify_state = 'due' WHERE id = ANY(%s)",
            [self.ids],
            log_exceptions=False,
        )
        self.invalidate_recordset()

    def _fc_report(self):
        """Log what the verification of the whole chain came to."""
        problem = self._fc_check_end()[1]
        for day in self.search([("verify_state", "=", "broken")], order="id"):
            self._fc_log_problem(
                Problem(day.day, day.first_broken_id, day.verify_problem)
            )
        if problem:
            self._fc_log_problem(problem)

    def _fc_log_problem(self, problem):
        _logger.error(
            "fusion_login_audit: the chain of login events is broken: %s at event %s, "
            "day %s",
            problem.kind,
            problem.event_id,
            problem.day,
        )
        self._fc_alert(problem)

    def _fc_alert(self, problem):
        """Alert the administrators, once a cooldown for each day."""
        if not settings.switch(self.env, "alert_enabled"):
            return
        event = self.env["fusion.login.audit"].browse(problem.event_id).exists()
        facts = {"day": str(problem.day), "event": problem.event_id}
        about = {
            "id": event.id or None,
            "user_id": None,
            "attempted_login": False,
            "ip_address": None,
        }
        self.env["fusion.login.alert"]._fc_raise_safely(
            "broken_seal", Finding(str(problem.day), facts), about
        )

    # -- buttons -----------------------------------------------------------------------

    def action_verify(self):
        """Verify the chosen days: at once when they are small, else by the cron.

        :return: a notification with the outcome
        :raises AccessError: when the user may not read sealed days
        """
        self.check_access("read")
        return self._fc_verify_or_schedule(self)

    def action_verify_all(self):
        """Verify the whole chain: at once when it is small, else by the cron.

        :return: a notification with the outcome
        :raises AccessError: when the user may not read sealed days
        """
        self.check_access("read")
        return self._fc_verify_or_schedule(None)

    def action_open_broken(self):
        """Open the first event of a day that does not fit.

        :return: an action
        :raises UserError: when it is not there
        """
        self.ensure_one()
        if not self._fc_broken_event(self.first_broken_id):
            raise UserError(
                _(
                    "Event %(number)s is not there; the events beside it are.",
                    number=self.first_broken_id,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": _("Login Event"),
            "res_model": "fusion.login.audit",
            "res_id": self.first_broken_id,
            "view_mode": "form",
        }

    def _fc_verify_or_schedule(self, days):
        chosen = self.search([]) if days is None else days
        kept = chosen.filtered(lambda day: day.state != "removed")
        events = sum(kept.mapped("row_count"))
        if events <= EVENTS_AT_ONCE:
            return self._fc_tell(self._fc_verify(days))
        chosen._fc_mark_due()
        # Whoever may read the days may have them verified.
        self.env.ref("fusion_login_audit.cron_verify").sudo()._trigger()
        return self._fc_notification(
            "info",
            _(
                "Days: %(days)s, events: %(events)s. They are verified in the "
                "background; each day shows its outcome as soon as it is verified.",
                events=events,
                days=len(chosen),
            ),
        )

    def _fc_tell(self, result):
        """Return the notification of a verification's outcome."""
        if result.problem:
            return self._fc_tell_problem(result.problem)
        message = _(
            "The chain holds. Days verified: %(days)s, events: %(events)s.",
            events=result.events,
            days=result.days,
        )
        if result.unsealed:
            message += " " + _(
                "Newer events, not sealed yet: %(count)s.", count=result.unsealed
            )
        return self._fc_notification("success", message)

    def _fc_tell_problem(self, problem):
        kinds = dict(self._fields["verify_problem"]._description_selection(self.env))
        event = self._fc_broken_event(problem.event_id)
        link = {
            "label": _("Event %(number)s", number=problem.event_id),
            "url": f"/odoo/{event._name}/{event.id}",
        }
        message = _(
            "The chain is broken on %(day)s: %(problem)s. First at: %(event)s.",
            day=problem.day or _("no sealed day"),
            problem=kinds[problem.kind],
            event="%s" if event else link["label"],
        )
        return self._fc_notification("danger", message, [link] if event else [])

    def _fc_broken_event(self, event_id):
        return self.env["fusion.login.audit"].browse(event_id).exists()

    def _fc_notification(self, kind, message, links=()):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "title": _("Verification of Login Events"),
                "message": message,
                "links": list(links),
                "sticky": kind == "danger",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
