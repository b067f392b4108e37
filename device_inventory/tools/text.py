"""Normalising what people, scanners and spreadsheets put into a text."""

import re
import unicodedata

#: ASCII 29, which scanners send between the elements of a GS1 code.
GROUP_SEPARATOR = "\x1d"

_QUOTED = re.compile(r"^=?\s*\"(.*)\"$|^[\'\u2018\u2019\u02bc`](.*)$", re.DOTALL)
_SHOWN_LENGTH = 80


def _(text):
    """Mark a text for the translation files; the ORM layer translates it."""
    return text


def fold(text):
    """Bring digits, full-width letters, dashes and blanks to ASCII.

    Invisible characters are dropped, every other character stays.

    >>> fold("\\uff13\\uff15\\u200b\\u00a0\\u2013\\u0663")
    '35 -3'
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(map(_fold_character, text)).strip()


def unquote(text):
    """Strip what spreadsheets put around a text: '353..., "353...", ="353...".

    >>> unquote('="353"'), unquote("'353"), unquote('"353"'), unquote("353")
    ('353', '353', '353', '353')
    """
    quoted = _QUOTED.match(text)
    return (quoted[1] or quoted[2] or "").strip() if quoted else text


def shown(value):
    """Return a value as an error message shows it: trimmed and not too long.

    >>> shown(" a\\nb ")
    'a b'
    """
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "\u2026"


def _fold_character(char):
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Cf":
        return ""
    if category == "Zs" or (category == "Cc" and char != GROUP_SEPARATOR):
        return " "
    if category == "Pd" or char == "\u2212":
        return "-"
    if "\uff01" <= char <= "\uff5e":
        return chr(ord(char) - 0xFEE0)
    return char
