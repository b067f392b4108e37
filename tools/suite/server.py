"""An Odoo server in the background: start, wait until it answers, stop."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import ports
from .errors import SuiteError
from .runtime import Runtime

_START_SECONDS = 120
_STOP_SECONDS = 20
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Process:
    """A process that is told from a later one with the same number.

    :param pid: its number
    :param started: its start, in ticks since the machine's boot
    """

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """Return the process with a number, if there is one."""
        started = _start_ticks(pid)
        return None if started is None else cls(pid, started)

    def is_alive(self) -> bool:
        """Tell whether it still runs."""
        return _start_ticks(self.pid) == self.started

    def stop(self) -> None:
        """End it, the gentle way first, and wait until it is gone.

        The children of a process group that it leads end with it: a preforking server
        that had to be killed leaves its workers behind.
        """
        if not self.is_alive():
            return
        leads = os.getpgid(self.pid) == self.pid
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.is_alive():
                os.kill(self.pid, number)
                self._wait_until_gone()
        if leads:
            _kill_group(self.pid)

    def _wait_until_gone(self) -> None:
        deadline = time.monotonic() + _STOP_SECONDS
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)


def start(
    runtime: Runtime,
    database: str,
    port: int,
    log: Path,
    *,
    workers: int = 0,
    options: Sequence[str] = (),
) -> Process:
    """Start a server for one database and wait until its login page answers.

    :param log: file that receives the server's output
    :param workers: number of preforked workers; threads when zero, because with workers
        the websocket needs a proxy in front
    :param options: further options of the server; they win over the ones set here
    :raises SuiteError: when it ends, or does not answer in time
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    preforking = [f"--gevent-port={ports.free_port()}"] if workers else []
    with log.open("ab") as sink:
        child = subprocess.Popen(
            runtime.command(
                f"--database={database}",
                f"--db-filter=^{database}$",
                f"--http-port={port}",
                f"--workers={workers}",
                "--max-cron-threads=1",
                *preforking,
                *options,
            ),
            env={**os.environ, **runtime.env},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = Process.of(child.pid)
    try:
        _wait_until_ready(runtime, child, port, log)
    except BaseException:
        _kill_group(child.pid)
        child.wait()
        raise
    return process


def answers(port: int) -> bool:
    """Tell whether the login page of a local server answers 200."""
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/web/login", timeout=60
        ) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _wait_until_ready(runtime: Runtime, child, port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
            quoted = "\n".join(f"    | {line}" for line in tail)
            raise SuiteError(
                f"the server ended with exit code {child.returncode}:\n{quoted}",
                f"Its log is {log}.",
            )
        runtime.console.progress("waiting for the login page")
        if answers(port):
            return
        time.sleep(_POLL_SECONDS)
    raise SuiteError(
        f"the server did not answer within {_START_SECONDS} s", f"Its log is {log}."
    )


def _kill_group(leader: int) -> None:
    """Kill what is left of the process group that a process leads, or led."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _start_ticks(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    # The name may hold blanks and brackets: what follows it begins with the state.
    fields = stat.rsplit(")", 1)[1].split()
    return None if fields[0] == "Z" else int(fields[19])
