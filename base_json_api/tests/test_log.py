"""The access log: one line a request, with what finds it again and no secret."""

import json

from odoo.tests import tagged

from . import example
from .common import ExampleCase


@tagged("post_install", "-at_install")
class TestLog(ExampleCase):
    def test_line_tells_who_asked_what_and_how_it_went(self):
        thing = self.make_things(1)
        answer = self.call("GET", f"/things/{thing.id}", token=self.token, status=200)
        entry = answer.entry
        self.assertEqual(entry["principal"], f"user:{self.user.id}")
        self.assertEqual(entry["method"], "GET")
        self.assertEqual(entry["route"], "/test_json_api/things/<int:thing_id>")
        self.assertEqual(entry["status"], 200)
        self.assertEqual(entry["bytes"], len(answer.content))
        self.assertGreater(entry["queries"], 0)
        self.assertGreater(entry["ms"], 0)
        self.assertEqual(entry["api"], "test_json_api")
        self.assertEqual(entry["ip"], "127.0.0.1")

    def test_line_of_a_refusal_has_its_code(self):
        answer = self.call("GET", "/things", status=401)
        self.assertEqual(answer.entry["code"], "unauthorized")
        self.assertIsNone(answer.entry["principal"])

    def test_request_id_is_taken_when_sane(self):
        headers = {"X-Request-ID": "mobile-7d9f1c8e"}
        answer = self.call("GET", "/raw", headers=headers)
        self.assertEqual(answer.headers["X-Request-ID"], "mobile-7d9f1c8e")
        self.assertEqual(answer.entry["request_id"], "mobile-7d9f1c8e")

    def test_request_id_is_made_when_it_is_not(self):
        for given in ("", "short", 'a"b{}c,d=ef', "x" * 200, "line\tline12"):
            answer = self.call("GET", "/raw", headers={"X-Request-ID": given})
            self.assertRegex(answer.headers["X-Request-ID"], "^[0-9a-f]{32}$")

    def test_secrets_are_not_in_the_line(self):
        body = {"name": "secret-name"}
        answer = self.call("POST", "/things", body, token=self.token, status=201)
        told = self.call("GET", "/tell/secret-path", params={"loud": "1"})
        for one in (answer, told):
            line = json.dumps(one.entry)
            self.assertNotIn("secret", line)
            self.assertNotIn(self.token, line)
            self.assertNotIn("loud", line)

    def test_observer_of_the_api_is_told(self):
        answer = self.call("GET", "/raw")
        self.assertEqual(example.OBSERVED, [answer.entry])
