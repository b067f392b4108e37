from stdnum import luhn

from odoo.tests import TransactionCase, new_test_user

from odoo.addons.device_inventory.models.guard import internal
from odoo.addons.device_inventory.tools import imei

ROLES = {
    "packer": "stock.group_stock_user",
    "keeper": "stock.group_stock_manager",
    "salesman": "sales_team.group_sale_salesman",
    "seller": "sales_team.group_sale_salesman",
    "sales_manager": "sales_team.group_sale_manager",
    "accountant": "account.group_account_invoice",
    "auditor": "device_inventory.group_device_auditor",
}
OWNER_ROLES = {
    "axis_user": "device_inventory.group_device_owner",
    "axis_manager": "device_inventory.group_device_owner,stock.group_stock_manager,"
    "sales_team.group_sale_manager,account.group_account_manager",
}


class SettlementCommon(TransactionCase):
    """A consignee with accounts, two owners, and devices sold through the flows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.number = 0
        cls.consignee = cls.env["res.company"].create({"name": "Test Consignee"})
        cls.owner = cls.env["res.company"].create({"name": "Test Owner"})
        cls.other_owner = cls.env["res.company"].create({"name": "Second Owner"})
        cls.env = cls.env(context={"allowed_company_ids": cls.consignee.ids})
        cls.consignee = cls.consignee.with_env(cls.env)
        cls._set_up_accounts()
        cls._set_up_users()
        cls._set_up_devices()

    @classmethod
    def _set_up_accounts(cls):
        """The few accounts and journals that sale, bill and payment need."""
        receivable = cls._create_account("Receivable", "asset_receivable")
        payable = cls._create_account("Payable", "liability_payable")
        cls.income = cls._create_account("Income", "income")
        expense = cls._create_account("Expense", "expense")
        outstanding = cls._create_account("Outstanding", "asset_current")
        cls.stock_input = cls._create_account("Devices Received", "liability_current")
        cls.valuation = cls._create_account("Devices", "asset_current")
        cls.cogs = cls._create_account("Device Costs", "expense_direct_cost")
        cls.consignment_cost = cls._create_account("Agency Cost", "expense")
        for field, account in (
            ("property_account_receivable_id", receivable),
            ("property_account_payable_id", payable),
        ):
            cls.env["ir.default"].set(
                "res.partner", field, account.id, company_id=cls.consignee.id
            )
        cls._create_journal("sale", cls.income)
        cls.purchase_journal = cls._create_journal("purchase", expense)
        general = cls._create_journal("general")
        bank = cls._create_journal("bank")
        lines = bank.inbound_payment_method_line_ids
        lines |= bank.outbound_payment_method_line_ids
        lines.payment_account_id = outstanding
        cls.consignee.write(
            {
                "device_stock_journal_id": general.id,
                "device_valuation_account_id": cls.valuation.id,
                "device_stock_input_account_id": cls.stock_input.id,
                "device_cogs_account_id": cls.cogs.id,
                "device_consignment_cost_account_id": cls.consignment_cost.id,
                "settlement_journal_id": cls.purchase_journal.id,
            }
        )

    @classmethod
    def _create_journal(cls, journal_type, account=None):
        return cls.env["account.journal"].create(
            {
                "name": f"Test {journal_type}",
                "code": f"T{journal_type[:3].upper()}",
                "type": journal_type,
                "company_id": cls.consignee.id,
                "default_account_id": account and account.id,
            }
        )

    @classmethod
    def _create_account(cls, name, account_type):
        cls.number += 1
        return cls.env["account.account"].create(
            {
                "name": name,
                "code": f"99{cls.number:04}",
                "account_type": account_type,
                "company_ids": [(6, 0, cls.consignee.ids)],
            }
        )

    @classmethod
    def _set_up_users(cls):
        for companies, roles in (
            (cls.consignee, ROLES),
            (cls.owner, OWNER_ROLES),
        ):
            for login, groups in roles.items():
                user = new_test_user(
                    cls.env,
                    f"settle_{login}",
                    groups=groups,
                    company_id=companies.id,
                    company_ids=[(6, 0, companies.ids)],
                )
                setattr(cls, login, user)

    @classmethod
    def _set_up_devices(cls):
        cls.grade = cls.env["device.grade"].search([], limit=1)
        # Contacts without a company are everybody's in Odoo: these are the seller's.
        cls.customer, cls.vendor, cls.other_vendor = cls.env["res.partner"].create(
            [
                {"name": name, "company_id": cls.consignee.id}
                for name in (
                    "Zebulon Customer",
                    "Quillfeather Supply",
                    "Brackwater Parts",
                )
            ]
        )
        cls.phone, cls.tablet = cls.env["product.product"].create(
            [
                {
                    "name": name,
                    "is_device": True,
                    "type": "consu",
                    "is_storable": True,
                    "tracking": "serial",
                    "invoice_policy": "delivery",
                    "purchase_method": "receive",
                    "taxes_id": [(6, 0, [])],
                    "supplier_taxes_id": [(6, 0, [])],
                }
                for name in ("Test Phone", "Test Tablet")
            ]
        )

    # -- documents ------------------------------------------------------------------

    @classmethod
    def _as(cls, user, records):
        """The records as a user sees them, in the user's own companies."""
        context = {"allowed_company_ids": user.company_ids.ids}
        return records.with_env(cls.env(user=user, su=False, context=context))

    @classmethod
    def _agree(cls, owner=None, **vals):
        """An active agreement of an owner with the consignee."""
        agreement = cls.env["device.consignment.agreement"].create(
            {
                "name": "Test Agreement",
                "owner_company_id": (owner or cls.owner).id,
                "consignee_company_id": cls.consignee.id,
                "commission_type": "percentage",
                "commission_rate": 0.15,
                "vendor_ids": [(6, 0, cls.vendor.ids)],
                "date_start": "2020-01-01",
                **vals,
            }
        )
        agreement.action_activate()
        return agreement

    @classmethod
    def _imei(cls):
        cls.number += 1
        body = f"35875609{cls.number:06}"
        return body + luhn.calc_check_digit(body)

    @classmethod
    def _receive(cls, vendor, costs, product=None):
        """Receive devices through order and manifest, and pass them through QC.

        :return: `stock.lot` in the order of `costs`
        """
        product = product or cls.phone
        order = cls.env["purchase.order"].create(
            {
                "partner_id": vendor.id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": product.id,
                            "product_qty": len(costs),
                            "price_unit": costs[0],
                        },
                    )
                ],
            }
        )
        order.button_confirm()
        manifest = order.device_manifest_ids
        imeis = [cls._imei() for _cost in costs]
        manifest._import_rows(
            [
                {"identity": imei.parse(number), "purchase_cost": cost}
                for number, cost in zip(imeis, costs, strict=True)
            ],
            "file.csv",
            imeis[0],
        )
        for number in imeis:
            manifest._scan(number)
        manifest.action_mark_complete()
        lots = cls.env["stock.lot"].search([("name", "in", imeis)])
        internal(lots).write(
            {
                "qc_status": "qc_complete",
                "grade_id": cls.grade.id,
                "storage_capacity": "128",
            }
        )
        return lots.sorted(lambda lot: imeis.index(lot.name))

    @classmethod
    def _pack(cls, devices, order_vals=None):
        """Sell devices to the customer and pack them.

        :param list devices: (lot, price)
        :return: the `packing.box`, ready to ship
        """
        products = {}
        for lot, price in devices:
            products.setdefault(lot.product_id, []).append((lot, price))
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "order_line": [
                    (0, 0, {"product_id": p.id, "product_uom_qty": len(group)})
                    for p, group in products.items()
                ],
                **(order_vals or {}),
            }
        )
        cls.env["sale.order.line.device"].create(
            [
                {
                    "sale_order_line_id": line.id,
                    "lot_id": lot.id,
                    "unit_price": price,
                }
                for line, group in zip(order.order_line, products.values(), strict=True)
                for lot, price in group
            ]
        )
        order.action_confirm()
        box = order.packing_box_ids
        for line in box.line_ids:
            box._scan(line.lot_id.name)
        box.action_mark_ready()
        return box

    @classmethod
    def _ship(cls, devices, order_vals=None):
        """Sell, pack and ship devices as a packer.

        :return: the consignee's `consignment.settlement.report` records
        """
        box = cls._pack(devices, order_vals)
        cls._as(cls.packer, box).action_mark_shipped()
        return box.settlement_report_ids.sorted("id")

    @classmethod
    def _sell_consigned(cls, prices, costs=None, vendor=None, **kwargs):
        """Receive and ship consigned devices; see :meth:`_ship`."""
        costs = costs or [100.0] * len(prices)
        lots = cls._receive(vendor or cls.vendor, costs)
        return cls._ship(list(zip(lots, prices, strict=True)), **kwargs)

    @classmethod
    def _pay(cls, bill):
        cls._as(cls.accountant, cls.env["account.payment.register"]).with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({}).action_create_payments()

    def _balance(self, account):
        """Balance of an account in posted entries."""
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return self.consignee.currency_id.round(sum(lines.mapped("balance")))
