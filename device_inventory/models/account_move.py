from odoo import fields, models
from odoo.exceptions import UserError

from .guard import internal


class AccountMove(models.Model):
    _inherit = "account.move"

    # -- customer invoices ----------------------------------------------------

    def _split_device_prices(self):
        """One invoice line for each product and price of the devices sold."""
        for line in self.invoice_line_ids.filtered(
            lambda x: x.move_id.move_type == "out_invoice" and x.product_id.is_device
        ):
            sale_line = line.sale_line_ids[:1]
            devices = sale_line._get_devices_to_invoice()[: int(line.quantity)]
            if devices:
                line._split_by_price(devices)

    # -- vendor bills ---------------------------------------------------------

    def _post(self, soft=True):
        bills = self.filtered(lambda m: m.move_type == "in_invoice")
        bills._check_no_consigned_devices()
        if not self.env.context.get("move_reverse_cancel"):
            bills._create_device_price_differences()
        return super()._post(soft)

    def _check_no_consigned_devices(self):
        """Consigned devices are paid to their owner by settlement.

        :raises UserError: naming the bill and the order
        """
        orders = self.invoice_line_ids.filtered("product_id.is_device").purchase_line_id
        consigned = orders.order_id.filtered("is_device_consignment")
        if consigned:
            raise UserError(
                self.env._(
                    "The devices of %(orders)s are on consignment: their owner "
                    "is paid by "
                    "settlement, a vendor bill for them cannot be posted.",
                    orders=", ".join(consigned.mapped("name")),
                )
            )

    def _create_device_price_differences(self):
        """Clear Stock Input at the devices' cost; what the bill differs is COGS."""
        vals_list = []
        for line in self.invoice_line_ids.filtered(
            lambda x: x.product_id.is_device and x.purchase_line_id
        ):
            vals_list += line._prepare_device_difference()
        self.env["account.move.line"].create(vals_list)

    def button_draft(self):
        result = super().button_draft()
        self._release_billed_devices()
        return result

    def button_cancel(self):
        result = super().button_cancel()
        self._release_billed_devices()
        return result

    def _release_billed_devices(self):
        # An accountant does not read custody; the bill's own devices are let go.
        custodies = (
            self.env["device.custody"]
            .sudo()
            .search([("vendor_bill_line_id", "in", self.line_ids.ids)])
        )
        custodies._write_internal({"vendor_bill_line_id": False})


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _compute_account_id(self):
        result = super()._compute_account_id()
        for line in self:
            account = line._get_device_purchase_account()
            if account:
                line.account_id = account
        return result

    def _get_device_purchase_account(self):
        """Vendor bill lines of device products clear Device Stock Input."""
        if (
            self.display_type == "product"
            and self.product_id.is_device
            and self.move_id.is_purchase_document(include_receipts=True)
        ):
            return self.company_id.sudo().device_stock_input_account_id
        return self.env["account.account"]

    def _split_by_price(self, devices):
        """Let this invoice line stand for the devices of one price; add the others.

        :param devices: `sale.order.line.device` that the line invoices
        """
        self.ensure_one()
        first, *others = sorted(
            devices.grouped("unit_price").items(), key=lambda item: -item[0]
        )
        rest = self.quantity - len(devices)
        template = self._prepare_device_line_copy()
        commands = [
            (
                1,
                self.id,
                {"quantity": len(first[1]) + rest, "price_unit": first[0]},
            )
        ]
        commands += [
            (0, 0, {**template, "quantity": len(group), "price_unit": price})
            for price, group in others
        ]
        self.move_id.write({"invoice_line_ids": commands})
        lines = self.move_id.invoice_line_ids.filtered(
            lambda x: x.sale_line_ids == self.sale_line_ids
        )
        for price, group in [first, *others]:
            same = lines.filtered(lambda x, p=price: x.price_unit == p)
            internal(group.sudo()).write({"invoice_line_id": same[:1].id})

    def _prepare_device_line_copy(self):
        return {
            "product_id": self.product_id.id,
            "name": self.name,
            "product_uom_id": self.product_uom_id.id,
            "account_id": self.account_id.id,
            "discount": self.discount,
            "tax_ids": [(6, 0, self.tax_ids.ids)],
            "analytic_distribution": self.analytic_distribution,
            "sale_line_ids": [(6, 0, self.sale_line_ids.ids)],
            "sequence": self.sequence,
        }

    def _prepare_device_difference(self):
        """Lines that move the difference between bill and cost from GRNI to COGS."""
        # The bill's devices in the order they came; custody is not the accountant's.
        custodies = (
            self.env["device.custody"]
            .sudo()
            .search(
                [
                    ("purchase_line_id", "=", self.purchase_line_id.id),
                    ("vendor_bill_line_id", "=", False),
                    ("accounting_mode", "=", "own"),
                ],
                order="id",
                limit=int(self.quantity),
            )
        )
        company = self.company_id
        if not custodies or not company.sudo().device_stock_input_account_id:
            return []
        custodies._write_internal({"vendor_bill_line_id": self.id})
        billed = self.balance * len(custodies) / self.quantity
        difference = company.currency_id.round(
            billed - sum(custodies.mapped("purchase_cost"))
        )
        if company.currency_id.is_zero(difference):
            return []
        cogs = company._get_device_setting("device_cogs_account_id")
        stock_input = company._get_device_setting("device_stock_input_account_id")
        return [
            self._prepare_device_difference_line(cogs, difference),
            self._prepare_device_difference_line(stock_input, -difference),
        ]

    def _prepare_device_difference_line(self, account, balance):
        move = self.move_id
        return {
            "move_id": move.id,
            "name": self.env._("Price difference: %(name)s", name=self.name or ""),
            "product_id": self.product_id.id,
            "partner_id": move.commercial_partner_id.id,
            "account_id": account.id,
            "display_type": "cogs",
            "tax_ids": [],
            "balance": balance,
            "amount_currency": self.company_currency_id._convert(
                balance,
                move.currency_id,
                move.company_id,
                move.invoice_date or fields.Date.context_today(self),
            ),
        }
