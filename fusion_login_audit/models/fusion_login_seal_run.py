"""Sealing: which events are complete, and how the chain grows.

Ids come from a sequence, so an event can be committed after one with a larger id. If
the larger one were sealed first, the late one would look like an insertion of later.
Three steps rule that out, without trusting any clock:

1. Take a horizon, an id that has been handed out: so has every smaller one.
2. Who is handed an id holds the table's ROW EXCLUSIVE lock since before that, and
   until the transaction ends. Wait for all those who hold it now.
3. A transaction that begins thereafter sees each event below the horizon that there
   will ever be. Seal those.

When somebody still writes after `_PATIENCE` seconds (a login's transaction lasts
milliseconds, its statements a second at most), nothing is sealed in this run.

The horizon keeps a distance as well. Events of the last minutes wait until they have a
place, so that the two crons do not change one event at once. Those that are recorded
once an hour wait until their hour is over: inserting a second one finds the first
through `hour_key`, and would have to wait for whoever is changing it.
"""

import logging
import math
import time
from datetime import timedelta

from psycopg2 import errors

from odoo import api, fields, models

from .compat import commit_progress
from .fusion_login_seal_chain import GENESIS, Chain, Day, page

_logger = logging.getLogger("odoo.addons.fusion_login_audit.seal")

HORIZON = timedelta(minutes=5)
# Less than any id; the column is an integer of 32 bits.
BEFORE_ALL = -(2**31) - 1
# Key of the advisory lock of whoever changes the chain.
_LOCK = 0x6C6F67696E  # "login"
_LOCK_TIMEOUT = "500ms"  # before the database looks for deadlocks: we are who yields
_CONFLICTS = (
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.SerializationFailure,
)
_TRIES = 5
_PATIENCE = 5
_RUN_SECONDS = 10

_YOUNGEST = """
    SELECT coalesce(
        (SELECT min(id)
           FROM (SELECT id
                   FROM fusion_login_audit
                  WHERE event_time >= %(hour)s
                    AND event_time <= %(ahead)s
                    AND (event_time > %(young)s OR hour_key IS NOT NULL)
                 OFFSET 0) young),
        (SELECT max(id) + 1 FROM fusion_login_audit)
    )
"""
_WRITERS = """
    SELECT virtualtransaction
      FROM pg_locks
     WHERE relation = 'fusion_login_audit'::regclass
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND mode = 'RowExclusiveLock'
       AND granted
       AND pid IS DISTINCT FROM pg_backend_pid()
"""
_DAY_COLUMNS = "day, first_id, last_id, row_count, digest, previous_digest, seal, state"
_LAST_DAYS = f"""
    SELECT {_DAY_COLUMNS}, id FROM fusion_login_seal ORDER BY id DESC LIMIT 2
"""
_INSERT_DAY = f"""
    INSERT INTO fusion_login_seal ({_DAY_COLUMNS})
    VALUES (%(day)s, %(first_id)s, %(last_id)s, %(row_count)s, %(digest)s,
            %(previous_digest)s, %(seal)s, %(state)s)
"""
_UPDATE_DAY = """
    UPDATE fusion_login_seal
       SET last_id = %(last_id)s, row_count = %(row_count)s, digest = %(digest)s,
           seal = %(seal)s, state = %(state)s
     WHERE id = %(record_id)s
"""


class ChainBusy(Exception):
    """Another worker is changing the chain."""


class Budget:
    """How long a cron goes on before it gives the other crons a turn.

    Called by hand, it works to the end.
    """

    def __init__(self, env):
        limited = env.context.get("ir_cron_progress_id")
        self._end = time.monotonic() + _RUN_SECONDS if limited else math.inf

    @property
    def is_spent(self):
        """Whether it is time to stop."""
        return time.monotonic() >= self._end


