from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import GovernanceCase


@tagged("post_install", "-at_install")
class TestMembership(GovernanceCase):
    def test_first_staff_member_leads_the_account(self):
        ama = self.member("Ama")
        self.assertEqual(self.lome.sa_manager, ama)
        self.assertTrue(ama.is_sa_manager)
        self.assertFalse(ama.manager_member_id)

    def test_others_report_to_the_sa_manager_unless_told_otherwise(self):
        ama = self.member("Ama")
        kofi = self.member("Kofi")
        esi = self.member("Esi", role="agent", manager_member_id=kofi.id)
        self.assertEqual(kofi.manager_member_id, ama)
        self.assertEqual(esi.manager_member_id, kofi)

    def test_agent_cannot_be_the_first(self):
        with self.assertRaisesRegex(ValidationError, "first staff member"):
            self.member("Esi", role="agent")

    def test_roles_have_their_default_scope(self):
        self.assertEqual(self.member("Ama").scope_policy, "sa_wide")
        self.assertEqual(self.member("Esi", role="agent").scope_policy, "assigned_only")
        wide = self.member("Yao", role="agent", scope_policy="assigned_plus_unassigned")
        self.assertEqual(wide.scope_policy, "assigned_plus_unassigned")

    def test_admins_belong_to_the_global_root_alone(self):
        boss = self.member("Boss", self.global_root, "admin")
        second = self.member("Second", self.global_root, "admin")
        self.assertEqual(self.global_root.sa_manager, boss)
        self.assertEqual(second.manager_member_id, boss)
        with self.assertRaisesRegex(ValidationError, "^Role: "):
            self.member("Ama", role="admin")
        with self.assertRaisesRegex(ValidationError, "^Role: "):
            self.member("Kofi", self.global_root, "staff")

    @mute_logger("odoo.sql_db")
    def test_person_has_one_active_membership_in_an_account(self):
        ama = self.member("Ama")
        self.member("Kofi")
        vals = {
            "employee_id": ama.employee_id.id,
            "account_id": self.lome.id,
            "role_code": "staff",
        }
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["ov.membership"].create(vals)

    def test_person_may_be_a_member_of_several_accounts(self):
        ama = self.member("Ama")
        again = self.env["ov.membership"].create(
            {
                "employee_id": ama.employee_id.id,
                "account_id": self.kara.id,
                "role_code": "staff",
            }
        )
        self.assertEqual(self.kara.sa_manager, again)

    def test_member_works_for_the_company_of_the_account(self):
        stranger = self.employee("Stranger", self.other_company)
        with self.assertRaisesRegex(ValidationError, "works for"):
            self.env["ov.membership"].create(
                {
                    "employee_id": stranger.id,
                    "account_id": self.lome.id,
                    "role_code": "staff",
                }
            )

    def test_manager_is_a_member_of_the_same_account(self):
        self.member("Ama")
        kara = self.member("Kofi", self.kara)
        with self.assertRaisesRegex(ValidationError, "is no member of"):
            self.member("Esi", role="agent", manager_member_id=kara.id)

    def test_cycle_of_managers_is_refused(self):
        self.member("Ama")
        kofi = self.member("Kofi")
        esi = self.member("Esi", manager_member_id=kofi.id)
        with self.assertRaises(UserError):
            kofi.manager_member_id = esi

    @mute_logger("odoo.sql_db")
    def test_second_top_is_refused_by_the_database(self):
        self.member("Ama")
        kofi = self.member("Kofi")
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            kofi.manager_member_id = False
            self.env.flush_all()

    def test_another_staff_member_takes_the_lead(self):
        ama = self.member("Ama")
        kofi = self.member("Kofi")
        esi = self.member("Esi", role="agent")
        kofi.action_make_sa_manager()
        self.assertEqual(self.lome.sa_manager, kofi)
        self.assertFalse(kofi.manager_member_id)
        self.assertEqual(ama.manager_member_id, kofi)
        self.assertEqual(esi.manager_member_id, ama)

    def test_agent_does_not_take_the_lead(self):
        self.member("Ama")
        esi = self.member("Esi", role="agent")
        with self.assertRaisesRegex(UserError, "cannot lead"):
            esi.action_make_sa_manager()

    def test_reports_of_who_leaves_go_to_the_manager_above(self):
        ama = self.member("Ama")
        kofi = self.member("Kofi")
        esi = self.member("Esi", role="agent", manager_member_id=kofi.id)
        kofi.action_revoke()
        self.assertEqual(kofi.state, "revoked")
        self.assertTrue(kofi.date_to)
        self.assertEqual(esi.manager_member_id, ama)

    def test_sa_manager_of_others_is_replaced_before_it_leaves(self):
        ama = self.member("Ama")
        self.member("Kofi")
        with self.assertRaisesRegex(UserError, "make another member its SA Manager"):
            ama.action_revoke()

    def test_last_member_may_leave_and_the_next_leads(self):
        self.member("Ama").action_revoke()
        self.assertFalse(self.lome.sa_manager)
        self.assertEqual(self.member("Kofi"), self.lome.sa_manager)

    def test_membership_is_history(self):
        ama = self.member("Ama")
        kofi = self.member("Kofi")
        with self.assertRaisesRegex(UserError, "history"):
            kofi.account_id = self.kara
        with self.assertRaisesRegex(UserError, "history"):
            kofi.sudo().unlink()
        kofi.action_revoke()
        with self.assertRaisesRegex(UserError, "history"):
            kofi.scope_policy = "assigned_only"
        self.assertEqual(ama.state, "active")

    def test_inactive_account_takes_no_members(self):
        self.lome._deactivate()
        with self.assertRaisesRegex(UserError, "takes no members"):
            self.member("Ama")

    def test_membership_gives_access_in_its_time_only(self):
        now = fields.Datetime.now()
        self.member("Ama")
        later = self.member("Kofi", date_from=now + timedelta(days=1))
        over = self.member(
            "Esi", date_from=now - timedelta(days=9), date_to=now - timedelta(days=1)
        )
        effective = self.env["ov.membership"].search(
            self.env["ov.membership"]._domain_effective()
            + [("account_id", "=", self.lome.id)]
        )
        self.assertEqual(effective.employee_id.mapped("name"), ["Ama"])
        self.env["ov.membership"]._cron_expire()
        self.assertEqual((later.state, over.state), ("active", "expired"))
        self.assertEqual(over.date_to, now - timedelta(days=1))

    def test_access_ends_with_the_account_and_the_employee(self):
        memberships = self.env["ov.membership"]
        ama = self.member("Ama")
        domain = memberships._domain_effective() + [("id", "=", ama.id)]
        self.assertEqual(memberships.search(domain), ama)
        ama.employee_id.active = False
        self.assertFalse(memberships.search(domain))
        ama.employee_id.active = True
        self.lome._deactivate()
        self.assertFalse(memberships.search(domain))
