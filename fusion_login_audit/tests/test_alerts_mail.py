"""The mail of an alert: who gets it, what it says, and what harm it cannot do."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.tests.common import MockSmtplibCase

from .alerts_common import AlertCase, set_parameters

HOSTILE = "<script>alert(1)</script>@example.com"
HOSTILE_AGENT = "<img src=x onerror=alert(2)>"


@tagged("post_install", "-at_install")
class TestAlertMail(MockSmtplibCase, AlertCase):
    def alert(self, login="ada@example.com", **more):
        """Raise an alert of failed attempts."""
        for _number in range(5):
            event = self.event("failure", login, reason="bad_password", **more)
        return self.alerts._fc_evaluate(event.id)

    def mail(self, alert):
        """Return the mails of an alert."""
        return self.env["mail.mail"].search(
            [("model", "=", alert._name), ("res_id", "=", alert.id)]
        )

    def test_one_mail_is_queued_to_all_administrators_with_an_address(self):
        group = self.env.ref("base.group_system")
        users = self.env["res.users"].with_context(no_reset_password=True)
        silent, archived = users.create(
            [
                {"name": name, "login": name, "groups_id": [(4, group.id)], **more}
                for name, more in (
                    ("Silent", {"email": False}),
                    ("Archived", {"email": "archived@example.com", "active": False}),
                )
            ]
        )
        mail = self.mail(self.alert())
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.state, "outgoing")
        self.assertTrue(mail.auto_delete)
        self.assertIn(self.administrator.partner_id, mail.recipient_ids)
        for user in silent, archived, self.user:
            self.assertNotIn(user.partner_id, mail.recipient_ids)
        self.assertFalse(mail.email_to)

    def test_the_subject_is_the_references(self):
        self.assertEqual(
            self.mail(self.alert()).subject,
            "[Login Audit] 5 failed login attempts for ada@example.com",
        )

    def test_the_mail_queue_is_woken_at_once(self):
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()
        self.alert()
        self.assertTrue(triggers.search([("cron_id", "=", cron.id)]))

    def test_the_table_tells_time_address_country_client_and_reason(self):
        self.event("failure", "bob@example.com", ip="192.0.2.99")
        alert = self.alert()
        self.env.cr.execute(
            "UPDATE fusion_login_audit SET country_name = 'Canada' WHERE id = %s",
            [alert.event_id.id],
        )
        self.env.invalidate_all()
        body = self.mail(alert).body_html
        time = fields.Datetime.to_string(alert.event_id.event_time)
        for text in (time, "203.0.113.7", "Chrome 140 / Linux", "Wrong password"):
            self.assertIn(text, body)
        self.assertEqual(body.count("<tr"), 6)
        self.assertNotIn("192.0.2.99", body)
        self.assertEqual(alert._fc_mail_rows()[0]["country"], "Canada")

    def test_a_country_that_is_known_of_the_address_is_told_at_once(self):
        self.env.cr.execute(
            "INSERT INTO fusion_login_geo (ip_address, state, country_name)"
            " VALUES ('203.0.113.7', 'done', 'Iceland')"
        )
        self.assertEqual(self.mail(self.alert()).body_html.count("Iceland"), 5)

    def test_hostile_logins_and_browsers_are_text(self):
        alert = self.alert(HOSTILE, agent=HOSTILE_AGENT, interface="api")
        self.assertEqual(alert.attempted_login, HOSTILE)
        body = self.mail(alert).body_html
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", body)
        self.assertNotIn("<script", body)
        self.assertNotIn("<img", body)
        self.assertNotIn("<script", alert._fc_discuss_body())
        self.assertIn("<script>", self.mail(alert).subject)

    def test_hostile_lines_forge_no_header(self):
        alert = self.alert("a@b.example\r\nBcc: all@example.com", interface="api")
        self.assertNotIn("\n", self.mail(alert).subject)

    def test_a_broken_template_costs_its_table_and_nothing_else(self):
        template = self.env.ref("fusion_login_audit.mail_template_login_alert")
        template.body_html = '<p t-out="object.no_such_field"/>'
        with mute_logger(
            "odoo.addons.fusion_login_audit",
            "odoo.addons.mail.models.mail_render_mixin",
        ):
            alert = self.alert(HOSTILE, interface="api")
        mail = self.mail(alert)
        self.assertEqual(len(mail), 1)
        self.assertIn("&lt;script&gt;", mail.body_html)
        self.assertIn(self.administrator.partner_id, mail.recipient_ids)
        self.assertEqual(alert.mail_state, "queued")

    def test_so_does_a_deleted_one(self):
        self.env.ref("fusion_login_audit.mail_template_login_alert").unlink()
        with mute_logger("odoo.addons.fusion_login_audit"):
            mail = self.mail(self.alert())
        self.assertEqual(len(mail), 1)

    def test_without_an_address_the_delivery_says_so(self):
        self.patch(
            type(self.alerts), "_fc_recipients", lambda alerts: self.user.browse()
        )
        alert = self.alert()
        self.assertEqual(alert.mail_state, "failed")
        self.assertIn("email address", alert.delivery_ids.last_error)

    def test_mail_has_a_switch(self):
        set_parameters(self.env, alert_mail=False)
        alert = self.alert()
        self.assertTrue(alert)
        self.assertFalse(self.mail(alert))
        self.assertEqual(alert.mail_state, "none")

    def test_a_mail_that_is_sent_is_noted_and_deleted(self):
        alert = self.alert()
        with self.mock_smtplib_connection():
            self.mail(alert).send()
        receivers = [email["smtp_to_list"] for email in self.emails]
        self.assertEqual(receivers.count([self.administrator.email]), 1)
        self.assertEqual(alert.mail_state, "sent")
        self.assertFalse(self.mail(alert).exists())
        self.assertTrue(alert.delivery_ids.sent_time)

    def test_a_mail_that_cannot_be_sent_is_not_noted_as_sent(self):
        alert = self.alert()
        with (
            self.mock_smtplib_connection(),
            patch("smtplib.SMTP", side_effect=OSError("no route")),
        ):
            self.mail(alert).send()
        self.assertEqual(self.mail(alert).state, "exception")
        self.assertEqual(alert.mail_state, "queued")

    def test_words_are_in_the_language_of_most_administrators(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        users = self.env["res.users"].search(
            [("groups_id", "in", self.env.ref("base.group_system").ids)]
        )
        self.assertEqual(self.alerts._fc_language(users), "en_US")
        users.lang = "fr_FR"
        self.assertEqual(self.alerts._fc_language(users), "fr_FR")
        self.assertEqual(self.alerts._fc_language(users.browse()), "en_US")

    def test_each_kind_has_its_subject(self):
        now = fields.Datetime.now()
        self.env.cr.execute(
            "UPDATE res_users SET create_date = %s WHERE id = %s",
            [now - timedelta(days=30), self.user.id],
        )
        set_parameters(
            self.env, alert_off_hours=True, alert_hours_from=0, alert_hours_to=0.001
        )
        self.alert()
        success = self.event()
        kinds = self.alerts._fc_evaluate(success.id).mapped("kind")
        self.assertEqual(kinds, ["after_burst", "never_used", "off_hours"])
        subjects = self.env["mail.mail"].search([("model", "=", self.alerts._name)])
        self.assertEqual(len(set(subjects.mapped("subject"))), 4)
