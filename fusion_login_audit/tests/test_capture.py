"""Capture in one process; `tests/` of the suite proves it on a running server."""

import logging
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

from psycopg2.errors import UndefinedTable
from psycopg2.pool import PoolError

from odoo import http
from odoo.exceptions import AccessDenied, AccessError, MissingError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models.compat import SERIES
from ..tools import once
from ..tools.client import Client, current_client
from ..tools.record import Event, record
from .common import LoginAuditCase

PASSWORD = "Corr3ct-Horse-Planted"
WRONG = "Wr0ng-Planted-Battery"
CORE = "odoo.addons.base.models.res_users"
LOGGER = "odoo.addons.fusion_login_audit"


class CaptureCase(LoginAuditCase, HttpCase):
    """Cursors that the login path opens are of the test's transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user.password = PASSWORD
        cls.env.flush_all()
        once.recorded.clear()
        once.methods.clear()

    def authenticate(self, login, password, **env):
        """Log in as a server does; return Odoo's answer."""
        credential = {"type": "password", "login": login, "password": password}
        users, env = self.env["res.users"], {"interactive": True, **env}
        if SERIES >= 19:
            return users.authenticate(credential, env)
        return type(users).authenticate(self.cr.dbname, credential, env)

    def log_in(self, login="ada@example.com", password=PASSWORD, **env):
        """Log in and commit; return Odoo's answer, None when it is a refusal."""
        try:
            with mute_logger(CORE):
                return self.authenticate(login, password, **env)
        except AccessDenied:
            return None
        finally:
            self.env.cr.postcommit.run()

    def call(self, password, uid=None):
        """Check the credential of a call as `execute_kw` does.

        :return: what Odoo raises to refuse it, None when it accepts it; no
            `assertRaises`, which would roll back the row too
        """
        users, uid = self.env["res.users"], uid or self.user.id
        try:
            with mute_logger(CORE):
                if SERIES >= 19:
                    users._check_uid_passwd(uid, password)
                else:
                    type(users).check(self.cr.dbname, uid, password)
        except (AccessDenied, MissingError) as refusal:
            return refusal

    def key(self, scope=None, name="test"):
        """Make an API key of the user."""
        keys = self.env["res.users.apikeys"].with_user(self.user).sudo()
        return keys._generate(scope, name, None)

    @contextmanager
    def one_row(self, **expected):
        """Assert that the block leaves exactly one row, with these values."""
        before = self.audit.search([], limit=1, order="id desc").id or 0
        yield
        self.env.invalidate_all()
        rows = self.audit.search([("id", ">", before)])
        self.assertEqual(len(rows), 1, rows.mapped("result"))
        self.assertEqual({name: rows[name] for name in expected}, expected)

    @contextmanager
    def no_row(self):
        """Assert that the block leaves none."""
        before = self.audit.search_count([])
        yield
        self.env.invalidate_all()
        self.assertEqual(self.audit.search_count([]), before)


