"""From the cells of a sheet to normalised manifest rows and a list of problems."""

import re
from decimal import Decimal
from functools import partial

from . import imei
from .columns import check_mapping, label
from .grid import Merged, Percent, Unreadable, cell_text, is_blank
from .problems import InvalidCell, Problem
from .text import fold, shown

#: Storage capacities in GB, as the selection keys of a device.
STORAGES = ("16", "32", "64", "128", "256", "512", "1024")

#: Longest text of a descriptive field.
MAX_TEXT = 128

#: No device costs this much in any currency: an IMEI in the wrong column does.
AMOUNT_LIMIT = Decimal(10) ** 10

_IDENTITIES = ("imei", "imei2", "eid")
_STORAGE = re.compile(r"^(\d{1,4})(?:[.,]0+)?(gb|gib|go|g|tb|tib|to|t)?$")
_PLACEHOLDERS = {"-", "--", "n/a", "na", "n.a.", "none", "null", "nil", "#n/a"}
_UNLOCKED = {
    "unlocked",
    "unlock",
    "simfree",
    "simunlocked",
    "factoryunlocked",
    "fullyunlocked",
    "carrierunlocked",
    "networkunlocked",
    "gsmunlocked",
    "worldwideunlocked",
    "notlocked",
    "nolock",
    "open",
    "openline",
}
_LOCKED = {
    "locked",
    "simlocked",
    "carrierlocked",
    "networklocked",
    "operatorlocked",
    "simlock",
}
_CURRENCIES = (
    "USD EUR GBP CAD AUD NZD CHF JPY CNY RMB HKD SGD TWD KRW INR PKR BDT LKR AED SAR "
    "QAR KWD ILS TRY EGP ZAR NGN KES GHS MXN BRL ARS CLP COP PEN SEK NOK DKK ISK PLN "
    "CZK HUF RON BGN UAH GEL KZT RUB THB MYR IDR PHP VND US CA AU NZ HK RS KR"
)
_SYMBOLS = "$\u20ac\u00a3\u00a5\u20b9\u20a9\u20ab\u20b1\u20ba\u20bd\u20aa\u20a6\u0e3f"
_UNIT = rf"(?:\b(?:{'|'.join(_CURRENCIES.split())})\b\.?|[{_SYMBOLS}])"
_LEADING_UNIT = re.compile(rf"^([(-]?)\s*(?:{_UNIT}\s*)+", re.I)
_TRAILING_UNIT = re.compile(rf"(?:\s*{_UNIT})+(\)?)$", re.I)
_NEGATIVE = re.compile(r"^-\s*(.+)$|^\((.+)\)$|^(.+?)\s*-$")
_BLANK_GROUPS = re.compile(r"^\d{1,3}(?:[ '\u2019]\d{3})+(?=$|[.,])")
_PLAIN_NUMBER = re.compile(r"^\d+(?:[.,]\d+)*$")
_GROUPS = re.compile(r"^\d{1,3}(?:S\d{3})+$|^\d{1,2}(?:S\d{2})+S\d{3}$")


def parse_rows(sheet, mapping):
    """Normalise every row of a sheet.

    :param sheet: what :func:`spreadsheet.read` returned
    :param mapping: ``{column index: field}``, as the user confirmed it
    :returns: ``(rows, problems)``. A row is a dict of all :data:`columns.FIELDS` plus
        ``row_number``: ``imei`` an :class:`imei.Identity`, ``imei2`` one or None,
        ``eid``, ``storage`` (one of :data:`STORAGES`) and the other texts ``""`` when
        absent, ``purchase_cost`` a :class:`~decimal.Decimal` or None when absent, in
        the file's currency. ``lock_status`` is ``unlocked``, ``locked`` or the
        file's own text. A row with a problem is in ``problems`` only.
    :raises FileProblem: when the mapping itself is wrong
    """
    check_mapping(sheet.headers, mapping)
    return _RowParser(sheet, mapping).run()


def parse_storage(value):
    """Return a storage capacity as a key of :data:`STORAGES`.

    :raises InvalidCell: with code ``storage``

    >>> parse_storage("128 GB"), parse_storage(64.0), parse_storage("1TB")
    ('128', '64', '1024')
    """
    text = re.sub(r"[\s_-]", "", fold(cell_text(value))).lower()
    match = _STORAGE.match(text)
    if match:
        unit = match[2] or ""
        size = int(match[1]) * (1024 if unit.startswith("t") else 1)
        if str(size) in STORAGES:
            return str(size)
    raise InvalidCell(
        "storage", value=cell_text(value), allowed=", ".join(STORAGES) + " GB"
    )


