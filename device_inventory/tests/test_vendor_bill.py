from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DeviceCase


@tagged("post_install", "-at_install")
class TestVendorBill(DeviceCase):
    """What the supplier of own devices is paid, as the accountant."""

    def bill(self, lots, price):
        order = lots.sudo().custody_id.purchase_line_id.order_id
        order = order.with_user(self.accounting_manager)
        order.action_create_invoice()
        bill = order.invoice_ids
        bill.invoice_date = fields.Date.today()
        bill.invoice_line_ids.price_unit = price
        bill.action_post()
        return bill

    def test_a_bill_at_cost_clears_stock_input(self):
        lots = self.receive(2, costs=[200.0, 200.0])
        self.bill(lots, 200.0)
        self.assertBalances({"valuation": 400.0, "payable": -400.0})

    def test_a_price_difference_goes_to_cogs(self):
        lots = self.receive(2, costs=[200.0, 180.5])
        self.bill(lots, 195.0)
        self.assertBalances({"valuation": 380.5, "cogs": 9.5, "payable": -390.0})

    def test_a_bill_reset_and_posted_again_posts_the_difference_once(self):
        lots = self.receive(2, costs=[200.0, 180.5])
        bill = self.bill(lots, 195.0)
        bill.button_draft()
        self.assertFalse(lots.sudo().custody_id.vendor_bill_line_id)
        bill.action_post()
        self.assertBalances({"valuation": 380.5, "cogs": 9.5, "payable": -390.0})

    def test_an_order_on_consignment_has_nothing_to_bill(self):
        lots = self.receive(1, owner=self.axis)
        order = lots.sudo().custody_id.purchase_line_id.order_id
        self.assertEqual(order.invoice_status, "no")
        with self.assertRaisesRegex(UserError, "consignment"):
            order.with_user(self.accounting_manager).action_create_invoice()

    def test_a_bill_of_consigned_devices_cannot_be_posted(self):
        lots = self.receive(1, owner=self.axis)
        line = lots.sudo().custody_id.purchase_line_id
        bill = (
            self.env["account.move"]
            .with_user(self.accounting_manager)
            .create(
                {
                    "move_type": "in_invoice",
                    "partner_id": self.axis_vendor.id,
                    "invoice_date": fields.Date.today(),
                    "journal_id": self.journals[self.reyder]["BILL"].id,
                    "invoice_line_ids": [
                        (
                            0,
                            0,
                            {
                                "product_id": self.phone.id,
                                "quantity": 1,
                                "price_unit": 200.0,
                                "purchase_line_id": line.id,
                            },
                        )
                    ],
                }
            )
        )
        with self.assertRaisesRegex(UserError, line.order_id.name):
            bill.action_post()
