"""What the tests of the screens share: the two roles, and a quiet table of events."""

from .common import LoginAuditCase


class ScreenCase(LoginAuditCase):
    """A settings administrator and an employee; no events but those of the test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("DELETE FROM fusion_login_audit")
        cls.admin = cls.env["res.users"].create(
            {
                "name": "Sam Settings",
                "login": "sam@example.com",
                "password": "sam@example.com",
                "email": "sam@example.com",
                "groups_id": [(4, cls.env.ref("base.group_system").id)],
            }
        )
        cls.user.password = cls.user.login
        cls.own_activity = cls.env.ref("fusion_login_audit.group_own_activity")
        cls.audit = cls.audit.with_user(cls.admin)

    def let_employees_see_their_own(self):
        """Turn the setting *My login activity* on, as an administrator does."""
        settings = self.env["res.config.settings"].with_user(self.admin)
        settings.create({"group_fc_own_login_activity": True}).execute()

    @classmethod
    def place(cls, event, code, name, city=None):
        """Give an event its place, as the look-up does."""
        cls.env.cr.execute(
            "UPDATE fusion_login_audit SET country_code = %s, country_name = %s,"
            " city = %s, geo_lookup_state = 'done' WHERE id = %s",
            [code, name, city, event.id],
        )
        cls.env.invalidate_all()
