"""Identity of a mobile device: IMEI, IMEISV, MEID and EID.

python-stdnum supplies the checksums and the groupings. By itself it accepts
all-zero numbers and leaves 14-, 15- and 16-digit values as they are; this module
brings every accepted writing of a number to one :class:`Identity`.

>>> parse("35-387923-425263-3")
Identity(number='353879234252633', key='35387923425263', kind='imei', reading='imei')
>>> parse("35387923425263").number
'353879234252633'
>>> parse("3538792342526301").reading
'imeisv'
>>> parse("29360 87365 0070 3710 0").number
'AF0123450ABCDE'
>>> try:
...     parse("353879234252634")
... except InvalidIdentity as error:
...     error.code, error.params["expected"], error.params["number"]
('luhn', '3', '353879234252633')

Errors carry a code and parameters; the ORM layer owns the translated texts.
"""

import re
from dataclasses import dataclass

from stdnum import imei as std_imei
from stdnum import luhn
from stdnum import meid as std_meid

from .text import GROUP_SEPARATOR, _, fold, shown, unquote

#: English text of every code that :class:`InvalidIdentity` carries.
CODES = {
    "empty": _("No IMEI or MEID was given."),
    "type": _("%(value)s is neither text nor a number."),
    "float": _(
        "The number %(value)s is not a whole number that a spreadsheet keeps "
        "exactly. Enter the IMEI as text."
    ),
    "float_text": _(
        "%(value)s is a decimal number. Format the column as text and enter the "
        "IMEI again."
    ),
    "scientific": _(
        "%(value)s is in scientific notation, which loses digits. Format the "
        "column as text and enter the IMEI again."
    ),
    "leading_zero": _(
        "The number %(value)s seems to be an IMEI that lost its leading zero, but "
        "its check digit does not fit. Enter all 15 digits as text."
    ),
    "characters": _(
        "%(value)s contains %(characters)s. An IMEI has only digits, an MEID only "
        "the digits 0-9 and A-F."
    ),
    "length": _(
        "%(value)s has %(length)s digits. An IMEI has 15 (14 without its check "
        "digit, 16 with a software version), an MEID 14 hexadecimal or 18 decimal."
    ),
    "several": _(
        "%(value)s holds more than one IMEI. Give the second one in its own column."
    ),
    "uniform": _("%(value)s repeats one digit and is no device's number."),
    "luhn": _(
        "The check digit of %(value)s is wrong: it is %(given)s and must be "
        "%(expected)s (%(number)s)."
    ),
    "meid_check": _(
        "The check digit of the MEID %(value)s is wrong: it is %(given)s and must "
        "be %(expected)s."
    ),
    "meid_range": _(
        "%(value)s is not an MEID: hexadecimal MEIDs begin with A0 to FF, and the "
        "decimal parts may not exceed 4294967295 and 16777215."
    ),
    "eid_empty": _("No EID was given."),
    "eid_characters": _("The EID %(value)s may only have digits."),
    "eid_length": _("The EID %(value)s has %(length)s digits and must have 32."),
    "eid_check": _(
        "The check digits of the EID %(value)s are wrong: they are %(given)s and "
        "must be %(expected)s."
    ),
}

#: Integers from here on are not all representable by a spreadsheet's number.
EXACT_LIMIT = 2**53

_LENGTHS = (14, 15, 16, 18, 19)
_MAX_TEXT = 256
_SEPARATORS = re.compile(r"[\s\-/.,]+")
_SCIENTIFIC = re.compile(r"^[+-]?\d+(?:[.,]\d*)?\s*E\s*[+-]?\d{1,3}$", re.I)
_FLOAT_TEXT = re.compile(
    r"^\d+[.,]\d+$|^\d{1,3}(?:,\d{3})+\.\d+$|^\d{1,3}(?:\.\d{3})+,\d+$"
)
_GS1_BRACKETED = re.compile(rf"\(8002\)\s*([^({GROUP_SEPARATOR}]+)")
_GS1_PLAIN = re.compile(r"^(?:01\d{14})?8002([0-9A-F]{14,16})$", re.I)
_SYMBOLOGY = re.compile(r"^\](?:C1|e0|d2|Q3|J1)")
_LABEL = re.compile(
    r"^(?:IMEI|MEID)(?:SV)?(?:\s*/\s*(?:IMEI|MEID))*"
    r"(?:\s*\(?(?:HEX|DEC)\b\)?)?"
    r"(?:\s*(?:NUMBER|NO\.?|NR\.?)(?![A-Z]))?"
    r"(?:\s*\(?(?:SLOT|SIM)?\s*[12]\)?(?=[\s:=#./-]|\d{15}$))?"
    r"[\s:=#./-]*",
    re.I,
)
_SOFTWARE_VERSION = re.compile(r"^(.*\d)\s*/\s*(?:SV\s*:?\s*)?\d{2}$", re.I)
_FULL_IMEI = re.compile(r"(?<!\d)\d{15}(?!\d)")