@tagged("post_install", "-at_install")
class TestCapture(CaptureCase):
    def test_success_leaves_one_row_with_its_user_and_database(self):
        with self.one_row(
            user_id=self.user,
            user_ref=self.user.id,
            attempted_login="ada@example.com",
            result="success",
            failure_reason=False,
            auth_method="password",
            database=self.cr.dbname,
        ):
            self.assertEqual(self.log_in()["uid"], self.user.id)

    def test_login_outside_a_request_is_internal_and_awaits_no_place(self):
        with self.one_row(
            interface="internal", ip_address="internal", geo_lookup_state="internal"
        ):
            self.log_in()

    def test_wrong_password_leaves_one_row_and_still_refuses(self):
        with self.one_row(
            user_id=self.user, result="failure", failure_reason="bad_password"
        ):
            self.assertIsNone(self.log_in(password=WRONG))

    def test_unknown_user_leaves_one_row_without_a_user(self):
        with self.one_row(
            user_id=self.env["res.users"],
            user_ref=0,
            attempted_login="nobody@example.com",
            failure_reason="unknown_user",
        ):
            self.assertIsNone(self.log_in("nobody@example.com"))

    def test_disabled_user_is_told_from_an_unknown_one(self):
        self.user.active = False
        self.env.flush_all()
        with self.one_row(user_id=self.user, failure_reason="disabled_user"):
            self.assertIsNone(self.log_in())

    def test_password_typed_as_login_is_masked_and_still_groups(self):
        with self.one_row(user_id=self.env["res.users"]):
            self.log_in(WRONG)
        masked = self.audit.search([], limit=1, order="id desc").attempted_login
        self.assertNotIn(WRONG[2:], masked)
        with self.one_row(attempted_login=masked):
            self.log_in(WRONG)

    def test_password_typed_as_login_is_not_in_the_servers_log(self):
        with (
            self.assertLogs(level=logging.INFO) as logs,
            self.assertRaises(AccessDenied),
        ):
            self.authenticate(WRONG, PASSWORD)
        text = "\n".join(logs.output)
        self.assertIn("Login failed", text)
        self.assertNotIn(WRONG, text)
        self.assertNotIn(PASSWORD, text)

    def test_line_end_in_a_login_forges_no_line_of_the_log(self):
        forged = "joe@example.com\nLogin successful"
        with (
            self.assertLogs(CORE, level=logging.INFO) as logs,
            self.assertRaises(AccessDenied),
        ):
            self.authenticate(forged, PASSWORD)
        self.assertEqual(len(logs.output), 1)
        self.assertNotIn("\n", logs.output[0])

    def test_no_text_of_the_row_holds_the_password(self):
        for login in ("ada@example.com", "nobody@example.com", WRONG):
            self.log_in(login, WRONG)
        self.env.cr.execute("SELECT row_to_json(a)::text FROM fusion_login_audit a")
        stored = "\n".join(row for (row,) in self.env.cr.fetchall())
        self.assertIn("ada@example.com", stored)
        self.assertNotIn(WRONG, stored)

    def test_confirming_who_one_is_is_no_login(self):
        credential = {"type": "password", "login": "", "password": PASSWORD}
        with self.no_row():
            user = self.user.with_user(self.user)
            user._check_credentials(credential, {"interactive": True})
            credential["password"] = WRONG
            with self.assertRaises(AccessDenied):
                user._check_credentials(credential, {"interactive": True})

    def test_retried_or_doubled_login_of_one_request_leaves_one_row(self):
        client = Client("203.0.113.9", "agent", set())
        event = Event("success", "ada@example.com", client, user_id=self.user.id)
        with self.one_row(ip_address="203.0.113.9"):
            record(self.registry, event)
            record(self.registry, event)


@tagged("post_install", "-at_install")
class TestCaptureOfKeys(CaptureCase):
    def test_api_key_in_place_of_the_password_is_told_as_such(self):
        key = self.key()
        with self.one_row(result="success", auth_method="apikey"):
            self.assertTrue(self.log_in(password=key, interactive=False))

    def test_call_with_the_password_is_recorded_once_an_hour(self):
        with self.one_row(result="success", auth_method="password", user_id=self.user):
            for _call in range(3):
                self.call(PASSWORD)

    def test_worker_that_forgot_the_hour_is_held_back_by_the_table(self):
        with self.one_row(result="success", auth_method="password"):
            self.call(PASSWORD)
            once.recorded.clear()
            self.call(PASSWORD)

    def test_two_keys_of_one_user_are_recorded_apart(self):
        first, second = self.key(name="first"), self.key(name="second")
        before = self.audit.search_count([])
        for key in (first, second, first, second):
            self.call(key)
        rows = self.audit.search([], limit=2, order="id desc")
        self.assertEqual(self.audit.search_count([]), before + 2)
        self.assertEqual(rows.mapped("auth_method"), ["apikey"] * 2)

    def test_next_hour_is_recorded_again(self):
        later = once.hour() + 1
        self.call(PASSWORD)
        with (
            patch.object(once, "hour", return_value=later),
            self.one_row(result="success", auth_method="password"),
        ):
            self.call(PASSWORD)

    def test_every_refused_call_is_recorded(self):
        before = self.audit.search_count([])
        for _call in range(3):
            self.assertIsInstance(self.call(WRONG), AccessDenied)
        self.assertEqual(self.audit.search_count([]), before + 3)
        row = self.audit.search([], limit=1, order="id desc")
        self.assertEqual(row.failure_reason, "bad_password")
        self.assertEqual(row.attempted_login, "ada@example.com")

    def test_refused_key_is_told_from_a_wrong_password(self):
        with self.one_row(failure_reason="bad_api_key", auth_method="apikey"):
            self.assertIsInstance(self.call("0123456789" * 4), AccessDenied)

    def test_expired_key_is_told_from_a_wrong_one(self):
        key = self.key()
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = now() - interval '1 day'"
            " WHERE user_id = %s",
            [self.user.id],
        )
        with self.one_row(failure_reason="expired_api_key", auth_method="apikey"):
            self.assertIsInstance(self.call(key), AccessDenied)

    def test_number_of_no_user_is_recorded_by_its_number(self):
        with self.one_row(
            attempted_login="#987654", failure_reason="unknown_user", user_ref=987654
        ):
            self.assertTrue(self.call(PASSWORD, uid=987654))


