from markupsafe import Markup

from odoo import _, models

from ..tools import settings
from .fusion_login_alert_delivery import DeliveryError


class FusionLoginAlertDelivery(models.Model):
    _inherit = "fusion.login.alert.delivery"

    def _fc_hand_over_discuss(self, delivery_id):
        """Post an alert to the Discuss channel, and note that in one transaction.

        :param int delivery_id: id of the claimed delivery
        :raises DeliveryError: when there is no such channel
        """
        with self._fc_apart(delivery_id) as delivery:
            if not delivery:
                return
            channel_id = settings.whole(delivery.env, "alert_channel_id")
            channel = delivery.env["discuss.channel"].browse(channel_id).exists()
            if not channel:
                raise DeliveryError(
                    _("The Discuss channel does not exist any more."), final=True
                )
            channel.message_post(
                body=delivery.alert_id._fc_discuss_body(),
                author_id=delivery.env.ref("base.partner_root").id,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
            delivery._fc_note_sent()


class FusionLoginAlert(models.Model):
    _inherit = "fusion.login.alert"

    def _fc_discuss_body(self):
        return Markup("<b>%s</b><br/>%s<br/><a href='%s'>%s</a>") % (
            self.name,
            self.message,
            self._fc_url(),
            _("Open the alert"),
        )

    def _fc_url(self):
        """Return the address of the alert for people, in the web client."""
        return f"{self.get_base_url()}/mail/view?model={self._name}&res_id={self.id}"