class InvalidIdentity(ValueError):
    """A value that is no device number: ``code`` is a key of :data:`CODES`.

    ``params`` has what the text of that code names, as strings and integers;
    ``params["value"]`` is the value as it was given.
    """

    def __init__(self, code, **params):
        if "value" in params:
            params["value"] = shown(params["value"])
        super().__init__(CODES[code] % params)
        self.code = code
        self.params = params


@dataclass(frozen=True)
class Identity:
    """A device number brought to its one canonical form.

    ``number``: 15-digit IMEI with its check digit, or the MEID as 14 upper-case
    hexadecimal digits. ``key``: what makes it unique, TAC and serial (14 digits)
    or the MEID. ``kind``: ``imei`` or ``meid``. ``reading``: how the value was
    read: ``imei``, ``imei14`` (no check digit), ``imeisv``, ``imei_zero`` (a
    number that lost its leading zero), ``meid_hex`` or ``meid_dec``.
    """

    number: str
    key: str
    kind: str
    reading: str

    @property
    def tac(self):
        """Type Allocation Code: 8 digits, or an empty string for an MEID."""
        return self.key[:8] if self.kind == "imei" else ""


def parse(value):
    """Read a device number in any writing that is accepted.

    :param value: text as typed, pasted or scanned, or the int or float of a
        spreadsheet's numeric cell
    :returns: the :class:`Identity`
    :raises InvalidIdentity: with the code of the rule that the value breaks
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _parse_number(value)
    if value is None or value is False:
        raise InvalidIdentity("empty")
    if not isinstance(value, str):
        raise InvalidIdentity("type", value=value)
    if len(value) == 15 and value.isascii() and value.isdecimal():
        return _identify(value, value)
    if len(value) > _MAX_TEXT:
        raise InvalidIdentity("length", value=value, length=len(value))
    return _identify(_compact(value), value)


def check_digit(body):
    """Return the Luhn check digit of 14 digits of TAC and serial, as text.

    >>> check_digit("35387923425263")
    '3'
    """
    return luhn.calc_check_digit(body)


def tac_of(value):
    """Return the 8-digit TAC of anything :func:`parse` accepts, '' for an MEID.

    >>> tac_of("35 387923 425263 3")
    '35387923'
    """
    return parse(value).tac


def format_number(value):
    """Return a device number in its usual printed grouping.

    >>> format_number("353879234252633")
    '35-387923-425263-3'
    >>> format_number("af0123450abcde")
    'AF 01 23 45 0A BC DE'
    """
    identity = value if isinstance(value, Identity) else parse(value)
    formatter = std_imei if identity.kind == "imei" else std_meid
    return formatter.format(identity.number)


def gs1_8002(value, readable=False):
    """Return the GS1 element string of a device, application identifier 8002.

    :param readable: put brackets around the identifier, as printed under a code

    >>> gs1_8002("353879234252633")
    '8002353879234252633'
    >>> gs1_8002("353879234252633", readable=True)
    '(8002)353879234252633'
    """
    identity = value if isinstance(value, Identity) else parse(value)
    return ("(8002)" if readable else "8002") + identity.number


def parse_eid(value):
    """Return the 32 digits of an eSIM's EID.

    The last two digits make the whole number leave 1 when divided by 97
    (GSMA SGP.02, ISO 7064).

    :raises InvalidIdentity: with a code that begins with ``eid_``

    >>> parse_eid("8904 9032 1234 5123 4512 3456 7890 1235")
    '89049032123451234512345678901235'
    """
    if value is None or isinstance(value, (bool, float)):
        value = "" if not value else str(value)
    text = re.sub(r"^EID[\s:=#]*", "", unquote(fold(str(value))), flags=re.I)
    digits = _SEPARATORS.sub("", text)
    if not digits:
        raise InvalidIdentity("eid_empty")
    if not digits.isdecimal():
        raise InvalidIdentity("eid_characters", value=value)
    if len(digits) != 32:
        raise InvalidIdentity("eid_length", value=value, length=len(digits))
    if int(digits) % 97 != 1:
        expected = f"{98 - int(digits[:30]) * 100 % 97:02d}"
        raise InvalidIdentity(
            "eid_check", value=value, given=digits[30:], expected=expected
        )
    return digits


def _parse_number(value):
    """Read the number of a spreadsheet's cell, never through a float's text.

    A cell formatted as a number drops the leading zero of TACs that begin with
    01. No phone's IMEI begins with 1 (reporting body 10 is DECT), so 14 digits
    that do are taken as 15 without their zero.
    """
    if isinstance(value, float) and not (
        value.is_integer() and 0 <= value < EXACT_LIMIT
    ):
        raise InvalidIdentity("float", value=value)
    if value < 0:
        raise InvalidIdentity("float", value=value)
    digits = str(int(value))
    if len(digits) != 14 or not digits.startswith("1"):
        return _identify(digits, digits)
    if luhn.checksum("0" + digits) != 0:
        raise InvalidIdentity("leading_zero", value=digits)
    return _imei("0" + digits[:-1], "imei_zero", digits)


def _compact(value):
    """Return the bare digits of a text: unquoted, unlabelled, ungrouped."""
    text = unquote(fold(value))
    if _SCIENTIFIC.match(text):
        raise InvalidIdentity("scientific", value=text)
    if _FLOAT_TEXT.match(text):
        raise InvalidIdentity("float_text", value=text)
    text = _LABEL.sub("", _gs1_content(text))
    if len(_FULL_IMEI.findall(text)) > 1:
        raise InvalidIdentity("several", value=value)
    with_version = _SOFTWARE_VERSION.match(text)
    if with_version and len(_SEPARATORS.sub("", with_version[1])) == 15:
        text = with_version[1]
    return _SEPARATORS.sub("", text).upper()


def _gs1_content(text):
    """Return the value of AI 8002 when a scanner sent an element string."""
    bracketed = _GS1_BRACKETED.search(text)
    if bracketed:
        return bracketed[1]
    for element in _SYMBOLOGY.sub("", text).split(GROUP_SEPARATOR):
        plain = _GS1_PLAIN.match(element)
        if plain:
            return plain[1]
    return text


def _identify(compact, value):
    """Tell by length and alphabet what kind of number the bare digits are."""
    if not compact:
        raise InvalidIdentity("empty")
    if not compact.isdecimal():
        return _identify_hexadecimal(compact, value)
    if len(compact) not in _LENGTHS:
        raise InvalidIdentity("length", value=value, length=len(compact))
    if len(set(compact)) == 1:
        raise InvalidIdentity("uniform", value=value)
    if len(compact) == 14:
        return _imei(compact, "imei14", value)
    if len(compact) == 15:
        return _imei_with_check(compact, value)
    if len(compact) == 16:
        return _imei(compact[:14], "imeisv", value)
    return _meid_decimal(compact, value)


def _identify_hexadecimal(compact, value):
    strange = "".join(dict.fromkeys(re.sub(r"[0-9A-F]", "", compact)))
    if strange:
        raise InvalidIdentity("characters", value=value, characters=strange)
    if len(compact) not in (14, 15):
        raise InvalidIdentity("length", value=value, length=len(compact))
    key = compact[:14]
    if key < "A0":
        raise InvalidIdentity("meid_range", value=value)
    return _meid(key, compact[14:], "meid_hex", value)


def _imei(key, reading, value):
    if len(set(key)) == 1:
        raise InvalidIdentity("uniform", value=value)
    return Identity(key + luhn.calc_check_digit(key), key, "imei", reading)


def _imei_with_check(digits, value):
    identity = _imei(digits[:14], "imei", value)
    if identity.number != digits:
        raise InvalidIdentity(
            "luhn",
            value=value,
            given=digits[14],
            expected=identity.number[14],
            number=identity.number,
        )
    return identity


def _meid_decimal(digits, value):
    """Read 18 decimal digits: 10 of manufacturer (32 bits), 8 of serial (24 bits).

    A dual-mode device has an MEID of decimal digits only, which is its IMEI
    without check digit: both writings give the same identity.
    """
    body, check = digits[:18], digits[18:]
    if int(body[:10]) >= 2**32 or int(body[10:]) >= 2**24:
        raise InvalidIdentity("meid_range", value=value)
    key = std_meid.compact(body)
    if key.isdecimal() and key.startswith("99"):
        _check_meid_digit(body, check, value)
        return _imei(key, "meid_dec", value)
    if key < "A0":
        raise InvalidIdentity("meid_range", value=value)
    _check_meid_digit(body, check, value)
    return _meid(key, "", "meid_dec", value)


def _meid(key, check, reading, value):
    if len(set(key)) == 1:
        raise InvalidIdentity("uniform", value=value)
    _check_meid_digit(key, check, value)
    return Identity(key, key, "meid", reading)


def _check_meid_digit(body, check, value):
    if not check:
        return
    expected = std_meid.calc_check_digit(body)
    if check != expected:
        raise InvalidIdentity("meid_check", value=value, given=check, expected=expected)