def parse_amount(value, decimal_mark=None):
    """Return an amount of money, never negative.

    :param value: a number of a spreadsheet, taken to the 15 digits that it shows, or
        a text with any currency sign and separators
    :param decimal_mark: ``.`` or ``,``, to decide texts such as 1.234, which are
        refused without it
    :raises InvalidCell: with a code that begins with ``amount``

    >>> parse_amount("1.234,56"), parse_amount("1,234.56"), parse_amount("$ 199.00")
    (Decimal('1234.56'), Decimal('1234.56'), Decimal('199.00'))
    >>> parse_amount(199.98999999999998)
    Decimal('199.99')
    """
    if isinstance(value, (bool, Percent)) or not isinstance(value, (int, float, str)):
        raise InvalidCell("amount", value=cell_text(value))
    if isinstance(value, str):
        amount = _amount_of_text(value, decimal_mark)
    else:
        amount = Decimal(f"{value:.15g}")
    if not amount.is_finite():
        raise InvalidCell("amount", value=cell_text(value))
    if amount < 0:
        raise InvalidCell("amount_negative", value=cell_text(value))
    if amount >= AMOUNT_LIMIT:
        raise InvalidCell("amount_range", value=cell_text(value))
    return amount


def decimal_mark_of(values):
    """Return the decimal mark that the texts of a column agree on, or None.

    >>> decimal_mark_of(["1.234", "99,50"]), decimal_mark_of(["1.234"])
    (',', None)
    """
    texts = {value for value in values if _is_text(value)}
    marks = {_number_shape(_bare_number(text)[0])[2] for text in texts}
    marks -= {None, "?"}
    return marks.pop() if len(marks) == 1 else None


def parse_lock_status(value):
    """Return ``unlocked`` or ``locked`` when a text plainly says so, else the text.

    >>> parse_lock_status("SIM-Free"), parse_lock_status("LOCKED"), \
            parse_lock_status("AT&T")
    ('unlocked', 'locked', 'AT&T')
    """
    text = parse_text(value)
    plain = re.sub(r"[^a-z]", "", text.lower())
    if plain in _UNLOCKED:
        return "unlocked"
    return "locked" if plain in _LOCKED else text


def parse_text(value):
    """Return a cell's text without blanks around it and doubled ones inside."""
    text = cell_text(value)
    if len(text) > MAX_TEXT:
        raise InvalidCell("too_long", value=text, limit=MAX_TEXT)
    return text


def parse_identity(value):
    """Read a cell of a workbook as :func:`imei.parse` does."""
    return imei.parse(value)


def parse_exported_identity(value):
    """Read a cell of a text file, which a spreadsheet program may have written.

    14 digits that begin with 1 are then a numeric cell that lost its leading zero.
    """
    if len(value) == 14 and value[0] == "1" and value.isdecimal():
        return imei.parse(int(value))
    return imei.parse(value)


class _RowParser:
    """One pass over a sheet, collecting rows, problems and the numbers seen."""

    def __init__(self, sheet, mapping):
        self.sheet = sheet
        self.mapping = mapping
        self.columns = sorted(mapping.items())
        self.labels = {index: label(sheet.headers, index) for index in mapping}
        self.rows = []
        self.problems = []
        self.seen = {}
        self.converters = {
            field: self._converter(field, index) for index, field in self.columns
        }

    def run(self):
        for number, cells in self.sheet.rows:
            if not self._has_content(cells):
                continue
            found = len(self.problems)
            values = self._values(number, cells)
            self._check_numbers(number, values)
            self._check_width(number, cells)
            if len(self.problems) == found:
                self.rows.append({"row_number": number, **values})
        return self.rows, self.problems

    def _has_content(self, cells):
        """Tell a row that gives something of its own from one that does not."""
        return any(not is_blank(cell) for cell in cells if type(cell) is not Merged)

    def _values(self, number, cells):
        values = dict.fromkeys(_TEXT_FIELDS, "")
        values.update(_ABSENT)
        for index, field in self.columns:
            cell = cells[index] if index < len(cells) else None
            try:
                values[field] = self.converters[field](cell)
            except (InvalidCell, imei.InvalidIdentity) as error:
                self._report(number, index, error.code, error.params)
        return values

    def _converter(self, field, index):
        if field == "purchase_cost":
            column = (c[index] for _row, c in self.sheet.rows if index < len(c))
            convert = partial(parse_amount, decimal_mark=decimal_mark_of(column))
            return _remembered(partial(_optional, convert, None))
        if field == "imei":
            return partial(_mandatory, self._identity_parser())
        if field == "imei2":
            return partial(_optional, self._identity_parser(), None)
        if field == "eid":
            return partial(_optional, imei.parse_eid, "")
        convert = {"storage": parse_storage, "lock_status": parse_lock_status}
        return _remembered(partial(_described, convert.get(field, parse_text)))

    def _identity_parser(self):
        exported = self.sheet.kind == "csv"
        return parse_exported_identity if exported else parse_identity

    def _check_numbers(self, number, values):
        """Refuse a number that the same file gives to another row as well."""
        first, second = values["imei"], values["imei2"]
        repeated = first and self._check_unseen(number, "imei", first)
        if second and first and second.key == first.key:
            params = {"value": second.number}
            self._report(number, self._index("imei2"), "imei2_same", params)
        elif second and not repeated:
            self._check_unseen(number, "imei2", second)

    def _check_unseen(self, number, field, identity):
        other = self.seen.setdefault(identity.key, number)
        if other != number:
            params = {"value": identity.number, "other_row": other}
            self._report(number, self._index(field), "duplicate", params)
        return other != number

    def _check_width(self, number, cells):
        """A text file's row is wider than its headings when a cell was split."""
        if self.sheet.kind != "csv":
            return
        extra = [cell for cell in cells[len(self.sheet.headers) :] if cell.strip()]
        if extra:
            params = {"value": shown(extra[0])}
            self.problems.append(Problem(number, "", "", "extra_cells", params))

    def _index(self, field):
        return next(index for index, name in self.columns if name == field)

    def _report(self, number, index, code, params):
        field = self.mapping[index]
        problem = Problem(number, self.labels[index], field, code, params)
        self.problems.append(problem)


