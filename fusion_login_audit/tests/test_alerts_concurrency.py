"""Alerts where logins end at the same time, or the database is in the way.

Nothing here runs in a test transaction: each login has a cursor of its own.
"""

import logging
import threading
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.client import Client
from ..tools.record import Event, record
from .alerts_common import CommittedCase, environment, set_parameters

SECONDS_TO_WAIT = 30
LOGGERS = ("odoo.addons.fusion_login_audit", "odoo.sql_db")


@tagged("post_install", "-at_install")
class TestAlertConcurrency(CommittedCase):
    parameters = {"alert_spraying": False}

    def guess(self):
        """Log in with a wrong password, as the login path records it."""
        client = Client("192.0.2.5", "")
        event = Event("failure", self.login, client, reason="bad_password")
        return record(self.registry, event)

    def guess_at_once(self, count):
        barrier = threading.Barrier(count)

        def attempt():
            barrier.wait(SECONDS_TO_WAIT)
            self.guess()

        threads = [threading.Thread(target=attempt) for _number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS_TO_WAIT)

    def counts(self):
        """Return how many events, alerts and mails there are."""
        with environment() as env:
            events = env["fusion.login.audit"].search(
                [("attempted_login", "=", self.login)]
            )
            return len(events), len(self.alerts(env)), len(self.mails(env))

    def let_cooldown_end(self):
        with environment() as env:
            env.cr.execute(
                "UPDATE fusion_login_alert_cooldown"
                " SET last_alert = last_alert - interval '61 minutes'"
            )

    def test_five_failures_at_once_make_one_alert_and_one_mail(self):
        self.guess_at_once(5)
        self.assertEqual(self.counts(), (5, 1, 1))
        self.guess()
        self.assertEqual(self.counts(), (6, 1, 1))
        self.let_cooldown_end()
        self.guess_at_once(5)
        self.assertEqual(self.counts(), (11, 2, 2))

    def test_a_storm_of_failures_makes_one_alert_and_loses_no_event(self):
        for _round in range(4):
            self.guess_at_once(20)
        self.assertEqual(self.counts(), (80, 1, 1))

    def test_who_loses_does_not_wait(self):
        for _number in range(4):
            self.guess()
        with environment() as env:
            cooldowns = env["fusion.login.alert.cooldown"]
            claimed = cooldowns._fc_claim("failure_burst", self.login)
            self.assertEqual(claimed, (True, None))
            # Waiting would end in an error: the lock timeout.
            with self.assertNoLogs(level=logging.WARNING):
                self.assertTrue(self.guess())
            self.assertEqual(self.counts(), (5, 0, 0))
            env.cr.rollback()
        self.guess()
        self.assertEqual(self.counts(), (6, 1, 1), "the claim ended with its crash")

    def test_a_crash_after_the_claim_leaves_nothing_behind(self):
        alerts = self.registry["fusion.login.alert"]
        with (
            patch.object(alerts, "_fc_queue", side_effect=RuntimeError),
            mute_logger(*LOGGERS),
        ):
            for _number in range(5):
                self.assertTrue(self.guess())
        self.assertEqual(self.counts(), (5, 0, 0))
        self.guess()
        self.assertEqual(self.counts(), (6, 1, 1))

    def test_a_user_changed_meanwhile_does_not_cost_the_alert(self):
        """The database refuses references to rows newer than the snapshot."""
        alerts = self.registry["fusion.login.alert"]
        texts = alerts._fc_texts
        changed = []

        def change_user(*args, **kwargs):
            if not changed:
                changed.append(True)
                with environment() as env:
                    env.cr.execute(
                        "UPDATE fusion_login_audit SET city = 'Meanwhile'"
                        " WHERE attempted_login = %s",
                        [self.login],
                    )
            return texts(*args, **kwargs)

        for _number in range(4):
            self.guess()
        with patch.object(alerts, "_fc_texts", change_user), mute_logger(*LOGGERS):
            self.guess()
        self.assertTrue(changed)
        self.assertEqual(self.counts(), (5, 1, 1))

    def test_a_mail_table_that_is_locked_does_not_hold_a_login_up(self):
        """The lock ends after the login: who waited for it would never return."""
        for _number in range(4):
            self.guess()
        with environment() as env, mute_logger(*LOGGERS):
            env.cr.execute("LOCK TABLE mail_mail IN ACCESS EXCLUSIVE MODE")
            self.assertTrue(self.guess())
        self.assertEqual(self.counts(), (5, 0, 0))
        self.guess()
        self.assertEqual(self.counts(), (6, 1, 1), "the cooldown was not lost")

    def test_what_is_switched_off_raises_nothing(self):
        with environment() as env:
            set_parameters(env, alert_enabled=False)
        self.guess_at_once(8)
        self.assertEqual(self.counts(), (8, 0, 0))
