"""Two people at one device: exactly one wins, the other is told who holds it.

Nothing here can run in a test transaction: each person has a cursor of its own, so
what the class needs is committed and taken away again.
"""

import threading
import time
from contextlib import contextmanager, nullcontext
from functools import partial
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tests.common import BaseCase, get_db_name
from odoo.tools import mute_logger

from ..models.guard import internal
from ..tools import imei

SECONDS_TO_WAIT = 20
ROLES = {
    "first_seller": "sales_team.group_sale_salesman",
    "second_seller": "sales_team.group_sale_salesman",
    "first_packer": "stock.group_stock_user",
    "second_packer": "stock.group_stock_user",
}


@contextmanager
def environment(uid=SUPERUSER_ID):
    """An environment on a cursor of its own, committed when all went well."""
    with Registry(get_db_name()).cursor() as cr:
        yield api.Environment(cr, uid, {})


@tagged("post_install", "-at_install", "device_concurrency")
class TestConcurrency(BaseCase):
    def setUp(self):
        super().setUp()
        # The thread that runs the tests holds the registry's lock for good.
        self.startPatcher(patch.object(Registry, "_lock", nullcontext()))
        self.ids = {}
        with environment() as env:
            self._create_users(env)
            self._create_device(env)
            self._create_orders(env)
        self.addCleanup(self._clean)

    # -- what is committed -------------------------------------------------------------

    def _create_users(self, env):
        users = env["res.users"].with_context(no_reset_password=True)
        for login, group in ROLES.items():
            user = users.create(
                {
                    "login": f"device_{login}",
                    "name": login.replace("_", " ").title(),
                    "groups_id": [(6, 0, env.ref(group).ids)],
                }
            )
            self.ids[login] = user.id

    def _create_device(self, env):
        product = env["product.product"].create(
            {
                "name": "Contended Phone",
                "is_device": True,
                "type": "consu",
                "is_storable": True,
                "tracking": "serial",
                "invoice_policy": "delivery",
            }
        )
        body = "99000843000001"
        self.imei = body + imei.check_digit(body)
        lot = internal(env["stock.lot"]).create(
            {
                "name": self.imei,
                "product_id": product.id,
                "qc_status": "qc_complete",
            }
        )
        custody = env["device.custody"]._create_internal(
            [
                {
                    "lot_id": lot.id,
                    "identity_key": lot.imei_key,
                    "product_id": product.id,
                    "company_id": env.company.id,
                    "owner_company_id": env.company.id,
                    "purchase_cost": 100.0,
                }
            ]
        )
        custody._become_current()
        internal(lot).qc_status = "qc_complete"
        self.ids.update(product=product.id, lot=lot.id, custody=custody.id)

    def _create_orders(self, env):
        partner = env["res.partner"].create({"name": "Contending Customer"})
        self.ids["partner"] = partner.id
        for seller, name in (("first_seller", "first"), ("second_seller", "second")):
            order = env["sale.order"].create(
                {
                    "partner_id": partner.id,
                    "user_id": self.ids[seller],
                    "order_line": [
                        (
                            0,
                            0,
                            {
                                "product_id": self.ids["product"],
                                "product_uom_qty": 1,
                                "price_unit": 150.0,
                            },
                        )
                    ],
                }
            )
            self.ids[name] = order.id
            self.ids[f"{name}_line"] = order.order_line.id

    def _clean(self):
        with environment() as env:
            orders = env["sale.order"].browse([self.ids["first"], self.ids["second"]])
            boxes = orders.packing_box_ids
            manifests = boxes.manifest_id
            scans = env["device.scan"].search(
                [("res_model", "=", "packing.box"), ("res_id", "in", boxes.ids)]
            )
            orders.device_line_ids.unlink()
            boxes.action_cancel()
            scans.unlink()
            boxes.unlink()
            manifests.unlink()
            lot = env["stock.lot"].browse(self.ids["lot"])
            internal(lot.movement_ids).unlink()
            internal(lot).custody_id = False
            env["device.custody"].browse(self.ids["custody"]).unlink()
            lot.unlink()
            orders.unlink()
            product = env["product.product"].browse(self.ids["product"])
            product.product_tmpl_id.unlink()
            env["res.partner"].browse(self.ids["partner"]).unlink()
            users = env["res.users"].browse([self.ids[login] for login in ROLES])
            partners = users.partner_id
            users.unlink()
            partners.unlink()

    # -- two at once -------------------------------------------------------------------

    def _run_both(self, first, second):
        """Run `first`, start `second` while the first is open, then commit the first.

        Each runs as the server runs a call: again after a serialization failure.

        :param first: pair of a user's login and a callable taking an environment
        :param second: likewise
        :return: the two results; an exception in the place of a result
        """
        results = [None, None]

        def run_second():
            with (
                mute_logger("odoo.sql_db", "odoo.service.model"),
                environment(self.ids[second[0]]) as env,
            ):
                try:
                    results[1] = retrying(partial(second[1], env), env)
                except UserError as error:
                    results[1] = error
                    env.cr.rollback()

        thread = threading.Thread(target=run_second)
        with environment(self.ids[first[0]]) as env:
            results[0] = first[1](env)
            env.flush_all()
            thread.start()
            self._wait_until_blocked(results)
        thread.join(SECONDS_TO_WAIT)
        self.assertFalse(thread.is_alive(), "the second one never came to an end")
        return results

    def _wait_until_blocked(self, results):
        """Wait until a transaction of this database waits for another one's lock."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while time.monotonic() < deadline:
            with environment() as env:
                env.cr.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                    "AND wait_event_type = 'Lock'"
                )
                if env.cr.fetchone():
                    return
            time.sleep(0.05)
        self.fail(f"the second one did not wait for the first: {results}")

    def _allocate(self, name, env):
        return (
            env["sale.order.line.device"]
            .create(
                {
                    "sale_order_line_id": self.ids[f"{name}_line"],
                    "lot_id": self.ids["lot"],
                }
            )
            .ids
        )

    def test_two_orders_allocate_one_device_and_the_loser_is_told_who_holds_it(self):
        first, second = self._run_both(
            ("first_seller", partial(self._allocate, "first")),
            ("second_seller", partial(self._allocate, "second")),
        )
        self.assertEqual(len(first), 1)
        self.assertIsInstance(second, UserError)
        with environment() as env:
            allocation = env["sale.order.line.device"].search(
                [("lot_id", "=", self.ids["lot"])]
            )
            self.assertEqual(allocation.ids, first)
            self.assertIn(self.imei, str(second))
            self.assertIn(allocation.order_id.name, str(second))

    def _create_box(self):
        """Commit a box that expects the device."""
        with environment() as env:
            self._allocate("first", env)
            order = env["sale.order"].browse(self.ids["first"])
            box = order._create_packing_box(env["stock.picking"])
            box._add_devices(order.device_line_ids)
            self.ids["box"] = box.id

    def _scan(self, code, token, env):
        return env["packing.box"].browse(self.ids["box"]).scan_device(code, token)

    def test_two_packers_scan_one_device_and_the_loser_is_told_who_packed_it(self):
        self._create_box()
        first, second = self._run_both(
            ("first_packer", partial(self._scan, self.imei, "one")),
            ("second_packer", partial(self._scan, self.imei, "two")),
        )
        self.assertEqual((first["ok"], first["family"]), (True, "good"))
        self.assertEqual((second["ok"], second["family"]), (False, "duplicate"))
        self.assertIn("First Packer", second["message"])
        self.assertEqual(second["counts"]["done"], 1)

    def test_one_token_sent_twice_at_once_is_one_scan(self):
        self._create_box()
        for code in (self.imei, "356938035643809"):
            with self.subTest(code):
                first, second = self._run_both(
                    ("first_packer", partial(self._scan, code, f"same-{code}")),
                    ("second_packer", partial(self._scan, code, f"same-{code}")),
                )
                self.assertEqual(second, first)
                with environment() as env:
                    self.assertEqual(
                        env["device.scan"].search_count(
                            [("token", "=", f"same-{code}")]
                        ),
                        1,
                    )
