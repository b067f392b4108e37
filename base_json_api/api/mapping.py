"""Which refusal an exception becomes: the only place that knows.

Odoo has tried five times already before a lock or serialization error gets here, and
turns what breaks a constraint of the database into a ``ValidationError`` whose cause it
is.
"""

from collections.abc import Callable

import psycopg2
from psycopg2 import errors as pg
from werkzeug.exceptions import HTTPException

from odoo import _, exceptions
from odoo.http import SessionExpiredException

from . import compat, problems
from .problems import Problem

_CONCURRENT = (
    pg.SerializationFailure,
    pg.DeadlockDetected,
    pg.LockNotAvailable,
    *compat.CONCURRENCY_ERRORS,
)


def problem_of(error: Exception) -> Problem:
    """Return the refusal that an exception becomes; status 500 for an unknown one."""
    if isinstance(error, Problem):
        return error
    for kinds, convert in _RULES:
        if isinstance(error, kinds):
            return convert(error)
    return Problem()


def _concurrent(_error: Exception) -> Problem:
    return problems.Conflict(
        _("Someone else is changing the same record. Try again."),
        code="concurrent_update",
        headers={"Retry-After": "1"},
    )


def _unauthorized(_error: Exception) -> Problem:
    return problems.Unauthorized()


def _forbidden(_error: Exception) -> Problem:
    # Odoo's text names rules, groups and records that the caller may not know of.
    return problems.Forbidden()


def _not_found(_error: Exception) -> Problem:
    return problems.NotFound()


def _refused(error: Exception) -> Problem:
    return problems.Invalid(_text(error), code="refused")


def _validation(error: Exception) -> Problem:
    if isinstance(error.__cause__, psycopg2.IntegrityError):
        return _integrity(error.__cause__, _text(error))
    return problems.Invalid(_text(error), code="invalid")


def _integrity(error: psycopg2.IntegrityError, text: str = "") -> Problem:
    if isinstance(error, pg.UniqueViolation):
        return problems.Conflict(text or _("It exists already."), code="duplicate")
    if isinstance(error, pg.ForeignKeyViolation):
        return problems.Conflict(
            _("Another record needs it, or it needs one that does not exist."),
            code="in_use",
        )
    return problems.Invalid(text, code="invalid")


def _out_of_range(_error: Exception) -> Problem:
    return problems.Invalid(
        _("A value is too large, or of a kind that cannot be stored."),
        code="out_of_range",
    )


def _unreadable(_error: Exception) -> Problem:
    return problems.BadRequest(
        _("The request has characters that are no UTF-8."), code="encoding"
    )


def _http(error: HTTPException) -> Problem:
    kind = problems.BY_STATUS.get(error.code or 500)
    if kind is None:
        kind = problems.BadRequest if (error.code or 500) < 500 else Problem
    if kind is problems.MethodNotAllowed:
        return kind(allowed=error.valid_methods or ())
    return kind()


def _text(error: Exception) -> str:
    return str(error.args[0]) if error.args else ""


# The first that fits counts: classes before those that they inherit from.
_RULES: tuple[tuple[tuple[type, ...], Callable[[Exception], Problem]], ...] = (
    ((HTTPException,), _http),
    (_CONCURRENT, _concurrent),
    ((psycopg2.IntegrityError,), _integrity),
    ((psycopg2.DataError,), _out_of_range),
    ((SessionExpiredException, exceptions.AccessDenied), _unauthorized),
    ((exceptions.AccessError,), _forbidden),
    ((exceptions.MissingError,), _not_found),
    ((exceptions.ValidationError,), _validation),
    ((exceptions.UserError, exceptions.RedirectWarning), _refused),
    ((UnicodeError,), _unreadable),
)
