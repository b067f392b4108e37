"""A supplier's file, from its bytes to the rows of a manifest.

    sheet = read(content)
    mapping = suggest_mapping(sheet.headers, sheet.imei_column)
    rows, problems = parse_rows(sheet, mapping)

What a file is gets decided by its content, never by its name. The ORM is not needed
here: problems are codes with parameters (:data:`CODES` has their English).
"""

from dataclasses import dataclass
from itertools import islice

from . import imei
from .columns import (
    FIELDS,
    ambiguous_headers,
    check_mapping,
    header_rank,
    suggest_mapping,
)
from .grid import Merged, cell_text, column_letter, is_blank
from .manifest_rows import STORAGES, parse_amount, parse_rows, parse_storage
from .problems import CODES, FileProblem, InvalidCell, Problem
from .read_csv import read_csv
from .read_xls import read_xls
from .read_xlsx import read_xlsx

__all__ = [
    "CODES",
    "FIELDS",
    "MAX_BYTES",
    "MAX_ROWS",
    "STORAGES",
    "FileProblem",
    "InvalidCell",
    "Problem",
    "Sheet",
    "ambiguous_headers",
    "check_mapping",
    "parse_amount",
    "parse_rows",
    "parse_storage",
    "read",
    "suggest_mapping",
]

#: Largest file and longest list that :func:`read` accepts.
MAX_BYTES = 25 * 2**20
MAX_ROWS = 20_000

_MEGABYTE = 2**20
_HEADER_ROWS = 20
_SERIAL_DIGITS = 10
# a time stamp or an article number can pass for an IMEI without its check digit
_SURE_READINGS = ("imei", "imei_zero", "meid_hex")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_SIGNATURES = (
    (b"%PDF", "pdf"),
    (b"PK\x05\x06", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"{\\rtf", "document"),
)
_MARKUP = (
    (b"<?xml", "xml"),
    (b"mime-version:", "html"),
    (b"<", "html"),
)


@dataclass(frozen=True)
class Sheet:
    """One table of a file.

    ``headers`` has a text for each column; ``rows`` has ``(row number, cells)`` of
    every filled row below them, numbered as a spreadsheet program shows it.
    ``header_row`` is 0 when the file has no headings, which are then column letters.
    ``imei_column`` is set when no heading names the IMEI, but this column holds
    valid ones: let the user confirm it. ``kind`` is csv, xlsx or xls; ``encoding``
    and ``delimiter`` are empty except for csv.
    """

    name: str
    kind: str
    headers: tuple
    rows: list
    header_row: int
    imei_column: int | None = None
    encoding: str = ""
    delimiter: str = ""


def read(content, max_rows=MAX_ROWS):
    """Read the table of IMEIs in a supplier's file.

    Of several sheets the first visible one with an IMEI heading in its first 20
    filled rows is taken, else the first one whose cells there hold a valid IMEI.

    :param content: the file's bytes
    :param max_rows: rows below the headings that are accepted
    :returns: a :class:`Sheet`
    :raises FileProblem: when the file cannot be used at all
    """
    _check_size(content)
    kind, grids, extra = _open(content)
    grid, top, header = _choose(grids)
    return _sheet(grid, top, header, kind, max_rows, extra)


def _check_size(content):
    if not content or not content.strip():
        raise FileProblem("empty_file")
    if len(content) > MAX_BYTES:
        raise FileProblem(
            "file_size",
            size=len(content) // _MEGABYTE,
            limit=MAX_BYTES // _MEGABYTE,
        )


def _open(content):
    if content.startswith(_ZIP):
        return "xlsx", read_xlsx(content), {}
    if content.startswith(_OLE):
        return "xls", _open_compound(content), {}
    for signature, code in _SIGNATURES:
        if content.startswith(signature):
            raise FileProblem(code)
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signature, code in _MARKUP:
        if start.startswith(signature):
            raise FileProblem(code)
    grid, encoding, delimiter = read_csv(content)
    return "csv", [grid], {"encoding": encoding, "delimiter": delimiter}


