"""What is delivered where, and what people do with it: look, retry, test."""

from odoo import _, api, fields, models
from odoo.exceptions import AccessError

from ..tools import settings
from .fusion_login_alert import Finding
from .fusion_login_alert_delivery import CHANNELS, STATES, DeliveryError

NONE = ("none", "Not used")


class FusionLoginAlert(models.Model):
    _inherit = "fusion.login.alert"

    mail_state = fields.Selection(
        [NONE, *STATES], "Email", compute="_compute_delivery_states"
    )
    discuss_state = fields.Selection(
        [NONE, *STATES], "Discuss", compute="_compute_delivery_states"
    )
    webhook_state = fields.Selection(
        [NONE, *STATES], "Webhook", compute="_compute_delivery_states"
    )
    has_failed_delivery = fields.Boolean(compute="_compute_delivery_states")

    @api.depends("delivery_ids.state")
    def _compute_delivery_states(self):
        for alert in self:
            states = {row.channel: row.state for row in alert.delivery_ids}
            for channel, _label in CHANNELS:
                alert[f"{channel}_state"] = states.get(channel, "none")
            alert.has_failed_delivery = "failed" in states.values()

    # -- queueing ----------------------------------------------------------------------

    @api.model
    def _fc_channels(self):
        """Return the channels that are set up.

        :return: list of keys of :data:`CHANNELS`
        """
        used = {
            "mail": settings.switch(self.env, "alert_mail"),
            "discuss": settings.whole(self.env, "alert_channel_id"),
            "webhook": settings.text(self.env, "alert_webhook_url"),
        }
        return [channel for channel, _label in CHANNELS if used[channel]]

    def _fc_queue(self, recipients):
        """Queue the alert on each channel and wake who sends.

        :param recipients: `res.users` records who get the mail
        :return: the deliveries
        """
        deliveries = self.env["fusion.login.alert.delivery"]
        for channel in self._fc_channels():
            if channel == "mail":
                deliveries += self._fc_queue_mail(recipients)
            else:
                deliveries += self._fc_queue_channel(channel)
        return deliveries

    def _fc_queue_channel(self, channel):
        delivery = self.env["fusion.login.alert.delivery"].create(
            {
                "alert_id": self.id,
                "channel": channel,
                "state": "queued",
                "next_try": fields.Datetime.now(),
            }
        )
        delivery._fc_wake_cron()
        return delivery

    def _fc_queue_mail(self, recipients):
        delivery = self.env["fusion.login.alert.delivery"].create(
            {
                "alert_id": self.id,
                "channel": "mail",
                "state": "queued",
                "attempts": 1,
            }
        )
        try:
            delivery.mail_id = self._fc_make_mail(recipients)
        except DeliveryError as error:
            delivery._fc_note_failure(error.reason, final=error.final)
        else:
            delivery._fc_wake_mail_queue()
        return delivery

    # -- buttons -----------------------------------------------------------------------

    def action_open_event(self):
        """Open the event that led to the alert.

        :return: an action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Login Event"),
            "res_model": "fusion.login.audit",
            "res_id": self.event_id.id,
            "view_mode": "form",
        }

    def action_open_events(self):
        """Open the events about the alert's subject.

        :return: an action
        """
        self.ensure_one()
        column, value = self._fc_about()
        return {
            "type": "ir.actions.act_window",
            "name": _("Events: %(subject)s", subject=self.subject),
            "res_model": "fusion.login.audit",
            "view_mode": "list,form",
            "domain": [(column, "=", value)],
        }

    def action_retry(self):
        """Try the failed deliveries again, at once and as often as new ones.

        :return: a notification
        :raises AccessError: unless a Settings administrator calls it
        """
        self._fc_check_administrator()
        # Nobody may write alerts; an administrator may have them delivered.
        failed = self.sudo().delivery_ids.filtered(lambda row: row.state == "failed")
        failed._fc_try_again()
        message = (
            _("%(count)s deliveries are tried again.", count=len(failed))
            if failed
            else _("No delivery has failed.")
        )
        return notification("success", message)

    def action_send_test_alert(self):
        """Send a test through every channel that is set up, and wait for the outcome.

        Settings must have been saved. It is sent in transactions of its own.

        :return: a notification that says how each channel did
        :raises AccessError: unless a Settings administrator calls it
        """
        self._fc_check_administrator()
        if not settings.switch(self.env, "alert_enabled"):
            return notification("warning", _("Alerts are switched off."))
        if not self.sudo()._fc_channels():
            return notification("warning", _("No channel for alerts is set up."))
        # Nobody may write alerts; an administrator may have a test sent.
        deliveries = self.env["fusion.login.alert.delivery"].sudo()
        ids = deliveries._fc_create_test(self.env.user.login)
        while deliveries._fc_deliver_next(ids):
            continue
        return deliveries._fc_test_outcome(ids)

    def _fc_check_administrator(self):
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(_("Only Settings administrators may send login alerts."))


class FusionLoginAlertDelivery(models.Model):
    _inherit = "fusion.login.alert.delivery"

    def _fc_create_test(self, login):
        """Create a test alert and send its mail.

        :param str login: who asks for it
        :return: ids of its deliveries
        """
        with self._fc_apart() as deliveries:
            alerts = deliveries.env["fusion.login.alert"]
            event = dict.fromkeys(("id", "user_id", "ip_address"), False)
            event["attempted_login"] = login
            alert = alerts._fc_create("test", Finding(login, {}), event, None)
            alert.delivery_ids.mail_id.send()
            return alert.delivery_ids.ids

    def _fc_test_outcome(self, ids):
        """Return a notification that says how each channel did.

        What did not arrive has failed for good: nobody waits for a test of yesterday.
        """
        with self._fc_apart(*ids) as deliveries:
            for row in deliveries.filtered(lambda row: row.state == "queued"):
                why = row.last_error or row.mail_id.failure_reason or _("Not sent.")
                row._fc_note_failure(why, final=True)
            channels = dict(deliveries.fields_get(["channel"])["channel"]["selection"])
            sent = _("sent")
            lines = [
                f"{channels[row.channel]}: {row.last_error or sent}"
                for row in deliveries
            ]
            went_well = all(row.state == "sent" for row in deliveries)
            return notification("success" if went_well else "danger", "\n".join(lines))


def notification(kind, message):
    """Return the action that shows a message.

    :param str kind: `success`, `warning` or `danger`, which stays until it is closed
    :param str message: a sentence
    """
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": kind,
            "message": message,
            "sticky": kind == "danger",
            "next": {"type": "ir.actions.client", "tag": "soft_reload"},
        },
    }
