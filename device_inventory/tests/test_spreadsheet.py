"""Suppliers' files: what is read, what is refused, and why."""

import csv
import doctest
import io
import random
import re
import tempfile
import zipfile
from datetime import datetime
from decimal import Decimal
from unittest.mock import patch

import openpyxl

from odoo.tests.common import BaseCase, tagged

from ..tools import columns, imei, manifest_rows, problems, read_xls, read_xlsx
from ..tools import spreadsheet as sheets
from . import manifest_files as files

try:
    import xlwt
except ImportError:
    xlwt = None

IMEIS = [files.imei("35387923", serial) for serial in range(1, 60)]


class SheetCase(BaseCase):
    def read_all(self, content):
        """Return sheet, good rows and problems under the suggested mapping."""
        sheet = sheets.read(content)
        mapping = sheets.suggest_mapping(sheet.headers, sheet.imei_column)
        return sheet, *sheets.parse_rows(sheet, mapping)

    def assertFileRefused(self, content, code, **params):
        with self.assertRaises(sheets.FileProblem) as caught:
            self.read_all(content)
        self.assertEqual(caught.exception.code, code)
        for name, expected in params.items():
            self.assertEqual(caught.exception.params[name], expected)
        return caught.exception

    def assertProblems(self, found, expected):
        """Compare ``{row: code}``, one problem a row."""
        self.assertEqual({problem.row: problem.code for problem in found}, expected)
        self.assertEqual(len(found), len(expected))

    def numbers(self, rows):
        return [row["imei"].number for row in rows]


@tagged("standard", "at_install")
class TestValidFiles(SheetCase):
    def assertAllRead(self, content, count=500):
        _sheet, rows, found = self.read_all(content)
        self.assertEqual(found, [])
        expected = files.devices(count)
        self.assertEqual(len(rows), count)
        for row, device in zip(rows, expected, strict=True):
            self.assertEqual(row["imei"].number, device["imei"])
            self.assertEqual(row["imei2"].number, device["imei2"])
            self.assertEqual(row["purchase_cost"], Decimal(device["purchase_cost"]))
            self.assertEqual(row["lock_status"], device["lock_status"].lower())
            for field in ("eid", "storage", "color", "grade", "supplier_sku"):
                self.assertEqual(row[field], device[field])
            for field in ("supplier_grade", "supplier_carton_id"):
                self.assertEqual(row[field], device[field])

    def test_a_workbook_of_texts(self):
        self.assertAllRead(files.valid_xlsx())

    def test_a_workbook_of_numbers_keeps_every_imei_and_its_leading_zero(self):
        content = files.valid_xlsx(numeric=True)
        self.assertAllRead(content)
        _sheet, rows, _found = self.read_all(content)
        readings = {row["imei"].reading for row in rows}
        self.assertEqual(readings, {"imei", "imei_zero"})

    def test_a_text_file_in_every_encoding_and_separator(self):
        encodings = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
        for encoding in (*encodings, "cp1252", "latin-1"):
            for delimiter in ",;\t|":
                with self.subTest(encoding=encoding, delimiter=delimiter):
                    mark = "," if delimiter == ";" else "."
                    content = files.valid_csv(
                        40,
                        delimiter=delimiter,
                        encoding=encoding,
                        decimal_mark=mark,
                    )
                    sheet = sheets.read(content)
                    self.assertEqual(sheet.delimiter, delimiter)
                    self.assertAllRead(content, 40)

    def test_files_are_the_same_bytes_each_time_and_the_seed_changes_them(self):
        self.assertEqual(files.valid_xlsx(20), files.valid_xlsx(20))
        self.assertEqual(files.valid_csv(20), files.valid_csv(20))
        self.assertNotEqual(files.valid_csv(20), files.valid_csv(20, seed=1))

    def test_generated_devices_are_all_different_and_right(self):
        devices = files.devices(500)
        numbers = [d["imei"] for d in devices] + [d["imei2"] for d in devices]
        self.assertEqual(len(set(numbers)), 1000)
        for number in numbers:
            self.assertEqual(imei.parse(number).number, number)

    def test_doctests(self):
        modules = (columns, manifest_rows, read_xlsx)
        for module in modules:
            result = doctest.testmod(module)
            self.assertGreater(result.attempted, 0, module.__name__)
            self.assertEqual(result.failed, 0, module.__name__)


