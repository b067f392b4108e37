"""Every route of the API with every kind of caller, in one table.

Whoever adds an endpoint adds its row: a route without a row fails, and a row without a
route. What follows ` #` tells rows of one route apart that ask for something else; what
a row asks for stands in `requests`.
"""

from dataclasses import dataclass, field
from uuid import uuid4

from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base_json_api.api import registry

from ..models.abs_session import AUDIENCE
from .api_common import AbsApiCase

#: none: no token. malf: none that is a token. expi: expired. audi: for an audience
#: that is not ours. cust: a customer. key: with all scopes of the company. agent: acts
#: for the record in its Service Account. other: another agent there. sibl: agent of a
#: sibling branch. pare: staff of the parent. mana: the SA Manager. admi: of the global
#: root. revo: was an agent there. ende: an agent there whose assignment has ended.
CALLERS = (
    *("none", "malf", "expi", "audi", "cust", "key", "agent", "other", "sibl"),
    *("pare", "mana", "admi", "revo", "ende"),
)

TABLE = """
    none  malf  expi  audi  cust  key   agent other sibl  pare  mana  admi  revo  ende
GET /docs
    200   200   200   200   200   200   200   200   200   200   200   200   200   200
GET /openapi.json
    200   200   200   200   200   200   200   200   200   200   200   200   200   200
GET /health
    200   200   200   200   200   200   200   200   200   200   200   200   200   200

POST /auth/login
    401   401   401   401   401   401   401   401   401   401   401   401   401   401
POST /auth/refresh
    401   401   401   401   401   401   401   401   401   401   401   401   401   401
POST /auth/request-reset
    200   200   200   200   200   200   200   200   200   200   200   200   200   200
POST /auth/reset
    422   422   422   422   422   422   422   422   422   422   422   422   422   422
POST /auth/logout
    401   401   401   401   401   401   200   200   200   200   200   200   200   200
GET /auth/me
    401   401   401   401   401   401   200   200   200   200   200   200   200   200
POST /auth/change-password
    401   401   401   401   401   401   422   422   422   422   422   422   422   422

POST /customer/auth/request-code
    200   200   200   200   200   200   200   200   200   200   200   200   200   200
POST /customer/auth/verify
    401   401   401   401   401   401   401   401   401   401   401   401   401   401
GET /customer/auth/me
    401   401   401   401   200   401   401   401   401   401   401   401   401   401

GET /system/global-root
    401   401   401   401   401   200   200   200   200   200   200   200   403   200
GET /system/sa-hierarchy
    401   401   401   401   401   200   200   200   200   200   200   200   403   200

GET /service-accounts
    401   401   401   401   401   200   200   200   200   200   200   200   403   200
POST /service-accounts
    401   401   401   401   401   201   403   403   403   403   403   201   403   403
POST /service-accounts #parent elsewhere
    401   401   401   401   401   422   403   403   403   403   403   201   403   403
GET /service-accounts/{account_id}
    401   401   401   401   401   200   200   200   404   404   200   200   403   200
PUT /service-accounts/{account_id}
    401   401   401   401   401   200   403   403   404   404   403   200   403   403
PUT /service-accounts/{account_id} #elsewhere
    401   401   401   401   401   404   404   404   404   404   404   200   403   404
POST /service-accounts/{account_id}/activate
    401   401   401   401   401   200   403   403   404   404   403   200   403   403
POST /service-accounts/{account_id}/deactivate
    401   401   401   401   401   200   403   403   404   404   403   200   403   403
GET /service-accounts/{account_id}/members
    401   401   401   401   401   200   200   200   404   404   200   200   403   200
POST /service-accounts/{account_id}/members
    401   401   401   401   401   201   403   403   404   404   201   201   403   403
POST /service-accounts/{account_id}/members #admin of all
    401   401   401   401   401   403   404   404   404   404   404   201   403   404
POST /service-accounts/{account_id}/enroll
    401   401   401   401   401   201   403   403   404   404   201   201   403   403
POST /service-accounts/{account_id}/enroll #employee elsewhere
    401   401   401   401   401   422   403   403   404   404   422   422   403   403
POST /service-accounts/{account_id}/enroll #manager elsewhere
    401   401   401   401   401   422   403   403   404   404   422   422   403   403
PUT /service-accounts/{account_id}/members/{member_id}
    401   401   401   401   401   200   403   403   404   404   200   200   403   403
PUT /service-accounts/{account_id}/members/{member_id} #of a sibling
    401   401   401   401   401   404   404   404   404   404   404   404   403   404
DELETE /service-accounts/{account_id}/members/{member_id}
    401   401   401   401   401   200   403   403   404   404   200   200   403   403

GET /outlets
    401   401   401   401   401   200   200   200   200   200   200   200   403   200
POST /outlets
    401   401   401   401   401   201   403   403   403   201   201   201   403   403
POST /outlets #site of a sibling
    401   401   401   401   401   201   403   403   403   422   422   201   403   403
GET /outlets/{outlet_id}
    401   401   401   401   401   200   200   200   200   200   200   200   403   200
GET /outlets/{outlet_id} #elsewhere
    401   401   401   401   401   404   404   404   404   404   404   200   403   404
PUT /outlets/{outlet_id}
    401   401   401   401   401   200   403   403   403   200   200   200   403   403
DELETE /outlets/{outlet_id}
    401   401   401   401   401   200   403   403   403   200   200   200   403   403
"""


