import base64
import hashlib
import io
from dataclasses import dataclass

import xlsxwriter
from markupsafe import Markup

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..models.messages import code_text
from ..models.stock_lot import LOCK_STATUS
from ..tools import spreadsheet
from ..tools.columns import label
from ..tools.grid import cell_text, column_letter

SAMPLES = 3
SHOWN_PROBLEMS = 200

FIELD_LABELS = [
    ("imei", "IMEI"),
    ("imei2", "IMEI 2"),
    ("eid", "EID"),
    ("storage", "Storage"),
    ("color", "Color"),
    ("grade", "Grade"),
    ("lock_status", "Lock Status"),
    ("purchase_cost", "Purchase Cost"),
    ("supplier_sku", "Supplier SKU"),
    ("supplier_grade", "Supplier Grade"),
    ("supplier_carton_id", "Supplier Carton"),
]


@dataclass(frozen=True)
class RowProblem:
    """What keeps a row from being imported, as the user reads it."""

    row: int
    column: str
    value: str
    rule: str


class DeviceManifestUpload(models.TransientModel):
    """Upload IMEI: file, meaning of its columns, what is wrong, import."""

    _name = "device.manifest.upload"
    _description = "Upload IMEI"

    manifest_id = fields.Many2one("device.manifest", required=True, readonly=True)
    step = fields.Selection(
        [("file", "File"), ("mapping", "Columns"), ("preview", "Check")],
        default="file",
        required=True,
    )
    file = fields.Binary("Supplier's File", attachment=False)
    file_name = fields.Char()
    digest = fields.Char(readonly=True)
    is_known = fields.Boolean("Imported Before", readonly=True)
    sheet_name = fields.Char("Sheet", readonly=True)
    row_count = fields.Integer("Rows", readonly=True)
    notices = fields.Text(readonly=True)
    column_ids = fields.One2many(
        "device.manifest.upload.column", "upload_id", "Columns"
    )
    good_count = fields.Integer("Good Rows", readonly=True)
    new_count = fields.Integer("New Devices", readonly=True)
    listed_count = fields.Integer("On the Manifest Already", readonly=True)
    broken_count = fields.Integer("Broken Rows", readonly=True)
    problem_count = fields.Integer("Problems", readonly=True)
    problem_html = fields.Html(readonly=True, sanitize=False)
    problem_file = fields.Binary(readonly=True, attachment=False)
    leave_out = fields.Boolean(
        "Leave Out Broken Rows",
        help="Import the good rows only. The broken ones are not expected then: the "
        "scan of such a device is unexpected.",
    )

    # -- steps --------------------------------------------------------------------

    def action_read(self):
        """Read the file and propose what its columns mean.

        :raises UserError: when the file cannot be used at all
        """
        self.ensure_one()
        if not self.file:
            raise UserError(_("Choose the supplier's file first."))
        content = base64.b64decode(self.file)
        sheet = self._read_sheet(content)
        digest = hashlib.sha256(content).hexdigest()
        self.column_ids.unlink()
        self.write(
            {
                "step": "mapping",
                "digest": digest,
                "is_known": self.manifest_id.file_digest == digest,
                "sheet_name": sheet.name,
                "row_count": len(sheet.rows),
                "notices": self._get_notices(sheet),
                "column_ids": [(0, 0, vals) for vals in self._prepare_columns(sheet)],
            }
        )
        return self._reopen()

    def action_check(self):
        """Check every row under the chosen columns, and show what is wrong."""
        self.ensure_one()
        rows, problems = self._check_rows()
        listed = set(self.manifest_id._get_lines_by_identity().mapped("imei_key"))
        known = sum(row["identity"].key in listed for row in rows)
        self.write(
            {
                "step": "preview",
                "good_count": len(rows),
                "new_count": len(rows) - known,
                "listed_count": known,
                "broken_count": len({problem.row for problem in problems}),
                "problem_count": len(problems),
                "problem_html": self._render_problems(problems[:SHOWN_PROBLEMS]),
                "problem_file": self._make_problem_file(problems),
                "leave_out": False,
            }
        )
        return self._reopen()

    def action_back(self):
        self.ensure_one()
        self.step = "mapping" if self.step == "preview" else "file"
        return self._reopen()

    def action_import(self):
        """Import all rows, or none.

        :raises UserError: when rows are broken and were not left out explicitly
        """
        self.ensure_one()
        manifest = self.manifest_id
        if manifest.file_digest == self.digest:
            return self._notify(
                _("%(file)s was imported before: nothing changed.", file=self.file_name)
            )
        rows, problems = self._check_rows()
        broken = len({problem.row for problem in problems})
        if broken and not self.leave_out:
            raise UserError(
                _(
                    "%(count)s rows are broken, nothing was imported. Correct the file "
                    "and upload it again, or leave them out.",
                    count=broken,
                )
            )
        if not rows:
            raise UserError(_("No good row is left: there is nothing to import."))
        added = manifest._import_rows(rows, self.file_name or "-", self.digest)
        if broken:
            manifest.message_post(body=self._left_out_message(broken))
        return self._notify(
            _(
                "%(added)s devices added, %(updated)s updated.",
                added=added,
                updated=len(rows) - added,
            )
        )

    def action_download_problems(self):
        """Download every problem as a workbook."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/problem_file"
            "?download=true&filename=problems.xlsx",
            "target": "self",
        }

    def _left_out_message(self, count):
        return _(
            "%(file)s: %(count)s broken rows left out.",
            file=self.file_name,
            count=count,
        )

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": _("Upload IMEI"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _notify(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # -- reading --------------------------------------------------------------------

    def _read_sheet(self, content):
        try:
            return spreadsheet.read(content)
        except spreadsheet.FileProblem as problem:
            raise UserError(self._file_problem_text(problem)) from problem

    def _file_problem_text(self, problem):
        name = self.file_name or _("The file")
        text = code_text(self.env, problem.code, self._with_labels(problem.params))
        return f"{name}: {text}"

    def _with_labels(self, params):
        """Name a manifest's field as the user knows it."""
        if "field" not in params:
            return params
        return {**params, "field": self._get_field_labels()[params["field"]]}

    def _get_field_labels(self):
        columns = self.env["device.manifest.upload.column"]
        return dict(columns._fields["field"]._description_selection(self.env))

    def _get_notices(self, sheet):
        return "\n".join(
            code_text(self.env, problem.code, self._with_labels(problem.params))
            for problem in spreadsheet.ambiguous_headers(sheet.headers)
        )

    def _prepare_columns(self, sheet):
        suggested = spreadsheet.suggest_mapping(sheet.headers, sheet.imei_column)
        return [
            {
                "index": index,
                "letter": column_letter(index),
                "heading": label(sheet.headers, index),
                "samples": self._get_samples(sheet, index),
                "field": suggested.get(index),
            }
            for index in range(len(sheet.headers))
            if cell_text(sheet.headers[index]) or self._get_samples(sheet, index)
        ]

    def _get_samples(self, sheet, index):
        samples = []
        for _number, cells in sheet.rows[:50]:
            cell = cells[index] if index < len(cells) else None
            text = cell_text(getattr(cell, "value", cell))
            if text and text not in samples:
                samples.append(text)
            if len(samples) == SAMPLES:
                break
        return " · ".join(samples)

    # -- checking -------------------------------------------------------------------

    def _check_rows(self):
        """Read the file's rows and sort them into good and broken ones.

        :return: rows as `device.manifest._import_rows` takes them, and the list of
            :class:`RowProblem`, by row
        """
        sheet = self._read_sheet(base64.b64decode(self.file))
        mapping = {c.index: c.field for c in self.column_ids if c.field}
        try:
            parsed, found = spreadsheet.parse_rows(sheet, mapping)
        except spreadsheet.FileProblem as problem:
            raise UserError(self._file_problem_text(problem)) from problem
        problems = [
            self._describe_problem(sheet, mapping, problem) for problem in found
        ]
        headings = {field: label(sheet.headers, i) for i, field in mapping.items()}
        refused = self._find_refusals(parsed, headings)
        broken = {problem.row for problem in refused}
        grades = self._get_grades(parsed)
        rows = [
            self._prepare_row(row, grades, self.manifest_id.currency_id)
            for row in parsed
            if row["row_number"] not in broken
        ]
        return rows, sorted(problems + refused, key=lambda problem: problem.row)

    def _describe_problem(self, sheet, mapping, problem):
        cells = dict(sheet.rows).get(problem.row, ()) if problem.field else ()
        index = next((i for i, f in mapping.items() if f == problem.field), None)
        cell = cells[index] if index is not None and index < len(cells) else None
        return RowProblem(
            problem.row,
            problem.column,
            cell_text(getattr(cell, "value", cell)) or problem.params.get("value", ""),
            code_text(self.env, problem.code, self._with_labels(problem.params)),
        )

    def _find_refusals(self, rows, headings):
        """Rows that can be read, but that the manifest cannot take."""
        return [
            *self._find_unknown_grades(rows, headings),
            *self._find_unknown_locks(rows, headings),
            *self._find_live_devices(rows, headings),
        ]

    def _get_grades(self, rows):
        return self.env["device.grade"]._get_by_text({row["grade"] for row in rows})

    def _find_unknown_grades(self, rows, headings):
        grades = self._get_grades(rows)
        known = ", ".join(self.env["device.grade"].search([]).mapped("code"))
        rule = _("No grade has this code or name. Known codes: %(codes)s.", codes=known)
        return [
            RowProblem(row["row_number"], headings["grade"], row["grade"], rule)
            for row in rows
            if row["grade"] and row["grade"].lower() not in grades
        ]

    def _find_unknown_locks(self, rows, headings):
        known = {key for key, _label in LOCK_STATUS}
        rule = _("A lock status is “unlocked” or “locked”.")
        return [
            RowProblem(
                row["row_number"], headings["lock_status"], row["lock_status"], rule
            )
            for row in rows
            if row["lock_status"] and row["lock_status"] not in known
        ]

    def _find_live_devices(self, rows, headings):
        """Devices that somebody has in stock already; another company is not named."""
        company = self.manifest_id.company_id
        by_key = {row["imei"].key: ("imei", row) for row in rows}
        by_key.update({r["imei2"].key: ("imei2", r) for r in rows if r["imei2"]})
        # Another company's custody may be the reason; it is not named.
        live = (
            self.env["device.custody"]
            .sudo()
            .search([("identity_key", "in", list(by_key)), ("live", "=", True)])
        )
        problems = []
        for custody in live:
            field, row = by_key[custody.identity_key]
            if field == "imei":
                rule = custody._live_message(company)
            else:
                rule = _("This second IMEI is the first IMEI of another live device.")
            problems.append(
                RowProblem(row["row_number"], headings[field], row[field].number, rule)
            )
        return problems

    @api.model
    def _prepare_row(self, row, grades, currency):
        """A parsed row in the manifest's terms."""
        cost = row["purchase_cost"]
        return {
            "row_number": row["row_number"],
            "identity": row["imei"],
            "imei2": row["imei2"].number if row["imei2"] else False,
            "eid": row["eid"],
            "storage_capacity": row["storage"],
            "color": row["color"],
            "grade_id": grades[row["grade"].lower()].id if row["grade"] else False,
            "lock_status": row["lock_status"],
            "purchase_cost": cost is not None and currency.round(float(cost)),
            "supplier_sku": row["supplier_sku"],
            "supplier_grade": row["supplier_grade"],
            "supplier_carton_id": row["supplier_carton_id"],
        }

    # -- the list of problems ---------------------------------------------------------

    def _get_problem_headings(self):
        return [_("Row"), _("Column"), _("Value"), _("What Is Wrong")]

    def _render_problems(self, problems):
        if not problems:
            return False
        cell = Markup("<td>%s</td>")
        head = Markup().join(
            Markup("<th>%s</th>") % h for h in self._get_problem_headings()
        )
        body = Markup().join(
            Markup("<tr>%s</tr>")
            % Markup().join(cell % text for text in (p.row, p.column, p.value, p.rule))
            for p in problems
        )
        return Markup(
            '<table class="table table-sm table-striped mb-0"><thead><tr>%s</tr>'
            "</thead><tbody>%s</tbody></table>"
        ) % (head, body)

    def _make_problem_file(self, problems):
        """Every problem as a workbook, base64; False without any."""
        if not problems:
            return False
        output = io.BytesIO()
        book = xlsxwriter.Workbook(output, {"in_memory": True})
        sheet = book.add_worksheet(_("Problems"))
        bold = book.add_format({"bold": True})
        for column, (heading, width) in enumerate(
            zip(self._get_problem_headings(), (8, 20, 24, 90), strict=True)
        ):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, bold)
        for number, problem in enumerate(problems, start=1):
            sheet.write_number(number, 0, problem.row)
            sheet.write_string(number, 1, problem.column)
            sheet.write_string(number, 2, problem.value)
            sheet.write_string(number, 3, problem.rule)
        book.close()
        return base64.b64encode(output.getvalue())


class DeviceManifestUploadColumn(models.TransientModel):
    _name = "device.manifest.upload.column"
    _description = "Column of a Supplier's File"
    _order = "index"

    upload_id = fields.Many2one(
        "device.manifest.upload", required=True, ondelete="cascade"
    )
    index = fields.Integer(readonly=True)
    letter = fields.Char("Column", readonly=True)
    heading = fields.Char(readonly=True)
    samples = fields.Char("First Values", readonly=True)
    field = fields.Selection(FIELD_LABELS, "Meaning")
