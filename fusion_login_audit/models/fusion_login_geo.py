"""The cache of places, and the cron that fills the places of events in from it.

One address is one step with commits of its own: it is claimed, asked for while no
transaction is open, written into the cache, and from there into the events. A run that
is killed leaves the cache ahead of the events, which the next one makes good.
"""

import logging
from datetime import datetime

import psycopg2

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..tools.finder import FAILED_FOR, Finder, Finding
from .compat import commit_progress

_logger = logging.getLogger(__name__)

STATES = [
    ("pending", "Pending"),
    ("again", "To look up again"),
    ("done", "Done"),
    ("private_ip", "Private address"),
    ("failed", "Failed"),
]
SOURCES = [
    ("geoip", "GeoIP database"),
    ("service", "Geo service"),
    ("private", "Private network"),
]
LAST_ERRORS = [
    ("address", "Not an address"),
    ("off", "Geo service switched off"),
    ("unknown", "Unknown to the geo service"),
    ("timeout", "No answer in time"),
    ("unreachable", "Geo service not reachable"),
    ("status", "Geo service in trouble"),
    ("answer", "Answer not understood"),
    ("other", "Other"),
]
LOCK_TIMEOUT = "2s"
#: Rows of one UPDATE, and so of one transaction.
SLICE = 5000
#: Events looked through for the oldest addresses, and addresses walked through when
#: these events are of too few.
_OLDEST_EVENTS = 20_000
_WALKED_ADDRESSES = 50_000
# Longer than a run, and over when the next one comes.
_CLAIM_MINUTES = 4
_PAUSED_UNTIL = "fusion_login_audit.geo_paused_until"
_VACUUM_LIMIT = 10_000


