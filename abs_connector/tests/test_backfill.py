from odoo.exceptions import AccessError
from odoo.tests import tagged

from .flow_common import FlowCase


@tagged("post_install", "-at_install")
class TestBackfill(FlowCase):
    """Records from before the module: nobody ever held them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old_customer = cls.customer_of()
        cls.coverage = cls.env["ov.governance_coverage"]
        cls.of_lome = (cls.lome, cls.ama)

    def history(self):
        """Return an order with delivery, backorder, return, invoice and payment."""
        order = self.sell(self.old_customer, quantity=5)
        delivery = self.pickings(order)
        self.deliver(delivery, 2)
        backorder = self.pickings(order) - delivery
        returned = self.take_back(delivery)
        invoice = self.invoice(order)
        payment = self.pay(invoice)
        return order, delivery, backorder, returned, invoice, payment

    def run_backfill(self):
        """Let the governance manager press the button; return the counts."""
        return self.coverage._backfill(self.company)

    def test_everything_that_came_of_a_customers_orders_is_governed(self):
        records = self.history()
        for record in records:
            self.assertHeld(record)
        self.old_customer._assign_to(self.lome, self.ama)
        counts = self.run_backfill()
        self.assertEqual(
            counts,
            {"customer": 0, "order": 1, "delivery": 3, "invoice": 1, "payment": 1},
        )
        for record in records:
            self.assertHeld(record, self.of_lome)

    def test_second_run_changes_nothing(self):
        self.history()
        self.old_customer._assign_to(self.lome, self.ama)
        self.run_backfill()
        self.assertFalse(any(self.run_backfill().values()))

    def test_customers_of_two_accounts_are_told_apart_and_shared_ones_left(self):
        of_lome, of_kara, shared = (self.customer_of() for _number in range(3))
        orders = [
            self.sell(customer, confirm=False)
            for customer in (of_lome, of_kara, shared)
        ]
        (of_lome + shared)._assign_to(self.lome)
        (of_kara + shared)._assign_to(self.kara)
        self.run_backfill()
        nobody = self.env["res.partner"]
        self.assertHeld(orders[0], (self.lome, nobody))
        self.assertHeld(orders[1], (self.kara, nobody))
        self.assertHeld(orders[2])

    def test_what_somebody_ended_stays_ended(self):
        order = self.sell(confirm=False)
        self.system["ov.sa_sale_order_assignment"]._expire(order)
        self.run_backfill()
        self.assertHeld(order)

    def test_other_companies_are_left_alone(self):
        order = self.sell(self.old_customer, confirm=False)
        self.old_customer._assign_to(self.lome)
        ledger = self.system["ov.sa_sale_order_assignment"]
        ledger._backfill(self.other_company)
        self.assertHeld(order)
        ledger._backfill()
        self.assertHeld(order, (self.lome, self.env["res.partner"]))

    def test_stamps_of_an_older_database_become_rows(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET x_sa_id = %s, x_actor_id = %s WHERE id = %s",
            [self.kara.id, self.ama.id, self.old_customer.id],
        )
        self.old_customer.invalidate_recordset()
        self.assertEqual(self.run_backfill()["customer"], 1)
        self.assertHeld(self.old_customer, (self.kara, self.ama))
        self.assertEqual(self.run_backfill()["customer"], 0)

    def test_cost_does_not_grow_with_the_number_of_orders(self):
        ledger = self.system["ov.sa_sale_order_assignment"]
        costs = []
        for number in (1, 4):
            customer = self.customer_of()
            for _order in range(number):
                self.sell(customer, confirm=False)
            customer._assign_to(self.lome)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(ledger._backfill(self.company), number)
            costs.append(self.env.cr.sql_log_count - before)
        self.assertEqual(costs[0], costs[1])

    def test_button_tells_how_many_of_each_kind(self):
        self.sell(self.old_customer)
        self.old_customer._assign_to(self.lome)
        params = self.coverage.action_backfill()["params"]
        self.assertIn("Sales Orders: 1", params["message"])
        self.assertIn("Deliveries: 1", params["message"])

    def test_only_governance_managers_backfill(self):
        with self.assertRaises(AccessError):
            self.acting(self.seller)["ov.governance_coverage"].action_backfill()

    # Coverage

    def row(self, kind):
        """Return the coverage of a kind in the company."""
        self.env.flush_all()
        self.coverage.invalidate_model()
        return self.coverage.search(
            [("kind", "=", kind), ("company_id", "=", self.company.id)]
        )

    def test_coverage_counts_by_kind_and_company(self):
        self.sell(self.old_customer)
        self.sell()
        ended = self.sell(confirm=False)
        self.system["ov.sa_sale_order_assignment"]._expire(ended)
        row = self.row("order")
        self.assertEqual(
            (
                row.total_count,
                row.governed_count,
                row.ungoverned_count,
                row.ended_count,
            ),
            (3, 1, 2, 1),
        )
        self.assertEqual(self.row("delivery").ungoverned_count, 1)

    def test_coverage_adds_up_over_companies(self):
        self.sell()
        self.env.flush_all()
        groups = self.coverage._read_group(
            [("kind", "=", "order"), ("company_id", "=", self.company.id)],
            ["kind"],
            ["total_count:sum", "ungoverned_count:sum"],
        )
        self.assertEqual(groups, [("order", 1, 0)])

    def test_coverage_opens_the_records_that_nobody_holds(self):
        orphan = self.sell(self.old_customer)
        self.sell()
        action = self.row("order").action_open_ungoverned()
        found = self.system[action["res_model"]].search(action["domain"])
        self.assertEqual(found, orphan.sudo())

    def test_coverage_is_of_ones_companies(self):
        self.sell()
        elsewhere = self.coverage.with_context(
            allowed_company_ids=self.other_company.ids
        ).search([("company_id", "=", self.company.id)])
        self.assertFalse(elsewhere)

    def test_assignments_are_exported_with_their_history(self):
        exporters = self.env.ref("base.group_allow_export")
        self.manager.sudo().groups_id += exporters
        order = self.sell(confirm=False)
        order._assign_to(self.lome, self.esi)
        rows = self.env["ov.sa_sale_order_assignment"].search(
            [("order_id", "=", order.id)]
        )
        data = rows.export_data(["account_id", "actor_id", "state", "date_to"])
        self.assertEqual({line[2] for line in data["datas"]}, {"Active", "Expired"})
