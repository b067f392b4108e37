from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.base_json_api.api.problems import Forbidden

from ..tools.member import KEY, Member, member_of, with_member
from .common import GovernanceCase


@tagged("post_install", "-at_install")
class TestMember(GovernanceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.member("Kofi")
        cls.agent = cls.member("Esi", role="agent")
        cls.employee = cls.agent.employee_id

    def asked(self, account=None, employee=None):
        """Return what an employee is, Esi when not told otherwise."""
        memberships = self.env["ov.membership"]
        member = memberships._member_of(employee or self.employee)
        return memberships._narrowed(member, account) if account else member

    def again(self, account, **vals):
        """Make Esi a member of another Service Account, too."""
        vals = {"role_code": "staff", **vals}
        return self.env["ov.membership"].create(
            {"employee_id": self.employee.id, "account_id": account.id, **vals}
        )

    def test_member_is_what_its_membership_says(self):
        (scope,) = self.asked().scopes
        self.assertEqual(
            (scope.account_id, scope.person_id, scope.policy, scope.role_code),
            (self.lome.id, self.employee.partner_id.id, "assigned_only", "agent"),
        )
        self.assertEqual(scope.membership_id, self.agent.id)
        self.assertFalse(self.asked().admin)

    def test_members_are_equal_by_value(self):
        self.assertEqual(self.asked(), self.asked())
        self.assertEqual(hash(self.asked()), hash(self.asked()))

    def test_without_a_service_account_all_memberships_count(self):
        self.again(self.kara)
        accounts = {scope.account_id for scope in self.asked().scopes}
        self.assertEqual(accounts, {self.lome.id, self.kara.id})

    def test_named_service_account_counts_alone(self):
        self.again(self.kara)
        (scope,) = self.asked(self.kara).scopes
        self.assertEqual(scope.account_id, self.kara.id)

    def test_service_account_of_others_is_refused(self):
        with self.assertRaisesRegex(Forbidden, "^X-SA-ID: "):
            self.asked(self.kara)
        with self.assertRaises(Forbidden):
            self.asked(self.env["ov.serviced_account"].browse(2**31 - 1))

    def test_revoked_membership_counts_no_more(self):
        self.agent.action_revoke()
        self.assertEqual(self.asked(), Member())
        with self.assertRaises(Forbidden):
            self.asked(self.lome)

    def test_membership_whose_time_is_over_counts_no_more(self):
        past = fields.Datetime.now() - timedelta(hours=1)
        self.env.cr.execute(
            "UPDATE ov_membership SET date_from = %s, date_to = %s WHERE id = %s",
            [past, past, self.agent.id],
        )
        self.env.invalidate_all()
        self.assertFalse(self.asked().scopes)

    def test_inactive_service_account_gives_nothing(self):
        self.again(self.kara)
        self.env.cr.execute(
            "UPDATE ov_serviced_account SET state = 'inactive' WHERE id = %s",
            [self.kara.id],
        )
        self.env.invalidate_all()
        self.assertEqual(len(self.asked().scopes), 1)
        with self.assertRaises(Forbidden):
            self.asked(self.kara)

    def test_admin_sees_everything_unless_it_names_a_service_account(self):
        self.again(self.global_root, role_code="admin")
        self.assertTrue(self.asked().admin)
        self.assertTrue(self.asked(self.global_root).admin)
        named = self.asked(self.kara)
        self.assertFalse(named.admin)
        (scope,) = named.scopes
        self.assertEqual((scope.account_id, scope.policy), (self.kara.id, "sa_wide"))
        self.assertEqual(scope.role_code, "admin")

    def test_admin_who_is_a_member_acts_as_this_member_there(self):
        self.again(self.global_root, role_code="admin")
        (scope,) = self.asked(self.lome).scopes
        self.assertEqual((scope.role_code, scope.policy), ("agent", "assigned_only"))

    def test_user_is_the_member_that_its_employee_is(self):
        self.employee.partner_id = self.manager.partner_id
        self.employee.user_id = self.manager
        found = self.env["ov.membership"]._member_of_user(self.manager)
        self.assertEqual(found, self.asked())

    def test_context_holds_members_and_nothing_that_looks_like_one(self):
        member = self.asked()
        self.assertEqual(member_of(with_member(self.env, member)), member)
        self.assertEqual(member_of(with_member(self.agent, member).env), member)
        self.assertIsNone(member_of(self.env))
        forged = {"admin": True, "scopes": []}
        self.assertIsNone(member_of(self.env(context={KEY: forged})))
        self.assertIsNone(member_of(self.env(context={KEY: True})))

    def test_asking_costs_the_same_however_many_memberships(self):
        self.again(self.kara)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(2):
            self.asked()
