"""Alerts on their way: webhook and Discuss, retries, workers that die or compete.

Nothing here runs in a test transaction: deliveries have transactions of their own.
"""

import hmac
import json
import logging
import threading
import time
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import requests

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tests.common import _super_send
from odoo.tools import mute_logger

from odoo.addons.base.tests.common import MockSmtplibCase

from ..models import fusion_login_alert_webhook as webhook
from ..models.fusion_login_alert_delivery import MAX_ATTEMPTS, backoff
from ..tools.client import Client
from ..tools.record import Event, insert
from .alerts_common import CommittedCase, environment, set_parameters
from .alerts_receiver import receiving, reply

SECRET = "a-secret-that-no-log-may-hold"
SECONDS_TO_WAIT = 20


class DeliveryCase(CommittedCase):
    parameters = {
        "alert_mail": False,
        "alert_webhook_secret": SECRET,
        "alert_spraying": False,
    }

    def alert(self, receiver=None, **parameters):
        """Commit an alert, whose webhook is the receiver; return its id."""
        if receiver:
            parameters["alert_webhook_url"] = receiver.url
        with environment() as env:
            set_parameters(env, **parameters)
            self.forget_cooldown(env)
            for _number in range(5):
                event = Event("failure", self.login, Client("192.0.2.4", "<x>"))
                row_id = insert(env.cr, event)
            alert = env["fusion.login.alert"]._fc_evaluate(row_id)
            return alert.id

    def deliver(self):
        """Run the cron."""
        with environment() as env:
            env["fusion.login.alert"]._fc_cron_deliver()

    def make_due(self):
        """Let the time until the next try pass."""
        with environment() as env:
            env.cr.execute(
                "UPDATE fusion_login_alert_delivery SET next_try = '2001-01-01'"
                " WHERE next_try IS NOT NULL"
            )

    def outcome(self, alert_id):
        """Return state, attempts and error of the only delivery of an alert."""
        with environment() as env:
            row = env["fusion.login.alert"].browse(alert_id).delivery_ids
            return row.state, row.attempts, row.last_error


