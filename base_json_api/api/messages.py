"""What pydantic finds wrong, said to people in their language."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from odoo import _

from .problems import Detail

Context = Mapping[str, Any]


def details(errors: Iterable[Mapping]) -> list[Detail]:
    """Return what is wrong with which field.

    :param errors: what pydantic's ``ValidationError.errors()`` lists
    """
    return [detail(error["type"], error["loc"], error.get("ctx")) for error in errors]


def detail(kind: str, location: Iterable, context: Context | None = None) -> Detail:
    """Return one of them."""
    code, message = _known(kind)
    return Detail(pointer(location), code, message(_Readable(context or {})))


def pointer(location: Iterable) -> str:
    """Return a location as a JSON pointer (RFC 6901).

    >>> pointer(("lines", 0, "a/b"))
    '/lines/0/a~1b'
    """
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return "".join(f"/{part}" for part in parts)


class _Readable(dict):
    """Values of an error's context; whatever a sentence asks for is there."""

    def __missing__(self, key: str) -> str:
        return "?"


def _known(kind: str) -> tuple[str, Callable[[Context], str]]:
    if kind in _KNOWN:
        return _KNOWN[kind]
    for ending, known in _ENDINGS.items():
        if kind.endswith(ending):
            return known
    return "invalid", lambda _context: _("This value is not valid.")


_KNOWN: dict[str, tuple[str, Callable[[Context], str]]] = {
    "missing": ("required", lambda c: _("This field is required.")),
    "extra_forbidden": ("unknown", lambda c: _("There is no such field here.")),
    "repeated": ("repeated", lambda c: _("This is given more than once.")),
    "nul": ("nul", lambda c: _("The character NUL cannot be stored.")),
    "string_type": ("type", lambda c: _("This must be a text.")),
    "string_too_short": (
        "too_short",
        lambda c: _("This needs at least %(count)s characters.", count=c["min_length"]),
    ),
    "string_too_long": (
        "too_long",
        lambda c: _("This takes at most %(count)s characters.", count=c["max_length"]),
    ),
    "string_pattern_mismatch": (
        "pattern",
        lambda c: _("This must match the pattern %(pattern)s.", pattern=c["pattern"]),
    ),
    "int_type": ("type", lambda c: _("This must be a whole number.")),
    "int_parsing": ("type", lambda c: _("This must be a whole number.")),
    "int_parsing_size": ("type", lambda c: _("This number is too large.")),
    "int_from_float": ("type", lambda c: _("This must be a whole number.")),
    "float_type": ("type", lambda c: _("This must be a number.")),
    "float_parsing": ("type", lambda c: _("This must be a number.")),
    "decimal_type": ("type", lambda c: _("This must be a number.")),
    "decimal_parsing": ("type", lambda c: _("This must be a number.")),
    "finite_number": ("type", lambda c: _("This must be a finite number.")),
    "bool_type": ("type", lambda c: _("This must be true or false.")),
    "bool_parsing": ("type", lambda c: _("This must be true or false.")),
    "list_type": ("type", lambda c: _("This must be a list.")),
    "dict_type": ("type", lambda c: _("This must be an object.")),
    "model_type": ("type", lambda c: _("This must be an object.")),
    "model_attributes_type": ("type", lambda c: _("This must be an object.")),
    "none_required": ("type", lambda c: _("This must be null.")),
    "literal_error": (
        "choice",
        lambda c: _("This must be one of %(choices)s.", choices=c["expected"]),
    ),
    "enum": (
        "choice",
        lambda c: _("This must be one of %(choices)s.", choices=c["expected"]),
    ),
    "greater_than": (
        "too_small",
        lambda c: _("This must be more than %(bound)s.", bound=c["gt"]),
    ),
    "greater_than_equal": (
        "too_small",
        lambda c: _("This must be at least %(bound)s.", bound=c["ge"]),
    ),
    "less_than": (
        "too_large",
        lambda c: _("This must be less than %(bound)s.", bound=c["lt"]),
    ),
    "less_than_equal": (
        "too_large",
        lambda c: _("This must be at most %(bound)s.", bound=c["le"]),
    ),
    "multiple_of": (
        "step",
        lambda c: _("This must be a multiple of %(step)s.", step=c["multiple_of"]),
    ),
    "too_short": (
        "too_short",
        lambda c: _("This needs at least %(count)s entries.", count=c["min_length"]),
    ),
    "too_long": (
        "too_long",
        lambda c: _("This takes at most %(count)s entries.", count=c["max_length"]),
    ),
}

_ENDINGS: dict[str, tuple[str, Callable[[Context], str]]] = {
    "_type": ("type", lambda c: _("This is of another type than expected.")),
    "_parsing": ("format", lambda c: _("This cannot be read in the expected format.")),
}
