from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import GovernanceCase


@tagged("post_install", "-at_install")
class TestApiKey(GovernanceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = cls.env["abs.api.key"]
        cls.record = cls.keys.create({"name": "Importer"})

    def generate(self):
        """Generate the key as a person does; return what the dialog shows."""
        return self.record.action_generate()["context"]["default_key"]

    def test_key_is_shown_once_and_kept_as_a_hash(self):
        key = self.generate()
        self.assertTrue(key.startswith(self.record.handle))
        self.env.flush_all()
        self.env.cr.execute("SELECT * FROM abs_api_key WHERE id = %s", [self.record.id])
        self.assertNotIn(key, str(self.env.cr.fetchone()))
        with self.assertRaises(AccessError):
            self.record.read(["secret_hash"])

    def test_valid_key_is_found(self):
        self.assertEqual(self.keys._find(self.generate()).key, self.record)

    def test_key_that_is_none_is_not_found(self):
        key = self.generate()
        for wrong in ("", "abs_", key[:-1], key + "x", self.record.handle, "\0", "ü"):
            self.assertFalse(self.keys._find(wrong), wrong)

    def test_record_without_key_is_never_found(self):
        self.assertFalse(self.keys._find(""))
        self.assertFalse(self.keys._find("abs_000000000000"))

    def test_replaced_key_ends_at_once(self):
        former, present = self.generate(), self.generate()
        self.assertFalse(self.keys._find(former))
        self.assertEqual(self.keys._find(present).key, self.record)

    def test_expired_key_is_not_found(self):
        key = self.generate()
        self.record.expiry = fields.Datetime.now() - timedelta(seconds=1)
        self.assertFalse(self.keys._find(key))
        self.record.expiry = fields.Datetime.now() + timedelta(days=1)
        self.assertEqual(self.keys._find(key).key, self.record)

    def test_archived_key_is_not_found(self):
        key = self.generate()
        self.record.active = False
        self.assertFalse(self.keys._find(key))

    def test_key_is_not_typed(self):
        with self.assertRaisesRegex(UserError, "^Key: "):
            self.record.handle = "abs_mine"
        with self.assertRaisesRegex(UserError, "^Key: "):
            self.keys.create({"name": "Mine", "handle": "abs_mine"})

    def test_use_is_noted_once_a_minute(self):
        self.record._note_use()
        first = self.record.last_used
        self.assertTrue(first)
        self.env.cr.execute(
            "UPDATE abs_api_key SET last_used = last_used - interval '30 seconds'"
        )
        self.record.invalidate_recordset()
        before = self.record.last_used
        self.record._note_use()
        self.assertEqual(self.record.last_used, before)

    def test_copy_has_no_key(self):
        self.generate()
        self.assertFalse(self.record.copy().handle)

    def test_only_administrators_give_a_key_all_companies(self):
        scope = self.env.ref("abs_connector.scope_companies_all")
        with self.assertRaisesRegex(UserError, "^Scopes: "):
            self.record.scope_ids = scope
        with self.assertRaisesRegex(UserError, "^Scopes: "):
            self.keys.create({"name": "Mine", "scope_ids": [(6, 0, scope.ids)]})
        administrator = new_test_user(
            self.env(su=True),
            "settings_administrator",
            "base.group_system,abs_connector.group_governance_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, (self.company + self.other_company).ids)],
        )
        self.record.with_user(administrator).scope_ids = scope
        with self.assertRaisesRegex(UserError, "^Scopes: "):
            self.record.action_generate()
