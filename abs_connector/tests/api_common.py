from odoo.tests import new_test_user

from odoo.addons.base_json_api.testing import ApiCase

from ..api import api
from ..models.abs_employee_login import _bucket
from .common import GovernanceCase

PASSWORD = "correct horse battery"


class AbsApiCase(GovernanceCase, ApiCase):
    """Calls the API as an agent of Lomé does from a phone."""

    api = api

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        parameters = cls.env["ir.config_parameter"].sudo()
        # All tests call from one address.
        parameters.set_param("abs_connector.rate_limit.auth", "off")
        parameters.set_param("abs_connector.rate_limit.default", "off")
        cls.lead = cls.member("Kofi")
        cls.agent = cls.member("Esi", role="agent")
        cls.agent.employee_id.password = PASSWORD

    def setUp(self):
        super().setUp()
        # Tries are counted outside the transaction of the test.
        self.tried = set()
        self.addCleanup(self.forget_tries)

    def forget_tries(self):
        """Count anew for every e-mail that this test has tried."""
        names = [_bucket(email, ip) for email in self.tried for ip in ("", "127.0.0.1")]
        self.env["abs.employee"].sudo()._forget_tries(names)

    def clerk(self):
        """Return somebody who works here, and governs nothing."""
        return new_test_user(
            self.env(su=True),
            "abs_clerk",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )

    @classmethod
    def token_of(cls, member):
        """Return an access token of a member's, or an employee's."""
        employee = member if member._name == "abs.employee" else member.employee_id
        sessions = cls.env["abs.session"].sudo()
        return sessions._open(employee.sudo())["access_token"]

    @classmethod
    def key_with(cls, *scopes, company=None):
        """Return a key of the company that has some scopes, as an administrator."""
        found = cls.env["abs.api.scope"].search([("code", "in", scopes)])
        record = cls.env(su=True)["abs.api.key"].create(
            {
                "name": "Importer",
                "company_id": (company or cls.company).id,
                "scope_ids": [(6, 0, found.ids)],
            }
        )
        return record.action_generate()["context"]["default_key"]

    @classmethod
    def customer(cls, name, **vals):
        """Create a customer, whom no Service Account holds."""
        return cls.env["res.partner"].create(
            {
                "name": name,
                "email": f"{name}@customers.example.com".lower(),
                "customer_rank": 1,
                "company_id": cls.company.id,
                **vals,
            }
        )

    def ask(self, path, token="", key="", account=None, method="GET", **more):
        """Call as the owner of a token or a key, for a Service Account."""
        headers = {}
        if key:
            headers["X-API-KEY"] = key
        if account:
            headers["X-SA-ID"] = str(getattr(account, "id", account))
        body = more.pop("body", None)
        return self.call(method, path, body, token=token, headers=headers, **more)

    def log_in(self, email=None, password=PASSWORD, **more):
        """Log in, as Esi when not told otherwise."""
        email = email or self.agent.employee_id.email
        self.tried.add(email)
        body = {"email": email, "password": password}
        return self.call("POST", "/auth/login", body, **more)

    def refresh(self, answer, **more):
        """Use the refresh token of an answer."""
        body = {"refresh_token": answer.json["refresh_token"]}
        return self.call("POST", "/auth/refresh", body, **more)

    def me(self, answer, **more):
        """Ask who is logged in, with the access token of an answer."""
        return self.call("GET", "/auth/me", token=answer.json["access_token"], **more)