_TEXT_FIELDS = (
    "storage",
    "color",
    "grade",
    "lock_status",
    "supplier_sku",
    "supplier_grade",
    "supplier_carton_id",
)
_ABSENT = {"imei": None, "imei2": None, "eid": "", "purchase_cost": None}


def _remembered(convert):
    """Convert equal cells of a column once: most columns have few values."""
    known = {}

    def converted(cell):
        key = (type(cell), cell)
        if key not in known:
            known[key] = convert(cell)
        return known[key]

    return converted


def _mandatory(convert, cell):
    if is_blank(cell):
        raise InvalidCell("missing_imei")
    return convert(_own_value(cell))


def _optional(convert, absent, cell):
    if _is_absent(cell):
        return absent
    return convert(_own_value(cell))


def _described(convert, cell):
    """Convert a descriptive cell, for which a merged cell's value counts too."""
    if isinstance(cell, Merged):
        cell = cell.value
    if is_blank(cell):
        return ""
    return convert(_readable(cell))


def _own_value(cell):
    """Refuse a value that a merged cell lends: a number is one device's alone."""
    if isinstance(cell, Merged):
        raise InvalidCell("merged", other_row=cell.row)
    return _readable(cell)


def _readable(cell):
    if isinstance(cell, Unreadable):
        raise InvalidCell(cell.code, **cell.params)
    return cell


def _is_absent(cell):
    if isinstance(cell, str):
        return not cell.strip() or cell.strip().lower() in _PLACEHOLDERS
    return cell is None


def _is_text(value):
    return isinstance(value, str) and not _is_absent(value)


def _amount_of_text(value, decimal_mark):
    body, negative = _bare_number(value)
    whole, fraction, mark = _number_shape(body)
    if whole is None:
        raise InvalidCell("amount", value=value)
    if mark == "?":
        whole, fraction = _resolved(value, whole, fraction, body, decimal_mark)
    amount = Decimal(f"{whole}.{fraction or '0'}" if fraction else whole)
    return -amount if negative else amount


def _resolved(value, whole, fraction, body, decimal_mark):
    """Decide whether 1.234 is grouped or a fraction by the column's other values."""
    if decimal_mark is None:
        raise InvalidCell(
            "amount_ambiguous",
            value=value,
            grouped=whole + fraction,
            decimal=f"{whole}.{fraction}",
        )
    if decimal_mark in body:
        return whole, fraction
    return whole + fraction, ""


def _bare_number(value):
    """Strip currency and sign of a text: return digits and separators, negative."""
    text = _LEADING_UNIT.sub(r"\1", fold(value))
    text = _TRAILING_UNIT.sub(r"\1", text)
    signed = _NEGATIVE.match(text)
    if not signed:
        return text, False
    body = next(group for group in signed.groups() if group)
    return _LEADING_UNIT.sub(r"\1", body), True


def _number_shape(body):
    """Split digits into whole part, fraction and decimal mark.

    The mark is None when the text does not tell it, "?" when it may be either. The
    whole part is None when the text is no number.

    >>> _number_shape("1.234,50"), _number_shape("1,234"), _number_shape("99")
    (('1234', '50', ','), ('1', '234', '?'), ('99', '', None))
    """
    body = _BLANK_GROUPS.sub(lambda match: re.sub(r"\D", "", match[0]), body)
    if not _PLAIN_NUMBER.match(body):
        return None, "", None
    marks = re.findall(r"[.,]", body)
    if not marks:
        return body, "", None
    if len(set(marks)) == 2:
        return _mixed_shape(body, marks)
    if len(marks) > 1:
        return _grouped_shape(body, marks[0])
    whole, fraction = re.split(r"[.,]", body)
    groupable = len(fraction) == 3 and len(whole) <= 3 and not whole.startswith("0")
    return whole, fraction, "?" if groupable else marks[0]


def _mixed_shape(body, marks):
    decimal = marks[-1]
    whole, _mark, fraction = body.rpartition(decimal)
    if decimal in whole:
        return None, "", None
    whole = _grouped_shape(whole, marks[0])[0]
    return whole, fraction, decimal


def _grouped_shape(body, separator):
    if not _GROUPS.match(body.replace(separator, "S")):
        return None, "", None
    return body.replace(separator, ""), "", "," if separator == "." else "."
