"""Text files with separators, in any encoding and dialect that Excel writes."""

import codecs
import csv
import io
import re

from .columns import recognised_fields
from .grid import MAX_COLUMNS, Grid, is_blank
from .problems import FileProblem

try:
    import chardet
except ImportError:
    chardet = None

#: Longest cell of a text file: beyond it, a quotation mark was not closed.
MAX_CELL_LENGTH = 32_767

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Encodings that a detector may claim; anything else it says is taken as cp1252.
_DETECTABLE = {
    "windows-1250",
    "windows-1251",
    "windows-1253",
    "windows-1255",
    "windows-1256",
    "koi8-r",
    "maccyrillic",
    "gb2312",
    "gb18030",
    "big5",
    "shift_jis",
    "cp932",
    "euc-jp",
    "euc-kr",
    "cp949",
}
_DETECTION_CONFIDENCE = 0.8
_DETECTION_BYTES = 20_000
_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 20
_SEP_LINE = re.compile(r"^\"?sep=(.)\"?\r?\n", re.I)
_FORMULA_TEXT = re.compile(r'^="(.*)"$', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x7f]")
_CONTROL_SHARE = 100


def read_csv(content):
    """Return the :class:`Grid` of a text file, its encoding and its separator.

    Rows are numbered as a spreadsheet program numbers them: a quoted line break
    does not begin a row, a blank line does, and a first line ``sep=`` does not
    count.

    :raises FileProblem: when the content is no text or not readable as a table
    """
    text, encoding = _decode(content)
    if len(_CONTROL.findall(text, 0, 4096)) * _CONTROL_SHARE > min(len(text), 4096):
        raise FileProblem("not_text")
    declared = _SEP_LINE.match(text)
    if declared:
        text, delimiter = text[declared.end() :], declared[1]
    else:
        delimiter = _sniff_delimiter(text)
    grid = Grid("", lambda: _rows(text, delimiter))
    return grid, encoding, delimiter


def _decode(content):
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return _strict(content, encoding), encoding
    encoding = _wide_encoding(content)
    if encoding:
        return _strict(content, encoding), encoding
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode_legacy(content)


def _strict(content, encoding):
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileProblem("encoding", encoding=encoding.upper()) from error


def _wide_encoding(content):
    """Tell UTF-16 without a byte order mark by where its zero bytes are."""
    head = content[:1024]
    if head.count(0) * 4 < len(head):
        return None
    return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"


def _decode_legacy(content):
    """Decode a code page: the detector's when it is sure, else Western European."""
    for encoding in (_detected(content), "cp1252"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), "latin-1"


def _detected(content):
    if chardet is None:
        return "cp1252"
    lines = [line for line in content.splitlines() if not line.isascii()]
    guess = chardet.detect(b"\n".join(lines)[:_DETECTION_BYTES])
    name = (guess["encoding"] or "").lower()
    sure = (guess["confidence"] or 0) >= _DETECTION_CONFIDENCE
    if not sure or name not in _DETECTABLE:
        return "cp1252"
    return "gb18030" if name == "gb2312" else name


def _sniff_delimiter(text):
    """Choose the separator under which the first rows make the best table.

    Recognised headings count first, then the number of rows that are as wide as
    the widest, so that decimal commas do not win over semicolons.
    """
    sample = text[:50_000]

    def score(delimiter):
        rows = _sample(sample, delimiter)
        fields = max((recognised_fields(row) for row in rows), default=0)
        width = max(map(len, rows), default=0)
        full = sum(len(row) == width for row in rows) if width > 1 else 0
        return fields, full, width

    return max(_DELIMITERS, key=score)


def _sample(text, delimiter):
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) == _SAMPLE_ROWS:
                break
    except csv.Error:
        return rows
    return rows


def _rows(text, delimiter):
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number, cells = 0, []
    for number, cells in enumerate(_guarded(reader), start=1):
        if any(cell and not cell.isspace() for cell in cells):
            yield number, _checked(number, cells)
    if any("\n" in cell or "\r" in cell for cell in cells):
        _check_closed(text, delimiter, number)


def _guarded(reader):
    row = 0
    while True:
        row += 1
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileProblem("csv_cell", row=row, limit=MAX_CELL_LENGTH) from error


def _checked(number, cells):
    if len(cells) > MAX_COLUMNS and not all(map(is_blank, cells[MAX_COLUMNS:])):
        raise FileProblem("too_many_columns", row=number, limit=MAX_COLUMNS)
    if max(map(len, cells)) > MAX_CELL_LENGTH:
        raise FileProblem("csv_cell", row=number, limit=MAX_CELL_LENGTH)
    return tuple(_plain(cell) for cell in cells[:MAX_COLUMNS])


def _plain(cell):
    if cell[:2] != '="':
        return cell
    formula = _FORMULA_TEXT.match(cell)
    return formula[1] if formula else cell


def _check_closed(text, delimiter, row):
    """Refuse a file whose last cell swallowed the rest: csv itself lets it pass."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for _row in reader:
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise FileProblem("unclosed_quote", row=row) from error
