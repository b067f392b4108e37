"""Which logins raise which alert, at the edge of each rule and on both sides of it."""

from contextlib import nullcontext
from datetime import datetime, timedelta

from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import fusion_login_alert
from ..models.fusion_login_alert_place import distance_km
from ..models.fusion_login_alert_rules import is_off_hours, local_time
from .alerts_common import AlertCase, set_parameters

NOW = datetime(2026, 3, 4, 12, 0, 0)  # a Wednesday
MINUTE = timedelta(minutes=1)
TORONTO = (43.6532, -79.3832)
LONDON = (51.5072, -0.1276)
HAMILTON = (43.2557, -79.8711)


@tagged("post_install", "-at_install")
class TestAlertBursts(AlertCase):
    def burst(self, count, *, login="ada@example.com", last=NOW, **more):
        """Write failures one minute apart and return the last one."""
        for minutes in reversed(range(count)):
            event = self.event("failure", login, at=last - minutes * MINUTE, **more)
        return event

    def test_the_failure_that_reaches_the_threshold_raises_one_alert(self):
        self.assertFalse(self.evaluate(self.burst(4)))
        event = self.event("failure", at=NOW + MINUTE)
        self.assertEqual(self.evaluate(event), ["failure_burst"])
        alert = self.alerts.search([("event_id", "=", event.id)])
        self.assertEqual(alert.name, "5 failed login attempts for ada@example.com")
        self.assertEqual(alert.subject, "ada@example.com")
        self.assertEqual(alert.user_id, self.user)
        self.assertEqual(alert.ip_address, "203.0.113.7")
        self.assertEqual(alert.details, {"threshold": 5, "window_min": 15.0})

    def test_a_success_in_between_ends_the_count(self):
        self.burst(4)
        self.event("success", at=NOW + MINUTE)
        event = self.event("failure", at=NOW + 2 * MINUTE)
        self.assertFalse(self.evaluate(event))

    def test_in_one_second_the_order_of_writing_decides(self):
        for result in ("failure",) * 4 + ("success", "failure"):
            event = self.event(result, at=NOW)
        self.assertFalse(self.evaluate(event))

    def test_the_success_of_an_api_key_does_not_hide_guesses(self):
        self.burst(4)
        self.event("success", at=NOW, method="apikey", interface="rpc")
        event = self.event("failure", at=NOW)
        self.assertEqual(self.evaluate(event), ["failure_burst"])

    def test_a_right_password_without_second_factor_neither_counts_nor_ends(self):
        self.burst(3)
        pending = self.event("mfa_pending", at=NOW)
        self.assertFalse(self.evaluate(pending))
        self.assertFalse(self.evaluate(self.event("failure", at=NOW)))
        event = self.event("failure", at=NOW)
        self.assertEqual(self.evaluate(event), ["failure_burst"])

    def test_failures_at_the_edge_of_the_window_count_and_older_ones_do_not(self):
        edge = timedelta(minutes=15)
        for offset, kinds in ((edge, ["failure_burst"]), (edge + MINUTE, [])):
            with self.subTest(offset):
                login = f"edge{offset.seconds}@example.com"
                self.event("failure", login, at=NOW - offset)
                self.assertEqual(self.evaluate(self.burst(4, login=login)), kinds)

    def test_failures_of_other_logins_do_not_count(self):
        self.burst(4, login="ada@example.org")
        self.assertFalse(self.evaluate(self.event("failure", at=NOW)))

    def test_throttled_attempts_count(self):
        event = self.burst(5, reason="throttled")
        self.assertEqual(self.evaluate(event), ["failure_burst"])

    def test_logins_that_nobody_has_count_too(self):
        event = self.burst(5, login="nobody@example.com")
        self.assertEqual(self.evaluate(event), ["failure_burst"])
        alert = self.alerts.search([("event_id", "=", event.id)])
        self.assertFalse(alert.user_id)
        self.assertEqual(alert.attempted_login, "nobody@example.com")

    def test_threshold_zero_switches_bursts_off(self):
        set_parameters(self.env, alert_threshold=0)
        self.assertFalse(self.evaluate(self.burst(6)))
        self.assertFalse(self.evaluate(self.event("success", at=NOW)))

    def test_the_master_switch_stops_every_kind(self):
        set_parameters(self.env, alert_enabled=False, alert_off_hours=True)
        self.assertFalse(self.evaluate(self.burst(12)))
        success = self.event("success", at=NOW.replace(hour=3))
        self.assertFalse(self.evaluate(success))
        self.assertFalse(self.alerts._fc_evaluate_place(success.ids))
        self.assertFalse(self.alerts.search([]))

    def test_within_the_cooldown_there_is_no_second_alert_and_after_it_one(self):
        first = self.burst(5)
        self.assertEqual(self.evaluate(first), ["failure_burst"])
        self.assertFalse(self.evaluate(self.event("failure", at=NOW)))
        self.forget_cooldowns(59)
        self.assertFalse(self.evaluate(self.event("failure", at=NOW)))
        self.forget_cooldowns(1)
        last = self.event("failure", at=NOW)
        self.assertEqual(self.evaluate(last), ["failure_burst"])

    def test_a_repeated_alert_counts_what_the_cooldown_kept_back(self):
        now = datetime.utcnow().replace(microsecond=0)
        self.evaluate(self.burst(5, last=now - timedelta(hours=2)))
        self.forget_cooldowns()
        event = self.burst(7, last=now)
        self.assertEqual(self.evaluate(event), ["failure_burst"])
        alert = self.alerts.search([("event_id", "=", event.id)])
        self.assertEqual(alert.details["since_previous"], 7)
        self.assertIn("there were 7 failures", alert.message)

    def test_the_cooldown_of_one_login_keeps_no_other_alert_back(self):
        self.evaluate(self.burst(5))
        event = self.burst(5, login="bob@example.com")
        self.assertEqual(self.evaluate(event), ["failure_burst"])

    def test_a_success_right_after_a_burst_is_an_alert(self):
        self.burst(5)
        event = self.event("success", at=NOW + MINUTE)
        self.assertIn("after_burst", self.evaluate(event))

    def test_a_success_after_fewer_failures_than_the_threshold_is_none(self):
        self.burst(4)
        event = self.event("success", at=NOW + MINUTE)
        self.assertNotIn("after_burst", self.evaluate(event))

    def test_the_second_success_after_a_burst_is_none(self):
        self.burst(5)
        self.event("success", at=NOW + MINUTE)
        event = self.event("success", at=NOW + 2 * MINUTE)
        self.assertNotIn("after_burst", self.evaluate(event))

    def test_a_second_factor_after_a_burst_is_an_alert(self):
        self.burst(5)
        self.event("mfa_pending", at=NOW)
        event = self.event("success", at=NOW, method="totp")
        self.assertIn("after_burst", self.evaluate(event))

    def test_the_success_of_an_api_key_follows_no_burst(self):
        self.burst(5)
        event = self.event("success", at=NOW, method="apikey", interface="bearer")
        self.assertNotIn("after_burst", self.evaluate(event))

    def test_success_after_failures_has_a_switch(self):
        set_parameters(self.env, alert_after_burst=False)
        self.burst(5)
        event = self.event("success", at=NOW + MINUTE)
        self.assertNotIn("after_burst", self.evaluate(event))

    def spray(self, count, **more):
        """Write failures of different logins and return the last one."""
        for number in range(count):
            event = self.event("failure", f"spray{number}@example.com", at=NOW, **more)
        return event

    def test_one_address_that_tries_as_many_logins_as_the_limit_is_an_alert(self):
        self.assertFalse(self.evaluate(self.spray(9)))
        event = self.event("failure", "spray9@example.com", at=NOW)
        self.assertEqual(self.evaluate(event), ["spraying"])
        alert = self.alerts.search([("event_id", "=", event.id)])
        self.assertEqual(alert.subject, "203.0.113.7")
        self.assertFalse(alert.user_id)
        self.assertFalse(alert.attempted_login)

    def test_the_same_login_again_makes_no_spraying(self):
        self.spray(9)
        event = self.event("failure", "spray0@example.com", at=NOW)
        self.assertFalse(self.evaluate(event))

    def test_failures_before_the_window_make_no_spraying(self):
        self.spray(9)
        event = self.event(
            "failure", "late@example.com", at=NOW + timedelta(minutes=16)
        )
        self.assertFalse(self.evaluate(event))

    def test_events_without_a_request_make_no_spraying(self):
        event = self.spray(12, ip="internal")
        self.assertFalse(self.evaluate(event))

    def test_spraying_has_a_switch_and_a_limit_that_may_be_off(self):
        set_parameters(self.env, alert_spraying=False)
        self.assertFalse(self.evaluate(self.spray(12)))
        set_parameters(self.env, alert_spraying=True, alert_spraying_logins=0)
        self.assertFalse(self.evaluate(self.spray(12)))

    def test_all_rules_take_one_query_together(self):
        set_parameters(self.env, alert_off_hours=True)
        failure = self.burst(6)
        success = self.event("success", "bob@example.com", at=NOW)
        for event in self.burst(4, login="bob@example.com"), failure, success:
            self.evaluate(event)
            with self.assertQueryCount(1):
                self.assertFalse(self.evaluate(event))
        pending = self.event("mfa_pending", at=NOW)
        with self.assertQueryCount(0):
            self.assertFalse(self.alerts._fc_evaluate(pending.id, "mfa_pending"))

    def test_a_result_that_is_told_is_the_result_that_is_looked_at(self):
        event = self.burst(5)
        self.assertFalse(self.alerts._fc_evaluate(event.id, "success"))
        self.assertTrue(self.alerts._fc_evaluate(event.id, "failure"))

    def test_what_is_off_costs_no_query(self):
        failure = self.burst(5)
        off = dict.fromkeys(("after_burst", "spraying", "never_used"), False)
        set_parameters(
            self.env,
            alert_threshold=0,
            **{f"alert_{kind}": value for kind, value in off.items()},
        )
        self.evaluate(failure)
        with self.assertQueryCount(0):
            self.assertFalse(self.evaluate(failure))
        set_parameters(self.env, alert_threshold=5, alert_enabled=False)
        self.evaluate(failure)
        with self.assertQueryCount(0):
            self.assertFalse(self.evaluate(failure))

    def limits(self):
        self.env.cr.execute(
            "SELECT current_setting('lock_timeout'),"
            " current_setting('statement_timeout')"
        )
        return self.env.cr.fetchone()

    def test_limits_on_waiting_end_with_the_evaluation(self):
        before = self.limits()
        for event in self.burst(4), self.event("failure", at=NOW):
            self.evaluate(event)
            self.assertEqual(self.limits(), before)

    def test_an_alert_that_meets_a_newer_row_is_raised_in_a_new_transaction(self):
        raise_once = type(self.alerts)._fc_raise_once
        refusals = [SerializationFailure()]

        def refuse_once(alerts, *arguments):
            if refusals:
                raise refusals.pop()
            return raise_once(alerts, *arguments)

        before = self.limits()
        self.patch(type(self.alerts), "_fc_raise_once", refuse_once)
        self.patch(self.registry, "cursor", lambda **_options: nullcontext(self.env.cr))
        self.assertEqual(self.evaluate(self.burst(5)), ["failure_burst"])
        self.assertFalse(refusals)
        self.assertEqual(self.limits(), before)

    def test_a_rule_that_breaks_does_not_stop_the_next(self):
        self.spray(9)
        event = self.burst(5, login="spray9@example.com")
        self.patch(
            type(self.alerts), "_fc_text_failure_burst", lambda alert, known: 1 / 0
        )
        with mute_logger("odoo.addons.fusion_login_audit"):
            self.assertEqual(self.evaluate(event), ["spraying"])

    def test_an_event_that_is_gone_raises_nothing(self):
        self.assertFalse(self.alerts._fc_evaluate(2**31 - 1))


