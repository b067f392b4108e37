"""Suppliers' files for tests and for the demonstration: good ones and broken ones.

Everything is made from a seed, the same bytes each time. Neither the ORM nor the
addon is imported, so that scripts can use it: ``valid_xlsx()`` is 500 devices.

The TACs are shaped as real ones are, with the identifiers of reporting bodies that
exist (01 PTCRB, 35 BABT/TUV, 86 TAF), but belong to no one's device together with
these serial numbers.
"""

import csv
import io
import random
import zipfile
from dataclasses import dataclass, field
from datetime import datetime

import openpyxl
import xlsxwriter
from stdnum import luhn

HEADERS = (
    "IMEI",
    "IMEI2",
    "EID",
    "Storage",
    "Color",
    "Grade",
    "Lock Status",
    "Purchase Cost",
    "Supplier SKU",
    "Supplier Grade",
    "Carton ID",
)
GRADES = ("Excellent", "Good", "Fair", "Poor")
LOCKS = ("Unlocked", "Unlocked", "Unlocked", "Locked")
CARTON_SIZE = 25
_CREATED = datetime(2026, 1, 5)


@dataclass(frozen=True)
class Model:
    """A product line of the invented supplier. ``cost`` is of its smallest size."""

    tac: str
    brand: str
    name: str
    code: str
    storages: tuple
    colors: tuple
    cost: int

    def sku(self, storage):
        """Return the supplier's article code of one size."""
        return f"{self.code}-{storage}"


