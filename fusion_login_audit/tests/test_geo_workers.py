"""Several transactions at once: workers, retention, a kill in the middle.

Each has a cursor of its own and commits, so what these tests need is committed too, and
taken away again.
"""

from contextlib import contextmanager, nullcontext
from threading import Barrier, Event, Thread
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import tagged
from odoo.tests.common import BaseCase, get_db_name

from ..models import fusion_login_geo
from ..tools import lookup, settings
from ..tools.client import Client
from ..tools.record import Event as LoginEvent
from ..tools.record import insert
from .geo_common import SETTINGS
from .geo_servers import FOUND, GeoService

IPS = [f"81.2.69.{n}" for n in range(1, 7)]
SECONDS_TO_WAIT = 30


class Killed(BaseException):
    """What ends a worker in the middle of its work."""


@contextmanager
def environment():
    """An environment on a cursor of its own, committed when all went well."""
    with Registry(get_db_name()).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


@tagged("post_install", "-at_install", "login_audit_concurrency")
class TestGeoWorkers(BaseCase):
    def setUp(self):
        super().setUp()
        # The thread that runs the tests holds the registry's lock for good.
        self.startPatcher(patch.object(Registry, "_lock", nullcontext()))
        self.service = GeoService()
        self.addCleanup(self.service.close)
        values = {**SETTINGS, "geo_url": self.service.url, "reverse_dns": ""}
        self.startPatcher(
            patch.object(settings, "text", lambda env, name: values.get(name, ""))
        )
        self.startPatcher(patch.object(lookup, "ask_database", return_value=None))
        self.ids = {}
        self.addCleanup(self._clean)
        with environment() as env:
            for ip in IPS:
                event = LoginEvent("failure", "geo@example.com", Client(ip, ""))
                self.ids[ip] = insert(env.cr, event)

    def _clean(self):
        with environment() as env:
            env.cr.execute(
                "DELETE FROM fusion_login_audit WHERE id = ANY(%s)",
                [[*self.ids.values()]],
            )
            env.cr.execute(
                "DELETE FROM fusion_login_geo WHERE ip_address = ANY(%s)", [IPS]
            )

    # -- helpers -----------------------------------------------------------------------

    def enrich(self):
        """Run the enrichment once, as a worker does."""
        with environment() as env:
            env["fusion.login.geo"]._fc_cron_enrich()

    def states(self):
        """Return the state of each event, in the order of `IPS`."""
        with environment() as env:
            events = env["fusion.login.audit"].browse(self.ids.values()).exists()
            return [event.geo_lookup_state for event in events]

    def asked(self):
        """Return the addresses that the service was asked for, sorted."""
        return sorted(
            path.split("?")[0].split("/")[-1] for path, _ in self.service.requests
        )

    def pass_claims(self):
        """Let the time of all claims pass."""
        with environment() as env:
            env.cr.execute(
                "UPDATE fusion_login_geo"
                " SET next_try = now() AT TIME ZONE 'utc' - interval '1 second'"
                " WHERE ip_address = ANY(%s) AND next_try IS NOT NULL",
                [IPS],
            )

    # -- rules -------------------------------------------------------------------------

    def test_two_workers_ask_for_no_address_twice(self):
        ready = Barrier(2, timeout=SECONDS_TO_WAIT)

        def work():
            ready.wait()
            self.enrich()

        workers = [Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(SECONDS_TO_WAIT)
        self.assertEqual(self.asked(), IPS)
        self.assertEqual(self.states(), ["done"] * 6)

    def test_what_one_worker_is_at_the_next_one_leaves_alone(self):
        arrived, go_on = Event(), Event()

        def hold():
            arrived.set()
            go_on.wait(SECONDS_TO_WAIT)
            return 200, {}, FOUND

        self.service.script = [hold, (200, {}, FOUND)]
        first = Thread(target=self.enrich)
        first.start()
        self.assertTrue(arrived.wait(SECONDS_TO_WAIT))
        with environment() as env:
            late = LoginEvent("failure", "geo@example.com", Client("81.2.69.9", ""))
            self.ids["81.2.69.9"] = insert(env.cr, late)
        self.enrich()
        self.assertEqual(self.asked(), ["81.2.69.1", "81.2.69.9"])
        go_on.set()
        first.join(SECONDS_TO_WAIT)
        self.assertEqual(len(self.asked()), 7)
        with environment() as env:
            env["fusion.login.geo"].search([("ip_address", "=", "81.2.69.9")]).unlink()

    def test_no_transaction_is_open_while_the_service_is_asked(self):
        seen = []
        with environment() as env:
            env.cr.execute("SELECT pg_backend_pid()")
            (worker,) = env.cr.fetchone()

            def look():
                with environment() as other:
                    other.cr.execute(
                        "SELECT state FROM pg_stat_activity WHERE pid = %s", [worker]
                    )
                    seen.extend(state for (state,) in other.cr.fetchall())
                return 200, {}, FOUND

            self.service.script = [look]
            env["fusion.login.geo"]._fc_cron_enrich()
        self.assertEqual(seen, ["idle"] * 6)

    def test_a_worker_killed_while_asking_loses_nothing(self):
        with (
            patch.object(lookup, "ask_service", side_effect=Killed),
            self.assertRaises(Killed),
        ):
            self.enrich()
        self.assertEqual(self.states(), ["pending"] * 6)
        self.enrich()
        self.assertEqual(self.asked(), [], "asked for what may still be at work")
        self.pass_claims()
        self.enrich()
        self.assertEqual(self.states(), ["done"] * 6)

    def test_a_worker_killed_while_filling_in_asks_nobody_again(self):
        geo = Registry(get_db_name())["fusion.login.geo"]
        with (
            patch.object(geo, "_fc_fill_in", side_effect=Killed),
            self.assertRaises(Killed),
        ):
            self.enrich()
        self.assertEqual(self.asked(), IPS[:1])
        self.pass_claims()
        self.enrich()
        self.assertEqual(self.asked(), IPS)
        self.assertEqual(self.states(), ["done"] * 6)

    def test_an_event_that_somebody_holds_is_left_for_the_next_run(self):
        with environment() as retention:
            retention.cr.execute(
                "SELECT id FROM fusion_login_audit WHERE id = %s FOR UPDATE",
                [self.ids[IPS[0]]],
            )
            self.enrich()
        self.assertEqual(self.states(), ["pending"] + ["done"] * 5)
        self.enrich()
        self.assertEqual(self.states(), ["done"] * 6)
        self.assertEqual(self.asked(), IPS)

    def test_an_event_that_retention_removes_meanwhile_breaks_nothing(self):
        geo = Registry(get_db_name())["fusion.login.geo"]
        fill_in = geo._fc_fill_in

        def fill_in_too_late(model, since, ip, finding):
            # The snapshot of this transaction has the event still.
            model.env.cr.execute("SELECT count(*) FROM fusion_login_audit")
            if ip == IPS[0]:
                with environment() as retention:
                    retention.cr.execute(
                        "DELETE FROM fusion_login_audit WHERE id = %s", [self.ids[ip]]
                    )
            return fill_in(model, since, ip, finding)

        with patch.object(geo, "_fc_fill_in", fill_in_too_late):
            self.enrich()
        self.assertEqual(self.states(), ["done"] * 5)

    def test_a_table_that_is_locked_costs_a_run_and_nothing_else(self):
        with environment() as other:
            other.cr.execute("LOCK TABLE fusion_login_geo IN ACCESS EXCLUSIVE MODE")
            with patch.object(fusion_login_geo, "LOCK_TIMEOUT", "10ms"):
                self.enrich()
        self.assertEqual(self.asked(), [])
        self.enrich()
        self.assertEqual(self.states(), ["done"] * 6)
