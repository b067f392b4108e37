import csv
import doctest
import io
import json
from types import GeneratorType
from unittest.mock import patch

from odoo import http
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, tagged

from ..tools import flags, spreadsheet
from .screen_common import ScreenCase

URL = "/fusion_login_audit/export"


@tagged("post_install", "-at_install")
class TestExportButton(ScreenCase):
    """What the button of the list exports."""

    def export(self, events, **context):
        return events.with_context(**context).action_export_csv()["params"]["domain"]

    def test_without_a_selection_the_search_of_the_list_is_exported(self):
        domain = [["result", "=", "failure"]]
        found = self.export(self.audit, active_domain=domain, active_ids=[])
        self.assertEqual(found, domain)

    def test_a_selection_is_exported_alone(self):
        event = self.event().with_user(self.admin)
        self.event()
        domain = self.export(event, active_domain=[["result", "=", "success"]])
        self.assertEqual(self.audit.search(domain), event)

    def test_a_selection_of_all_pages_is_the_search(self):
        """The web client passes no more ids than its limit."""
        self.env["ir.config_parameter"].set_param("web.active_ids_limit", 2)
        events = (self.event() | self.event()).with_user(self.admin)
        domain = [["result", "=", "success"]]
        self.assertEqual(self.export(events, active_domain=domain), domain)

    def test_a_reader_needs_the_right_to_export_as_well(self):
        """Administrators have it as such; an auditor may be given reading alone."""
        auditors = self.env["res.groups"].create({"name": "Auditors"})
        self.env["ir.model.access"].create(
            {
                "name": "auditors read",
                "model_id": self.env["ir.model"]._get_id("fusion.login.audit"),
                "group_id": auditors.id,
                "perm_read": True,
            }
        )
        allowed = self.env.ref("base.group_allow_export")
        self.user.groups_id = [
            (6, 0, [self.env.ref("base.group_user").id, auditors.id])
        ]
        audit = self.audit.with_user(self.user)
        for export in (audit.action_export_csv, lambda: audit._fc_export_csv([])):
            with self.assertRaises(AccessError):
                export()
        self.user.groups_id = [(4, allowed.id)]
        self.assertEqual(audit.action_export_csv()["params"], {"domain": []})

    def test_a_domain_that_is_none_is_refused_with_its_text(self):
        for domain in ([["no_such_field", "=", 1]], [["result", "~~", "x"]], ["|"]):
            with self.subTest(domain=domain):
                with self.assertRaises(ValidationError) as caught:
                    self.audit._fc_export_csv(domain)
                self.assertIn(str(domain[0])[:10], str(caught.exception))


@tagged("post_install", "-at_install")
class TestExport(ScreenCase, HttpCase):
    """The file, fetched as the web client does."""

    def fetch(self, login, domain=()):
        self.authenticate(login, login)
        token = http.Request.csrf_token(self)
        text = domain if isinstance(domain, str) else json.dumps(domain)
        return self.url_open(URL, data={"domain": text, "csrf_token": token})

    def rows(self, domain=()):
        mine = [["attempted_login", "!=", self.admin.login]]
        response = self.fetch(self.admin.login, [*mine, *domain])
        self.assertEqual(response.status_code, 200, response.text[:500])
        return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))

    def test_the_file_is_utf8_csv_with_a_date_in_its_name(self):
        self.event()
        response = self.fetch(self.admin.login)
        self.assertTrue(response.content.startswith(b"\xef\xbb\xbf"))
        self.assertEqual(response.headers["Content-Type"], "text/csv; charset=utf-8")
        self.assertRegex(
            response.headers["Content-Disposition"],
            r"attachment; filename\S*login_events_\d{4}-\d\d-\d\d\.csv",
        )
        lines = response.content.split(b"\r\n")
        self.assertEqual(lines[-1], b"")
        self.assertNotIn(b"\n", b"".join(lines))

    def test_a_row_says_who_when_and_how_in_words_and_utc(self):
        event = self.event("failure", reason="bad_password")
        self.place(event, "CA", "Canada", "Montr\u00e9al")
        (row,) = self.rows()
        self.assertEqual(row["Time"], f"{event.event_time.isoformat()}Z")
        self.assertEqual(row["User"], "Ada Audit")
        self.assertEqual(row["User ID"], str(self.user.id))
        self.assertEqual(row["Result"], "Failure")
        self.assertEqual(row["Reason"], "Wrong password")
        self.assertEqual(row["City"], "Montr\u00e9al")

    def test_nothing_that_a_stranger_typed_is_a_formula(self):
        self.event(login="=HYPERLINK(1)@example.com", agent="@SUM(1+1)")
        self.event(login='+1"quoted,"@example.com', agent="-2")
        found = {(row["Login"], row["User Agent"]) for row in self.rows()}
        self.assertEqual(
            found,
            {
                ("'=HYPERLINK(1)@example.com", "'@SUM(1+1)"),
                ('\'+1"quoted,"@example.com', "'-2"),
            },
        )

    def test_the_domain_decides_which_rows_come_newest_first(self):
        old, new = self.event("failure"), self.event("failure")
        self.event()
        rows = self.rows([["result", "=", "failure"]])
        self.assertEqual([row["ID"] for row in rows], [str(new.id), str(old.id)])

    def test_rows_beyond_a_batch_come_as_well_each_once(self):
        ids = {str(self.event().id) for _number in range(7)}
        with patch.object(spreadsheet, "_BATCH", 3):
            rows = self.rows()
        self.assertEqual([len(rows), {row["ID"] for row in rows}], [7, ids])

    def test_rows_are_read_while_they_are_sent(self):
        self.assertIsInstance(self.audit._fc_export_csv([]), GeneratorType)

    def test_an_employee_is_refused(self):
        self.event()
        response = self.fetch(self.user.login)
        self.assertEqual(response.status_code, 403)
        self.assertNotIn("203.0.113.7", response.text)

    def test_a_visitor_is_sent_to_the_login(self):
        response = self.url_open(URL, data={"domain": "[]"}, allow_redirects=False)
        self.assertIn(response.status_code, (303, 400))
        self.assertNotIn("text/csv", response.headers["Content-Type"])

    def test_without_the_token_of_the_session_nothing_is_sent(self):
        self.authenticate(self.admin.login, self.admin.login)
        response = self.url_open(URL, data={"domain": "[]"})
        self.assertEqual(response.status_code, 400)

    def test_a_bad_domain_is_refused_and_named(self):
        for domain in ("{", '{"a": 1}', '[["no_such_field", "=", 1]]'):
            with self.subTest(domain=domain):
                response = self.fetch(self.admin.login, domain)
                self.assertEqual(response.status_code, 400)
                self.assertIn("domain", response.text)


@tagged("post_install", "-at_install")
class TestCells(ScreenCase):
    """What the helpers promise in their examples."""

    def test_examples_hold(self):
        for module in (flags, spreadsheet):
            with self.subTest(module=module.__name__):
                result = doctest.testmod(module)
                self.assertGreater(result.attempted, 0)
                self.assertEqual(result.failed, 0)
