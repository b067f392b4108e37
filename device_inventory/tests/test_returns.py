from psycopg2.errors import UniqueViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DeviceCase


@tagged("post_install", "-at_install")
class TestReturns(DeviceCase):
    """A customer sends devices back; and devices that come to us a second time."""

    def sell_and_ship(self, lots, prices=300.0):
        order = self.sell(lots, prices)
        self.ship(self.box_of(order))
        return order

    def give_back(self, order, lots):
        """Receive the return of some devices through core's own wizard."""
        picking = order.sudo().picking_ids.filtered(
            lambda p: p.picking_type_code == "outgoing"
        )
        context = {
            "active_id": picking.id,
            "active_ids": picking.ids,
            "active_model": "stock.picking",
        }
        wizard = (
            self.env["stock.return.picking"]
            .with_user(self.warehouse)
            .with_context(**context)
            .create({})
        )
        for line in wizard.product_return_moves:
            line.quantity = len(lots.grouped("product_id")[line.product_id])
        action = wizard.action_create_returns()
        back = wizard.env["stock.picking"].browse(action["res_id"])
        for line, lot in zip(back.move_line_ids, lots, strict=True):
            line.lot_id = lot
        back.move_ids.picked = True
        back.button_validate()
        return back

    def test_a_returned_device_waits_for_qc_on_the_same_lot(self):
        lots = self.receive_ready(2)
        order = self.sell_and_ship(lots)
        self.give_back(order, lots[0])
        lot = lots[0].with_user(self.warehouse)
        self.assertEqual(lot.device_status, "returned")
        self.assertEqual(lot.qc_status, "pending_qc")
        self.assertEqual(lot.product_qty, 1)
        self.assertEqual(len(lot.custody_ids), 2)
        self.assertEqual(lots[1].with_user(self.warehouse).device_status, "sold")

    def test_a_return_reverses_cogs_and_credits_the_invoiced_price(self):
        lots = self.receive_ready(2, costs=[100.0, 120.0])
        order = self.sell_and_ship(lots, [300.0, 350.0])
        self.give_back(order, lots[1])
        refund = order.sudo().invoice_ids.filtered(
            lambda move: move.move_type == "out_refund"
        )
        self.assertEqual(refund.amount_total, 350.0)
        self.assertEqual(refund.state, "posted")
        self.assertBalances(
            {
                "valuation": 120.0,
                "stock_input": -220.0,
                "cogs": 100.0,
                "income": -300.0,
                "receivable": 300.0,
            }
        )

    def test_a_returned_device_is_sold_again_after_qc(self):
        lots = self.receive_ready(1)
        self.give_back(self.sell_and_ship(lots), lots)
        self.pass_qc(lots)
        self.assertEqual(lots.with_user(self.warehouse).device_status, "available")
        self.sell_and_ship(lots, 280.0)
        self.assertEqual(lots.with_user(self.warehouse).device_status, "sold")
        self.assertEqual(lots.sudo().product_qty, 0)

    def test_a_sold_device_bought_again_is_the_same_lot_and_can_be_sold_again(self):
        lots = self.receive_ready(1, costs=[200.0])
        self.sell_and_ship(lots)
        manifest = self.receive_again(lots, self.order_devices(1, cost=90.0))
        self.assertEqual(manifest.line_ids.stock_lot_id, lots)
        lot = lots.with_user(self.warehouse)
        self.assertEqual(lot.purchase_cost, 90.0)
        self.assertEqual(lot.product_qty, 1)
        positive = lots.sudo().quant_ids.filtered(lambda q: q.quantity > 0)
        self.assertEqual(len(positive), 1)
        self.pass_qc(lots)
        self.sell_and_ship(lots, 150.0)
        self.assertEqual(lot.device_status, "sold")

    def test_a_device_that_comes_back_with_another_owner_changes_hands(self):
        lots = self.receive_ready(1, owner=self.axis)
        self.sell_and_ship(lots)
        self.receive_again(lots, self.order_devices(1, cost=90.0))
        here = lots.sudo().quant_ids.filtered(
            lambda q: q.quantity > 0 and q.location_id.usage != "inventory"
        )
        self.assertEqual(here.location_id.usage, "internal")
        self.assertFalse(here.owner_id)
        self.assertEqual(lots.location_id, here.location_id)
        self.assertEqual(lots.owner_company_id, self.reyder)
        self.pass_qc(lots)
        self.sell_and_ship(lots, 150.0)
        self.assertEqual(lots.with_user(self.warehouse).device_status, "sold")

    def receive_again(self, lots, order):
        manifest = order.sudo().device_manifest_ids.with_user(self.warehouse)
        self.scan(manifest, lots.mapped("name"))
        manifest.action_mark_complete()
        return manifest

    def test_only_one_live_custody_of_an_identity_is_possible_in_the_database(self):
        lot = self.receive(1)
        custody = lot.sudo().custody_id
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.env["device.custody"]._create_internal(
                [
                    {
                        "lot_id": lot.id,
                        "identity_key": custody.identity_key,
                        "product_id": lot.product_id.id,
                        "company_id": self.axis.id,
                        "owner_company_id": self.axis.id,
                    }
                ]
            )
            self.env.flush_all()
