"""Two companies, one user a role, and the device flow through its real entry points.

Reyder sells, its own devices and those that Axis owns. Each helper method acts as the
user whose work it is, so that a missing right fails the test that needs it.
"""

from contextlib import contextmanager
from itertools import count

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import TransactionCase

from ..tools import imei

#: Groups of each role's user; nobody has another role's groups.
ROLES = {
    "buyer": "purchase.group_purchase_user",
    "warehouse": "stock.group_stock_user",
    "qc": "device_inventory.group_device_qc",
    "retail": "device_inventory.group_device_retail",
    "sales": "sales_team.group_sale_salesman",
    "sales_manager": "sales_team.group_sale_manager",
    "stock_manager": "stock.group_stock_manager",
    "accountant": "account.group_account_invoice",
    "accounting_manager": "account.group_account_manager",
    "auditor": "device_inventory.group_device_auditor",
}
#: The accounts of a company: attribute, code, name, type.
ACCOUNTS = [
    ("receivable", "110000", "Receivable", "asset_receivable"),
    ("bank", "101000", "Bank", "asset_cash"),
    ("outstanding", "101500", "Outstanding Payments", "asset_current"),
    ("valuation", "115000", "Device Stock", "asset_current"),
    ("payable", "210000", "Payable", "liability_payable"),
    ("stock_input", "215000", "Goods Received, not Invoiced", "liability_current"),
    ("income", "400000", "Sales", "income"),
    ("cogs", "500000", "Cost of Devices Sold", "expense_direct_cost"),
    ("expense", "510000", "Expenses", "expense"),
    ("consignment", "520000", "Consigned Devices Sold", "expense_direct_cost"),
]
JOURNALS = [
    ("sale", "INV", "Sales", "income"),
    ("purchase", "BILL", "Purchases", "expense"),
    ("purchase", "SETL", "Settlements", "expense"),
    ("general", "DEV", "Devices", None),
    ("general", "MISC", "Miscellaneous", None),
    ("bank", "BNK", "Bank", "bank"),
]
TAC_PHONE = "99000841"
TAC_OTHER_PHONE = "99000842"


