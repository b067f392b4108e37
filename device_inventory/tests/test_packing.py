"""The packing box: one scan a device, then everything that shipping does."""

from odoo.tests import tagged

from .common import DeviceCase


@tagged("post_install", "-at_install")
class TestPacking(DeviceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.receive_ready(3, costs=[200.0, 200.0, 230.0])
        cls.consigned = cls.receive_ready(2, owner=cls.axis, costs=210.0)
        cls.lots = cls.own[:2] | cls.consigned[:1]
        cls.order = cls.sell(cls.lots, [300.0, 310.0, 320.0])
        cls.box = cls.box_of(cls.order)

    def _scan_one(self, lot, **kwargs):
        return self.box.scan_device(lot.name, **kwargs)

    def _line(self, lot):
        return self.box.line_ids.filtered(lambda line: line.lot_id == lot)

    # -- scanning ----------------------------------------------------------------------

    def test_one_scan_packs_the_device_and_picks_the_manifest_line(self):
        lot = self.lots[0]
        reply = self._scan_one(lot)
        self.assertEqual(
            {key: reply[key] for key in ("ok", "code", "family", "imei", "device")},
            {
                "ok": True,
                "code": "good",
                "family": "good",
                "imei": lot.name,
                "device": self.phone.display_name,
            },
        )
        self.assertEqual(
            reply["counts"],
            {"done": 1, "expected": 3, "unexpected": 0, "duplicate": 0},
        )
        line = self._line(lot)
        self.assertTrue(line.packed)
        self.assertEqual(line.packed_by_id, self.warehouse)
        self.assertEqual(line.manifest_line_id.state, "received")
        self.assertEqual(line.allocation_id.state, "picked")
        self.assertEqual(self.box.state, "packing")
        self.assertEqual(lot.movement_ids.sorted("id")[-1].movement_type, "pack")

    def test_scan_reads_every_writing_of_the_imei(self):
        imei = self.lots[0].name
        reply = self.box.scan_device(f"{imei[:2]}-{imei[2:8]}-{imei[8:14]}-{imei[14]}")
        self.assertTrue(reply["ok"])
        self.assertEqual(reply["imei"], imei)

    def test_second_scan_of_a_device_is_a_duplicate_and_says_who_packed_it(self):
        self._scan_one(self.lots[0])
        reply = self._scan_one(self.lots[0])
        self.assertFalse(reply["ok"])
        self.assertEqual(reply["family"], "duplicate")
        self.assertIn(self.warehouse.name, reply["message"])
        self.assertEqual(reply["counts"]["done"], 1)

    def test_device_of_another_order_names_that_order(self):
        other = self.sell(self.own[2])
        reply = self._scan_one(self.own[2])
        self.assertEqual((reply["family"], reply["code"]), ("unexpected", "wrong_box"))
        self.assertIn(other.name, reply["message"])

    def test_device_without_allocation_is_unexpected(self):
        reply = self._scan_one(self.consigned[1])
        self.assertEqual(
            (reply["family"], reply["code"]), ("unexpected", "not_allocated")
        )

    def test_imei_that_is_no_device_of_ours_is_unexpected(self):
        unknown = self.make_imei()
        reply = self.box.scan_device(unknown)
        self.assertEqual((reply["family"], reply["code"]), ("unexpected", "unknown"))
        self.assertIn(unknown, reply["message"])

    def test_what_is_no_imei_is_refused_and_changes_nothing(self):
        for code in ("", "hello", "000000000000000", self.lots[0].name[:-1] + "x"):
            reply = self.box.scan_device(code)
            self.assertEqual((reply["ok"], reply["family"]), (False, "refused"), code)
        self.assertEqual(self.box.state, "draft")

    def test_a_repeated_token_gets_the_same_reply_and_changes_nothing(self):
        first = self._scan_one(self.lots[0], token="scan-1")
        again = self._scan_one(self.lots[0], token="scan-1")
        self.assertEqual(again, first)
        self.assertEqual(
            self.env["device.scan"].search_count([("token", "=", "scan-1")]), 1
        )

    def test_undo_unpacks_the_device(self):
        reply = self._scan_one(self.lots[0])
        undone = self.box.scan_undo(reply["scan_id"])
        self.assertEqual((undone["code"], undone["counts"]["done"]), ("undone", 0))
        line = self._line(self.lots[0])
        self.assertFalse(line.packed)
        self.assertEqual(line.allocation_id.state, "allocated")
        self.assertEqual(line.manifest_line_id.state, "expected")
        with self.assertRefused("cannot be undone"):
            self.box.scan_undo(reply["scan_id"])

    def test_undo_opens_a_box_that_was_ready(self):
        self.pack(self.box)
        self.box.action_mark_ready()
        last = self.box.scan_state()["recent"][0]
        self.box.scan_undo(last["id"])
        self.assertEqual(self.box.state, "packing")

    def test_scan_screen_shows_the_last_ten_scans(self):
        for lot in list(self.lots) * 4:
            self._scan_one(lot)
        state = self.box.scan_state()
        self.assertEqual(len(state["recent"]), 10)
        self.assertEqual(state["counts"]["done"], 3)
        self.assertTrue(state["can_scan"])
        self.assertTrue(state["actions"][0]["enabled"])

    def test_packed_lines_cannot_be_written_by_hand(self):
        with self.assertRefused("cannot be edited"):
            self.box.line_ids[0].write({"packed": True})
        with self.assertRefused("cannot be edited"):
            self.box.write({"state": "shipped"})

    # -- ready -------------------------------------------------------------------------

    def test_ready_is_refused_until_every_device_is_packed(self):
        self._scan_one(self.lots[0])
        with self.assertRefused(self.box.name, "2 devices are still to be scanned"):
            self.box.action_mark_ready()
        self.pack_rest()
        self.box.action_mark_ready()
        self.assertEqual(self.box.state, "ready")

    def pack_rest(self):
        rest = self.box.line_ids.filtered(lambda line: not line.packed)
        self.scan(self.box, rest.lot_id.mapped("name"))

    def test_shipping_is_refused_before_ready(self):
        self.pack(self.box)
        with self.assertRefused(self.box.name, "ready to ship first"):
            self.box.action_mark_shipped()

    def test_a_ready_box_refuses_scans_and_can_be_opened_again(self):
        self.pack(self.box)
        self.box.action_mark_ready()
        reply = self._scan_one(self.lots[0])
        self.assertEqual(reply["family"], "refused")
        self.box.action_back_to_packing()
        self.assertEqual(self.box.state, "packing")

    def test_release_by_the_warehouse_lets_the_box_ship_without_the_device(self):
        self._line(self.lots[0]).action_release()
        self.assertEqual(self.lots[0].device_status, "available")
        self.ship(self.box)
        self.assertEqual(self.box.state, "shipped")
        self.assertEqual(self.lots[0].device_status, "available")

    def test_cancel_leaves_the_devices_with_their_order(self):
        self._scan_one(self.lots[0])
        self.box.action_cancel()
        self.assertEqual(self.box.state, "cancelled")
        self.assertEqual(self.box.manifest_id.state, "cancelled")
        self.assertFalse(self.box.line_ids)
        self.assertEqual(set(self.lots.mapped("device_status")), {"reserved"})
        self.assertEqual(set(self.order.device_line_ids.mapped("state")), {"allocated"})

    # -- shipping ----------------------------------------------------------------------

    def test_shipping_sells_the_devices_and_completes_the_manifest(self):
        self.ship(self.box)
        self.assertEqual(self.box.state, "shipped")
        self.assertTrue(self.box.date_shipped)
        self.assertEqual(self.box.manifest_id.state, "complete")
        self.lots.invalidate_recordset(["device_status"])
        self.assertEqual(set(self.lots.mapped("device_status")), {"sold"})
        self.assertEqual(set(self.order.device_line_ids.mapped("state")), {"sold"})

    def test_shipping_delivers_exactly_these_lots_with_their_owners(self):
        self.ship(self.box)
        picking = self.box.picking_id
        self.assertEqual(picking.state, "done")
        moved = {line.lot_id: line.owner_id for line in picking.move_line_ids}
        self.assertEqual(
            moved,
            {
                self.lots[0]: self.env["res.partner"],
                self.lots[1]: self.env["res.partner"],
                self.lots[2]: self.axis.partner_id,
            },
        )
        self.assertEqual(self.order.order_line.qty_delivered, 3.0)

    def test_shipping_leaves_right_quants(self):
        self.ship(self.box)
        groups = self.env["stock.quant"]._read_group(
            [("lot_id", "in", self.lots.ids)],
            ["location_id", "owner_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        )
        found = {
            (location.usage, owner): (quantity, reserved)
            for location, owner, quantity, reserved in groups
            if quantity
        }
        none, axis = self.env["res.partner"], self.axis.partner_id
        customers = {key: value for key, value in found.items() if key[0] == "customer"}
        self.assertEqual(
            customers, {("customer", none): (2.0, 0.0), ("customer", axis): (1.0, 0.0)}
        )
        self.assertFalse([key for key in found if key[0] == "internal"])

    def test_cogs_groups_devices_by_product_and_cost(self):
        self.ship(self.box)
        entry = self.box.sudo().cogs_move_id
        self.assertEqual(entry.state, "posted")
        self.assertEqual(entry.ref, self.box.name)
        accounts = self.accounts[self.reyder]
        self.assertEqual(
            sorted(
                (line.account_id, line.quantity, line.balance)
                for line in entry.line_ids.filtered(lambda line: line.debit)
            ),
            sorted([(accounts["cogs"], 2.0, 400.0), (accounts["cogs"], 1.0, 210.0)]),
        )
        credits = entry.line_ids.filtered(lambda line: line.credit)
        self.assertEqual(credits.account_id, accounts["valuation"])
        self.assertEqual(self.box.sudo().manifest_id.cogs_move_id, entry)

    def test_invoice_is_posted_with_a_line_for_each_price(self):
        self.ship(self.box)
        invoice = self.box.sudo().invoice_ids
        self.assertEqual((len(invoice), invoice.state), (1, "posted"))
        self.assertEqual(invoice.amount_total, 930.0)
        self.assertEqual(
            sorted(invoice.invoice_line_ids.mapped("price_unit")),
            [300.0, 310.0, 320.0],
        )
        self.assertEqual(self.order.invoice_status, "invoiced")

    def test_consigned_devices_are_settled_with_their_owner(self):
        self.ship(self.box)
        report = self.box.sudo().settlement_report_ids
        self.assertEqual(report.report_type, "consignee")
        self.assertEqual(report.total_owner_amount, 272.0)
        self.assertEqual(report.line_ids.mapped("imei"), self.lots[2].mapped("name"))

    def test_shipped_box_balances(self):
        self.ship(self.box)
        received = 200.0 + 200.0 + 230.0 + 2 * 210.0
        shipped = 200.0 + 200.0 + 210.0
        self.assertBalances(
            {
                "receivable": 930.0,
                "income": -930.0,
                "valuation": received - shipped,
                "stock_input": -(received - 210.0),
                "cogs": shipped + 272.0 - 210.0,
                "payable": -272.0,
            }
        )

    def test_missing_cogs_account_stops_shipping_before_anything_is_written(self):
        self.pack(self.box)
        self.box.action_mark_ready()
        self.reyder.device_cogs_account_id = False
        entries = self.env["account.move"].search_count([])
        with self.assertRefused(self.reyder.name, "Device COGS Account"):
            self.box.action_mark_shipped()
        self.assertEqual(self.box.state, "ready")
        self.assertNotEqual(self.box.picking_id.state, "done")
        self.assertEqual(set(self.lots.mapped("device_status")), {"reserved"})
        self.assertEqual(self.env["account.move"].search_count([]), entries)
        self.assertEqual(self.order.invoice_status, "no")

    def test_gate_is_checked_again_at_shipping(self):
        self.pack(self.box)
        self.box.action_mark_ready()
        self.lots[0].with_user(self.qc).carrier_check = "blacklisted"
        with self.assertRefused(self.lots[0].name, "blacklisted", self.box.name):
            self.box.action_mark_shipped()

    def test_a_box_ships_once(self):
        self.ship(self.box)
        with self.assertRefused(self.box.name):
            self.box.action_mark_shipped()
        self.assertEqual(len(self.box.sudo().invoice_ids), 1)

    def test_shipped_box_cannot_be_cancelled_or_deleted(self):
        self.ship(self.box)
        with self.assertRefused("return"):
            self.box.action_cancel()
        with self.assertRefused("Cancel a packing box"):
            self.box.with_user(self.stock_manager).unlink()

    def test_validate_of_the_transfer_names_the_box(self):
        picking = self.box.picking_id.with_user(self.warehouse)
        picking.move_ids.picked = True
        with self.assertRefused(self.box.name, "Mark Shipped"):
            picking.button_validate()
        self.assertNotEqual(picking.state, "done")

    # -- label -------------------------------------------------------------------------

    def test_label_of_a_single_device_carries_its_gs1_element(self):
        single = self.box_of(self.sell(self.own[2]))
        self.assertEqual(single._get_gs1_text(), f"(8002){self.own[2].name}")
        html = self._render(single, "report_packing_box_label")
        self.assertIn(f"(8002){self.own[2].name}", html)
        self.assertIn(single.name, html)

    def test_label_of_several_devices_has_no_gs1_element(self):
        html = self._render(self.box, "report_packing_box_label")
        self.assertNotIn("(8002)", html)
        self.assertIn(self.order.name, html)

    def test_packing_list_names_every_device_and_no_amount(self):
        html = self._render(self.box, "report_packing_list")
        for lot in self.lots:
            self.assertIn(lot.name, html)
        for amount in ("200.00", "210.00", "300.00", "310.00", "320.00", "272.00"):
            self.assertNotIn(amount, html)

    def _render(self, box, name):
        html, _type = (
            self.env["ir.actions.report"]
            .with_user(self.warehouse)
            ._render_qweb_html(f"device_inventory.{name}", box.ids)
        )
        return html.decode()


@tagged("post_install", "-at_install")
class TestPackAgain(DeviceCase):
    def test_devices_of_a_cancelled_box_get_a_new_one(self):
        order = self.sell(self.receive_ready(1))
        box = self.box_of(order)
        box.action_cancel()
        self.assertTrue(order.has_unboxed_devices)
        order.action_pack_again()
        self.assertFalse(order.has_unboxed_devices)
        again = self.box_of(order)
        self.assertNotEqual(again, box)
        self.ship(again)
        self.assertEqual(again.state, "shipped")