def _open_compound(content):
    """Open an OLE file: an old workbook, or a new one behind a password."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise FileProblem("encrypted")
    if "WordDocument".encode("utf-16-le") in content:
        raise FileProblem("document")
    return read_xls(content)


@dataclass(frozen=True)
class _Header:
    """Where the headings are: position and number of their row, and their texts."""

    position: int
    row: int
    texts: tuple
    imei_column: int | None = None


def _choose(grids):
    """Return the grid to read, its first rows and its :class:`_Header`."""
    heads = [(grid, list(islice(grid.open_rows(), _HEADER_ROWS))) for grid in grids]
    visible = [(grid, head) for grid, head in heads if not grid.hidden]
    for find in (_named_header, _guessed_header):
        for grid, head in visible:
            header = find(head)
            if header:
                return grid, head, header
    for grid, head in heads:
        if grid.hidden and _named_header(head):
            raise FileProblem("hidden_imei_column", sheet=grid.name)
    raise _no_imei_column(visible)


def _no_imei_column(heads):
    rows = [cells for _grid, head in heads for _row, cells in head]
    if not rows:
        return FileProblem("empty_file")
    texts = [cell_text(cell) for cell in rows[0] if not is_blank(cell)]
    headers = ", ".join(texts)[:200]
    return FileProblem("no_imei_column", limit=_HEADER_ROWS, headers=headers)


def _named_header(head):
    """Find the row that names the IMEI and the most other fields."""
    ranked = [
        (rank, position)
        for position, (_row, cells) in enumerate(head)
        if (rank := header_rank(cells)) is not None
    ]
    if not ranked:
        return None
    position = min(ranked)[1]
    row, cells = head[position]
    return _Header(position, row, tuple(map(cell_text, cells)))


def _guessed_header(head):
    """Find the column of the first valid IMEI and the headings above it, if any."""
    for position, (_row, cells) in enumerate(head):
        for column, cell in enumerate(cells):
            if _is_device_number(cell):
                return _header_above(head, position, column)
    return None


def _header_above(head, position, column):
    for above in reversed(range(position)):
        row, cells = head[above]
        cell = cells[column] if column < len(cells) else None
        digits = sum(char.isdigit() for char in cell_text(cell))
        if isinstance(cell, str) and not is_blank(cell) and digits < _SERIAL_DIGITS:
            return _Header(above, row, tuple(map(cell_text, cells)), column)
    width = max(len(cells) for _row, cells in head)
    return _Header(-1, 0, tuple(map(column_letter, range(width))), column)


def _is_device_number(cell):
    if not isinstance(cell, (str, float)):
        return False
    try:
        return imei.parse(cell).reading in _SURE_READINGS
    except imei.InvalidIdentity:
        return False


def _sheet(grid, head, header, kind, max_rows, extra):
    rows = []
    first = head[0][0] if header.position < 0 else header.row + 1
    titles = head[header.position][1] if header.position >= 0 else None
    for number, cells in grid.open_rows():
        if number < first or cells == titles:
            continue
        if len(rows) == max_rows:
            raise FileProblem("too_many_rows", limit=max_rows)
        rows.append((number, cells))
    header, rows = _join_header_rows(header, rows, grid.merged)
    if not rows:
        raise FileProblem("no_rows")
    rows = _fill_merged(rows, grid.merged)
    return Sheet(
        grid.name,
        kind,
        header.texts,
        rows,
        header.row,
        header.imei_column,
        **extra,
    )


def _join_header_rows(header, rows, merged):
    """Take the rows that merged headings reach down to as headings as well."""
    if not header.row:
        return header, rows
    bottom = max((m[2] for m in merged if m[0] == header.row), default=header.row)
    texts = list(header.texts)
    for _number, cells in _until(rows, bottom):
        texts += [""] * (len(cells) - len(texts))
        for index, cell in enumerate(cells):
            texts[index] = cell_text(cell) or texts[index]
    below = [(number, cells) for number, cells in rows if number > bottom]
    position = _Header(header.position, header.row, tuple(texts), header.imei_column)
    return position, below


def _until(rows, bottom):
    return ((number, cells) for number, cells in rows if number <= bottom)


def _fill_merged(rows, merged):
    """Give cells under a vertically merged one its value, marked as merged."""
    if not merged:
        return rows
    cells_of = {number: list(cells) for number, cells in rows}
    last = rows[-1][0]
    budget = 2 * len(rows) + sum(map(len, cells_of.values()))
    for top, left, bottom, _right in merged:
        budget -= max(min(bottom, last) - top, 0)
        if budget < 0:
            raise FileProblem("corrupt", detail="merged ranges overlap")
        _fill_range(cells_of, top, left, min(bottom, last))
    return [(number, tuple(cells)) for number, cells in cells_of.items()]


def _fill_range(cells_of, top, column, bottom):
    anchor = cells_of.get(top, ())
    value = anchor[column] if column < len(anchor) else None
    if is_blank(value):
        return
    for number in range(top + 1, bottom + 1):
        cells = cells_of.get(number)
        if cells is not None:
            cells += [None] * (column + 1 - len(cells))
            cells[column] = Merged(value, top)