@tagged("post_install", "-at_install")
class TestAlertAccounts(AlertCase):
    def setUp(self):
        super().setUp()
        self.env.cr.execute(
            "UPDATE res_users SET create_date = %s WHERE id = %s",
            [NOW - timedelta(days=8), self.user.id],
        )
        self.env.invalidate_all()

    def log_login(self, at):
        """Write Odoo's own log of a login."""
        self.env.cr.execute(
            "INSERT INTO res_users_log (create_uid, create_date) VALUES (%s, %s)",
            [self.user.id, at],
        )

    def test_the_first_login_of_an_old_account_is_an_alert(self):
        event = self.event(at=NOW)
        self.assertEqual(self.evaluate(event), ["never_used"])
        alert = self.alerts.search([("event_id", "=", event.id)])
        self.assertEqual(alert.details, {"account_days": 8})

    def test_so_is_the_first_use_of_its_api_key(self):
        event = self.event(at=NOW, method="apikey", interface="bearer")
        self.assertEqual(self.evaluate(event), ["never_used"])

    def test_the_first_login_of_a_new_account_is_none(self):
        for days, kinds in ((8, ["never_used"]), (9, [])):
            with self.subTest(days):
                set_parameters(self.env, alert_never_used_days=days)
                self.forget_cooldowns()
                event = self.event(at=NOW)
                self.assertEqual(self.evaluate(event), kinds)
                self.env.cr.execute(
                    "DELETE FROM fusion_login_audit WHERE id = %s", [event.id]
                )

    def test_the_second_login_is_none(self):
        self.event(at=NOW)
        self.assertFalse(self.evaluate(self.event(at=NOW)))

    def test_failures_before_do_not_make_an_account_used(self):
        self.event("failure", at=NOW)
        self.assertEqual(self.evaluate(self.event(at=NOW)), ["never_used"])

    def test_a_login_before_the_addon_was_installed_makes_it_used(self):
        self.log_login(NOW - timedelta(days=3))
        self.assertFalse(self.evaluate(self.event(at=NOW)))

    def test_the_log_of_this_very_login_does_not(self):
        self.log_login(NOW - timedelta(minutes=10))
        self.event("mfa_pending", at=NOW - timedelta(minutes=10))
        event = self.event(at=NOW, method="totp")
        self.assertEqual(self.evaluate(event), ["never_used"])

    def test_first_logins_have_a_switch(self):
        set_parameters(self.env, alert_never_used=False)
        self.assertFalse(self.evaluate(self.event(at=NOW)))

    def test_a_success_without_a_user_of_odoo_is_none(self):
        event = self.event(login="employee@example.com", interface="api", at=NOW)
        self.assertFalse(event.user_id)
        self.assertFalse(self.evaluate(event))

    def at_hour(self, hour, **more):
        """Return the kinds of a login at an hour (UTC) of the Wednesday."""
        set_parameters(self.env, alert_off_hours=True, alert_never_used=False)
        self.forget_cooldowns()
        moment = NOW.replace(hour=0) + timedelta(hours=hour)
        return self.evaluate(self.event(at=more.pop("at", moment), **more))

    def test_logins_outside_working_hours_are_alerts_at_their_edges(self):
        self.user.tz = "UTC"
        for hour, kinds in (
            (7, []),
            (19.99, []),
            (20, ["off_hours"]),
            (6.99, ["off_hours"]),
        ):
            with self.subTest(hour):
                self.assertEqual(self.at_hour(hour), kinds)

    def test_working_hours_are_those_of_the_users_clock(self):
        self.user.tz = "America/Toronto"
        self.assertFalse(self.at_hour(12))  # 7:00
        self.assertEqual(self.at_hour(11.9), ["off_hours"])
        alert = self.alerts.search([], limit=1)
        self.assertEqual(
            alert.details,
            {"local_time": "2026-03-04 06:54", "timezone": "America/Toronto"},
        )

    def test_working_hours_are_off_unless_switched_on(self):
        set_parameters(self.env, alert_never_used=False)
        self.assertFalse(self.evaluate(self.event(at=NOW.replace(hour=3))))

    def test_keys_and_customers_have_no_working_hours(self):
        self.assertFalse(self.at_hour(3, method="apikey", interface="rpc"))
        self.assertFalse(self.at_hour(3, interface="rpc", hourly=("rpc", "x")))
        self.user.write({"groups_id": [(6, 0, self.env.ref("base.group_portal").ids)]})
        self.assertTrue(self.user.share)
        self.assertFalse(self.at_hour(3))

    def test_weekends_are_outside_by_a_switch(self):
        self.user.tz = "UTC"
        saturday = NOW + timedelta(days=3)
        self.assertFalse(self.at_hour(12, at=saturday))
        set_parameters(self.env, alert_weekends=True)
        self.assertEqual(self.at_hour(12, at=saturday), ["off_hours"])

    def test_hours_over_midnight_belong_to_the_day_they_begin_on(self):
        friday_night = datetime(2026, 3, 7, 2, 0)  # a Saturday by date
        self.assertFalse(is_off_hours(friday_night, 22, 6, True))
        self.assertTrue(is_off_hours(friday_night.replace(hour=22), 22, 6, True))
        self.assertTrue(is_off_hours(NOW, 22, 6, False))
        self.assertFalse(is_off_hours(NOW.replace(hour=23), 22, 6, False))
        self.assertTrue(is_off_hours(NOW.replace(hour=6), 22, 6, False))

    def test_hours_that_begin_when_they_end_are_the_whole_day(self):
        self.assertFalse(is_off_hours(NOW.replace(hour=3), 0, 0, False))

    def test_an_unknown_time_zone_is_taken_for_utc(self):
        self.assertEqual(str(local_time(NOW, "Mars/Olympus").tzinfo), "UTC")
        self.user.tz = False
        self.assertFalse(self.at_hour(12))
        self.assertEqual(self.at_hour(6), ["off_hours"])


