"""Text that strangers send: made harmless, cut, and masked where it may be a secret."""

import re
import unicodedata

from .once import keyed_hash

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]+\.[a-z]{2,24}", re.IGNORECASE)
# Accounts that guessers try everywhere; a password is none of them.
_KNOWN_NAMES = frozenset(
    [
        "admin",
        "administrator",
        "demo",
        "guest",
        "info",
        "mail",
        "manager",
        "odoo",
        "office",
        "portal",
        "postgres",
        "root",
        "sales",
        "superuser",
        "support",
        "sysadmin",
        "system",
        "test",
        "user",
        "webmaster",
    ]
)
_VISIBLE_OF_MASKED = 2
_MASK_DIGITS = 12


def neutralise(value, limit):
    """Return a text that can be stored, logged and shown on one line.

    Controls, line ends, surrogates and characters that change the direction of
    writing become U+FFFD, so that a value can neither forge a line of a log nor be
    refused by the database.

    :param value: text as it was received; another type is shown as its name only,
        for its content was never meant to be a text
    :param int limit: longest text returned, in characters
    :return: str
    """
    if value is None or value is False:
        return ""
    if not isinstance(value, str):
        return f"({type(value).__name__})"
    clean = "".join(
        REPLACEMENT if unicodedata.category(char)[0] == "C" else char
        for char in value[: limit + 1]
    )
    clean = re.sub(r"[\u2028\u2029]", REPLACEMENT, clean)
    return clean if len(clean) <= limit else clean[: limit - 1] + ELLIPSIS


def is_name_like(login, pattern=""):
    """Tell whether a login that no user has is surely no mistyped password.

    :param str login: what was typed
    :param str pattern: a regular expression of the administrator's for more names
    :return: bool
    """
    if not login or _EMAIL.fullmatch(login) or login.lower() in _KNOWN_NAMES:
        return True
    try:
        return bool(pattern and re.fullmatch(pattern, login))
    except re.error:
        return False


def mask(login, secret):
    """Return what is kept of a login that may be a password.

    The same login gives the same mask in one database, so that bursts still group;
    without the database's secret the rest of it cannot be found by trying.

    :param str login: what was typed
    :param str secret: key of the hash
    :return: str, the first two characters and twelve digits of a keyed hash
    """
    digest = keyed_hash(secret, login)
    return f"{login[:_VISIBLE_OF_MASKED]}{ELLIPSIS}#{digest[:_MASK_DIGITS]}"
