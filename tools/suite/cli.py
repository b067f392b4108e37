"""The commands behind ``make``."""

import argparse
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import bench, demo, lock, postgres, render, runtime, testing
from .console import Console
from .errors import DISK_HINT, SuiteError
from .layout import Layout, here
from .venv import Venv

_DISK_FULL = 28


@dataclass(frozen=True)
class Call:
    """One invocation: where it runs, where it reports, what it was told."""

    layout: Layout
    console: Console
    environ: Mapping[str, str]


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code of the process."""
    command = _parse(arguments)
    call = Call(here(), Console(), os.environ)
    # Being told to end is handled as Ctrl-C is, so that no child is left working.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _locked(command, call)
    except SuiteError as error:
        _report(call.console, error)
    except OSError as error:
        if error.errno != _DISK_FULL:
            raise
        _report(call.console, SuiteError(str(error), DISK_HINT))
    except KeyboardInterrupt:
        call.console.note("interrupted; the same command picks up where it stopped")
    return 1


def _locked(command: str, call: Call) -> int:
    lock_file = call.layout.root / ".runtime.lock"
    with lock.exclusive(lock_file, command):
        return _COMMANDS[command](call)


def _parse(arguments: list[str] | None) -> str:
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.suite",
        description="The commands behind make; see `make help`.",
    )
    parser.add_argument("command", choices=_COMMANDS)
    return parser.parse_args(arguments).command


def _report(console: Console, error: SuiteError) -> None:
    console.note("")
    console.note(f"error: {error.message}")
    if error.hint:
        console.note(f"  what to do: {error.hint}")


def _demo(call: Call) -> int:
    wanted = demo.settings(call.layout.runtime, call.environ)
    ready = runtime.bootstrap(call.layout, call.console, call.environ)
    if demo.up(ready, wanted):
        call.console.note("The demo is already running.")
    call.console.note(demo.describe(demo.logins(ready.addons), wanted.port))
    call.console.note("\nmake stop stops it, make demo starts it again as it was.")
    return 0


def _stop(call: Call) -> int:
    if not call.layout.runtime.exists():
        call.console.note("Nothing runs: there is no .runtime/.")
        return 0
    stopped = demo.stop(demo.settings(call.layout.runtime, call.environ))
    call.console.note("Odoo stopped." if stopped else "Odoo was not running.")
    cluster = postgres.Cluster(
        call.layout, call.console, Venv(call.layout, call.console)
    )
    if cluster.stop():
        call.console.note("PostgreSQL stopped.")
    return 0


def _clean(call: Call) -> int:
    if call.layout.runtime.exists():
        demo.stop(demo.settings(call.layout.runtime, call.environ))
        runtime.clean(call.layout, call.console)
    call.console.note("Removed .runtime/.")
    return 0


def _render(call: Call) -> int:
    folder = render.render(call.layout, call.console, call.environ.get("SERIES", ""))
    call.console.note(str(folder))
    return 0


def _test(call: Call) -> int:
    return testing.main(
        call.layout, call.console, call.environ, call.environ.get("ADDON", "")
    )


def _lint(call: Call) -> int:
    return testing.lint(call.layout, call.console, call.environ.get("ADDON", ""))


def _format(call: Call) -> int:
    return testing.mend(call.layout, call.console, call.environ.get("ADDON", ""))


def _bench(call: Call) -> int:
    ready = runtime.bootstrap(call.layout, call.console, call.environ)
    bench.run(ready, call.environ.get("BENCH", ""))
    return 0


_COMMANDS: dict[str, Callable[[Call], int]] = {
    "demo": _demo,
    "stop": _stop,
    "test": _test,
    "lint": _lint,
    "format": _format,
    "bench": _bench,
    "render": _render,
    "clean": _clean,
}
