"""Several at once, each with a transaction of its own, on the real server.

Nothing here is rolled back by the test, so what it makes is taken away again.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, nullcontext
from unittest.mock import patch

import psycopg2
import requests

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import tagged
from odoo.tests.common import BaseCase, HttpCase, get_db_name
from odoo.tools import mute_logger

from . import example

KEYS = "base.json.api.idempotency.key"


@tagged("post_install", "-at_install")
class ConcurrencyCase(BaseCase):
    """Has a registry that is not in test mode."""

    def setUp(self):
        super().setUp()
        # The thread that runs the tests holds the registry's lock for good.
        self.startPatcher(patch.object(Registry, "_lock", nullcontext()))
        self.registry = Registry(get_db_name())
        self.registry.clear_cache("routing")
        example.TROUBLE.clear()
        example.CALLS.clear()
        example.TOKENS["admin"] = (self.admin_id(), None)
        self.addCleanup(example.TOKENS.clear)
        self.addCleanup(example.TROUBLE.clear)
        self.clean()
        self.addCleanup(self.clean)

    def admin_id(self):
        """Return the id of the administrator."""
        with self.registry.cursor() as cr:
            return api.Environment(cr, SUPERUSER_ID, {}).ref("base.user_admin").id

    def clean(self):
        """Take away what the tests have committed."""
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM base_json_api_rate WHERE bucket LIKE 'test_json%'")
            cr.execute(
                "DELETE FROM base_json_api_idempotency_key WHERE api_name LIKE 'test_%'"
            )
            cr.execute("DELETE FROM res_partner WHERE ref = 'thing'")

    def wait_until(self, sql):
        """Wait until a query finds a row."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with self.registry.cursor() as cr:
                cr.execute(sql)
                if cr.fetchone():
                    return
            time.sleep(0.01)
        self.fail(f"nothing after 30 seconds: {sql}")

    def wait_for_waiting(self, query):
        """Wait until a backend waits for another one, in a query like this."""
        self.wait_until(
            f"""SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
                AND wait_event_type = 'Lock' AND query ILIKE '%{query}%'"""
        )

    @staticmethod
    def request(method, path, **more):
        """Send a request to the real server."""
        headers = {"Authorization": "Bearer admin", **more.pop("headers", {})}
        url = f"{HttpCase.base_url()}{example.BASE}{path}"
        return requests.request(method, url, headers=headers, timeout=60, **more)