@tagged("post_install", "-at_install")
class TestAlertWebhook(DeliveryCase):
    def test_the_document_is_posted_once_and_signed(self):
        with receiving(200) as receiver:
            alert_id = self.alert(receiver)
            self.assertEqual(self.outcome(alert_id), ("queued", 0, False))
            self.assertFalse(receiver.received, "nothing is sent inside a login")
            self.deliver()
            self.deliver()
            (request,) = receiver.received
        self.assertEqual(self.outcome(alert_id), ("sent", 1, False))
        moment, digest = request.headers["X-Fc-Signature"].split(",")
        signed = moment.removeprefix("t=").encode() + b"." + request.body
        expected = hmac.digest(SECRET.encode(), signed, "sha256").hex()
        self.assertEqual(digest, f"v1={expected}")
        self.assertLess(abs(time.time() - int(moment.removeprefix("t="))), 60)
        document = json.loads(request.body)
        self.assertEqual(document["event"], "login.alert")
        self.assertEqual(document["alert"]["id"], alert_id)
        self.assertEqual(document["alert"]["kind"], "failure_burst")
        self.assertEqual(document["alert"]["login"], self.login)
        self.assertEqual(document["alert"]["ip_address"], "192.0.2.4")
        self.assertEqual(request.headers["X-Fc-Delivery"], str(document["delivery"]))

    def test_without_a_secret_there_is_no_signature(self):
        with receiving(204) as receiver:
            alert_id = self.alert(receiver, alert_webhook_secret=None)
            self.deliver()
        self.assertNotIn("X-Fc-Signature", receiver.received[0].headers)
        self.assertEqual(self.outcome(alert_id)[0], "sent")

    def test_a_receiver_in_trouble_is_tried_again_later(self):
        with receiving(500, 200) as receiver:
            alert_id = self.alert(receiver)
            self.deliver()
            self.assertEqual(
                self.outcome(alert_id),
                ("queued", 1, "The receiver answered with HTTP status 500."),
            )
            self.deliver()
            self.assertEqual(len(receiver.received), 1, "the wait has begun")
            self.make_due()
            self.deliver()
        self.assertEqual(self.outcome(alert_id), ("sent", 2, False))
        first, second = receiver.received
        self.assertEqual(first.body, second.body)
        self.assertEqual(
            first.headers["X-Fc-Delivery"], second.headers["X-Fc-Delivery"]
        )

    def test_after_the_last_try_the_delivery_has_failed_and_can_be_tried_again(self):
        with receiving(500) as receiver:
            alert_id = self.alert(receiver)
            for _attempt in range(MAX_ATTEMPTS + 1):
                self.deliver()
                self.make_due()
            self.assertEqual(len(receiver.received), MAX_ATTEMPTS)
            state, _attempts, reason = self.outcome(alert_id)
            self.assertEqual(state, "failed")
            self.assertIn("500", reason)
            receiver.answers = [200]
            with environment(self.administrator_id) as env:
                alert = env["fusion.login.alert"].browse(alert_id)
                self.assertTrue(alert.has_failed_delivery)
                alert.action_retry()
            self.deliver()
        self.assertEqual(self.outcome(alert_id), ("sent", 1, False))

    def test_a_redirect_is_not_followed(self):
        with receiving(200) as other, receiving() as receiver:
            receiver.answers = [lambda handler: reply(handler, 307, Location=other.url)]
            alert_id = self.alert(receiver)
            self.deliver()
            self.assertFalse(other.received)
        self.assertIn("307", self.outcome(alert_id)[2])

    def test_a_receiver_that_hangs_costs_the_timeout_and_no_lock(self):
        released = threading.Event()
        # Odoo's tests lengthen timeouts; this one is about the timeout.
        self.startPatcher(patch.object(requests.Session, "send", _super_send))
        self.startPatcher(patch.object(webhook, "TIMEOUT_S", 0.5))
        with receiving(lambda handler: released.wait(SECONDS_TO_WAIT)) as receiver:
            alert_id = self.alert(receiver)
            self.deliver()
            released.set()
        state, attempts, reason = self.outcome(alert_id)
        self.assertEqual((state, attempts), ("queued", 1))
        self.assertIn("did not answer", reason)

    def test_no_transaction_has_written_or_locked_while_the_receiver_thinks(self):
        seen = []

        def look(handler):
            with environment() as env:
                env.cr.execute(
                    "SELECT state, xact.backend_xid FROM pg_stat_activity xact"
                    " WHERE datname = current_database() AND backend_xid IS NOT NULL"
                )
                seen.append(env.cr.fetchall())
                env.cr.execute(
                    "SELECT attempts FROM fusion_login_alert_delivery FOR UPDATE NOWAIT"
                )
                seen.append(env.cr.fetchall())
            reply(handler, 200)

        with receiving(look) as receiver:
            self.alert(receiver)
            self.deliver()
        self.assertEqual(seen, [[], [(1,)]])

    def test_a_receiver_that_is_gone_is_told_without_its_address(self):
        with receiving() as receiver:
            pass
        alert_id = self.alert(receiver)
        with self.assertLogs(level=logging.INFO) as logs:
            self.deliver()
        reason = self.outcome(alert_id)[2]
        self.assertIn("could not be reached", reason)
        for text in (reason, *logs.output):
            self.assertNotIn("in-the-address", text)
            self.assertNotIn(SECRET, text)

    def test_only_web_addresses_are_called(self):
        for url in ("file:///etc/passwd", "ftp://example.com/x", "example.com", "//x"):
            with self.subTest(url):
                alert_id = self.alert(alert_webhook_url=url)
                self.deliver()
                state, _attempts, reason = self.outcome(alert_id)
                self.assertEqual(state, "failed")
                self.assertIn("http://", reason)

    def test_an_address_that_is_none_is_the_deliverys_trouble_alone(self):
        alert_id = self.alert(alert_webhook_url="http://[bad/")
        self.deliver()
        self.assertEqual(self.outcome(alert_id)[0], "failed")
        alert_id = self.alert(alert_webhook_url=f"http://{'x' * 300}.example/")
        self.deliver()
        self.assertIn("could not be reached", self.outcome(alert_id)[2])

    def test_a_worker_killed_while_posting_leaves_it_to_the_next_one(self):
        with receiving(200) as receiver:
            alert_id = self.alert(receiver)
            with (
                patch.object(webhook, "post", side_effect=SystemExit),
                self.assertRaises(SystemExit),
            ):
                self.deliver()
            self.assertEqual(self.outcome(alert_id), ("queued", 1, False))
            self.deliver()
            self.assertFalse(receiver.received, "its lease still runs")
            self.make_due()
            self.deliver()
            self.assertEqual(len(receiver.received), 1)
        self.assertEqual(self.outcome(alert_id), ("sent", 2, False))

    def test_two_workers_never_send_the_same_delivery(self):
        with receiving(200) as receiver:
            alert_ids = [self.alert(receiver) for _number in range(12)]
            threads = [threading.Thread(target=self.deliver) for _number in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(SECONDS_TO_WAIT)
            numbers = [row.headers["X-Fc-Delivery"] for row in receiver.received]
        self.assertEqual(len(numbers), 12)
        self.assertEqual(len(set(numbers)), 12)
        for alert_id in alert_ids:
            self.assertEqual(self.outcome(alert_id), ("sent", 1, False))

    def test_a_delivery_in_the_way_of_another_worker_is_passed_over(self):
        with receiving(200) as receiver:
            self.alert(receiver)
            self.alert(receiver)
            with environment() as env:
                env.cr.execute(
                    "SELECT id FROM fusion_login_alert_delivery"
                    " ORDER BY id LIMIT 1 FOR UPDATE"
                )
                self.deliver()
                self.assertEqual(len(receiver.received), 1)
            self.deliver()
            self.assertEqual(len(receiver.received), 2)

    def test_the_master_switch_holds_deliveries_back(self):
        with receiving(200) as receiver:
            self.alert(receiver)
            with environment() as env:
                set_parameters(env, alert_enabled=False)
            self.deliver()
            self.assertFalse(receiver.received)

    def test_an_alert_that_is_removed_takes_its_deliveries_along(self):
        with receiving(200) as receiver:
            self.alert(receiver)
            with environment() as env:
                self.alerts(env).unlink()
            self.deliver()
            self.assertFalse(receiver.received)

    def test_waits_double_up_to_a_limit(self):
        minutes = [backoff(attempts).total_seconds() / 60 for attempts in range(1, 12)]
        for attempts, waited in enumerate(minutes):
            least = min(2**attempts, 6 * 60)
            self.assertTrue(least <= waited <= least * 1.2, (attempts, waited))


@tagged("post_install", "-at_install")
class TestAlertDiscuss(DeliveryCase):
    def setUp(self):
        super().setUp()
        with environment() as env:
            self.channel_id = (
                env["discuss.channel"].create({"name": "Alerts of logins"}).id
            )
        self.addCleanup(self._remove_channel)

    def _remove_channel(self):
        with environment() as env:
            env["discuss.channel"].browse(self.channel_id).exists().unlink()

    def messages(self):
        with environment() as env:
            return (
                env["discuss.channel"]
                .browse(self.channel_id)
                .message_ids.filtered(lambda message: message.message_type == "comment")
                .mapped("body")
            )

    def test_an_alert_is_posted_once_and_not_inside_the_login(self):
        alert_id = self.alert(alert_channel_id=self.channel_id)
        self.assertFalse(self.messages())
        self.deliver()
        self.deliver()
        (body,) = self.messages()
        self.assertIn(self.login, body)
        self.assertIn(f"res_id={alert_id}", body)
        self.assertEqual(self.outcome(alert_id), ("sent", 1, False))

    def test_a_worker_killed_while_posting_posts_once_in_the_end(self):
        alert_id = self.alert(alert_channel_id=self.channel_id)
        deliveries = self.registry["fusion.login.alert.delivery"]
        with (
            patch.object(deliveries, "_fc_note_sent", side_effect=SystemExit),
            self.assertRaises(SystemExit),
        ):
            self.deliver()
        self.assertFalse(self.messages())
        self.make_due()
        self.deliver()
        self.assertEqual(len(self.messages()), 1)
        self.assertEqual(self.outcome(alert_id), ("sent", 2, False))

    def test_a_channel_that_is_gone_is_a_failure_that_people_see(self):
        alert_id = self.alert(alert_channel_id=self.channel_id)
        self._remove_channel()
        self.deliver()
        self.assertEqual(
            self.outcome(alert_id),
            ("failed", 1, "The Discuss channel does not exist any more."),
        )

    def test_what_goes_wrong_unexpectedly_is_tried_again(self):
        alert_id = self.alert(alert_channel_id=self.channel_id)
        with (
            patch.object(
                self.registry["discuss.channel"], "message_post", side_effect=KeyError
            ),
            mute_logger("odoo.addons.fusion_login_audit"),
        ):
            self.deliver()
        self.assertEqual(self.outcome(alert_id), ("queued", 1, "KeyError"))


@tagged("post_install", "-at_install")
class TestAlertMailDelivery(MockSmtplibCase, DeliveryCase):
    parameters = {**DeliveryCase.parameters, "alert_mail": True}

    @contextmanager
    def mail_server(self, down=False):
        """Have mails sent to a server that is none, and may not even be there."""
        with environment() as self.env, ExitStack() as stack:
            stack.enter_context(self.mock_smtplib_connection())
            if down:
                error = OSError("no route to the mail server")
                stack.enter_context(patch("smtplib.SMTP", side_effect=error))
            yield

    def send_mails(self, down=False):
        """Run the mail queue."""
        with self.mail_server(down):
            self.mails(self.env).filtered(lambda mail: mail.state == "outgoing").send()

    def send_test_alert(self):
        """Push the button as the administrator."""
        with self.mail_server(), environment(self.administrator_id) as env:
            return env["fusion.login.alert"].action_send_test_alert()

    def test_a_mail_server_that_is_down_delays_the_mail(self):
        alert_id = self.alert()
        self.assertEqual(self.outcome(alert_id), ("queued", 1, False))
        self.send_mails(down=True)
        self.deliver()
        state, attempts, reason = self.outcome(alert_id)
        self.assertEqual((state, attempts), ("queued", 1))
        self.assertIn("no route", reason)
        self.make_due()
        self.deliver()
        self.send_mails()
        self.assertEqual(self.outcome(alert_id), ("sent", 2, False))
        with environment() as env:
            self.assertFalse(self.mails(env))

    def test_a_mail_that_somebody_deletes_is_a_failure_and_can_be_made_again(self):
        alert_id = self.alert()
        with environment() as env:
            self.mails(env).unlink()
        self.deliver()
        self.assertEqual(self.outcome(alert_id)[0], "failed")
        with environment(self.administrator_id) as env:
            env["fusion.login.alert"].browse(alert_id).action_retry()
        self.deliver()
        with environment() as env:
            self.assertEqual(len(self.mails(env)), 1)
        self.send_mails()
        self.assertEqual(self.outcome(alert_id)[0], "sent")

    def test_a_mail_that_waits_is_left_to_the_mail_queue(self):
        alert_id = self.alert()
        self.deliver()
        self.assertEqual(self.outcome(alert_id), ("queued", 1, False))

    def test_the_test_alert_tells_how_each_channel_did(self):
        with receiving(503) as receiver:
            with environment() as env:
                set_parameters(env, alert_webhook_url=receiver.url)
            action = self.send_test_alert()
            self.make_due()
            self.deliver()
            (request,) = receiver.received
        self.assertEqual(json.loads(request.body)["alert"]["kind"], "test")
        self.assertEqual(action["params"]["type"], "danger")
        self.assertEqual(
            action["params"]["message"],
            "Email: sent\nWebhook: The receiver answered with HTTP status 503.",
        )

    def test_a_test_alert_that_arrives_everywhere_is_a_success(self):
        with receiving(200) as receiver:
            with environment() as env:
                set_parameters(env, alert_webhook_url=receiver.url)
            action = self.send_test_alert()
        self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(len(receiver.received), 1)

    def test_a_test_alert_needs_alerts_and_a_channel(self):
        for parameters in ({"alert_mail": False}, {"alert_enabled": False}):
            with self.subTest(parameters):
                with environment() as env:
                    set_parameters(env, **parameters)
                with environment(self.administrator_id) as env:
                    action = env["fusion.login.alert"].action_send_test_alert()
                    self.assertEqual(action["params"]["type"], "warning")
                    self.assertFalse(self.alerts(env))

    def test_only_administrators_send_test_alerts(self):
        with environment() as env, self.assertRaises(AccessError):
            env["fusion.login.alert"].with_user(
                env.ref("base.public_user")
            ).action_send_test_alert()
