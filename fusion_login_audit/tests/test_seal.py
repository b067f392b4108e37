"""Sealing: which events it takes, the days it cuts, and who may touch the result."""

import hashlib
import json
import logging
from contextlib import suppress
from datetime import date, timedelta
from unittest.mock import patch

from psycopg2 import errors

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import fusion_login_seal_run as run
from ..models.fusion_login_seal_chain import (
    COLUMNS,
    GENESIS,
    Chain,
    page,
    seal_of,
    seal_of_day,
)
from .seal_common import DAY, SealCase


@tagged("post_install", "-at_install")
class TestSealFormat(SealCase):
    """The format is a promise: seals of today are verified in years."""

    def test_the_seal_is_sha256_over_a_json_list_of_the_columns(self):
        event = self.event(login="zoë@example.com", at=self.noon - DAY)
        self.seal()
        expected = [
            GENESIS,
            event.id,
            event.user_ref or None,
            "zoë@example.com",
            "success",
            None,
            "password",
            "web",
            (self.noon - DAY).strftime("%Y-%m-%dT%H:%M:%S.000000"),
            "203.0.113.7",
            event.user_agent_raw,
            event.browser,
            event.os,
            event.device_type,
            self.env.cr.dbname,
        ]
        text = json.dumps(expected, ensure_ascii=False, separators=(",", ":"))
        self.assertEqual(event.seal, hashlib.sha256(text.encode()).hexdigest())

    def test_a_seal_computed_once_stays_what_it_was(self):
        event = [7, 2, "ada", "failure", "bad_password", "password", "web"]
        event += ["2026-05-26T12:00:00.000001", "::1", '"\\\n', "", None, None, "prod"]
        self.assertEqual(len(event), len(COLUMNS))
        self.assertEqual(
            seal_of(GENESIS, event),
            "9a67a01ee9a23bb6c4248654c8d0836190c88df6becf5df4a4df0e1dd5efb904",
        )

    def test_null_and_empty_and_neighbouring_columns_are_told_apart(self):
        empty = [None] * len(COLUMNS)
        blank = ["", *empty[1:]]
        left = ["ab", "c", *empty[2:]]
        right = ["a", "bc", *empty[2:]]
        seals = {seal_of(GENESIS, event) for event in (empty, blank, left, right)}
        self.assertEqual(len(seals), 4)

    def test_every_column_that_never_changes_is_sealed(self):
        changing = {
            "user_id",
            "ip_hostname",
            "country_code",
            "country_name",
            "city",
            "geo_state",
            "geo_lookup_state",
            "hour_key",
            "seal",
        }
        self.env.cr.execute(
            "SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
            " AND attrelid = 'fusion_login_audit'::regclass"
        )
        stored = {name for (name,) in self.env.cr.fetchall()}
        place = {name for name in stored if name in ("latitude", "longitude")}
        self.assertEqual(stored - changing - place, set(COLUMNS))


