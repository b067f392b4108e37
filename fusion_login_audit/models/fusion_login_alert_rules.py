"""The rules that are looked at when somebody logs in, or fails to.

This runs inside the login path, after the event is committed. So the rules are parts
of one query, each bounded by an index and a limit. A rule that is off is left out; one
whose cooldown runs is not looked at.

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
from ..tools.limits import LIMITS, NO_LIMITS, TAKEN_BACK
from ..tools.once import Memory
from .fusion_login_alert import Finding
from .fusion_login_alert_newest import newest

_logger = logging.getLogger("odoo.addons.fusion_login_audit")

AT_LOGIN = {
    "failure": ("failure_burst", "spraying"),
    "success": ("after_burst", "never_used", "off_hours"),
    "mfa_pending": (),
}
# Odoo logs a login when the password is right; a second factor may take a while.
_SAME_LOGIN = timedelta(hours=1)
# The newest events of an address that are looked at, however many it sends.
_SPRAYING_ROWS = 500
# Accounts that were used once: they are never unused again.
used = Memory()
# Counted at most, for the text of a repeated alert.
_REPEATED_ROWS = 10_000
# What the alerts are about that an attack would raise again and again.
_REPEATED = {"failure_burst": "attempted_login", "spraying": "ip_address"}


class FusionLoginAlert(models.Model):
    _inherit = "fusion.login.alert"

    @api.model
    def _fc_evaluate(self, row_id, result=None):
        """Look whether a new login event calls for an alert.

        :param int row_id: id of the committed row; the transaction must have begun
            after that commit, so that of parallel logins the last one sees all
        :param str result: the row's `result`, when the caller knows it: the query is
            planned for its kinds alone, and there is none when it has no kinds
        :return: the alerts raised
        """
        kinds = self._fc_kinds([result] if result else AT_LOGIN)
        return self._fc_raise_found(self._fc_look_at(row_id, kinds) if kinds else {})

    @api.model
    def _fc_look_back(self, result, user_id=None):
        """Return what alerts ask about the events before one that is not written yet.

        :param str result: the event's `result`
        :param int user_id: the event's user, when the caller knows it
        :return: SQL of columns, each with a comma behind it, for a row named `event`;
            None when nothing is asked, or when the event itself has to be looked at
        """
        if result == "failure":
            return None
        kinds = self._fc_kinds([result])
        if used.get((self.env.cr.dbname, user_id)):
            kinds = [kind for kind in kinds if kind != "never_used"]
        return self._fc_columns(kinds) if kinds else None

    @api.model
    def _fc_raise_found(self, event):
        """Raise the alerts that an event calls for.

        :param dict event: the row, with what each kind's query says of it
        :return: the alerts raised
        """
        alerts = self.browse()
        if event.get("user_id") and "never_used" in event:
            used.put((self.env.cr.dbname, event["user_id"]))
        for kind in (kind for kinds in AT_LOGIN.values() for kind in kinds):
            finding = event.get(kind) and getattr(self, f"_fc_find_{kind}")(event)
            if finding:
                alerts += self._fc_raise_in_login(kind, finding, event)
        return alerts

    def _fc_kinds(self, results):
        """Return the kinds that are looked at for these results of a login."""
        if not settings.switch(self.env, "alert_enabled"):
            return []
        kinds = [kind for result in results for kind in AT_LOGIN[result]]
        return [kind for kind in kinds if self._fc_is_watched(kind)]

    def _fc_is_watched(self, kind):
        """Tell whether a kind is switched on. The threshold is the switch of bursts."""
        if kind in ("failure_burst", "after_burst") and not self._fc_threshold():
            return False
        return kind == "failure_burst" or settings.switch(self.env, f"alert_{kind}")

    def _fc_look_at(self, row_id, kinds):
        """Return an event, with what each kind's query says of it.

        :param int row_id: id of the event
        :param list kinds: kinds to look at
        :return: dict with a value for each kind, false when it is no case of it; empty
            when the row is gone
        """
        self.env.cr.execute(
            SQL(
                """
                %(limits)s
                SELECT id, user_id, attempted_login, ip_address, event_time, %(kinds)s
                       %(taken_back)s
                  FROM fusion_login_audit event WHERE id = %(id)s
                """,
                limits=SQL(LIMITS),
                taken_back=SQL(TAKEN_BACK),
                kinds=self._fc_columns(kinds),
                id=row_id,
            )
        )
        return self.env.cr.dictfetchone() or {}

    def _fc_columns(self, kinds):
        """Return a column for each kind, each with a comma behind it."""
        return SQL(" ").join(
            SQL("%s AS %s,", self._fc_part(kind), SQL.identifier(kind))
            for kind in kinds
        )

    def _fc_part(self, kind):
        """Return a kind's part of the query, for events that are a case of it."""
        case = getattr(self, f"_fc_case_{kind}")()
        if kind in _REPEATED:
            case = SQL("%s AND %s", case, self._fc_no_cooldown(kind))
        query = getattr(self, f"_fc_query_{kind}")()
        return SQL("CASE WHEN %s THEN %s END", case, query)

    def _fc_no_cooldown(self, kind):
        return SQL(
            """
            NOT EXISTS (
                SELECT FROM fusion_login_alert_cooldown
                 WHERE kind = %s AND subject = event.%s
                   AND last_alert > now() AT TIME ZONE 'UTC'
                       - %s * interval '1 minute')
            """,
            kind,
            SQL.identifier(_REPEATED[kind]),
            settings.number(self.env, "alert_cooldown_min"),
        )

    def _fc_raise_in_login(self, kind, finding, event):
        """Raise an alert, within limits on how long that may take.

        :return: the alert, or nothing
        """
        self.env.cr.execute(LIMITS)
        alert = self._fc_raise_safely(kind, finding, event)
        self.env.cr.execute(NO_LIMITS)
        return alert

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

    def _fc_threshold(self):
        return settings.whole(self.env, "alert_threshold")

    def _fc_window(self):
        return timedelta(minutes=settings.number(self.env, "alert_window_min"))

    # -- bursts ------------------------------------------------------------------------

    def _fc_case_failure_burst(self):
        return SQL("result = 'failure'")

    def _fc_query_failure_burst(self):
        """Failures in a row for one login: as many as the threshold, in the window."""
        return self._fc_streak(
            SQL(
                "attempted_login <= event.attempted_login"
                " AND (result = 'failure' OR auth_method != 'apikey')"
            )
        )

    def _fc_case_after_burst(self):
        return SQL("result = 'success' AND auth_method != 'apikey'")

    def _fc_query_after_burst(self):
        """A success right after a burst of failures: the guesser may be in."""
        return self._fc_streak(
            SQL(
                "(attempted_login, event_time, id)"
                " < (event.attempted_login, event.event_time, event.id)"
                " AND auth_method != 'apikey'"
            )
        )

    def _fc_streak(self, condition):
        """Tell whether the newest events of a login in the window are all failures.

        The login and the order begin as in `newest`, and the window ends the stretch.

        :param SQL condition: which events count, and where the stretch begins
        """
        return SQL(
            """
            (SELECT count(*) = %(threshold)s AND bool_and(failed) FROM (
                SELECT result = 'failure' AS failed FROM fusion_login_audit
                 WHERE (attempted_login, event_time)
                       >= (event.attempted_login, event.event_time - %(window)s)
                   AND result IN ('failure', 'success') AND %(condition)s
              ORDER BY attempted_login DESC, event_time DESC, id DESC
                 LIMIT %(threshold)s) newest)
            """,
            threshold=self._fc_threshold(),
            window=self._fc_window(),
            condition=condition,
        )

    def _fc_find_failure_burst(self, event):
        facts = {
            "threshold": self._fc_threshold(),
            "window_min": settings.number(self.env, "alert_window_min"),
        }
        return Finding(event["attempted_login"], facts)

    def _fc_find_after_burst(self, event):
        return self._fc_find_failure_burst(event)

    # -- spraying ----------------------------------------------------------------------

    def _fc_case_spraying(self):
        return SQL(
            "result = 'failure' AND ip_address NOT IN ('', %s)",
            INTERNAL_ADDRESS,
        )

    def _fc_query_spraying(self):
        """How many logins one address failed with in the window."""
        return SQL(
            """
            (SELECT count(DISTINCT attempted_login) FILTER (
                    WHERE result = 'failure' AND event_time >= event.event_time - %s)
               FROM (%s) newest)
            """,
            self._fc_window(),
            newest(
                "ip_address",
                SQL("event.ip_address"),
                "attempted_login, result, event_time",
                _SPRAYING_ROWS,
            ),
        )

    def _fc_find_spraying(self, event):
        limit = settings.whole(self.env, "alert_spraying_logins")
        if not limit or event["spraying"] < limit:
            return None
        facts = {
            "logins": event["spraying"],
            "window_min": settings.number(self.env, "alert_window_min"),
        }
        return Finding(event["ip_address"], facts)

    # -- accounts ----------------------------------------------------------------------

    def _fc_case_never_used(self):
        return SQL("result = 'success' AND user_id IS NOT NULL")

    def _fc_query_never_used(self):
        """Since when there is an account that was never used and is not new any more.

        Odoo's own log reaches back to before this addon was installed.
        """
        days = settings.number(self.env, "alert_never_used_days")
        return SQL(
            """
            (SELECT create_date FROM res_users
              WHERE id = event.user_id AND create_date <= event.event_time - %s
                AND (SELECT id FROM fusion_login_audit
                      WHERE (user_id, event_time, id)
                            < (event.user_id, event.event_time, event.id)
                        AND user_id >= event.user_id AND result = 'success'
                   ORDER BY user_id DESC, event_time DESC, id DESC LIMIT 1) IS NULL
                AND NOT EXISTS (
                    SELECT FROM res_users_log
                     WHERE create_uid = event.user_id
                       AND create_date < event.event_time - %s))
            """,
            timedelta(days=days),
            _SAME_LOGIN,
        )

    def _fc_find_never_used(self, event):
        age = event["event_time"] - event["never_used"]
        return Finding(event["attempted_login"], {"account_days": age.days})

    def _fc_case_off_hours(self):
        return SQL(
            "result = 'success' AND auth_method != 'apikey' AND hour_key IS NULL"
        )

    def _fc_query_off_hours(self):
        """The time zone of an employee. Customers have no working hours."""
        return SQL(
            """
            (SELECT COALESCE(partner.tz, 'UTC') FROM res_users users
               JOIN res_partner partner ON partner.id = users.partner_id
              WHERE users.id = event.user_id AND NOT users.share)
            """
        )

    def _fc_find_off_hours(self, event):
        """Outside working hours, by the clock of the employee."""
        local = local_time(event["event_time"], event["off_hours"])
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

    # -- repeated alerts ---------------------------------------------------------------

    def _fc_repeated(self, kind, event, previous):
        """Return the failures since the alert before, for alerts that they repeat.

        :param previous: time of the alert before, None when there was none
        :return: dict for the facts; empty when there is nothing to tell
        """
        if not previous or kind not in _REPEATED:
            return {}
        column = _REPEATED[kind]
        self.env.cr.execute(
            SQL(
                "SELECT count(*) FILTER (WHERE result = 'failure' AND event_time > %s)"
                " FROM (%s) newest",
                previous,
                newest(column, event[column], "result, event_time", _REPEATED_ROWS),
            )
        )
        return {"since_previous": self.env.cr.fetchone()[0]}


def local_time(moment, timezone):
    """Return a moment by the clock of a time zone.

    :param datetime moment: in UTC, naive
    :param str timezone: name of the zone; UTC when it is unknown
    :return: datetime with its zone
    """
    try:
        zone = pytz.timezone(timezone)
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
