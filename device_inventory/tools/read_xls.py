"""The cells of an old Excel workbook (BIFF), through xlrd when it is installed."""

import io
import struct

from .grid import MAX_COLUMNS, Grid, Unreadable
from .problems import FileProblem

try:
    import xlrd
except ImportError:
    xlrd = None

# xlrd has no error class of its own for most damage
_DAMAGE = (
    struct.error,
    AssertionError,
    AttributeError,
    KeyError,
    IndexError,
    TypeError,
    ValueError,
    OverflowError,
)


def read_xls(content):
    """Return the :class:`Grid` of each sheet, in the order of the workbook.

    :raises FileProblem: when the content is no readable workbook, or xlrd is absent
    """
    if xlrd is None:
        raise FileProblem("xls")
    try:
        book = xlrd.open_workbook(
            file_contents=content,
            logfile=io.StringIO(),
            formatting_info=True,
            ragged_rows=True,
        )
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError) as error:
        code = "encrypted" if "encrypted" in str(error).lower() else "corrupt"
        raise FileProblem(code, detail=str(error)[:80]) from error
    except _DAMAGE as error:
        raise FileProblem("corrupt", detail=type(error).__name__) from error
    return [_grid(book, sheet) for sheet in book.sheets()]


def _grid(book, sheet):
    grid = Grid(sheet.name, None, hidden=bool(sheet.visibility))
    grid.open_rows = lambda: _rows(book, sheet, grid)
    return grid


def _rows(book, sheet, grid):
    grid.merged[:] = [
        (top + 1, left, bottom, right - 1)
        for top, bottom, left, right in sheet.merged_cells
    ]
    for index in range(sheet.nrows):
        cells = tuple(_value(book, cell) for cell in sheet.row(index))
        if any(cell is not None and cell != "" for cell in cells):
            if any(cell is not None for cell in cells[MAX_COLUMNS:]):
                raise FileProblem("too_many_columns", row=index + 1, limit=MAX_COLUMNS)
            yield index + 1, cells[:MAX_COLUMNS]


def _value(book, cell):
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return cell.value
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        return float(cell.value)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        error = xlrd.error_text_from_code.get(cell.value, str(cell.value))
        return Unreadable("cell_error", {"value": error})
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _date(book, cell.value)
    return None


def _date(book, value):
    try:
        return xlrd.xldate_as_datetime(value, book.datemode)
    except (xlrd.xldate.XLDateError, OverflowError, ValueError):
        return float(value)