class FusionLoginSeal(models.Model):
    _inherit = "fusion.login.seal"

    @api.model
    def _fc_cron_seal(self):
        """Seal the events that are complete, and close the day that is over.

        Commits a page at a time: a run that is killed is taken up by the next.
        """
        self._fc_seal_events(Budget(self.env))

    def _fc_seal_events(self, budget):
        """Seal every event that is complete.

        :param Budget budget: how long it may take
        :return: whether none is left
        """
        horizon = self._fc_complete_below()
        if horizon is None:
            return False
        try:
            if not self._fc_seal_pages(horizon, budget):
                return False
            self._fc_log_sealed(self._fc_apart(self._fc_close_day))
        except ChainBusy:
            _logger.info("fusion_login_audit: another worker is sealing")
            return False
        commit_progress(self.env, 0, 0)
        return True

    def _fc_seal_pages(self, horizon, budget):
        """Seal page after page; return whether no event below the horizon is left."""
        while True:
            count, last_id, closed = self._fc_apart(self._fc_seal_page, horizon)
            if not count:
                return True
            self._fc_log_sealed(closed)
            commit_progress(self.env, count, max(horizon - 1 - last_id, 0))
            if budget.is_spent:
                return False

    def _fc_apart(self, step, *args):
        """Run a step in a transaction of its own, again when others were in the way.

        :param callable step: what is done; it must begin from the database's state
        :return: what the step returns
        :raises ChainBusy: when another worker changes the chain
        """
        for attempt in range(_TRIES):
            try:
                result = step(*args)
                # Work that is done must survive a later page's failure.
                self.env.cr.commit()  # pylint: disable=invalid-commit
                return result
            except _CONFLICTS:
                self.env.cr.rollback()
                if attempt == _TRIES - 1:
                    raise

    def _fc_lock(self):
        """Keep other workers from the chain until the transaction ends.

        :raises ChainBusy: when one of them was first
        """
        self.env.cr.execute(
            "SELECT set_config('lock_timeout', %s, true),"
            " pg_try_advisory_xact_lock(%s)",
            [_LOCK_TIMEOUT, _LOCK],
        )
        if not self.env.cr.fetchone()[1]:
            raise ChainBusy()

    # -- which events are complete -----------------------------------------------------

    def _fc_complete_below(self):
        """Return the id below which every event is there; see the top of this file.

        :return: int; None when somebody has been writing for too long
        """
        horizon = self._fc_horizon()
        unfinished = self._fc_await(self._fc_writers())
        # The next transaction is to see what the writers wrote.
        self.env.cr.commit()  # pylint: disable=invalid-commit
        if unfinished:
            _logger.warning(
                "fusion_login_audit: nothing was sealed, for transactions that write "
                "login events have not ended: %s",
                ", ".join(sorted(unfinished)),
            )
            return None
        return horizon

    def _fc_horizon(self):
        """Return the smallest id that is too young to be sealed.

        :return: int, one more than the largest id when none is
        """
        now = fields.Datetime.now()
        young = now - HORIZON
        # A time far ahead comes from a clock gone wrong and tells nothing.
        self.env.cr.execute(
            _YOUNGEST,
            {
                "hour": young.replace(minute=0, second=0, microsecond=0),
                "young": young,
                "ahead": now + HORIZON,
            },
        )
        return self.env.cr.fetchone()[0] or BEFORE_ALL

    def _fc_writers(self):
        """Return the transactions, besides this one, that may have inserted events."""
        self.env.cr.execute(_WRITERS)
        return {transaction for (transaction,) in self.env.cr.fetchall()}

    def _fc_await(self, writers):
        """Wait for transactions to end, though not for ever.

        :return: those that have not
        """
        deadline = time.monotonic() + _PATIENCE
        while writers and time.monotonic() < deadline:
            time.sleep(0.02)
            writers = writers & self._fc_writers()
        return writers

    # -- how the chain grows -----------------------------------------------------------

    def _fc_seal_page(self, horizon):
        """Seal the next events below the horizon.

        :return: (how many, id of the last, days that ended with them)
        """
        self._fc_lock()
        last = self._fc_last_day()
        after = last.last_id if last else BEFORE_ALL
        events = page(self.env.cr, after, horizon - 1)
        if not events:
            return 0, after, []
        chain = Chain(last, fields.Datetime.now().date())
        self._fc_store_seals({event[0]: chain.add(event) for *event, _seal in events})
        self._fc_store_days(chain.changed)
        closed = [day for day in chain.changed if not day.is_open]
        return len(events), events[-1][0], closed

    def _fc_close_day(self):
        """Close the last day when it is over and all its events are sealed.

        :return: the days that were closed
        """
        self._fc_lock()
        last = self._fc_last_day()
        if not last or not last.is_open:
            return []
        if last.day >= (fields.Datetime.now() - HORIZON).date():
            return []
        last.is_open = False
        self._fc_store_days([last])
        return [last]

    def _fc_last_day(self):
        """Return the last :class:`Day` of the chain; None when there is none."""
        self.env.cr.execute(_LAST_DAYS)
        found = self.env.cr.fetchall()
        if not found:
            return None
        *facts, _seal, state, record_id = found[0]
        previous_seal = found[1][6] if len(found) > 1 else GENESIS
        return Day(*facts, previous_seal, state == "open", record_id)

    def _fc_store_seals(self, seals):
        """Write the seals of events that have none.

        A seal that an event already has is left as evidence: *Verify* names the event.

        :param dict seals: seals by event id
        """
        self.env.cr.execute(
            """
            UPDATE fusion_login_audit event
               SET seal = new.seal
              FROM unnest(%s::integer[], %s::text[]) AS new (id, seal)
             WHERE event.id = new.id AND event.seal IS NULL
            """,
            [list(seals), list(seals.values())],
            log_exceptions=False,
        )
        if self.env.cr.rowcount < len(seals):
            _logger.error(
                "fusion_login_audit: events up to %s had seals before they were sealed",
                max(seals),
            )

    def _fc_store_days(self, days):
        for day in days:
            facts = {**vars(day), "seal": day.seal}
            facts["state"] = "open" if day.is_open else "sealed"
            self.env.cr.execute(
                _UPDATE_DAY if day.record_id else _INSERT_DAY,
                facts,
                log_exceptions=False,
            )

    def _fc_log_sealed(self, days):
        """Log finished days, for the log to be kept where the database is not."""
        for day in days:
            _logger.info(
                "fusion_login_audit: %s is sealed: %s events, %s to %s, "
                "digest %s, seal %s",
                day.day,
                day.row_count,
                day.first_id,
                day.last_id,
                day.digest,
                day.seal,
            )
