"""Whatever way a member asks, it is shown what a slow reading of the ledger shows.

Worlds are generated: who is a member of what and how, and who holds which records. The
records are there before; those of each kind are of two companies, and some are of no
governed kind.
"""

from collections import namedtuple
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.tests import tagged

from ..tools.member import Member
from .visibility_common import KINDS, VisibilityCase

POLICIES = ("sa_wide", "assigned_only", "assigned_plus_unassigned")
ACCESS = ("access", "assignment", "binding")
RECORDS = 5
#: How each verb is allowed by the access of a row of the ledger.
VERBS = {"read": ACCESS, "write": ACCESS[1:], "unlink": ACCESS[2:]}
#: Orders in which no two records are the same.
ORDERS = {
    "res.partner": ("complete_name, id desc", "id desc"),
    "sale.order": ("date_order desc, id desc", "amount_total, id"),
    "stock.picking": ("priority desc, scheduled_date, id desc", "name desc, id"),
    "account.move": ("date desc, name desc, invoice_date desc, id desc", "id"),
    "account.payment": ("date desc, name desc, id desc", "partner_id, id"),
}

Membership = namedtuple("Membership", "account role policy state")
Row = namedtuple("Row", "kind record account person access ended")
World = namedtuple("World", "caller memberships rows")

LOME, KARA = 1, 3
#: Lomé and Kara more than the others, so that members and records meet in both.
_accounts = st.sampled_from((LOME, KARA, LOME, KARA, 0, 2, 4, 5))
_rows = st.lists(
    st.builds(
        Row,
        st.sampled_from(KINDS),
        st.integers(0, RECORDS - 1),
        _accounts,
        # Nobody, the one who asks, or a colleague.
        st.sampled_from((None, 0, 0, 1)),
        st.sampled_from(ACCESS),
        st.sampled_from((False, False, False, True)),
    ),
    min_size=30,
    max_size=60,
)


def _membership(*accounts):
    return st.builds(
        Membership,
        st.sampled_from(accounts),
        st.sampled_from(("staff", "agent")),
        st.sampled_from(POLICIES),
        st.sampled_from(("active",) * 5 + ("revoked", "over", "future")),
    )


_members = st.builds(
    World,
    st.sampled_from(("employee", "user")),
    st.tuples(_membership(LOME), _membership(KARA), _membership(0, 2, 4, 5)),
    _rows,
)
_others = st.builds(
    World,
    st.sampled_from(("employee", "user", "admin", "customer", "key")),
    st.just(()),
    _rows,
)


