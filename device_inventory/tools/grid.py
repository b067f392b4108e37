"""The cells of one sheet, whatever file they come from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time

#: Cells beyond this column make a file unreadable rather than the server slow.
MAX_COLUMNS = 256


@dataclass
class Grid:
    """One sheet before its headings are known.

    ``open_rows`` starts a new pass over ``(row number, cells)``, blank rows left out.
    ``merged`` has ``(first row, first column, last row, last column)`` of merged
    ranges, columns from 0, complete when a pass has ended.
    """

    name: str
    open_rows: Callable
    hidden: bool = False
    merged: list = field(default_factory=list)


@dataclass(frozen=True)
class Unreadable:
    """A cell without a usable value: ``code`` and ``params`` say why."""

    code: str
    params: dict = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Merged:
    """A cell covered by the merged cell that begins in ``row`` with ``value``."""

    value: object
    row: int


class Percent(float):
    """A number that its cell shows as a percentage."""


def is_blank(value):
    """Tell whether a cell shows nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def cell_text(value):
    """Return the text of a cell about as a spreadsheet program shows it.

    >>> cell_text(12.0), cell_text(True), cell_text(" a\\xa0 b "), cell_text(0.1 + 0.2)
    ('12', 'TRUE', 'a b', '0.3')
    """
    if is_blank(value):
        return ""
    if isinstance(value, str):
        return " ".join(value.replace("\u200b", "").replace("\ufeff", "").split())
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Percent):
        return f"{value * 100:.15g}%"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, Merged):
        return cell_text(value.value)
    if isinstance(value, Unreadable):
        return value.params.get("value", "")
    return str(value)


def column_letter(index):
    """Return the letters of a column counted from 0.

    >>> column_letter(0), column_letter(25), column_letter(26), column_letter(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
