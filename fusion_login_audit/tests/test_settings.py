import re

from lxml import etree

from odoo import tools
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import file_open

from ..tools import settings
from .screen_common import ScreenCase

DATA = "fusion_login_audit/data/ir_config_parameter.xml"
OURS = "x_fc_login_audit_"
#: What the addon notes for itself; nobody sets it.
INTERNAL = {"geo_paused_until"}
#: Settings of which nothing is set at first.
EMPTY = {
    "alert_off_hours",
    "alert_weekends",
    "alert_channel_id",
    "alert_webhook_url",
    "alert_webhook_secret",
    "known_login_pattern",
}


def default_parameters():
    """The parameters of the data file, without their prefix."""
    with file_open(DATA, "rb") as data:
        keys = etree.parse(data).xpath("//field[@name='key']/text()")
    return {key.removeprefix(settings.PREFIX) for key in keys}


@tagged("post_install", "-at_install")
class TestSettings(ScreenCase):
    """The settings section, as an administrator uses it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.settings = cls.env["res.config.settings"].with_user(cls.admin)
        cls.parameters = cls.env["ir.config_parameter"]

    def save(self, **values):
        ours = {OURS + name: value for name, value in values.items()}
        return self.settings.create(ours).execute()

    def shown(self, name):
        return self.settings.default_get([OURS + name])[OURS + name]

    def assertRefused(self, rule, **values):
        with self.assertRaises(ValidationError) as caught:
            self.save(**values)
        message = str(caught.exception)
        for name in values:
            label = self.settings.fields_get([OURS + name])[OURS + name]["string"]
            self.assertIn(label, message)
        self.assertIn(rule, message)

    def test_every_parameter_has_a_setting_and_the_other_way_round(self):
        names = {
            name.removeprefix(OURS)
            for name in self.settings._fields
            if name.startswith(OURS)
        }
        self.assertEqual(names, (default_parameters() - INTERNAL) | EMPTY)
        for name in names:
            field = self.settings._fields[OURS + name]
            self.assertEqual(field.config_parameter, settings.PREFIX + name)

    def test_every_setting_stands_in_the_section(self):
        view = self.env.ref("base_setup.res_config_settings_view_form")
        arch = etree.fromstring(self.settings.get_view(view.id, "form")["arch"])
        shown = {
            name
            for name in arch.xpath("//field/@name")
            if name.startswith(OURS) or name == "group_fc_own_login_activity"
        }
        ours = {name for name in self.settings._fields if name.startswith(OURS)}
        self.assertEqual(shown, ours | {"group_fc_own_login_activity"})

    def test_the_section_is_for_administrators(self):
        with self.assertRaises(AccessError):
            self.settings.with_user(self.user).create({}).execute()

    def test_the_defaults_are_those_of_the_specification(self):
        for name, value in {
            "retention_days": 365,
            "alert_threshold": 5,
            "alert_window_min": 15,
            "alert_enabled": True,
            "alert_cooldown_min": 60,
            "geo_enabled": True,
        }.items():
            with self.subTest(name=name):
                self.assertEqual(self.shown(name), value)

    def test_what_is_saved_is_what_the_addon_reads(self):
        self.save(
            retention_days=30,
            alert_enabled=False,
            alert_off_hours=True,
            alert_hours_from=7.5,
            geo_timeout_s=2.5,
            known_login_pattern=r"[a-z]+\.[a-z]+",
        )
        self.assertEqual(settings.whole(self.env, "retention_days"), 30)
        self.assertFalse(settings.switch(self.env, "alert_enabled"))
        self.assertTrue(settings.switch(self.env, "alert_off_hours"))
        self.assertEqual(settings.number(self.env, "alert_hours_from"), 7.5)
        self.assertEqual(settings.number(self.env, "geo_timeout_s"), 2.5)
        pattern = settings.text(self.env, "known_login_pattern")
        self.assertEqual(pattern, r"[a-z]+\.[a-z]+")

    def test_a_channel_is_kept_as_its_id(self):
        channel = self.env["discuss.channel"].create({"name": "Security"})
        self.save(alert_channel_id=channel.id)
        self.assertEqual(settings.whole(self.env, "alert_channel_id"), channel.id)
        self.assertEqual(self.shown("alert_channel_id"), channel.id)

    def test_a_switch_whose_parameter_says_false_is_shown_off(self):
        for value in ("False", "0", "off"):
            with self.subTest(value=value):
                self.parameters.set_param("fusion_login_audit.alert_travel", value)
                self.assertIs(self.shown("alert_travel"), False)

    def test_what_is_switched_off_or_zero_stays_so_after_an_upgrade(self):
        self.save(retention_days=0, alert_mail=False)
        tools.convert_file(
            self.env,
            "fusion_login_audit",
            DATA.partition("/")[2],
            {},
            mode="update",
            noupdate=True,
        )
        self.assertEqual(self.shown("retention_days"), 0)
        self.assertIs(self.shown("alert_mail"), False)

    def test_negative_numbers_are_refused(self):
        for name, field in self.settings._fields.items():
            if name.startswith(OURS) and field.type in ("integer", "float"):
                with self.subTest(name=name):
                    self.assertRefused("must be", **{name.removeprefix(OURS): -1})

    def test_hours_are_those_of_a_day(self):
        self.assertRefused("0 to 24", alert_hours_from=24.5)
        self.assertRefused("0 to 24", alert_hours_to=25)
        self.save(alert_hours_from=0, alert_hours_to=24)

    def test_a_pattern_that_does_not_compile_is_refused(self):
        self.assertRefused("regular expression", known_login_pattern="[a-z")

    def test_addresses_must_be_of_the_web(self):
        for url in ("ftp://example.com/{ip}", "example.com/{ip}", "http:///{ip}"):
            with self.subTest(url=url):
                self.assertRefused("http", geo_url=url)
        self.assertRefused("http", alert_webhook_url="file:///etc/passwd")

    def test_the_geo_service_must_be_told_the_address(self):
        self.assertRefused("{ip}", geo_url="https://geo.example.com/")
        self.save(geo_url="https://geo.example.com/{ip}?fields=city")

    def test_no_addresses_are_needed(self):
        self.save(geo_url=False, alert_webhook_url=False)
        self.assertEqual(settings.text(self.env, "geo_url"), "")

    def test_the_webhooks_secret_is_typed_as_a_password(self):
        view = self.env.ref("fusion_login_audit.res_config_settings_view_form")
        secret = f'<field[^>]*{OURS}alert_webhook_secret[^>]*password="True"'
        self.assertTrue(re.search(secret, view.arch, re.DOTALL))

    def test_my_login_activity_is_off_at_first_and_for_all_employees_when_on(self):
        self.assertFalse(self.user.has_group("fusion_login_audit.group_own_activity"))
        self.let_employees_see_their_own()
        self.assertTrue(self.user.has_group("fusion_login_audit.group_own_activity"))
        self.settings.create({"group_fc_own_login_activity": False}).execute()
        self.assertFalse(self.user.has_group("fusion_login_audit.group_own_activity"))

    def test_the_test_alert_comes_from_the_alerts(self):
        self.save(alert_mail=False)
        answer = self.settings.create({}).action_fc_send_test_alert()
        self.assertEqual(answer["tag"], "display_notification")
