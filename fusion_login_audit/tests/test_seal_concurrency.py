"""Several at once: logins, sealing and retention do not get into each other's way.

Each has a cursor of its own, so what a test needs is committed and taken away again.
"""

import logging
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

from odoo import SUPERUSER_ID, api, fields
from odoo.modules.registry import Registry
from odoo.tests import tagged
from odoo.tests.common import BaseCase, get_db_name

from ..models import fusion_login_seal_run as run
from ..tools.client import Client
from ..tools.record import Event, insert


def insert_event(cr, login, **more):
    """Insert an event as a login does, an hour old; return its id."""
    event = Event("success", login, Client("203.0.113.7", ""), **more)
    event_id = insert(cr, event)["id"]
    cr.execute(
        "UPDATE fusion_login_audit SET event_time = %s WHERE id = %s",
        [fields.Datetime.now() - timedelta(hours=1), event_id],
    )
    return event_id


@tagged("post_install", "-at_install")
class TestSealConcurrency(BaseCase):
    def setUp(self):
        super().setUp()
        # The thread that runs the tests holds the registry's lock for good.
        self.startPatcher(patch.object(Registry, "_lock", nullcontext()))
        self.registry = Registry(get_db_name())
        with self.registry.cursor() as cr:
            cr.execute("SELECT max(id) FROM fusion_login_audit")
            self.last_event = cr.fetchone()[0] or 0
            cr.execute("SELECT * FROM fusion_login_seal ORDER BY id DESC LIMIT 1")
            self.last_day = cr.dictfetchone() or {"id": 0, "last_id": run.BEFORE_ALL}
        self.addCleanup(self._clean)
        # The events of other tests may be young: their horizon is tested elsewhere.
        model = self.registry["fusion.login.seal"]
        self.startPatcher(patch.object(model, "_fc_horizon", self._all_events))
        self.startPatcher(patch.object(run, "_PATIENCE", 0))

    @staticmethod
    def _all_events(seals):
        seals.env.cr.execute("SELECT max(id) + 1 FROM fusion_login_audit")
        return seals.env.cr.fetchone()[0] or run.BEFORE_ALL

    def _clean(self):
        with self.registry.cursor() as cr:
            cr.execute(
                "DELETE FROM fusion_login_audit WHERE id > %s", [self.last_event]
            )
            cr.execute(
                "UPDATE fusion_login_audit SET seal = NULL WHERE id > %s",
                [self.last_day["last_id"]],
            )
            cr.execute(
                "DELETE FROM fusion_login_seal WHERE id > %s", [self.last_day["id"]]
            )
            if last_id := self.last_day["id"]:
                cr.execute(run._UPDATE_DAY, {**self.last_day, "record_id": last_id})

    @contextmanager
    def _worker(self):
        """A cursor of its own, rolled back in the end, and the model in it."""
        with self.registry.cursor() as cr:
            yield cr, api.Environment(cr, SUPERUSER_ID, {})["fusion.login.seal"]
            cr.rollback()

    @staticmethod
    def _commit(cr):
        """Commit what another cursor is to see; `_clean` takes it away again."""
        cr.commit()  # pylint: disable=invalid-commit

    def _committed_event(self, login="seal@example.com", **more):
        with self._worker() as (cr, _seals):
            event_id = insert_event(cr, login, **more)
            self._commit(cr)
        return event_id

    def _seal(self):
        with self._worker() as (_cr, seals):
            seals._fc_cron_seal()

    def _is_sealed(self, event_id):
        with self._worker() as (cr, _seals):
            cr.execute("SELECT seal FROM fusion_login_audit WHERE id = %s", [event_id])
            return bool(cr.fetchone()[0])

    def _problem(self):
        with self._worker() as (_cr, seals):
            return seals._fc_verify().problem

    # -- sealing -----------------------------------------------------------------------

    def test_while_one_worker_seals_another_leaves(self):
        event_id = self._committed_event()
        with self._worker() as (_cr, first):
            first._fc_lock()
            with self.assertLogs(run._logger, logging.INFO) as logs:
                self._seal()
            self.assertIn("another worker is sealing", logs.output[-1])
            self.assertFalse(self._is_sealed(event_id))
        self._seal()
        self.assertTrue(self._is_sealed(event_id))

    def test_a_worker_whose_view_is_older_than_the_last_page_begins_anew(self):
        first_event = self._committed_event()
        with self._worker() as (cr, seals):
            # The view of the database stands from here on, the lock is not taken yet.
            cr.execute("SELECT count(*) FROM fusion_login_seal")
            self._seal()
            count, _last, _closed = seals._fc_apart(
                seals._fc_seal_page, first_event + 1
            )
        self.assertEqual(count, 0)
        self.assertIsNone(self._problem())

    def test_nothing_is_sealed_past_a_login_that_is_not_committed_yet(self):
        with self._worker() as (cr, _seals):
            late = insert_event(cr, "late@example.com")
            event_id = self._committed_event()
            self.assertLess(late, event_id)
            with self.assertLogs(run._logger, "WARNING"):
                self._seal()
            self.assertFalse(self._is_sealed(event_id))
            self._commit(cr)
        self._seal()
        self.assertTrue(self._is_sealed(late))
        self.assertTrue(self._is_sealed(event_id))
        self.assertIsNone(self._problem())

    def test_a_login_is_recorded_while_events_are_being_sealed(self):
        sealed = self._committed_event()
        with self._worker() as (_cr, seals):
            seals._fc_seal_page(sealed + 1)
            event_id = self._committed_event("meanwhile@example.com")
        self.assertFalse(self._is_sealed(event_id))

    def test_an_event_whose_place_is_found_meanwhile_is_sealed_all_the_same(self):
        event_id = self._committed_event()
        with self._worker() as (cr, seals):
            cr.execute("SELECT count(*) FROM fusion_login_seal")
            with self._worker() as (other, _seals):
                other.execute(
                    "UPDATE fusion_login_audit SET city = 'Paris' WHERE id = %s",
                    [event_id],
                )
                self._commit(other)
            seals._fc_apart(seals._fc_seal_page, event_id + 1)
        self.assertTrue(self._is_sealed(event_id))
        self.assertIsNone(self._problem())

    # -- retention ---------------------------------------------------------------------

    def test_a_login_is_recorded_while_a_slice_is_being_deleted(self):
        old = [self._committed_event() for _number in range(3)]
        with self._worker() as (_cr, seals):
            self.assertEqual(
                seals._fc_delete_slice(self.last_event, old[-1]), (3, old[-1])
            )
            self.assertTrue(self._committed_event("meanwhile@example.com"))
            key = ("bearer", str(uuid4()))
            self.assertTrue(self._committed_event("hourly@example.com", hourly=key))

    def test_while_one_worker_removes_a_slice_another_leaves(self):
        old = self._committed_event()
        with self._worker() as (_cr, first), self._worker() as (_other, second):
            first._fc_delete_slice(self.last_event, old)
            with self.assertRaises(run.ChainBusy):
                second._fc_delete_slice(self.last_event, old)

    def test_a_slice_whose_event_a_deleted_user_leaves_meanwhile_is_tried_again(self):
        old = self._committed_event()
        with self._worker() as (cr, seals):
            cr.execute("SELECT count(*) FROM fusion_login_audit")
            with self._worker() as (other, _seals):
                other.execute(
                    "UPDATE fusion_login_audit SET user_id = NULL WHERE id = %s", [old]
                )
                self._commit(other)
            self.assertEqual(
                seals._fc_apart(seals._fc_delete_slice, self.last_event, old), (1, old)
            )
