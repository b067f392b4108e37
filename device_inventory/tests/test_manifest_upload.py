import base64
import io
import re

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.guard import internal
from ..tools.problems import CODES
from . import manifest_files
from .common import DeviceCase

BROKEN = manifest_files.broken_files()


@tagged("post_install", "-at_install")
class TestManifestUpload(DeviceCase):
    """Upload IMEI: the supplier's file through the wizard, as the warehouse user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A demonstration database holds devices of the same generator.
        live = cls.env["device.custody"].search([("live", "=", True)])
        internal(live).write({"live": False})

    def setUp(self):
        super().setUp()
        order = self.order_devices(5)
        self.manifest = order.sudo().device_manifest_ids.with_user(self.warehouse)

    def open_wizard(self, content, name="supplier.xlsx", manifest=None):
        action = (manifest or self.manifest).action_upload()
        return (
            self.env["device.manifest.upload"]
            .with_user(self.warehouse)
            .with_context(**action["context"])
            .create({"file": base64.b64encode(content), "file_name": name})
        )

    def check(self, content, name="supplier.xlsx"):
        wizard = self.open_wizard(content, name)
        wizard.action_read()
        wizard.action_check()
        return wizard

    def upload(self, content, name="supplier.xlsx"):
        wizard = self.check(content, name)
        return wizard.action_import()["params"]["message"]

    def rows_of(self, *rows):
        return manifest_files.csv_bytes(list(rows))

    def problems_of(self, wizard):
        return wizard._check_rows()[1]

    def hold_elsewhere(self, number):
        """A live custody of the other company, for a device of its own."""
        lot = internal(self.env["stock.lot"]).create(
            {"name": number, "product_id": self.phone.id}
        )
        return internal(self.env["device.custody"]).create(
            {
                "lot_id": lot.id,
                "identity_key": lot.imei_key,
                "product_id": self.phone.id,
                "company_id": self.axis.id,
                "owner_company_id": self.axis.id,
            }
        )

    # -- a good file --------------------------------------------------------------

    def test_a_valid_workbook_of_500_rows_is_expected_whole(self):
        wizard = self.check(manifest_files.valid_xlsx(500))
        self.assertEqual(
            (wizard.row_count, wizard.new_count, wizard.broken_count), (500, 500, 0)
        )
        message = wizard.action_import()["params"]["message"]
        self.assertEqual(message, "500 devices added, 0 updated.")
        self.assertEqual(self.manifest.expected_count, 500)
        self.assertEqual(self.manifest.state, "ready")
        self.assertEqual(self.manifest.file_name, "supplier.xlsx")

    def test_a_row_gives_its_line_every_fact(self):
        self.upload(manifest_files.valid_xlsx(1))
        line = self.manifest.line_ids
        row = dict(zip(manifest_files.HEADERS, manifest_files.table(1)[1], strict=True))
        self.assertEqual(line.imei, row["IMEI"])
        self.assertEqual(line.imei2 or "", row["IMEI2"] or "")
        self.assertEqual(line.storage_capacity, row["Storage"].split()[0])
        self.assertEqual(line.color, row["Color"])
        self.assertEqual(line.grade_id.name, row["Grade"])
        self.assertEqual(line.lock_status, row["Lock Status"].lower())
        self.assertEqual(line.purchase_cost, float(row["Purchase Cost"]))
        self.assertEqual(line.supplier_sku, row["Supplier SKU"])
        self.assertEqual(line.supplier_carton_id, row["Carton ID"])
        self.assertEqual(line.row_number, 2)

    def test_the_columns_are_proposed_with_samples_and_can_be_changed(self):
        number = self.make_imei()
        content = self.rows_of(["Device", "IMEI", "Kind"], ["Pixel", number, "Black"])
        wizard = self.open_wizard(content, "list.csv")
        wizard.action_read()
        columns = {column.heading: column for column in wizard.column_ids}
        self.assertEqual(columns["IMEI"].field, "imei")
        self.assertEqual(columns["IMEI"].samples, number)
        self.assertFalse(columns["Kind"].field)
        columns["Kind"].field = "color"
        wizard.action_check()
        wizard.action_import()
        self.assertEqual(self.manifest.line_ids.color, "Black")

    def test_one_field_for_two_columns_is_refused_by_its_label(self):
        content = self.rows_of(["IMEI", "A", "B"], [self.make_imei(), "1", "2"])
        wizard = self.open_wizard(content, "list.csv")
        wizard.action_read()
        (wizard.column_ids - wizard.column_ids[:1]).field = "purchase_cost"
        with self.assertRaisesRegex(
            UserError, "list.csv: Purchase Cost is chosen for two columns: A and B"
        ):
            wizard.action_check()

    def test_a_mapping_without_imei_is_refused(self):
        wizard = self.open_wizard(manifest_files.valid_xlsx(2))
        wizard.action_read()
        wizard.column_ids.filtered(lambda c: c.field == "imei").field = False
        with self.assertRaisesRegex(UserError, "No column is chosen for the IMEI"):
            wizard.action_check()

    def test_a_scanned_device_that_the_file_lists_was_expected(self):
        number = manifest_files.table(3)[1][0]
        self.scan(self.manifest, [number])
        wizard = self.check(manifest_files.valid_xlsx(3))
        self.assertEqual((wizard.new_count, wizard.listed_count), (2, 1))
        wizard.action_import()
        line = self.manifest.line_ids.filtered(lambda line: line.imei == number)
        self.assertEqual(line.state, "received")
        self.assertTrue(line.from_file)

    # -- the same file again --------------------------------------------------------

    def test_a_second_upload_of_the_same_file_changes_nothing_and_says_so(self):
        content = manifest_files.valid_xlsx(20)
        self.upload(content)
        lines, messages = self.manifest.line_ids, self.manifest.message_ids
        stamps = lines.mapped("write_date")
        wizard = self.open_wizard(content, "again.xlsx")
        wizard.action_read()
        self.assertTrue(wizard.is_known)
        wizard.action_check()
        reply = wizard.action_import()
        self.env.invalidate_all()
        self.assertEqual(
            reply["params"]["message"],
            "again.xlsx was imported before: nothing changed.",
        )
        self.assertEqual(self.manifest.line_ids, lines)
        self.assertEqual(lines.mapped("write_date"), stamps)
        self.assertEqual(self.manifest.message_ids, messages)
        self.assertEqual(self.manifest.file_name, "supplier.xlsx")

    def test_a_closed_manifest_takes_no_file(self):
        wizard = self.check(manifest_files.valid_xlsx(2))
        self.manifest.action_cancel()
        with self.assertRaisesRegex(UserError, "complete or cancelled"):
            wizard.action_import()
        with self.assertRaisesRegex(UserError, "complete or cancelled"):
            self.manifest.action_upload()

    # -- broken files ---------------------------------------------------------------

    def test_each_broken_row_is_named_with_column_value_and_rule(self):
        for name, file in BROKEN.items():
            if file.code:
                continue
            with self.subTest(file=name):
                wizard = self.check(file.content, name)
                rules = {
                    problem.row: problem.rule for problem in self.problems_of(wizard)
                }
                self.assertEqual(set(rules), set(file.problems))
                for row, code in file.problems.items():
                    self.assertRegex(rules[row], self.as_pattern(CODES[code]))
                    self.assertIn(f"<td>{row}</td>", wizard.problem_html)
                self.assertEqual(wizard.broken_count, len(file.problems))
                self.assertEqual(wizard.good_count, file.good)

    def as_pattern(self, template):
        pieces = re.split(r"%\(\w+\)s", template)
        return "^" + ".*".join(map(re.escape, pieces)) + "$"

    def test_while_a_row_is_broken_nothing_is_imported(self):
        for name, file in BROKEN.items():
            if file.code:
                continue
            with self.subTest(file=name):
                wizard = self.check(file.content, name)
                with self.assertRaisesRegex(UserError, "nothing was imported"):
                    wizard.action_import()
                self.assertFalse(self.manifest.line_ids)
                self.assertFalse(self.manifest.file_digest)
                self.assertEqual(self.manifest.state, "awaiting_upload")

    def test_a_file_that_is_no_table_is_refused_by_name_and_reason(self):
        for name, file in BROKEN.items():
            if not file.code:
                continue
            with self.subTest(file=name):
                wizard = self.open_wizard(file.content, name)
                with self.assertRaises(UserError) as refusal:
                    wizard.action_read()
                expected = f"{name}: {CODES[file.code]}"
                self.assertRegex(str(refusal.exception), self.as_pattern(expected))
                self.assertEqual(wizard.step, "file")
                self.assertFalse(self.manifest.line_ids)

    def test_without_a_file_the_wizard_asks_for_one(self):
        wizard = self.open_wizard(b"")
        with self.assertRaisesRegex(UserError, "Choose the supplier's file"):
            wizard.action_read()

    def test_leaving_out_broken_rows_imports_the_good_ones_and_notes_it(self):
        file = BROKEN["two_hundred.xlsx"]
        wizard = self.check(file.content, file.name)
        self.assertEqual((wizard.broken_count, wizard.good_count), (200, 300))
        wizard.leave_out = True
        wizard.action_import()
        self.assertEqual(len(self.manifest.line_ids), 300)
        rows = set(self.manifest.line_ids.mapped("row_number"))
        self.assertFalse(rows & set(file.problems))
        self.assertIn("200 broken rows left out", self.manifest.message_ids[0].body)

    def test_checking_again_takes_the_permission_to_leave_out_back(self):
        wizard = self.check(BROKEN["two_hundred.xlsx"].content)
        wizard.leave_out = True
        wizard.action_check()
        self.assertFalse(wizard.leave_out)

    def test_a_file_of_broken_rows_alone_leaves_nothing_to_import(self):
        content = self.rows_of(["IMEI"], [manifest_files.wrong_imei(self.make_imei())])
        wizard = self.check(content, "list.csv")
        wizard.leave_out = True
        with self.assertRaisesRegex(UserError, "No good row is left"):
            wizard.action_import()

    def test_every_problem_is_in_the_download_though_200_are_shown(self):
        rows = [["IMEI"], *([f"not a number {index}"] for index in range(250))]
        content = self.rows_of(*rows, [self.make_imei()])
        wizard = self.check(content, "list.csv")
        self.assertEqual(wizard.problem_count, 250)
        self.assertEqual(wizard.problem_html.count("<tr>"), 201)
        book = openpyxl.load_workbook(io.BytesIO(base64.b64decode(wizard.problem_file)))
        listed = list(book.active.iter_rows(min_row=2, values_only=True))
        self.assertEqual(len(listed), 250)
        self.assertEqual(listed[0][:3], (2, "IMEI", "not a number 0"))
        url = wizard.action_download_problems()["url"]
        self.assertIn(f"/{wizard.id}/problem_file", url)

    def test_a_cell_cannot_put_markup_into_the_preview(self):
        content = self.rows_of(
            ["IMEI", "Storage"], [self.make_imei(), "<img src=x onerror=alert(1)>"]
        )
        wizard = self.check(content, "list.csv")
        self.assertNotIn("<img", wizard.problem_html)
        self.assertIn("&lt;img", wizard.problem_html)

    # -- rules beyond the file --------------------------------------------------------

    def test_a_grade_is_known_by_code_or_name_in_any_case(self):
        grade = self.env.ref("device_inventory.device_grade_good")
        numbers = [self.make_imei(), self.make_imei()]
        content = self.rows_of(
            ["IMEI", "Grade"],
            [numbers[0], grade.code.lower()],
            [numbers[1], grade.name.upper()],
        )
        self.upload(content, "list.csv")
        self.assertEqual(self.manifest.line_ids.grade_id, grade)

    def test_an_unknown_grade_is_a_problem_of_its_row(self):
        content = self.rows_of(
            ["IMEI", "Grade", "Supplier Grade"], [self.make_imei(), "Shiny", "B+++"]
        )
        [problem] = self.problems_of(self.check(content, "list.csv"))
        self.assertEqual((problem.row, problem.column), (2, "Grade"))
        self.assertEqual(problem.value, "Shiny")
        self.assertIn("No grade has this code or name", problem.rule)

    def test_a_lock_status_that_is_neither_is_a_problem_of_its_row(self):
        content = self.rows_of(["IMEI", "Lock Status"], [self.make_imei(), "maybe"])
        [problem] = self.problems_of(self.check(content, "list.csv"))
        self.assertEqual((problem.row, problem.column), (2, "Lock Status"))
        self.assertEqual(problem.value, "maybe")

    def test_a_device_in_stock_already_is_a_problem_that_names_its_manifest(self):
        lot = self.receive(1)
        source = lot.custody_id.manifest_line_id.manifest_id
        content = self.rows_of(["IMEI"], [lot.name], [self.make_imei()])
        wizard = self.check(content, "list.csv")
        [problem] = self.problems_of(wizard)
        self.assertEqual((problem.row, problem.value), (2, lot.name))
        self.assertIn(source.name, problem.rule)
        wizard.leave_out = True
        wizard.action_import()
        self.assertNotIn(lot.name, self.manifest.line_ids.mapped("imei"))

    def test_another_company_that_holds_the_device_is_not_named(self):
        number = self.make_imei()
        self.hold_elsewhere(number)
        [problem] = self.problems_of(self.check(self.rows_of(["IMEI"], [number])))
        self.assertIn("another company", problem.rule)
        self.assertNotIn(self.axis.name, problem.rule)

    def test_a_second_imei_that_is_a_live_device_is_a_problem(self):
        lot = self.receive(1)
        content = self.rows_of(["IMEI", "IMEI2"], [self.make_imei(), lot.name])
        [problem] = self.problems_of(self.check(content, "list.csv"))
        self.assertEqual((problem.row, problem.column), (2, "IMEI2"))
        self.assertIn("first IMEI of another live device", problem.rule)

    def test_a_sold_device_may_be_on_a_file_again(self):
        number = self.make_imei()
        internal(self.hold_elsewhere(number)).write({"live": False})
        self.assertFalse(self.problems_of(self.check(self.rows_of(["IMEI"], [number]))))

    # -- rights and speed -------------------------------------------------------------

    def test_a_salesperson_cannot_upload(self):
        with self.assertRaises(AccessError):
            self.env["device.manifest.upload"].with_user(self.sales).create(
                {"manifest_id": self.manifest.id}
            )

    def test_checking_500_rows_needs_no_more_queries_than_50(self):
        counts = []
        self.check(manifest_files.valid_xlsx(2))._check_rows()
        for rows in (50, 500):
            wizard = self.open_wizard(manifest_files.valid_xlsx(rows))
            wizard.action_read()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            wizard._check_rows()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