class DeviceCase(TransactionCase):
    """Fixture of every test that needs devices.

    The attributes are: companies `reyder` (consignee) and `axis` (owner); a user for
    each of `ROLES` and `axis_user`; `agreement`; products `phone`, `other_phone` and
    `cable`; partners `vendor`, `axis_vendor` and `customer`; `accounts` and `journals`
    by company.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._serials = count(100000)
        cls.reyder = cls._create_company("Reyder Testing")
        cls.axis = cls._create_company("Axis Testing")
        cls.accounts = {}
        cls.journals = {}
        for company in (cls.reyder, cls.axis):
            cls._create_accounting(company)
        cls._configure_devices(cls.reyder)
        cls._create_users()
        cls._create_partners()
        cls._create_products()
        cls.agreement = cls._create_agreement(cls.axis, cls.axis_vendor, 0.15)
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.reyder.ids}
        )

    # -- fixture ----------------------------------------------------------------------

    @classmethod
    def _create_company(cls, name):
        return cls.env["res.company"].create(
            {"name": name, "currency_id": cls.env.ref("base.USD").id}
        )

    @classmethod
    def _create_accounting(cls, company):
        """Accounts, journals and defaults, as few as the flow needs: no taxes."""
        Account = cls.env["account.account"].with_company(company)
        accounts = {
            attribute: Account.create(
                {
                    "code": code,
                    "name": name,
                    "account_type": account_type,
                    "company_ids": [(6, 0, company.ids)],
                    "reconcile": attribute in ("receivable", "payable", "outstanding"),
                }
            )
            for attribute, code, name, account_type in ACCOUNTS
        }
        cls.accounts[company] = accounts
        Journal = cls.env["account.journal"].with_company(company)
        cls.journals[company] = {
            code: Journal.create(
                {
                    "type": journal_type,
                    "code": code,
                    "name": name,
                    "company_id": company.id,
                    "default_account_id": accounts[account].id if account else False,
                }
            )
            for journal_type, code, name, account in JOURNALS
        }
        bank = cls.journals[company]["BNK"]
        methods = bank.inbound_payment_method_line_ids
        methods |= bank.outbound_payment_method_line_ids
        methods.payment_account_id = accounts["outstanding"]
        for field, account in (
            ("property_account_receivable_id", "receivable"),
            ("property_account_payable_id", "payable"),
        ):
            cls.env["ir.default"].set(
                "res.partner", field, accounts[account].id, company_id=company.id
            )

    @classmethod
    def _configure_devices(cls, company):
        accounts = cls.accounts[company]
        company.write(
            {
                "device_stock_journal_id": cls.journals[company]["DEV"].id,
                "device_valuation_account_id": accounts["valuation"].id,
                "device_stock_input_account_id": accounts["stock_input"].id,
                "device_cogs_account_id": accounts["cogs"].id,
                "device_consignment_cost_account_id": accounts["consignment"].id,
                "settlement_journal_id": cls.journals[company]["SETL"].id,
            }
        )

    @classmethod
    def _create_users(cls):
        for role, group in ROLES.items():
            setattr(cls, role, cls._create_user(role, group, cls.reyder))
        cls.axis_user = cls._create_user(
            "axis_user", "device_inventory.group_device_owner", cls.axis
        )

    @classmethod
    def _create_user(cls, login, group, company):
        """A user of one role and one company; no password, hashing one is slow."""
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": f"device_{login}",
                    "name": login.replace("_", " ").title(),
                    "email": f"{login}@example.com",
                    "groups_id": [(6, 0, cls.env.ref(group).ids)],
                    "company_id": company.id,
                    "company_ids": [(6, 0, company.ids)],
                }
            )
        )

    @classmethod
    def _create_partners(cls):
        Partner = cls.env["res.partner"]
        cls.vendor = Partner.create({"name": "Carrier Returns"})
        cls.axis_vendor = Partner.create({"name": "Axis Supply"})
        cls.customer = Partner.create({"name": "Corner Phone Shop"})

    @classmethod
    def _create_products(cls):
        cls.category = cls.env["product.category"].create({"name": "Devices"})
        for company, accounts in cls.accounts.items():
            cls.category.with_company(company).write(
                {
                    "property_valuation": "manual_periodic",
                    "property_cost_method": "standard",
                    "property_account_income_categ_id": accounts["income"].id,
                    "property_account_expense_categ_id": accounts["expense"].id,
                }
            )
        cls.phone = cls._create_device_product("iPhone 13", TAC_PHONE)
        cls.other_phone = cls._create_device_product("Galaxy S22", TAC_OTHER_PHONE)
        cls.cable = cls.env["product.product"].create(
            {
                "name": "USB-C Cable",
                "type": "consu",
                "is_storable": True,
                "categ_id": cls.category.id,
                "list_price": 10.0,
                "taxes_id": False,
                "supplier_taxes_id": False,
            }
        )

    @classmethod
    def _create_device_product(cls, name, tac):
        product = cls.env["product.product"].create(
            {
                "name": name,
                "is_device": True,
                "type": "consu",
                "is_storable": True,
                "tracking": "serial",
                "invoice_policy": "delivery",
                "purchase_method": "receive",
                "categ_id": cls.category.id,
                "list_price": 400.0,
                "taxes_id": False,
                "supplier_taxes_id": False,
            }
        )
        cls.env["device.tac"].create(
            {
                "tac": tac,
                "brand": name.split()[0],
                "model": name,
                "product_id": product.id,
            }
        )
        return product

    @classmethod
    def _create_agreement(cls, owner, vendor, rate, **vals):
        """An active agreement with a percentage, by which `vendor` supplies `owner`."""
        agreement = cls.env["device.consignment.agreement"].create(
            {
                "name": f"{owner.name} / {cls.reyder.name}",
                "owner_company_id": owner.id,
                "consignee_company_id": cls.reyder.id,
                "date_start": fields.Date.subtract(fields.Date.today(), days=30),
                "commission_type": "percentage",
                "commission_rate": rate,
                "vendor_ids": [(6, 0, vendor.ids)],
                **vals,
            }
        )
        agreement.action_activate()
        return agreement

    # -- devices ----------------------------------------------------------------------

    @classmethod
    def make_imei(cls, product=None):
        """Return a valid IMEI that no device has, with the product's TAC."""
        tac = TAC_OTHER_PHONE if product == cls.other_phone else TAC_PHONE
        body = f"{tac}{next(cls._serials):06d}"
        return body + imei.check_digit(body)

    @classmethod
    def order_devices(cls, quantity, owner=None, cost=200.0, product=None):
        """Confirm a purchase order as the buyer.

        :param owner: `res.company` whose devices they are, by default Reyder's own
        :param float cost: price of each device
        :return: `purchase.order` with its receiving manifest
        """
        vendor = cls.axis_vendor if owner == cls.axis else cls.vendor
        vals = {
            "partner_id": vendor.id,
            "company_id": cls.reyder.id,
            "order_line": [
                (
                    0,
                    0,
                    {
                        "product_id": (product or cls.phone).id,
                        "product_qty": quantity,
                        "price_unit": cost,
                    },
                )
            ],
        }
        if owner and owner != cls.axis:
            vals["owner_company_id"] = owner.id
        order = cls.env["purchase.order"].with_user(cls.buyer).create(vals)
        order.button_confirm()
        return order

    @classmethod
    def receive(cls, quantity, owner=None, costs=200.0, product=None, facts=None):
        """Order, scan and complete devices: purchase order, manifest, scans.

        :param int quantity: number of devices
        :param owner: `res.company` whose devices they are, by default Reyder's own
        :param costs: cost of each device, or a list with one for each
        :param dict facts: further values of the manifest's lines, such as `color`
        :return: `stock.lot` in the order of their receipt, pending QC
        """
        each = costs if isinstance(costs, list) else [costs] * quantity
        order = cls.order_devices(quantity, owner, each[0], product)
        manifest = order.sudo().device_manifest_ids.with_user(cls.warehouse)
        numbers = [cls.make_imei(product) for _each in each]
        cls.scan(manifest, numbers)
        for line, cost in zip(manifest.line_ids.sorted("id"), each, strict=True):
            line.write({**(facts or {}), **({"purchase_cost": cost} if cost else {})})
        manifest.action_mark_complete()
        return cls.find_lots(numbers)

    @classmethod
    def scan(cls, document, numbers):
        """Scan each number as the document's user; every one must be good."""
        for number in numbers:
            reply = document.scan_device(number)
            if not reply["ok"]:
                raise AssertionError(f"{document}: {number}: {reply['message']}")

    @classmethod
    def find_lots(cls, numbers):
        """Return the devices, in the order of their IMEIs given."""
        lots = cls.env["stock.lot"].search([("name", "in", numbers)])
        return lots.sorted(lambda lot: numbers.index(lot.name))

    @classmethod
    def pass_qc(cls, lots, grade=None):
        """Take devices through QC as its user.

        :param grade: `device.grade`, by default *Good*
        """
        lots = lots.with_user(cls.qc)
        lots.action_hand_off_to_qc()
        for lot in lots:
            lot._apply_qc_session(
                f"session-{lot.id}", {"m360_diagnostics_passed": True}
            )
        lots.grade_id = grade or cls.env.ref("device_inventory.device_grade_good")
        lots.action_qc_complete()

    @classmethod
    def receive_ready(cls, quantity, owner=None, costs=200.0, product=None, facts=None):
        """Devices that are received and through QC: ready for sale."""
        lots = cls.receive(quantity, owner, costs, product, facts)
        cls.pass_qc(lots)
        return lots

    # -- sale --------------------------------------------------------------------------

    @classmethod
    def quote(cls, quantities, price=300.0, user=None):
        """A quotation of the salesperson.

        :param dict quantities: number by product
        """
        return (
            cls.env["sale.order"]
            .with_user(user or cls.sales)
            .create(
                {
                    "partner_id": cls.customer.id,
                    "company_id": cls.reyder.id,
                    "order_line": [
                        (
                            0,
                            0,
                            {
                                "product_id": product.id,
                                "product_uom_qty": quantity,
                                "price_unit": price,
                            },
                        )
                        for product, quantity in quantities.items()
                    ],
                }
            )
        )

    @classmethod
    def allocate(cls, line, lots, prices=None):
        """Allocate devices to an order line through the wizard, as its user.

        :param prices: price of each device, or a list with one for each; by default
            the line's price
        """
        wizard = (
            line.env["device.allocation.wizard"]
            .with_context(default_sale_order_line_id=line.id)
            .create({"imei_text": "\n".join(lots.mapped("name"))})
        )
        wizard.action_fill()
        if prices is not None:
            each = prices if isinstance(prices, list) else [prices] * len(lots)
            price_by_lot = dict(zip(lots.ids, each, strict=True))
            for choice in wizard.line_ids:
                choice.unit_price = price_by_lot[choice.lot_id.id]
        wizard.action_allocate()

    @classmethod
    def sell(cls, lots, prices=300.0, confirm=True, user=None):
        """Quote, allocate and confirm devices as the salesperson.

        :param prices: price of each device, or a list with one for each
        :param bool confirm: leave a quotation when false
        :return: `sale.order`
        """
        by_product = lots.grouped("product_id")
        order = cls.quote(
            {product: len(group) for product, group in by_product.items()}, user=user
        )
        each = prices if isinstance(prices, list) else [prices] * len(lots)
        price_by_lot = dict(zip(lots, each, strict=True))
        for line in order.order_line:
            wanted = by_product[line.product_id]
            cls.allocate(line, wanted, [price_by_lot[lot] for lot in wanted])
        if confirm:
            order.action_confirm()
        return order

    @classmethod
    def box_of(cls, order):
        """The order's open packing box, as the warehouse sees it."""
        return order.sudo().packing_box_ids.filtered("is_open").with_user(cls.warehouse)

    @classmethod
    def pack(cls, box):
        """Scan every device of a box into it, as the warehouse."""
        box = box.with_user(cls.warehouse)
        cls.scan(box, box.line_ids.lot_id.mapped("name"))

    @classmethod
    def ship(cls, box):
        """Pack what is left, mark the box ready and ship it, as the warehouse."""
        box = box.with_user(cls.warehouse)
        cls.scan(
            box,
            box.line_ids.filtered(lambda line: not line.packed).lot_id.mapped("name"),
        )
        if box.state != "ready":
            box.action_mark_ready()
        box.action_mark_shipped()

    # -- assertions --------------------------------------------------------------------

    @contextmanager
    def assertRefused(self, *texts):
        """Expect a refusal whose message has all the texts; what was done is undone."""
        with self.assertRaises(UserError) as caught:
            yield
        for text in texts:
            self.assertIn(str(text), str(caught.exception))

    def assertBalances(self, expected, company=None):
        """Compare the posted balances of a company's accounts with those given.

        :param dict expected: balance (debit positive) by key of `ACCOUNTS`; accounts
            not named must balance to zero
        """
        company = company or self.reyder
        groups = self.env["account.move.line"]._read_group(
            [("company_id", "=", company.id), ("parent_state", "=", "posted")],
            ["account_id"],
            ["balance:sum"],
        )
        found = {account: round(balance, 2) for account, balance in groups}
        named = {
            name: found.get(account, 0.0)
            for name, account in self.accounts[company].items()
        }
        nonzero = {name: balance for name, balance in named.items() if balance}
        self.assertEqual(nonzero, {k: v for k, v in expected.items() if v})
