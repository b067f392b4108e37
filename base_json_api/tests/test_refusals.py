"""Refusals: which status what happens in a handler becomes, and that nothing stays."""

from unittest.mock import patch

from odoo.exceptions import (
    AccessDenied,
    AccessError,
    MissingError,
    RedirectWarning,
    UserError,
    ValidationError,
)
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.translate import code_translations

from ..api import problems
from . import example
from .common import ExampleCase, database_error, raising


def query(sql):
    """Return a trouble that runs a query."""

    def trouble(call):
        call.env.cr.execute(sql, log_exceptions=False)

    return trouble


@tagged("post_install", "-at_install")
class TestRefusals(ExampleCase):
    def trouble(self, trouble, status, code, path="/trouble"):
        """Have a handler get into trouble; return the refusal."""
        example.TROUBLE[:] = [trouble]
        # 19.0 tells that a reader wrote, and lets it write.
        answer = self.call("GET", path, status=status, declared=False)
        self.assertEqual(answer.code, code)
        self.assertEqual(answer.json["request_id"], answer.headers["X-Request-ID"])
        return answer

    def poke(self, trouble, status, code):
        """Have a handler that writes get into trouble; return the refusal."""
        example.TROUBLE[:] = [trouble]
        thing = self.make_things(1)
        path = f"/things/{thing.id}/poke"
        answer = self.call("POST", path, token=self.token, status=status)
        self.assertEqual(answer.code, code)
        thing.invalidate_recordset()
        self.assertEqual(thing.ref, "thing 0", "what the handler wrote is still there")
        return answer

    def test_errors_of_odoo(self):
        for error, status, code in (
            (UserError("Nothing to invoice"), 422, "refused"),
            (ValidationError("Not so"), 422, "invalid"),
            (RedirectWarning("Go there", 1, "Go"), 422, "refused"),
            (AccessError("Rule 17 of res.partner"), 403, "forbidden"),
            (AccessDenied(), 401, "unauthorized"),
            (MissingError("res.partner(7,)"), 404, "not_found"),
        ):
            with self.subTest(error=error):
                self.poke(raising(error), status, code) if status != 404 else None
                answer = self.trouble(raising(error), status, code)
                self.assertNotIn(b"res.partner", answer.content)

    def test_text_of_a_refusal_is_the_models_own(self):
        answer = self.trouble(raising(UserError("Nothing to invoice")), 422, "refused")
        self.assertEqual(answer.json["error"], "Nothing to invoice")

    def test_own_problems(self):
        for kind in (problems.Conflict, problems.Forbidden, problems.Invalid):
            details = [problems.Detail("/qty", "too_many", "There are 3 only.")]
            error = kind("No.", code="own", errors=details, headers={"X-Why": "so"})
            answer = self.poke(raising(error), kind.status, "own")
            self.assertEqual(answer.json["error"], "No.")
            self.assertEqual(answer.wrong, {"/qty": "too_many"})
            self.assertEqual(answer.headers["X-Why"], "so")

    def test_unauthorized_challenges(self):
        answer = self.trouble(raising(AccessDenied()), 401, "unauthorized")
        self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")

    def test_too_many_requests_says_when(self):
        error = problems.TooManyRequests("Later.", retry_after=7)
        answer = self.trouble(raising(error), 429, "too_many_requests")
        self.assertEqual(answer.headers["Retry-After"], "7")

    def test_serialization_errors_are_409_after_odoos_tries(self):
        for state in ("40001", "40P01", "55P03"):
            example.CALLS.clear()
            with self.subTest(state=state), patch("odoo.service.model.time.sleep"):
                answer = self.poke(database_error(state), 409, "concurrent_update")
                self.assertEqual(answer.headers["Retry-After"], "1")
                self.assertEqual(example.CALLS, ["poke"] * 5)

    def test_success_of_a_later_try_is_a_success(self):
        def twice(call):
            if len(example.CALLS) < 3:
                database_error("40001")(call)

        example.TROUBLE[:] = [twice]
        thing = self.make_things(1)
        path = f"/things/{thing.id}/poke"
        with patch("odoo.service.model.time.sleep"):
            answer = self.call("POST", path, token=self.token, status=200)
        self.assertEqual(example.CALLS, ["poke"] * 3)
        self.assertEqual(answer.entry["status"], 200)
        self.assertEqual(len(example.OBSERVED), 1, "one line for all tries")

    @mute_logger("odoo.sql_db")
    def test_unique_constraint_is_409_with_its_text(self):
        def duplicate(call):
            values = {"key": "database.uuid", "value": "x"}
            call.env["ir.config_parameter"].sudo().create(values)

        answer = self.poke(duplicate, 409, "duplicate")
        self.assertIn("Key must be unique", answer.json["error"])

    def test_other_constraints(self):
        foreign = "UPDATE res_partner SET parent_id = 2000000000 WHERE id = 1"
        self.poke(query(foreign), 409, "in_use")
        empty = "UPDATE res_company SET name = NULL"
        self.poke(query(empty), 422, "invalid")

    def test_values_that_cannot_be_stored_are_422(self):
        too_large = "UPDATE res_partner SET color = 99999999999 WHERE id = 1"
        self.poke(query(too_large), 422, "out_of_range")
        self.poke(lambda call: "\ud800".encode(), 400, "encoding")

    def test_unknown_errors_are_500_without_internals(self):
        example.TROUBLE[:] = [raising(KeyError("password of the database"))]
        with self.assertLogs("odoo.http", "ERROR") as logged:
            answer = self.call("GET", "/trouble", status=500)
        self.assertNotIn(b"password", answer.content)
        self.assertNotIn(b"KeyError", answer.content)
        self.assertEqual(answer.entry["exception"], "KeyError")
        # The traceback names the request, so that who asks for help is helped.
        self.assertIn(answer.headers["X-Request-ID"], "".join(logged.output))

    def test_refusals_are_no_warnings_in_the_log(self):
        with self.assertNoLogs("odoo.http", "INFO"):
            self.trouble(raising(UserError("No")), 422, "refused")
            self.trouble(raising(problems.NotFound("Gone.")), 404, "not_found")

    def test_api_may_map_errors_of_its_own(self):
        self.poke(raising(ZeroDivisionError("teapot")), 409, "teapot")

    def test_paths_that_nobody_serves(self):
        for path in ("", "/", "/nothing", "/things/1/2/3"):
            answer = self.call("GET", path, status=404, declared=False)
            self.assertEqual(answer.code, "not_found")
        for method, path, allowed in (
            ("PUT", "/things", "GET, POST"),
            ("PATCH", "/things/1", "GET, DELETE"),
            ("GET", "/login", "POST"),
        ):
            answer = self.call(method, path, {}, status=405, declared=False)
            self.assertEqual(answer.headers["Allow"], allowed)
            self.assertEqual(answer.code, "method_not_allowed")

    def test_language_is_the_callers(self):
        def translations(module, lang):
            known = {"You are not allowed to do this.": "Interdit."}
            return known if (module, lang) == ("base_json_api", "fr_FR") else {}

        self.env["res.lang"]._activate_lang("fr_FR")
        example.TROUBLE[:] = [raising(AccessError("x"))]
        headers = {"Accept-Language": "fr-FR"}
        with patch.object(
            code_translations, "get_python_translations", side_effect=translations
        ):
            answer = self.call("GET", "/trouble", headers=headers, declared=False)
        self.assertEqual(answer.json["error"], "Interdit.")
