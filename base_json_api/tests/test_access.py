"""Access: who calls, what they may, and that nothing else lets them in."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..api import registry
from . import example
from .common import ExampleCase


@tagged("post_install", "-at_install")
class TestAccess(ExampleCase):
    def test_nobody_is_401(self):
        answer = self.call("GET", "/things", status=401)
        self.assertEqual(answer.code, "unauthorized")
        self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")

    def test_malformed_tokens_are_401(self):
        for value in ("Bearer", "Bearer a b", "Bearer é".encode().decode("latin-1")):
            with self.subTest(value=value):
                headers = {"Authorization": value}
                answer = self.call("GET", "/things", headers=headers, status=401)
                self.assertEqual(answer.code, "invalid_token")

    def test_other_schemes_are_nobody(self):
        headers = {"Authorization": "Basic YTpi"}
        answer = self.call("GET", "/things", headers=headers, status=401)
        self.assertEqual(answer.code, "unauthorized")

    def test_unknown_tokens_are_401(self):
        answer = self.call("GET", "/things", token="stolen", status=401)
        self.assertEqual(answer.code, "invalid_token")

    @mute_logger("odoo.http")
    def test_every_endpoint_that_is_not_public_asks_who_calls(self):
        for endpoint in registry.routed(self.env, self.api):
            path = endpoint.path.replace("<int:thing_id>", "1").replace("<text>", "a")
            status = self.call(endpoint.method, path, {} if endpoint.has_body else None)
            with self.subTest(endpoint=endpoint.name):
                if endpoint.auth:
                    self.assertEqual(status.status, 401)
                elif endpoint.name != "login":
                    self.assertNotEqual(status.status, 401)

    def test_each_scheme_of_an_endpoint_is_tried(self):
        thing = self.make_things(1)
        path = f"/things/{thing.id}"
        key = {"X-API-KEY": self.token}
        answer = self.call("GET", path, headers=key, status=200)
        self.assertEqual(answer.entry["principal"], "key:7")
        answer = self.call("GET", path, headers=key, token="stolen", status=200)
        self.assertEqual(answer.entry["principal"], "key:7")
        answer = self.call("GET", path, token=self.token, status=200)
        self.assertEqual(answer.entry["principal"], f"user:{self.user.id}")

    def test_schemes_that_an_endpoint_does_not_name_are_not_tried(self):
        self.call("GET", "/things", headers={"X-API-KEY": self.token}, status=401)

    def test_missing_scope_is_403(self):
        body = {"name": "a"}
        answer = self.call("POST", "/things", body, token="reader", status=403)
        self.assertEqual(answer.code, "insufficient_scope")
        self.assertIn('scope="things:write"', answer.headers["WWW-Authenticate"])
        self.assertFalse(example.CALLS)

    def test_handler_runs_as_the_principal(self):
        seen = []

        def look(call):
            seen.append((call.env.uid, call.env.su, call.env.companies.ids))

        example.TROUBLE[:] = [look]
        thing = self.make_things(1)
        self.call("POST", f"/things/{thing.id}/poke", token=self.token, status=200)
        self.call("GET", "/trouble", status=200)
        public = self.env.ref("base.public_user")
        self.assertEqual(seen[0], (self.user.id, False, self.user.company_id.ids))
        self.assertEqual(seen[1][:2], (public.id, False))

    def test_record_that_a_rule_hides_is_404(self):
        hidden, shown = self.make_things(2)
        rule = {
            "name": "Not this one",
            "model_id": self.env.ref("base.model_res_partner").id,
            "domain_force": [("id", "!=", hidden.id)],
        }
        self.env["ir.rule"].create(rule)
        for method, status in (("GET", 200), ("DELETE", 204)):
            path = "/things/%s"
            self.call(method, path % hidden.id, token=self.token, status=404)
            self.call(method, path % shown.id, token=self.token, status=status)

    def test_session_of_the_web_client_lets_nobody_in(self):
        self.authenticate("admin", "admin")
        self.call("GET", "/things", status=401)

    def test_no_session_is_made(self):
        answer = self.call("GET", "/things", token=self.token)
        self.assertNotIn("Set-Cookie", answer.headers)

    def test_readers_read_from_a_read_only_cursor(self):
        modes = []
        example.TROUBLE[:] = [lambda call: modes.append(call.env.cr.readonly)]
        self.call("GET", "/trouble", status=200)
        thing = self.make_things(1)
        self.call("POST", f"/things/{thing.id}/poke", token=self.token, status=200)
        self.assertEqual(modes, [True, False])

    def test_access_matrix_names_every_endpoint(self):
        rows = [one.access for one in registry.routed(self.env, self.api)]
        self.assertEqual(len(rows), len(self.api.endpoints))
        row = next(row for row in rows if row["name"] == "create_thing")
        self.assertEqual(
            row,
            {
                "api": "test_json_api",
                "name": "create_thing",
                "method": "POST",
                "path": "/test_json_api/things",
                "auth": ("user",),
                "scope": "things:write",
                "rate": "default",
                "readonly": False,
                "idempotent": True,
            },
        )