@tagged("post_install", "-at_install")
class TestAlertPlaces(AlertCase):
    def placed(self, country, point=None, *, at=NOW, ip=None, **more):
        """Write a success whose place is known, as the geo cron leaves it."""
        ip = ip or f"198.51.100.{sum(country.encode()) % 250}"
        event = self.event(at=at, ip=ip, **more)
        self.env.cr.execute(
            "UPDATE fusion_login_audit SET country_code = %s, country_name = %s,"
            " geo_lookup_state = 'done' WHERE id = %s",
            [country, {"CA": "Canada", "GB": "United Kingdom"}.get(country), event.id],
        )
        latitude, longitude = point or (None, None)
        self.env.cr.execute(
            "INSERT INTO fusion_login_geo (ip_address, state, latitude, longitude)"
            " VALUES (%s, 'done', %s, %s) ON CONFLICT (ip_address)"
            " DO UPDATE SET latitude = EXCLUDED.latitude,"
            " longitude = EXCLUDED.longitude",
            [ip, latitude, longitude],
        )
        self.env.invalidate_all()
        return event

    def kinds(self, *events):
        ids = [event.id for event in events]
        return self.alerts._fc_evaluate_place(ids).mapped("kind")

    def test_the_first_country_that_is_known_is_none(self):
        self.event(at=NOW - timedelta(days=1))
        self.assertFalse(self.kinds(self.placed("CA")))

    def test_a_second_country_is_an_alert_and_the_same_again_none(self):
        self.placed("CA", at=NOW - timedelta(days=2))
        event = self.placed("GB", at=NOW - timedelta(days=1))
        self.assertEqual(self.kinds(event), ["new_country"])
        alert = self.alerts.search([("event_id", "=", event.id)])
        self.assertEqual(alert.subject, "ada@example.com (GB)")
        self.assertIn("United Kingdom", alert.name)
        self.forget_cooldowns()
        self.assertFalse(self.kinds(self.placed("GB")))
        self.assertFalse(self.kinds(self.placed("CA")))

    def test_the_cooldown_of_one_country_does_not_hide_the_next(self):
        self.placed("CA", at=NOW - timedelta(days=2))
        self.assertEqual(self.kinds(self.placed("GB")), ["new_country"])
        self.assertEqual(self.kinds(self.placed("FR")), ["new_country"])

    def test_of_events_that_become_known_together_the_first_is_the_alert(self):
        self.placed("CA", at=NOW - timedelta(days=2))
        second = self.placed("GB", at=NOW)
        first = self.placed("GB", at=NOW - MINUTE)
        self.assertEqual(self.kinds(second, first), ["new_country"])
        self.assertEqual(self.alerts.search([], limit=1).event_id, first)

    def test_countries_of_others_and_of_failures_do_not_count(self):
        self.placed("CA", at=NOW - timedelta(days=2))
        self.placed("GB", at=NOW - timedelta(days=1), login="bob@example.com")
        failure = self.placed("GB", at=NOW - timedelta(days=1), result="failure")
        self.assertFalse(self.kinds(failure))
        self.assertEqual(self.kinds(self.placed("GB")), ["new_country"])

    def test_the_private_network_is_no_country(self):
        self.placed("--", at=NOW - timedelta(days=2))
        self.assertFalse(self.kinds(self.placed("CA", at=NOW - MINUTE)))
        self.assertFalse(self.kinds(self.placed("--")))

    def test_a_key_that_is_used_in_a_new_country_is_an_alert(self):
        self.placed("CA", at=NOW - timedelta(days=2))
        event = self.placed(
            "GB", method="apikey", interface="bearer", hourly=("bearer", "key")
        )
        self.assertEqual(self.kinds(event), ["new_country"])

    def test_new_countries_have_a_switch(self):
        set_parameters(self.env, alert_new_country=False)
        self.placed("CA", at=NOW - timedelta(days=2))
        self.assertFalse(self.kinds(self.placed("GB")))

    def travel(self, point, there, hours, **more):
        """Return the kinds of a login some hours after one somewhere else."""
        set_parameters(self.env, alert_new_country=False)
        self.placed("CA", point, ip="198.51.100.1", at=NOW - timedelta(hours=hours))
        event = self.placed("GB", there, ip="198.51.100.2", **more)
        return self.kinds(event)

    def test_a_way_that_nobody_makes_in_the_time_is_an_alert(self):
        self.assertEqual(self.travel(TORONTO, LONDON, 2), ["travel"])
        alert = self.alerts.search([], limit=1)
        self.assertEqual(alert.details["km"], 5713)
        self.assertEqual(alert.details["hours"], 2)
        self.assertIn("2 hours later", alert.message)

    def test_a_flight_is_none(self):
        hours = distance_km(*TORONTO, *LONDON) / 900
        self.assertFalse(self.travel(TORONTO, LONDON, hours + 0.01))

    def test_just_faster_than_the_limit_is_an_alert(self):
        hours = distance_km(*TORONTO, *LONDON) / 900
        self.assertEqual(self.travel(TORONTO, LONDON, hours - 0.01), ["travel"])

    def test_at_the_same_second_only_far_places_are_an_alert(self):
        self.assertFalse(self.travel(TORONTO, HAMILTON, 0))
        self.assertEqual(self.travel(TORONTO, LONDON, 0), ["travel"])

    def test_the_next_of_two_in_between_decides(self):
        self.placed("GB", LONDON, at=NOW - timedelta(hours=9), ip="198.51.100.2")
        self.assertFalse(self.travel(LONDON, LONDON, 1))

    def test_a_place_that_becomes_known_late_is_compared_with_the_login_after_it(self):
        set_parameters(self.env, alert_new_country=False)
        late = self.placed("GB", LONDON, at=NOW - timedelta(hours=1))
        last = self.placed("CA", TORONTO, ip="198.51.100.1")
        self.assertEqual(self.kinds(late), ["travel"])
        self.assertEqual(self.alerts.search([], limit=1).event_id, last)

    def test_machines_do_not_travel(self):
        key = {"method": "apikey", "interface": "bearer", "hourly": ("bearer", "key")}
        self.assertFalse(self.travel(TORONTO, LONDON, 1, **key))
        self.assertFalse(
            self.kinds(self.placed("CA", TORONTO, ip="198.51.100.1", at=NOW + MINUTE))
        )

    def test_unknown_coordinates_are_not_the_gulf_of_guinea(self):
        self.assertFalse(self.travel(TORONTO, (0, 0), 1))
        self.assertFalse(self.travel(TORONTO, None, 1, at=NOW + MINUTE))

    def test_travel_has_a_switch_and_a_limit_that_may_be_off(self):
        set_parameters(self.env, alert_travel=False)
        self.assertFalse(self.travel(TORONTO, LONDON, 1))
        set_parameters(self.env, alert_travel=True, alert_travel_kmh=0)
        self.assertFalse(self.travel(TORONTO, LONDON, 1))

    def test_many_events_of_one_address_take_few_queries(self):
        self.placed("CA", TORONTO, at=NOW - timedelta(days=9), ip="198.51.100.1")
        events = [
            self.placed("CA", TORONTO, at=NOW + n * MINUTE, ip="198.51.100.1")
            for n in range(40)
        ]
        self.kinds(*events)
        with self.assertQueryCount(8):
            self.alerts._fc_evaluate_place([event.id for event in events])

    def test_the_distance_is_the_great_circles(self):
        self.assertAlmostEqual(distance_km(*TORONTO, *LONDON), 5714, delta=5)
        self.assertAlmostEqual(distance_km(0, 179, 0, -179), 222.4, delta=0.1)
        self.assertAlmostEqual(distance_km(90, 0, -90, 0), 20015, delta=1)
        self.assertEqual(distance_km(*TORONTO, *TORONTO), 0)


