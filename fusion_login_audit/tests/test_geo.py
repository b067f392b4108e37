"""Whom the enrichment asks, in which order, and what it leaves alone."""

from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models import fusion_login_geo
from ..tools import lookup
from ..tools.place import make_place, parse_address
from .geo_common import LOGGER, GeoCase
from .geo_servers import FOUND, SILENCE

BONN = make_place("DE", "Germany", "Bonn", "North Rhine-Westphalia", 50.7, 7.1)
ADDRESS = parse_address("81.2.69.142")
RAW_BONN = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "city": {"names": {"en": "Bonn"}},
    "subdivisions": [
        {"iso_code": "NW", "names": {"en": "North Rhine-Westphalia"}},
    ],
    "location": {"latitude": 50.7, "longitude": 7.1},
}


class Reader:
    """Stands for the reader of a file of places; `raw` is what it finds."""

    def __init__(self, raw):
        self.raw = raw

    def city(self, ip):
        """Return the record of an address, as `geoip2` does."""
        if isinstance(self.raw, Exception):
            raise self.raw
        return type(http.GEOIP_EMPTY_CITY)(self.raw, ["en"])

    def country(self, ip):
        """Say that there is no file of countries."""
        raise OSError


@tagged("post_install", "-at_install")
class TestGeo(GeoCase):
    # -- sources -----------------------------------------------------------------------

    def test_private_addresses_are_asked_of_nobody(self):
        ips = ["192.168.1.7", "100.64.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "::1"]
        events = [self.event(ip=ip) for ip in ips]
        self.run_cron()
        for event in events:
            self.assertEqual(event.geo_lookup_state, "private_ip")
            self.assertEqual(event.country_code, "--")
            self.assertEqual(event.city, "Private network")
            cached = self.cached(event.ip_address)
            self.assertEqual((cached.state, cached.source), ("private_ip", "private"))
        self.assertEqual((self.service.requests, self.name_server.asked), ([], []))
        self.database.assert_not_called()

    def test_what_is_no_address_fails(self):
        events = [self.event(ip=ip) for ip in ("unknown", "", "8.8.8.8, 10.0.0.1")]
        self.run_cron()
        for event in events:
            self.assertEqual(event.geo_lookup_state, "failed")
            self.assertEqual(self.cached(event.ip_address).last_error, "address")
        self.assertFalse(self.service.requests)

    def test_odoos_own_database_is_asked_first(self):
        self.database.return_value = BONN
        event = self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertEqual(event.city, "Bonn")
        self.assertEqual(self.cached("81.2.69.142").source, "geoip")
        self.assertFalse(self.service.requests)
        self.assertEqual(self.name_server.asked, ["81.2.69.142"])

    def test_odoos_own_database_keeps_no_host_name_from_getting_old(self):
        self.database.return_value = BONN
        for days, asked in ((0, 1), (20, 1), (20, 2)):
            self.pass_time(days=days)
            self.event(ip="81.2.69.142")
            self.run_cron()
            self.assertEqual(len(self.name_server.asked), asked)

    def test_what_odoos_own_database_has_learnt_replaces_the_cache(self):
        self.event(ip="81.2.69.142")
        self.run_cron()
        self.database.return_value = BONN
        event = self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertEqual((event.country_code, event.city), ("DE", "Bonn"))
        cached = self.cached("81.2.69.142")
        self.assertEqual((cached.source, cached.city), ("geoip", "Bonn"))

    def test_odoos_own_database_gives_the_place(self):
        self.use_database(RAW_BONN)
        self.assertEqual(self.ask_database(ADDRESS), BONN)

    def test_a_database_without_the_address_leaves_it_to_the_service(self):
        for raw in (OSError("no such file"), {}, {"continent": {"code": "EU"}}):
            self.use_database(raw)
            self.assertIsNone(self.ask_database(ADDRESS))

    def test_a_damaged_database_is_left_alone_for_the_run(self):
        self.database.side_effect = RuntimeError("damaged")
        events = [self.event(ip=f"81.2.69.{n}") for n in range(3)]
        with self.assertLogs(LOGGER, "WARNING") as logs:
            self.run_cron()
        self.assertEqual(len(logs.output), 1)
        for event in events:
            self.assertEqual(event.geo_lookup_state, "done")
        self.assertEqual(len(self.asked()), 3)

    def test_an_address_is_asked_for_once_in_thirty_days(self):
        self.name_server.names["81.2.69.142"] = "london.example.net."
        self.event(ip="81.2.69.142")
        self.run_cron()
        self.pass_time(days=29)
        again = self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertEqual(len(self.asked()), 1)
        self.assertEqual(len(self.name_server.asked), 1)
        self.assertEqual(again.geo_lookup_state, "done")
        self.assertEqual(again.country_name, "United Kingdom")
        self.assertEqual(again.ip_hostname, "london.example.net")
        self.pass_time(days=2)
        self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertEqual(len(self.asked()), 2)

    def test_the_days_of_the_cache_are_a_setting(self):
        self.configure(geo_cache_days="0")
        for times in (1, 2):
            self.event(ip="81.2.69.142")
            self.run_cron()
            self.assertEqual(len(self.asked()), times)

    def test_a_service_switched_off_is_never_asked(self):
        self.event(ip="81.2.69.1")
        self.run_cron()
        self.configure(geo_enabled="False")
        self.database.side_effect = [None, BONN, None]
        known, found, unknown = (self.event(ip=f"81.2.69.{n}") for n in (1, 2, 3))
        private = self.event(ip="10.0.0.1")
        self.run_cron()
        self.assertEqual(self.asked(), ["81.2.69.1"])
        self.assertEqual(known.country_code, "GB")
        self.assertEqual(found.country_code, "DE")
        self.assertEqual(private.geo_lookup_state, "private_ip")
        self.assertEqual(unknown.geo_lookup_state, "failed")
        self.assertEqual(self.cached("81.2.69.3").last_error, "off")

    def test_switched_on_again_the_service_is_asked_at_the_next_event(self):
        self.configure(geo_enabled="False")
        self.event(ip="81.2.69.1")
        self.run_cron()
        self.configure(geo_enabled="True")
        event = self.event(ip="81.2.69.1")
        self.run_cron()
        self.assertEqual(event.geo_lookup_state, "done")

    # -- host names --------------------------------------------------------------------

    def test_a_host_name_that_is_none_is_not_kept(self):
        self.name_server.names["81.2.69.142"] = "a\\032b.<script>.example."
        event = self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertEqual(event.geo_lookup_state, "done")
        self.assertFalse(event.ip_hostname)

    def test_a_silent_name_server_is_asked_twice_a_run(self):
        self.silence_in(0.1)
        self.configure(geo_timeout_s="10")
        self.name_server.is_silent = True
        events = [self.event(ip=f"81.2.69.{n}") for n in range(4)]
        self.run_cron()
        for event in events:
            self.assertEqual(event.geo_lookup_state, "done")
        self.assertEqual(len(dict.fromkeys(self.name_server.asked)), 2)

    def test_host_names_are_asked_for_by_a_setting(self):
        self.configure(reverse_dns="False")
        self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertFalse(self.name_server.asked)

    def test_a_machine_without_name_server_does_without(self):
        with patch.object(lookup, "make_resolver", return_value=None):
            event = self.event(ip="81.2.69.142")
            self.run_cron()
        self.assertEqual(event.geo_lookup_state, "done")

    # -- the worklist ------------------------------------------------------------------

    def test_addresses_that_have_waited_longest_come_first(self):
        self.configure(geo_batch="2")
        for hour, n in enumerate((3, 1, 2, 3)):
            self.event(ip=f"81.2.69.{n}", at=datetime(2026, 1, 1, hour))
        self.run_cron()
        self.assertEqual(self.asked(), ["81.2.69.3", "81.2.69.1"])
        self.run_cron()
        self.assertEqual(self.asked()[2:], ["81.2.69.2"])

    def test_an_address_that_waits_for_its_retry_blocks_nobody(self):
        self.shorten(_OLDEST_EVENTS=3)
        self.service.script = [(500, {}, b""), (200, {}, FOUND)]
        start = datetime(2026, 1, 1)
        waiting = [
            self.event(ip="81.2.69.1", at=start + timedelta(seconds=n))
            for n in range(5)
        ]
        self.run_cron()
        others = [self.event(ip=f"81.2.69.{n}") for n in (2, 3)]
        self.run_cron()
        self.assertLeftWaiting(*waiting, error="status")
        for event in others:
            self.assertEqual(event.geo_lookup_state, "done")

    def test_all_events_of_an_address_are_filled_in_by_slices(self):
        self.shorten(SLICE=3)
        events = [self.event(ip="81.2.69.142") for _ in range(8)]
        events += [self.event("failure", ip="81.2.69.142") for _ in range(2)]
        self.run_cron()
        for event in events:
            self.assertEqual(event.geo_lookup_state, "done")

    def test_events_at_one_time_are_filled_in_whatever_their_number(self):
        self.shorten(SLICE=3)
        at = datetime(2026, 1, 1)
        events = [self.event(ip="81.2.69.142", at=at) for _ in range(7)]
        self.run_cron()
        for event in events:
            self.assertEqual(event.geo_lookup_state, "done")

    def test_queries_do_not_grow_with_the_events_of_an_address(self):
        counts = []
        for ip, events in (("81.2.69.1", 1), ("81.2.69.2", 1), ("81.2.69.3", 60)):
            for _ in range(events):
                self.event(ip=ip)
            before = self.env.cr.sql_log_count
            self.run_cron()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_no_event_is_asked_about_twice(self):
        event = self.event(ip="81.2.69.142")
        self.run_cron()
        self.run_cron()
        self.assertEqual(len(self.asked()), 1)
        self.assertEqual(event.geo_lookup_state, "done")

    def test_a_run_ends_in_time_and_leaves_the_rest_to_the_next(self):
        self.shorten(BUDGET_S=0)
        event = self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertFalse(self.service.requests)
        self.assertFalse(self.cached("81.2.69.142").next_try)
        self.shorten(BUDGET_S=60)
        self.run_cron()
        self.assertEqual(event.geo_lookup_state, "done")

    def test_an_address_that_breaks_the_search_keeps_no_other_from_it(self):
        real = lookup.ask_name

        def ask_name(resolver, address):
            if str(address) == "81.2.69.1":
                raise ZeroDivisionError
            return real(resolver, address)

        first, second = (self.event(ip=f"81.2.69.{n}") for n in (1, 2))
        with (
            patch.object(lookup, "ask_name", ask_name),
            self.assertLogs(LOGGER, "ERROR"),
        ):
            self.run_cron()
        self.assertLeftWaiting(first, error="other")
        self.assertEqual(second.geo_lookup_state, "done")

    def test_what_costs_nothing_goes_on_at_once(self):
        self.configure(geo_batch="2")
        for n in range(3):
            self.event(ip=f"10.0.0.{n}")
        with self.progress() as told:
            self.run_cron()
            self.run_cron()
        self.assertEqual(told, [(2, 2), (1, 0)])

    def test_asking_is_paced_by_the_interval(self):
        self.configure(geo_batch="2")
        for n in range(3):
            self.event(ip=f"81.2.69.{n}")
        with self.progress() as told:
            self.run_cron()
        self.assertEqual(told, [(2, 0)])

    def test_a_silent_service_gives_no_reason_to_go_on_at_once(self):
        self.configure(geo_batch="2", reverse_dns="False")
        self.silence_in(0.05)
        self.service.script = [SILENCE]
        for n in range(6):
            self.event(ip=f"81.2.69.{n}")
        with self.progress() as told, self.assertLogs(LOGGER, "WARNING"):
            self.run_cron()
        self.assertEqual(told, [(2, 0)])

    # -- alerts ------------------------------------------------------------------------

    def test_alerts_hear_of_successes_whose_country_is_known_now(self):
        success = self.event(ip="81.2.69.142") + self.event(ip="81.2.69.142")
        self.event("failure", ip="81.2.69.142")
        self.event(ip="10.0.0.1")
        self.event(ip="unknown")
        with self.alerts() as heard:
            self.run_cron()
        self.assertEqual(heard, [success.ids])

    def test_a_failing_alert_costs_no_place(self):
        events = [self.event(ip=f"81.2.69.{n}") for n in (1, 2)]
        with self.alerts(ValueError) as heard, self.assertLogs(LOGGER, "ERROR"):
            self.run_cron()
        self.assertEqual(len(heard), 2)
        for event in events:
            self.assertEqual(event.geo_lookup_state, "done")

    # -- people ------------------------------------------------------------------------

    def test_administrators_have_failed_addresses_looked_up_again(self):
        self.service.script = [(200, {}, {"status": "fail"}), (200, {}, FOUND)]
        events = [self.event(ip="81.2.69.142") for _ in range(3)]
        self.run_cron()
        cached = self.cached("81.2.69.142").with_user(self.administrator())
        cached.action_fc_retry()
        self.assertEqual(cached.state, "again")
        self.run_cron()
        for event in events:
            self.assertEqual(event.geo_lookup_state, "done")
        self.assertEqual(cached.state, "done")

    def test_only_what_failed_is_looked_up_again(self):
        self.event(ip="81.2.69.142")
        self.run_cron()
        with self.assertRaises(UserError):
            self.cached("81.2.69.142").with_user(self.administrator()).action_fc_retry()

    def test_nobody_but_administrators_reads_or_asks_again(self):
        self.event(ip="unknown")
        self.run_cron()
        cached = self.cached("unknown").with_user(self.user)
        with self.assertRaises(AccessError):
            cached.read(["country_code"])
        with self.assertRaises(AccessError):
            cached.action_fc_retry()

    def test_nobody_writes_places_by_hand(self):
        self.event(ip="unknown")
        self.run_cron()
        cached = self.cached("unknown").with_user(self.administrator())
        for refused in (lambda: cached.write({"city": "Bonn"}), cached.unlink):
            with self.assertRaises(AccessError):
                refused()

    def test_addresses_without_events_are_forgotten(self):
        gone, kept = (self.event(ip=f"81.2.69.{n}") for n in (1, 2))
        self.run_cron()
        self.env.cr.execute("DELETE FROM fusion_login_audit WHERE id = %s", [gone.id])
        self.geo._fc_gc()
        self.assertEqual(len(self.geo.search([])), 2, "forgotten on the same day")
        self.pass_time(days=2)
        self.geo._fc_gc()
        self.assertEqual(self.geo.search([]).ip_address, kept.ip_address)

    # -- helpers -----------------------------------------------------------------------

    def administrator(self):
        """Return a user who is an administrator and nothing else."""
        return new_test_user(self.env, "geo_admin", "base.group_system")

    def use_database(self, raw):
        """Have Odoo find a record, or raise an error, in its database of places."""
        self.startPatcher(
            patch.dict(
                http.root.__dict__,
                geoip_city_db=Reader(raw),
                geoip_country_db=Reader(raw),
            )
        )

    @contextmanager
    def progress(self):
        """Collect what runs tell Odoo: list of (done, remaining)."""
        told = []

        def commit_progress(env, done, remaining):
            told.append((done, remaining))
            env.cr.commit()

        with patch.object(fusion_login_geo, "commit_progress", commit_progress):
            yield told

    @contextmanager
    def alerts(self, error=None):
        """Collect the events that alerts on places hear of, and have them fail."""
        heard = []

        def evaluate(alerts, row_ids):
            heard.append(row_ids)
            if error:
                raise error

        alerts = type(self.env["fusion.login.alert"])
        with patch.object(alerts, "_fc_evaluate_place", evaluate):
            yield heard
