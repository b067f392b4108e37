"""One make at a time per checkout."""

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path

from .errors import SuiteError


@contextmanager
def exclusive(path: Path, action: str):
    """Hold the lock of the checkout while the block runs.

    The kernel frees the lock when the holder dies, so a crash leaves nothing stale.

    :param path: the lock file
    :param action: what the holder does, told to whoever finds the lock taken
    :raises SuiteError: when another process holds it
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            holder = handle.read().strip() or "an unknown process"
            raise SuiteError(
                f"another make runs in this checkout: {holder}",
                f"Wait until it is done, or stop it; the lock is {path}. Another "
                "checkout of the repository has its own lock.",
            ) from error
        handle.truncate(0)
        handle.write(f"make {action}, process {os.getpid()}")
        handle.flush()
        # Children must not inherit the lock: the demo server outlives this process.
        os.set_inheritable(handle.fileno(), False)
        try:
            yield
        finally:
            handle.truncate(0)
