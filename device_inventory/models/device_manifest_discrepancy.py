import base64
import io
from urllib.parse import urlencode

import xlsxwriter

from odoo import _, fields, models
from odoo.exceptions import UserError


class DeviceManifest(models.Model):
    """The claim for devices that the supplier listed, but that did not come."""

    _inherit = "device.manifest"

    discrepancy_file = fields.Binary(compute="_compute_discrepancy_file")

    def _get_discrepancy_lines(self):
        """The missing lines of a completed manifest, by carton and row.

        :raises UserError: when nothing is missing
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line.state == "missing")
        if self.state != "complete" or not lines:
            raise UserError(
                _(
                    "%(manifest)s has no missing devices: there is nothing to claim.",
                    manifest=self.name,
                )
            )
        return lines.sorted(lambda x: (x.supplier_carton_id or "", x.row_number, x.id))

    def action_discrepancy_pdf(self):
        """Print the discrepancy report, to be sent to the supplier."""
        self._get_discrepancy_lines()
        return self.env.ref(
            "device_inventory.action_report_device_discrepancy"
        ).report_action(self)

    def action_discrepancy_xlsx(self):
        """Download the missing devices as a workbook."""
        self._get_discrepancy_lines()
        name = _("Discrepancy %(name)s.xlsx", name=self.name.replace("/", "-"))
        query = urlencode({"download": "true", "filename": name})
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/discrepancy_file?{query}",
            "target": "self",
        }

    def _compute_discrepancy_file(self):
        for manifest in self:
            content = manifest.state == "complete" and manifest.missing_count
            manifest.discrepancy_file = content and base64.b64encode(
                manifest._make_discrepancy_xlsx()
            )

    def _make_discrepancy_xlsx(self):
        """The missing devices as the bytes of a workbook."""
        lines = self._get_discrepancy_lines()
        output = io.BytesIO()
        book = xlsxwriter.Workbook(output, {"in_memory": True})
        sheet = book.add_worksheet(_("Missing Devices"))
        bold = book.add_format({"bold": True})
        top = self._write_discrepancy_facts(sheet, bold, len(lines))
        sheet.set_column(0, 0, 18)
        sheet.set_column(1, 1, 36)
        sheet.set_column(2, 7, 16)
        for column, heading in enumerate(self._get_discrepancy_headings()):
            sheet.write_string(top, column, heading, bold)
        for row, line in enumerate(lines, start=top + 1):
            for column, value in enumerate(line._prepare_discrepancy_row()):
                sheet.write_string(row, column, value)
            sheet.write_number(row, 7, line.purchase_cost)
        book.close()
        return output.getvalue()

    def _write_discrepancy_facts(self, sheet, bold, count):
        """Write what the claim is about; return the row of the headings."""
        facts = [
            (_("Manifest"), self.name),
            (_("Purchase Order"), self.sudo().purchase_id.name or ""),
            (_("Supplier"), self.partner_id.display_name or ""),
            (_("Supplier File"), self.file_name or ""),
            (_("Completed On"), str(self.date_complete.date())),
            (_("Claim Deadline"), str(self.claim_deadline or "")),
            (_("Missing"), str(count)),
        ]
        for row, (name, value) in enumerate(facts):
            sheet.write_string(row, 0, name, bold)
            sheet.write_string(row, 1, value)
        return len(facts) + 1

    def _get_discrepancy_headings(self):
        return [
            _("IMEI"),
            _("Product"),
            _("Storage"),
            _("Color"),
            _("Supplier SKU"),
            _("Carton"),
            _("Row"),
            _("Cost (%(currency)s)", currency=self.currency_id.name),
        ]


class DeviceManifestLine(models.Model):
    _inherit = "device.manifest.line"

    def _prepare_discrepancy_row(self):
        """Texts of a missing device, in the order of the headings."""
        storage = dict(
            self._fields["storage_capacity"]._description_selection(self.env)
        )
        return [
            self.imei,
            self.product_id.display_name or "",
            storage.get(self.storage_capacity, ""),
            self.color or "",
            self.supplier_sku or "",
            self.supplier_carton_id or "",
            str(self.row_number or ""),
        ]
