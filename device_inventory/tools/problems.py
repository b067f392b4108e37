"""What can be wrong with a supplier's file, as codes that the ORM layer translates."""

import dataclasses

from . import imei
from .text import _, shown

#: English text of the codes that refuse a whole file (:class:`FileProblem`).
FILE_CODES = {
    "empty_file": _("The file is empty."),
    "file_size": _("The file has %(size)s MB. The limit is %(limit)s MB."),
    "unzipped_size": _(
        "The workbook has %(size)s MB when it is unpacked. The limit is %(limit)s MB."
    ),
    "too_many_rows": _("The file has more than %(limit)s rows. Split it."),
    "too_many_columns": _(
        "Row %(row)s has values beyond column %(limit)s. Remove what is not part of "
        "the table."
    ),
    "pdf": _("This is a PDF. Ask for the list as .xlsx or .csv."),
    "html": _(
        "This is a web page with a spreadsheet's name. Open it in a spreadsheet "
        "program and save it as .xlsx."
    ),
    "xml": _(
        "This is an XML file. Open it in a spreadsheet program and save it as .xlsx."
    ),
    "ods": _("This is an OpenDocument file. Save it as .xlsx or .csv."),
    "xlsb": _("This is a binary workbook (.xlsb). Save it as .xlsx or .csv."),
    "xls": _(
        "This is an old .xls workbook, which cannot be read here. Save it as .xlsx."
    ),
    "archive": _("This is an archive without a workbook in it. Unpack it first."),
    "picture": _("This is a picture. Ask for the list as .xlsx or .csv."),
    "document": _("This is a text document. Save its table as .xlsx or .csv."),
    "not_text": _("This is neither a workbook nor a text file."),
    "encrypted": _("The workbook is protected with a password. Save it without one."),
    "corrupt": _(
        "The workbook is damaged or incomplete (%(detail)s). Upload it again or save "
        "it anew."
    ),
    "xml_dtd": _("The workbook has a document type definition, which no workbook may."),
    "encoding": _("The text cannot be read as %(encoding)s. Save it as CSV UTF-8."),
    "unclosed_quote": _(
        "A quotation mark that opens in row %(row)s is never closed. Save the file "
        "as CSV anew."
    ),
    "csv_cell": _(
        "Row %(row)s has a cell of more than %(limit)s characters, most likely a "
        "quotation mark that is never closed."
    ),
    "no_imei_column": _(
        "No column holds IMEIs: neither a heading such as IMEI nor a valid number is "
        "in the first %(limit)s rows. First row found: %(headers)s."
    ),
    "hidden_imei_column": _(
        "Only the hidden sheet %(sheet)s has an IMEI column. Unhide it if it is the "
        "one to read."
    ),
    "no_rows": _("There are no rows below the headings."),
    "mapping_imei": _("No column is chosen for the IMEI."),
    "mapping_field": _("%(field)s is not a field of a manifest."),
    "mapping_column": _("There is no column %(column)s."),
    "mapping_twice": _(
        "%(field)s is chosen for two columns: %(first)s and %(second)s."
    ),
}

#: English text of the codes of a single cell or row, besides ``imei.CODES``.
ROW_CODES = {
    "missing_imei": _("The row has values but no IMEI."),
    "duplicate": _("%(value)s is already in row %(other_row)s."),
    "imei2_same": _("%(value)s is given as first and second IMEI."),
    "formula": _(
        "The formula has no stored result. Open the file, recalculate and save it, or "
        "paste the values."
    ),
    "cell_error": _("The cell shows the error %(value)s."),
    "merged": _("The cell is merged with row %(other_row)s. Give each device its own."),
    "extra_cells": _(
        "%(value)s stands beyond the last heading: the row has more cells than there "
        "are headings, perhaps an unquoted comma."
    ),
    "too_long": _("%(value)s is longer than %(limit)s characters."),
    "storage": _("%(value)s is no known storage capacity. Known: %(allowed)s."),
    "amount": _("%(value)s is not an amount."),
    "amount_negative": _("%(value)s is negative."),
    "amount_ambiguous": _(
        "%(value)s may mean %(grouped)s or %(decimal)s. Write it with two decimals."
    ),
    "amount_range": _("%(value)s is larger than any device costs."),
}

#: English text of the remarks that do not stop an upload.
NOTICE_CODES = {
    "ambiguous_header": _(
        "%(field)s could be %(used)s or %(ignored)s. %(used)s is proposed."
    ),
}

CODES = {**imei.CODES, **ROW_CODES, **FILE_CODES, **NOTICE_CODES}


class FileProblem(Exception):
    """A reason to refuse a whole file: ``code`` is a key of :data:`FILE_CODES`."""

    def __init__(self, code, **params):
        super().__init__(FILE_CODES[code] % params)
        self.code = code
        self.params = params


class InvalidCell(ValueError):
    """A reason to refuse one cell: ``code`` is a key of :data:`ROW_CODES`."""

    def __init__(self, code, **params):
        if "value" in params:
            params["value"] = shown(params["value"])
        super().__init__(ROW_CODES[code] % params)
        self.code = code
        self.params = params


@dataclasses.dataclass(frozen=True)
class Problem:
    """What is wrong with one cell.

    ``row`` is the row's number as a spreadsheet program shows it, ``column`` the
    heading, ``field`` the manifest's field (both empty when the whole row is meant),
    ``code`` a key of :data:`CODES` and ``params`` what its text names.
    """

    row: int
    column: str
    field: str
    code: str
    params: dict = dataclasses.field(default_factory=dict)

    @property
    def text(self):
        """The problem in English, for logs and tests."""
        where = f"Row {self.row}, {self.column}" if self.column else f"Row {self.row}"
        return f"{where}: {CODES[self.code] % self.params}"
