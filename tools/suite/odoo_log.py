"""Reading Odoo's log: problems of an installation, results of a test run."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ "
    r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) (?P<database>\S+) "
    r"(?P<logger>[\w.]+): (?P<message>.*)$"
)
_STARTING = re.compile(r"^Starting (?P<test>\S+) \.\.\.")
_SKIPPED = re.compile(r"^skipped (?P<test>.+?) : (?P<reason>.*)$")
_BROKEN = re.compile(r"^(?:FAIL|ERROR): (?:Subtest )?(?P<test>\S+(?: \([\w.]+\))?)")
_TOTAL = re.compile(
    r"^(?P<failed>\d+) failed, (?P<errors>\d+) error\(s\) of (?P<total>\d+) tests"
)
_LOADING = re.compile(
    r"Loading module (?P<name>\w+) \((?P<number>\d+)/(?P<total>\d+)\)"
)

# Lines that say nothing about our addons.
_NOISE = (
    # Options, judged before any addon is loaded.
    re.compile(r"^odoo\.tools\.config:"),
    # The libraries' own deprecations; those that our files raise are kept, see below.
    re.compile(r"^py\.warnings:"),
    # docutils reports on core's descriptions: "Unexpected indentation. (ERROR/3)".
    re.compile(r"^\S+: .*\((?:ERROR|WARNING)/\d\)"),
)


@dataclass(frozen=True)
class Record:
    """One entry of the log, with the lines that follow its first."""

    level: str
    logger: str
    message: str
    more: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole entry, without time and process."""
        return "\n".join([f"{self.level} {self.logger}: {self.message}", *self.more])


@dataclass
class Results:
    """Outcome of the tests of one or more runs.

    :param passed: number of tests that passed
    :param failed: what failed, each with its traceback
    :param skipped: what was skipped, each with its reason
    """

    passed: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Results") -> None:
        """Add the outcome of another run."""
        self.passed += other.passed
        self.failed.update(other.failed)
        self.skipped.update(other.skipped)

    @property
    def total(self) -> int:
        """How many tests there were."""
        return self.passed + len(self.failed) + len(self.skipped)

    def summary(self) -> str:
        """Return the line that a test run ends with."""
        line = f"{self.passed} passed, {len(self.failed)} failed"
        return f"{line}, {len(self.skipped)} skipped" if self.skipped else line


def records(lines: Iterable[str]) -> Iterator[Record]:
    """Return the entries of a log; what no entry begins belongs to the one before."""
    first, more = None, []
    for line in lines:
        match = _LINE.match(line.rstrip("\n"))
        if not match:
            more.append(line.rstrip("\n"))
            continue
        if first:
            yield Record(first["level"], first["logger"], first["message"], tuple(more))
        first, more = match, []
    if first:
        yield Record(first["level"], first["logger"], first["message"], tuple(more))


def problems(lines: Iterable[str], addon_names: Iterable[str]) -> list[str]:
    """Return the warnings and errors that installing our addons logged.

    :param lines: log of an installation on a database that already had everything
        that is not ours, so that whatever is logged is our doing; what follows the
        start of the first test is the tests' business
    :param addon_names: our addons
    """
    ours = tuple(f"/{name}/" for name in addon_names)
    found = []
    for record in records(lines):
        if _STARTING.match(record.message):
            break
        if record.level not in {"WARNING", "ERROR", "CRITICAL"}:
            continue
        line = f"{record.logger}: {record.message}"
        own_warning = record.logger == "py.warnings" and any(
            part in record.message for part in ours
        )
        if own_warning or not any(noise.match(line) for noise in _NOISE):
            found.append(record.text)
    return found


def results(lines: Iterable[str]) -> Results:
    """Return the outcome of an Odoo test run from its log.

    A failed class set-up counts as one failure; failed subtests count as the one test
    they belong to. A log without Odoo's closing total, or whose total differs from the
    tests that were seen to start, is a failure of its own: the run broke off.
    """
    started: list[str] = []
    outcome = Results()
    total = None
    for record in records(lines):
        name = record.logger.removeprefix("odoo.addons.")
        if match := _STARTING.match(record.message):
            started.append(f"{name}:{match['test']}")
        elif match := _SKIPPED.match(record.message):
            outcome.skipped[f"{name}:{match['test']}"] = match["reason"].strip()
        elif record.level == "ERROR" and (match := _BROKEN.match(record.message)):
            outcome.failed.setdefault(f"{name}:{match['test']}", record.text)
        elif match := _TOTAL.match(record.message):
            total = int(match["total"])
    outcome.passed = len(set(started) - set(outcome.failed) - set(outcome.skipped))
    if total is None:
        outcome.failed["the run itself"] = "Odoo ended before it reported a result"
    elif total != len(started):
        outcome.failed["the run itself"] = (
            f"Odoo reported {total} tests, {len(started)} were seen to start"
        )
    return outcome


def loading_progress(line: str) -> str | None:
    """Return ``name (3/70)`` from the line that announces a module."""
    match = _LOADING.search(line)
    return f"{match['name']} ({match['number']}/{match['total']})" if match else None


def message_of(line: str) -> str:
    """Return what a line says, without time, process and logger."""
    match = _LINE.match(line)
    return match["message"] if match else line


def starting_test(line: str) -> str | None:
    """Return the name of the test that a line announces."""
    match = _LINE.match(line)
    started = _STARTING.match(match["message"]) if match else None
    return started["test"] if started else None
