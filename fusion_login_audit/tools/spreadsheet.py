"""Rows as CSV (RFC 4180) that a spreadsheet opens as it is, however many they are."""

import csv
import io
from datetime import datetime

from odoo.tools import SQL

# Tells spreadsheets that the text is UTF-8.
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_FORMULA = frozenset("=+-@\t\r")
_BATCH = 2_000


def cell(value):
    """Return a value as the content of a cell.

    Times are UTC in ISO 8601. A text that a spreadsheet would calculate gets an
    apostrophe in front: what strangers type as their login ends up here.

    >>> cell("=1+1"), cell("ada"), cell(None), cell(-1)
    ("'=1+1", 'ada', '', -1)
    >>> cell(datetime(2026, 11, 24, 8, 5))
    '2026-11-24T08:05:00Z'
    """
    if isinstance(value, str):
        return f"'{value}" if value[:1] in _FORMULA else value
    if isinstance(value, datetime):
        return f"{value.isoformat(timespec='seconds')}Z"
    return "" if value is None else value


def stream_csv(registry, query, header, labels):
    """Yield the rows of a query as CSV, without ever holding more than a batch.

    The rows come from one cursor of the database, hence from one moment and one plan.

    :param registry: registry of the database; its transaction is not the request's,
        which is over when the last rows are sent
    :param SQL query: whose columns are those of the header
    :param list header: titles of the columns
    :param dict labels: number of a column to a dict from its values to their labels
    """
    with registry.cursor() as cr:
        cr.execute(SQL("DECLARE fusion_login_export NO SCROLL CURSOR FOR %s", query))
        yield (BYTE_ORDER_MARK + _as_csv([header])).encode()
        for rows in iter(lambda: _fetch(cr), []):
            yield _as_csv(_labelled(row, labels) for row in rows).encode()
        cr.execute("CLOSE fusion_login_export")


def _fetch(cr):
    cr.execute(SQL("FETCH FORWARD %s FROM fusion_login_export", _BATCH))
    return cr.fetchall()


def _labelled(row, labels):
    row = list(row)
    for number, label in labels.items():
        row[number] = label.get(row[number], row[number])
    return row


def _as_csv(rows):
    buffer = io.StringIO()
    csv.writer(buffer).writerows(map(cell, row) for row in rows)
    return buffer.getvalue()
