from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import GovernanceCase

PASSWORD = "correct horse battery"


@tagged("post_install", "-at_install")
class TestEmployee(GovernanceCase):
    def test_employee_gets_a_contact(self):
        ama = self.employee("Ama", phone="+228 90 00 00 00")
        self.assertEqual(ama.partner_id.name, "Ama")
        self.assertEqual(ama.partner_id.email, "ama@oves.example.com")
        self.assertEqual(ama.partner_id.company_id, self.company)

    def test_employee_with_an_odoo_user_is_that_person(self):
        ama = self.employee("Ama", user_id=self.manager.id)
        self.assertEqual(ama.partner_id, self.manager.partner_id)
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        with self.assertRaisesRegex(ValidationError, "^Odoo User: "):
            ama.partner_id = stranger

    @mute_logger("odoo.sql_db")
    def test_work_email_is_unique_whatever_its_case(self):
        self.employee("Ama")
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.employee("Twin", email=" AMA@oves.example.com")

    def test_work_email_is_an_address(self):
        with self.assertRaisesRegex(ValidationError, "^Work E-mail: "):
            self.employee("Ama", email="nobody")

    def test_password_is_hashed_and_shown_to_nobody(self):
        ama = self.employee("Ama", password=PASSWORD)
        self.env.cr.execute(
            "SELECT password_hash FROM abs_employee WHERE id = %s", [ama.id]
        )
        self.assertRegex(self.env.cr.fetchone()[0], r"^\$pbkdf2-sha512\$")
        self.env.invalidate_all()
        self.assertEqual(ama.read(["password"])[0]["password"], "")
        self.assertTrue(ama.has_password)
        self.assertNotIn("password_hash", ama._fields)

    def test_password_is_right_or_wrong(self):
        ama = self.employee("Ama", password=PASSWORD)
        self.assertTrue(ama._has_password(PASSWORD))
        self.assertFalse(ama._has_password("wrong"))
        self.assertFalse(self.employee("Kofi")._has_password(PASSWORD))
        self.assertFalse(self.env["abs.employee"]._has_password(PASSWORD))

    def test_empty_password_leaves_it_as_it_is(self):
        ama = self.employee("Ama", password=PASSWORD)
        ama.write({"password": "", "phone": "1"})
        self.assertTrue(ama._has_password(PASSWORD))

    def test_password_has_its_length(self):
        ama = self.employee("Ama")
        for password in ("short", "x" * 129):
            with self.assertRaisesRegex(UserError, "^Password: "):
                ama.password = password

    def test_other_users_set_no_password(self):
        ama = self.employee("Ama")
        reader = (
            self.env.ref("base.user_root")
            .sudo()
            .copy(
                {
                    "login": "reader",
                    "groups_id": [(6, 0, [self.env.ref("base.group_user").id])],
                    "company_id": self.company.id,
                    "company_ids": [(6, 0, self.company.ids)],
                }
            )
        )
        with self.assertRaises(AccessError):
            ama.with_user(reader).password = PASSWORD
