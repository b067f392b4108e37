from collections import defaultdict

from odoo import _, fields, models
from odoo.exceptions import RedirectWarning, UserError


class ConsignmentSettlementReport(models.Model):
    """The owner's bill of a consignee's settlement report."""

    _inherit = "consignment.settlement.report"

    def action_retry_vendor_bill(self):
        """Create the bills that are missing, once their settings are complete.

        :return: a notification that says how it went
        :raises AccessError: when the user may not settle
        """
        self._check_may_settle()
        self._check_state(("confirmed",), _("billed"))
        bills = self._create_settlement_vendor_bill()
        warnings = [text for text in self.mapped("bill_warning") if text]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if warnings else "success",
                "message": "\n".join(warnings)
                or _("Vendor bill: %(bills)s", bills=", ".join(bills.mapped("name"))),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _create_settlement_vendor_bill(self):
        """Bill the owner amounts of confirmed reports; do nothing where that is done.

        What is missing is told by a warning on the report and in its chatter, and the
        report stays confirmed without bill: correct the setting and call again.

        :return: the reports' `account.move` records
        """
        for report in self._as_flow():
            report._lock()
            if report._needs_bill():
                report._bill_or_warn()
        return self.sudo().vendor_bill_id.with_env(self.env)

    def _needs_bill(self):
        return (
            self.report_type == "consignee"
            and self.state == "confirmed"
            and self.vendor_bill_id.state in (False, "cancel")
        )

    def _has_nothing_to_bill(self):
        """No amounts at all. A total of zero is billed still when its lines are not:
        the purchase costs leave Stock Input by the bill."""
        return not self._prepare_bill_lines(1)

    def _bill_or_warn(self):
        if self._has_nothing_to_bill():
            self._log_seller(_("The owner amount is zero: there is nothing to bill."))
            return
        missing = self.company_id._get_missing_device_settings(
            self._get_bill_settings()
        )
        if missing:
            self._warn_bill(
                "\n".join(map(self.company_id._missing_device_setting_message, missing))
            )
            return
        try:
            with self.env.cr.savepoint():
                bill = self._post_vendor_bill()
        except (UserError, RedirectWarning) as error:
            self._warn_bill(str(error.args[0]))
            return
        self.write({"vendor_bill_id": bill.id, "bill_warning": False})
        self._log_seller(_("Vendor bill %(bill)s posted.", bill=bill.name))

    def _warn_bill(self, reason):
        self.write({"bill_warning": reason})
        self._log_seller(
            _("The vendor bill could not be created: %(reason)s", reason=reason)
        )

    def _get_bill_settings(self):
        """Names of the company's settings that this report's bill cannot do without."""
        names = ["settlement_journal_id"]
        modes = set(self.line_ids.mapped("accounting_mode"))
        if "on_receipt" in modes:
            names += ["device_stock_input_account_id", "device_cogs_account_id"]
        if "off_balance" in modes:
            names.append("device_consignment_cost_account_id")
        return names

    def _post_vendor_bill(self):
        """Create and post the bill, or the refund when the total is negative.

        :return: the posted `account.move`
        :raises UserError: when it cannot be posted or its total is not the report's
        """
        moves = self.env["account.move"].with_company(self.company_id)
        bill = moves.create(self._prepare_bill_vals())
        if not self._is_bill_total_right(bill):
            raise UserError(
                _(
                    "The bill's total %(bill)s differs from the owner amount "
                    "%(total)s: give the precision “Product Price” the decimals of "
                    "%(currency)s.",
                    bill=bill.amount_total,
                    total=abs(self.total_owner_amount),
                    currency=self.currency_id.name,
                )
            )
        bill.action_post()
        # The owner's partner would be told whatever the consignee notes on its bill.
        bill.message_unsubscribe(partner_ids=bill.partner_id.ids)
        return bill

    def _is_bill_total_right(self, bill):
        return (
            bill.currency_id == self.currency_id
            and self.currency_id.compare_amounts(
                bill.amount_total, abs(self.total_owner_amount)
            )
            == 0
        )

    def _prepare_bill_vals(self):
        is_refund = self.total_owner_amount < 0
        lines = self._prepare_bill_lines(-1 if is_refund else 1)
        return {
            "move_type": "in_refund" if is_refund else "in_invoice",
            "journal_id": self.company_id.settlement_journal_id.id,
            "partner_id": self.owner_company_id.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": fields.Date.context_today(self),
            "ref": self.name,
            "invoice_origin": self.name,
            "invoice_line_ids": [(0, 0, vals) for vals in lines],
        }

    def _prepare_bill_lines(self, sign):
        """Values of the bill's lines, grouped by product and cost, without taxes.

        Valued on receipt: the purchase cost from Stock Input, the difference to the
        owner amount on COGS. Off balance: the owner amount on Consignment Cost.
        Clawbacks are negative.

        :param int sign: -1 on a refund, whose lines count the other way
        :return: list of dict, whose sum is the report's owner amount
        """
        result = []
        for (mode, line_type, product, cost), lines in self._group_bill_lines():
            quantity = len(lines) if line_type == "sale" else -len(lines)
            amount = sum(line.owner_amount for line in lines)
            label = _(
                "%(count)s x %(product)s", count=quantity, product=product.display_name
            )
            if mode == "on_receipt":
                difference = self.currency_id.round(amount - quantity * cost)
                result += [
                    ("device_stock_input_account_id", label, sign * quantity, cost),
                    (
                        "device_cogs_account_id",
                        _("%(label)s: difference to the owner amount", label=label),
                        sign,
                        difference,
                    ),
                ]
            else:
                result.append(
                    ("device_consignment_cost_account_id", label, sign, amount)
                )
        return [
            {
                "name": label,
                "account_id": self.company_id[setting].id,
                "quantity": quantity,
                "price_unit": price,
                "tax_ids": [(6, 0, [])],
            }
            for setting, label, quantity, price in result
            if not self.currency_id.is_zero(price)
        ]

    def _group_bill_lines(self):
        """Group the lines by posting, product and cost, in a stable order.

        :return: list of ((accounting mode, line type, product, cost), lines)
        """
        groups = defaultdict(list)
        for line in self.line_ids:
            mode = line.accounting_mode
            cost = line.purchase_cost if mode == "on_receipt" else 0.0
            groups[mode, line.line_type, line.product_id, cost].append(line)
        return sorted(
            groups.items(),
            key=lambda item: (item[0][0], item[0][1], item[0][2].id, item[0][3]),
        )
