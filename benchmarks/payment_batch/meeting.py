"""Where processes that are measured at the same time wait for each other."""

import time
from pathlib import Path

_STEP = 0.02
_PATIENCE = 1800


class Meeting:
    """One of several processes that come to the same points.

    :param str folder: of the meeting; all of them have the same
    :param str me: tells this process from the others
    :param int parties: how many they are
    """

    def __init__(self, folder, me, parties):
        self._folder = Path(folder)
        self._me = me
        self._parties = parties

    def arrive(self, point):
        """Say that this process has come to a point."""
        (self._folder / f"{point}.{self._me}").touch()

    def complete(self, point):
        """Tell whether all have come to a point."""
        return len([*self._folder.glob(f"{point}.*")]) == self._parties

    def wait(self, point):
        """Come to a point, and go on when all are there.

        :raises TimeoutError: when one does not come
        """
        self.arrive(point)
        end = time.monotonic() + _PATIENCE
        while not self.complete(point):
            if time.monotonic() > end:
                raise TimeoutError(f"not all have come to {point}")
            time.sleep(_STEP)
