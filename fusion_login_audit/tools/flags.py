"""Flags of countries, as text."""

# A regional indicator symbol stands as far from its letter as this.
_INDICATOR_OFFSET = ord("\N{REGIONAL INDICATOR SYMBOL LETTER A}") - ord("A")
_COUNTRY_LETTERS = 2


def flag(code):
    """Return the flag of a country; a font without flags shows its letters.

    :param str code: ISO 3166-1 alpha-2; anything else has no flag
    :return: str, empty when there is no flag

    >>> flag("ca") == "\\U0001f1e8\\U0001f1e6"
    True
    >>> flag("--")
    ''
    """
    code = (code or "").upper()
    if len(code) != _COUNTRY_LETTERS or not (code.isascii() and code.isalpha()):
        return ""
    return "".join(chr(ord(letter) + _INDICATOR_OFFSET) for letter in code)
