"""Errors in a log of the server."""

import re
from collections import Counter
from datetime import datetime

from .failure import CouldNotRun

_RECORD = re.compile(
    r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d{3} \d+ "
    r"(?P<level>[A-Z]+) (?P<database>\S+) (?P<logger>[^:\s]+): "
)
_TRACEBACK = "Traceback (most recent call last)"
_BAD = frozenset({"ERROR", "CRITICAL"})
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


def read_errors(path, database, since=None):
    """Return how many errors a log holds.

    Levels are read from where Odoo writes them: the word alone says nothing.

    :param path: the log, as Odoo writes it
    :param str database: whose errors count; those of no database do as well
    :param str since: time in UTC as the log writes it; all when empty
    :return: dict of the number of records, and of errors by level and logger
    :raises CouldNotRun: when the file cannot be read
    """
    records, errors, record, told = 0, Counter(), None, False
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                match = _RECORD.match(line)
                if match:
                    record, told = _wanted(match, database, since), False
                    records += 1
                    if record and record["level"] in _BAD:
                        errors[f"{record['level']} {record['logger']}"] += 1
                        told = True
                if record and not told and _TRACEBACK in line:
                    errors[f"Traceback {record['logger']}"] += 1
                    told = True
    except OSError as error:
        raise CouldNotRun(
            f"The log {path} cannot be read: {error.strerror}."
        ) from error
    return {"records": records, "errors": dict(sorted(errors.items()))}


def check_time(text):
    """Return a time as the log writes it.

    :raises ValueError: when it is none
    """
    return datetime.strptime(text, TIME_FORMAT).strftime(TIME_FORMAT)


def _wanted(match, database, since):
    """Return the record unless it is older, or of another database."""
    if since and match["time"] < since:
        return None
    return match if match["database"] in (database, "?") else None
