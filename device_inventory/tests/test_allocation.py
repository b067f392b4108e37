"""Which devices an order line may take, and what taking them does."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import compat
from ..models.guard import internal
from .common import DeviceCase


@tagged("post_install", "-at_install")
class TestAllocation(DeviceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.receive_ready(4, costs=200.0)
        cls.consigned = cls.receive_ready(2, owner=cls.axis, costs=210.0)
        cls.other_seller = cls._create_user(
            "other_seller", "sales_team.group_sale_salesman", cls.reyder
        )

    def _line(self, quantity=1, product=None, user=None, price=300.0):
        order = self.quote({product or self.phone: quantity}, price, user)
        return order.order_line

    def _status(self, lots):
        lots.invalidate_recordset(["device_status"])
        return set(lots.with_user(self.warehouse).mapped("device_status"))

    # -- what allocating does ---------------------------------------------------------

    def test_allocating_reserves_the_device_and_keeps_the_line_price(self):
        line = self._line(2)
        self.allocate(line, self.own[:2])
        self.assertEqual(self._status(self.own[:2]), {"reserved"})
        self.assertEqual(line.device_line_ids.mapped("unit_price"), [300.0, 300.0])
        self.assertEqual(line.device_line_ids.mapped("state"), ["allocated"] * 2)
        self.assertEqual((line.allocated_count, line.to_allocate_count), (2, 0))

    def test_allocation_leaves_a_trace_in_the_movements(self):
        line = self._line()
        self.allocate(line, self.own[0])
        movement = self.own[0].with_user(self.warehouse).movement_ids.sorted("id")[-1]
        self.assertEqual(movement.movement_type, "allocate")
        self.assertEqual(movement.reference, line.order_id.name)
        self.assertEqual(
            (movement.old_value, movement.new_value), ("Available", "Reserved")
        )
        self.assertEqual(movement.user_id, self.sales)

    def test_commission_is_that_of_the_active_agreement(self):
        line = self._line(1)
        self.allocate(line, self.consigned[0], 333.33)
        allocation = line.device_line_ids
        self.assertEqual(allocation.commission_type, "percentage")
        self.assertEqual(allocation.commission_rate, 0.15)
        self.assertEqual(allocation.commission_amount, 50.0)
        self.assertEqual(allocation.owner_amount, 283.33)

    def test_own_device_earns_no_commission(self):
        line = self._line()
        self.allocate(line, self.own[0])
        self.assertFalse(line.device_line_ids.commission_amount)
        self.assertFalse(line.device_line_ids.owner_amount)

    def test_wizard_filters_start_from_what_the_line_requires(self):
        line = self._line()
        grade = self.env.ref("device_inventory.device_grade_good")
        line.write(
            {
                "required_grade": grade.id,
                "required_storage": "128",
                "required_color": "Blue",
                "required_lock_status": "unlocked",
            }
        )
        wizard = self._wizard(line)
        self.assertEqual(wizard.grade_id, grade)
        self.assertEqual(wizard.storage_capacity, "128")
        self.assertEqual(wizard.color, "Blue")
        self.assertEqual(wizard.lock_status, "unlocked")
        self.assertEqual(wizard.unit_price, 300.0)

    def _wizard(self, line, **vals):
        return (
            line.env["device.allocation.wizard"]
            .with_context(default_sale_order_line_id=line.id)
            .create(vals)
        )

    def test_wizard_takes_the_oldest_that_match_and_no_more_than_the_line_lacks(self):
        self.own.with_user(self.warehouse).write({"color": "Green"})
        self.own[0].with_user(self.warehouse).write({"color": "Black"})
        wizard = self._wizard(self._line(2), color="green")
        self.assertEqual(wizard.available_count, 3)
        wizard.action_fill()
        self.assertEqual(wizard.line_ids.lot_id, self.own[1:3])

    def test_wizard_reads_scans_in_every_writing(self):
        imei = self.own[0].name
        text = f"{imei[:2]}-{imei[2:8]}-{imei[8:14]}-{imei[14]}, {self.own[1].name}\n\n"
        wizard = self._wizard(self._line(2), imei_text=text)
        wizard.action_fill()
        self.assertEqual(wizard.line_ids.lot_id, self.own[:2])
        self.assertFalse(wizard.imei_text)

    def test_wizard_names_scans_that_are_no_devices_of_ours(self):
        unknown = self.make_imei()
        wizard = self._wizard(self._line(), imei_text=unknown)
        with self.assertRefused(unknown[:14]):
            wizard.action_fill()

    def test_wizard_applies_one_price_to_all(self):
        wizard = self._wizard(self._line(2))
        wizard.action_fill()
        wizard.unit_price = 275.0
        wizard.action_apply_price()
        wizard.action_allocate()
        line = wizard.sale_order_line_id
        self.assertEqual(line.device_line_ids.mapped("unit_price"), [275.0, 275.0])

    def test_wizard_foresees_why_a_device_is_refused(self):
        pending = self.receive(1)
        wizard = self._wizard(self._line(), imei_text=pending.name)
        wizard.action_fill()
        self.assertIn("Pending QC", wizard.line_ids.problem)
        self.assertTrue(wizard.has_gate_failure)

    # -- what is refused ---------------------------------------------------------------

    def test_refused_by_status_names_the_status(self):
        order = self.sell(self.own[0])
        self.ship(self.box_of(order))
        line = self._line()
        with self.assertRefused(self.own[0].name, "Sold"):
            self.allocate(line, self.own[0])

    def test_refused_twice_on_the_same_order_names_it(self):
        order = self.quote({self.phone: 2})
        self.allocate(order.order_line, self.own[0])
        with self.assertRefused(self.own[0].name, order.name):
            self.allocate(order.order_line, self.own[0])

    def test_refused_twice_in_one_call(self):
        line = self._line(2)
        vals = {"sale_order_line_id": line.id, "lot_id": self.own[0].id}
        with self.assertRefused(self.own[0].name, "given twice"):
            line.env["sale.order.line.device"].create([vals, dict(vals)])

    def test_refused_when_another_order_holds_it_and_says_which(self):
        held = self._line(user=self.other_seller)
        self.allocate(held, self.own[0])
        with self.assertRefused(self.own[0].name, held.order_id.name):
            self.allocate(self._line(), self.own[0])

    def test_refused_without_an_active_agreement_names_the_owner(self):
        self.agreement.action_suspend()
        with self.assertRefused(self.consigned[0].name, self.axis.name, "agreement"):
            self.allocate(self._line(), self.consigned[0])

    def test_refused_before_qc_is_complete(self):
        pending = self.receive(1)
        with self.assertRefused(pending.name, "QC is Pending QC"):
            self.allocate(self._line(), pending)

    def test_refused_own_device_without_cost(self):
        free = self.receive_ready(1, costs=0.0)
        with self.assertRefused(free.name, "no purchase cost"):
            self.allocate(self._line(), free)

    def test_consigned_device_needs_no_cost(self):
        free = self.receive_ready(1, owner=self.axis, costs=0.0)
        line = self._line()
        self.allocate(line, free)
        self.assertEqual(line.allocated_count, 1)

    def test_refused_when_the_carrier_blacklists_it(self):
        self.own[0].with_user(self.qc).carrier_check = "blacklisted"
        with self.assertRefused(self.own[0].name, "blacklisted"):
            self.allocate(self._line(), self.own[0])

    def test_refused_with_an_activation_lock_or_device_management(self):
        self.own[0].with_user(self.qc).write(
            {"icloud_status": "on", "mdm_status": "present"}
        )
        with self.assertRefused("activation lock", "MDM"):
            self.allocate(self._line(), self.own[0])

    def test_refused_another_product_names_both(self):
        line = self._line(product=self.other_phone)
        with self.assertRefused(
            self.own[0].name, self.phone.display_name, self.other_phone.display_name
        ):
            self.allocate(line, self.own[0])

    def test_refused_more_than_the_line_asks_for(self):
        line = self._line(1)
        with self.assertRefused("too many", "asks for 1"):
            self.allocate(line, self.own[:2])
        self.assertEqual(self._status(self.own[:2]), {"available"})

    def test_refused_on_a_cancelled_order(self):
        line = self._line()
        line.order_id.with_context(disable_cancel_warning=True).action_cancel()
        with self.assertRefused("cancelled"):
            self.allocate(line, self.own[0])

    def test_refused_device_of_another_company(self):
        foreign = self.own[0]
        internal(foreign.sudo().custody_id).company_id = self.axis
        with self.assertRefused(foreign.name, "not held by", self.reyder.name):
            self.allocate(self._line(), foreign)

    def test_database_refuses_a_second_live_allocation(self):
        line = self._line(2)
        self.allocate(line, self.own[0])
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env.cr.execute(
                "INSERT INTO sale_order_line_device (sale_order_line_id, lot_id, "
                "custody_id, state, unit_price) SELECT sale_order_line_id, lot_id, "
                "custody_id, 'picked', 1 FROM sale_order_line_device WHERE id = %s",
                [line.device_line_ids.id],
            )

    def test_state_and_commission_cannot_be_written_by_hand(self):
        line = self._line()
        self.allocate(line, self.own[0])
        for vals in ({"state": "sold"}, {"owner_amount": 1.0}, {"lot_id": 1}):
            with self.assertRefused("cannot be edited"):
                line.device_line_ids.write(vals)

    def test_a_caller_cannot_forge_our_own_context(self):
        line = self._line()
        self.allocate(line, self.own[0])
        forged = line.device_line_ids.with_context(device_internal=True)
        with self.assertRefused("cannot be edited"):
            forged.write({"state": "sold"})

    # -- gate override -----------------------------------------------------------------

    def _override(self, order, lots, user, reason="Sold as seen"):
        return (
            self.env["device.gate.override.wizard"]
            .with_user(user)
            .create(
                {
                    "lot_ids": [(6, 0, lots.ids)],
                    "res_model": "sale.order",
                    "res_id": order.id,
                    "reason": reason,
                }
            )
            .action_override()
        )

    def test_manager_overrides_the_gate_with_a_reason_logged_twice(self):
        pending = self.receive(1)
        line = self._line()
        self._override(line.order_id, pending, self.sales_manager)
        override = self.env["device.gate.override"].search(
            [("lot_id", "=", pending.id)]
        )
        self.assertEqual(override.reason, "Sold as seen")
        self.assertEqual(override.user_id, self.sales_manager)
        self.assertEqual(override.reference, line.order_id.display_name)
        self.assertIn("QC is Pending QC", override.rules)
        movement = pending.movement_ids.sorted("id")[-1]
        self.assertEqual(
            (movement.movement_type, movement.note), ("override", "Sold as seen")
        )
        message = line.order_id.message_ids.sorted("id")[-1].body
        self.assertIn("Sold as seen", message)
        self.assertIn(pending.name, message)

    def test_override_opens_the_gate_for_the_salesperson(self):
        pending = self.receive(1)
        line = self._line()
        self._override(line.order_id, pending, self.stock_manager)
        self.allocate(line, pending)
        self.assertEqual(self._status(pending), {"reserved"})

    def test_salesperson_cannot_override(self):
        pending = self.receive(1)
        line = self._line()
        with self.assertRaises(AccessError):
            self._override(line.order_id, pending, self.sales)
        with self.assertRaises(AccessError):
            self.env["device.gate.override"].with_user(self.sales)._grant(
                pending.with_user(self.sales).custody_id, "Please"
            )

    def test_override_needs_a_reason(self):
        pending = self.receive(1)
        with self.assertRefused("reason"):
            self._override(self._line().order_id, pending, self.sales_manager, "  ")

    def test_override_of_a_device_that_passes_is_refused(self):
        with self.assertRefused("pass the gate"):
            self._override(self._line().order_id, self.own[0], self.sales_manager)

    def test_override_cannot_be_changed_or_made_by_hand(self):
        pending = self.receive(1)
        self._override(self._line().order_id, pending, self.sales_manager)
        override = self.env["device.gate.override"].search(
            [("lot_id", "=", pending.id)]
        )
        with self.assertRefused("cannot be changed"):
            override.with_user(self.sales_manager).write({"reason": "Other"})
        with self.assertRefused("cannot be edited"):
            override.with_user(self.sales_manager).create(
                {"custody_id": override.custody_id.id, "lot_id": pending.id}
            )

    # -- release -----------------------------------------------------------------------

    def test_release_gives_the_device_back(self):
        line = self._line(2)
        self.allocate(line, self.own[:2])
        line.device_line_ids[0].action_release()
        self.assertEqual(self._status(self.own[0]), {"available"})
        self.assertEqual(self._status(self.own[1]), {"reserved"})
        self.assertEqual(line.to_allocate_count, 1)
        self.allocate(self._line(), self.own[0])

    def test_release_takes_the_device_out_of_box_manifest_and_transfer(self):
        order = self.sell(self.own[:2])
        box = self.box_of(order)
        released = order.device_line_ids.filtered(lambda a: a.lot_id == self.own[0])
        released.action_release()
        self.assertEqual(box.line_ids.lot_id, self.own[1])
        self.assertEqual(box.manifest_id.line_ids.stock_lot_id, self.own[1])
        self.assertEqual(box.picking_id.move_line_ids.lot_id, self.own[1])

    def test_release_of_a_sold_device_is_refused(self):
        order = self.sell(self.own[0])
        self.ship(self.box_of(order))
        with self.assertRefused(self.own[0].name, "released"):
            order.device_line_ids.action_release()

    def test_cancelling_the_order_gives_every_device_back(self):
        order = self.sell(self.own[:2])
        box = self.box_of(order)
        order.with_context(disable_cancel_warning=True).action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(self._status(self.own[:2]), {"available"})
        self.assertEqual(set(order.device_line_ids.mapped("state")), {"cancelled"})
        self.assertEqual((box.state, box.manifest_id.state), ("cancelled", "cancelled"))

    def test_deleting_a_quotation_gives_its_devices_back(self):
        order = self.sell(self.own[:1], confirm=False)
        order.device_line_ids.unlink()
        self.assertEqual(self._status(self.own[0]), {"available"})

    # -- confirm -----------------------------------------------------------------------

    def test_confirm_is_refused_until_every_device_is_allocated(self):
        order = self.quote({self.phone: 2})
        self.allocate(order.order_line, self.own[0])
        with self.assertRefused(order.name, self.phone.display_name, "1 of 2"):
            order.action_confirm()

    def test_allocate_button_says_when_nothing_is_left(self):
        order = self.sell(self.own[:1], confirm=False)
        with self.assertRefused(order.name, "every device line has its devices"):
            order.action_allocate_devices()

    def test_orders_that_lack_devices_are_found(self):
        lacking = self.quote({self.phone: 1})
        full = self.sell(self.own[:1])
        found = self.env["sale.order"].search(
            [("to_allocate_count", ">", 0), ("id", "in", (lacking | full).ids)]
        )
        self.assertEqual(found, lacking)

    def test_confirm_makes_one_box_and_manifest_with_the_devices(self):
        lots = self.own[:2] | self.consigned[:1]
        order = self.sell(lots)
        box = self.box_of(order)
        self.assertEqual(len(box), 1)
        self.assertEqual(box.line_ids.lot_id, lots)
        self.assertEqual(box.state, "draft")
        self.assertRegex(box.name, r"^PKG/\d{5}$")
        manifest = box.manifest_id
        self.assertEqual(manifest.manifest_type, "delivery")
        self.assertEqual(manifest.line_ids.stock_lot_id, lots)
        self.assertEqual(set(manifest.line_ids.mapped("state")), {"expected"})
        self.assertRegex(manifest.name, r"^MAN/\d{4}/\d{4}$")
        self.assertEqual(order.with_user(self.sales).packing_box_count, 1)

    def test_devices_allocated_after_confirm_join_the_box(self):
        order = self.sell(self.own[:1])
        order.order_line.product_uom_qty = 2
        self.allocate(order.order_line, self.own[1])
        box = self.box_of(order)
        self.assertEqual(box.line_ids.lot_id, self.own[:2])
        self.assertEqual(box.picking_id.move_line_ids.lot_id, self.own[:2])

    # -- stock -------------------------------------------------------------------------

    def test_reservation_names_lot_and_owner(self):
        order = self.sell(self.own[:1] | self.consigned[:1])
        lines = self.box_of(order).picking_id.move_line_ids
        owners = {line.lot_id: line.owner_id for line in lines}
        self.assertEqual(
            owners,
            {
                self.own[0]: self.env["res.partner"],
                self.consigned[0]: self.axis.partner_id,
            },
        )
        quants = self.env["stock.quant"].search(
            [
                ("lot_id", "in", [lot.id for lot in owners]),
                ("location_id.usage", "=", "internal"),
            ]
        )
        for quant in quants:
            self.assertEqual(quant.owner_id, owners.pop(quant.lot_id))
            self.assertEqual((quant.quantity, quant.reserved_quantity), (1.0, 1.0))
        self.assertFalse(owners)

    def test_a_plain_delivery_of_a_device_product_reserves_nothing(self):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.reyder.id)], limit=1
        )
        picking = (
            self.env["stock.picking"]
            .with_user(self.warehouse)
            .create(
                {
                    "picking_type_id": warehouse.out_type_id.id,
                    "location_id": warehouse.lot_stock_id.id,
                    "location_dest_id": self.customer.property_stock_customer.id,
                    "move_ids": [
                        (
                            0,
                            0,
                            compat.move_vals(
                                self.phone.name,
                                {
                                    "product_id": self.phone.id,
                                    "product_uom_qty": 2,
                                    "location_id": warehouse.lot_stock_id.id,
                                    "location_dest_id": (
                                        self.customer.property_stock_customer.id
                                    ),
                                },
                            ),
                        )
                    ],
                }
            )
        )
        picking.action_confirm()
        picking.action_assign()
        self.assertFalse(picking.move_ids.quantity)
        self.assertFalse(picking.move_line_ids)

    def test_a_plain_sale_leaves_other_owners_goods_alone(self):
        location = (
            self.env["stock.warehouse"]
            .search([("company_id", "=", self.reyder.id)], limit=1)
            .lot_stock_id
        )
        quants = self.env["stock.quant"]
        quants._update_available_quantity(self.cable, location, 2)
        quants._update_available_quantity(
            self.cable, location, 5, owner_id=self.axis.partner_id
        )
        order = self.quote({self.cable: 4})
        order.action_confirm()
        move = order.sudo().picking_ids.move_ids
        self.assertEqual(move.quantity, 2.0)
        self.assertFalse(move.move_line_ids.owner_id)

    def test_a_plain_sale_goes_out_in_steps(self):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.reyder.id)], limit=1
        )
        warehouse.delivery_steps = "pick_ship"
        quants = self.env["stock.quant"]
        quants._update_available_quantity(self.cable, warehouse.lot_stock_id, 2)
        order = self.quote({self.cable: 2})
        order.action_confirm()
        pick = order.sudo().picking_ids.with_user(self.warehouse)
        pick.move_ids.picked = True
        pick.button_validate()
        ship = order.sudo().picking_ids - pick
        self.assertEqual(ship.move_ids.mapped("quantity"), [2.0])
        ship.with_user(self.warehouse).move_ids.picked = True
        ship.with_user(self.warehouse).button_validate()
        self.assertEqual(order.order_line.qty_delivered, 2.0)

    # -- price -------------------------------------------------------------------------

    def test_order_total_is_exact_where_the_average_is_not(self):
        order = self.sell(self.own[:3], [100.0, 100.0, 101.0], confirm=False)
        self.assertAlmostEqual(order.order_line.price_unit, 100.33, places=2)
        self.assertEqual(order.order_line.price_subtotal, 301.0)
        self.assertEqual(order.amount_total, 301.0)

    def test_changing_one_price_changes_average_and_commission(self):
        order = self.sell(self.consigned, 300.0, confirm=False)
        order.device_line_ids[0].unit_price = 400.0
        self.assertEqual(order.order_line.price_unit, 350.0)
        self.assertEqual(order.amount_total, 700.0)
        self.assertEqual(order.device_line_ids[0].owner_amount, 340.0)
        self.assertEqual(order.device_line_ids[1].owner_amount, 255.0)

    def test_price_of_a_sold_device_is_final(self):
        order = self.sell(self.own[:1])
        self.ship(self.box_of(order))
        with self.assertRefused(self.own[0].name, "priced"):
            order.device_line_ids.unit_price = 1.0

    def test_invoice_has_one_line_for_each_product_and_price(self):
        lots = self.own[:3] | self.consigned[:1]
        order = self.sell(lots, [100.0, 100.0, 101.0, 100.0])
        box = self.box_of(order)
        self.ship(box)
        invoice = box.sudo().invoice_ids
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(invoice.amount_total, 401.0)
        self.assertEqual(
            sorted(
                (line.quantity, line.price_unit) for line in invoice.invoice_line_ids
            ),
            [(1.0, 101.0), (3.0, 100.0)],
        )
        for allocation in order.device_line_ids.sudo():
            self.assertEqual(
                allocation.invoice_line_id.price_unit, allocation.unit_price
            )
