"""Running other programs: logged, with progress, failures turned into advice."""

import os
import shlex
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .errors import SuiteError, hint_for

_TAIL_LINES = 15


def run(
    argv: Sequence[str],
    *,
    log: Path,
    on_line: Callable[[str], None] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    check: bool = True,
    hint: str = "",
) -> int:
    """Run a program, its output going line by line into a log.

    :param argv: program and arguments
    :param log: file that receives the command line and its output (appended)
    :param on_line: called with every line of output
    :param env: variables added to the environment
    :param cwd: working directory
    :param stdin: text for the program's standard input; empty when not given
    :param check: raise when the exit code is not zero
    :param hint: advice when it fails and the output shows no known cause
    :returns: the exit code
    :raises SuiteError: when the program is missing, or fails and ``check`` is set
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    with log.open("a", encoding="utf-8") as sink:
        sink.write(f"$ {shlex.join(argv)}\n")
        process = _start(argv, env, cwd, hint)
        try:
            _feed(process, stdin)
            for line in process.stdout:
                sink.write(line)
                sink.flush()
                tail.append(line.rstrip())
                if on_line:
                    on_line(line)
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if check and code:
        raise _failure(argv, code, tail, log, hint)
    return code


def capture(argv: Sequence[str], env: Mapping[str, str] | None = None) -> str | None:
    """Return what a program prints, or nothing when it is missing or fails."""
    try:
        result = subprocess.run(
            argv,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError:
        return None
    return result.stdout if result.returncode == 0 else None


def _start(argv, env, cwd, hint) -> subprocess.Popen:
    try:
        return subprocess.Popen(
            list(argv),
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            bufsize=1,
        )
    except FileNotFoundError as error:
        raise SuiteError(f"the program {argv[0]} is missing", hint) from error
    except PermissionError as error:
        raise SuiteError(f"the program {argv[0]} may not be run", hint) from error


def _feed(process: subprocess.Popen, stdin: str | None) -> None:
    try:
        process.stdin.write(stdin or "")
        process.stdin.close()
    except BrokenPipeError:
        # The program ended without reading: its exit code and output tell why.
        return


def _failure(argv, code, tail, log, hint) -> SuiteError:
    output = "\n".join(tail)
    quoted = "\n".join(f"    | {line}" for line in tail)
    return SuiteError(
        f"{Path(argv[0]).name} failed with exit code {code}; its last lines:\n"
        f"{quoted}\n  full log: {log}",
        hint_for(output, hint),
    )
