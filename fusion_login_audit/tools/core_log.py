"""Odoo's own log lines of logins, without what may be a mistyped password.

Odoo logs the login of each refusal as it was typed. What the audit masks must not stand
in the log beside it, nor may a line end in a login forge another line.
"""

import logging

from .attempt import current_attempt
from .text import ELLIPSIS, is_name_like, neutralise

_LENGTH = 255


class _LoginFilter(logging.Filter):
    """Replaces the login of the attempt being decided in the arguments of a record."""

    def filter(self, record):
        attempt = current_attempt()
        if attempt and attempt.login and isinstance(record.args, tuple):
            record.args = tuple(
                _shown(attempt) if _is_login(argument, attempt) else argument
                for argument in record.args
            )
        return True


def _is_login(argument, attempt):
    return isinstance(argument, str) and argument == attempt.login


def _shown(attempt):
    """Return the login, its first two characters only when no user was found by it."""
    login = neutralise(attempt.login, _LENGTH)
    if attempt.user_id or is_name_like(login):
        return login
    return f"{login[:2]}{ELLIPSIS}"


def watch(logger_name):
    """Filter the records of a logger, once a process.

    :param str logger_name: name of the logger that is written to
    """
    logger = logging.getLogger(logger_name)
    if not any(isinstance(known, _LoginFilter) for known in logger.filters):
        logger.addFilter(_LoginFilter())


watch("odoo.addons.base.models.res_users")
