from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .screen_common import ScreenCase

ACTIONS = {
    "action_login_audit": "fusion.login.audit",
    "action_login_audit_failed": "fusion.login.audit",
    "action_login_alert": "fusion.login.alert",
    "action_login_seal": "fusion.login.seal",
}
COLUMNS = [
    "event_time",
    "user_id",
    "attempted_login",
    "result",
    "failure_reason",
    "auth_method",
    "interface",
    "ip_address",
    "country_display",
    "city",
    "browser",
    "os",
    "device_type",
]
TAB_COLUMNS = [
    "event_time",
    "result",
    "ip_address",
    "country_display",
    "browser",
    "os",
    "failure_reason",
]
FILTERS = {
    "success",
    "failure",
    "mfa_pending",
    "throttled",
    "last_24h",
    "last_7d",
    "last_30d",
    "unknown_user",
    "web",
    "rpc",
    "bearer",
    "api",
}
GROUPS = {
    "group_ip": "ip_address",
    "group_country": "country_name",
    "group_user": "user_id",
    "group_result": "result",
    "group_reason": "failure_reason",
    "group_method": "auth_method",
    "group_day": "event_time:day",
}
OFF = ("create", "edit", "delete", "import", "duplicate")


@tagged("post_install", "-at_install")
class TestViews(ScreenCase):
    """The screens open for their roles, and show what they promise."""

    def views_of(self, xmlid, user):
        """The views of an action by type, as a user's web client loads them."""
        action = self.env["ir.actions.act_window"].with_user(user)
        action = action._for_xml_id(f"fusion_login_audit.{xmlid}")
        model = self.env[action["res_model"]].with_user(user)
        views = model.get_views([*action["views"], (False, "search")])["views"]
        return {kind: etree.fromstring(view["arch"]) for kind, view in views.items()}

    def names(self, arch, path):
        return [node.get("name") for node in arch.xpath(path)]

    def test_each_action_opens_for_administrators(self):
        for xmlid, model in ACTIONS.items():
            with self.subTest(action=xmlid):
                action = self.env.ref(f"fusion_login_audit.{xmlid}")
                self.assertEqual(action.res_model, model)
                self.assertTrue(self.views_of(xmlid, self.admin)["list"].tag)

    def test_own_activity_opens_for_employees_while_the_setting_is_on(self):
        self.let_employees_see_their_own()
        views = self.views_of("action_login_own_activity", self.user)
        self.assertEqual(set(views), {"list", "kanban", "form", "search"})

    def test_the_list_has_the_columns_of_the_specification_in_their_order(self):
        arch = self.views_of("action_login_audit", self.admin)["list"]
        self.assertEqual(self.names(arch, "/list/field"), COLUMNS)

    def test_a_login_is_shown_only_where_no_user_is(self):
        arch = self.views_of("action_login_audit", self.admin)["list"]
        (login,) = arch.xpath("/list/field[@name='attempted_login']")
        self.assertEqual(login.get("invisible"), "user_id")

    def test_the_result_is_green_red_or_amber(self):
        arch = self.views_of("action_login_audit", self.admin)["list"]
        (result,) = arch.xpath("/list/field[@name='result']")
        for look, value in (
            ("success", "success"),
            ("danger", "failure"),
            ("warning", "mfa_pending"),
        ):
            self.assertIn(value, result.get(f"decoration-{look}"))

    def test_the_tab_of_a_user_has_the_references_columns_and_thirty_rows(self):
        view = self.env.ref("base.view_users_form")
        users = self.env["res.users"].with_user(self.admin)
        arch = etree.fromstring(users.get_view(view.id, "form")["arch"])
        (events,) = arch.xpath("//field[@name='x_fc_login_audit_recent_ids']/list")
        self.assertEqual(self.names(events, "./field"), TAB_COLUMNS)
        self.assertEqual(events.get("limit"), "30")

    def test_no_screen_offers_to_change_an_event(self):
        self.let_employees_see_their_own()
        for xmlid, user in (
            ("action_login_audit", self.admin),
            ("action_login_own_activity", self.user),
        ):
            views = self.views_of(xmlid, user)
            for kind in ("list", "kanban", "form"):
                for offer in OFF:
                    with self.subTest(action=xmlid, view=kind, offer=offer):
                        if offer in ("import", "duplicate") and kind != "list":
                            continue
                        self.assertIn(views[kind].get(offer), ("0", "False", "false"))

    def test_every_filter_and_grouping_of_the_specification_is_there(self):
        arch = self.views_of("action_login_audit", self.admin)["search"]
        names = set(self.names(arch, "//filter"))
        self.assertFalse(FILTERS - names)
        self.assertFalse(GROUPS.keys() - names)

    def test_each_filter_finds_its_events_alone(self):
        events = {
            "success": self.event(),
            "mfa_pending": self.event("mfa_pending"),
            "throttled": self.event("failure", reason="throttled"),
            "unknown_user": self.event("failure", login="x@example.com"),
            "rpc": self.event(interface="rpc"),
            "by_passkey": self.event(method="passkey"),
        }
        arch = self.views_of("action_login_audit", self.admin)["search"]
        for name, event in events.items():
            (found,) = arch.xpath(f"//filter[@name='{name}']/@domain")
            with self.subTest(filter=name):
                self.assertIn(event, self.audit.search(safe_eval(found)))
                others = event.browse(e.id for e in events.values()) - event
                found = self.audit.search(safe_eval(found))
                if name != "success":
                    self.assertFalse(found & others)

    def test_each_grouping_works(self):
        self.event()
        arch = self.views_of("action_login_audit", self.admin)["search"]
        for name, spec in GROUPS.items():
            (context,) = arch.xpath(f"//filter[@name='{name}']/@context")
            with self.subTest(group=name):
                self.assertEqual(safe_eval(context), {"group_by": spec})
                groups = self.audit._read_group([], [spec], ["__count"])
                self.assertEqual(sum(count for _value, count in groups), 1)

    def test_an_address_is_searched_by_its_beginning(self):
        self.event(ip="10.1.2.3")
        near = self.event(ip="203.0.113.7")
        arch = self.views_of("action_login_audit", self.admin)["search"]
        (domain,) = arch.xpath("//field[@name='ip_address']/@filter_domain")
        found = self.audit.search(safe_eval(domain, {"self": "203.0"}))
        self.assertEqual(found, near)

    def test_the_buttons_of_an_event_open_those_of_its_user_address_and_login(self):
        event = self.event("failure", login="x@example.com").with_user(self.admin)
        other = self.event("failure", login="x@example.com", ip="198.51.100.9")
        neighbour = self.event()
        login = self.audit.search(event.action_events_of_login()["domain"])
        self.assertEqual(login, event | other)
        address = self.audit.search(event.action_events_of_address()["domain"])
        self.assertEqual(address, event | neighbour)
        mine = neighbour.with_user(self.admin).action_events_of_user()["domain"]
        self.assertEqual(self.audit.search(mine), neighbour)

    def test_a_country_is_shown_with_its_flag_and_a_private_network_as_such(self):
        for code, name, shown in (
            ("CA", "Canada", "\U0001f1e8\U0001f1e6 Canada"),
            ("--", False, "\U0001f3e0 Private network"),
            ("DE", False, "\U0001f1e9\U0001f1ea DE"),
            (False, False, ""),
        ):
            event = self.event()
            self.place(event, code or None, name or None)
            with self.subTest(code=code):
                self.assertEqual(event.country_display, shown)

    def test_a_country_is_searched_by_name_or_code(self):
        canada, private, unknown = self.event(), self.event(), self.event()
        self.place(canada, "CA", "Canada")
        self.place(private, "--", None)

        def find(operation, value):
            return self.audit.search([("country_display", operation, value)])

        for value in ("cana", "CA", "ca"):
            with self.subTest(value=value):
                self.assertEqual(find("ilike", value), canada)
        self.assertEqual(find("=", "Canada"), canada)
        self.assertEqual(find("ilike", "private"), private)
        self.assertFalse(find("ilike", "no such country"))
        self.assertEqual(find("not ilike", "cana"), private | unknown)

    def test_the_menus_stand_below_technical_for_administrators(self):
        root = self.env.ref("fusion_login_audit.menu_login_audit_root")
        self.assertEqual(root.parent_id, self.env.ref("base.menu_custom"))
        self.assertEqual(
            root.child_id.mapped("name"),
            [
                "Login Events",
                "Failed Logins (24h)",
                "Dashboard",
                "Alerts",
                "Sealed Days",
                "Places of Addresses",
            ],
        )
        for user, shown in ((self.admin, True), (self.user, False)):
            menus = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids(True)
            with self.subTest(user=user.name):
                self.assertEqual(root.id in menus, shown)

    def test_an_empty_list_explains_itself(self):
        for xmlid in [*ACTIONS, "action_login_own_activity"]:
            with self.subTest(action=xmlid):
                action = self.env.ref(f"fusion_login_audit.{xmlid}")
                self.assertIn("o_view_nocontent", action.help)
