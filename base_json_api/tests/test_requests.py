"""Requests: what is read of path, query and body, and what cannot be."""

import json

from odoo.tests import tagged

from .common import ExampleCase


@tagged("post_install", "-at_install")
class TestRequests(ExampleCase):
    def refused(self, raw, status, code, **more):
        """Send a body as it is; return the answer that refuses it."""
        answer = self.call(
            "POST", "/things", raw=raw, token=self.token, status=status, **more
        )
        self.assertEqual(answer.code, code)
        return answer

    def wrong(self, **body):
        """Send a body; return the code of what is wrong with each field."""
        answer = self.call("POST", "/things", body, token=self.token, status=422)
        return answer.wrong

    def test_body_becomes_a_record_and_the_declared_answer(self):
        answer = self.call(
            "POST", "/things", {"name": "Kettle"}, token=self.token, status=201
        )
        thing = self.env["res.partner"].browse(answer.json["thing"]["id"])
        self.assertEqual(thing.name, "Kettle")
        self.assertEqual(thing.create_uid, self.user)
        self.assertIsNone(answer.json["thing"]["email"])
        self.assertEqual(
            answer.headers["Location"], f"{self.api.base}/things/{thing.id}"
        )

    def test_no_body_is_an_empty_object(self):
        answer = self.call("POST", "/things", token=self.token, status=422)
        self.assertEqual(answer.wrong, {"/name": "required"})
        thing = self.make_things(1)
        self.call("POST", f"/things/{thing.id}/poke", token=self.token, status=200)
        self.call("POST", f"/things/{thing.id}/poke", {}, token=self.token, status=200)

    def test_unknown_keys_are_refused_at_any_depth(self):
        wrong = self.wrong(name="a", nam="b", lines=[{"qty": 1, "quality": 2}])
        self.assertEqual(wrong, {"/nam": "unknown", "/lines/0/quality": "unknown"})
        thing = self.make_things(1)
        answer = self.call(
            "POST",
            f"/things/{thing.id}/poke",
            {"hard": 1},
            token=self.token,
            status=422,
        )
        self.assertEqual(answer.wrong, {"/hard": "unknown"})

    def test_older_keys_are_accepted_in_requests_only(self):
        body = {"name": "a", "lines": [{"quantity": 2}, {"qty": 3}]}
        self.call("POST", "/things", body, token=self.token, status=201)
        self.assertEqual(
            self.wrong(name="a", lines=[{"qty": 1, "quantity": 2}]),
            {"/lines/0/quantity": "unknown"},
        )
        properties = self.document["components"]["schemas"]["Line"]["properties"]
        self.assertEqual(set(properties), {"qty", "lot"})

    def test_json_types_are_not_converted(self):
        wrong = self.wrong(name=5, email=False, kind="robot", lines={"qty": 1})
        self.assertEqual(
            wrong,
            {"/name": "type", "/email": "type", "/kind": "choice", "/lines": "type"},
        )
        self.assertEqual(
            self.wrong(name="a", lines=[{"qty": True}, {"qty": "1"}, {"qty": -1}]),
            {
                "/lines/0/qty": "type",
                "/lines/1/qty": "type",
                "/lines/2/qty": "too_small",
            },
        )

    def test_messages_say_the_rule(self):
        body = {"name": "", "kind": "robot"}
        answer = self.call("POST", "/things", body, token=self.token, status=422)
        messages = [error["message"] for error in answer.json["errors"]]
        self.assertEqual(
            messages,
            [
                "This needs at least 1 characters.",
                "This must be one of 'person' or 'company'.",
            ],
        )

    def test_moments_are_read_in_both_notations(self):
        for born in ("2025-06-15 08:00:00", "2025-06-15T10:00:00+02:00"):
            body = {"name": "a", "born": born}
            self.call("POST", "/things", body, token=self.token, status=201)
        self.assertEqual(self.wrong(name="a", born="yesterday"), {"/born": "invalid"})

    def test_what_is_no_json_is_400(self):
        for raw in (
            b"{",
            b"[1,]",
            b'{"name": "a"} x',
            b"\xef\xbb\xbf{}",
            b'{"name": "\\ud800"}',
            b'{"name": NaN}',
            b'{"name": Infinity}',
            b"\x00",
            b'{"name": ' + b"9" * 5000 + b"}",
            b'{"name": ' + b"[" * 300 + b"]" * 300 + b"}",
            b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        ):
            with self.subTest(raw=raw[:40]):
                self.refused(raw, 400, "json")

    def test_place_of_a_syntax_error_is_told(self):
        answer = self.refused(b'{\n "name" "a"}', 400, "json")
        self.assertIn("line 2, column 9", answer.json["error"])

    def test_bytes_that_are_no_utf8_are_400(self):
        self.refused(b'{"name": "\xff\xfe"}', 400, "encoding")

    def test_keys_given_twice_are_400(self):
        answer = self.refused(b'{"name": "a", "name": "b"}', 400, "duplicate_key")
        self.assertIn("“name”", answer.json["error"])
        self.refused(b'{"lines": [{"qty": 1, "qty": 2}]}', 400, "duplicate_key")

    def test_nul_is_422_with_its_place(self):
        raw = b'{"name": "a", "email": "b\\u0000", "lines": [{"lot": "\\u0000"}]}'
        answer = self.refused(raw, 422, "invalid")
        self.assertEqual(answer.wrong, {"/email": "nul", "/lines/0/lot": "nul"})
        # The text backslash-u-0000 is none.
        body = {"name": "a\\u0000"}
        self.call("POST", "/things", body, token=self.token, status=201)

    def test_huge_numbers_are_422(self):
        for number in (b"1e400", b"-1e999"):
            raw = b'{"name": "a", "lines": [{"qty": %s}]}' % number
            answer = self.refused(raw, 422, "invalid")
            self.assertEqual(answer.wrong, {"/lines/0/qty": "type"})

    def test_what_is_no_object_is_422(self):
        for raw in (b"[]", b"null", b'"a"', b"1"):
            with self.subTest(raw=raw):
                answer = self.refused(raw, 422, "invalid")
                self.assertEqual(answer.wrong, {"": "type"})

    def test_other_content_types_are_415(self):
        raw = b'{"name": "a"}'
        for content_type in (
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=latin-1",
        ):
            with self.subTest(content_type=content_type):
                headers = {"Content-Type": content_type}
                answer = self.refused(
                    raw, 415, "unsupported_media_type", headers=headers
                )
                self.assertEqual(answer.headers["Accept"], "application/json")
        headers = {"Content-Encoding": "gzip"}
        self.refused(raw, 415, "unsupported_media_type", headers=headers)

    def test_json_with_a_suffix_or_charset_is_json(self):
        for content_type in ("application/json; charset=UTF-8", "application/x+json"):
            self.call(
                "POST",
                "/things",
                {"name": "a"},
                token=self.token,
                headers={"Content-Type": content_type},
                status=201,
            )

    def test_large_bodies_are_413(self):
        raw = json.dumps({"name": "a" * 20_001}).encode()
        answer = self.refused(raw, 413, "too_large")
        self.assertIn("20000 bytes", answer.json["error"])
        self.refused(b" " * 2_000_000, 413, "too_large")

    def test_query_is_validated(self):
        params = {"times": "many", "loud": "perhaps", "sotto": "voce"}
        answer = self.call("GET", "/tell/hi", params=params, status=422)
        self.assertEqual(
            answer.wrong, {"/times": "type", "/loud": "type", "/sotto": "unknown"}
        )
        params = {"times": "2", "loud": "true"}
        answer = self.call("GET", "/tell/hi", params=params, status=200)
        self.assertEqual(answer.json["message"], "HIHI")

    def test_query_of_an_endpoint_without_one_is_refused(self):
        params = {"verbose": "1"}
        answer = self.call("GET", "/things/1", params=params, token=self.token)
        self.assertEqual(answer.wrong, {"/verbose": "unknown"})

    def test_query_that_cannot_be_read_is_refused(self):
        for query, status in (
            ("times=1&times=2", 422),
            ("times=%00", 422),
            ("times=%ff", 400),
            ("&".join(f"a{n}=1" for n in range(300)), 400),
        ):
            with self.subTest(query=query[:20]):
                self.call("GET", f"/tell/hi?{query}", status=status)

    def test_path_that_no_record_can_have_is_404(self):
        for thing in ("0", "-1", "2147483648", "9" * 40, "%00", "abc", "1/2"):
            with self.subTest(thing=thing):
                path = f"/things/{thing}"
                self.call("GET", path, token=self.token, status=404, declared=False)
        self.call("GET", "/tell/%00", status=404)
        self.call("GET", f"/tell/{'a' * 300}", status=404)

    def test_path_is_text_in_utf8(self):
        answer = self.call("GET", "/tell/Lom%C3%A9", status=200)
        self.assertEqual(answer.json["message"], "Lomé")

    def test_answer_without_body_has_no_type(self):
        thing = self.make_things(1)
        answer = self.call(
            "DELETE", f"/things/{thing.id}", token=self.token, status=204
        )
        self.assertEqual(answer.content, b"")
        self.assertNotIn("Content-Type", answer.headers)
        self.assertFalse(thing.exists())

    def test_answer_may_be_no_json_and_handlers_be_extended(self):
        answer = self.call("GET", "/raw", status=200)
        self.assertEqual(answer.content, b"raw, please")
        self.assertEqual(answer.headers["Content-Type"], "text/plain; charset=utf-8")

    def test_head_is_get_without_body(self):
        response = self.opener.head(f"{self.base_url()}{self.api.base}/raw")
        self.assertEqual((response.status_code, response.content), (200, b""))

    def test_answer_that_is_not_as_declared_never_leaves(self):
        with self.assertLogs("odoo.http", "ERROR"):
            answer = self.call("GET", "/sloppy", status=500)
        self.assertNotIn(b"secret", answer.content)

    def test_body_of_unknown_length_is_read_and_limited(self):
        for size, status in ((10, 201), (30_000, 413)):
            with self.subTest(size=size):
                body = json.dumps({"name": "a", "email": "b" * size}).encode()
                # A generator is sent in chunks (RFC 9112, 7.1).
                chunks = (
                    body[start : start + 500] for start in range(0, len(body), 500)
                )
                self.call(
                    "POST", "/things", raw=chunks, token=self.token, status=status
                )
