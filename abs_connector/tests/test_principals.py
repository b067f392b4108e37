from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..models.abs_customer_login import AUDIENCE as CUSTOMERS
from ..models.abs_session import AUDIENCE as STAFF
from .api_common import AbsApiCase

ACCOUNTS = "/service-accounts"
HIERARCHY = "/system/sa-hierarchy"


@tagged("post_install", "-at_install")
class TestEmployee(AbsApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.token = cls.token_of(cls.agent)

    def codes(self, *args, **kwargs):
        """Return the codes of the Service Accounts that a caller sees."""
        rows = self.ask(ACCOUNTS, *args, status=200, **kwargs).json["service_accounts"]
        return {row["account_code"] for row in rows}

    def in_kara(self):
        """Let Esi be an agent of Kara as well, and return that membership."""
        if not self.kara.sa_manager:
            self.member("Yao", self.kara)
        return self.env["ov.membership"].create(
            {
                "employee_id": self.agent.employee_id.id,
                "account_id": self.kara.id,
                "role_code": "agent",
            }
        )

    def test_one_membership_needs_no_header(self):
        self.assertEqual(self.codes(self.token), {"TG-LOM"})

    def test_several_memberships_count_together_unless_one_is_named(self):
        self.in_kara()
        self.assertEqual(self.codes(self.token), {"TG-LOM", "TG-KAR"})
        self.assertEqual(self.codes(self.token, account=self.kara), {"TG-KAR"})

    def test_account_without_membership_is_refused(self):
        for account in (self.kara, self.root, self.global_root, 2**31 - 1):
            answer = self.ask(ACCOUNTS, self.token, account=account, status=403)
            self.assertIn("X-SA-ID", answer.json["error"])

    def test_malformed_account_is_refused(self):
        for text in ("TG-LOM", "0", "-1", "1.0", "1,2", "²", str(2**31)):
            headers = {"X-SA-ID": text.encode()}
            answer = self.call(
                "GET", ACCOUNTS, token=self.token, headers=headers, status=400
            )
            self.assertEqual(answer.code, "sa_id")

    def test_revoked_membership_counts_no_more_on_the_next_request(self):
        self.ask(ACCOUNTS, self.token, status=200)
        self.agent.action_revoke()
        answer = self.ask(ACCOUNTS, self.token, status=403)
        self.assertEqual(answer.code, "no_membership")
        self.ask(ACCOUNTS, self.token, account=self.lome, status=403)

    def test_membership_counts_in_its_time_alone(self):
        kara = self.in_kara()
        past = fields.Datetime.now() - timedelta(days=1)
        for dates in (
            {"date_from": past - timedelta(days=1), "date_to": past},
            {"date_from": past + timedelta(days=9), "date_to": None},
        ):
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE ov_membership SET date_from = %s, date_to = %s WHERE id = %s",
                [dates["date_from"], dates["date_to"], kara.id],
            )
            self.env.invalidate_all()
            self.assertEqual(self.codes(self.token), {"TG-LOM"})
            self.ask(ACCOUNTS, self.token, account=self.kara, status=403)

    def test_closed_account_counts_no_more(self):
        self.lome._deactivate()
        self.ask(ACCOUNTS, self.token, status=403)

    def test_who_is_no_member_any_more_still_logs_out(self):
        self.agent.action_revoke()
        self.ask("/auth/me", self.token, account=self.lome, status=200)
        self.ask("/auth/logout", self.token, method="POST", status=200)

    def test_admin_sees_every_account_of_every_company_or_the_one_it_names(self):
        token = self.token_of(self.member("Adjo", self.global_root, "admin"))
        seen = self.codes(token, params={"limit": 100})
        other = self.root_of(self.other_company).account_code
        self.assertLessEqual({"TG-LOM", "TG-KAR", other, "OVGLOBAL-ROOT"}, seen)
        self.assertEqual(self.codes(token, account=self.kara), {"TG-KAR"})
        self.ask(ACCOUNTS, token, account=2**31 - 1, status=403)

    def test_parent_sees_nothing_of_its_branches(self):
        token = self.token_of(self.member("Head", self.root))
        self.assertEqual(self.codes(token), {self.root.account_code})
        self.ask(f"{ACCOUNTS}/{self.lome.id}", token, status=404)

    def test_caller_costs_as_many_queries_whatever_its_memberships(self):
        self.codes(self.token)
        few = self.ask("/system/global-root", self.token).entry["queries"]
        self.in_kara()
        many = self.ask("/system/global-root", self.token).entry["queries"]
        self.assertEqual(few, many)
        # The cursor's, the caller with all memberships, and the root itself.
        self.assertLessEqual(few, 3)


