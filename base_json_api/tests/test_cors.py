"""Pages of other origins: every answer tells them whether they may read it."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from . import example
from .common import ExampleCase

ORIGIN = "https://app.example.com"
PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}


@tagged("post_install", "-at_install")
class TestCors(ExampleCase):
    def set_origins(self, text):
        """Let pages of these origins call."""
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("test_json_api.cors_origins", text)

    def answers(self):
        """Yield an answer of each kind to a page."""
        example.TROUBLE[:] = [lambda call: 1 / 0]
        headers = {"Origin": ORIGIN}
        for method, path, token, status in (
            ("GET", "/things", self.token, 200),
            ("GET", "/things", "", 401),
            ("POST", "/things", "reader", 403),
            ("GET", "/things/2000000000", self.token, 404),
            ("GET", "/nowhere", "", 404),
            ("PUT", "/things", "", 405),
            ("POST", "/things", self.token, 422),
            ("GET", "/trouble", "", 500),
        ):
            body = {} if method != "GET" else None
            with self.subTest(path=path, status=status):
                yield self.call(
                    method,
                    path,
                    body,
                    token=token,
                    headers=headers,
                    status=status,
                    declared=False,
                )

    @mute_logger("odoo.http")
    def test_every_answer_and_refusal_may_be_read(self):
        for answer in self.answers():
            self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")
            self.assertIn(
                "X-Request-ID", answer.headers["Access-Control-Expose-Headers"]
            )

    @mute_logger("odoo.http")
    def test_allowed_origin_is_named(self):
        self.set_origins(f"https://other.example.com, {ORIGIN}")
        for answer in self.answers():
            self.assertEqual(answer.headers["Access-Control-Allow-Origin"], ORIGIN)
            self.assertEqual(answer.headers["Vary"], "Origin")

    @mute_logger("odoo.http")
    def test_other_origins_are_told_nothing(self):
        self.set_origins("https://other.example.com")
        for answer in self.answers():
            self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
            self.assertEqual(answer.headers["Vary"], "Origin")

    def test_preflight_names_all_methods_and_headers(self):
        answer = self.call("OPTIONS", "/things", headers=PREFLIGHT, status=204)
        headers = answer.headers
        self.assertEqual(headers["Access-Control-Allow-Methods"], "GET, POST")
        allowed = headers["Access-Control-Allow-Headers"].split(", ")
        for name in ("Authorization", "Idempotency-Key", "X-SA-ID", "X-API-KEY"):
            self.assertIn(name, allowed)
        self.assertEqual(headers["Access-Control-Allow-Origin"], "*")
        self.assertEqual(headers["Access-Control-Max-Age"], "86400")
        self.assertNotIn("Access-Control-Allow-Credentials", headers)

    def test_preflight_needs_no_token_and_calls_no_handler(self):
        self.call("OPTIONS", "/things/1/poke", headers=PREFLIGHT, status=204)
        self.assertFalse(example.CALLS)

    def test_preflight_of_nothing_is_404(self):
        answer = self.call("OPTIONS", "/nowhere", headers=PREFLIGHT, status=404)
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")

    def test_administrator_may_allow_more_headers(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("test_json_api.cors_headers", "X-Trace, X-Device")
        answer = self.call("OPTIONS", "/things", headers=PREFLIGHT, status=204)
        self.assertIn("X-Device", answer.headers["Access-Control-Allow-Headers"])
