"""Alerts by mail: queued with the alert, sent by Odoo's mail queue."""

import logging

import psycopg2
from markupsafe import Markup

from odoo import _, models
from odoo.tools import format_datetime

from .fusion_login_alert_delivery import DeliveryError
from .fusion_login_alert_newest import newest

_logger = logging.getLogger("odoo.addons.fusion_login_audit")

_ROWS = 20
# Some of the recipients have no proper address; the others got the mail.
_SENT_ALL_THE_SAME = (None, False, "mail_email_invalid", "mail_email_missing")


class FusionLoginAlert(models.Model):
    _inherit = "fusion.login.alert"

    def _fc_make_mail(self, recipients=None):
        """Queue the mail to the recipients, in the transaction of the alert.

        :param recipients: `res.users` records; all Settings administrators when None
        :return: the `mail.mail`
        :raises DeliveryError: when nobody has an address
        """
        recipients = self._fc_recipients() if recipients is None else recipients
        if not recipients:
            raise DeliveryError(
                _("No Settings administrator has an email address."), final=True
            )
        vals = {
            "recipient_ids": [(6, 0, recipients.partner_id.ids)],
            "auto_delete": True,
        }
        try:
            with self.env.cr.savepoint():
                template = self.env.ref("fusion_login_audit.mail_template_login_alert")
                mail_id = template.send_mail(self.id, email_values=vals)
                return self.env["mail.mail"].browse(mail_id)
        except psycopg2.OperationalError:
            # The database's trouble, not the template's.
            raise
        except Exception as error:
            _logger.warning(
                "fusion_login_audit: the mail template of alerts does not work (%s);"
                " the bare message of alert %s is sent",
                type(error).__name__,
                self.id,
            )
            return self._fc_make_bare_mail(vals)

    def _fc_make_bare_mail(self, vals):
        """Queue a mail without the template, which people can change and break."""
        return self.env["mail.mail"].create(
            {
                **vals,
                "subject": f"[Login Audit] {self.name}",
                "body_html": Markup("<p>%s</p>") % self.message,
                "model": self._name,
                "res_id": self.id,
            }
        )

    def _fc_mail_rows(self):
        """Return the newest events about the alert's subject, as the mail shows them.

        :return: list of dict: `time` (in UTC), `login`, `ip`, `country`, `client`,
            `outcome`
        """
        events = self._fc_newest_events()
        # An event is seconds old; its address may have been looked up before.
        places = self.env["fusion.login.geo"].search(
            [("ip_address", "in", events.mapped("ip_address"))]
        )
        known = {place.ip_address: place.country_name for place in places}
        return [
            self._fc_mail_row(event, event.country_name or known.get(event.ip_address))
            for event in events
        ]

    def _fc_mail_row(self, event, country):
        selections = event.fields_get(["result", "failure_reason"], ["selection"])
        shown = "failure_reason" if event.failure_reason else "result"
        client = " / ".join(part for part in (event.browser, event.os) if part)
        return {
            "time": format_datetime(
                self.env, event.event_time, tz="UTC", dt_format="yyyy-MM-dd HH:mm:ss"
            ),
            "login": event.attempted_login,
            "ip": event.ip_address or "",
            "country": country or "",
            "client": client,
            "outcome": dict(selections[shown]["selection"])[event[shown]],
        }

    def _fc_newest_events(self):
        if self.kind == "broken_seal":
            return self.event_id
        self.env.cr.execute(newest(*self._fc_about(), "id", _ROWS))
        return self.event_id.browse(row[0] for row in self.env.cr.fetchall())

    def _fc_about(self):
        """Return the column and the value of the events about the alert's subject."""
        if self.kind == "spraying":
            return "ip_address", self.ip_address
        if self.kind in ("failure_burst", "after_burst") or not self.user_id:
            return "attempted_login", self.attempted_login
        return "user_id", self.user_id.id


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(self, success_pids, *args, **kwargs):
        """Note that mails of alerts were sent, before the mail queue deletes them.

        Nothing here may stop the queue, which would send the mail once more.
        """
        mails = self.filtered(lambda mail: mail.model == "fusion.login.alert")
        if mails and success_pids and kwargs.get("failure_type") in _SENT_ALL_THE_SAME:
            try:
                with self.env.cr.savepoint():
                    self.env["fusion.login.alert.delivery"].sudo().search(
                        [("mail_id", "in", mails.ids)]
                    )._fc_note_sent()
            except psycopg2.Error:
                _logger.exception("fusion_login_audit: sent mails were not noted")
        return super()._postprocess_sent_message(success_pids, *args, **kwargs)
