"""Retention: whole sealed days go when their time is over; what they prove stays.

A day is marked as expired, its events are deleted in slices, and it is marked as
removed, each in a transaction of its own, so that a run that is killed is taken up
where it stopped. A slice locks the rows it deletes and nothing else; no login refers to
rows of the past, so none has to wait for it.
"""

import logging
from datetime import date

from odoo import api, fields, models

from ..tools import settings
from .compat import commit_progress
from .fusion_login_seal_run import BEFORE_ALL, Budget, ChainBusy

_logger = logging.getLogger("odoo.addons.fusion_login_audit.seal")

# How many events a transaction deletes. Among 5,000,000 that takes 20 ms, and seldom
# twice as long.
SLICE_ROWS = 2000

_DELETE = """
    WITH slice AS (
        SELECT max(id) AS last
          FROM (SELECT id
                  FROM fusion_login_audit
                 WHERE id > %(after)s AND id <= %(last)s
                 ORDER BY id
                 LIMIT %(rows)s) ids
    ), deleted AS (
        DELETE FROM fusion_login_audit
         WHERE id > %(after)s AND id <= (SELECT last FROM slice)
        RETURNING id
    )
    SELECT count(*), max(id) FROM deleted
"""


class FusionLoginSeal(models.Model):
    _inherit = "fusion.login.seal"

    @api.model
    def _fc_cron_retention(self):
        """Remove the days that are wholly older than the retention period.

        The period is the setting `retention_days`; 0 keeps events for ever. What is not
        sealed is sealed first; while that fails, nothing is removed.

        :raises Exception: what kept events from being sealed
        """
        cutoff = self._fc_cutoff()
        if not cutoff:
            return
        budget = Budget(self.env)
        if not self._fc_seal_first(budget):
            return
        try:
            self._fc_remove_days(cutoff, budget)
        except ChainBusy:
            _logger.info("fusion_login_audit: another worker is at the sealed days")

    def _fc_cutoff(self):
        """Return the first UTC date that is kept; None when every day is."""
        days = settings.whole(self.env, "retention_days")
        ordinal = fields.Datetime.now().toordinal() - days
        return date.fromordinal(ordinal) if days and ordinal > 0 else None

    def _fc_seal_first(self, budget):
        """Seal what is not sealed yet; return whether days may be removed."""
        try:
            complete = self._fc_seal_events(budget)
        except Exception:
            _logger.error(
                "fusion_login_audit: events could not be sealed; none is removed"
            )
            raise
        if not complete:
            _logger.warning(
                "fusion_login_audit: not all events are sealed yet; none is removed"
            )
        return complete

    def _fc_remove_days(self, cutoff, budget):
        """Remove expired days, oldest first, until all are gone or time is up."""
        expired = self.search(
            [("state", "in", ("sealed", "expired")), ("day", "<", cutoff)], order="id"
        )
        for day in expired:
            if day.state == "sealed":
                self._fc_apart(day._fc_expire)
            if not day._fc_remove_events(budget):
                return
            self._fc_apart(day._fc_mark_removed)
        commit_progress(self.env, len(expired), 0)

    def _fc_expire(self):
        """Verify a day for the last time and mark it as expired."""
        self._fc_lock()
        problem = self._fc_verify_day().problem
        if problem:
            _logger.error(
                "fusion_login_audit: %s is removed though it is broken: %s, event %s",
                self.day,
                problem.kind,
                problem.event_id,
            )
        self._fc_change_state("sealed", "expired")

    def _fc_remove_events(self, budget):
        """Delete the events of an expired day; return whether none is left."""
        after = self._fc_before().last_id or BEFORE_ALL
        last, left = self.last_id, self.row_count
        while True:
            count, after = self._fc_apart(self._fc_delete_slice, after, last)
            if not count:
                return True
            left = max(left - count, 1)
            commit_progress(self.env, count, left)
            if budget.is_spent:
                return False

    def _fc_delete_slice(self, after, last):
        """Delete the next events of a range of ids.

        :param int after: id before the range
        :param int last: last id of the range
        :return: (how many, id of the last)
        """
        self._fc_lock()
        self.env.cr.execute(
            _DELETE,
            {"after": after, "last": last, "rows": SLICE_ROWS},
            log_exceptions=False,
        )
        return self.env.cr.fetchone()

    def _fc_mark_removed(self):
        """Mark a day as removed; its record keeps what it proves."""
        self._fc_lock()
        if not self._fc_change_state("expired", "removed"):
            return
        _logger.info(
            "fusion_login_audit: the %s events of %s are removed; digest %s, seal %s",
            self.row_count,
            self.day,
            self.digest,
            self.seal,
        )

    def _fc_change_state(self, old, new):
        """Change the state of a day; return whether it was the old one."""
        removed = fields.Datetime.now() if new == "removed" else None
        self.env.cr.execute(
            "UPDATE fusion_login_seal SET state = %s, removed_time = %s"
            " WHERE id = %s AND state = %s",
            [new, removed, self.id, old],
            log_exceptions=False,
        )
        self.invalidate_recordset()
        return bool(self.env.cr.rowcount)