class FusionLoginGeo(models.Model):
    """Where an address is: the cache of look-ups, one row an address."""

    _name = "fusion.login.geo"
    _description = "Place of an Address"
    _rec_name = "ip_address"
    _order = "looked_up_at desc, id desc"
    # The time that matters is `looked_up_at`; nobody writes but the cron.
    _log_access = False

    ip_address = fields.Char("IP Address", size=45, required=True, readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="pending")
    source = fields.Selection(SOURCES, readonly=True)
    country_code = fields.Char(size=2, readonly=True)
    country_name = fields.Char("Country", size=64, readonly=True)
    city = fields.Char(size=128, readonly=True)
    geo_state = fields.Char("Region", size=64, readonly=True)
    ip_hostname = fields.Char("Host", size=255, readonly=True)
    latitude = fields.Float(digits=(8, 4), readonly=True, aggregator=None)
    longitude = fields.Float(digits=(8, 4), readonly=True, aggregator=None)
    looked_up_at = fields.Datetime("Looked Up", readonly=True)
    attempts = fields.Integer(
        readonly=True,
        aggregator=None,
        help="How often the geo service was asked in vain.",
    )
    next_try = fields.Datetime(
        readonly=True, help="The address is left alone before this time."
    )
    last_error = fields.Selection(LAST_ERRORS, "Reason", readonly=True)

    _sql_constraints = [
        (
            "ip_address_unique",
            "UNIQUE (ip_address)",
            "An address has one place.",
        ),
    ]

    def init(self):
        """Create the indexes of the worklist: addresses that wait, oldest event first.

        One of them is on the events; it stands here because only this cron reads it.
        """
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS fusion_login_audit_geo_ip_idx"
            " ON fusion_login_audit (ip_address varchar_pattern_ops, event_time)"
            " WHERE geo_lookup_state = 'pending'"
        )
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS fusion_login_geo_again_idx"
            " ON fusion_login_geo (id) WHERE state = 'again'"
        )

    def action_fc_retry(self):
        """Have the addresses among these that failed looked up again, by the cron.

        :return: action that says how many they are
        :raises AccessError: for others than Settings administrators
        :raises UserError: when none of them failed
        """
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(
                _("Only Settings administrators can have addresses looked up again.")
            )
        failed = self.filtered(lambda geo: geo.state == "failed")
        if not failed:
            raise UserError(_("None of these addresses failed."))
        # Administrators have no right to write places, and write none: they ask.
        failed.sudo().write({"state": "again", "attempts": 0, "next_try": False})
        self.env.ref("fusion_login_audit.cron_geo_enrich").sudo()._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": _(
                    "%(count)s addresses will be looked up again.", count=len(failed)
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _fc_cron_enrich(self):
        """Find the places of the addresses of new events, `geo_batch` of them a run."""
        finder = Finder(self.env, self._fc_paused_until())
        self._fc_reopen(finder)
        claimed = self._fc_claim_batch(finder.batch)
        waiting = list(claimed)
        while waiting and finder.has_time():
            self._fc_enrich(finder, waiting.pop(0))
        if waiting:
            self._fc_apart(self._fc_release, waiting)
        # Asking is paced by the cron's interval; what costs nothing goes on at once.
        is_free = not finder.asked and not finder.is_stopped
        remaining = finder.batch if is_free and len(claimed) == finder.batch else 0
        commit_progress(self.env, len(claimed) - len(waiting), remaining)

    @api.autovacuum
    def _fc_gc(self):
        """Remove addresses that no event has any more."""
        self.env.cr.execute(
            """
            DELETE FROM fusion_login_geo WHERE id IN (
                SELECT id FROM fusion_login_geo geo
                 WHERE COALESCE(looked_up_at, next_try, '-infinity') < %s
                   AND NOT EXISTS (SELECT FROM fusion_login_audit audit
                                    WHERE audit.ip_address = geo.ip_address)
                 LIMIT %s)
            """,
            [fields.Datetime.now() - FAILED_FOR, _VACUUM_LIMIT],
        )

    # One address

    def _fc_enrich(self, finder, known):
        """Find the place of one claimed address and fill it in.

        :param finder: the run's :class:`Finder`
        :param dict known: the address's row of the cache
        """
        paused_until = finder.paused_until
        # No transaction is open here, so none is held while others are asked.
        finding = finder.find(known)
        if finder.paused_until != paused_until:
            self._fc_apart(self._fc_pause, finder.paused_until)
        self._fc_apart(self._fc_store, known["id"], finding)
        if finding.state != "pending":
            self._fc_slices(finder, self._fc_fill_in, known["ip_address"], finding)

    def _fc_store(self, geo_id, finding):
        """Write what was found into the cache, and end the claim."""
        values = {"next_try": finding.next_try}
        if not finding.is_cached:
            values |= _values(finding)
        self.env.cr.execute(
            SQL(
                "UPDATE fusion_login_geo SET %s WHERE id = %s",
                _assignments(values),
                geo_id,
            ),
            log_exceptions=False,
        )

    def _fc_fill_in(self, since, ip_address, finding):
        """Fill the place into the next slice of an address's events.

        :return: as :meth:`_fc_update_events`
        """
        values = {
            "geo_lookup_state": finding.state,
            "country_code": finding.place.country_code or None,
            "country_name": finding.place.country_name or None,
            "city": finding.place.city or None,
            "geo_state": finding.place.geo_state or None,
            "ip_hostname": finding.host or None,
        }
        rows = self._fc_update_events(since, ip_address, "pending", values)
        if finding.state == "done":
            placed = [row_id for _time, row_id, result in rows if result == "success"]
            self._fc_tell_alerts(placed)
        return rows

    def _fc_tell_alerts(self, row_ids):
        """Have the alerts on places evaluated; their failure is not ours."""
        if not row_ids:
            return
        try:
            with self.env.cr.savepoint():
                self.env["fusion.login.alert"]._fc_evaluate_place(row_ids)
        except Exception:
            _logger.exception("No alert could be raised for the places of %s", row_ids)

    def _fc_update_events(self, since, ip_address, state, values):
        """Change the next slice of an address's events in a state, oldest first.

        Rows that another transaction holds, such as retention's, are left out. The
        address is a range of one, which leads the planner to the index of addresses
        however frequent the address is.

        :param since: time of the last event of the slice before
        :return: list of (event_time, id, result), oldest first
        """
        self.env.cr.execute(
            SQL(
                """
                WITH slice AS (
                    SELECT id FROM fusion_login_audit
                     WHERE ip_address ~>=~ %(ip)s AND ip_address ~<=~ %(ip)s
                       AND geo_lookup_state = %(state)s AND event_time >= %(since)s
                     ORDER BY ip_address USING ~<~, event_time LIMIT %(slice)s
                       FOR NO KEY UPDATE SKIP LOCKED
                )
                UPDATE fusion_login_audit audit SET %(values)s
                  FROM slice WHERE audit.id = slice.id
                RETURNING audit.event_time, audit.id, audit.result
                """,
                ip=ip_address,
                state=state,
                since=since,
                slice=SLICE,
                values=_assignments(values),
            ),
            log_exceptions=False,
        )
        return sorted(self.env.cr.fetchall())

    # Transactions

    def _fc_apart(self, write, *arguments):
        """Run a write in a transaction of its own.

        :return: what it returns; None when another transaction is in its way, and what
            it would have written is left to the next run
        """
        cr = self.env.cr
        try:
            cr.execute("SET LOCAL lock_timeout TO %s", [LOCK_TIMEOUT])
            result = write(*arguments)
            cr.commit()  # pylint: disable=invalid-commit
            return result
        except psycopg2.OperationalError as error:
            cr.rollback()
            _logger.info("Left to the next run: %s", type(error).__name__)
            return None

    def _fc_slices(self, finder, write, *arguments):
        """Run a write on slices of events, each in a transaction of its own.

        :param finder: the run's :class:`Finder`, which knows when time is over
        :param write: takes the time since when, and the arguments; returns the slice
        :return: whether none is left
        """
        since = datetime.min
        while finder.has_time():
            rows = self._fc_apart(write, since, *arguments)
            if rows is None or len(rows) < SLICE:
                return rows is not None
            since = rows[-1][0]
        return False

    # The worklist

    def _fc_claim_batch(self, limit):
        """Claim the addresses that have waited longest.

        :param int limit: how many
        :return: list of dict, their rows of the cache
        """
        for _attempt in range(3):
            claimed = self._fc_apart(self._fc_claim, limit)
            if claimed is not None:
                return claimed
        return []

    def _fc_claim(self, limit):
        addresses = self._fc_oldest(limit)
        if len(addresses) < limit:
            addresses = [*dict.fromkeys(addresses + self._fc_walk(limit))][:limit]
        if not addresses:
            return []
        now = fields.Datetime.now()
        # In one order, so that two workers wait for each other rather than deadlock.
        self.env.cr.execute(
            """
            INSERT INTO fusion_login_geo AS geo (ip_address, state, attempts, next_try)
            SELECT ip_address, 'pending', 0, %(claimed_until)s
              FROM unnest(%(addresses)s) ip_address ORDER BY ip_address
                ON CONFLICT (ip_address) DO UPDATE SET next_try = EXCLUDED.next_try
             WHERE geo.next_try IS NULL OR geo.next_try <= %(now)s
            RETURNING geo.*
            """,
            {
                "addresses": addresses,
                "claimed_until": fields.Datetime.add(now, minutes=_CLAIM_MINUTES),
                "now": now,
            },
            log_exceptions=False,
        )
        claimed = {row["ip_address"]: row for row in self.env.cr.dictfetchall()}
        return [claimed[address] for address in addresses if address in claimed]

    def _fc_oldest(self, limit):
        """Return the addresses of the oldest events that wait for nothing but us."""
        self.env.cr.execute(
            """
            WITH oldest AS MATERIALIZED (
                SELECT ip_address, event_time FROM fusion_login_audit
                 WHERE geo_lookup_state = 'pending' AND ip_address IS NOT NULL
                 ORDER BY event_time LIMIT %(events)s
            )
            SELECT ip_address FROM oldest
             WHERE NOT EXISTS (SELECT FROM fusion_login_geo geo
                                WHERE geo.ip_address = oldest.ip_address
                                  AND geo.next_try > %(now)s)
             GROUP BY ip_address ORDER BY min(event_time), ip_address LIMIT %(limit)s
            """,
            {"events": _OLDEST_EVENTS, "now": fields.Datetime.now(), "limit": limit},
            log_exceptions=False,
        )
        return [address for (address,) in self.env.cr.fetchall()]

    def _fc_walk(self, limit):
        """Return the same by going from address to address in the index.

        However many events one address has, this takes one step for it: what waits for
        its retry blocks nothing behind it.
        """
        self.env.cr.execute(
            """
            WITH RECURSIVE walk AS (
                (SELECT ip_address, event_time FROM fusion_login_audit
                  WHERE geo_lookup_state = 'pending'
                  ORDER BY ip_address USING ~<~, event_time LIMIT 1)
                UNION ALL
                SELECT later.* FROM walk, LATERAL (
                    SELECT ip_address, event_time FROM fusion_login_audit
                     WHERE geo_lookup_state = 'pending'
                       AND ip_address ~>~ walk.ip_address
                     ORDER BY ip_address USING ~<~, event_time LIMIT 1) later
            )
            SELECT ip_address FROM (SELECT * FROM walk LIMIT %(walked)s) walk
             WHERE ip_address IS NOT NULL
               AND NOT EXISTS (SELECT FROM fusion_login_geo geo
                                WHERE geo.ip_address = walk.ip_address
                                  AND geo.next_try > %(now)s)
             ORDER BY event_time, ip_address LIMIT %(limit)s
            """,
            {"walked": _WALKED_ADDRESSES, "now": fields.Datetime.now(), "limit": limit},
            log_exceptions=False,
        )
        return [address for (address,) in self.env.cr.fetchall()]

    def _fc_release(self, claimed):
        """End the claims on addresses that there was no time for."""
        self.env.cr.execute(
            "UPDATE fusion_login_geo SET next_try = NULL WHERE id = ANY(%s)",
            [[known["id"] for known in claimed]],
            log_exceptions=False,
        )

    def _fc_reopen(self, finder):
        """Let the events of addresses that are to be looked up again wait once more."""
        again = self._fc_apart(self._fc_again)
        for geo_id, ip_address in again or []:
            if self._fc_slices(finder, self._fc_reopen_events, ip_address):
                self._fc_apart(self._fc_store, geo_id, Finding("pending"))

    def _fc_again(self):
        self.env.cr.execute(
            "SELECT id, ip_address FROM fusion_login_geo"
            " WHERE state = 'again' ORDER BY id LIMIT 100",
            log_exceptions=False,
        )
        return self.env.cr.fetchall()

    def _fc_reopen_events(self, since, ip_address):
        values = {"geo_lookup_state": "pending"}
        return self._fc_update_events(since, ip_address, "failed", values)

    # The service's pause. It is no setting that workers may cache, so SQL reads it.

    def _fc_paused_until(self):
        """Return until when the service wants to be left alone, or None."""
        self.env.cr.execute(
            "SELECT value FROM ir_config_parameter WHERE key = %s", [_PAUSED_UNTIL]
        )
        (value,) = self.env.cr.fetchone() or (None,)
        try:
            return fields.Datetime.to_datetime(value)
        except ValueError:
            return None

    def _fc_pause(self, until):
        self.env.cr.execute(
            """
            INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)
                ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value
            """,
            [_PAUSED_UNTIL, fields.Datetime.to_string(until)],
            log_exceptions=False,
        )


def _values(finding):
    """Return the columns of the cache that a finding changes."""
    values = {
        "state": finding.state,
        "attempts": finding.attempts,
        "last_error": finding.error,
    }
    if finding.state != "pending":
        values["looked_up_at"] = fields.Datetime.now()
        values["ip_hostname"] = finding.host
    if finding.place.country_code:
        values |= finding.place._asdict() | {"source": finding.source}
    return {name: None if value == "" else value for name, value in values.items()}


def _assignments(values):
    return SQL(", ").join(
        SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()
    )