@tagged("post_install", "-at_install")
class TestSealDays(SealCase):
    """Which day an event belongs to, and what the day's record says."""

    def test_days_follow_each_other_and_each_keeps_its_last_seal(self):
        first, second = self.events(3), self.events(2, count=2)
        days = self.seal()
        self.assertEqual(days.mapped("day"), [self.day_of(3), self.day_of(2)])
        self.assertEqual(days.mapped("row_count"), [3, 2])
        self.assertEqual(days.mapped("first_id"), [first[0].id, second[0].id])
        self.assertEqual(days.mapped("last_id"), [first[-1].id, second[-1].id])
        self.assertEqual(days.mapped("digest"), [first[-1].seal, second[-1].seal])
        self.assertEqual(days.mapped("previous_digest"), [GENESIS, first[-1].seal])

    def test_the_seal_of_a_day_covers_its_facts_and_the_day_before(self):
        self.events(3)
        self.events(2)
        first, second = self.seal()
        self.assertEqual(first.seal, seal_of_day(GENESIS, first))
        self.assertEqual(second.seal, seal_of_day(first.seal, second))

    def test_a_day_that_is_over_is_closed_and_logged_for_an_anchor_outside(self):
        self.events(2)
        with self.assertLogs(run._logger, logging.INFO) as logs:
            day = self.seal()
        self.assertEqual(day.state, "sealed")
        self.assertIn(day.digest, logs.output[0])
        self.assertIn(day.seal, logs.output[0])

    def test_today_stays_open_and_grows(self):
        now = fields.Datetime.now()
        self.event(at=max(now - timedelta(hours=2), self.noon - DAY / 2))
        with patch.object(run, "HORIZON", timedelta(0)):
            day = self.seal()
        self.assertEqual(day.state, "open")
        self.event(at=now - timedelta(seconds=1))
        with patch.object(run, "HORIZON", timedelta(0)):
            self.assertEqual(self.seal(), day)
        self.assertEqual(day.row_count, 2)
        self.assertIsNone(self.verify())

    def test_an_older_event_with_a_larger_id_belongs_to_the_day_before_it(self):
        self.events(2)
        self.event(at=self.noon - 5 * DAY)
        day = self.seal()
        self.assertEqual((day.day, day.row_count), (self.day_of(2), 4))

    def test_an_event_that_comes_after_its_day_was_closed_begins_the_next_day(self):
        self.events(4)
        self.seal()
        self.event(at=self.noon - 4 * DAY)
        self.assertEqual(self.seal().mapped("day"), [self.day_of(4), self.day_of(3)])
        self.assertIsNone(self.verify())

    def test_a_clock_that_ran_ahead_does_not_take_later_events_with_it(self):
        today = fields.Datetime.now().date()
        ahead = ["x"] * len(COLUMNS)
        ahead[COLUMNS.index("event_time")] = "2999-01-01T00:00:00.000000"
        chain = Chain(None, today)
        chain.add(ahead)
        self.assertEqual(chain.last.day, today)

    def test_a_time_that_is_none_does_not_stop_sealing(self):
        event = self.events(2, count=2)[0]
        self.sql(
            "UPDATE fusion_login_audit SET event_time = 'infinity' WHERE id = %s",
            event.id,
        )
        day = self.seal()
        self.assertEqual(sum(day.mapped("row_count")), 2)
        self.assertIsNone(self.verify())

    def test_nothing_to_seal_makes_no_day(self):
        self.assertFalse(self.seal())
        self.assertIsNone(self.verify())

    def test_events_are_sealed_in_pages_and_the_chain_goes_on_across_them(self):
        self.events(3, count=5)
        self.events(2, count=4)
        with patch.object(run, "page", self._small_page):
            days = self.seal()
        self.assertEqual(days.mapped("row_count"), [5, 4])
        self.assertIsNone(self.verify())

    @staticmethod
    def _small_page(cr, after, last):
        return page(cr, after, last, 2)

    def test_a_run_that_was_killed_is_taken_up(self):
        events = self.events(3, count=5)
        original = type(self.seals)._fc_seal_page
        calls = []

        def killed(self, horizon):
            calls.append(horizon)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return original(self, horizon)

        with patch.object(run, "page", self._small_page):
            with (
                patch.object(type(self.seals), "_fc_seal_page", killed),
                # `assertRaises` would undo what was committed.
                suppress(KeyboardInterrupt),
            ):
                self.seal()
            self.env.invalidate_all()
            self.assertEqual(len(events.filtered("seal")), 4)
            self.seal()
        self.assertTrue(all(events.mapped("seal")))
        self.assertEqual(self.seals._fc_verify().events, 5)
        self.assertIsNone(self.verify())

    def test_a_seal_that_was_there_before_sealing_stays_as_evidence(self):
        first, second, _third = self.events(2)
        self.sql(
            "UPDATE fusion_login_audit SET seal = 'forged' WHERE id = %s", second.id
        )
        with self.assertLogs(run._logger, "ERROR"):
            self.seal()
        self.assertEqual(second.seal, "forged")
        self.assertTrue(first.seal)
        self.assertEqual(self.verify(), ("changed", second.id, self.day_of(2)))


