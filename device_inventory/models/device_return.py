"""A customer return: the device comes back to its lot, the sale is taken back."""

from odoo import models

from .guard import internal


class StockMove(models.Model):
    _inherit = "stock.move"

    def _receive_returned_devices(self):
        """Take back the sales of devices that these done moves brought back."""
        returned = self.filtered(
            lambda m: (
                m.state == "done"
                and m.product_id.is_device
                and m.location_id.usage == "customer"
                and m.location_dest_id.usage in ("internal", "transit")
            )
        )
        for picking, moves in returned.grouped("picking_id").items():
            # Whoever receives the return has no rights on sale and accounting.
            sold = (
                self.env["sale.order.line.device"]
                .sudo()
                .search(
                    [
                        ("lot_id", "in", moves.move_line_ids.lot_id.ids),
                        ("state", "=", "sold"),
                        ("is_returned", "=", False),
                        ("company_id", "=", picking.company_id.id),
                    ]
                )
            )
            sold._take_back(picking.name)


class SaleOrderLineDevice(models.Model):
    _inherit = "sale.order.line.device"

    def _take_back(self, reference):
        """Undo the sale of returned devices: custody, COGS, invoice; commission later.

        The device is in stock again and waits for QC. The owner's next settlement
        pair carries the clawback.

        :param str reference: name of the return transfer
        """
        if not self:
            return
        internal(self).write({"is_returned": True})
        custodies = self.custody_id._reopen("returned")
        self.env["device.movement"]._log("return", custodies, reference=reference)
        entry = self.env["device.accounting"]._post_cogs_reversal(
            self.custody_id, reference
        )
        refunds = self._create_credit_notes()
        for order, group in self.grouped("order_id").items():
            order.message_post(
                body=self.env._(
                    "%(count)s devices returned with %(reference)s: %(documents)s.",
                    count=len(group),
                    reference=reference,
                    documents=", ".join((entry | refunds).mapped("name")) or "-",
                )
            )

    def _create_credit_notes(self):
        """Credit the returned devices at the price they were invoiced.

        :return: posted `account.move`, one for each invoice
        """
        refunds = self.env["account.move"]
        invoiced = self.filtered(lambda a: a.invoice_line_id.parent_state == "posted")
        for invoice, group in invoiced.grouped(
            lambda a: a.invoice_line_id.move_id
        ).items():
            refunds |= refunds.create(group._prepare_credit_note(invoice))
        refunds.action_post()
        return refunds

    def _prepare_credit_note(self, invoice):
        return {
            "move_type": "out_refund",
            "company_id": invoice.company_id.id,
            "journal_id": invoice.journal_id.id,
            "partner_id": invoice.partner_id.id,
            "currency_id": invoice.currency_id.id,
            "fiscal_position_id": invoice.fiscal_position_id.id,
            "reversed_entry_id": invoice.id,
            "ref": self.env._("Return of %(invoice)s", invoice=invoice.name),
            "invoice_origin": invoice.invoice_origin,
            "invoice_line_ids": [
                (
                    0,
                    0,
                    {
                        **line._prepare_device_line_copy(),
                        "quantity": len(devices),
                        "price_unit": line.price_unit,
                    },
                )
                for line, devices in self.grouped("invoice_line_id").items()
            ],
        }
