"""Sealing and retention of a large table, while logins go on writing into it."""

import statistics
import threading
import time
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

from odoo.addons.fusion_login_audit.models.fusion_login_seal_chain import pages
from odoo.addons.fusion_login_audit.models.fusion_login_seal_retention import SLICE_ROWS
from odoo.addons.fusion_login_audit.models.fusion_login_seal_run import Budget
from odoo.addons.fusion_login_audit.tools.client import Client
from odoo.addons.fusion_login_audit.tools.record import Event, insert

from login_audit.dataset import DAYS

SLICE_LIMIT_MS = 300
# Days of which seals are computed; the first of them reach the end of their time.
SEALED_DAYS = 4
EXPIRED_DAYS = 3
_PAUSE_SECONDS = 0.01
_BASELINE_SECONDS = 5
_BARE_DELETES = 15
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36"

# The days between need a record, not a digest: nobody verifies them here.
_BRIDGE = """
    INSERT INTO fusion_login_seal (
        day, first_id, last_id, row_count, digest, previous_digest, seal, state)
    SELECT event_time::date, min(id), max(id), count(*), repeat('0', 64),
           repeat('0', 64), repeat('0', 64), 'sealed'
      FROM fusion_login_audit
     WHERE id >= %s AND event_time < localtimestamp - interval '1 day'
     GROUP BY event_time::date
    HAVING event_time::date < (localtimestamp - interval '1 day')::date
     ORDER BY event_time::date
"""


def measure(env):
    """Yield the speed of sealing, and what a slice of retention costs whom."""
    seals = env["fusion.login.seal"]
    yield _seal(seals)
    idle = Logins(env)
    with idle.going_on():
        time.sleep(_BASELINE_SECONDS)
    bare = _bare_deletes(env)
    _bridge(env)
    keep = f"{DAYS - EXPIRED_DAYS}"
    env["ir.config_parameter"].set_param("fusion_login_audit.retention_days", keep)
    env.cr.commit()
    busy, steps = Logins(env), Steps(seals)
    with busy.going_on(), steps.timed():
        seals._fc_cron_retention()
    slices = steps.times["_fc_delete_slice"]
    for name, choose in (("median", statistics.median), ("longest", max)):
        yield {
            "name": f"retention, a slice of {SLICE_ROWS}, {name} of {len(slices)}",
            "value": choose(slices),
            "unit": "ms",
            "baseline": choose(bare),
            "limit": SLICE_LIMIT_MS,
        }
    yield from _latencies(busy.times, idle.times)


def _seal(seals):
    """Seal the first days; the baseline is reading the same events."""
    env = seals.env
    env.cr.execute(
        "SELECT min(id), max(id) FROM fusion_login_audit WHERE event_time <"
        " (SELECT min(event_time)::date + %s FROM fusion_login_audit)",
        [SEALED_DAYS],
    )
    first, last = env.cr.fetchone()
    read = _seconds(lambda: sum(map(len, pages(env.cr, first - 1, last))))
    sealed = _seconds(lambda: seals._fc_seal_pages(last + 1, Budget(env)))
    count = last - first + 1
    return {
        "name": f"sealing {count} events",
        "value": count / sealed,
        "unit": "1/s",
        "baseline": count / read,
    }


def _bare_deletes(env):
    """Return the times of deletions of a slice by nothing but SQL, undone again."""
    times = []
    for number in range(_BARE_DELETES):
        env.cr.execute(
            "SELECT min(id) + %s FROM fusion_login_audit",
            [(number + 100) * SLICE_ROWS],
        )
        first = env.cr.fetchone()[0]
        statement = "DELETE FROM fusion_login_audit WHERE id >= %s AND id < %s"
        values = [first, first + SLICE_ROWS]
        times.append(
            1000 * _seconds(partial(env.cr.execute, statement, values)),
        )
        env.cr.rollback()
    return times


def _bridge(env):
    """Close the last sealed day, and give the days after it records of their own."""
    env.cr.execute("UPDATE fusion_login_seal SET state = 'sealed'")
    env.cr.execute("SELECT max(last_id) + 1 FROM fusion_login_seal")
    env.cr.execute(_BRIDGE, env.cr.fetchone())
    env.cr.commit()


def _latencies(busy, idle):
    """Yield what a login waited for its row, beside the same without retention."""
    for name, choose in (
        ("median", statistics.median),
        ("99th percentile", lambda times: sorted(times)[len(times) * 99 // 100]),
        ("longest", max),
    ):
        yield {
            "name": f"a login's row during retention, {name} of {len(busy)}",
            "value": choose(busy),
            "unit": "ms",
            "baseline": choose(idle),
        }


def _seconds(call):
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


class Steps:
    """Times the transactions of the seals' crons, commit included, by their name.

    :param seals: the model
    """

    def __init__(self, seals):
        self._model = type(seals)
        self.times = {}

    @contextmanager
    def timed(self):
        """Time every step while the block runs."""
        step_apart = self._model._fc_apart

        def timed_apart(seals, step, *args):
            started = time.perf_counter()
            try:
                return step_apart(seals, step, *args)
            finally:
                elapsed = 1000 * (time.perf_counter() - started)
                self.times.setdefault(step.__name__, []).append(elapsed)

        with patch.object(self._model, "_fc_apart", timed_apart):
            yield


class Logins:
    """Writes rows of logins from a thread, on cursors of their own, and times each.

    :param env: an environment of the database
    """

    def __init__(self, env):
        self._registry = env.registry
        self._end = threading.Event()
        self.times = []

    @contextmanager
    def going_on(self):
        """Write while the block runs."""
        thread = threading.Thread(target=self._write)
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()

    def _write(self):
        while not self._end.wait(_PAUSE_SECONDS):
            event = Event("success", "admin", Client("203.0.113.9", _AGENT))
            started = time.perf_counter()
            with self._registry.cursor() as cr:
                insert(cr, event)
            self.times.append(1000 * (time.perf_counter() - started))
