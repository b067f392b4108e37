from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import GovernanceCase


@tagged("post_install", "-at_install")
class TestServicedAccount(GovernanceCase):
    def test_each_company_has_one_root_under_the_global_root(self):
        self.assertEqual(self.root.parent_id, self.global_root)
        self.assertEqual(self.root.company_id, self.company)
        self.assertEqual(self.root.state, "active")
        self.assertEqual(self.root.sa_type, "seed")

    def test_global_root_belongs_to_no_company(self):
        self.assertEqual(self.global_root.account_code, "OVGLOBAL-ROOT")
        self.assertTrue(self.global_root.is_global_root)
        self.assertFalse(self.global_root.company_id)
        self.assertFalse(self.global_root.parent_id)

    @mute_logger("odoo.sql_db")
    def test_second_global_root_is_refused_by_the_database(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.accounts.sudo().create(
                {"name": "Twin", "account_code": "TWIN", "sa_type": "global_root"}
            )

    @mute_logger("odoo.sql_db")
    def test_second_root_of_a_company_is_refused_by_the_database(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.accounts.sudo().create(
                {
                    "name": "Twin",
                    "account_code": "TWIN",
                    "sa_type": "seed",
                    "parent_id": self.global_root.id,
                    "source_company_id": self.company.id,
                }
            )

    def test_roots_are_not_made_by_people(self):
        for sa_type in ("seed", "global_root"):
            with self.assertRaisesRegex(UserError, "^Type: "):
                self.accounts.create(
                    {
                        "name": "Mine",
                        "account_code": "MINE",
                        "sa_type": sa_type,
                        "parent_id": self.global_root.id,
                    }
                )

    def test_branch_takes_the_company_of_its_parent(self):
        deep = self.branch("Lomé Port", "TG-LOM-P", self.lome)
        self.assertEqual(deep.company_id, self.company)

    def test_branch_stands_under_a_company(self):
        with self.assertRaisesRegex(ValidationError, "root of a company"):
            self.accounts.sudo().create(
                {
                    "name": "Nowhere",
                    "account_code": "NO",
                    "parent_id": self.global_root.id,
                }
            )

    def test_branch_does_not_move_to_another_company(self):
        with self.assertRaisesRegex(UserError, "another company"):
            self.lome.parent_id = self.root_of(self.other_company)

    def test_branch_moves_within_its_company(self):
        self.lome.parent_id = self.kara
        self.assertEqual(self.lome.parent_id, self.kara)

    def test_cycle_is_refused(self):
        deep = self.branch("Lomé Port", "TG-LOM-P", self.lome)
        with self.assertRaises(UserError):
            self.lome.parent_id = deep

    @mute_logger("odoo.sql_db")
    def test_code_is_unique_whatever_its_case(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.branch("Twin", " tg-lom ", self.root)

    def test_active_branch_needs_an_active_parent(self):
        draft = self.accounts.create(
            {"name": "Draft", "account_code": "DR", "parent_id": self.root.id}
        )
        below = self.accounts.create(
            {"name": "Below", "account_code": "BE", "parent_id": draft.id}
        )
        with self.assertRaisesRegex(UserError, "cannot be active under"):
            below.action_activate()

    def test_deactivation_says_what_it_hides_and_closes_the_subtree(self):
        deep = self.branch("Lomé Port", "TG-LOM-P", self.lome)
        self.member("Ama")
        self.member("Kofi", deep)
        self.member("Esi", self.kara)
        action = self.lome.action_deactivate()
        wizard = (
            self.env[action["res_model"]].with_context(**action["context"]).create({})
        )
        self.assertEqual((wizard.account_count, wizard.member_count), (2, 2))
        self.assertEqual(self.lome.state, "active")
        wizard.action_confirm()
        self.assertEqual((self.lome + deep).mapped("state"), ["inactive"] * 2)
        self.assertEqual(self.kara.state, "active")

    def test_roots_are_never_deactivated(self):
        for root in (self.root, self.global_root):
            with self.assertRaisesRegex(UserError, "stays active"):
                root.action_deactivate()

    def test_only_draft_branches_are_deleted(self):
        draft = self.accounts.create(
            {"name": "Draft", "account_code": "DR", "parent_id": self.root.id}
        )
        draft.unlink()
        with self.assertRaisesRegex(UserError, "Deactivate it instead"):
            self.lome.unlink()

    def test_others_read_and_change_nothing(self):
        user = self.env["res.users"].sudo()
        internal = user.with_context(no_reset_password=True).create(
            {
                "name": "Reader",
                "login": "reader",
                "company_id": self.company.id,
                "company_ids": [(6, 0, self.company.ids)],
                "groups_id": [(6, 0, [self.env.ref("base.group_user").id])],
            }
        )
        context = {"allowed_company_ids": self.company.ids}
        account = self.lome.with_user(internal).with_context(**context)
        self.assertEqual(account.name, "Togo - Lomé")
        with self.assertRaises(AccessError):
            account.name = "Mine"
        kenya = self.root_of(self.other_company)
        with self.assertRaises(AccessError):
            kenya.with_user(internal).with_context(**context).read(["name"])
