"""A company that sells, delivers, invoices and is paid, by the people who do so."""

from odoo.tests import Form, new_test_user

from .common import GovernanceCase


class FlowCase(GovernanceCase):
    """Two branches with a customer each; nobody here uses the API."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = cls.env(su=True, context={"allowed_company_ids": cls.company.ids})
        cls.system["account.chart.template"].try_loading(
            "generic_coa", company=cls.company, install_demo=False
        )
        cls.warehouse = cls.system["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.seller = cls.person("seller", "sales_team.group_sale_salesman")
        cls.keeper = cls.person("keeper", "stock.group_stock_user")
        cls.clerk = cls.person("clerk", "account.group_account_invoice")
        cls.product = cls.system["product.product"].create(
            {
                "name": "Lamp",
                "is_storable": True,
                "invoice_policy": "order",
                "lst_price": 100,
                "taxes_id": [(6, 0, [])],
            }
        )
        cls.system["stock.quant"]._update_available_quantity(
            cls.product, cls.warehouse.lot_stock_id, 100
        )
        for account in (cls.lome, cls.kara):
            cls.member(f"Head of {account.account_code}".replace(" ", "."), account)
        cls.ama = cls.member("Ama", role="agent").person_partner_id
        cls.esi = cls.member("Esi", role="agent").person_partner_id
        cls.customer = cls.customer_of(cls.lome, cls.ama)
        cls.other_customer = cls.customer_of(cls.kara)

    @classmethod
    def person(cls, login, groups):
        """Create a user of the company, of some groups and no others."""
        return new_test_user(
            cls.system,
            login=login,
            groups=groups,
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    @classmethod
    def acting(cls, user):
        """Return the environment in which a user works."""
        return cls.env(user=user, context={"allowed_company_ids": cls.company.ids})

    @classmethod
    def customer_of(cls, *accounts_and_actor):
        """Create a customer that Service Accounts hold; a person acts."""
        actor = cls.env["res.partner"].union(
            *(one for one in accounts_and_actor if one._name == "res.partner")
        )
        customer = cls.system["res.partner"].create(
            {"name": "Customer", "customer_rank": 1}
        )
        for account in accounts_and_actor:
            if account._name == "ov.serviced_account":
                customer._assign_to(account, actor)
        return customer

    @classmethod
    def sell(cls, customer=None, quantity=2, confirm=True):
        """Let the salesperson take an order, and confirm it."""
        order = cls.acting(cls.seller)["sale.order"].create(
            {
                "partner_id": (customer or cls.customer).id,
                "order_line": [
                    (0, 0, {"product_id": cls.product.id, "product_uom_qty": quantity})
                ],
            }
        )
        if confirm:
            order.action_confirm()
        return order

    def pickings(self, order):
        """Return the transfers of an order as the warehouse sees them."""
        found = self.acting(self.keeper)["stock.picking"].search(
            [("sale_id", "=", order.id)], order="id"
        )
        return found

    def deliver(self, picking, quantity):
        """Let the warehouse validate a transfer; what is left is a backorder."""
        picking.action_assign()
        picking.move_ids.write({"quantity": quantity, "picked": True})
        return picking.with_context(skip_backorder=True).button_validate()

    def take_back(self, picking, quantity=1):
        """Let the warehouse take a delivery back."""
        wizard = Form(
            self.acting(self.keeper)["stock.return.picking"].with_context(
                active_id=picking.id, active_model="stock.picking"
            )
        ).save()
        wizard.product_return_moves.quantity = quantity
        action = wizard.action_create_returns()
        return self.acting(self.keeper)["stock.picking"].browse(action["res_id"])

    def invoice(self, orders, post=True):
        """Let the salesperson invoice orders, and the accountant post."""
        created = orders._create_invoices()
        invoices = self.acting(self.clerk)["account.move"].browse(created.ids)
        if post:
            invoices.action_post()
        return invoices

    def pay(self, invoices, group=False):
        """Let the accountant register what was paid for invoices."""
        wizard = (
            self.acting(self.clerk)["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create({"group_payment": group})
        )
        return wizard._create_payments()

    def held(self, record):
        """Return who holds a record, and who acts, as pairs of ids and names."""
        ledger = self.system[record._ledger]
        rows = ledger.search(
            [(ledger._record_field, "=", record.id), ("state", "=", "active")]
        )
        return {(row.account_id, row.actor_id) for row in rows}

    def assertHeld(self, record, *expected):
        """Check who holds a record: pairs of a Service Account and who acts."""
        self.assertEqual(self.held(record), set(expected))
        if len(expected) == 1:
            self.assertEqual(
                (record.sudo().x_sa_id, record.sudo().x_actor_id), *expected
            )
        if not expected:
            self.assertFalse(record.sudo().x_sa_id)
