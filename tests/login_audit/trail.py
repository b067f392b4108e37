"""The rows that logins leave, read straight from the database."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from psycopg2.extras import RealDictCursor

# Failures are written at once, successes when the transaction has been committed.
_PATIENCE_SECONDS = 3
# As long as a second row of the same login would need to arrive.
_SETTLING_SECONDS = 0.2
_POLL_SECONDS = 0.02
_HOUR_SECONDS = 3600
_HOURLY_TEST_SECONDS = 15


def wait_for(condition: Callable, seconds: float = _PATIENCE_SECONDS):
    """Return the first true value of a condition, or its last one when time is up."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return value


def wait_out_the_full_hour() -> None:
    """Wait when the hour is about to end, in which one success is recorded."""
    left = _HOUR_SECONDS - time.time() % _HOUR_SECONDS
    if left < _HOURLY_TEST_SECONDS:
        time.sleep(left)


class Trail:
    """The audit of one database.

    :param connection: a connection in autocommit mode
    """

    def __init__(self, connection):
        self._connection = connection

    def query(self, statement: str, values=()) -> list[dict]:
        """Run a statement; return its rows, if it gives any."""
        with self._connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(statement, values)
            return [dict(row) for row in cursor] if cursor.description else []

    @contextmanager
    def rows(self, count: int | Callable[[], int] = 1) -> Iterator[list[dict]]:
        """Give the rows that the block leaves, in the order of their making.

        :param count: how many they must be, neither fewer nor more; a function when
            only the block decides
        """
        mark = self._last_id()
        found: list[dict] = []
        yield found
        wanted = count() if callable(count) else count
        wait_for(lambda: len(self._last_rows(mark)) >= wanted)
        time.sleep(_SETTLING_SECONDS)
        found.extend(self._last_rows(mark))
        assert len(found) == wanted, [brief(row) for row in found]

    @contextmanager
    def row(self, **expected) -> Iterator[None]:
        """Require that the block leaves exactly one row, with these values."""
        with self.rows() as found:
            yield
        assert {name: found[0][name] for name in expected} == expected

    def alerts(self, kind: str, subject: str) -> list[dict]:
        """Return the alerts of a kind about a subject."""
        return self.query(
            "SELECT * FROM fusion_login_alert WHERE kind = %s AND subject = %s",
            [kind, subject],
        )

    def count(self) -> int:
        """Return how many rows there are."""
        return self.query("SELECT count(*) AS n FROM fusion_login_audit")[0]["n"]

    def _last_id(self) -> int:
        statement = "SELECT coalesce(max(id), 0) AS id FROM fusion_login_audit"
        return self.query(statement)[0]["id"]

    def _last_rows(self, mark: int) -> list[dict]:
        return self.query(
            "SELECT * FROM fusion_login_audit WHERE id > %s ORDER BY id", [mark]
        )


def brief(row: dict) -> str:
    """Return what a row says, for the message of a failed test."""
    names = ("attempted_login", "result", "failure_reason", "auth_method", "interface")
    return " ".join(f"{name}={row[name]}" for name in (*names, "ip_address"))