@tagged("post_install", "-at_install")
class TestCaptureOnBadDays(CaptureCase):
    """The audit fails; the login does not notice, and the log says what happened."""

    @contextmanager
    def broken(self, error):
        with patch(
            "odoo.addons.fusion_login_audit.tools.record.insert", side_effect=error
        ):
            yield

    def test_login_goes_on_without_the_table(self):
        with (
            self.assertLogs(LOGGER, level="ERROR") as logs,
            self.broken(UndefinedTable("no such table")),
            self.no_row(),
        ):
            self.assertEqual(self.log_in()["uid"], self.user.id)
        self.assertIn("result success", logs.output[0])
        self.assertIn("ada@example.com", logs.output[0])

    def test_login_goes_on_when_the_request_is_odd(self):
        with (
            self.assertLogs(LOGGER, level="WARNING"),
            patch.object(http, "request", SimpleNamespace(httprequest=None)),
        ):
            self.assertEqual(current_client(), Client("", ""))

    def test_refusal_goes_on_without_a_connection(self):
        with (
            self.assertLogs(LOGGER, level="ERROR") as logs,
            self.broken(PoolError("The Connection Pool Is Full")),
            self.no_row(),
        ):
            self.assertIsNone(self.log_in(WRONG, WRONG))
        self.assertIn("The Connection Pool Is Full", logs.output[0])
        self.assertNotIn(WRONG, logs.output[0])

    def test_login_goes_on_when_an_alert_cannot_be_raised(self):
        alerts = type(self.env["fusion.login.alert"])
        with (
            self.assertLogs(LOGGER, level="ERROR"),
            patch.object(alerts, "_fc_evaluate", side_effect=ValueError("broken")),
            self.one_row(result="success"),
        ):
            self.assertEqual(self.log_in()["uid"], self.user.id)

    def test_user_that_is_gone_keeps_its_number(self):
        event = Event(
            "success", "gone@example.com", Client("203.0.113.9", ""), user_id=987654
        )
        with self.one_row(user_id=self.env["res.users"], user_ref=987654):
            record(self.registry, event)

    def test_limits_of_the_writer_do_not_outlive_it(self):
        self.log_in()
        self.env.cr.execute("SHOW statement_timeout")
        self.assertEqual(self.env.cr.fetchone()[0], "0")


@tagged("post_install", "-at_install")
class TestRowsStay(LoginAuditCase):
    """Rows cannot be changed or deleted through the ORM by anyone, admin included."""

    def test_nobody_creates_changes_or_deletes_rows(self):
        row = self.event()
        as_admin = row.with_user(self.env.ref("base.user_admin"))
        for records in (row, row.sudo(), as_admin, as_admin.sudo()):
            with self.assertRaises(AccessError):
                records.write({"city": "Elsewhere"})
            with self.assertRaises(AccessError):
                records.unlink()
            with self.assertRaises(AccessError):
                records.copy()
            with self.assertRaises(AccessError):
                records.create({"attempted_login": "forged", "result": "success"})
        self.assertTrue(row.exists())
        self.assertFalse(row.city)

    def test_deleting_a_user_keeps_its_rows(self):
        row = self.event(user_id=self.user.id)
        number = self.user.id
        self.user.unlink()
        self.env.invalidate_all()
        self.assertFalse(row.user_id)
        self.assertEqual(row.user_ref, number)
        self.assertEqual(row.attempted_login, "ada@example.com")


@tagged("post_install", "-at_install")
class TestRecordOfOtherAddons(CaptureCase):
    """`_fc_record`: how the APIs of other addons report their callers."""

    def test_failure_of_an_app_login_is_recorded_at_once(self):
        with self.one_row(
            interface="api",
            result="failure",
            failure_reason="unknown_user",
            attempted_login="agent-17",
        ):
            self.audit._fc_record("failure", "agent-17", auth_method="password")

    def test_success_of_an_app_login_waits_for_the_commit(self):
        with self.no_row():
            self.audit._fc_record("success", "app@example.com", auth_method="password")
        with self.one_row(interface="api", attempted_login="app@example.com"):
            self.env.cr.postcommit.run()

    def test_holder_of_an_app_key_is_recorded_once_an_hour(self):
        with self.one_row(interface="api", auth_method="apikey"):
            for _call in range(3):
                self.audit._fc_record(
                    "success", "billing", auth_method="apikey", caller="key 7"
                )
                self.env.cr.postcommit.run()
