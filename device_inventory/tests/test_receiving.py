from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools import imei
from .common import DeviceCase


@tagged("post_install", "-at_install")
class TestReceiving(DeviceCase):
    """From the purchase order to devices in stock, as the warehouse user."""

    def manifest_of(self, order, user=None):
        return order.sudo().device_manifest_ids.with_user(user or self.warehouse)

    def expect(self, manifest, numbers, **facts):
        """Give the manifest a supplier's file with these IMEIs."""
        rows = [{"identity": imei.parse(number), **facts} for number in numbers]
        manifest._import_rows(rows, "supplier.xlsx", f"digest of {numbers}")

    def make_numbers(self, count, product=None):
        return [self.make_imei(product) for _index in range(count)]

    # -- manifest -------------------------------------------------------------

    def test_confirming_the_order_makes_one_receiving_manifest(self):
        order = self.order_devices(3)
        manifest = self.manifest_of(order)
        self.assertEqual(len(manifest), 1)
        self.assertEqual(manifest.manifest_type, "receiving")
        self.assertEqual(manifest.state, "awaiting_upload")
        self.assertEqual(manifest.expected_count, 3)
        self.assertEqual(manifest.picking_id, order.sudo().picking_ids)
        self.assertRegex(manifest.name, r"^MAN/\d{4}/\d{4}$")

    def test_an_order_without_devices_has_no_manifest(self):
        order = self.order_devices(3, product=self.cable)
        self.assertFalse(self.manifest_of(order))

    def test_the_owner_is_the_company_whose_agreement_names_the_vendor(self):
        self.assertEqual(self.order_devices(1).owner_company_id, self.reyder)
        consigned = self.order_devices(1, owner=self.axis)
        self.assertEqual(consigned.owner_company_id, self.axis)

    def test_state_and_entry_of_a_manifest_cannot_be_written_by_hand(self):
        manifest = self.manifest_of(self.order_devices(1))
        for vals in ({"state": "complete"}, {"purchase_id": False}):
            with self.assertRaisesRegex(UserError, "cannot be edited"):
                manifest.write(vals)

    def test_a_context_made_by_a_client_opens_no_protected_field(self):
        manifest = self.manifest_of(self.order_devices(1))
        for forged in (True, 1, "INTERNAL", {"a": 1}):
            with self.assertRaises(UserError):
                manifest.with_context(device_internal=forged).write(
                    {"state": "complete"}
                )

    # -- scanning -------------------------------------------------------------

    def test_without_a_file_every_device_scanned_is_received(self):
        manifest = self.manifest_of(self.order_devices(2))
        reply = manifest.scan_device(self.make_imei())
        self.assertTrue(reply["ok"])
        self.assertEqual(reply["family"], "good")
        self.assertEqual(reply["counts"]["done"], 1)
        self.assertEqual(manifest.line_ids.state, "received")
        self.assertEqual(manifest.state, "in_progress")

    def test_a_device_missing_from_the_file_is_unexpected_until_it_is_resolved(self):
        manifest = self.manifest_of(self.order_devices(1))
        self.expect(manifest, self.make_numbers(1))
        reply = manifest.scan_device(self.make_imei())
        self.assertEqual(reply["family"], "unexpected")
        line = manifest.line_ids.filtered(lambda x: x.state == "unexpected")
        with self.assertRaisesRegex(UserError, f"{line.imei}: unexpected"):
            manifest.action_mark_complete()
        line.action_accept()
        manifest.action_mark_complete()
        self.assertEqual(line.stock_lot_id.name, line.imei)
        self.assertEqual(line.state, "unexpected")

    def test_a_second_scan_is_a_duplicate_that_names_who_scanned_first(self):
        manifest = self.manifest_of(self.order_devices(1))
        number = self.make_imei()
        manifest.scan_device(number)
        reply = manifest.scan_device(number)
        self.assertEqual(reply["family"], "duplicate")
        self.assertIn(self.warehouse.name, reply["message"])
        self.assertEqual(manifest.duplicate_count, 1)
        manifest.scan_device(number)
        self.assertEqual(manifest.duplicate_count, 1)
        with self.assertRaisesRegex(UserError, "scanned twice"):
            manifest.action_mark_complete()
        manifest.action_dismiss_duplicates()
        manifest.action_mark_complete()
        self.assertEqual(manifest.received_count, 1)

    def test_a_wrong_imei_is_refused_naming_the_right_check_digit(self):
        manifest = self.manifest_of(self.order_devices(1))
        number = self.make_imei()
        wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
        reply = manifest.scan_device(wrong)
        self.assertEqual(reply["family"], "refused")
        self.assertIn(f"must be {number[-1]}", reply["message"])
        self.assertFalse(manifest.line_ids)

    def test_an_imei_is_read_with_spaces_hyphens_and_without_check_digit(self):
        manifest = self.manifest_of(self.order_devices(1))
        number = self.make_imei()
        manifest.scan_device(f"{number[:2]}-{number[2:8]} {number[8:]}")
        self.assertEqual(manifest.line_ids.imei, number)
        reply = manifest.scan_device(number[:14])
        self.assertEqual(reply["family"], "duplicate")

    def test_the_same_token_gets_the_same_reply_and_changes_nothing(self):
        manifest = self.manifest_of(self.order_devices(2))
        number = self.make_imei()
        first = manifest.scan_device(number, "token-1")
        again = manifest.scan_device(number, "token-1")
        self.assertEqual(first, again)
        self.assertEqual(manifest.received_count, 1)
        self.assertFalse(manifest.duplicate_count)

    def test_undo_takes_a_scan_back(self):
        manifest = self.manifest_of(self.order_devices(2))
        numbers = self.make_numbers(1)
        self.expect(manifest, numbers)
        expected = manifest.scan_device(numbers[0])
        unlisted = manifest.scan_device(self.make_imei())
        duplicate = manifest.scan_device(numbers[0])
        for reply in (duplicate, unlisted, expected):
            manifest.scan_undo(reply["scan_id"])
        self.assertEqual(manifest.line_ids.mapped("state"), ["expected"])
        self.assertFalse(manifest.duplicate_count)
        with self.assertRaisesRegex(UserError, "cannot be undone"):
            manifest.scan_undo(expected["scan_id"])

    def test_a_device_in_stock_is_refused_and_its_manifest_named(self):
        lot = self.receive(1)
        before = lot.sudo().custody_id.manifest_line_id.manifest_id
        manifest = self.manifest_of(self.order_devices(1))
        reply = manifest.scan_device(lot.name)
        self.assertEqual(reply["family"], "refused")
        self.assertIn(before.name, reply["message"])

    def test_a_scan_costs_a_constant_number_of_queries(self):
        manifest = self.manifest_of(self.order_devices(2))
        numbers = self.make_numbers(30)
        self.expect(manifest, numbers)
        manifest.scan_device(numbers[0])

        def count_queries(number):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            manifest.scan_device(number)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        counts = [count_queries(number) for number in numbers[1:]]
        self.assertLessEqual(max(counts), 25)
        self.assertEqual(counts[1], counts[-1])

    # -- completion -----------------------------------------------------------

    def test_complete_puts_lots_in_stock_and_closes_the_order(self):
        lots = self.receive(3)
        line = lots.sudo().custody_id.purchase_line_id
        self.assertEqual(line.qty_received, 3)
        self.assertEqual(line.order_id.picking_ids.state, "done")
        for lot in lots:
            quant = lot.quant_ids.filtered(lambda q: q.location_id.usage == "internal")
            self.assertEqual(quant.quantity, 1)
            self.assertFalse(quant.owner_id)
        self.assertEqual(set(lots.mapped("qc_status")), {"pending_qc"})
        self.assertEqual(
            set(lots.with_user(self.warehouse).mapped("device_status")), {"available"}
        )

    def test_consigned_devices_carry_their_owner_in_stock(self):
        lot = self.receive(1, owner=self.axis)
        quant = lot.quant_ids.filtered(lambda q: q.location_id.usage == "internal")
        self.assertEqual(quant.owner_id, self.axis.partner_id)
        self.assertEqual(lot.owner_company_id, self.axis)
        self.assertEqual(lot.holder_company_id, self.reyder)

    def test_each_receipt_writes_one_movement_a_device(self):
        lots = self.receive(2)
        movements = self.env["device.movement"].search([("lot_id", "in", lots.ids)])
        self.assertEqual(movements.mapped("movement_type"), ["receipt", "receipt"])
        self.assertEqual(movements.user_id, self.warehouse)

    def test_what_was_not_scanned_is_missing_with_a_claim_deadline(self):
        order = self.order_devices(2)
        manifest = self.manifest_of(order)
        numbers = self.make_numbers(2)
        self.expect(manifest, numbers)
        manifest.scan_device(numbers[0])
        manifest.action_mark_complete()
        self.assertEqual(
            sorted(manifest.line_ids.mapped("state")), ["missing", "received"]
        )
        days = manifest.claim_deadline - manifest.date_complete.date()
        self.assertEqual(days.days, 14)
        self.assertEqual(order.sudo().order_line.qty_received, 1)
        pickings = order.sudo().picking_ids
        self.assertEqual(set(pickings.mapped("state")), {"done"})

    def test_other_goods_of_the_order_stay_on_a_back_order(self):
        order = self.order_devices(1)
        order.write(
            {
                "order_line": [
                    (0, 0, {"product_id": self.cable.id, "product_qty": 5}),
                ]
            }
        )
        manifest = self.manifest_of(order)
        manifest.scan_device(self.make_imei())
        manifest.action_mark_complete()
        backorder = order.sudo().picking_ids.filtered(lambda p: p.state != "done")
        self.assertEqual(backorder.move_ids.product_id, self.cable)

    def test_a_device_of_a_product_not_ordered_gets_a_move_of_its_own(self):
        order = self.order_devices(1)
        manifest = self.manifest_of(order)
        number = self.make_imei(self.other_phone)
        manifest.scan_device(number)
        manifest.action_mark_complete()
        lot = self.find_lots([number])
        self.assertEqual(lot.product_id, self.other_phone)
        self.assertEqual(lot.product_qty, 1)

    def test_a_device_of_unknown_model_blocks_and_is_named(self):
        order = self.order_devices(1)
        order.write(
            {
                "order_line": [
                    (0, 0, {"product_id": self.other_phone.id, "product_qty": 1}),
                ]
            }
        )
        manifest = self.manifest_of(order)
        number = "490154203237518"
        manifest.scan_device(number)
        with self.assertRaisesRegex(UserError, f"{number}: no product"):
            manifest.action_mark_complete()
        manifest.line_ids.product_id = self.other_phone
        manifest.action_mark_complete()
        self.assertEqual(manifest.state, "complete")

    def test_the_vendors_code_decides_the_product_before_the_tac(self):
        order = self.order_devices(1)
        self.env["product.supplierinfo"].create(
            {
                "partner_id": self.vendor.id,
                "product_tmpl_id": self.other_phone.product_tmpl_id.id,
                "product_code": "S22-128",
            }
        )
        manifest = self.manifest_of(order)
        self.expect(manifest, self.make_numbers(1), supplier_sku="s22-128")
        self.assertEqual(manifest.line_ids.product_id, self.other_phone)

    def test_completing_twice_is_refused(self):
        lot = self.receive(1)
        manifest = lot.sudo().custody_id.manifest_line_id.manifest_id
        with self.assertRaisesRegex(UserError, "not open"):
            manifest.with_user(self.warehouse).action_mark_complete()

    def test_the_receipts_own_button_names_the_manifest(self):
        order = self.order_devices(1)
        picking = order.sudo().picking_ids.with_user(self.warehouse)
        with self.assertRaisesRegex(UserError, self.manifest_of(order).name):
            picking.button_validate()

    def test_a_refused_completion_leaves_nothing_half_written(self):
        order = self.order_devices(2)
        manifest = self.manifest_of(order)
        numbers = self.make_numbers(2)
        for number in numbers:
            manifest.scan_device(number)
        manifest.scan_device(numbers[0])
        with self.assertRaises(UserError):
            manifest.action_mark_complete()
        self.assertFalse(self.find_lots(numbers))
        self.assertFalse(
            self.env["device.custody"].search([("identity_key", "=", numbers[0][:14])])
        )
        self.assertFalse(manifest.account_move_id)
        self.assertNotEqual(order.sudo().picking_ids.state, "done")

    # -- accounting -----------------------------------------------------------

    def test_receipt_debits_valuation_and_credits_stock_input_at_cost(self):
        self.receive(3, costs=[100.0, 100.0, 150.5])
        self.assertBalances({"valuation": 350.5, "stock_input": -350.5})

    def test_receipt_entry_groups_devices_by_product_and_cost(self):
        lots = self.receive(3, costs=[100.0, 100.0, 150.5])
        entry = lots.sudo().custody_id.receipt_move_id
        self.assertEqual(len(entry.line_ids), 4)
        self.assertEqual(sorted(entry.line_ids.mapped("quantity")), [1, 1, 2, 2])

    def test_consigned_devices_are_valued_on_receipt_too(self):
        self.receive(1, owner=self.axis, costs=[120.0])
        self.assertBalances({"valuation": 120.0, "stock_input": -120.0})

    def test_off_balance_devices_post_no_receipt(self):
        self.agreement.accounting_mode = "off_balance"
        self.receive(1, owner=self.axis, costs=[120.0])
        self.assertBalances({})

    def test_a_missing_account_lets_the_receipt_through_and_says_so(self):
        self.reyder.device_stock_input_account_id = False
        lot = self.receive(1)
        manifest = lot.sudo().custody_id.manifest_line_id.manifest_id
        manifest = manifest.with_user(self.warehouse)
        self.assertEqual(lot.product_qty, 1)
        self.assertFalse(manifest.sudo().account_move_id)
        self.assertIn("Stock Input", manifest.missing_entry_reason)
        self.assertIn("Stock Input", manifest.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "Stock Input"):
            manifest.action_retry_accounting()
        self.reyder.device_stock_input_account_id = self.accounts[self.reyder][
            "stock_input"
        ]
        manifest.action_retry_accounting()
        self.assertFalse(manifest.missing_entry_reason)
        self.assertBalances({"valuation": 200.0, "stock_input": -200.0})

    def test_posting_the_receipt_again_changes_nothing(self):
        lot = self.receive(1)
        manifest = lot.sudo().custody_id.manifest_line_id.manifest_id
        manifest._create_inventory_accounting_entry()
        self.assertBalances({"valuation": 200.0, "stock_input": -200.0})