@tagged("post_install", "-at_install")
class TestSealHorizon(SealCase):
    """Only what is surely complete is sealed."""

    def test_an_event_behind_a_young_one_waits_for_it(self):
        young, late = self.event(), self.event(at=self.noon - 2 * DAY)
        self.assertFalse(self.seal())
        self.assertFalse((young + late).filtered("seal"))

    def test_both_are_sealed_once_the_horizon_has_passed(self):
        young, late = self.event(), self.event(at=self.noon - 2 * DAY)
        self.seal()
        self.sql(
            "UPDATE fusion_login_audit SET event_time = event_time - interval '3 days'"
            " WHERE id = %s",
            young.id,
        )
        days = self.seal()
        self.assertEqual(days.mapped("first_id"), [young.id, late.id])

    def test_events_before_a_young_one_are_sealed(self):
        old, young = self.event(at=self.noon - 2 * DAY), self.event()
        self.seal()
        self.assertTrue(old.seal)
        self.assertFalse(young.seal)

    def test_a_time_far_ahead_does_not_keep_events_from_being_sealed(self):
        ahead = self.event(at=self.noon + 100 * DAY)
        day = self.seal()
        self.assertTrue(ahead.seal)
        self.assertEqual(day.day, fields.Datetime.now().date())

    def test_an_hourly_event_waits_until_its_hour_is_over(self):
        """A second insertion of its `hour_key` would have to wait for the sealing."""
        hour = fields.Datetime.now().replace(minute=0, second=0)
        event = self.event(hourly=("bearer", "key"), at=hour + timedelta(minutes=10))
        self._seal_at(hour + timedelta(minutes=40))
        self.assertFalse(event.seal)
        self._seal_at(hour + timedelta(minutes=66))
        self.assertTrue(event.seal)

    def test_other_events_of_the_hour_do_not_wait(self):
        hour = fields.Datetime.now().replace(minute=0, second=0)
        event = self.event(at=hour + timedelta(minutes=10))
        self._seal_at(hour + timedelta(minutes=40))
        self.assertTrue(event.seal)

    def _seal_at(self, now):
        with patch.object(fields.Datetime, "now", lambda *args: now):
            self.seal()

    def test_a_transaction_that_is_in_the_way_is_tried_again(self):
        tries = []

        def step():
            tries.append(1)
            if len(tries) < 3:
                raise errors.SerializationFailure()
            return "done"

        with self.cron() as seals:
            self.assertEqual(seals._fc_apart(step), "done")
        self.assertEqual(len(tries), 3)

    def test_transactions_that_write_events_are_waited_for(self):
        event = self.event(at=self.noon - DAY)
        writing = [{"3/7", "4/9"}, {"4/9", "5/1"}, {"5/1"}]
        with patch.object(type(self.seals), "_fc_writers", side_effect=writing):
            self.seal()
        self.assertTrue(event.seal)

    def test_nothing_is_sealed_while_somebody_keeps_writing(self):
        event = self.event(at=self.noon - DAY)
        with (
            patch.object(type(self.seals), "_fc_writers", return_value={"3/7"}),
            patch.object(run, "_PATIENCE", 0),
            self.assertLogs(run._logger, "WARNING") as logs,
        ):
            self.seal()
        self.assertIn("3/7", logs.output[0])
        self.assertFalse(event.seal)

    def test_a_transaction_that_stays_in_the_way_is_reported(self):
        def step():
            raise errors.LockNotAvailable()

        with self.cron() as seals, self.assertRaises(errors.LockNotAvailable):
            seals._fc_apart(step)


@tagged("post_install", "-at_install")
class TestSealAccess(SealCase):
    """Sealed days are read by Settings administrators and written by nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(cls.env, "seal_admin", "base.group_system")
        cls.clerk = new_test_user(cls.env, "seal_clerk", "base.group_user")

    def _as(self, user):
        self.events(2)
        return self.seal().with_user(user)

    def test_an_administrator_reads_days_and_verifies_them(self):
        day = self._as(self.admin)
        self.assertEqual(day.row_count, 3)
        day.action_verify()
        self.assertEqual(day.verify_state, "verified")

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_an_ordinary_user_neither_reads_nor_verifies(self):
        day = self._as(self.clerk)
        for forbidden in (
            lambda: day.read(["digest"]),
            day.action_verify,
            day.browse().action_verify_all,
        ):
            with self.assertRaises(AccessError):
                forbidden()

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_nobody_writes_days_not_even_the_superuser(self):
        day = self._as(self.admin)
        for record in (day, day.sudo(), self.days()):
            with self.assertRaises(AccessError):
                record.write({"digest": GENESIS})
            with self.assertRaises(AccessError):
                record.unlink()
            with self.assertRaises(AccessError):
                record.create({"day": date(2026, 1, 1), "digest": GENESIS})

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_nobody_writes_events_not_even_the_superuser(self):
        self._as(self.admin)
        event = self.audit.search([], limit=1)
        for record in (event.with_user(self.admin), event.sudo(), event):
            with self.assertRaises(AccessError):
                record.write({"seal": False})
            with self.assertRaises(AccessError):
                record.unlink()


@tagged("post_install", "-at_install")
class TestSealReferences(TransactionCase):
    def test_every_reference_to_events_is_indexed(self):
        """Else each event that retention deletes would read the referring table."""
        self.env.cr.execute(
            """
            SELECT conrelid::regclass::text, attname
              FROM pg_constraint
              JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
             WHERE contype = 'f' AND confrelid = 'fusion_login_audit'::regclass
               AND NOT EXISTS (SELECT FROM pg_index
                                WHERE indrelid = conrelid AND indkey[0] = conkey[1])
            """
        )
        self.assertEqual(self.env.cr.fetchall(), [])
