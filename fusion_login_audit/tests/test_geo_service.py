"""The geo service, asked for real: what it says, and what it does to the waiting."""

import gzip
import json
from threading import Event
from unittest.mock import patch

from odoo import release
from odoo.tests import tagged

from ..tools import lookup
from ..tools.lookup import Answer, ask_service
from ..tools.place import Place, parse_address
from .geo_common import LOGGER, GeoCase
from .geo_servers import FOUND, SILENCE


@tagged("post_install", "-at_install")
class TestGeoService(GeoCase):
    def test_an_answer_fills_in_the_events_and_the_cache(self):
        self.name_server.names["81.2.69.142"] = "London.Example.net."
        event = self.event(ip="81.2.69.142")
        self.run_cron()
        for found in (event, self.cached("81.2.69.142")):
            self.assertEqual(found.country_code, "GB")
            self.assertEqual(found.country_name, "United Kingdom")
            self.assertEqual(found.city, "London")
            self.assertEqual(found.geo_state, "England")
            self.assertEqual(found.ip_hostname, "london.example.net")
        self.assertEqual(event.geo_lookup_state, "done")
        self.assertEqual(found.state, "done")
        self.assertEqual(found.source, "service")
        self.assertEqual((found.latitude, found.longitude), (51.5, -0.12))
        self.assertTrue(found.looked_up_at)
        self.assertFalse(found.next_try)

    def test_nothing_but_the_address_goes_out(self):
        self.event(ip="81.2.69.142", login="ada@example.com")
        self.run_cron()
        ((path, headers),) = self.service.requests
        self.assertEqual(
            path,
            "/json/81.2.69.142?fields="
            "status%2Ccountry%2CcountryCode%2CregionName%2Ccity%2Clat%2Clon",
        )
        series = ".".join(map(str, release.version_info[:2]))
        self.assertEqual(
            headers,
            {
                "Host": headers["Host"],
                "Accept-Encoding": "identity",
                "User-Agent": f"Odoo-FusionLoginAudit/{series}",
            },
        )

    def test_addresses_are_quoted(self):
        self.event(ip="2a00:1450::5")
        self.run_cron()
        self.assertEqual(self.asked(), ["2a00%3A1450%3A%3A5"])

    def test_an_address_that_the_service_does_not_know_fails_without_retry(self):
        self.service.script = [(200, {}, {"status": "fail", "message": "?"})]
        event = self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertEqual(event.geo_lookup_state, "failed")
        self.assertFalse(event.country_code)
        self.assertEqual(self.cached("81.2.69.142").last_error, "unknown")
        later = self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertEqual(later.geo_lookup_state, "failed")
        self.assertEqual(len(self.asked()), 1)

    def test_a_failed_address_is_asked_for_again_after_a_day(self):
        self.service.script = [(200, {}, {"status": "fail"}), (200, {}, FOUND)]
        self.event(ip="81.2.69.142")
        self.run_cron()
        self.pass_time(days=2)
        event = self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertEqual(event.geo_lookup_state, "done")
        self.assertEqual(self.cached("81.2.69.142").attempts, 0)

    def test_429_stops_asking_until_the_window_ends_and_fails_nothing(self):
        self.service.script = [(429, {"X-Ttl": "600", "X-Rl": "0"}, b"slow down")]
        events = [self.event(ip=ip) for ip in ("81.2.69.142", "81.2.69.143")]
        self.run_cron()
        self.assertEqual(self.asked(), ["81.2.69.142"])
        self.assertLeftWaiting(*events)
        self.assertEqual(self.cached("81.2.69.142").attempts, 0)
        other = self.event(ip="81.2.69.144")
        self.pass_time(minutes=9)
        self.run_cron()
        self.assertEqual(len(self.asked()), 1, "asked before the window ended")
        self.service.script = [(200, {}, FOUND)]
        self.pass_time(minutes=2)
        self.run_cron()
        for event in (*events, other):
            self.assertEqual(event.geo_lookup_state, "done")

    def test_the_last_answer_of_a_window_counts_and_is_the_last(self):
        self.service.script = [(200, {"X-Rl": "0", "X-Ttl": "60"}, FOUND)]
        first, second = (self.event(ip=ip) for ip in ("81.2.69.142", "81.2.69.143"))
        self.run_cron()
        self.assertEqual(first.geo_lookup_state, "done")
        self.assertLeftWaiting(second)
        self.assertEqual(self.asked(), ["81.2.69.142"])

    def test_the_service_says_for_how_long_it_is_left_alone(self):
        for headers, seconds in [
            ({"X-Ttl": "42"}, 42),
            ({"X-Ttl": "0"}, 1),
            ({"Retry-After": "120"}, 120),
            ({"X-Ttl": "7", "Retry-After": "120"}, 7),
            ({"Retry-After": "Fri, 31 Dec 2027 23:59:59 GMT"}, 60),
            ({"X-Ttl": "-5"}, 60),
            ({"X-Ttl": "9" * 5000}, 60),
            ({"X-Ttl": "999999999"}, 24 * 3600),
            ({}, 60),
        ]:
            with self.subTest(headers):
                self.service.script = [(429, headers, b"")]
                self.assertEqual(self.ask(), Answer(pause_s=seconds))

    def test_trouble_of_the_service_is_waited_out(self):
        self.service.script = [(500, {}, b"oops"), (200, {}, FOUND)]
        event = self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertLeftWaiting(event, error="status")
        self.run_cron()
        self.assertEqual(len(self.asked()), 1, "asked before its time")
        self.pass_time(minutes=5)
        self.run_cron()
        self.assertEqual(event.geo_lookup_state, "done")
        self.assertEqual(self.cached("81.2.69.142").attempts, 0)
        self.assertFalse(self.cached("81.2.69.142").last_error)

    def test_retries_double_their_wait_and_end_after_five(self):
        self.service.script = [(503, {}, b"")]
        event = self.event(ip="81.2.69.142")
        for tried, minutes in enumerate((5, 10, 20, 40), start=1):
            self.run_cron()
            self.assertLeftWaiting(event, error="status")
            self.assertEqual(self.cached("81.2.69.142").attempts, tried)
            self.pass_time(minutes=minutes - 1)
            self.run_cron()
            self.assertEqual(len(self.asked()), tried, "asked before its time")
            self.pass_time(minutes=1)
        self.run_cron()
        self.assertEqual(event.geo_lookup_state, "failed")
        self.assertEqual(self.cached("81.2.69.142").state, "failed")
        self.assertEqual(self.cached("81.2.69.142").last_error, "status")
        self.assertEqual(len(self.asked()), 5)

    def test_after_two_silences_in_a_row_the_run_asks_no_more(self):
        self.silence_in(0.1)
        self.service.script = [SILENCE]
        ips = ["81.2.69.142", "81.2.69.143", "81.2.69.144"]
        events = [self.event(ip=ip) for ip in ips]
        private = self.event(ip="10.0.0.1")
        with self.assertLogs(LOGGER, "WARNING") as logs:
            self.run_cron()
        self.assertEqual(len(logs.output), 1)
        self.assertEqual(self.asked(), ips[:2])
        self.assertLeftWaiting(*events[:2], error="timeout")
        self.assertLeftWaiting(events[2])
        self.assertEqual(self.cached(ips[2]).attempts, 0)
        self.assertEqual(private.geo_lookup_state, "private_ip")

    def test_one_silence_does_not_stop_the_run(self):
        events = [self.event(ip=f"81.2.69.{n}") for n in range(4)]
        silence, found = Answer(error="timeout"), Answer(Place("DE", "Germany"))
        answers = [silence, found, silence, found]
        with patch.object(lookup, "ask_service", side_effect=answers):
            self.run_cron()
        states = [event.geo_lookup_state for event in events]
        self.assertEqual(states, ["pending", "done", "pending", "done"])

    def test_a_service_that_is_not_there_is_unreachable(self):
        self.service.close()
        event = self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertLeftWaiting(event, error="unreachable")

    def test_redirects_are_not_followed(self):
        elsewhere = {"Location": "http://127.0.0.1:1/elsewhere"}
        for status in (301, 302, 303, 307, 308):
            self.service.script = [(status, elsewhere, b"")]
            self.assertEqual(self.ask(), Answer(error="status"))
        self.assertEqual(len(self.asked()), 5)

    def test_answers_that_are_none_are_not_understood(self):
        nested = b'{"status": "success", "city": ' + b"[" * 5000 + b"]" * 5000 + b"}"
        for body in [
            b"",
            b"<html>Welcome to this hotel</html>",
            b"[]",
            b'"success"',
            b"null",
            b"\xff\xfe\x00",
            b'{"status": "success"',
            nested,
            {"status": "success"},
            {"status": ["success"], **FOUND, "countryCode": "GBR"},
            {**FOUND, "status": True},
            {**FOUND, "countryCode": "<b"},
            {**FOUND, "countryCode": {"$gt": ""}},
            gzip.compress(json.dumps(FOUND).encode()),
        ]:
            with self.subTest(body):
                self.service.script = [(200, {}, body)]
                self.assertEqual(self.ask(), Answer(error="answer"))

    def test_what_an_answer_smuggles_in_is_made_harmless(self):
        self.service.script = [
            (
                200,
                {},
                {
                    **FOUND,
                    "country": "X" * 5000,
                    "city": "Lon\x00don\r\n<script>\u202e",
                    "regionName": {"a": 1},
                    "lat": 1e308,
                },
            )
        ]
        event = self.event(ip="81.2.69.142")
        self.run_cron()
        self.assertEqual(event.geo_lookup_state, "done")
        self.assertEqual(len(event.country_name), 64)
        self.assertEqual(event.city, "Lon\ufffddon\ufffd\ufffd<script>\ufffd")
        self.assertFalse(event.geo_state)
        self.env.cr.execute("SELECT latitude, longitude FROM fusion_login_geo")
        self.assertEqual(self.env.cr.fetchall(), [(None, None)])

    def test_a_huge_answer_is_not_read_to_its_end(self):
        self.service.script = [(200, {}, b'{"city": "' + b"x" * 50_000_000)]
        self.assertEqual(self.ask(), Answer(error="answer"))

    def test_an_exchange_ends_in_time_however_slowly_it_goes_on(self):
        drip = Event()
        self.addCleanup(drip.set)
        with self.assertRaises(TimeoutError):
            lookup._within(0.05, drip.wait, 60)

    def test_credentials_of_this_machine_stay_here(self):
        credentials = ("me", "secret")
        with patch("requests.sessions.get_netrc_auth", return_value=credentials):
            self.assertTrue(self.ask().place)
        self.assertNotIn("Authorization", self.service.requests[0][1])

    def test_a_url_without_the_address_asks_nobody_and_loses_nothing(self):
        event = self.event(ip="81.2.69.142")
        for url in ("http://127.0.0.1/json/", "ftp://127.0.0.1/{ip}", ""):
            self.configure(geo_url=url)
            with self.assertLogs(LOGGER, "WARNING"):
                self.run_cron()
            self.assertLeftWaiting(event)
            self.pass_time(minutes=10)
        self.configure(geo_url=self.service.url)
        self.run_cron()
        self.assertEqual(event.geo_lookup_state, "done")

    def ask(self):
        """Ask the service directly; return its answer."""
        return ask_service(self.service.url, parse_address("81.2.69.142"), 10)