MODELS = (
    Model(
        "35387923", "Apple", "iPhone 12", "IP12", ("64", "128", "256"),
        ("Black", "White", "Blue"), 178,
    ),
    Model(
        "35676011", "Apple", "iPhone 13", "IP13", ("128", "256", "512"),
        ("Midnight", "Starlight", "Pink"), 265,
    ),
    Model(
        "35491722", "Apple", "iPhone 13 Pro", "IP13P", ("128", "256", "1024"),
        ("Graphite", "Gold", "Sierra Blue"), 372,
    ),
    Model(
        "01353900", "Apple", "iPhone SE", "IPSE", ("32", "64"),
        ("Black", "Red"), 58,
    ),
    Model(
        "35208814", "Samsung", "Galaxy S21 5G", "SGS21", ("128", "256"),
        ("Phantom Gray", "Phantom White"), 149,
    ),
    Model(
        "86473204", "Xiaomi", "Redmi Note 11", "RN11", ("64", "128"),
        ("Graphite Gray", "Star Blue"), 71,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class BrokenFile:
    """A file with known faults.

    ``code`` is the reason to refuse it whole, else ``problems`` has
    ``{row number: code}`` and ``good`` the number of rows without one.
    """

    name: str
    content: bytes = field(repr=False)
    code: str = ""
    problems: dict = field(default_factory=dict)
    good: int = 0


def imei(tac, serial):
    """Return a 15-digit IMEI of an 8-digit TAC and a serial number below 10**6."""
    body = f"{tac}{serial:06d}"
    return body + luhn.calc_check_digit(body)


def wrong_imei(number):
    """Return an IMEI with its check digit one too high."""
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def eid(serial):
    """Return a 32-digit EID with right check digits."""
    body = f"89049032{serial:022d}"
    return f"{body}{98 - int(body) * 100 % 97:02d}"


def devices(count=500, seed=2026):
    """Return ``count`` different devices, one dict each.

    Keys are the manifest's fields, plus ``model``, a :class:`Model`. ``cost`` is a
    text with two decimals.
    """
    chance = random.Random(seed)
    serials = chance.sample(range(1, 10**6), 2 * count)
    return [
        _device(chance, index, serials[2 * index], serials[2 * index + 1])
        for index in range(count)
    ]


def _device(chance, index, serial, serial2):
    model = MODELS[index % len(MODELS)]
    storage = chance.choice(model.storages)
    grade = chance.randrange(len(GRADES))
    cost = model.cost * (1 + 0.12 * model.storages.index(storage) - 0.14 * grade)
    return {
        "model": model,
        "imei": imei(model.tac, serial),
        "imei2": imei(model.tac, serial2),
        "eid": eid(serial) if model.brand == "Apple" else "",
        "storage": storage,
        "color": chance.choice(model.colors),
        "grade": GRADES[grade],
        "lock_status": chance.choice(LOCKS),
        "purchase_cost": f"{cost:.2f}",
        "supplier_sku": model.sku(storage),
        "supplier_grade": "ABCD"[grade],
        "supplier_carton_id": f"CTN-{index // CARTON_SIZE + 1:04d}",
    }


def table(count=500, seed=2026):
    """Return headings and rows of texts, as a supplier's list has them."""
    return [list(HEADERS), *map(_row, devices(count, seed))]


def _row(device):
    size = device["storage"]
    return [
        device["imei"],
        device["imei2"],
        device["eid"],
        "1 TB" if size == "1024" else f"{size} GB",
        device["color"],
        device["grade"],
        device["lock_status"],
        device["purchase_cost"],
        device["supplier_sku"],
        device["supplier_grade"],
        device["supplier_carton_id"],
    ]


def valid_xlsx(count=500, seed=2026, numeric=False):
    """Return a workbook without faults.

    :param numeric: write IMEIs as numbers, as a careless spreadsheet has them
    """
    rows = table(count, seed)
    for row in rows[1:]:
        row[7] = float(row[7])
        if numeric:
            row[0], row[1] = int(row[0]), int(row[1])
    return xlsx(rows)


def valid_csv(
    count=500, seed=2026, delimiter=",", encoding="utf-8-sig", decimal_mark="."
):
    """Return a text file without faults."""
    rows = table(count, seed)
    for row in rows[1:]:
        row[7] = row[7].replace(".", decimal_mark)
    return csv_bytes(rows, delimiter, encoding)


def csv_bytes(rows, delimiter=",", encoding="utf-8", newline="\r\n"):
    """Return rows as a text file."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=newline).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx(rows, sheet="Manifest"):
    """Return rows as a workbook: texts as texts, numbers as numbers."""
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, {"in_memory": True})
    book.set_properties({"created": _CREATED})
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(number, column, value)
            elif value is not None:
                page.write(number, column, value)
    book.close()
    return output.getvalue()


def edited_xlsx(rows, edit):
    """Return rows as a workbook after ``edit(workbook, sheet)`` of openpyxl."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    edit(book, sheet)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def rezipped(content, changes):
    """Return a workbook with parts replaced: ``{part: bytes or function}``."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            part = source.read(name)
            change = changes.get(name, part)
            target.writestr(name, change(part) if callable(change) else change)
    return output.getvalue()


def broken_files():
    """Return ``{name: BrokenFile}`` of files with one kind of fault each."""
    files = [make() for make in (*_FAULTY_ROWS, *_REFUSED)]
    return {file.name: file for file in files}


def _faulty(name, rows, problems, writer=csv_bytes):
    good = len(rows) - 1 - len(problems)
    return BrokenFile(name, writer(rows), problems=problems, good=good)


def _wrong_luhn():
    rows = table(10)
    rows[4][0] = wrong_imei(rows[4][0])
    rows[7][1] = wrong_imei(rows[7][1])
    return _faulty("wrong_luhn.csv", rows, {5: "luhn", 8: "luhn"})


def _float_text():
    rows = table(5)
    rows[2][0] += ".0"
    return _faulty("float_text.csv", rows, {3: "float_text"})


def _scientific_text():
    rows = table(5)
    rows[1][0] = f"{float(rows[1][0]):.5E}"
    rows[3][0] = f"{float(rows[3][0]):.14E}"
    problems = {2: "scientific", 4: "scientific"}
    return _faulty("scientific.csv", rows, problems)


def _all_zero():
    rows = table(4)
    rows[1][0], rows[2][0] = "0" * 15, "1" * 14
    return _faulty("uniform.xlsx", rows, {2: "uniform", 3: "uniform"}, xlsx)


def _wrong_length():
    rows = table(5)
    rows[1][0], rows[2][0] = rows[1][0][:12], rows[2][0] + "99"
    rows[3][0] = rows[3][0].replace("3", "O", 1)
    problems = {2: "length", 3: "length", 4: "characters"}
    return _faulty("wrong_length.csv", rows, problems)


def _not_whole_number():
    rows = table(4)
    rows[1][0], rows[2][0] = float(rows[1][0]) + 0.5, 3.5387923425263e18
    return _faulty("not_whole.xlsx", rows, {2: "float", 3: "float"}, xlsx)


def _date_and_truth_value():
    rows = table(4)
    rows[1][0], rows[2][0] = datetime(2026, 1, 5), True

    def write(rows):
        return edited_xlsx(rows, lambda book, sheet: None)

    return _faulty("date.xlsx", rows, {2: "type", 3: "type"}, write)


def _duplicate_rows():
    rows = table(6)
    rows[4] = list(rows[1])
    rows[6][1] = rows[2][0]
    return _faulty("duplicates.csv", rows, {5: "duplicate", 7: "duplicate"})


def _same_second_imei():
    rows = table(3)
    rows[2][1] = rows[2][0]
    return _faulty("imei2_same.csv", rows, {3: "imei2_same"})


def _wrong_eid():
    rows = table(3)
    rows[1][2] = rows[1][2][:-1] + str((int(rows[1][2][-1]) + 1) % 10)
    return _faulty("wrong_eid.csv", rows, {2: "eid_check"})


def _missing_imei():
    rows = table(5)
    rows[2][0] = ""
    return _faulty("missing_imei.csv", rows, {3: "missing_imei"})


def _formulas_without_result():
    rows = table(6)

    def edit(_book, sheet):
        sheet["A3"] = '=CONCATENATE("35","387923")'
        sheet["H5"] = "=100*2"

    def write(rows):
        return edited_xlsx(rows, edit)

    return _faulty("formulas.xlsx", rows, {3: "formula", 5: "formula"}, write)


def _error_cells():
    rows = table(4)

    def write(rows):
        return edited_xlsx(rows, lambda book, sheet: sheet.__setitem__("A2", "#REF!"))

    return _faulty("error_cells.xlsx", rows, {2: "cell_error"}, write)


def _merged_imei():
    rows = table(4)
    rows[3][0] = None

    def write(rows):
        return edited_xlsx(rows, lambda book, sheet: sheet.merge_cells("A3:A4"))

    return _faulty("merged_imei.xlsx", rows, {4: "merged"}, write)


def _negative_cost():
    rows = table(6)
    rows[1][7], rows[2][7], rows[3][7] = "-5.00", "(12.00)", "nan"
    rows[4][7], rows[5][7] = "inf", "350000000000000"
    problems = {
        2: "amount_negative",
        3: "amount_negative",
        4: "amount",
        5: "amount",
        6: "amount_range",
    }
    return _faulty("negative_cost.csv", rows, problems)


def _ambiguous_cost():
    rows = table(2)
    rows[1][7], rows[2][7] = "1.234", "1.500"
    problems = {2: "amount_ambiguous", 3: "amount_ambiguous"}
    return _faulty("ambiguous_cost.csv", rows, problems)


def _unquoted_comma():
    rows = table(3)
    rows[2][7] = "199,50"
    content = "\r\n".join(",".join(row) for row in rows).encode()
    problems = {3: "extra_cells"}
    return BrokenFile("unquoted_comma.csv", content, problems=problems, good=2)


def _unknown_storage():
    rows = table(5)
    rows[1][3], rows[2][3], rows[3][3] = "48 GB", "2 TB", "big"
    problems = {2: "storage", 3: "storage", 4: "storage"}
    return _faulty("unknown_storage.csv", rows, problems)


def _too_long():
    rows = table(3)
    rows[2][4] = "very " * 60 + "black"
    return _faulty("too_long_text.csv", rows, {3: "too_long"})


def _two_hundred_broken():
    """200 faulty rows among 500 good and bad ones, four kinds in turn."""
    rows = table(500)
    problems = {}
    for index in random.Random(7).sample(range(1, 501), 200):
        kind = len(problems) % 4
        column, value, code = (
            (0, wrong_imei(rows[index][0]), "luhn"),
            (0, "", "missing_imei"),
            (3, "77 GB", "storage"),
            (7, "-1", "amount_negative"),
        )[kind]
        rows[index][column] = value
        problems[index + 1] = code
    return _faulty("two_hundred.xlsx", rows, problems, xlsx)


_FAULTY_ROWS = (
    _wrong_luhn,
    _float_text,
    _scientific_text,
    _all_zero,
    _wrong_length,
    _not_whole_number,
    _date_and_truth_value,
    _duplicate_rows,
    _same_second_imei,
    _wrong_eid,
    _missing_imei,
    _formulas_without_result,
    _error_cells,
    _merged_imei,
    _negative_cost,
    _ambiguous_cost,
    _unquoted_comma,
    _unknown_storage,
    _too_long,
    _two_hundred_broken,
)


def _refused(name, content, code):
    return lambda: BrokenFile(name, content(), code=code)


def _without_imeis():
    return csv_bytes([["Article", "Pieces"], ["IP12-64", "20"], ["IP13-128", "5"]])


def _hidden_only():
    def edit(book, sheet):
        book.create_sheet("Cover", 0).append(["Nothing to see"])
        book.active = 0
        sheet.sheet_state = "hidden"

    return edited_xlsx(table(3), edit)


def _external_entity():
    def attack(part):
        dtd = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
        at = part.index(b"<worksheet")
        return part[:at] + dtd + part[at:].replace(b"<v>0</v>", b"<v>&e;</v>", 1)

    return rezipped(valid_xlsx(2), {"xl/worksheets/sheet1.xml": attack})


def _zip_bomb():
    """A workbook of some 160 kB that would be 160 MB once unpacked."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _megabyte in range(160):
            part.write(bytes(2**20))
    return output.getvalue()


def _truncated():
    content = valid_xlsx(50)
    return content[: len(content) // 2]


def _damaged():
    return rezipped(
        valid_xlsx(20), {"xl/worksheets/sheet1.xml": lambda part: part[:-2000]}
    )


def _encrypted():
    stream = "EncryptedPackage".encode("utf-16-le")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + stream + bytes(500)


def _open_document():
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", "<office/>")
    return output.getvalue()


def _binary_workbook():
    return rezipped(valid_xlsx(2), {}).replace(b"xl/workbook.xml", b"xl/workbook.bin")


def _archive_of(*names):
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return output.getvalue()


def _endless_cell():
    rows = table(2)
    rows[1][4] = "x" * 40_000
    return csv_bytes(rows)


def _unclosed_quote():
    lines = valid_csv(10, encoding="utf-8").decode().splitlines()
    lines[5] = '"' + lines[5]
    return "\r\n".join(lines).encode()


def bare_list(count):
    """Return a text file of ``count`` rows with an IMEI and nothing else, fast.

    The numbers are only counted on: their check digits are not right.
    """
    return csv_bytes([["IMEI"], *([f"35{n:013d}"] for n in range(count))])


def _wide_row():
    rows = table(2)
    rows[1] += [""] * 300 + ["far away"]
    return xlsx(rows)


_REFUSED = (
    _refused("empty.csv", lambda: b" \r\n", "empty_file"),
    _refused("blank.xlsx", lambda: xlsx([]), "empty_file"),
    _refused("no_imei.csv", _without_imeis, "no_imei_column"),
    _refused("hidden.xlsx", _hidden_only, "hidden_imei_column"),
    _refused("headings_only.xlsx", lambda: xlsx([HEADERS]), "no_rows"),
    _refused("report.pdf.xlsx", lambda: b"%PDF-1.7\n" + bytes(200), "pdf"),
    _refused("page.xls", lambda: b"\n<html><table><tr><td>IMEI", "html"),
    _refused("xml.xls", lambda: b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "xml"),
    _refused("photo.csv", lambda: b"\x89PNG\r\n\x1a\n" + bytes(50), "picture"),
    _refused("binary.csv", lambda: bytes(range(1, 128)) * 20, "not_text"),
    _refused("list.ods", _open_document, "ods"),
    _refused("list.xlsb", _binary_workbook, "xlsb"),
    _refused("photos.zip", lambda: _archive_of("1.jpg", "2.jpg"), "archive"),
    _refused("list.docx", lambda: _archive_of("word/document.xml"), "document"),
    _refused("endless.csv", _endless_cell, "csv_cell"),
    _refused("truncated.xlsx", _truncated, "corrupt"),
    _refused("damaged.xlsx", _damaged, "corrupt"),
    _refused("password.xlsx", _encrypted, "encrypted"),
    _refused("entity.xlsx", _external_entity, "xml_dtd"),
    _refused("bomb.xlsx", _zip_bomb, "unzipped_size"),
    _refused("too_long.csv", lambda: bare_list(20_001), "too_many_rows"),
    _refused("wide.xlsx", _wide_row, "too_many_columns"),
    _refused("quote.csv", _unclosed_quote, "unclosed_quote"),
    _refused(
        "half_utf16.csv", lambda: valid_csv(3, encoding="utf-16")[:-1], "encoding"
    ),
)
