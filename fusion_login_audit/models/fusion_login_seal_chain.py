"""How seals are computed: the format on which every seal of the past depends.

A seal is the SHA-256, in 64 hexadecimal digits, of a JSON list without white space, in
UTF-8. The list says what is sealed in an order that never changes, so no two different
contents have the same encoding: texts are quoted and escaped, NULL is `null`, and the
time is written by the database with six digits of fraction.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta

# What stands for the seal before the first one.
GENESIS = "0" * 64

# What never changes in an event, in the order in which it is hashed. `user_id` is not
# among it, for it ends with the user, nor the place, which is looked up later.
COLUMNS = (
    "id",
    "user_ref",
    "attempted_login",
    "result",
    "failure_reason",
    "auth_method",
    "interface",
    "event_time",
    "ip_address",
    "user_agent_raw",
    "browser",
    "os",
    "device_type",
    "database",
)
_TIME = COLUMNS.index("event_time")
_SELECTED = ", ".join(COLUMNS).replace(
    "event_time", "to_char(event_time, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
)
_PAGE = f"""
    SELECT {_SELECTED}, seal
      FROM fusion_login_audit
     WHERE id > %s AND id <= %s
     ORDER BY id
     LIMIT %s
"""
PAGE_ROWS = 2000

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def page(cr, after, last, rows=PAGE_ROWS):
    """Return the next events of a range of ids.

    :param int after: id of the last event that was read
    :param int last: last id of the range
    :param int rows: how many at most
    :return: a list of tuples: the values of `COLUMNS`, then the seal
    """
    cr.execute(_PAGE, [after, last, rows], log_exceptions=False)
    return cr.fetchall()


def pages(cr, after, last):
    """Yield the events of a range of ids, a page at a time, in constant memory.

    :param int after: the id before the range
    :param int last: last id of the range
    """
    while rows := page(cr, after, last):
        yield rows
        after = rows[-1][0]


def seal_of(previous, event):
    """Return the seal of an event.

    :param str previous: seal of the event before it, `GENESIS` for the first
    :param event: values of `COLUMNS`, as :func:`page` reads them
    """
    return _digest([previous, *event])


def seal_of_day(previous, day):
    """Return the seal of a day, which proves its facts when its events are gone.

    :param str previous: seal of the day before it, `GENESIS` for the first
    :param day: a :class:`Day` or a record of `fusion.login.seal`
    """
    facts = (day.day.isoformat(), day.first_id, day.last_id, day.row_count)
    return _digest([previous, *facts, day.previous_digest, day.digest])


def _digest(values):
    return hashlib.sha256(_encode(values).encode()).hexdigest()


@dataclass
class Day:
    """A day of the chain; its fields are those of `fusion.login.seal`.

    :param previous_seal: seal of the day before it
    :param is_open: whether events may still be added
    :param record_id: id of its record, None before there is one
    """

    day: date
    first_id: int
    last_id: int
    row_count: int
    digest: str
    previous_digest: str
    previous_seal: str
    is_open: bool = True
    record_id: int | None = None

    @property
    def seal(self):
        """Seal of the day as it is now."""
        return seal_of_day(self.previous_seal, self)

    def next(self, day, first_id):
        """Return the day after this one, without events yet."""
        return Day(day, first_id, first_id, 0, self.digest, self.digest, self.seal)


class Chain:
    """The chain while events are added to it, in the order of their ids.

    The day of an event is the UTC date of its time, but never before the day of the
    event ahead of it and never after the day on which it is sealed: one event of a
    clock gone wrong must not carry all later ones into a day that does not end.

    :param Day last: last day so far, None when there is none
    :param date today: the UTC date
    """

    def __init__(self, last, today):
        self.last = last
        self.changed = [last] if last and last.is_open else []
        self._today = today

    def add(self, event):
        """Add an event.

        :param event: values of `COLUMNS`
        :return: its seal
        """
        day, event_id = self._day_of(event[_TIME]), event[0]
        if not self.last or not self.last.is_open or day > self.last.day:
            self._begin(day, event_id)
        self.last.digest = seal_of(self.last.digest, event)
        self.last.last_id = event_id
        self.last.row_count += 1
        return self.last.digest

    def _begin(self, day, event_id):
        if self.last:
            self.last.is_open = False
            self.last = self.last.next(day, event_id)
        else:
            self.last = Day(day, event_id, event_id, 0, GENESIS, GENESIS, GENESIS)
        self.changed.append(self.last)

    def _day_of(self, time):
        day = min(_date(time), self._today)
        if not self.last:
            return day
        closed = timedelta(days=0 if self.last.is_open else 1)
        return max(day, self.last.day + closed)


def _date(time):
    """Return the date of a time as :func:`page` reads it, the last one if it has none.

    Only what is written past this addon has no date, such as an infinite time.
    """
    try:
        return date.fromisoformat(time[:10])
    except (TypeError, ValueError):
        return date.max
