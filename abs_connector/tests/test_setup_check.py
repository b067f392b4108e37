from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..wizards.ov_setup_check import _CHECKS, CODES
from .common import GovernanceCase


@tagged("post_install", "-at_install")
class TestSetupCheck(GovernanceCase):
    def found(self, company=None):
        """Return what is missing in a company, by check."""
        lines = self.env["ov.setup_check"]._look(company or self.company)
        return {line.code: line.finding or "" for line in lines}

    def assert_cured(self, code, cure, company=None):
        """Check that something is missing, and is not after it was cured."""
        self.assertTrue(self.found(company)[code], code)
        cure()
        self.assertFalse(self.found(company)[code], code)

    def test_every_check_has_its_look_and_opens_something(self):
        self.assertEqual(list(_CHECKS), [code for code, _label in CODES])
        lines = self.env["ov.setup_check"]._look(self.company)
        self.assertEqual(len(lines), len(CODES))
        for line in lines:
            with self.subTest(code=line.code):
                self.assertIn("type", line.sudo().action_open())

    def test_new_company_lacks_what_nobody_made(self):
        found = self.found()
        for code in ("chart", "sale_journal", "bank_journal", "taxes", "on_hand"):
            self.assertTrue(found[code], code)
        for code in ("global_root", "company_root", "branch", "warehouse"):
            self.assertFalse(found[code], code)

    def test_members_and_admins(self):
        self.assert_cured("membership", lambda: self.member("Kofi"))
        self.assert_cured(
            "admin", lambda: self.member("Ada", self.global_root, role="admin")
        )
        self.assert_cured(
            "employee",
            lambda: self.employee("Wanjiru", self.other_company),
            self.other_company,
        )

    def test_products_are_named(self):
        system = self.env(su=True)
        kit = system["product.template"].create(
            {
                "name": "Solar Kit",
                "is_storable": True,
                "company_id": self.company.id,
                "invoice_policy": "order",
                "tracking": "none",
                "list_price": 0,
            }
        )
        found = self.found()
        for code in ("serials", "delivered", "prices"):
            self.assertIn("Solar Kit", found[code])
        kit.write({"tracking": "serial", "invoice_policy": "delivery"})
        found = self.found()
        for code in ("serials", "delivered"):
            self.assertNotIn("Solar Kit", found[code])

    def test_customers_without_email_are_named(self):
        customer = self.env["res.partner"].create(
            {"name": "Marie", "customer_rank": 1, "company_id": self.company.id}
        )
        found = self.found()
        self.assertFalse(found["customers"])
        self.assertIn("Marie", found["emails"])
        customer.email = "marie@example.com"
        self.assertNotIn("Marie", self.found()["emails"])

    def test_many_names_are_counted(self):
        self.env["res.partner"].create(
            [
                {"name": f"C{one}", "customer_rank": 1, "company_id": self.company.id}
                for one in range(5)
            ]
        )
        self.assertRegex(self.found()["emails"], r"and \d+ more")

    def line(self, code, user):
        """Return a line of the checklist as a user is shown it."""
        env = self.env(user=user)
        action = env["ov.setup_check"].with_company(self.company).action_look()
        return env["ov.setup_check"].search([*action["domain"], ("code", "=", code)])

    def test_settings_are_fixed_by_an_administrator(self):
        self.env.ref("base.group_user").sudo()._remove_group(
            self.env.ref("stock.group_stock_multi_locations").sudo()
        )
        line = self.line("locations", self.manager)
        self.assertFalse(line.is_fine or line.is_fixable)
        with self.assertRaises(UserError):
            line.action_fix()
        admin = new_test_user(
            self.env(su=True),
            "setup_admin",
            groups="base.group_system,abs_connector.group_governance_manager,"
            "stock.group_stock_manager,sales_team.group_sale_manager,"
            "account.group_account_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, (self.company + self.other_company).ids)],
        )
        line = self.line("locations", admin)
        self.assertTrue(line.is_fixable)
        line.action_fix()
        self.assertTrue(self.line("locations", admin).is_fine)

    def test_missing_root_is_made(self):
        root = self.root_of(self.other_company).sudo()
        self.env.cr.execute("DELETE FROM ov_serviced_account WHERE id = %s", [root.id])
        self.env.invalidate_all()
        env = self.env(user=self.manager)
        look = env["ov.setup_check"].with_company(self.other_company)
        action = look.action_look()
        line = look.search([*action["domain"], ("code", "=", "company_root")])
        self.assertFalse(line.is_fine)
        line.action_fix()
        self.assertTrue(self.root_of(self.other_company))
