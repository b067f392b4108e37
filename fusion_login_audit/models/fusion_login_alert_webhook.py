"""Alerts by webhook: a signed JSON document, posted without any transaction open."""

import hmac
import json
import time
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

from odoo import _, models

from ..tools import settings
from .fusion_login_alert_delivery import DeliveryError

TIMEOUT_S = 10


class Call(NamedTuple):
    """What is posted.

    :param url: address of the receiver; it may hold a token, so it is never shown
    :param body: the document, bytes
    :param secret: key of the signature, empty when none is set
    :param number: number of the delivery, the same when it is tried again
    """

    url: str
    body: bytes
    secret: str
    number: int


class FusionLoginAlertDelivery(models.Model):
    _inherit = "fusion.login.alert.delivery"

    def _fc_hand_over_webhook(self, delivery_id):
        """Post an alert to the webhook, between two transactions.

        :param int delivery_id: id of the claimed delivery
        :raises DeliveryError: when the receiver does not take it
        """
        with self._fc_apart(delivery_id) as delivery:
            if not delivery:
                return
            call = delivery._fc_prepare_call()
        self._fc_call(call)
        with self._fc_apart(delivery_id) as delivery:
            delivery._fc_note_sent()

    def _fc_prepare_call(self):
        url = settings.text(self.env, "alert_webhook_url")
        if not is_web_address(url):
            raise DeliveryError(
                _("The webhook's address must begin with http:// or https://."),
                final=True,
            )
        return Call(
            url,
            json.dumps(self._fc_payload(), sort_keys=True).encode(),
            settings.text(self.env, "alert_webhook_secret"),
            self.id,
        )

    def _fc_call(self, call):
        """Post a document; what goes wrong is told without the address.

        :param Call call: what is posted, and where to
        :raises DeliveryError: when the receiver does not say that it has it
        """
        try:
            status = post(call)
        except requests.Timeout as error:
            raise DeliveryError(
                _(
                    "The receiver did not answer within %(seconds)s seconds.",
                    seconds=TIMEOUT_S,
                )
            ) from error
        except (requests.RequestException, ValueError) as error:
            raise DeliveryError(
                _(
                    "The receiver could not be reached (%(error)s).",
                    error=type(error).__name__,
                )
            ) from error
        if not 200 <= status < 300:
            raise DeliveryError(
                _("The receiver answered with HTTP status %(status)s.", status=status)
            )

    def _fc_payload(self):
        """Return the document of an alert."""
        alert = self.alert_id
        return {
            "event": "login.alert",
            "delivery": self.id,
            "database": self.env.cr.dbname,
            "alert": {
                "id": alert.id,
                "kind": alert.kind,
                "subject": alert.subject,
                "name": alert.name,
                "message": alert.message,
                "time": f"{alert.alert_time.isoformat()}Z",
                "login": alert.attempted_login or None,
                "user_id": alert.user_id.id or None,
                "ip_address": alert.ip_address or None,
                "details": alert.details or {},
                "url": alert._fc_url(),
            },
        }


def is_web_address(url):
    """Tell whether a text is an http or https address with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def signature(secret, moment, body):
    """Return the value of the signature's header.

    Receivers compute HMAC-SHA256 of ``<t>.<body>`` with the secret, compare it with v1
    and refuse a t that is too long ago.

    :param str secret: key of the signature
    :param int moment: seconds since the epoch
    :param bytes body: the document
    """
    signed = f"{moment}.".encode() + body
    return f"t={moment},v1={hmac.digest(secret.encode(), signed, 'sha256').hex()}"


def post(call):
    """Post a document and return the status of the answer, of which no more is read.

    Redirects are not followed: they would carry it to an address that nobody has set.

    :param Call call: what is posted, and where to
    :return: HTTP status
    :raises requests.RequestException: when there is no answer
    """
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Odoo-FusionLoginAudit",
        "X-Fc-Delivery": str(call.number),
    }
    if call.secret:
        headers["X-Fc-Signature"] = signature(call.secret, int(time.time()), call.body)
    with requests.post(
        call.url,
        data=call.body,
        headers=headers,
        timeout=TIMEOUT_S,
        allow_redirects=False,
        stream=True,
    ) as response:
        return response.status_code
