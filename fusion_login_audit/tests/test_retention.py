"""Retention: whole sealed days go, slice by slice; what they prove stays."""

from contextlib import suppress
from unittest.mock import patch

from odoo.tests import tagged

from ..models import fusion_login_seal_retention as retention
from ..models import fusion_login_seal_run as run
from .seal_common import DAY, SealCase


@tagged("post_install", "-at_install")
class TestRetention(SealCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.oldest = cls.events(20)
        cls.old = cls.events(12)
        cls.kept = cls.events(10, count=2) + cls.events(2)

    def setUp(self):
        super().setUp()
        self._keep(11)

    def _keep(self, days):
        self.env["ir.config_parameter"].set_param(
            "fusion_login_audit.retention_days", str(days)
        )

    def _run(self):
        with self.cron() as seals:
            seals._fc_cron_retention()

    def _left(self):
        return self.audit.search([], order="id")

    def test_days_past_the_period_are_removed_and_the_others_stay(self):
        self._run()
        self.assertEqual(self._left(), self.kept)
        self.assertEqual(
            self.days().mapped("state"), ["removed", "removed", "sealed", "sealed"]
        )

    def test_a_day_is_removed_only_when_all_of_it_is_past_the_period(self):
        self._keep(12)
        self._run()
        self.assertEqual(self._left(), self.old + self.kept)

    def test_what_is_not_sealed_is_sealed_before_its_day_is_removed(self):
        self.assertFalse(self.oldest.filtered("seal"))
        self._run()
        self.assertEqual(self.days()[0].row_count, 3)

    def test_a_removed_day_keeps_its_digests_and_its_number_of_events(self):
        facts = ["day", "first_id", "last_id", "row_count", "digest", "seal"]
        before = self.seal().read(facts)
        self._run()
        self.assertEqual(self.days().read(facts), before)
        self.assertEqual(self.days()[0].digest, self.days()[1].previous_digest)

    def test_the_chain_is_verifiable_across_removed_days(self):
        self._run()
        result = self.seals._fc_verify()
        self.assertEqual((result.days, result.events), (4, 5))
        self.assertIsNone(result.problem)
        self.sql(
            "UPDATE fusion_login_audit SET os = 'x' WHERE id = %s", self.kept[0].id
        )
        self.assertEqual(self.verify(), ("changed", self.kept[0].id, self.day_of(10)))

    def test_the_chain_goes_on_after_every_event_is_removed(self):
        self._keep(1)
        self._run()
        self.assertFalse(self._left())
        self.event(at=self.noon - DAY)
        self.assertEqual(len(self.seal()), 5)
        self.assertIsNone(self.verify())

    def test_zero_days_keep_events_for_ever(self):
        self._keep(0)
        self._run()
        self.assertEqual(len(self._left()), 11)

    def test_more_days_than_there_ever_were_keep_all_events(self):
        self._keep(10**9)
        self._run()
        self.assertEqual(len(self._left()), 11)

    def test_events_are_removed_in_slices(self):
        slices = []
        original = type(self.seals)._fc_delete_slice

        def counting(self, after, last):
            count, reached = original(self, after, last)
            slices.append(count)
            return count, reached

        with (
            patch.object(retention, "SLICE_ROWS", 2),
            patch.object(type(self.seals), "_fc_delete_slice", counting),
        ):
            self._run()
        self.assertEqual(slices, [2, 1, 0, 2, 1, 0])
        self.assertEqual(self._left(), self.kept)

    def test_a_run_that_was_killed_is_taken_up(self):
        original = type(self.seals)._fc_delete_slice

        def killed(self, after, last):
            if after > last - 2:
                raise KeyboardInterrupt
            return original(self, after, last)

        with patch.object(retention, "SLICE_ROWS", 2):
            with (
                patch.object(type(self.seals), "_fc_delete_slice", killed),
                # `assertRaises` would undo what was committed.
                suppress(KeyboardInterrupt),
            ):
                self._run()
            self.env.invalidate_all()
            self.assertEqual(self.days()[0].state, "expired")
            self.assertEqual(self._left(), self.oldest[2:] + self.old + self.kept)
            self.assertIsNone(self.verify())
            self._run()
        self.assertEqual(self.days()[0].state, "removed")
        self.assertEqual(self._left(), self.kept)

    def test_a_run_whose_time_is_up_leaves_the_rest_to_the_next(self):
        self.seal()
        spent = property(lambda budget: True)
        with patch.object(run.Budget, "is_spent", spent):
            self._run()
            self.assertEqual(self._left(), self.old + self.kept)
            for _turn in range(3):
                self._run()
        self.assertEqual(self._left(), self.kept)

    def test_nothing_is_removed_while_events_cannot_be_sealed(self):
        def failing(self, horizon):
            raise ValueError("no sealing today")

        with (
            patch.object(type(self.seals), "_fc_seal_page", failing),
            self.assertLogs(retention._logger, "ERROR"),
            self.assertRaises(ValueError),
        ):
            self._run()
        self.assertEqual(len(self._left()), 11)

    def test_nothing_is_removed_while_another_worker_is_sealing(self):
        self.seal()
        busy = patch.object(
            type(self.seals), "_fc_lock", side_effect=run.ChainBusy(), autospec=True
        )
        with busy, self.assertLogs(retention._logger, "WARNING"):
            self._run()
        self.assertEqual(len(self._left()), 11)

    def test_an_event_that_was_inserted_among_removed_ones_goes_with_them(self):
        self.seal()
        self.sql(
            "UPDATE fusion_login_audit SET id = -5 WHERE id = %s", self.kept[-1].id
        )
        with self.assertLogs(retention._logger, "ERROR"):
            self._run()
        self.assertEqual(self._left(), self.kept[:-1])

    def test_what_was_broken_before_its_removal_stays_on_record(self):
        self.seal()
        self.sql("UPDATE fusion_login_audit SET os = 'x' WHERE id = %s", self.old[1].id)
        with self.assertLogs(retention._logger, "ERROR") as logs:
            self._run()
        self.assertIn(f"changed, event {self.old[1].id}", logs.output[0])
        self.assertIsNone(self.verify())
        self.assertEqual(self._left(), self.kept)
        day = self.days()[1]
        self.assertEqual(
            (day.state, day.verify_state, day.verify_problem, day.first_broken_id),
            ("removed", "broken", "changed", self.old[1].id),
        )

    def test_alerts_outlive_the_events_they_are_about(self):
        self.sql(
            "INSERT INTO fusion_login_alert"
            " (name, kind, subject, event_id, alert_time, message)"
            " VALUES ('a', 'test', 'a', %s, now() AT TIME ZONE 'UTC', 'a')",
            self.old[0].id,
        )
        self._run()
        alert = self.env["fusion.login.alert"].search([("subject", "=", "a")])
        self.assertEqual(len(alert), 1)
        self.assertFalse(alert.event_id)
