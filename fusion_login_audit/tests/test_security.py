from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .screen_common import ScreenCase

SUMMARY = [
    "x_fc_login_audit_ids",
    "x_fc_login_audit_recent_ids",
    "x_fc_login_audit_count",
    "x_fc_last_successful_login",
    "x_fc_last_login_ip",
]
OURS = [
    "fusion.login.audit",
    "fusion.login.alert",
    "fusion.login.seal",
    "fusion.login.geo",
]


@tagged("post_install", "-at_install")
class TestSecurity(ScreenCase):
    """Login events are for settings administrators, one's own for oneself."""

    def view_of_user(self, user, xmlid):
        """The arch of a view of res.users, as a user's web client gets it."""
        view = self.env.ref(xmlid)
        users = self.env["res.users"].with_user(user)
        return etree.fromstring(users.get_view(view.id, view.type)["arch"])

    def test_an_employee_is_refused_every_way_to_read_events(self):
        event = self.event()
        audit = event.with_user(self.user).browse()
        for name, read in {
            "search": lambda: audit.search([]),
            "count": lambda: audit.search_count([]),
            "group": lambda: audit._read_group([], ["result"], ["__count"]),
            "read": lambda: audit.browse(event.id).read(["ip_address"]),
            "dashboard": lambda: audit.fc_dashboard(7),
            "export": lambda: audit.action_export_csv(),
            "rows": lambda: audit._fc_export_csv([]),
        }.items():
            with self.subTest(way=name), self.assertRaises(AccessError):
                read()

    def test_an_employee_reads_no_model_of_ours(self):
        for name in OURS:
            with self.subTest(model=name), self.assertRaises(AccessError):
                self.env[name].with_user(self.user).search([])

    def test_an_employee_does_not_read_the_summary_of_anyone(self):
        for user in self.user | self.admin:
            for name in SUMMARY:
                with self.subTest(field=name), self.assertRaises(AccessError):
                    user.with_user(self.user).read([name])

    def test_an_employee_finds_out_no_last_login_by_searching(self):
        users = self.env["res.users"].with_user(self.user)
        for leaf in (
            ("x_fc_last_successful_login", "!=", False),
            ("x_fc_login_audit_ids.ip_address", "=", "203.0.113.7"),
        ):
            with self.subTest(leaf=leaf), self.assertRaises(AccessError):
                users.search([leaf])

    def test_the_user_form_shows_button_and_tab_to_administrators_alone(self):
        for user, shown in ((self.admin, True), (self.user, False)):
            arch = self.view_of_user(user, "base.view_users_form")
            for path in (
                "//button[@name='action_fc_login_audit']",
                "//page[@name='login_activity']",
                "//field[@name='x_fc_login_audit_recent_ids']",
            ):
                with self.subTest(user=user.name, path=path):
                    self.assertEqual(bool(arch.xpath(path)), shown)

    def test_the_users_list_and_its_filters_keep_last_logins_to_administrators(self):
        for user, shown in ((self.admin, True), (self.user, False)):
            users = self.view_of_user(user, "base.view_users_tree")
            search = self.view_of_user(user, "base.view_users_search")
            with self.subTest(user=user.name):
                path = "//field[@name='x_fc_last_successful_login']"
                self.assertEqual(bool(users.xpath(path)), shown)
                self.assertEqual(
                    bool(search.xpath("//filter[@name='not_seen_90d']")), shown
                )

    def test_administrators_open_the_events_of_a_user_from_its_form(self):
        event = self.event()
        self.event(login="somebody@example.com", result="failure")
        action = self.user.with_user(self.admin).action_fc_login_audit()
        self.assertEqual(self.audit.search(action["domain"]), event)


@tagged("post_install", "-at_install")
class TestOwnActivity(ScreenCase):
    """*My login activity* is off at first, and never shows anybody else's."""

    def own(self, user):
        return self.env["fusion.login.own.activity"].with_user(user)

    def test_nobody_sees_the_own_activity_while_the_setting_is_off(self):
        self.event()
        for user in self.user | self.admin:
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.own(user).search([])

    def test_each_user_sees_the_own_events_alone_administrators_included(self):
        mine = self.event()
        admins = self.event(login=self.admin.login)
        self.event(login="nobody@example.com", result="failure")
        self.let_employees_see_their_own()
        self.assertEqual(self.own(self.user).search([]).ids, mine.ids)
        self.assertEqual(self.own(self.admin).search([]).ids, admins.ids)
        for reader, foreign in ((self.user, admins), (self.admin, mine)):
            with self.subTest(reader=reader.name), self.assertRaises(AccessError):
                self.own(reader).browse(foreign.id).read(["ip_address"])

    def test_own_activity_tells_place_and_device_and_not_what_was_typed(self):
        event = self.event()
        self.place(event, "CA", "Canada", "Toronto")
        self.let_employees_see_their_own()
        own = self.own(self.user).search([])
        self.assertEqual(own.ip_address, "203.0.113.7")
        self.assertEqual(own.country_display, "\U0001f1e8\U0001f1e6 Canada")
        self.assertIn("Chrome", own.browser)
        hidden = {"attempted_login", "user_agent_raw", "user_ref", "seal", "hour_key"}
        self.assertFalse(hidden & set(own._fields))

    def test_own_activity_cannot_be_changed(self):
        self.event()
        self.let_employees_see_their_own()
        own = self.own(self.user).search([])
        for change in (
            lambda: own.write({"city": "Elsewhere"}),
            own.unlink,
            lambda: own.create({"city": "Elsewhere"}),
        ):
            with self.assertRaises(AccessError):
                change()

    def test_the_preferences_show_the_own_events_while_the_setting_is_on(self):
        event = self.event()
        self.event(login=self.admin.login)
        user = self.user.with_user(self.user)
        read = ["x_fc_own_activity_ids"]
        self.assertFalse(user.read(read)[0]["x_fc_own_activity_ids"])
        self.let_employees_see_their_own()
        self.env.invalidate_all()
        self.assertEqual(user.read(read)[0]["x_fc_own_activity_ids"], event.ids)

    def test_the_preferences_of_another_user_show_none_of_its_events(self):
        self.event()
        self.let_employees_see_their_own()
        user = self.user.with_user(self.admin)
        self.assertFalse(user.x_fc_own_activity_ids)

    def test_the_tab_of_the_preferences_follows_the_setting(self):
        view = self.env.ref("base.view_users_form_simple_modif")
        users = self.env["res.users"].with_user(self.user)

        def is_shown():
            arch = etree.fromstring(users.get_view(view.id, "form")["arch"])
            return bool(arch.xpath("//page[@name='own_login_activity']"))

        self.assertFalse(is_shown())
        self.let_employees_see_their_own()
        self.assertTrue(is_shown())

    def test_an_upgrade_makes_the_database_view_anew(self):
        self.env.cr.execute("DROP VIEW fusion_login_own_activity")
        self.env["fusion.login.own.activity"].init()
        self.env["fusion.login.own.activity"].init()
        event = self.event()
        self.let_employees_see_their_own()
        self.assertEqual(self.own(self.user).search([]).ids, event.ids)
