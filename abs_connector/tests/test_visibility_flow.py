"""Somebody bound by the rules sells, delivers, invoices and is paid."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..tools.member import with_member
from .flow_common import FlowCase


@tagged("post_install", "-at_install")
class TestVisibilityFlow(FlowCase):
    """The seller, the keeper and the clerk work for Lomé, and see no more than it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = cls.system.ref("abs_connector.group_sa_governed")
        for user in (cls.seller, cls.keeper, cls.clerk):
            user.sudo().write({"groups_id": [(4, group.id)]})
            employee = cls.member(user.login.title()).employee_id
            employee.sudo().write({"partner_id": user.partner_id, "user_id": user})

    def test_order_is_sold_delivered_invoiced_and_paid(self):
        order = self.sell()
        picking = self.pickings(order)
        self.deliver(picking, 1)
        self.assertEqual(len(self.pickings(order)), 2)
        self.assertHeld(self.take_back(picking), (self.lome, self.ama))
        invoice = self.invoice(order)
        self.assertEqual(invoice.state, "posted")
        payment = self.pay(invoice)
        self.assertHeld(payment, (self.lome, self.ama))
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))

    def test_sibling_gets_at_none_of_it(self):
        order = self.sell()
        invoice = self.invoice(order)
        stranger = self.member("Stranger", self.kara)
        member = self.env["ov.membership"]._member_of(stranger.employee_id)
        for record, user in (
            (order, self.seller),
            (self.pickings(order), self.keeper),
            (invoice, self.clerk),
        ):
            hidden = with_member(record.with_env(self.acting(user)), member)
            with self.assertRaises(AccessError):
                hidden.check_access("read")
            self.assertFalse(hidden.search([("id", "in", record.ids)]))

    def test_lines_are_seen_and_changed_with_what_they_belong_to(self):
        order = self.sell()
        picking = self.pickings(order)
        picking.action_assign()
        invoice = self.invoice(order, post=False)
        stranger = self.member("Stranger", self.kara)
        member = self.env["ov.membership"]._member_of(stranger.employee_id)
        for lines in (
            order.order_line,
            picking.move_ids,
            picking.move_line_ids,
            invoice.invoice_line_ids,
        ):
            hidden = with_member(lines, member)
            for verb in ("read", "write"):
                self.assertEqual(lines._filtered_access(verb), lines)
                self.assertFalse(hidden._filtered_access(verb))
            domain = [("id", "in", lines.ids)]
            self.assertEqual(lines.search(domain), lines)
            self.assertFalse(hidden.search(domain))
            self.assertFalse(hidden.search_count(domain))

    def test_no_line_is_put_into_the_order_of_somebody_else(self):
        order = self.sell(confirm=False)
        stranger = self.member("Stranger", self.kara)
        member = self.env["ov.membership"]._member_of(stranger.employee_id)
        lines = with_member(order.order_line.browse(), member)
        with self.assertRaises(AccessError):
            lines.create({"order_id": order.id, "product_id": self.product.id})

    def test_supplier_delivers_as_before(self):
        supplier = self.system["res.partner"].create(
            {"name": "Supplier", "supplier_rank": 1}
        )
        kind = self.warehouse.in_type_id
        ends = {
            "location_id": self.system.ref("stock.stock_location_suppliers").id,
            "location_dest_id": kind.default_location_dest_id.id,
        }
        lamps = {"product_id": self.product.id, "product_uom_qty": 3}
        receipt = self.acting(self.keeper)["stock.picking"].create(
            {
                **ends,
                "picking_type_id": kind.id,
                "partner_id": supplier.id,
                "move_ids": [(0, 0, {**ends, **lamps, **self.named("Lamps")})],
            }
        )
        receipt.action_confirm()
        receipt.move_ids.write({"quantity": 3, "picked": True})
        receipt.button_validate()
        self.assertEqual(receipt.state, "done")

    def named(self, name):
        """Return a move's name, in the series where it has one."""
        required = "name" in self.env["stock.move"]._fields
        return {"name": name} if required else {}