@tagged("post_install", "-at_install")
class TestKey(AbsApiCase):
    def test_key_sees_its_company_within_its_scopes(self):
        key = self.key_with("system:read")
        rows = self.ask(ACCOUNTS, key=key, status=200).json["service_accounts"]
        companies = {row["company"] and row["company"]["id"] for row in rows}
        self.assertEqual(companies, {None, self.company.id})
        body = {"name": "X", "account_code": "X", "parent_id": self.root.id}
        answer = self.ask(ACCOUNTS, key=key, method="POST", body=body, status=403)
        self.assertEqual(answer.code, "insufficient_scope")

    def test_key_of_all_companies_is_granted_so(self):
        key = self.key_with("system:read", "companies:all")
        rows = self.ask(ACCOUNTS, key=key, params={"limit": 100}, status=200).json
        companies = {one["company"]["id"] for one in rows["service_accounts"][1:]}
        self.assertLessEqual({self.company.id, self.other_company.id}, companies)

    def test_key_that_is_none_is_refused(self):
        for key in ("x", "abs_000000000000_" + "x" * 43):
            answer = self.ask(ACCOUNTS, key=key, status=401)
            self.assertEqual(answer.code, "invalid_key")
            self.assertEqual(answer.headers["WWW-Authenticate"], "ApiKey")

    def test_key_costs_as_many_queries_whatever_its_scopes(self):
        few, many = (
            self.key_with(*scopes)
            for scopes in (["system:read"], ["system:read", "contacts:read"])
        )
        self.ask("/system/global-root", key=few)
        costs = [
            self.ask("/system/global-root", key=key).entry["queries"]
            for key in (few, many)
        ]
        # Four for the key, and two for the root; its use is noted apart.
        self.assertEqual(costs[0], costs[1])
        self.assertLessEqual(costs[0], 6)

    def test_key_of_an_archived_company_is_refused(self):
        key = self.key_with("system:read")
        self.env.cr.execute(
            "UPDATE res_company SET active = FALSE WHERE id = %s", [self.company.id]
        )
        self.env.invalidate_all()
        self.ask(ACCOUNTS, key=key, status=401)

    def test_key_ends_at_once(self):
        key = self.key_with("system:read")
        record = self.env["abs.api.key"].search([("name", "=", "Importer")])
        self.ask(ACCOUNTS, key=key, status=200)
        record.active = False
        self.ask(ACCOUNTS, key=key, status=401)

    def test_key_names_no_account(self):
        key = self.key_with("system:read")
        answer = self.ask(ACCOUNTS, key=key, account=self.lome, status=400)
        self.assertEqual(answer.code, "sa_of_key")

    def test_use_of_a_key_is_noted_apart_once_a_minute(self):
        key = self.key_with("system:read")
        record = self.env["abs.api.key"].search([("name", "=", "Importer")])
        noted = []
        model = type(record)
        with patch.object(model, "_note_use", lambda used: noted.append(used.env.cr)):
            self.ask(ACCOUNTS, key=key, status=200)
            record.sudo().last_used = fields.Datetime.now()
            self.ask(ACCOUNTS, key=key, status=200)
        self.assertEqual(len(noted), 1)
        self.assertFalse(noted[0].readonly)


@tagged("post_install", "-at_install")
class TestCustomer(AbsApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marie = cls.customer("Marie")
        cls.token = cls.marie.sudo()._customer_tokens()["access_token"]

    def test_customer_is_who_the_token_says(self):
        answer = self.ask("/customer/auth/me", self.token, status=200).json
        self.assertEqual(answer["customer"]["id"], self.marie.id)

    def test_tokens_of_customers_and_staff_are_no_tokens_of_each_other(self):
        staff = self.token_of(self.agent)
        self.ask("/customer/auth/me", staff, status=401)
        self.ask("/auth/me", self.token, status=401)
        self.ask(ACCOUNTS, self.token, status=401)

    def test_audience_counts_whatever_else_the_token_says(self):
        keyring = self.env["abs.signing.key"].sudo()._keyring()
        employee = self.agent.employee_id
        session = self.env["abs.session"].sudo()
        session._open(employee)
        sid = {"sid": session.search([("employee_id", "=", employee.id)], limit=1).id}
        forged = keyring.sign(str(employee.id), CUSTOMERS, 60, claims=sid)
        self.ask("/auth/me", forged, status=401)
        forged = keyring.sign(str(self.marie.id), STAFF, 60)
        self.ask("/customer/auth/me", forged, status=401)

    def test_archived_customer_is_out_from_the_next_request_on(self):
        self.marie.active = False
        self.ask("/customer/auth/me", self.token, status=401)
