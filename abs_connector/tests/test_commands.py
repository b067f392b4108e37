from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import GovernanceCase


@tagged("post_install", "-at_install")
class TestGlobalAdmins(GovernanceCase):
    def enrol(self, *people, **more):
        """Make people admins of the Global Root, as the command does."""
        memberships = self.env(su=True)["ov.membership"]
        return memberships._enrol_global_admins(people, **more)

    def test_new_people_become_employees_and_admins(self):
        enrolled = self.enrol(("Ada", "ADA@oves.example.com"), company_name="Oves Togo")
        self.assertEqual(enrolled, [("ada@oves.example.com", True)])
        employee = self.env["abs.employee"].search(
            [("email", "=", "ada@oves.example.com")]
        )
        self.assertEqual(employee.company_id, self.company)
        self.assertEqual(employee.membership_ids.role_code, "admin")
        self.assertEqual(employee.membership_ids.account_id, self.global_root)

    def test_again_changes_nothing(self):
        ama = self.employee("Ama")
        self.assertEqual(self.enrol(("", ama.email)), [(ama.email, True)])
        self.assertEqual(self.enrol(("", ama.email)), [(ama.email, False)])
        self.assertEqual(len(ama.membership_ids), 1)

    def test_one_wrong_person_or_company_enrols_nobody(self):
        with self.assertRaisesRegex(UserError, "x@y.org: no employee"):
            self.enrol(("Ada", "ada@oves.example.com"), ("", "x@y.org"))
        with self.assertRaisesRegex(UserError, "none is called “Nowhere”"):
            self.enrol(("Ada", "ada@oves.example.com"), company_name="Nowhere")
        admins = self.env["ov.membership"].search([("role_code", "=", "admin")])
        self.assertNotIn("ada@oves.example.com", admins.employee_id.mapped("email"))

    def test_invited_when_wanted(self):
        secrets = self.env(su=True)["abs.mailed.secret"]
        self.enrol(("Ada", "ada@oves.example.com"), invite=True)
        self.enrol(("Ama", "ama@oves.example.com"))
        self.assertEqual(secrets.search([]).mapped("email"), ["ada@oves.example.com"])
