"""What a database holds of payments at one moment, and keeping it in a file."""

import json
import os
from contextlib import closing
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import psycopg2

from . import queries, rows, server_log
from .failure import CouldNotRun

ADDON = "payment_account_enhanced"
FORMAT = "payment_account_enhanced.snapshot"
VERSION = 1
PENDING = ("to install", "to upgrade", "to remove")
#: Tables whose rows an installation must leave as they are.
TABLES = (
    "account_payment",
    "account_move",
    "account_move_line",
    "account_partial_reconcile",
    "account_full_reconcile",
    "account_bank_statement_line",
)
# One snapshot of the database for all questions, and none that could write. The text
# of dates and numbers, which is hashed, must not depend on the role's settings.
_SETTINGS = """
    SET LOCAL statement_timeout = %(timeout)s;
    SET LOCAL lock_timeout = '10s';
    SET LOCAL DateStyle = 'ISO, YMD';
    SET LOCAL IntervalStyle = 'postgres';
    SET LOCAL TimeZone = 'UTC';
    SET LOCAL extra_float_digits = 1;
    SET LOCAL bytea_output = 'hex'
"""


def take(dsn, timeout, like=None):
    """Return a snapshot of a database.

    :param str dsn: how to reach it, as libpq takes it; PG* variables count
    :param int timeout: seconds that one question may take
    :param dict like: snapshot to compare with: the same columns are looked at
    :raises CouldNotRun: when it is not there, not Odoo's, or does not answer
    """
    try:
        with closing(psycopg2.connect(dsn)) as connection:
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with connection.cursor() as cursor:
                cursor.execute(_SETTINGS, {"timeout": f"{timeout}s"})
                return _Reader(cursor).look(like)
    except psycopg2.errors.QueryCanceled as error:
        raise CouldNotRun(
            f"A question took more than {timeout} s: allow more with --timeout."
        ) from error
    except psycopg2.errors.LockNotAvailable as error:
        raise CouldNotRun(
            "Another session holds a table: is an upgrade running?"
        ) from error
    except psycopg2.Error as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CouldNotRun(f"The database does not answer: {reason}") from error


def save(snapshot, path):
    """Write a snapshot into a file, as a whole or not at all.

    :raises CouldNotRun: when the file cannot be written
    """
    target = Path(path)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8") as handle:
            json.dump(snapshot, handle, separators=(",", ":"))
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise CouldNotRun(f"{path} cannot be written: {error.strerror}.") from error


def load(path):
    """Return the snapshot that a file holds.

    :raises CouldNotRun: when it cannot be read, or holds something else
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise CouldNotRun(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CouldNotRun(f"{path} holds no snapshot: {error}.") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise CouldNotRun(f"{path} holds no snapshot of preflight's.")
    if found.get("version") != VERSION:
        raise CouldNotRun(
            f"{path} has format version {found.get('version')}, and this command reads "
            f"version {VERSION}: take it again with the preflight of this release."
        )
    return found


class _Reader:
    """Asks the questions and puts the answers together."""

    def __init__(self, cursor):
        self._cursor = cursor
        self._columns = dict(self._ask(queries.COLUMNS))

    def look(self, like):
        """Return the snapshot; see `take`."""
        needed = (*TABLES, "ir_module_module", "res_currency")
        missing = [table for table in needed if table not in self._columns]
        if missing:
            raise CouldNotRun(
                "This is no Odoo database with accounting: it lacks the tables "
                f"{', '.join(missing)}."
            )
        spelling = queries.Spelling(self._columns)
        modules = {
            name: {"state": state, "version": version or ""}
            for name, state, version in self._ask(queries.MODULES)
        }
        approval, recent = self._approval(spelling)
        return {
            "format": FORMAT,
            "version": VERSION,
            "taken_at": datetime.now(timezone.utc).strftime(server_log.TIME_FORMAT),
            "database": self._ask("SELECT current_database()")[0][0],
            "postgresql": self._ask("SHOW server_version")[0][0].split()[0],
            "series": ".".join(modules["base"]["version"].split(".")[:2]),
            "modules": modules,
            "counts": {**self._payments(spelling), **self._books()},
            "approval": approval,
            "approval_90_days": recent,
            "anomalies": self._anomalies(spelling),
            "rows": self._rows(like),
        }

    def _ask(self, statement):
        self._cursor.execute(statement)
        return self._cursor.fetchall()

    def _payments(self, spelling):
        """Return numbers and sums of payments, by what they are."""
        counts = {"payments": 0, "payments.posted": 0, "payments.without_entry": 0}
        counts["payments.flagged_reconciled"] = 0
        sums = {}
        found = self._ask(spelling.by_state)
        for state, posted, currency, number, total, alone, flagged in found:
            by_state = f"payments.state.{state}"
            counts[by_state] = counts.get(by_state, 0) + number
            counts["payments"] += number
            counts["payments.posted"] += number if posted else 0
            counts["payments.without_entry"] += alone
            counts["payments.flagged_reconciled"] += flagged
            sums[f"amount.{currency or 'no currency'}.{state}"] = _text(total)
        matched, paid_alone = self._ask(spelling.reconciled)[0]
        counts["payments.reconciled"] = matched
        counts["payments.paid_without_entry"] = paid_alone
        for state, number in sorted(self._ask(spelling.once_posted)):
            counts[f"payments.once_posted.entry_{state}"] = number
        return {**counts, **dict(sorted(sums.items()))}

    def _books(self):
        """Return numbers of entries and of reconciliations."""
        types = dict(sorted(self._ask(queries.POSTED_MOVES)))
        partials, amount, fulls, lines = self._ask(queries.RECONCILIATIONS)[0]
        return {
            "moves.posted": sum(types.values()),
            "moves.posted.invoices": sum(
                types.get(kind, 0) for kind in queries.INVOICE_TYPES
            ),
            **{f"moves.posted.{kind}": number for kind, number in types.items()},
            "reconciliations.partial": partials,
            "reconciliations.partial.amount": _text(amount),
            "reconciliations.full": fulls,
            "statement_lines.reconciled": lines,
        }

    def _approval(self, spelling):
        """Return payments by approval, all and of 90 days; None without the addon."""
        if not spelling.has_approval:
            return None, None
        found = sorted(self._ask(spelling.approval))
        return (
            {state: number for state, number, _recent in found},
            {state: recent for state, _number, recent in found},
        )

    def _anomalies(self, spelling):
        return {
            kind: {"count": count, "ids": ids}
            for statement in spelling.anomalies
            for kind, count, ids in self._ask(statement)
        }

    def _rows(self, like):
        return {table: self._fold(table, (like or {}).get("rows")) for table in TABLES}

    def _fold(self, table, earlier):
        """Return the folded rows of a table.

        :param dict earlier: those of the snapshot to compare with
        """
        own = self._columns[table]
        if earlier:
            width = earlier[table]["width"]
            columns = [name for name in earlier[table]["columns"] if name in own]
        else:
            last = self._ask(f"SELECT COALESCE(max(id), 0) FROM {table}")[0][0]
            width, columns = rows.width_for(last), own
        groups = [
            [int(value) for value in group]
            for group in self._ask(queries.rows(table, columns, width))
        ]
        return {"columns": columns, "width": width, "groups": groups}


def _text(number):
    """Return an amount without the zeros that only its column's type adds."""
    text = f"{Decimal(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