@tagged("post_install", "-at_install")
class TestTwins(ConcurrencyCase):
    def kettle(self, name="Kettle"):
        """Create a thing with the key that all use."""
        headers = {"Idempotency-Key": "twins"}
        return self.request("POST", "/things", json={"name": name}, headers=headers)

    def test_twin_waits_and_is_answered_the_same(self):
        entered, go_on = threading.Event(), threading.Event()

        def hold(call):
            entered.set()
            go_on.wait(30)

        example.TROUBLE[:] = [hold]
        with ThreadPoolExecutor() as pool:
            first = pool.submit(self.kettle)
            self.assertTrue(entered.wait(30))
            twin = pool.submit(self.kettle)
            self.wait_for_waiting("INSERT INTO base_json_api_idempotency_key")
            self.assertFalse(twin.done())
            go_on.set()
        self.assertEqual(
            [first.result().status_code, twin.result().status_code], [201] * 2
        )
        self.assertEqual(first.result().content, twin.result().content)
        self.assertEqual(twin.result().headers["Idempotent-Replayed"], "true")
        self.assertEqual(example.CALLS, ["Kettle"])

    def test_twin_of_a_refused_request_does_it(self):
        entered, go_on = threading.Event(), threading.Event()

        def hold_and_refuse_the_first(call):
            if len(example.CALLS) == 1:
                entered.set()
                go_on.wait(30)
                raise example.problems.Conflict("Not now")

        example.TROUBLE[:] = [hold_and_refuse_the_first]
        with ThreadPoolExecutor() as pool:
            first = pool.submit(self.kettle)
            self.assertTrue(entered.wait(30))
            twin = pool.submit(self.kettle)
            self.wait_for_waiting("INSERT INTO base_json_api_idempotency_key")
            go_on.set()
        self.assertEqual(first.result().status_code, 409)
        self.assertEqual(twin.result().status_code, 201)
        self.assertNotIn("Idempotent-Replayed", twin.result().headers)

    def test_many_at_once_do_it_once(self):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _n: self.kettle(), range(16)))
        self.assertEqual({answer.status_code for answer in answers}, {201})
        self.assertEqual(len({answer.content for answer in answers}), 1)
        self.assertEqual(example.CALLS, ["Kettle"])

    def test_another_request_at_the_same_time_is_409(self):
        entered, go_on = threading.Event(), threading.Event()

        def hold(call):
            entered.set()
            go_on.wait(30)

        example.TROUBLE[:] = [hold]
        with ThreadPoolExecutor() as pool:
            first = pool.submit(self.kettle)
            self.assertTrue(entered.wait(30))
            other = pool.submit(self.kettle, "Pot")
            self.wait_for_waiting("INSERT INTO base_json_api_idempotency_key")
            go_on.set()
        self.assertEqual(first.result().status_code, 201)
        self.assertEqual(other.result().status_code, 409)

    @mute_logger("odoo.sql_db")
    def test_killed_worker_leaves_no_key(self):
        with ThreadPoolExecutor() as pool, closing(self.registry.cursor()) as killed:
            keys = api.Environment(killed, SUPERUSER_ID, {})[KEYS]
            self.assertTrue(keys._claim("test_killed", "user:1", "k", "digest"))
            killed.execute("SELECT pg_backend_pid()")
            pid = killed.fetchone()[0]
            twin = pool.submit(self.claim)
            self.wait_for_waiting("INSERT INTO base_json_api_idempotency_key")
            with self.registry.cursor() as cr:
                cr.execute("SELECT pg_terminate_backend(%s)", [pid])
            self.assertTrue(twin.result(30), "the twin has the key now")
            with self.assertRaises(psycopg2.OperationalError):
                killed.execute("SELECT 1")
            killed._closed = True

    def claim(self):
        """Take the key on a cursor of its own."""
        with self.registry.cursor() as cr:
            keys = api.Environment(cr, SUPERUSER_ID, {})[KEYS]
            return keys._claim("test_killed", "user:1", "k", "digest")


@tagged("post_install", "-at_install")
class TestManyCounted(ConcurrencyCase):
    def test_limit_is_exact_however_many_ask_at_once(self):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _n: self.request("GET", "/few"), range(24)))
        statuses = [answer.status_code for answer in answers]
        self.assertEqual((statuses.count(200), statuses.count(429)), (3, 21))

    def test_transactions_count_exactly(self):
        def hit(_number):
            with self.registry._db.cursor() as cr:
                rates = api.Environment(cr, SUPERUSER_ID, {})["base.json.api.rate"]
                buckets = [("test_json_a", 3600), ("test_json_b", 3600)]
                return {name: hits for name, hits, _reset in rates._hit(buckets)}

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(hit, range(80)))
        for bucket in ("test_json_a", "test_json_b"):
            self.assertEqual(
                sorted(one[bucket] for one in found), list(range(1, 81)), bucket
            )

    def test_connection_that_has_counted_is_an_ordinary_one_again(self):
        pids = []
        with self.registry._db.cursor() as cr:
            rates = api.Environment(cr, SUPERUSER_ID, {})["base.json.api.rate"]
            with rates._apart() as apart:
                pids.append(apart._cnx.get_backend_pid())
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.Error),
                rates._apart() as apart,
            ):
                pids.append(apart._cnx.get_backend_pid())
                apart.execute("SELECT 1 / 0")
        with ExitStack() as stack:
            # As many as it takes to get hold of all that lie idle.
            borrowed = [
                stack.enter_context(self.registry._db.cursor()) for _n in range(10)
            ]
            again = [cr for cr in borrowed if cr._cnx.get_backend_pid() in pids]
            self.assertTrue(again)
            for cr in again:
                cr.execute("SHOW transaction_isolation")
                self.assertEqual(cr.fetchone(), ("repeatable read",))
                self.assertFalse(cr._cnx.autocommit)