@dataclass(frozen=True)
class Asked:
    """What a row asks for.

    :param ids: what the path's parameters are, where they differ from `places`
    :param body: the body, in which `*` becomes something new for each call
    """

    ids: dict = field(default_factory=dict)
    body: dict | None = None


def rows(text):
    """Return the statuses of each row of the table, by caller."""
    found, name = {}, ""
    for line in text.splitlines():
        words = line.split()
        if words and all(word.isdigit() for word in words):
            found[name] = dict(zip(CALLERS, map(int, words), strict=True))
        elif words:
            name = line.strip()
    return found


@tagged("post_install", "-at_install")
class TestAccessMatrix(AbsApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.new = cls.employee("Akua")
        cls.stranger = cls.employee("Wanjiru", cls.other_company)
        cls.kara_lead = cls.member("Yao", cls.kara)
        cls.people()
        cls.records()
        cls.places = {
            "account_id": cls.lome.id,
            "member_id": cls.agent.id,
            "outlet_id": cls.outlet.id,
            "partner_id": cls.marie.id,
        }
        cls.tokens = cls.make_tokens()

    @classmethod
    def people(cls):
        cls.other = cls.member("Afi", role="agent")
        cls.sibling = cls.member("Komi", cls.kara, role="agent")
        cls.head = cls.member("Head", cls.root)
        cls.admin = cls.member("Adjo", cls.global_root, "admin")
        cls.revoked = cls.member("Gone", role="agent")
        cls.revoked.action_revoke()
        cls.former = cls.member("Former", role="agent")

    @classmethod
    def records(cls):
        """Make what rows ask for: held by Lomé, with Esi acting since Former left."""
        cls.marie = cls.customer("Marie")
        cls.marie._assign_to(cls.lome, cls.former.person_partner_id)
        cls.marie._assign_to(cls.lome, cls.agent.person_partner_id)
        cls.of_sibling = cls.customer("Kossi")
        cls.of_sibling._assign_to(cls.kara)
        outlets = cls.env["ov.outlet"]
        cls.outlet, cls.outlet_elsewhere = (
            outlets.create({"name": "Market", "company_id": company.id})
            for company in (cls.company, cls.other_company)
        )

    @classmethod
    def make_tokens(cls):
        """Return a bearer token of each caller that presents one."""
        keyring = cls.env["abs.signing.key"].sudo()._keyring()
        employee = cls.agent.employee_id
        valid = cls.token_of(cls.agent)
        sid = {"sid": employee.session_ids.sudo()[:1].id}
        signed = {
            name: keyring.sign(str(employee.id), audience, seconds, claims=sid)
            for name, audience, seconds in (
                ("expi", AUDIENCE, -3600),
                ("audi", "somebody-else", 900),
            )
        }
        members = {
            "other": cls.other,
            "sibl": cls.sibling,
            "pare": cls.head,
            "mana": cls.lead,
            "admi": cls.admin,
            "revo": cls.revoked,
            "ende": cls.former,
        }
        return {
            **signed,
            **{name: cls.token_of(member) for name, member in members.items()},
            "malf": valid[:-8] + "AAAAAAAA",
            "agent": valid,
            "cust": cls.marie.sudo()._customer_tokens()["access_token"],
        }

    def setUp(self):
        super().setUp()
        scopes = self.env["abs.api.scope"].search([("code", "!=", "companies:all")])
        self.key = self.key_with(*scopes.mapped("code"))
        for employee in self.env["abs.employee"].search([]):
            self.tried.add(employee.email)

    @property
    def requests(self):
        """What each row asks for, where it is more than its path says."""
        elsewhere = self.root_of(self.other_company).id
        branch = {"name": "New", "account_code": "N*", "parent_id": self.lome.id}
        passwords = {"current_password": "not this one", "new_password": "another one"}
        enrol = {"employee_id": self.new.id}
        admin = {"person_partner_id": self.new.partner_id.id, "role_code": "admin"}
        accounts, members = (
            "/service-accounts",
            "/service-accounts/{account_id}/members",
        )
        enroll = "/service-accounts/{account_id}/enroll"
        return {
            "POST /auth/login": Asked(body={"email": "n*@x.example", "password": "x"}),
            "POST /auth/refresh": Asked(body={"refresh_token": "x"}),
            "POST /auth/request-reset": Asked(body={"email": "n*@x.example"}),
            "POST /auth/reset": Asked(body={"token": "x", "new_password": "x" * 12}),
            "POST /auth/change-password": Asked(body=passwords),
            "POST /customer/auth/request-code": Asked(body={"email": "n*@x.example"}),
            "POST /customer/auth/verify": Asked(
                body={"email": "n*@x.example", "code": "123456"}
            ),
            f"POST {accounts}": Asked(body=branch),
            f"POST {accounts} #parent elsewhere": Asked(
                body={**branch, "parent_id": elsewhere}
            ),
            f"PUT {accounts}/{{account_id}}": Asked(body={"name": "Lomé"}),
            f"PUT {accounts}/{{account_id}} #elsewhere": Asked(
                {"account_id": elsewhere}, {"name": "Kenya"}
            ),
            f"POST {accounts}/{{account_id}}/deactivate": Asked(body={"confirm": True}),
            f"POST {members}": Asked(body=enrol),
            f"POST {members} #admin of all": Asked(
                {"account_id": self.global_root.id}, admin
            ),
            f"POST {enroll}": Asked(body=enrol),
            f"POST {enroll} #employee elsewhere": Asked(
                body={"employee_id": self.stranger.id}
            ),
            f"POST {enroll} #manager elsewhere": Asked(
                body={**enrol, "manager_member_id": self.kara_lead.id}
            ),
            f"PUT {members}/{{member_id}}": Asked(body={"scope_policy": "sa_wide"}),
            f"PUT {members}/{{member_id}} #of a sibling": Asked(
                {"member_id": self.sibling.id}, {"scope_policy": "sa_wide"}
            ),
            "POST /outlets": Asked(body={"name": "New"}),
            "POST /outlets #site of a sibling": Asked(
                body={"name": "New", "site_partner_id": self.of_sibling.id}
            ),
            "GET /outlets/{outlet_id} #elsewhere": Asked(
                {"outlet_id": self.outlet_elsewhere.id}
            ),
            "PUT /outlets/{outlet_id}": Asked(body={"name": "Market"}),
        }

    def routes(self):
        """Return the endpoints that are routed, by method and path below the base."""
        return {
            f"{one.method} {one.public_path.removeprefix(self.api.base)}": one
            for one in registry.routed(self.env, self.api)
        }

    def answered(self, row, caller):
        """Return the status of what a row asks for, which is undone again."""
        route = row.partition(" #")[0]
        method, path = route.split()
        asked = self.requests.get(row, Asked())
        text = uuid4().hex[:8]
        body = asked.body and {
            name: value.replace("*", text) if isinstance(value, str) else value
            for name, value in asked.body.items()
        }
        self.env.flush_all()
        self.env.cr.execute("SAVEPOINT matrix")
        answer = self.ask(
            path.format(**{**self.places, **asked.ids}),
            self.tokens.get(caller, ""),
            self.key if caller == "key" else "",
            method=method,
            body=body,
        )
        self.env.cr.execute("ROLLBACK TO SAVEPOINT matrix")
        self.env.invalidate_all()
        return answer.status

    def forget_new(self):
        """Count anew for addresses that were made up."""
        with db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute("DELETE FROM base_json_api_rate WHERE bucket ~ 'abs_connector/'")

    def test_every_route_has_a_row_and_every_row_a_route(self):
        covered = {row.partition(" #")[0] for row in rows(TABLE)}
        self.assertEqual(covered, set(self.routes()))
        self.assertLessEqual(set(self.requests), set(rows(TABLE)))

    @mute_logger("odoo.sql_db")
    def test_every_caller_gets_what_the_table_says(self):
        self.addCleanup(self.forget_new)
        for row, expected in rows(TABLE).items():
            found = {caller: self.answered(row, caller) for caller in CALLERS}
            with self.subTest(row=row):
                self.assertEqual(found, expected)

    def test_keys_do_nothing_without_the_scope(self):
        self.key = self.key_with()
        for route, endpoint in self.routes().items():
            if "key" in endpoint.auth:
                with self.subTest(route=route):
                    self.assertTrue(endpoint.scope)
                    self.assertEqual(self.answered(route, "key"), 403)
