import re
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MockEmail

from .api_common import PASSWORD, AbsApiCase


class MailedCase(AbsApiCase, MockEmail):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.forget_requests)

    def forget_requests(self):
        """Count anew: requests are counted outside the transaction of the test."""
        with db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute(
                "DELETE FROM base_json_api_rate WHERE bucket ~ %s",
                ["^abs_connector/(code|reset|verify)/"],
            )

    @property
    def secrets(self):
        return self.env["abs.mailed.secret"].sudo()

    def sent(self):
        """Run the job; return what it mailed, as pairs of addressee and text."""
        self.env.invalidate_all()
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.secrets._cron_send()
        return [(one["email_to"], one["body"]) for one in self._mails]

    def wait(self, **time):
        """Let time pass for what was sent."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE abs_mailed_secret SET sent_at = sent_at - %(by)s,"
            " expires = expires - %(by)s",
            {"by": timedelta(**time)},
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestCustomerCode(MailedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marie = cls.customer("Marie")

    def request_code(self, email=None, **more):
        body = {"email": email or self.marie.email}
        return self.call("POST", "/customer/auth/request-code", body, **more)

    def mailed_code(self):
        """Ask for a code and read it in the mail."""
        self.request_code(status=200)
        ((to, body),) = self.sent()
        self.assertEqual(to, [self.marie.email])
        return re.search(r"\b\d{6}\b", body)[0]

    def verify(self, code, email=None, **more):
        body = {"email": email or self.marie.email, "code": code}
        return self.call("POST", "/customer/auth/verify", body, **more)

    def wrong(self, code):
        return f"{(int(code) + 1) % 10**6:06}"

    def test_code_of_the_mail_logs_in_once(self):
        code = self.mailed_code()
        answer = self.verify(code, "MARIE@customers.example.com", status=200).json
        self.assertEqual(answer["customer"]["id"], self.marie.id)
        self.assertEqual(answer["expires_in"], 3600)
        self.call("GET", "/customer/auth/me", token=answer["access_token"], status=200)
        self.assertEqual(self.verify(code, status=401).code, "invalid_code")

    def test_unknown_address_reads_and_costs_the_same_and_gets_no_mail(self):
        self.request_code("warm@customers.example.com")
        known = self.request_code(status=200)
        unknown = self.request_code("nobody@customers.example.com", status=200)
        self.assertEqual(known.content, unknown.content)
        self.assertEqual(known.entry["queries"], unknown.entry["queries"])
        self.assertEqual([to for to, _body in self.sent()], [[self.marie.email]])
        self.verify("000000", "warm@customers.example.com")
        known, unknown = (
            self.verify("000000", email, status=401)
            for email in (None, "nobody@customers.example.com")
        )
        self.assertEqual(known.entry["queries"], unknown.entry["queries"])
        self.assertEqual(known.json["error"], unknown.json["error"])

    def test_employees_and_suppliers_get_no_code(self):
        supplier = self.customer("Supplier", customer_rank=0)
        self.request_code(supplier.email)
        self.request_code(self.agent.employee_id.email)
        self.assertEqual(self.sent(), [])

    def test_code_is_kept_as_a_hash_and_in_no_mail(self):
        code = self.mailed_code()
        self.env.flush_all()
        for table in ("abs_mailed_secret", "mail_mail", "mail_message"):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")
            self.assertNotIn(code, re.findall(r"\d+", str(self.env.cr.fetchall())))
        with self.assertRaises(AccessError):
            self.env["abs.mailed.secret"].search([])

    def test_sixth_try_is_refused_even_with_the_right_code(self):
        code = self.mailed_code()
        for _try in range(5):
            self.verify(self.wrong(code), status=401)
        self.verify(code, status=401)

    def test_fifth_try_may_be_right(self):
        code = self.mailed_code()
        for _try in range(4):
            self.verify(self.wrong(code), status=401)
        self.verify(code, status=200)

    def test_code_is_over_after_ten_minutes(self):
        code = self.mailed_code()
        self.wait(minutes=10)
        self.verify(code, status=401)

    def test_new_code_ends_the_one_before(self):
        first = self.mailed_code()
        self.wait(minutes=2)
        second = self.mailed_code()
        if first != second:
            self.verify(first, status=401)
        self.verify(second, status=200)
        self.assertFalse(self.secrets.search([]))

    def test_code_asked_for_twice_within_a_minute_is_sent_once(self):
        code = self.mailed_code()
        self.request_code(status=200)
        self.assertEqual(self.sent(), [])
        self.verify(code, status=200)

    def test_code_is_for_its_address_alone(self):
        code = self.mailed_code()
        other = self.customer("Other")
        self.request_code(other.email)
        self.sent()
        self.verify(self.wrong(code), other.email, status=401)
        stolen = self.secrets.search([("email", "=", other.email)])
        mine = self.secrets.search([("email", "=", self.marie.email)])
        self.env.cr.execute(
            "UPDATE abs_mailed_secret SET secret_hash = %s WHERE id = %s",
            [mine.secret_hash, stolen.id],
        )
        self.env.invalidate_all()
        self.verify(code, other.email, status=401)

    def test_sixth_request_from_one_address_has_to_wait(self):
        for email in (self.marie.email, "nobody@customers.example.com"):
            for _request in range(5):
                self.request_code(email, status=200)
            self.request_code(email, status=429)

    def test_code_is_worth_nothing_when_the_address_is_somebody_elses_by_then(self):
        code, email = self.mailed_code(), self.marie.email
        self.marie.email = "marie@elsewhere.example.com"
        self.verify(code, email, status=401)
        self.marie.email = email
        self.marie.active = False
        self.verify(code, email, status=401)

    @mute_logger("odoo.addons.abs_connector.models.abs_mailed_secret")
    def test_what_cannot_be_sent_keeps_nobody_waiting(self):
        broken = self.customer("Broken")
        self.request_code(broken.email)
        self.request_code()
        send = type(self.secrets)._send

        def fail(one):
            if one.email == broken.email:
                raise ValueError("broken")
            return send(one)

        with patch.object(type(self.secrets), "_send", fail):
            self.assertEqual([to for to, _body in self.sent()], [[self.marie.email]])
        self.assertFalse(self.secrets.search([("is_due", "=", True)]))

    def test_what_is_no_address_is_named(self):
        answer = self.request_code("marie", status=422)
        self.assertEqual(answer.wrong, {"/email": "email"})


@tagged("post_install", "-at_install")
class TestReset(MailedCase):
    def mailed_token(self, ask=None):
        """Have a mail sent and read the token in it."""
        with self.mock_mail_gateway(mail_unlink_sent=True):
            (ask or self.request_reset)()
            self.env.invalidate_all()
            self.secrets._cron_send()
        (mail,) = self._mails
        return re.search(r"<code>([\w-]{43})</code>", mail["body"])[1]

    def request_reset(self, email=None, **more):
        body = {"email": email or self.agent.employee_id.email}
        return self.call("POST", "/auth/request-reset", body, status=200, **more)

    def reset(self, token, password="another horse", **more):
        body = {"token": token, "new_password": password}
        return self.call("POST", "/auth/reset", body, **more)

    def test_reset_sets_the_password_once_and_ends_all_logins(self):
        phone = self.log_in()
        token = self.mailed_token()
        self.reset(token, status=200)
        self.me(phone, status=401)
        self.log_in(password=PASSWORD, status=401)
        self.log_in(password="another horse", status=200)
        answer = self.reset(token, status=422)
        self.assertEqual(answer.wrong, {"/token": "invalid"})

    def test_token_survives_a_password_that_is_too_short(self):
        token = self.mailed_token()
        self.assertIn("10 to 128", self.reset(token, "short", status=422).json["error"])
        self.reset(token, status=200)

    def test_token_is_over_after_an_hour(self):
        token = self.mailed_token()
        self.wait(hours=1)
        self.reset(token, status=422)

    def test_token_of_a_former_address_is_worth_nothing(self):
        token = self.mailed_token()
        self.agent.employee_id.email = "esi@elsewhere.example.com"
        self.reset(token, status=422)

    def test_unknown_address_reads_and_costs_the_same(self):
        self.request_reset("warm@oves.example.com")
        known = self.request_reset()
        unknown = self.request_reset("nobody@oves.example.com")
        self.assertEqual(known.content, unknown.content)
        self.assertEqual(known.entry["queries"], unknown.entry["queries"])
        self.assertEqual(len(self.sent()), 1)

    def test_inactive_employee_gets_no_mail_and_cannot_use_one(self):
        token = self.mailed_token()
        self.agent.employee_id.active = False
        self.wait(minutes=2)
        self.request_reset()
        self.assertEqual(self.sent(), [])
        self.reset(token, status=422)

    def test_invented_tokens_and_codes_are_refused(self):
        self.secrets.create({"kind": "code", "email": "x@example.com"})
        for token in ("x" * 43, "123456", " "):
            self.reset(token, status=422)

    def test_invitation_lets_a_new_employee_in_within_a_week(self):
        employee = self.lead.employee_id
        token = self.mailed_token(employee.action_invite)
        self.wait(days=6)
        self.reset(token, "a first password", status=200)
        self.log_in(employee.email, "a first password", status=200)

    def test_request_of_somebody_else_does_not_end_an_invitation(self):
        employee = self.lead.employee_id
        token = self.mailed_token(employee.action_invite)
        self.request_reset(employee.email)
        self.sent()
        self.reset(token, status=200)
        self.assertFalse(self.secrets.search([("employee_id", "=", employee.id)]))

    def test_mail_has_a_link_when_the_app_has_a_page(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("abs_connector.reset_url", "https://app.example.com/r?t=")
        self.request_reset()
        ((_to, body),) = self.sent()
        self.assertRegex(body, r'href="https://app.example.com/r\?t=[\w-]{43}"')

    def test_only_who_writes_employees_invites(self):
        with self.assertRaises(AccessError):
            self.lead.employee_id.with_user(self.clerk()).action_invite()

    def test_expired_secrets_are_forgotten(self):
        self.mailed_token()
        self.assertTrue(self.secrets.search([]))
        self.wait(hours=2)
        self.secrets._gc_expired()
        self.assertFalse(self.secrets.search([]))
