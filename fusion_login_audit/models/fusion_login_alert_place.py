"""The rules that need to know where somebody is: looked at when the place is known.

The geo cron knows places by address and hands over all events of one at once, which may
be thousands. So each rule looks at them together.
"""

import logging
from datetime import timedelta
from math import asin, cos, radians, sin, sqrt

import psycopg2

from odoo import api, models
from odoo.tools import SQL

from ..tools import settings
from .fusion_login_alert import Finding

_logger = logging.getLogger("odoo.addons.fusion_login_audit")

WITH_PLACE = ("new_country", "travel")
# Shorter ways are within what look-ups of addresses are wrong by.
MIN_KM = 500
_EARTH_RADIUS_KM = 6371.0088
# Half the globe: nothing is further, so events too long ago need no look.
_MAX_KM = 20_040

# Successes of persons with coordinates. Machines log in from elsewhere than the person
# whose name they use. Empty numbers read back as zero, where there is only sea. The
# limit leads the planner to look for events first, in the order of time.
_PLACED = """
    SELECT {columns}, event.id, event.user_id, event.attempted_login,
           event.event_time, event.ip_address, event.city, event.country_name,
           event.country_code, place.latitude, place.longitude
      FROM fusion_login_audit event
      JOIN LATERAL (
           SELECT latitude, longitude FROM fusion_login_geo geo
            WHERE geo.ip_address = event.ip_address
              AND latitude IS NOT NULL AND longitude IS NOT NULL
              AND (latitude != 0 OR longitude != 0)
            LIMIT 1) place ON TRUE
     WHERE {condition}
       AND event.result = 'success'
       AND event.hour_key IS NULL AND event.auth_method != 'apikey'
"""
_HERE = _PLACED.format(
    columns="event.id AS here_id", condition="event.id = ANY(%(ids)s)"
)
# The user and the order begin as in `newest`.
_BEFORE = _PLACED.format(
    columns="here.id AS here_id",
    condition="(event.user_id, event.event_time, event.id)"
    " < (here.user_id, here.event_time, here.id)"
    " AND (event.user_id, event.event_time)"
    " >= (here.user_id, here.event_time - %(reach)s)",
)
_AFTER = _PLACED.format(
    columns="here.id AS here_id",
    condition="(event.user_id, event.event_time, event.id)"
    " > (here.user_id, here.event_time, here.id)"
    " AND (event.user_id, event.event_time)"
    " <= (here.user_id, here.event_time + %(reach)s)",
)
# Both sides, since places may become known in another order than people log in.
_NEIGHBOURS = f"""
    SELECT there.* FROM fusion_login_audit here CROSS JOIN LATERAL (
        ({_BEFORE}
         ORDER BY event.user_id DESC, event.event_time DESC, event.id DESC LIMIT 1)
        UNION ALL
        ({_AFTER} ORDER BY event.user_id, event.event_time, event.id LIMIT 1)) there
     WHERE here.id = ANY(%(ids)s)
"""


