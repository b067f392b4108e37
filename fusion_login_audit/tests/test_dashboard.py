from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .screen_common import ScreenCase

RESULTS = ("success", "failure", "mfa_pending")


@tagged("post_install", "-at_install")
class TestDashboard(ScreenCase):
    """The figures of the dashboard, and the events behind each."""

    def figures(self, days=7, **context):
        return self.audit.with_context(**context).fc_dashboard(days)

    def count(self, domain, result=None):
        if result:
            domain = [*domain, ("result", "=", result)]
        return self.audit.search_count(domain)

    def make_mixture(self):
        """Events of several results, reasons, addresses, places and ages."""
        now = fields.Datetime.now()
        for age, result, more in [
            (0, "success", {}),
            (1, "success", {"ip": "203.0.113.8"}),
            (1, "mfa_pending", {}),
            (2, "failure", {"reason": "bad_password"}),
            (3, "failure", {"login": "x@example.com", "ip": "198.51.100.4"}),
            (3, "failure", {"login": "y@example.com", "ip": "198.51.100.4"}),
            (4, "success", {"login": self.admin.login}),
            (45, "success", {}),
        ]:
            event = self.event(result, at=now - timedelta(days=age), **more)
            if age < 2:
                self.place(event, "CA", "Canada")
            elif age == 3:
                self.place(event, "--", False)

    def test_totals_count_events_users_and_addresses_of_the_period(self):
        self.make_mixture()
        self.assertEqual(
            self.figures()["totals"],
            {
                "success": 3,
                "failure": 3,
                "mfa_pending": 1,
                "users": 2,
                "addresses": 3,
                "alerts": 0,
            },
        )

    def test_a_longer_period_reaches_further_back(self):
        self.make_mixture()
        self.assertEqual(self.figures(30)["totals"]["success"], 3)
        self.assertEqual(self.figures(90)["totals"]["success"], 4)

    def test_a_period_has_a_bar_for_each_of_its_hours_or_days(self):
        for days, bars in ((1, 24), (7, 7), (30, 30), (90, 90)):
            with self.subTest(days=days):
                self.assertEqual(len(self.figures(days)["buckets"]), bars)

    def test_each_bar_counts_the_events_between_its_ends(self):
        self.make_mixture()
        for days in (1, 7, 90):
            for bar in self.figures(days)["buckets"]:
                domain = [
                    ("event_time", ">=", bar["since"]),
                    ("event_time", "<", bar["until"]),
                ]
                for result in RESULTS:
                    with self.subTest(days=days, bar=bar["label"], result=result):
                        self.assertEqual(self.count(domain, result), bar[result])

    def test_each_figure_counts_the_events_that_it_opens(self):
        self.make_mixture()
        figures = self.figures()
        for chart in ("reasons", "addresses", "countries"):
            self.assertTrue(figures[chart], chart)
            for bar in figures[chart]:
                for result in bar.keys() & set(RESULTS):
                    with self.subTest(chart=chart, bar=bar["label"], result=result):
                        found = self.count(bar["domain"], result)
                        self.assertEqual(found, bar[result])

    def test_bars_are_named_in_words_and_ordered_by_frequency(self):
        self.make_mixture()
        figures = self.figures()
        self.assertEqual(
            [bar["label"] for bar in figures["reasons"]],
            ["Unknown user", "Wrong password"],
        )
        self.assertEqual(figures["addresses"][0]["label"], "203.0.113.7")
        labels = {bar["label"] for bar in figures["countries"]}
        canada = "\U0001f1e8\U0001f1e6 Canada"
        self.assertEqual(labels, {canada, "\U0001f3e0 Private network"})

    def test_figures_are_the_same_when_no_label_is_cached(self):
        self.make_mixture()
        warm = self.figures()
        self.env.registry.clear_all_caches()
        self.env.invalidate_all()
        self.assertEqual(self.figures(), warm)

    def test_days_are_those_of_the_users_time_zone(self):
        """An hour after midnight in Tokyo is still the day before in UTC."""
        self.admin.tz = "Asia/Tokyo"
        day = self.figures()["buckets"][3]
        since = fields.Datetime.to_datetime(day["since"])
        self.assertEqual((since.hour, since.minute), (15, 0))
        self.event(at=since + timedelta(hours=1))
        days = self.figures()["buckets"]
        self.assertEqual([bar["success"] for bar in days], [0, 0, 0, 1, 0, 0, 0])
        self.assertEqual(days[3]["label"], str((since + timedelta(hours=9)).date()))

    def test_the_days_on_which_clocks_change_have_their_own_length(self):
        edges = self.edges_around(datetime(2026, 4, 1), "Europe/Berlin")
        lengths = {
            label: fields.Datetime.to_datetime(end) - fields.Datetime.to_datetime(start)
            for label, start, end in edges
        }
        self.assertEqual(lengths["2026-03-28"], timedelta(hours=24))
        self.assertEqual(lengths["2026-03-29"], timedelta(hours=23))

    def edges_around(self, now, tz):
        """The edges of the bars of seven days that end at a time."""
        execute = type(self.env.cr).execute

        def at_that_time(cr, query, *args, **kwargs):
            if hasattr(query, "code") and "generate_series" in query.code:
                query = type(query)(
                    query.code.replace("now()", f"'{now}'::timestamptz"), *query.params
                )
            return execute(cr, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", at_that_time):
            return self.audit.with_context(tz=tz)._fc_bucket_edges(7)

    def test_a_period_without_events_is_all_zeros(self):
        figures = self.figures()
        self.assertEqual(set(figures["totals"].values()), {0})
        self.assertEqual(len(figures["buckets"]), 7)
        for chart in ("reasons", "addresses", "countries"):
            self.assertEqual(figures[chart], [])

    def test_only_the_offered_periods_are_counted(self):
        for days in (0, 2, 3650, "7"):
            with self.subTest(days=days), self.assertRaises(UserError):
                self.figures(days)

    def test_the_number_of_queries_does_not_grow_with_the_events(self):
        def queries():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.figures(90)
            return self.env.cr.sql_log_count - before

        self.make_mixture()
        self.figures(90)
        few = queries()
        self.make_mixture()
        self.make_mixture()
        self.assertEqual(queries(), few)
        self.assertLessEqual(few, 10)
