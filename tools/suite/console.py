"""What the person sees: steps with their time, progress, notes and warnings."""

import sys
import time
from contextlib import contextmanager

_PLAIN_PROGRESS_INTERVAL = 10.0
_TTY_PROGRESS_INTERVAL = 0.1


class Console:
    """Prints steps as they go.

    On a terminal the progress of a step is rewritten in place; elsewhere (CI logs) one
    progress line is printed at most every ten seconds.
    """

    def __init__(self, stream=None, clock=time.monotonic):
        self.stream = stream or sys.stdout
        self._clock = clock
        self._tty = self.stream.isatty()
        self._step_started = clock()
        self._last_progress = clock()
        self._line_open = False

    def note(self, text: str) -> None:
        """Print one line."""
        self._close_line()
        print(text, file=self.stream, flush=True)

    def warn(self, text: str) -> None:
        """Print one line that is seen as a warning."""
        self.note(f"    warning: {text}")

    @contextmanager
    def step(self, title: str):
        """Announce a step, time it, and say when it is done."""
        self.note(f"==> {title}")
        started = self._clock()
        self._step_started = self._last_progress = started
        try:
            yield
        except BaseException:
            self.note(f"    failed after {self._clock() - started:.1f} s: {title}")
            raise
        self.note(f"    done in {self._clock() - started:.1f} s: {title}")

    def progress(self, text: str) -> None:
        """Show how far the running step is; cheap to call for every output line."""
        now = self._clock()
        interval = _TTY_PROGRESS_INTERVAL if self._tty else _PLAIN_PROGRESS_INTERVAL
        if now - self._last_progress < interval:
            return
        self._last_progress = now
        text = " ".join(text.split())[:90]
        line = f"    {now - self._step_started:4.0f} s  {text}"
        if self._tty:
            print(f"\r\033[K{line}", end="", file=self.stream, flush=True)
            self._line_open = True
        else:
            print(line, file=self.stream, flush=True)

    def _close_line(self) -> None:
        if self._line_open:
            print("\r\033[K", end="", file=self.stream)
            self._line_open = False