def _quick(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        # A world that fails is small enough to read.
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


class Oracle:
    """Who may do what, by reading one row of the ledger after another."""

    def __init__(self, case, world):
        self.case, self.world = case, world
        case.env.flush_all()

    def may(self, verb, record):
        """Tell whether the world's caller may do something with a record."""
        if not self._of_company(record):
            return False
        caller = self.world.caller
        if caller == "admin":
            return True
        if caller == "customer":
            return verb == "read" and self._customer(record) == self.case.customers[0]
        if record in self.case.open[record._name]:
            return True
        if caller == "key":
            return self._of_key(record)
        return any(
            self._lets(membership, row)
            for row in self._rows(record)
            if row["access"] in VERBS[verb]
            for membership in self.world.memberships
        )

    def _of_company(self, record):
        return not record.company_id or record.company_id in self.case.asking

    def _customer(self, record):
        if record in self.case.open[record._name]:
            return None
        if record._name == "res.partner":
            return record
        if record._name == "stock.picking":
            return record.sale_id.partner_id
        return record.partner_id

    def _of_key(self, record):
        if record.company_id:
            return record.company_id == self.case.company
        accounts = [row["account_id"] for row in self._rows(record)]
        companies = self.case.accounts_of_world.browse(accounts).company_id
        return not accounts or self.case.company in companies

    def _lets(self, membership, row):
        account = self.case.accounts_of_world[membership.account]
        if membership.state != "active" or row["account_id"] != account.id:
            return False
        mine = row["actor_id"] == self.case.people[0].id
        if membership.policy == "assigned_only":
            return mine
        if membership.policy == "assigned_plus_unassigned":
            return mine or row["actor_id"] is None
        return True

    def _rows(self, record):
        ledger = self.case.env[record._ledger]
        self.case.env.cr.execute(
            f"SELECT account_id, actor_id, access FROM {ledger._table}"
            f" WHERE {ledger._record_field} = %s AND state = 'active'",
            [record.id],
        )
        return self.case.env.cr.dictfetchall()


@tagged("post_install", "-at_install")
class TestVisibilityOracle(VisibilityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        low = cls.branch("Togo - Lomé North", "TG-LOM-N", cls.lome)
        other = cls.branch("Kenya - Nairobi", "KE-NAI", cls.other_root)
        for account in (low, other):
            cls.member(f"Head.{account.id}", account)
        cls.accounts_of_world = (
            cls.root + cls.lome + low + cls.kara + cls.other_root + other
        )
        cls.employee_asking = cls.employee("Asking")
        cls.user = cls.web_user("asking", cls.employee_asking)
        export = cls.system.ref("base.group_allow_export")
        for user in (cls.user.sudo(), cls.system.ref("abs_connector.user_api")):
            user.write({"groups_id": [(4, export.id)]})
        colleague = cls.employee("Colleague")
        cls.people = (cls.employee_asking + colleague).sudo().partner_id
        for company in cls.companies:
            cls.system["account.chart.template"].try_loading(
                "generic_coa", company=company, install_demo=False
            )
        cls.pool = {kind: cls.system[kind] for kind in KINDS}
        cls.open = {kind: cls.system[kind] for kind in KINDS}
        cls.fill_pool()
        cls.customers = cls.pool["res.partner"]
        cls.forget()

    @classmethod
    def forget(cls):
        """Let nobody hold any record."""
        cls.env.flush_all()
        for kind, records in cls.pool.items():
            ledger, native = cls.system[records._ledger], cls.system[kind]
            cls.env.cr.execute(f"DELETE FROM {ledger._table}")
            cls.env.cr.execute(
                f"UPDATE {native._table} SET x_sa_id = NULL, x_actor_id = NULL"
            )
        cls.env.invalidate_all()

    # The records: of each kind those that the rows of a world name, and open ones

    @classmethod
    def fill_pool(cls):
        """Create records of both companies; the last of five is the other's."""
        for number in range(RECORDS):
            company = cls.companies[number // (RECORDS - 1)]
            shared = number in (0, 1)
            partner = cls.customer(
                f"Customer {number % 3}", company_id=not shared and company.id
            )
            order = cls.order(partner, company=company)
            for kind, record in (
                ("res.partner", partner),
                ("sale.order", order),
                ("stock.picking", cls.transfer(company, "outgoing", order)),
                ("account.move", cls.entry(company, "out_invoice", partner)),
                ("account.payment", cls.payment(company, "inbound", partner)),
            ):
                cls.pool[kind] += record
        cls.fill_open()

    @classmethod
    def fill_open(cls):
        supplier = cls.system["res.partner"].create(
            {"name": "Supplier", "supplier_rank": 1}
        )
        cls.open["res.partner"] += supplier + cls.people + cls.companies.partner_id
        for company in cls.companies:
            cls.open["stock.picking"] += cls.transfer(company, "incoming")
            cls.open["account.move"] += cls.entry(company, "in_invoice", supplier)
            cls.open["account.payment"] += cls.payment(company, "outbound", supplier)

    @classmethod
    def transfer(cls, company, code, order=None):
        """Create a transfer without moves."""
        kind = cls.system["stock.picking.type"].search(
            [("code", "=", code), ("company_id", "=", company.id)], limit=1
        )
        picking = cls.system["stock.picking"].create({"picking_type_id": kind.id})
        if order:
            picking.sale_id = order
        return picking

    @classmethod
    def entry(cls, company, move_type, partner):
        """Create an invoice or bill without lines."""
        return (
            cls.system["account.move"]
            .with_company(company)
            .create({"move_type": move_type, "partner_id": partner.id})
        )

    @classmethod
    def payment(cls, company, payment_type, partner):
        """Create a payment, a draft."""
        return (
            cls.system["account.payment"]
            .with_company(company)
            .create(
                {
                    "payment_type": payment_type,
                    "partner_type": "customer"
                    if payment_type == "inbound"
                    else "supplier",
                    "partner_id": partner.id,
                    "amount": 10,
                }
            )
        )

    # The world

    def build(self, world):
        """Write the memberships and the ledger of a world."""
        for membership in world.memberships:
            self.enrol(membership)
        for row in world.rows:
            record = self.pool[row.kind][row.record]
            account = self.accounts_of_world[row.account]
            person = None if row.person is None else self.people[row.person]
            if row.ended:
                ledger = self.system[record._ledger]
                ledger._expire(record, account)
            else:
                record._assign_to(account, person, row.access)

    def enrol(self, membership):
        """Write a membership of the one who asks, in whichever company."""
        account = self.accounts_of_world[membership.account]
        now = fields.Datetime.now()
        hour = timedelta(hours=1)
        state = membership.state if membership.state == "revoked" else "active"
        begin = now + hour if membership.state == "future" else now - 2 * hour
        end = now - hour if membership.state in ("over", "revoked") else None
        self.env.cr.execute(
            """
            INSERT INTO ov_membership
                   (account_id, company_id, employee_id, person_partner_id, role_code,
                    scope_policy, state, manager_member_id, date_from, date_to)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                account.id,
                account.company_id.id,
                self.employee_asking.id,
                self.people[0].id,
                membership.role,
                membership.policy,
                state,
                account.sa_manager.id,
                begin,
                end,
            ],
        )

    def asking_env(self, world):
        """Return the environment of the world's caller."""
        if world.caller == "user":
            ids = self.asking.ids
            context = {"allowed_company_ids": ids}
            return self.env(user=self.user, su=False, context=context)
        return self.api_env(self.member_asking(world), self.asking)

    def member_asking(self, world):
        if world.caller == "admin":
            return Member(admin=True)
        if world.caller == "customer":
            return Member(partner_id=self.customers[0].id)
        if world.caller == "key":
            return Member(company_id=self.company.id)
        return self.env["ov.membership"]._member_of(self.employee_asking)

    # What is compared

    @given(world=_members)
    @_quick(20)
    def test_members_are_shown_what_the_ledger_says(self, world):
        self.check(world)

    @given(world=_others)
    @_quick(10)
    def test_others_are_shown_what_is_theirs(self, world):
        self.check(world)

    def check(self, world):
        """Compare all that can be asked in a world."""
        savepoint = self.env.cr.savepoint()
        try:
            self.asking = self.companies if world.caller == "admin" else self.company
            self.build(world)
            self.env.invalidate_all()
            oracle = Oracle(self, world)
            env = self.asking_env(world)
            for kind in KINDS:
                with self.subTest(kind=kind, world=world):
                    self.compare(kind, env, oracle)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def compare(self, kind, env, oracle):
        """Compare all that can be asked of one kind."""
        known = self.pool[kind] + self.open[kind]
        expected = known.filtered(lambda record: oracle.may("read", record))
        self.assertVerbs(env, known, oracle)
        self.assertDetail(env, known, expected)
        for domain, shown in (
            ([("id", "in", known.ids)], expected),
            (
                [("id", "in", known.ids), ("x_is_governed", "=", True)],
                expected - self.open[kind],
            ),
        ):
            self.assertLists(env[kind], domain, shown)
            self.assertTotals(env[kind], domain, shown)
            self.assertExport(env[kind], domain, shown)
        if kind == "sale.order":
            self.assertNested(env, expected, oracle)

    def assertVerbs(self, env, known, oracle):
        for verb in VERBS:
            allowed = known.with_env(env)._filtered_access(verb)
            expected = known.filtered(lambda one, verb=verb: oracle.may(verb, one))
            self.assertEqual(set(allowed.ids), set(expected.ids), verb)

    def assertDetail(self, env, known, expected):
        """A record is found by its id, or as absent as one that never was."""
        for record in known:
            found = env[record._name].search([("id", "=", record.id)])
            self.assertEqual(found.ids, (expected & record).ids)

    def assertLists(self, model, domain, expected):
        self.assertEqual(set(model.search(domain).ids), set(expected.ids))
        pages = ((0, 80), (1, 2), (2, None)), ((0, 3),)
        for order, asked in zip(ORDERS[model._name], pages, strict=True):
            ids = expected.search([("id", "in", expected.ids)], order=order).ids
            for offset, limit in asked:
                found = model.search(domain, offset, limit, order)
                end = limit and offset + limit
                self.assertEqual(found.ids, ids[offset:end], (order, offset, limit))

    def assertTotals(self, model, domain, expected):
        total = len(expected)
        self.assertEqual(model.search_count(domain), total)
        for limit in (2, 10_001):
            self.assertEqual(model.search_count(domain, limit=limit), min(total, limit))
        ((counted,),) = model._read_group(domain, [], ["__count"])
        self.assertEqual(counted, total)
        groups = dict(model._read_group(domain, ["company_id"], ["__count"]))
        self.assertEqual(sum(groups.values()), total)

    def assertExport(self, model, domain, expected):
        rows = model.search(domain).export_data([".id"])["datas"]
        self.assertEqual({int(row[0]) for row in rows}, set(expected.ids))

    def assertNested(self, env, expected, oracle):
        """The transfers of an order are those that may be seen, and no others."""
        for order in expected:
            mine = self.pool["stock.picking"].filtered(
                lambda one, order=order: (
                    one.sale_id == order and oracle.may("read", one)
                )
            )
            shown = order.with_env(env).read(["picking_ids"])[0]["picking_ids"]
            self.assertEqual(shown, mine.ids)
