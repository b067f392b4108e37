from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.base_json_api.api import WHOLE

from ..tools.member import Member, Scope
from .visibility_common import KINDS, VisibilityCase


@tagged("post_install", "-at_install")
class TestVisibility(VisibilityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.member("Esi", role="agent")
        cls.staff = cls.member("Yao")
        cls.sibling = cls.member("Ama", cls.kara)
        cls.esi = cls.agent.person_partner_id
        cls.kofi = cls.customer("Kofi")
        cls.orders = cls.order(cls.kofi)
        for _number in range(3):
            cls.orders += cls.order(cls.kofi)
        cls.mine, cls.nobodys, cls.colleagues, cls.foreign = cls.orders
        cls.mine._assign_to(cls.lome, cls.esi)
        cls.nobodys._assign_to(cls.lome)
        cls.colleagues._assign_to(cls.lome, cls.staff.person_partner_id)
        cls.foreign._assign_to(cls.kara)

    def seen(self, env, domain=(), **options):
        """Return which of the orders are listed."""
        domain = [("id", "in", self.orders.ids), *domain]
        return env["sale.order"].search(domain, **options)

    def assertSeen(self, env, *orders):
        """Check list, page, totals and access of one another."""
        expected = self.env["sale.order"].union(*orders)
        model = env["sale.order"]
        domain = [("id", "in", self.orders.ids)]
        self.assertEqual(set(self.seen(env).ids), set(expected.ids))
        self.assertEqual(set(self.seen(env, limit=80).ids), set(expected.ids))
        self.assertEqual(model.search_count(domain), len(expected))
        self.assertEqual(model.search_count(domain, limit=100), len(expected))
        for offset in (0, 2_000):
            page = model._search(domain, offset, 20, "id")
            if whole := getattr(page, WHOLE, None):
                self.assertEqual(len(whole()), len(expected), "of a page's query")
        allowed = self.orders.with_env(env)._filtered_access("read")
        self.assertEqual(set(allowed.ids), set(expected.ids))

    def test_agent_sees_what_is_assigned_to_it(self):
        self.assertSeen(self.env_of(self.agent), self.mine)

    def test_agent_may_see_what_is_assigned_to_nobody(self):
        self.agent.scope_policy = "assigned_plus_unassigned"
        self.assertSeen(self.env_of(self.agent), self.mine, self.nobodys)

    def test_staff_sees_all_of_its_service_account(self):
        self.assertSeen(
            self.env_of(self.staff), self.mine, self.nobodys, self.colleagues
        )

    def test_sibling_sees_nothing_of_it(self):
        self.assertSeen(self.env_of(self.sibling), self.foreign)

    def test_member_of_several_sees_what_each_lets_see(self):
        again = self.env["ov.membership"].create(
            {
                "employee_id": self.agent.employee_id.id,
                "account_id": self.kara.id,
                "role_code": "staff",
            }
        )
        self.assertSeen(self.env_of(self.agent, again), self.mine, self.foreign)

    def test_shared_order_is_seen_by_both(self):
        self.foreign._assign_to(self.lome, self.esi, "access")
        self.assertEqual(self.foreign.x_sa_id, self.kara)
        self.assertSeen(self.env_of(self.agent), self.mine, self.foreign)
        self.assertSeen(self.env_of(self.sibling), self.foreign)

    def test_order_held_twice_is_counted_once(self):
        again = self.env["ov.membership"].create(
            {
                "employee_id": self.staff.employee_id.id,
                "account_id": self.kara.id,
                "role_code": "staff",
            }
        )
        self.foreign._assign_to(self.lome)
        self.assertSeen(self.env_of(self.staff, again), *self.orders)

    def test_ended_assignment_is_seen_no_more(self):
        self.env["ov.sa_sale_order_assignment"].sudo()._expire(self.mine)
        self.assertSeen(self.env_of(self.agent))

    def test_revoked_membership_sees_nothing_from_the_next_request_on(self):
        self.agent.action_revoke()
        self.assertSeen(self.env_of(self.agent))

    def test_nobody_sees_nothing(self):
        self.assertSeen(self.api_env(None))
        self.assertSeen(self.api_env(Member()))

    def test_admin_sees_everything(self):
        self.assertSeen(self.api_env(Member(admin=True)), *self.orders)

    def test_customer_sees_its_own(self):
        other = self.order(self.customer("Other"))
        other._assign_to(self.lome)
        env = self.api_env(Member(partner_id=self.kofi.id))
        self.assertSeen(env, *self.orders)
        self.assertFalse(other.with_env(env)._filtered_access("read"))
        own = env["res.partner"].search([])
        self.assertEqual(own.ids, self.kofi.ids)

    def test_key_sees_its_company(self):
        self.assertSeen(self.api_env(Member(company_id=self.company.id)), *self.orders)
        self.assertSeen(self.api_env(Member(company_id=self.other_company.id)))

    def test_order_of_others_is_refused_when_read(self):
        order = self.foreign.with_env(self.env_of(self.agent))
        order.invalidate_recordset()
        with self.assertRaises(AccessError):
            order.read(["name"])

    def test_context_from_outside_makes_nobody_a_member(self):
        for forged in (True, "admin", (("admin", True),)):
            self.assertSeen(self.api_env(forged))

    def test_rules_of_one_member_are_not_those_of_the_next(self):
        for _round in range(2):
            self.assertSeen(self.env_of(self.agent), self.mine)
            self.assertSeen(self.env_of(self.sibling), self.foreign)

    # Who is bound

    def test_others_are_not_bound(self):
        seller = self.web_user("seller", groups=("sales_team.group_sale_manager",))
        self.assertSeen(self.acting(seller), *self.orders)

    def test_governed_user_sees_in_odoo_what_its_employee_sees(self):
        user = self.web_user("esi", self.agent.employee_id)
        self.agent.invalidate_recordset()
        self.mine._assign_to(self.lome, user.partner_id)
        self.assertSeen(self.acting(user), self.mine)

    def test_governed_user_without_employee_sees_nothing_governed(self):
        user = self.web_user("stranger")
        self.assertSeen(self.acting(user))
        self.assertIn(user.partner_id, self.acting(user)["res.partner"].search([]))

    def acting(self, user):
        """Return the environment of somebody in the web client."""
        return self.env(
            user=user, su=False, context={"allowed_company_ids": self.company.ids}
        )

    # Changing

    def test_access_says_what_may_be_changed_and_deleted(self):
        for number, access in enumerate(("access", "assignment", "binding")):
            self.mine._assign_to(self.lome, self.esi, access)
            order = self.mine.with_env(self.env_of(self.agent))
            self.assertEqual(
                [bool(order._filtered_access(verb)) for verb in VERBS],
                [True, number > 0, number > 1],
                access,
            )

    def test_what_is_not_seen_is_not_changed(self):
        order = self.foreign.with_env(self.env_of(self.agent))
        with self.assertRaises(AccessError):
            order.write({"client_order_ref": "X"})
        with self.assertRaises(AccessError):
            order.unlink()

    def test_order_is_made_for_customers_that_may_be_changed(self):
        env = self.env_of(self.agent)
        self.kofi._assign_to(self.lome, self.esi, "access")
        partner = self.kofi.with_env(env)
        vals = {"partner_id": partner.id, "company_id": self.company.id}
        with self.assertRaises(AccessError):
            self.made(env, vals)
        self.kofi._assign_to(self.lome, self.esi, "assignment")
        self.assertTrue(self.made(env, vals))

    def made(self, env, vals):
        """Create an order as superuser, and ask whether who asks might have."""
        order = self.system["sale.order"].create(vals).with_env(env)
        order.check_access("create")
        return order

    def test_customers_and_nobody_change_nothing(self):
        for member in (Member(partner_id=self.kofi.id), Member()):
            order = self.mine.with_env(self.api_env(member))
            self.assertFalse(order._filtered_access("write"))
            self.assertFalse(order._filtered_access("unlink"))

    # What is not governed

    def test_contacts_that_are_no_customers_are_seen_by_members(self):
        supplier, person = self.system["res.partner"].create(
            [
                {"name": "Supplier", "is_company": True, "supplier_rank": 1},
                {"name": "Nobody in particular"},
            ]
        )
        contact = self.system["res.partner"].create(
            {"name": "Contact", "parent_id": supplier.id}
        )
        partners = supplier + contact + person + self.kofi
        partners += self.company.partner_id + self.manager.partner_id + self.esi
        env = self.env_of(self.sibling)
        found = env["res.partner"].search([("id", "in", partners.ids)])
        self.assertEqual(set(found.ids), {*(partners - person - self.kofi).ids})
        allowed = partners.with_env(env)._filtered_access("read")
        self.assertEqual(set(allowed.ids), set(found.ids))
        governed = env["res.partner"].search(
            [("id", "in", partners.ids), ("x_is_governed", "=", True)]
        )
        self.assertFalse(governed)
        self.assertEqual(
            set(partners.filtered("x_is_governed").ids), {person.id, self.kofi.id}
        )

    def test_colleagues_are_seen_when_another_account_holds_them_as_customers(self):
        self.esi._assign_to(self.lome)
        env = self.env_of(self.sibling)
        domain = [("id", "=", self.esi.id)]
        self.assertTrue(env["res.partner"].search(domain))
        self.assertFalse(
            env["res.partner"].search([*domain, ("x_is_governed", "=", True)])
        )

    # Pages and totals

    def query(self, env, domain=(), **options):
        """Return the SQL that a list of orders is."""
        return env["sale.order"]._search([*domain], **options).select().code

    def test_pages_and_totals_are_taken_from_parts_that_an_index_orders(self):
        env = self.env_of(self.agent)
        for options in ({"limit": 20}, {"limit": 20, "order": "date_order desc"}):
            self.assertIn("UNION ALL", self.query(env, **options), options)

    def test_memberships_of_one_policy_are_one_part_of_a_total(self):
        def parts(*accounts):
            scopes = (
                Scope(one.id, self.esi.id, "assigned_plus_unassigned", "agent", 1)
                for one in accounts
            )
            env = self.api_env(Member(tuple(scopes)))
            ordered = self.query(env, limit=20, order="id")
            total = self.query(env, limit=20)
            return total.count("x_sa_id"), ordered.count("LATERAL")

        one, several = parts(self.lome), parts(self.lome, self.kara)
        self.assertEqual(several[0], one[0])
        self.assertEqual((one[1], several[1]), (0, 2), "each in order by itself")

    def test_what_is_no_page_goes_by_the_rule(self):
        env = self.env_of(self.agent)
        for options in ({}, {"limit": 20, "offset": 2_000, "order": "id"}):
            self.assertNotIn("UNION ALL", self.query(env, **options), options)
        for env in (
            self.env_of(self.agent)(su=True),
            self.api_env(Member(admin=True)),
            self.api_env(Member(company_id=self.company.id)),
        ):
            self.assertNotIn("UNION ALL", self.query(env, limit=20))

    def test_list_of_contacts_is_taken_from_parts_when_it_asks_for_governed_ones(self):
        partners = self.env_of(self.agent)["res.partner"]
        either = ["|", ("x_is_governed", "=", True), ("name", "=", "Kofi")]
        for domain, taken in (
            ([("x_is_governed", "=", True)], True),
            ([("name", "ilike", "k"), ["x_is_governed", "=", True]], True),
            (["&", ("x_is_governed", "=", True), ("name", "=", "K")], True),
            ([("x_is_governed", "!=", True)], False),
            (either, False),
        ):
            rest = partners._rest_of_governed(domain)
            self.assertEqual(rest is not None, taken, domain)

    def test_search_within_a_search_is_not_narrowed_to_a_part(self):
        self.agent.scope_policy = "assigned_plus_unassigned"
        company = self.customer("Company", is_company=True)
        company._assign_to(self.lome, self.esi)
        address = self.customer("Address", parent_id=company.id)
        address._assign_to(self.lome)
        partners = self.env_of(self.agent)["res.partner"]
        domain = [("x_is_governed", "=", True), ("parent_id.name", "=", "Company")]
        for options in ({}, {"limit": 5}, {"limit": 5, "order": "id"}):
            self.assertEqual(partners.search(domain, **options).id, address.id)

    def test_archived_records_are_in_a_page_when_they_are_asked_for(self):
        self.kofi._assign_to(self.lome)
        self.kofi.active = False
        partners = self.env_of(self.staff)["res.partner"]
        domain = [("x_is_governed", "=", True), ("id", "=", self.kofi.id)]
        archived = [*domain, ("active", "=", False)]
        self.assertFalse(partners.search(domain, limit=5))
        self.assertTrue(partners.search(archived, limit=5))
        self.assertTrue(
            partners.with_context(active_test=False).search(domain, limit=5)
        )

    def test_every_list_has_indexes_in_its_own_order(self):
        for kind in KINDS:
            table = self.env[kind]._table
            self.env.cr.execute(
                "SELECT indexname FROM pg_indexes WHERE tablename = %s", [table]
            )
            found = {row[0] for row in self.env.cr.fetchall()}
            expected = {f"{table}_{name}_idx" for name in ("sa_actor", "sa")}
            self.assertLessEqual({*expected, f"{table}_sa_nobody_idx"}, found)

    # Cost

    def test_reading_costs_a_query_at_most_and_none_where_stamps_tell(self):
        self.foreign._assign_to(self.lome, None, "access")
        env = self.env_of(self.staff)
        for orders, count in ((self.mine, 0), (self.foreign, 1), (self.orders, 1)):
            orders = orders.with_env(env)
            orders._filtered_access("read")
            orders.invalidate_recordset(["x_is_visible"])
            with self.assertQueryCount(count):
                orders._filtered_access("read")

    def test_who_is_not_bound_pays_nothing(self):
        orders = self.orders.with_env(self.acting(self.manager))
        orders.mapped("x_is_visible")
        orders.invalidate_recordset(["x_is_visible"])
        with self.assertQueryCount(0):
            orders.mapped("x_is_visible")


VERBS = ("read", "write", "unlink")