class FusionLoginAlert(models.Model):
    _inherit = "fusion.login.alert"

    @api.model
    def _fc_evaluate_place(self, row_ids):
        """Look whether successes whose place is known now call for an alert.

        :param list row_ids: ids of events; those that are no successes are passed over
        :return: the alerts raised
        """
        alerts = self.browse()
        if not settings.switch(self.env, "alert_enabled"):
            return alerts
        for kind in WITH_PLACE:
            if self._fc_is_watched(kind):
                alerts += self._fc_apply_place_rule(kind, row_ids)
        return alerts

    def _fc_apply_place_rule(self, kind, row_ids):
        """Apply one rule; what goes wrong with it does not stop the other."""
        alerts = self.browse()
        try:
            with self.env.cr.savepoint():
                for finding, event in getattr(self, f"_fc_find_{kind}")(row_ids):
                    alerts += self._fc_raise_safely(kind, finding, event)
        except psycopg2.Error:
            _logger.exception(
                "fusion_login_audit: the rule %s was not applied to %s", kind, row_ids
            )
            return self.browse()
        return alerts

    def _fc_find_new_country(self, row_ids):
        """Successes from a country in which the user never was, but was elsewhere.

        :return: list of (Finding, event), one at most for a user and country
        """
        return [
            (self._fc_new_country(event), event)
            for event in self._fc_first_in_country(row_ids)
            if self._fc_is_new_country(event)
        ]

    def _fc_first_in_country(self, row_ids):
        """Return the first success of each user and country among events."""
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT ON (user_id, country_code)
                       id, user_id, attempted_login, event_time, ip_address,
                       country_code, country_name, city
                  FROM fusion_login_audit
                 WHERE id = ANY(%s) AND result = 'success' AND user_id IS NOT NULL
                   AND country_code ~ '^[A-Z]{2}$'
              ORDER BY user_id, country_code, event_time, id
                """,
                list(row_ids),
            )
        )
        return self.env.cr.dictfetchall()

    def _fc_is_new_country(self, event):
        if self._fc_was_in(event, SQL("country_code = %s", event["country_code"])):
            return False
        return self._fc_was_in(event, SQL("country_code ~ '^[A-Z]{2}$'"))

    def _fc_was_in(self, event, condition):
        """Tell whether an earlier success of an event's user meets a condition."""
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM fusion_login_audit
                 WHERE (user_id, event_time, id) < (%(user)s, %(time)s, %(id)s)
                   AND user_id >= %(user)s AND result = 'success' AND %(condition)s
              ORDER BY user_id DESC, event_time DESC, id DESC LIMIT 1
                """,
                user=event["user_id"],
                time=event["event_time"],
                id=event["id"],
                condition=condition,
            )
        )
        return bool(self.env.cr.fetchone())

    def _fc_new_country(self, event):
        code = event["country_code"]
        facts = {
            "country_code": code,
            "country": event["country_name"] or code,
            "place": place_name(event),
        }
        # A cooldown for each: one journey must not hide the next country.
        return Finding(f"{event['attempted_login']} ({code})", facts)

    def _fc_find_travel(self, row_ids):
        """Two successes one after the other, too far apart for the time between.

        :return: list of (Finding, event)
        """
        speed = settings.number(self.env, "alert_travel_kmh")
        if not speed:
            return []
        query = {"ids": list(row_ids), "reach": timedelta(hours=_MAX_KM / speed)}
        self.env.cr.execute(_HERE, query)
        events = {row["id"]: row for row in self.env.cr.dictfetchall()}
        self.env.cr.execute(_NEIGHBOURS, query)
        ways = set()
        for there in self.env.cr.dictfetchall():
            events.setdefault(there["id"], there)
            if there["here_id"] in events:
                pair = (events[there["here_id"]], events[there["id"]])
                ways.add(tuple(row["id"] for row in sorted(pair, key=moment_of)))
        return [
            (self._fc_travel(events[first], events[last]), events[last])
            for first, last in sorted(ways)
            if is_impossible(events[first], events[last], speed)
        ]

    def _fc_travel(self, first, last):
        return Finding(last["attempted_login"], travel_facts(first, last))


def moment_of(event):
    """Return what events are put into order by."""
    return event["event_time"], event["id"]


def hours_between(first, last):
    """Return the hours from one event to a later one."""
    return (last["event_time"] - first["event_time"]).total_seconds() / 3600


def way_km(first, last):
    """Return the way between the places of two events, in kilometres."""
    return distance_km(*coordinates(first), *coordinates(last))


def is_impossible(first, last, speed):
    """Tell whether nobody gets from one event's place to the next one's in time.

    :param float speed: the fastest that is possible, in km/h
    """
    km = way_km(first, last)
    return km > MIN_KM and km > speed * hours_between(first, last)


def travel_facts(first, last):
    """Return the figures of a way, for the alert."""
    return {
        "km": round(way_km(first, last)),
        "hours": round(hours_between(first, last), 2),
        "from": place_name(first),
        "to": place_name(last),
        "from_ip": first["ip_address"],
        "to_ip": last["ip_address"],
    }


def coordinates(event):
    """Return latitude and longitude of an event, in degrees."""
    return float(event["latitude"]), float(event["longitude"])


def place_name(event):
    """Return city and country of an event as far as they are known."""
    country = event["country_name"] or event["country_code"]
    parts = [part for part in (event["city"], country) if part]
    return ", ".join(parts) or event["ip_address"]


def distance_km(latitude, longitude, to_latitude, to_longitude):
    """Return the length of the shortest way between two points, in kilometres.

    By the haversine formula on a sphere, which is right to half a percent.

    :param float latitude: in degrees, as all four
    """
    lat, to_lat = radians(latitude), radians(to_latitude)
    half_lat = (to_lat - lat) / 2
    half_lon = radians(to_longitude - longitude) / 2
    chord = sin(half_lat) ** 2 + cos(lat) * cos(to_lat) * sin(half_lon) ** 2
    return 2 * _EARTH_RADIUS_KM * asin(sqrt(min(chord, 1)))
