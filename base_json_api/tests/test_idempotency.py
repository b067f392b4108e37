"""Idempotency keys: the same request again is answered again, and done once."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..api import problems
from . import example
from .common import ExampleCase, database_error, raising


@tagged("post_install", "-at_install")
class TestIdempotency(ExampleCase):
    def kettle(self, name="Kettle", key="key-1", **more):
        """Create a thing with a key."""
        return self.call(
            "POST",
            "/things",
            more.pop("body", {"name": name}),
            headers={"Idempotency-Key": key},
            token=more.pop("token", self.token),
            **more,
        )

    def kept(self):
        """Return the keys that are kept."""
        return self.env["base.json.api.idempotency.key"].search(
            [("api_name", "=", "test_json_api")]
        )

    def test_same_request_is_answered_again_and_done_once(self):
        first = self.kettle(status=201)
        again = self.kettle(status=201)
        self.assertEqual(first.content, again.content)
        self.assertEqual(first.headers["Location"], again.headers["Location"])
        self.assertEqual(again.headers["Content-Type"], "application/json")
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.assertNotIn("Idempotent-Replayed", first.headers)
        self.assertNotEqual(
            first.headers["X-Request-ID"], again.headers["X-Request-ID"]
        )
        self.assertEqual(example.CALLS, ["Kettle"])

    def test_order_of_keys_and_blanks_do_not_matter(self):
        body = b'{"name": "Kettle", "kind": "person"}'
        same = b'{"kind":"person",\n"name":"Kettle"}'
        headers = {"Idempotency-Key": "k"}
        for raw in (body, same):
            self.call(
                "POST",
                "/things",
                raw=raw,
                headers=headers,
                token=self.token,
                status=201,
            )
        self.assertEqual(example.CALLS, ["Kettle"])

    def test_another_request_with_the_key_is_409(self):
        self.kettle(status=201)
        answer = self.kettle("Pot", status=409)
        self.assertEqual(answer.code, "idempotency_key_reused")
        self.assertEqual(answer.wrong, {"Idempotency-Key": "reused"})
        thing = self.make_things(1)
        self.call(
            "POST",
            f"/things/{thing.id}/poke",
            headers={"Idempotency-Key": "key-1"},
            token=self.token,
            status=409,
        )

    def test_keys_belong_to_the_principal(self):
        other = self.user.copy({"login": "other.api@example.com", "name": "Other"})
        example.TOKENS["other"] = (other.id, None)
        self.kettle(status=201)
        self.kettle(token="other", status=201)
        self.assertEqual(example.CALLS, ["Kettle", "Kettle"])

    def test_requests_without_key_are_done_each_time(self):
        for _time in range(2):
            self.call("POST", "/things", {"name": "a"}, token=self.token, status=201)
        self.assertEqual(example.CALLS, ["a", "a"])
        self.assertFalse(self.kept())

    def test_refused_request_leaves_no_key(self):
        error = problems.Conflict("Not now")
        example.TROUBLE[:] = [raising(error)]
        self.kettle(status=409)
        self.assertFalse(self.kept())
        example.TROUBLE.clear()
        self.kettle(status=201)
        self.assertEqual(example.CALLS, ["Kettle", "Kettle"])

    def test_failed_request_leaves_no_key(self):
        example.TROUBLE[:] = [lambda call: 1 / 0]
        with self.assertLogs("odoo.http", "ERROR"):
            self.kettle(status=500)
        self.assertFalse(self.kept())

    def test_request_that_breaks_a_rule_takes_no_key(self):
        self.kettle(body={}, status=422)
        self.kettle(token="reader", status=403)
        self.kettle(token="stolen", status=401)
        self.assertFalse(self.kept())

    def test_access_is_checked_before_an_answer_is_given_again(self):
        self.kettle(status=201)
        example.TOKENS["reader"] = (self.user.id, frozenset())
        self.kettle(token="reader", status=403)

    def test_malformed_keys_are_400(self):
        for key in ("", "a b", "x" * 256, "é".encode().decode("latin-1")):
            answer = self.kettle(key=key, status=400)
            self.assertEqual(answer.wrong, {"Idempotency-Key": "format"})

    def test_endpoints_without_keys_do_not_heed_them(self):
        headers = {"Idempotency-Key": "k"}
        self.call("GET", "/things", headers=headers, token=self.token, status=200)
        self.call("POST", "/login", {"name": "a"}, headers=headers, status=401)
        self.assertFalse(self.kept())

    def test_key_is_free_after_a_day(self):
        self.kettle(status=201)
        self.kept().created = fields.Datetime.now() - timedelta(hours=24, minutes=1)
        self.env.flush_all()
        self.kettle("Pot", status=201)
        self.assertEqual(example.CALLS, ["Kettle", "Pot"])
        self.assertEqual(len(self.kept()), 1)

    def test_old_keys_are_removed(self):
        self.kettle(key="old", status=201)
        self.kept().created = fields.Datetime.now() - timedelta(hours=25)
        self.kettle(key="young", status=201)
        self.env["base.json.api.idempotency.key"]._gc_old()
        self.assertEqual(self.kept().mapped("key"), ["young"])

    def test_try_after_a_serialization_error_keeps_the_answer(self):
        def once(call):
            if len(example.CALLS) < 2:
                database_error("40001")(call)

        example.TROUBLE[:] = [once]
        with patch("odoo.service.model.time.sleep"):
            self.kettle(status=201)
        self.kettle(status=201)
        self.assertEqual(example.CALLS, ["Kettle", "Kettle"])
        self.assertEqual(len(self.kept()), 1)
