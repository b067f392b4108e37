"""Rate limits: who has used up what is told so, and told when to come back."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..api.limits import Limit, parse_limits
from . import example
from .common import ExampleCase, database_error


@tagged("post_install", "-at_install")
class TestRates(ExampleCase):
    def setUp(self):
        super().setUp()
        self.forget_counts()
        self.addCleanup(self.forget_counts)

    def few(self, status, token=None):
        """Ask what may be asked three times an hour."""
        return self.call("GET", "/few", token=token or self.token, status=status)

    def set_limits(self, group, text):
        """Set the limits of a group as an administrator does."""
        parameters = self.env["ir.config_parameter"]
        parameters.set_param(f"test_json_api.rate_limit.{group}", text)

    def test_one_too_many_is_429(self):
        remaining = [self.few(200).headers["RateLimit"] for _time in range(3)]
        self.assertEqual(
            [text.split(";")[:2] for text in remaining],
            [['"principal"', f"r={left}"] for left in (2, 1, 0)],
        )
        answer = self.few(429)
        self.assertEqual(answer.code, "too_many_requests")
        self.assertLessEqual(3590, int(answer.headers["Retry-After"]))
        self.assertLessEqual(int(answer.headers["Retry-After"]), 3600)
        self.assertEqual(answer.headers["RateLimit-Policy"], '"principal";q=3;w=3600')
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")

    def test_callers_are_counted_apart(self):
        other = self.user.copy({"login": "other.api@example.com", "name": "Other"})
        example.TOKENS["other"] = (other.id, None)
        for _time in range(3):
            self.few(200)
        self.few(429)
        self.few(200, token="other")

    def test_count_ends_with_its_window(self):
        for _time in range(3):
            self.few(200)
        self.few(429)
        with self.registry._db.cursor() as cr:
            cr.execute(
                "UPDATE base_json_api_rate SET ends = %s",
                [fields.Datetime.now() - timedelta(seconds=1)],
            )
        self.few(200)

    def test_refused_requests_count_although_they_are_rolled_back(self):
        body = {"name": "guess"}
        for _time in range(3):
            self.call("POST", "/login", body, status=401)
        self.call("POST", "/login", body, status=429)

    def test_bad_tokens_count_for_their_address(self):
        self.set_limits("few", "ip 2/3600")
        self.few(401, token="guess")
        self.few(401, token="denied")
        self.few(429, token="denied")

    def test_tries_of_one_request_count_once(self):
        def once(call):
            if len(example.CALLS) < 2:
                database_error("40001")(call)

        example.TROUBLE[:] = [once]
        thing = self.make_things(1)
        path = f"/things/{thing.id}/poke"
        with patch("odoo.service.model.time.sleep"):
            first = self.call("POST", path, token=self.token, status=200)
        second = self.call("POST", path, token=self.token, status=200)
        self.assertIn("r=1199", first.headers["RateLimit"])
        self.assertIn("r=1198", second.headers["RateLimit"])

    def test_administrator_changes_limits(self):
        self.set_limits("few", "principal 1/60")
        self.few(200)
        self.few(429)
        self.set_limits("few", "off")
        answer = self.few(200)
        self.assertNotIn("RateLimit", answer.headers)

    def test_strangers_are_not_counted_as_one_caller(self):
        answer = self.call("GET", "/tell/hi", status=200)
        self.assertTrue(answer.headers["RateLimit"].startswith('"ip"'))

    def test_limits_are_read_as_administrators_write_them(self):
        self.assertEqual(
            parse_limits("principal 600/60,ip  1200/60"),
            (Limit("principal", 600, 60), Limit("ip", 1200, 60)),
        )
        self.assertEqual(parse_limits("off"), ())
        with self.assertLogs("odoo.addons.base_json_api.api.limits", "WARNING"):
            found = parse_limits("user 5/60, ip 7/60, ip 1/0")
        self.assertEqual(found, (Limit("ip", 7, 60),))

    def test_forgotten_counts_are_removed(self):
        rates = self.env["base.json.api.rate"]
        past, now = fields.Datetime.now() - timedelta(hours=2), fields.Datetime.now()
        old, young = rates.create(
            [
                {"bucket": "test_json_api/old", "hits": 1, "ends": past},
                {"bucket": "test_json_api/young", "hits": 1, "ends": now},
            ]
        )
        rates._gc_forgotten()
        self.assertEqual((old | young).exists(), young)

    def test_table_is_not_logged(self):
        self.env.cr.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = 'base_json_api_rate'"
        )
        self.assertEqual(self.env.cr.fetchone()[0], "u")
