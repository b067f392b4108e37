from collections import defaultdict

from odoo import api, fields, models


class DeviceAccounting(models.AbstractModel):
    """The one place that posts the entries of devices.

    Entries group devices by product and cost; the document says which devices an
    entry covers.
    """

    _name = "device.accounting"
    _description = "Device Accounting"

    @api.model
    def _post_entry(self, company, debit_field, credit_field, costs, reference):
        """Post one entry between two of the company's device accounts.

        :param company: `res.company` that posts
        :param str debit_field: setting of the company that names the debited account
        :param str credit_field: likewise for the credited account
        :param costs: `device.custody` recordset; rows without cost are left out
        :param str reference: name of the document, also the entry's reference
        :return: the posted `account.move`, empty when nothing has a cost
        :raises UserError: naming the first setting that is missing
        """
        journal = company._get_device_setting("device_stock_journal_id")
        debit = company._get_device_setting(debit_field)
        credit = company._get_device_setting(credit_field)
        groups = self._group_by_cost(costs)
        if not groups:
            return self.env["account.move"]
        lines = []
        for (product, cost), custodies in groups.items():
            vals = {
                "name": f"{reference}: {len(custodies)} x {product.display_name}",
                "product_id": product.id,
                "quantity": len(custodies),
            }
            amount = company.currency_id.round(cost * len(custodies))
            lines.append((0, 0, {**vals, "account_id": debit.id, "debit": amount}))
            lines.append((0, 0, {**vals, "account_id": credit.id, "credit": amount}))
        # Warehouse staff cause these entries by completing or shipping, with no
        # rights on accounting.
        entry = (
            self.env["account.move"]
            .sudo()
            .with_company(company)
            .create(
                {
                    "move_type": "entry",
                    "journal_id": journal.id,
                    "date": fields.Date.context_today(self),
                    "ref": reference,
                    "line_ids": lines,
                }
            )
        )
        entry.action_post()
        return entry

    @api.model
    def _group_by_cost(self, custodies):
        """Group custody cycles by product and purchase cost, in a stable order.

        :return: dict of (product, cost) to `device.custody`
        """
        groups = defaultdict(list)
        for custody in custodies:
            if custody.purchase_cost:
                groups[custody.product_id, custody.purchase_cost].append(custody.id)
        ordered = sorted(groups.items(), key=lambda item: (item[0][0].id, item[0][1]))
        return {key: custodies.browse(ids) for key, ids in ordered}

    @api.model
    def _post_receipt(self, custodies, reference):
        """Dr Valuation / Cr Stock Input at cost, for devices on our balance sheet."""
        valued = custodies.filtered(lambda c: c.accounting_mode != "off_balance")
        return self._post_entry(
            custodies.company_id,
            "device_valuation_account_id",
            "device_stock_input_account_id",
            valued,
            reference,
        )

    @api.model
    def _post_cogs(self, custodies, reference):
        """Dr COGS / Cr Valuation at cost. The one routine, whichever path ships."""
        valued = custodies.filtered(lambda c: c.accounting_mode != "off_balance")
        if not valued:
            return self.env["account.move"]
        return self._post_entry(
            custodies.company_id,
            "device_cogs_account_id",
            "device_valuation_account_id",
            valued,
            reference,
        )

    @api.model
    def _post_cogs_reversal(self, custodies, reference):
        """Dr Valuation / Cr COGS at cost, for devices that customers returned."""
        valued = custodies.filtered(lambda c: c.accounting_mode != "off_balance")
        if not valued:
            return self.env["account.move"]
        return self._post_entry(
            custodies.company_id,
            "device_valuation_account_id",
            "device_cogs_account_id",
            valued,
            self.env._("Return of %(reference)s", reference=reference),
        )