@tagged("standard", "at_install")
class TestBrokenFiles(SheetCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.broken = files.broken_files()

    def test_every_faulty_row_is_listed_and_every_other_row_is_good(self):
        for name, file in self.broken.items():
            if file.code:
                continue
            with self.subTest(name=name):
                _sheet, rows, found = self.read_all(file.content)
                self.assertProblems(found, file.problems)
                self.assertEqual(len(rows), file.good)
                faulty = {problem.row for problem in found}
                self.assertFalse(faulty & {row["row_number"] for row in rows})

    def test_every_unusable_file_is_refused_with_its_reason(self):
        for name, file in self.broken.items():
            if file.code:
                with self.subTest(name=name):
                    self.assertFileRefused(file.content, file.code)

    def test_the_broken_files_are_a_good_dozen_of_each_sort(self):
        refused = [file for file in self.broken.values() if file.code]
        self.assertGreaterEqual(len(refused), 12)
        self.assertGreaterEqual(len(self.broken) - len(refused), 12)

    def test_the_broken_files_have_every_reason_that_a_file_can_have(self):
        tested_elsewhere = {"xls", "file_size"}
        reasons = {code for code in problems.FILE_CODES if "mapping" not in code}
        found = {file.code for file in self.broken.values()} - {""}
        self.assertEqual(found, reasons - tested_elsewhere)
        found = {c for file in self.broken.values() for c in file.problems.values()}
        self.assertEqual(set(problems.ROW_CODES) - found, set())

    def test_every_code_has_one_meaning(self):
        parts = (
            imei.CODES,
            problems.ROW_CODES,
            problems.FILE_CODES,
            problems.NOTICE_CODES,
        )
        self.assertEqual(sum(map(len, parts)), len(problems.CODES))

    def test_a_file_without_imeis_is_refused_with_its_first_row_shown(self):
        content = self.broken["no_imei.csv"].content
        self.assertFileRefused(content, "no_imei_column", headers="Article, Pieces")

    def test_200_broken_rows_among_500_are_all_listed(self):
        file = self.broken["two_hundred.xlsx"]
        _sheet, rows, found = self.read_all(file.content)
        self.assertEqual(len(found), 200)
        self.assertEqual(len(rows), 300)

    def test_every_problem_has_a_text_that_names_row_and_column(self):
        for file in self.broken.values():
            if file.code:
                continue
            for problem in self.read_all(file.content)[2]:
                self.assertIn(f"Row {problem.row}", problem.text)
                self.assertIn(problem.column, problem.text)

    def test_all_faults_of_one_row_are_listed(self):
        rows = files.table(2)
        rows[1][0], rows[1][3], rows[1][7] = files.wrong_imei(IMEIS[0]), "7", "-1"
        _sheet, good, found = self.read_all(files.csv_bytes(rows))
        codes = [problem.code for problem in found]
        self.assertEqual(codes, ["luhn", "storage", "amount_negative"])
        self.assertEqual({problem.row for problem in found}, {2})
        fields = [problem.field for problem in found]
        self.assertEqual(fields, ["imei", "storage", "purchase_cost"])
        self.assertEqual(len(good), 1)

    def test_a_duplicate_names_the_row_that_has_the_number_first(self):
        content = files.csv_bytes([["IMEI"], [IMEIS[0]], [IMEIS[1]], [IMEIS[0][:14]]])
        _sheet, rows, found = self.read_all(content)
        self.assertProblems(found, {4: "duplicate"})
        self.assertEqual(found[0].params, {"value": IMEIS[0], "other_row": 2})
        self.assertEqual(self.numbers(rows), IMEIS[:2])

    def test_a_second_imei_may_not_be_another_rows_first(self):
        content = files.csv_bytes(
            [["IMEI", "IMEI2"], [IMEIS[0], IMEIS[1]], [IMEIS[1], ""]]
        )
        _sheet, _rows, found = self.read_all(content)
        self.assertProblems(found, {3: "duplicate"})

    def test_a_broken_row_still_counts_as_the_first_of_a_duplicate(self):
        content = files.csv_bytes(
            [["IMEI", "Storage"], [IMEIS[0], "7"], [IMEIS[0], "64"]]
        )
        _sheet, rows, found = self.read_all(content)
        self.assertProblems(found, {2: "storage", 3: "duplicate"})
        self.assertEqual(rows, [])

    def test_20_000_rows_are_read_and_one_more_is_not(self):
        sheet = sheets.read(files.bare_list(20_000))
        self.assertEqual(len(sheet.rows), 20_000)
        self.assertFileRefused(files.bare_list(20_001), "too_many_rows", limit=20_000)

    def test_a_file_over_the_size_limit_is_refused_unread(self):
        self.assertFileRefused(b"I" * (sheets.MAX_BYTES + 1), "file_size", limit=25)


@tagged("standard", "at_install")
class TestHeadings(SheetCase):
    def test_headings_are_found_below_titles_and_empty_rows(self):
        rows = [[""]] * 3 + [["Shipment 12"], [""], ["Box", "IMEI No.", "Colour"]]
        rows += [["", ""], ["B1", IMEIS[0], "Red"]]
        for content in (files.csv_bytes(rows), files.xlsx(rows)):
            sheet, good, found = self.read_all(content)
            self.assertEqual(sheet.header_row, 6)
            self.assertEqual(found, [])
            self.assertEqual(good[0]["row_number"], 8)
            self.assertEqual(good[0]["color"], "Red")

    def test_a_title_that_says_imei_does_not_pass_for_the_headings(self):
        rows = [["IMEI"], ["IMEI", "Color", "Cost"], [IMEIS[0], "Red", "10"]]
        sheet, good, _found = self.read_all(files.csv_bytes(rows))
        self.assertEqual(sheet.header_row, 2)
        self.assertEqual(good[0]["purchase_cost"], Decimal(10))

    def test_headings_beyond_the_first_20_rows_are_not_searched(self):
        rows = [[f"note {n}"] for n in range(20)] + [["IMEI"], [IMEIS[0]]]
        self.assertFileRefused(files.csv_bytes(rows), "no_imei_column", limit=20)

    def test_repeated_headings_within_the_list_are_skipped(self):
        head = ["IMEI", "Color"]
        rows = [head, [IMEIS[0], "Red"], head, [IMEIS[1], "Blue"]]
        _sheet, good, found = self.read_all(files.xlsx(rows))
        self.assertEqual(found, [])
        self.assertEqual([row["row_number"] for row in good], [2, 4])

    def test_a_column_of_imeis_under_another_heading_is_proposed(self):
        rows = [["Pos", "Equipment", "Color"], ["1", files.wrong_imei(IMEIS[0]), "Red"]]
        rows += [["2", IMEIS[1], "Blue"]]
        sheet, good, found = self.read_all(files.csv_bytes(rows))
        self.assertEqual(sheet.imei_column, 1)
        self.assertEqual(sheet.headers, ("Pos", "Equipment", "Color"))
        self.assertProblems(found, {2: "luhn"})
        self.assertEqual(good[0]["color"], "Blue")

    def test_a_bare_list_without_headings_is_read_from_its_first_row(self):
        content = "\n".join([files.wrong_imei(IMEIS[0]), *IMEIS[1:4]]).encode()
        sheet, good, found = self.read_all(content)
        self.assertEqual((sheet.header_row, sheet.headers), (0, ("A",)))
        self.assertProblems(found, {1: "luhn"})
        self.assertEqual(self.numbers(good), IMEIS[1:4])

    def test_the_first_visible_sheet_with_an_imei_heading_is_read(self):
        def edit(book, sheet):
            sheet.title = "Manifest"
            book.create_sheet("Cover", 0).append(["Supplier list"])
            old = book.create_sheet("Old", 0)
            old.append(["IMEI"])
            old.append([IMEIS[5]])
            old.sheet_state = "hidden"
            book.create_sheet("Later").append(["IMEI"])
            book.active = 1

        sheet, good, _found = self.read_all(
            files.edited_xlsx([["IMEI"], [IMEIS[0]]], edit)
        )
        self.assertEqual(sheet.name, "Manifest")
        self.assertEqual(self.numbers(good), [IMEIS[0]])

    def test_blank_columns_and_unknown_headings_are_ignored(self):
        rows = [["", "IMEI", "", "Remark", "Cost"], ["", IMEIS[0], "", "nice", "5"]]
        sheet, good, found = self.read_all(files.xlsx(rows))
        mapping = sheets.suggest_mapping(sheet.headers)
        self.assertEqual(mapping, {1: "imei", 4: "purchase_cost"})
        self.assertEqual(found, [])
        self.assertEqual(good[0]["purchase_cost"], Decimal(5))

    def test_every_synonym_names_its_field_in_any_case_and_punctuation(self):
        for field, names in columns.SYNONYMS.items():
            for name in names.split():
                for written in (name, name.upper(), f" {name} * ", f"{name} (x)"):
                    self.assertEqual(sheets.suggest_mapping([written]), {0: field})

    def test_no_synonym_stands_for_two_fields(self):
        names = [name for text in columns.SYNONYMS.values() for name in text.split()]
        self.assertEqual(len(names), len(set(names)))

    def test_headings_that_suppliers_write(self):
        expected = {
            "IMEI 1": "imei",
            "Serial / IMEI": "imei",
            "IMEI/MEID": "imei",
            "Device IMEI": "imei",
            "Scanned IMEI": "imei",
            "IMEI (15 digits)": "imei",
            "IMEI #2": "imei2",
            "2nd IMEI": "imei2",
            "Storage (GB)": "storage",
            "Capacit\u00e9": "storage",
            "Couleur": "color",
            "Unit Price (USD)": "purchase_cost",
            "Price EUR": "purchase_cost",
            "Prix d'achat": None,
            "Precio unit\u00e1rio": "purchase_cost",
            "Part No.": "supplier_sku",
            "Supplier Grade": "supplier_grade",
            "Master Box": "supplier_carton_id",
            "Lock-Status": "lock_status",
            "IMEI check date": None,
            "Quantity": None,
            "Model": None,
        }
        for header, field in expected.items():
            with self.subTest(header=header):
                found = sheets.suggest_mapping([header])
                self.assertEqual(found, {0: field} if field else {})

    def test_the_surer_of_two_headings_is_proposed_and_the_other_reported(self):
        headers = ["Price", "IMEI", "Purchase Cost", "IMEI"]
        self.assertEqual(
            sheets.suggest_mapping(headers), {1: "imei", 2: "purchase_cost"}
        )
        found = {
            (problem.field, problem.params["used"], problem.params["ignored"])
            for problem in sheets.ambiguous_headers(headers)
        }
        self.assertEqual(
            found,
            {
                ("imei", "IMEI (B)", "IMEI (D)"),
                ("purchase_cost", "Purchase Cost", "Price"),
            },
        )

    def test_a_mapping_without_imei_or_with_a_wrong_column_or_field_is_refused(self):
        sheet = sheets.read(files.csv_bytes([["IMEI", "Cost"], [IMEIS[0], "1"]]))
        for mapping, code in (
            ({}, "mapping_imei"),
            ({1: "purchase_cost"}, "mapping_imei"),
            ({0: "imei", 1: "imei"}, "mapping_twice"),
            ({0: "imei", 2: "color"}, "mapping_column"),
            ({0: "imei", -1: "color"}, "mapping_column"),
            ({0: "imei", 1: "owner"}, "mapping_field"),
        ):
            with self.assertRaises(sheets.FileProblem) as caught:
                sheets.parse_rows(sheet, mapping)
            self.assertEqual(caught.exception.code, code)
        with self.assertRaises(sheets.FileProblem) as caught:
            sheets.parse_rows(sheet, {0: "imei", 2: "color"})
        self.assertEqual(caught.exception.params, {"column": 3})

    def test_the_users_mapping_wins_over_the_headings(self):
        rows = [["IMEI", "Code"], ["x", IMEIS[0]]]
        sheet = sheets.read(files.csv_bytes(rows))
        good, found = sheets.parse_rows(sheet, {1: "imei", 0: "supplier_sku"})
        self.assertEqual(found, [])
        self.assertEqual(good[0]["imei"].number, IMEIS[0])
        self.assertEqual(good[0]["supplier_sku"], "x")


@tagged("standard", "at_install")
class TestTextFiles(SheetCase):
    def color_of(self, text, encoding):
        content = f"IMEI,Color\r\n{IMEIS[0]},{text}\r\n".encode(encoding)
        sheet, rows, _found = self.read_all(content)
        return rows[0]["color"], sheet.encoding

    def test_western_code_pages_are_read_with_their_accents(self):
        for text in ("Bleu fonc\u00e9", "Wei\u00df", "Azul marin\u00f3", "Ros\u00e9"):
            self.assertEqual(self.color_of(text, "cp1252")[0], text)
            self.assertEqual(self.color_of(text, "utf-8")[0], text)

    def test_a_text_in_cyrillic_is_detected_when_it_is_long_enough(self):
        words = "\u0447\u0451\u0440\u043d\u044b\u0439 \u0441\u0438\u043d\u0438\u0439 "
        words += (
            "\u043a\u0440\u0430\u0441\u043d\u044b\u0439 \u0431\u0435\u043b\u044b\u0439"
        )
        self.assertEqual(self.color_of(words, "cp1251")[0], words)

    def test_bytes_that_no_code_page_knows_do_not_stop_the_list(self):
        content = b"IMEI,Color\n" + IMEIS[0].encode() + b",\x81\x9d\n"
        _sheet, rows, found = self.read_all(content)
        self.assertEqual(found, [])
        self.assertEqual(len(rows), 1)

    def test_rows_are_numbered_as_a_spreadsheet_program_shows_them(self):
        content = (
            f'IMEI,Color\r\n{IMEIS[0]},"dark\r\nblue"\r\n\r\n{IMEIS[1]},Red\r\n'
        ).encode()
        _sheet, rows, _found = self.read_all(content)
        self.assertEqual([row["row_number"] for row in rows], [2, 4])
        self.assertEqual(rows[0]["color"], "dark blue")

    def test_any_line_break_ends_a_row(self):
        for newline in ("\n", "\r\n", "\r"):
            content = files.csv_bytes(
                [["IMEI"], *([n] for n in IMEIS)], newline=newline
            )
            self.assertEqual(self.numbers(self.read_all(content)[1]), IMEIS)

    def test_a_first_line_that_names_the_separator_is_obeyed_and_not_counted(self):
        content = f"sep=^\r\nIMEI^Cost\r\n{IMEIS[0]}^1,5\r\n".encode()
        sheet, rows, _found = self.read_all(content)
        self.assertEqual((sheet.delimiter, sheet.header_row), ("^", 1))
        self.assertEqual(rows[0]["purchase_cost"], Decimal("1.5"))

    def test_formula_texts_keep_leading_zeros(self):
        number = files.imei("01353900", 7)
        content = f'IMEI,Carton\r\n="{number}",="007"\r\n'.encode()
        _sheet, rows, _found = self.read_all(content)
        self.assertEqual(rows[0]["imei"].number, number)
        self.assertEqual(rows[0]["supplier_carton_id"], "007")

    def test_a_leading_zero_that_a_spreadsheet_dropped_is_put_back(self):
        number = files.imei("01353900", 7)
        _sheet, rows, _found = self.read_all(f"IMEI\r\n{number[1:]}\r\n".encode())
        self.assertEqual(rows[0]["imei"].number, number)

    def test_a_decimal_comma_does_not_win_over_the_semicolon(self):
        lines = ["IMEI;Cost"] + [f"{number};1{n},50" for n, number in enumerate(IMEIS)]
        sheet, rows, found = self.read_all("\r\n".join(lines).encode())
        self.assertEqual(sheet.delimiter, ";")
        self.assertEqual(found, [])
        self.assertEqual(rows[3]["purchase_cost"], Decimal("13.50"))

    def test_a_quote_inside_a_cell_is_no_unclosed_quote(self):
        content = f'IMEI,Color\r\n{IMEIS[0]},6.1" black\r\n'.encode()
        self.assertEqual(self.read_all(content)[1][0]["color"], '6.1" black')

    def test_blank_cells_beyond_the_headings_are_no_extra_cells(self):
        content = f"IMEI\r\n{IMEIS[0]}, ,\r\n".encode()
        _sheet, rows, found = self.read_all(content)
        self.assertEqual((len(rows), found), (1, []))

    def test_a_quote_that_swallows_lines_of_any_kind_is_found(self):
        for newline in ("\n", "\r", "\r\n"):
            lines = ["IMEI,Color", f'{IMEIS[0]},"Red', f"{IMEIS[1]},Blue"]
            content = newline.join(lines).encode()
            self.assertFileRefused(content, "unclosed_quote", row=2)

    def test_an_endless_cell_is_refused(self):
        content = f'IMEI,Color\r\n{IMEIS[0]},"{"x" * 200_000}"\r\n'.encode()
        self.assertFileRefused(content, "csv_cell", row=2)

    def test_a_cell_that_is_too_long_for_a_field_is_refused_by_row(self):
        content = f"IMEI,Color\r\n{IMEIS[0]},{'x' * 200}\r\n".encode()
        self.assertProblems(self.read_all(content)[2], {2: "too_long"})


@tagged("standard", "at_install")
class TestWorkbooks(SheetCase):
    def test_cells_are_those_that_openpyxl_reads(self):
        chance = random.Random(11)
        values = ["text", " spaced ", "a & <b>", "\u00e9\u4e2d", "", None, 5, 0, -3.25]
        values += [353879234252633, 0.1, True, False, "line\nbreak", "_x0041_"]
        rows = [["IMEI", *"bcdefgh"]]
        rows += [[chance.choice(values) for _c in range(8)] for _r in range(200)]
        for content in (files.xlsx(rows), files.edited_xlsx(rows, lambda *_args: None)):
            book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
            expected = {}
            for number, cells in enumerate(book.active.iter_rows(values_only=True), 1):
                expected[number] = [self.comparable(cell) for cell in cells]
            self.assertTrue(expected)
            grid = read_xlsx.read_xlsx(content)[0]
            for number, cells in grid.open_rows():
                found = [self.comparable(cell) for cell in cells]
                found += [None] * (8 - len(found))
                self.assertEqual(found, expected.pop(number))
            for cells in expected.values():
                self.assertEqual(set(cells), {None})

    def comparable(self, cell):
        """openpyxl does not decode ``_x0041_`` and reads whole numbers as int."""
        if isinstance(cell, bool) or cell is None or cell == "":
            return cell if isinstance(cell, bool) else None
        if isinstance(cell, str):
            return cell.replace("_x0041_", "A").replace("_x005F_", "_")
        return float(cell)

    def test_a_formula_gives_its_stored_result(self):
        output = io.BytesIO()
        book = files.xlsxwriter.Workbook(output, {"in_memory": True})
        page = book.add_worksheet()
        page.write_row(0, 0, ["IMEI", "Cost", "Color"])
        page.write_formula(1, 0, '="35"&"x"', value=IMEIS[0])
        page.write_formula(1, 1, "=100*2", value=200)
        page.write_formula(1, 2, '=""', value="")
        book.close()
        content = files.rezipped(
            output.getvalue(), {"xl/worksheets/sheet1.xml": self.as_excel_has_it}
        )
        _sheet, rows, found = self.read_all(content)
        self.assertEqual(found, [])
        self.assertEqual(rows[0]["imei"].number, IMEIS[0])
        self.assertEqual(rows[0]["purchase_cost"], Decimal(200))

    def as_excel_has_it(self, part):
        """Excel marks an empty text as a stored result, XlsxWriter does not."""
        return part.replace(b'<c r="C2">', b'<c r="C2" t="str">')

    def test_a_formula_without_result_is_a_problem_only_in_a_chosen_column(self):
        rows = [["IMEI", "Total"], [IMEIS[0], "=1+1"]]
        _sheet, good, found = self.read_all(files.edited_xlsx(rows, lambda *_a: None))
        self.assertEqual(found, [])
        self.assertEqual(len(good), 1)

    def test_a_merged_carton_counts_for_every_row_it_covers(self):
        rows = [["IMEI", "Carton"]] + [[number, None] for number in IMEIS[:4]]
        rows[1][1], rows[4][1] = "C1", "C2"

        def edit(_book, sheet):
            sheet.merge_cells("B2:B4")

        _sheet, good, found = self.read_all(files.edited_xlsx(rows, edit))
        self.assertEqual(found, [])
        cartons = [row["supplier_carton_id"] for row in good]
        self.assertEqual(cartons, ["C1", "C1", "C1", "C2"])

    def test_a_merged_cost_does_not_count_for_the_rows_below(self):
        rows = [["IMEI", "Cost"], [IMEIS[0], 300], [IMEIS[1], None]]

        def edit(_book, sheet):
            sheet.merge_cells("B2:B3")

        _sheet, good, found = self.read_all(files.edited_xlsx(rows, edit))
        self.assertProblems(found, {3: "merged"})
        self.assertEqual(len(good), 1)

    def test_headings_over_two_merged_rows_are_joined(self):
        rows = [["IMEI", "Device", None], [None, "Storage", "Color"]]
        rows += [[IMEIS[0], "64GB", "Red"]]

        def edit(_book, sheet):
            sheet.merge_cells("A1:A2")
            sheet.merge_cells("B1:C1")

        sheet, good, found = self.read_all(files.edited_xlsx(rows, edit))
        self.assertEqual(sheet.headers, ("IMEI", "Storage", "Color"))
        self.assertEqual(found, [])
        self.assertEqual((good[0]["storage"], good[0]["color"]), ("64", "Red"))

    def test_merged_ranges_that_overlap_are_refused_rather_than_walked(self):
        content = files.valid_xlsx(20)
        ranges = b'<mergeCell ref="A2:A1048576"/>' * 500
        merged = b'</sheetData><mergeCells count="500">' + ranges + b"</mergeCells>"
        broken = files.rezipped(
            content,
            {
                "xl/worksheets/sheet1.xml": lambda part: part.replace(
                    b"</sheetData>", merged
                )
            },
        )
        self.assertFileRefused(broken, "corrupt", detail="merged ranges overlap")

    def test_a_wrong_dimension_does_not_hide_columns(self):
        content = files.rezipped(
            files.valid_xlsx(5),
            {
                "xl/worksheets/sheet1.xml": lambda part: part.replace(
                    b'<dimension ref="A1:K6"/>', b'<dimension ref="A1"/>'
                )
            },
        )
        _sheet, rows, found = self.read_all(content)
        self.assertEqual((len(rows), found), (5, []))
        self.assertTrue(all(row["supplier_carton_id"] for row in rows))

    def test_cells_and_rows_without_references_are_counted(self):
        content = files.rezipped(
            files.valid_xlsx(5),
            {
                "xl/worksheets/sheet1.xml": lambda part: re.sub(
                    rb' r="[A-Z]*\d+"', b"", part
                )
            },
        )
        _sheet, rows, _found = self.read_all(content)
        self.assertEqual([row["row_number"] for row in rows], [2, 3, 4, 5, 6])

    def test_a_workbook_without_styles_or_of_the_strict_kind_is_read(self):
        def strict(part):
            transitional = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
            return part.replace(
                transitional, b"http://purl.oclc.org/ooxml/spreadsheetml/main"
            )

        parts = ("workbook.xml", "worksheets/sheet1.xml", "sharedStrings.xml")
        changes = {f"xl/{part}": strict for part in parts}
        changes["xl/styles.xml"] = b"<styleSheet/>"
        content = files.rezipped(files.valid_xlsx(5), changes)
        self.assertEqual(len(self.read_all(content)[1]), 5)

    def test_dates_and_percentages_are_no_money_and_no_imei(self):
        def edit(_book, sheet):
            sheet["B2"].number_format = "0%"
            sheet["B3"].number_format = "yyyy-mm-dd"

        rows = [["IMEI", "Cost"], [IMEIS[0], 0.5], [IMEIS[1], 45000], [IMEIS[2], True]]
        _sheet, _good, found = self.read_all(files.edited_xlsx(rows, edit))
        self.assertProblems(found, {2: "amount", 3: "amount", 4: "amount"})
        self.assertEqual(found[0].params["value"], "50%")
        self.assertEqual(found[1].params["value"], "2023-03-15")

    def test_every_format_of_a_date_is_known_and_no_other_is_taken_for_one(self):
        dates = ("DD/MM/YYYY", "m/d/yy", "[$-409]d-mmm-yy", "hh:mm", "[h]:mm:ss")
        numbers = ("0.00", '0 "days"', "[Red]0;[Blue]-0", "General", "#,##0 \\d", "@")
        rows = [["IMEI", "Carton"]] + [[number, 45000.5] for number in IMEIS[:11]]

        def edit(_book, sheet):
            for row, code in enumerate((*dates, *numbers), start=2):
                sheet.cell(row, 2).number_format = code

        good = self.read_all(files.edited_xlsx(rows, edit))[1]
        cartons = [row["supplier_carton_id"] for row in good]
        self.assertEqual(cartons, ["2023-03-15 12:00:00"] * 5 + ["45000.5"] * 6)

    def test_dates_written_as_texts_of_iso_8601_are_dates(self):
        def iso(part):
            return part.replace(
                b'<c r="B2"><v>1</v></c>', b'<c r="B2" t="d"><v> 2026-01-05Z </v></c>'
            )

        content = files.rezipped(
            files.xlsx([["IMEI", "Carton"], [IMEIS[0], 1]]),
            {"xl/worksheets/sheet1.xml": iso},
        )
        good = self.read_all(content)[1]
        self.assertEqual(good[0]["supplier_carton_id"], "2026-01-05")

    def test_dates_of_an_old_mac_workbook_begin_in_1904(self):
        def edit(book, sheet):
            book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
            sheet["B2"].number_format = "yyyy-mm-dd"

        rows = [["IMEI", "Carton"], [IMEIS[0], 1]]
        good = self.read_all(files.edited_xlsx(rows, edit))[1]
        self.assertEqual(good[0]["supplier_carton_id"], "1904-01-02")

    def test_texts_of_several_runs_are_joined_without_phonetic_hints(self):
        rich = b"<si><r><t>da</t></r><r><t>rk</t></r><rPh><t>hint</t></rPh></si>"

        def runs(part):
            return part.replace(b"<si><t>night</t></si>", rich)

        content = files.rezipped(
            files.xlsx([["IMEI", "Color"], [IMEIS[0], "night"]]),
            {"xl/sharedStrings.xml": runs},
        )
        self.assertEqual(self.read_all(content)[1][0]["color"], "dark")

    def test_references_in_small_letters_are_read(self):
        def lower(part):
            return re.sub(rb' r="([A-Z]+\d+)"', lambda m: m[0].lower(), part)

        content = files.rezipped(
            files.valid_xlsx(3), {"xl/worksheets/sheet1.xml": lower}
        )
        self.assertEqual(len(self.read_all(content)[1]), 3)

    def test_damage_is_described(self):
        content = files.broken_files()["damaged.xlsx"].content
        error = self.assertFileRefused(content, "corrupt")
        self.assertIn("line", error.params["detail"])

    def test_texts_are_taken_from_numbers_dates_and_truth_values(self):
        def edit(_book, sheet):
            sheet["B4"].number_format = "yyyy-mm-dd"

        rows = [["IMEI", "Carton"], [IMEIS[0], 12], [IMEIS[1], 1.5], [IMEIS[2], 45000]]
        rows += [[IMEIS[3], True], [IMEIS[4], "  a \u00a0 b "]]
        _sheet, good, _found = self.read_all(files.edited_xlsx(rows, edit))
        cartons = [row["supplier_carton_id"] for row in good]
        self.assertEqual(cartons, ["12", "1.5", "2023-03-15", "TRUE", "a b"])

    def test_formatted_but_empty_rows_are_no_rows(self):
        def edit(_book, sheet):
            for number in range(3, 3000):
                sheet.cell(number, 1).number_format = "@"
            sheet.cell(3001, 1).value = IMEIS[1]

        content = files.edited_xlsx([["IMEI"], [IMEIS[0]]], edit)
        _sheet, rows, found = self.read_all(content)
        self.assertEqual([row["row_number"] for row in rows], [2, 3001])
        self.assertEqual(found, [])

    def test_no_entity_reaches_outside_the_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as secret:
            secret.write(IMEIS[0])
            secret.flush()
            for part in ("worksheets/sheet1.xml", "sharedStrings.xml", "workbook.xml"):
                content = files.rezipped(
                    files.valid_xlsx(2), {f"xl/{part}": self.attack(secret.name)}
                )
                with self.subTest(part=part):
                    self.assertFileRefused(content, "xml_dtd")

    def attack(self, path):
        def attacked(part):
            end = part.index(b"?>") + 2
            dtd = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{path}">]>'.encode()
            return part[:end] + dtd + part[end:]

        return attacked

    def test_an_entity_bomb_is_refused(self):
        lines = ['<!ENTITY a0 "aaaaaaaaaa">']
        lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
        dtd = f"<!DOCTYPE x [{''.join(lines)}]>".encode()

        def bomb(part):
            end = part.index(b"?>") + 2
            return part[:end] + dtd + part[end:].replace(b"IMEI2", b"&a9;")

        content = files.rezipped(files.valid_xlsx(2), {"xl/sharedStrings.xml": bomb})
        with self.assertRaises(sheets.FileProblem) as caught:
            sheets.read(content)
        self.assertIn(caught.exception.code, ("xml_dtd", "corrupt"))

    def test_any_damage_inside_a_part_is_refused_or_read_never_a_crash(self):
        content = files.valid_xlsx(10)
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
        parts = [name for name in names if name.startswith(("xl/", "_rels", "[C"))]
        chance = random.Random(4)
        snippets = (b"<v>", b"</v>", b'"', b"1", b"s=", b"x", b"<c/>", b"-", b'r=""')

        def damage(part):
            data = bytearray(part)
            for _change in range(chance.randrange(1, 6)):
                at = chance.randrange(len(data))
                data[at : at + chance.randrange(4)] = chance.choice(snippets)
            return bytes(data)

        for _attempt in range(150):
            broken = files.rezipped(content, {chance.choice(parts): damage})
            try:
                self.read_all(broken)
            except sheets.FileProblem as problem:
                self.assertIn(problem.code, problems.FILE_CODES)

    def test_any_cut_or_flipped_byte_is_refused_or_read_never_a_crash(self):
        content = files.valid_xlsx(30)
        chance = random.Random(3)
        for _attempt in range(150):
            broken = bytearray(content)
            for _flip in range(chance.randrange(1, 20)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            if chance.random() < 0.3:
                del broken[chance.randrange(len(broken)) :]
            try:
                self.read_all(bytes(broken))
            except sheets.FileProblem as problem:
                self.assertIn(problem.code, problems.FILE_CODES)


@tagged("standard", "at_install")
class TestOldWorkbooks(SheetCase):
    def old_workbook(self, rows, hidden=False, merge=None):
        book = xlwt.Workbook()
        page = book.add_sheet("Liste")
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                page.write(number, column, value)
        if merge:
            page.merge(*merge)
        page.visibility = int(hidden)
        if hidden:
            book.add_sheet("Cover")
            book.set_active_sheet(1)
        output = io.BytesIO()
        book.save(output)
        return output.getvalue()

    def setUp(self):
        super().setUp()
        if xlwt is None or read_xls.xlrd is None:
            self.skipTest("xlrd and xlwt are not both installed")

    def test_an_old_workbook_is_read_with_texts_and_numbers(self):
        rows = [["IMEI", "Cost"], [int(IMEIS[0]), 5.25], [IMEIS[1], "7,50"]]
        sheet, good, found = self.read_all(self.old_workbook(rows))
        self.assertEqual((sheet.kind, sheet.name, found), ("xls", "Liste", []))
        self.assertEqual(self.numbers(good), IMEIS[:2])
        costs = [row["purchase_cost"] for row in good]
        self.assertEqual(costs, [Decimal("5.25"), Decimal("7.50")])

    def test_every_kind_of_cell_of_an_old_workbook_is_read(self):
        book = xlwt.Workbook()
        page = book.add_sheet("Liste")
        day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
        page.write(0, 0, "IMEI")
        page.write(0, 1, "Carton")
        for row, number in enumerate(IMEIS[:5], start=1):
            page.write(row, 0, number)
        page.write(1, 1, True)
        page.write(2, 1, datetime(2026, 1, 5), day)
        page.write(3, 1, 12)
        page.row(4).set_cell_error(1, 42)
        page.write(9, 2, "", day)
        output = io.BytesIO()
        book.save(output)
        _sheet, good, found = self.read_all(output.getvalue())
        cartons = [row["supplier_carton_id"] for row in good]
        self.assertEqual(cartons, ["TRUE", "2026-01-05", "12", ""])
        self.assertProblems(found, {5: "cell_error"})
        self.assertEqual(found[0].params, {"value": "#N/A"})

    def test_merged_cells_of_an_old_workbook_count_for_their_rows(self):
        rows = [["IMEI", "Carton"], [IMEIS[0], "C1"], [IMEIS[1]]]
        content = self.old_workbook(rows, merge=(1, 2, 1, 1))
        _sheet, good, found = self.read_all(content)
        self.assertEqual(found, [])
        self.assertEqual([row["supplier_carton_id"] for row in good], ["C1", "C1"])

    def test_a_hidden_sheet_of_an_old_workbook_is_named(self):
        content = self.old_workbook([["IMEI"], [IMEIS[0]]], hidden=True)
        self.assertFileRefused(content, "hidden_imei_column", sheet="Liste")

    def test_a_damaged_old_workbook_is_refused(self):
        content = self.old_workbook([["IMEI"], [IMEIS[0]]])
        self.assertFileRefused(content[:700], "corrupt")

    def test_an_old_workbook_is_refused_clearly_when_no_reader_is_installed(self):
        content = self.old_workbook([["IMEI"], [IMEIS[0]]])
        with patch.object(read_xls, "xlrd", None):
            self.assertFileRefused(content, "xls")

    def test_flipped_bytes_never_crash(self):
        content = self.old_workbook([["IMEI"], *([number] for number in IMEIS)])
        chance = random.Random(5)
        for _attempt in range(100):
            broken = bytearray(content)
            for _flip in range(chance.randrange(1, 10)):
                broken[chance.randrange(512, len(broken))] = chance.randrange(256)
            try:
                self.read_all(bytes(broken))
            except sheets.FileProblem as problem:
                self.assertIn(problem.code, problems.FILE_CODES)


@tagged("standard", "at_install")
class TestValues(SheetCase):
    def assertCellRefused(self, function, value, code, *args):
        with self.assertRaises(sheets.InvalidCell) as caught:
            function(value, *args)
        self.assertEqual(caught.exception.code, code, value)

    def test_amounts_that_suppliers_write(self):
        expected = {
            "199": "199",
            "199.00": "199.00",
            "$ 199.00": "199.00",
            "$199": "199",
            "US$ 1,299.50": "1299.50",
            "USD 1,299.50": "1299.50",
            "1.234,56": "1234.56",
            "1,234.56": "1234.56",
            "1 234,56 \u20ac": "1234.56",
            "1\u202f234,56": "1234.56",
            "1'234.50 CHF": "1234.50",
            "12,34,567.00": "1234567.00",
            "1.234.567": "1234567",
            "1,234,567": "1234567",
            "12,5": "12.5",
            "0.125": "0.125",
            "1234.567": "1234.567",
            "Rs. 4500": "4500",
            "\uff11\uff12.50": "12.50",
            "0": "0",
        }
        for text, amount in expected.items():
            with self.subTest(text=text):
                self.assertEqual(sheets.parse_amount(text), Decimal(amount))

    def test_amounts_that_are_none(self):
        for text in ("abc", "12k", "1.5E3", "1,23,4.5", "1.2.3", "12 34", "1,,2", "."):
            self.assertCellRefused(sheets.parse_amount, text, "amount")
        for value in ("nan", "inf", float("nan"), float("inf"), True, None, "12%"):
            self.assertCellRefused(sheets.parse_amount, value, "amount")

    def test_negative_amounts_are_refused_in_every_writing(self):
        for value in (
            "-5",
            "- 5",
            "5-",
            "(5.00)",
            "-$5",
            "$-5",
            "\u22125",
            "$(5)",
            -5.0,
        ):
            self.assertCellRefused(sheets.parse_amount, value, "amount_negative")

    def test_an_imei_in_the_cost_column_is_refused(self):
        self.assertCellRefused(sheets.parse_amount, IMEIS[0], "amount_range")
        self.assertCellRefused(sheets.parse_amount, float(IMEIS[0]), "amount_range")

    def test_three_digits_after_one_separator_are_never_guessed(self):
        for text in ("1.234", "1,234", "199.000"):
            self.assertCellRefused(sheets.parse_amount, text, "amount_ambiguous")
        self.assertEqual(sheets.parse_amount("1.234", "."), Decimal("1.234"))
        self.assertEqual(sheets.parse_amount("1.234", ","), Decimal("1234"))

    def costs_of(self, *texts):
        rows = [["IMEI", "Cost"]]
        rows += [[number, text] for number, text in zip(IMEIS, texts, strict=False)]
        _sheet, good, found = self.read_all(files.csv_bytes(rows))
        return [row["purchase_cost"] for row in good], found

    def test_the_rest_of_the_column_decides_an_ambiguous_amount(self):
        self.assertEqual(self.costs_of("1.234", "99,50")[0][0], Decimal(1234))
        self.assertEqual(self.costs_of("1,234", "99.50")[0][0], Decimal(1234))
        self.assertEqual(self.costs_of("1.234", "1,000.50")[0][0], Decimal("1.234"))
        self.assertEqual(self.costs_of("1.234", "1.234.567")[0][0], Decimal(1234))
        self.assertEqual(self.costs_of("1.234", "1,234,567")[0][0], Decimal("1.234"))

    def test_a_column_that_contradicts_itself_decides_nothing(self):
        costs, found = self.costs_of("1.234", "99,50", "99.50")
        self.assertEqual(len(costs), 2)
        self.assertProblems(found, {2: "amount_ambiguous"})

    def test_an_absent_cost_is_none_and_a_zero_is_zero(self):
        costs, found = self.costs_of("", "N/A", "0", "0.00")
        self.assertEqual(found, [])
        self.assertEqual(costs, [None, None, Decimal(0), Decimal("0.00")])

    def test_a_computed_number_is_taken_to_the_15_digits_that_are_shown(self):
        self.assertEqual(sheets.parse_amount(0.1 + 0.2), Decimal("0.3"))
        self.assertEqual(sheets.parse_amount(199.98999999999998), Decimal("199.99"))

    def test_storages_that_suppliers_write(self):
        for size in ("16", "32", "64", "128", "256", "512"):
            for written in (size, f"{size}GB", f"{size} gb", f"{size}G", f"{size} Go"):
                self.assertEqual(sheets.parse_storage(written), size)
            self.assertEqual(sheets.parse_storage(float(size)), size)
        for written in ("1TB", "1 tb", "1024", "1024 GB", "1 To", "1.0 TB"):
            self.assertEqual(sheets.parse_storage(written), "1024")

    def test_any_other_storage_is_refused(self):
        for value in ("1", "48GB", "2TB", "64TB", "8/256", "large", 64.5, True, "0"):
            self.assertCellRefused(sheets.parse_storage, value, "storage")

    def test_placeholders_for_no_second_imei_are_no_problem(self):
        rows = [["IMEI", "IMEI2", "EID"]]
        rows += [
            [number, mark, mark]
            for number, mark in zip(IMEIS, ("-", "N/A", "none", "", " "), strict=False)
        ]
        _sheet, good, found = self.read_all(files.csv_bytes(rows))
        self.assertEqual(found, [])
        self.assertEqual({(row["imei2"], row["eid"]) for row in good}, {(None, "")})

    def test_a_row_has_every_field_whatever_the_file_has(self):
        _sheet, good, _found = self.read_all(files.csv_bytes([["IMEI"], [IMEIS[0]]]))
        self.assertEqual(set(good[0]), {"row_number", *sheets.FIELDS})
        self.assertIsNone(good[0]["purchase_cost"])
        self.assertEqual(good[0]["storage"], "")

    def test_one_true_value_is_not_taken_for_the_number_1(self):
        rows = [["IMEI", "Carton"], [IMEIS[0], 1], [IMEIS[1], True], [IMEIS[2], "1"]]
        content = files.edited_xlsx(rows, lambda *_args: None)
        good = self.read_all(content)[1]
        self.assertEqual(
            [row["supplier_carton_id"] for row in good], ["1", "TRUE", "1"]
        )

    def test_a_csv_of_any_bytes_is_refused_or_read_never_a_crash(self):
        chance = random.Random(9)
        alphabet = [b",", b";", b'"', b"\n", b"\r", b"IMEI", b"=", b"\xff", b"\x00"]
        alphabet += [number.encode() for number in IMEIS[:5]] + [b"\xe9", b"\xc3\xa9"]
        for _attempt in range(300):
            content = b"".join(chance.choices(alphabet, k=chance.randrange(1, 60)))
            try:
                self.read_all(content)
            except sheets.FileProblem as problem:
                self.assertIn(problem.code, problems.FILE_CODES)


@tagged("standard", "at_install")
class TestManifestFiles(BaseCase):
    def test_the_texts_of_a_csv_are_those_of_its_table(self):
        content = files.valid_csv(10, encoding="utf-8").decode()
        self.assertEqual(list(csv.reader(io.StringIO(content))), files.table(10))
