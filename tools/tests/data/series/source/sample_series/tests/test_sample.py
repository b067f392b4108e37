from psycopg2.errors import CheckViolation

from odoo.tests import Form, TransactionCase, new_test_user
from odoo.tools import mute_logger


class TestSample(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group = cls.env.ref("sample_series.group_sample_user")
        cls.partner = cls.env["res.partner"].create({"name": "Customer"})
        cls.product = cls.env["product.product"].create(
            {"name": "Thing", "type": "consu", "is_storable": True}
        )
        cls.note = cls.env["sample.note"].create(
            {"name": "One", "group_id": cls.group.id}
        )

    def test_quotation_has_unit_and_no_tax(self):
        line = self.note.quote(self.partner, self.product).order_line
        self.assertEqual(line.product_uom, self.product.uom_id)
        self.assertFalse(line.tax_id)

    def test_purchase_order_has_terms_and_unit(self):
        order = self.note.buy(self.partner, self.product)
        self.assertIn("Terms", order.notes)
        self.assertEqual(order.order_line.product_uom, self.product.uom_id)

    def test_move_has_a_unit(self):
        stock = self.env.ref("stock.stock_location_stock")
        customers = self.env.ref("stock.stock_location_customers")
        move = self.note.move(self.product, stock, customers)
        self.assertEqual(move.product_uom, self.product.uom_id)

    def test_admitted_user_reads_the_note(self):
        user = new_test_user(self.env, "sample_reader", groups="base.group_user")
        self.note.admit(user)
        self.assertIn(self.group, user.groups_id)
        self.assertIn(user, self.note.readers())
        self.assertIn(user, self.group.users)
        self.assertEqual(self.note.with_user(user).name, "One")

    def test_manager_is_reader_by_implication(self):
        manager = self.env.ref("sample_series.group_sample_manager")
        user = new_test_user(self.env, "sample_manager")
        user.groups_id += manager
        self.assertIn(self.group, user.groups_id)
        self.assertIn(user, self.note.readers())

    def test_rate_above_one_is_refused_by_the_database(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation) as caught:
            self.note.rate = 2
            self.note.flush_recordset()
        self.assertIn("sample_note_rate_range", str(caught.exception))

    def test_name_search_takes_a_domain(self):
        found = self.env["sample.note"].name_search("One", [("rate", "=", 0)])
        self.assertEqual(found, [(self.note.id, "One")])

    def test_form_of_a_quotation_offers_units(self):
        with Form(self.env["sale.order"]) as form:
            form.partner_id = self.partner
            with form.order_line.new() as line:
                line.product_id = self.product
                self.assertEqual(line.product_uom, self.product.uom_id)

    def test_report_prints_units(self):
        order = self.note.quote(self.partner, self.product)
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "sample_series.report_sample", order.ids
        )
        self.assertIn(self.product.uom_id.name, html.decode())
