"""The rules that are looked at when somebody logs in, or fails to.

This runs inside the login path, after the event is committed: a handful of indexed
queries, none for a rule that is off, and limits on how long any may take.

Successes of API keys say nothing of guessed passwords, and come when machines run: they
neither end a burst nor follow one, and know no working hours. That a key is used in a
new country, or brings an unused account to life, does count.
"""

import logging
from datetime import timedelta

import pytz

from odoo import api, models
from odoo.tools import SQL

from ..tools import settings
from ..tools.client import INTERNAL_ADDRESS
from .fusion_login_alert import Finding

_logger = logging.getLogger("odoo.addons.fusion_login_audit")

AT_LOGIN = {
    "failure": ("failure_burst", "spraying"),
    "success": ("after_burst", "never_used", "off_hours"),
}
_LOCK_TIMEOUT = "200ms"
_STATEMENT_TIMEOUT = "1s"
# Odoo logs a login when the password is right; a second factor may take a while.
_SAME_LOGIN = timedelta(hours=1)
# The newest failures of an address that are looked at, however many it sends.
_SPRAYING_ROWS = 1000
# Counted at most, for the text of a repeated alert.
_REPEATED_ROWS = 10_000


class FusionLoginAlert(models.Model):
    _inherit = "fusion.login.alert"

    @api.model
    def _fc_evaluate(self, row_id):
        """Look whether a new login event calls for an alert.

        :param int row_id: id of the committed row; the transaction must have begun
            after that commit, so that of parallel logins the last one sees all
        :return: the alerts raised
        """
        alerts = self.browse()
        if not settings.switch(self.env, "alert_enabled"):
            return alerts
        self._fc_limit_waiting()
        event = self._fc_read_event(row_id)
        for kind in AT_LOGIN.get(event.get("result"), ()):
            alerts += self._fc_apply_rule(kind, event)
        self._fc_lift_limits()
        return alerts

    def _fc_limit_waiting(self):
        self.env.cr.execute(
            "SELECT set_config('lock_timeout', %s, true),"
            " set_config('statement_timeout', %s, true)",
            [_LOCK_TIMEOUT, _STATEMENT_TIMEOUT],
        )

    def _fc_lift_limits(self):
        """End the limits by hand: under a test, the transaction goes on."""
        self.env.cr.execute(
            "SET LOCAL lock_timeout TO DEFAULT; SET LOCAL statement_timeout TO DEFAULT"
        )

    def _fc_read_event(self, row_id):
        """Return an event with what the rules need to know of its user.

        :return: dict, empty when the row is gone
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT event.id, event.user_id, event.attempted_login, event.result,
                       event.event_time, event.ip_address,
                       event.auth_method = 'apikey' AS by_key,
                       event.hour_key IS NOT NULL AS hourly,
                       users.create_date AS user_since, users.share, partner.tz
                  FROM fusion_login_audit event
             LEFT JOIN res_users users ON users.id = event.user_id
             LEFT JOIN res_partner partner ON partner.id = users.partner_id
                 WHERE event.id = %s
                """,
                row_id,
            )
        )
        return self.env.cr.dictfetchone() or {}

    def _fc_apply_rule(self, kind, event):
        """Apply one rule; what goes wrong with it does not stop the others.

        :return: the alert, or nothing
        """
        if not self._fc_is_watched(kind):
            return self.browse()
        finding = getattr(self, f"_fc_find_{kind}")(event)
        return self._fc_raise_safely(kind, finding, event) if finding else self.browse()

    def _fc_raise_safely(self, kind, finding, event):
        """Raise an alert; what goes wrong with it is logged and stops no other.

        :return: the alert, or nothing
        """
        try:
            return self._fc_raise(kind, finding, event)
        except Exception:
            _logger.exception(
                "fusion_login_audit: the alert %s of event %s failed", kind, event["id"]
            )
            return self.browse()

    def _fc_is_watched(self, kind):
        """Tell whether a kind is switched on. The threshold is the switch of bursts."""
        if kind in ("failure_burst", "after_burst") and not self._fc_threshold():
            return False
        return kind == "failure_burst" or settings.switch(self.env, f"alert_{kind}")

    def _fc_threshold(self):
        return settings.whole(self.env, "alert_threshold")

    def _fc_window(self):
        return timedelta(minutes=settings.number(self.env, "alert_window_min"))

    # -- failures ----------------------------------------------------------------------

    def _fc_find_failure_burst(self, event):
        """Failures in a row for one login: as many as the threshold, in the window."""
        if not self._fc_is_streak(
            event, SQL("(result = 'failure' OR auth_method != 'apikey')")
        ):
            return None
        return Finding(event["attempted_login"], self._fc_burst_facts())

    def _fc_burst_facts(self):
        return {
            "threshold": self._fc_threshold(),
            "window_min": settings.number(self.env, "alert_window_min"),
        }

    def _fc_is_streak(self, event, condition):
        """Tell whether the newest events of a login in the window are all failures.

        :param dict event: the event in whose window and login is looked
        :param SQL condition: which events count
        """
        threshold = self._fc_threshold()
        self.env.cr.execute(
            SQL(
                """
                SELECT result = 'failure' FROM fusion_login_audit
                 WHERE attempted_login = %s AND event_time >= %s
                   AND result IN ('failure', 'success') AND %s
              ORDER BY event_time DESC, id DESC LIMIT %s
                """,
                event["attempted_login"],
                event["event_time"] - self._fc_window(),
                condition,
                threshold,
            )
        )
        failed = [row[0] for row in self.env.cr.fetchall()]
        return len(failed) == threshold and all(failed)

    def _fc_find_spraying(self, event):
        """Failures for many logins from one address in the window."""
        address = event["ip_address"]
        limit = settings.whole(self.env, "alert_spraying_logins")
        if not limit or not address or address == INTERNAL_ADDRESS:
            return None
        self.env.cr.execute(
            SQL(
                """
                SELECT count(DISTINCT attempted_login) FROM (
                    SELECT attempted_login FROM fusion_login_audit
                     WHERE ip_address = %s AND event_time >= %s AND result = 'failure'
                  ORDER BY event_time DESC LIMIT %s) newest
                """,
                address,
                event["event_time"] - self._fc_window(),
                _SPRAYING_ROWS,
            )
        )
        logins = self.env.cr.fetchone()[0]
        if logins < limit:
            return None
        window = settings.number(self.env, "alert_window_min")
        return Finding(address, {"logins": logins, "window_min": window})

    def _fc_repeated(self, kind, event, previous):
        """Return the failures since the alert before, for alerts that they repeat.

        :param previous: time of the alert before, None when there was none
        :return: dict for the facts; empty when there is nothing to tell
        """
        column = {"failure_burst": "attempted_login", "spraying": "ip_address"}.get(
            kind
        )
        if not previous or not column:
            return {}
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*) FROM (
                    SELECT FROM fusion_login_audit
                     WHERE %s = %s AND event_time > %s AND result = 'failure'
                     LIMIT %s) since
                """,
                SQL.identifier(column),
                event[column],
                previous,
                _REPEATED_ROWS,
            )
        )
        return {"since_previous": self.env.cr.fetchone()[0]}

    # -- successes ---------------------------------------------------------------------

    def _fc_find_after_burst(self, event):
        """A success right after a burst of failures: the guesser may be in."""
        if event["by_key"]:
            return None
        before = SQL(
            "auth_method != 'apikey' AND (event_time, id) < (%s, %s)",
            event["event_time"],
            event["id"],
        )
        if not self._fc_is_streak(event, before):
            return None
        return Finding(event["attempted_login"], self._fc_burst_facts())

    def _fc_find_never_used(self, event):
        """The first success of an account that is not new any more."""
        days = settings.number(self.env, "alert_never_used_days")
        since = event["user_since"]
        if not since or since > event["event_time"] - timedelta(days=days):
            return None
        if self._fc_was_used_before(event):
            return None
        age = (event["event_time"] - since).days
        return Finding(event["attempted_login"], {"account_days": age})

    def _fc_was_used_before(self, event):
        """Tell whether the event's user logged in before, as far as anybody knows.

        Odoo's own log reaches back to before this addon was installed.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT EXISTS (
                    SELECT FROM fusion_login_audit
                     WHERE user_id = %(user)s AND result = 'success'
                       AND (event_time, id) < (%(time)s, %(id)s))
                    OR EXISTS (
                    SELECT FROM res_users_log
                     WHERE create_uid = %(user)s AND create_date < %(log_time)s)
                """,
                user=event["user_id"],
                time=event["event_time"],
                id=event["id"],
                log_time=event["event_time"] - _SAME_LOGIN,
            )
        )
        return self.env.cr.fetchone()[0]

    def _fc_find_off_hours(self, event):
        """An employee's login outside working hours, by the clock of the employee."""
        if event["hourly"] or event["by_key"] or event["share"] is not False:
            return None
        local = local_time(event["event_time"], event["tz"])
        if not is_off_hours(
            local,
            settings.number(self.env, "alert_hours_from"),
            settings.number(self.env, "alert_hours_to"),
            settings.switch(self.env, "alert_weekends"),
        ):
            return None
        facts = {
            "local_time": local.strftime("%Y-%m-%d %H:%M"),
            "timezone": str(local.tzinfo),
        }
        return Finding(event["attempted_login"], facts)


def local_time(moment, timezone):
    """Return a moment by the clock of a time zone.

    :param datetime moment: in UTC, naive
    :param str timezone: name of the zone; UTC when it is empty or unknown
    :return: datetime with its zone
    """
    try:
        zone = pytz.timezone(timezone or "UTC")
    except pytz.UnknownTimeZoneError:
        zone = pytz.UTC
    return pytz.UTC.localize(moment).astimezone(zone)


def is_off_hours(local, start, end, weekends):
    """Tell whether a moment lies outside working hours.

    Hours that end before they begin last over midnight, and belong to the day on which
    they begin. When both are the same, the whole day is working time.

    :param datetime local: by the user's clock
    :param float start: first hour
    :param float end: hour at which they end, itself outside
    :param bool weekends: whether Saturday and Sunday are outside
    """
    hour = local.hour + local.minute / 60 + local.second / 3600
    overnight = start > end
    if overnight:
        inside = hour >= start or hour < end
    else:
        inside = start == end or start <= hour < end
    day = local - timedelta(days=1) if overnight and hour < end else local
    return not inside or (weekends and day.weekday() >= 5)