@tagged("post_install", "-at_install")
class TestAlertRecords(AlertCase):
    def raise_alert(self, login="ada@example.com"):
        for _number in range(5):
            event = self.event("failure", login, at=NOW)
        return self.alerts._fc_evaluate(event.id)

    def test_administrators_read_alerts_and_nobody_writes_them(self):
        alert = self.raise_alert().with_user(self.administrator)
        self.assertEqual(alert.read(["name"])[0]["name"], alert.name)
        self.assertEqual(alert.mail_state, "queued")
        for refused in (
            lambda: alert.write({"name": "x"}),
            lambda: alert.unlink(),
            lambda: alert.delivery_ids.write({"state": "sent"}),
            lambda: alert.copy(),
        ):
            with self.assertRaises(AccessError):
                refused()

    def test_others_see_no_alert_and_send_none(self):
        alert = self.raise_alert().with_user(self.user)
        with self.assertRaises(AccessError):
            alert.read(["name"])
        with self.assertRaises(AccessError):
            alert.action_retry()
        with self.assertRaises(AccessError):
            self.alerts.with_user(self.user).action_send_test_alert()

    def test_nobody_has_access_to_cooldowns(self):
        cooldowns = self.env["fusion.login.alert.cooldown"]
        with self.assertRaises(AccessError):
            cooldowns.with_user(self.administrator).search([])

    def test_an_alert_opens_its_event_and_all_events_of_its_subject(self):
        alert = self.raise_alert().with_user(self.administrator)
        self.assertEqual(alert.action_open_event()["res_id"], alert.event_id.id)
        domain = alert.action_open_events()["domain"]
        events = self.env["fusion.login.audit"].with_user(self.administrator)
        self.assertEqual(len(events.search(domain)), 5)

    def test_an_alert_outlives_its_user_and_its_event(self):
        alert = self.raise_alert()
        self.env.cr.execute(
            "DELETE FROM fusion_login_audit WHERE id = %s", [alert.event_id.id]
        )
        self.user.unlink()
        self.env.invalidate_all()
        self.assertFalse(alert.user_id or alert.event_id)
        self.assertEqual(alert.attempted_login, "ada@example.com")

    def test_alerts_end_with_their_retention_some_at_a_time(self):
        old, young = self.raise_alert(), self.raise_alert("bob@example.com")
        self.env.cr.execute(
            "UPDATE fusion_login_alert SET alert_time = %s WHERE id = %s",
            [datetime.utcnow() - timedelta(days=366), old.id],
        )
        self.patch(fusion_login_alert, "_GC_BATCH", 1)
        self.assertEqual(self.alerts._gc_alerts(), (1, 1))
        self.assertEqual(self.alerts._gc_alerts(), (0, 0))
        self.assertFalse(old.exists())
        self.assertTrue(young.exists())

    def test_retention_zero_keeps_alerts_for_good(self):
        alert = self.raise_alert()
        self.env.cr.execute("UPDATE fusion_login_alert SET alert_time = '2001-01-01'")
        set_parameters(self.env, retention_days=0)
        self.assertEqual(self.alerts._gc_alerts(), (0, 0))
        self.assertTrue(alert.exists())

    def test_cooldowns_that_are_over_for_long_are_forgotten(self):
        self.raise_alert()
        cooldowns = self.env["fusion.login.alert.cooldown"]
        cooldowns._gc_cooldowns()
        self.assertEqual(cooldowns.search_count([]), 1)
        self.forget_cooldowns(60 * 24 * 7 + 61)
        cooldowns._gc_cooldowns()
        self.assertEqual(cooldowns.search_count([]), 0)

    def test_the_views_show_alerts(self):
        self.raise_alert()
        alerts = self.alerts.with_user(self.administrator)
        for kind in ("list", "form", "search"):
            self.assertTrue(alerts.get_view(view_type=kind)["arch"])
        failed = [("delivery_ids.state", "=", "failed")]
        self.assertFalse(alerts.search(failed))
        self.alerts.search([]).delivery_ids.write({"state": "failed"})
        self.assertTrue(alerts.search(failed).has_failed_delivery)
