from unittest.mock import patch

from odoo.tests import tagged

from .flow_common import FlowCase


@tagged("post_install", "-at_install")
class TestInheritance(FlowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nobody = cls.env["res.partner"]
        cls.of_lome = (cls.lome, cls.ama)
        cls.of_kara = (cls.kara, cls.nobody)

    def inherited_calls(self, ledger, call):
        """Return what a call returns, and how often it asked a ledger to inherit."""
        model = type(self.env[ledger])
        asked = []
        original = model._inherit_from_sources

        def counting(this, records, follow=False):
            if records:
                asked.append(records)
            return original(this, records, follow)

        with patch.object(model, "_inherit_from_sources", counting):
            result = call()
        return result, len(asked)

    # Orders

    def test_order_of_a_customer_of_one_account_inherits_it_with_the_actor(self):
        self.assertHeld(self.sell(confirm=False), self.of_lome)

    def test_order_for_a_contact_of_a_governed_company_inherits_from_the_company(self):
        contact = self.system["res.partner"].create(
            {"name": "Shop", "parent_id": self.customer.id, "type": "delivery"}
        )
        self.assertHeld(self.sell(contact, confirm=False), self.of_lome)

    def test_order_of_a_customer_of_nobody_is_governed_by_nobody(self):
        self.assertHeld(self.sell(self.customer_of(), confirm=False))

    def test_order_of_a_customer_of_two_accounts_is_left_to_people(self):
        shared = self.customer_of(self.lome, self.kara)
        self.assertHeld(self.sell(shared, confirm=False))

    def test_who_may_only_read_a_customer_does_not_count(self):
        self.customer._assign_to(self.kara, access="access")
        self.assertHeld(self.sell(confirm=False), self.of_lome)

    def test_accounts_of_another_company_do_not_count(self):
        self.customer._assign_to(self.root_of(self.other_company))
        self.assertHeld(self.sell(confirm=False), self.of_lome)

    def test_order_for_a_company_of_ones_own_is_never_governed(self):
        own = self.company.partner_id
        own._assign_to(self.lome)
        self.assertHeld(self.sell(own, confirm=False))

    def test_draft_order_may_be_deleted_with_its_history(self):
        order = self.sell(confirm=False)
        self.acting(self.person("head", "sales_team.group_sale_manager"))[
            "sale.order"
        ].browse(order.id).unlink()
        ledger = self.system["ov.sa_sale_order_assignment"]
        self.assertFalse(ledger.search([("order_id", "=", order.id)]))

    # Deliveries

    def test_delivery_inherits_from_its_order(self):
        self.assertHeld(self.pickings(self.sell()), self.of_lome)

    def test_every_step_of_the_route_inherits(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        order = self.sell()
        for _step in range(2):
            # The next step is made when the one before is done.
            self.deliver(self.pickings(order)[-1], 2)
        steps = self.pickings(order)
        self.assertEqual(len(steps), 3)
        for step in steps:
            self.assertHeld(step, self.of_lome)

    def test_step_that_feeds_a_delivery_inherits_without_knowing_the_order(self):
        delivery = self.pickings(self.sell())
        feeding = self.system["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.int_type_id.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
            }
        )
        self.system["stock.move"].create(
            {
                **self.move_vals(feeding),
                "move_dest_ids": [(6, 0, delivery.move_ids.ids)],
            }
        )
        feeding.with_user(self.keeper).action_confirm()
        self.assertFalse(feeding.sale_id)
        self.assertHeld(feeding, self.of_lome)

    def move_vals(self, picking):
        """Return the values of a move of one lamp in a transfer."""
        vals = {
            "product_id": self.product.id,
            "product_uom_qty": 1,
            "picking_id": picking.id,
            "location_id": picking.location_id.id,
            "location_dest_id": picking.location_dest_id.id,
        }
        if "name" in self.env["stock.move"]._fields:
            vals["name"] = "Lamp"  # series: keep
        return vals

    def test_backorder_is_held_as_what_it_continues(self):
        order = self.sell(quantity=5)
        first = self.pickings(order)
        self.deliver(first, 2)
        backorder = self.pickings(order) - first
        self.assertEqual(backorder.backorder_id, first)
        self.assertHeld(backorder, self.of_lome)

    def test_return_is_held_as_the_delivery_that_it_returns(self):
        order = self.sell()
        delivery = self.pickings(order)
        self.deliver(delivery, 2)
        order._assign_to(self.kara)
        self.system["ov.sa_sale_order_assignment"]._expire(order, self.lome)
        self.assertHeld(self.take_back(delivery), self.of_lome)

    def test_receipt_without_sale_is_never_governed(self):
        receipt = self.system["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "partner_id": self.customer.id,
            }
        )
        self.system["stock.move"].create(self.move_vals(receipt))
        receipt.with_user(self.keeper).action_confirm()
        self.assertHeld(receipt)

    def supply(self, order, target):
        """Let a supplier send one lamp for an order; return the transfer."""
        transfer = self.system["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": target.id,
            }
        )
        self.system["stock.move"].create(
            {**self.move_vals(transfer), "sale_line_id": order.order_line.id}
        )
        transfer.with_user(self.keeper).action_confirm()
        return transfer

    def test_receipt_of_what_an_order_needs_is_a_receipt_all_the_same(self):
        receipt = self.supply(self.sell(), self.warehouse.lot_stock_id)
        self.assertHeld(receipt)

    def test_what_a_supplier_sends_to_the_customer_is_a_delivery(self):
        customers = self.env.ref("stock.stock_location_customers")
        self.assertHeld(self.supply(self.sell(), customers), self.of_lome)

    # Invoices

    def test_invoice_inherits_from_the_orders_of_its_lines(self):
        self.assertHeld(self.invoice(self.sell()), self.of_lome)

    def test_invoice_of_orders_of_several_people_is_nobodys_in_particular(self):
        order, other = self.sell(), self.sell()
        other._assign_to(self.lome, self.esi)
        invoice = self.invoice(order + other)
        self.assertEqual(len(invoice), 1)
        self.assertHeld(invoice, (self.lome, self.nobody))

    def test_invoice_of_orders_of_two_accounts_is_held_by_both(self):
        order, other = self.sell(), self.sell()
        other._assign_to(self.kara)
        self.system["ov.sa_sale_order_assignment"]._expire(other, self.lome)
        self.assertHeld(self.invoice(order + other), self.of_lome, self.of_kara)

    def test_down_payment_inherits(self):
        order = self.sell()
        wizard = (
            self.acting(self.seller)["sale.advance.payment.inv"]
            .with_context(active_model="sale.order", active_ids=order.ids)
            .create({"advance_payment_method": "percentage", "amount": 50})
        )
        wizard.create_invoices()
        self.assertHeld(order.invoice_ids, self.of_lome)

    def test_credit_note_is_held_as_the_invoice_that_it_reverses(self):
        order = self.sell()
        invoice = self.invoice(order)
        order._assign_to(self.lome, self.esi)
        wizard = (
            self.acting(self.clerk)["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        wizard.refund_moves()
        credit_note = wizard.new_move_ids
        self.assertEqual(credit_note.move_type, "out_refund")
        self.assertHeld(credit_note, self.of_lome)

    def test_supplier_bill_is_never_governed(self):
        bill = self.acting(self.clerk)["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    (0, 0, {"product_id": self.product.id, "price_unit": 5})
                ],
            }
        )
        self.assertHeld(bill)

    # Payments

    def test_registered_payment_inherits_from_its_invoice(self):
        self.assertHeld(self.pay(self.invoice(self.sell())), self.of_lome)

    def test_grouped_payment_of_invoices_that_agree_has_one_row_with_the_actor(self):
        invoices = self.invoice(self.sell()) + self.invoice(self.sell())
        payment = self.pay(invoices, group=True)
        self.assertEqual(len(payment), 1)
        self.assertHeld(payment, self.of_lome)

    def test_grouped_payment_of_several_people_is_nobodys_in_particular(self):
        first, second = self.sell(), self.sell()
        second._assign_to(self.lome, self.esi)
        payment = self.pay(self.invoice(first) + self.invoice(second), group=True)
        self.assertHeld(payment, (self.lome, self.nobody))

    def test_grouped_payment_of_two_accounts_has_a_row_for_each(self):
        first, second = self.sell(), self.sell()
        second._assign_to(self.kara)
        self.system["ov.sa_sale_order_assignment"]._expire(second, self.lome)
        payment = self.pay(self.invoice(first) + self.invoice(second), group=True)
        self.assertEqual(len(payment), 1)
        self.assertHeld(payment, self.of_lome, self.of_kara)

    def test_payment_matched_by_hand_inherits(self):
        invoice = self.invoice(self.sell())
        payment = self.acting(self.clerk)["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": invoice.amount_total,
            }
        )
        payment.action_post()
        self.assertHeld(payment)
        lines = (payment.move_id + invoice).line_ids
        lines.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).reconcile()
        self.assertHeld(payment, self.of_lome)

    def test_payment_made_for_an_invoice_inherits_before_it_is_matched(self):
        invoice = self.invoice(self.sell())
        payment = self.acting(self.clerk)["account.payment"].create(
            {
                "partner_id": self.customer.id,
                "amount": 5,
                "invoice_ids": [(6, 0, invoice.ids)],
            }
        )
        self.assertHeld(payment, self.of_lome)

    def test_payment_linked_without_being_matched_inherits(self):
        invoice = self.invoice(self.sell())
        payment = self.acting(self.clerk)["account.payment"].create(
            {"partner_id": self.customer.id, "amount": 5}
        )
        self.assertHeld(payment)
        invoice.matched_payment_ids += payment
        self.assertHeld(payment, self.of_lome)

    def test_money_paid_back_is_never_governed(self):
        invoice = self.invoice(self.sell())
        payment = self.acting(self.clerk)["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": 5,
                "invoice_ids": [(6, 0, invoice.ids)],
            }
        )
        self.assertHeld(payment)

    # What an order is reassigned to

    def test_open_documents_follow_a_reassigned_order_and_closed_ones_stay(self):
        order = self.sell(quantity=5)
        done = self.pickings(order)
        self.deliver(done, 2)
        backorder = self.pickings(order) - done
        posted = self.invoice(order)
        order.order_line.product_uom_qty = 6
        draft = self.invoice(order, post=False)
        order._assign_to(self.lome, self.esi)
        self.assertHeld(done, self.of_lome)
        self.assertHeld(posted, self.of_lome)
        self.assertHeld(backorder, (self.lome, self.esi))
        self.assertHeld(draft, (self.lome, self.esi))

    def test_draft_payment_follows_its_invoice_with_the_order(self):
        order = self.sell()
        draft = self.invoice(order, post=False)
        payment = self.acting(self.clerk)["account.payment"].create(
            {
                "partner_id": self.customer.id,
                "amount": 5,
                "invoice_ids": [(6, 0, draft.ids)],
            }
        )
        order._assign_to(self.lome, self.esi)
        self.assertHeld(payment, (self.lome, self.esi))

    def test_documents_are_free_when_their_order_is(self):
        order = self.sell()
        delivery = self.pickings(order)
        self.system["ov.sa_sale_order_assignment"]._expire(order)
        self.assertHeld(delivery)

    # Cost, and doing it again

    def test_inheriting_again_changes_nothing(self):
        order = self.sell()
        delivery = self.pickings(order)
        invoice = self.invoice(order)
        for record in (order, delivery, invoice, self.pay(invoice)):
            ledger = self.system[record._ledger]
            for follow in (False, True):
                self.assertFalse(ledger._inherit_from_sources(record.sudo(), follow))

    def test_cost_of_inheriting_does_not_grow_with_the_number_of_records(self):
        pickings = self.pickings(self.sell())
        for _number in range(4):
            pickings += self.pickings(self.sell())
        ledger = self.system["ov.sa_delivery_assignment"]
        costs = []
        for records in (pickings[:1], pickings[1:]):
            ledger._expire(records)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(ledger._inherit_from_sources(records), records)
            costs.append(self.env.cr.sql_log_count - before)
        self.assertEqual(costs[0], costs[1])
        self.assertLessEqual(costs[0], 2)

    def test_many_orders_confirmed_and_invoiced_together_inherit_at_once(self):
        orders = self.sell(confirm=False)
        for _number in range(3):
            orders += self.sell(confirm=False)
        _result, asked = self.inherited_calls(
            "ov.sa_delivery_assignment", orders.action_confirm
        )
        self.assertEqual(asked, 1)
        invoices, asked = self.inherited_calls(
            "ov.sa_invoice_assignment",
            lambda: orders._create_invoices(grouped=True),
        )
        self.assertEqual((len(invoices), asked), (4, 1))
        for order in orders:
            self.assertHeld(self.pickings(order), self.of_lome)
            self.assertHeld(order.invoice_ids, self.of_lome)

    def test_orders_of_two_accounts_confirmed_together_stay_apart(self):
        orders = self.sell(confirm=False) + self.sell(
            self.other_customer, confirm=False
        )
        orders.action_confirm()
        self.assertHeld(self.pickings(orders[0]), self.of_lome)
        self.assertHeld(self.pickings(orders[1]), self.of_kara)
