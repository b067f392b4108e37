"""The one exception of the tooling: an expected failure with what to do about it."""

import re


class SuiteError(Exception):
    """An expected failure.

    :param message: what went wrong, with the value that was found
    :param hint: what the person at the keyboard can do about it
    """

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.message = message
        self.hint = hint


NETWORK_HINT = (
    "No network, or no access to the package mirror: check the connection, the proxy "
    "variables (http_proxy, https_proxy) and the machine's apt, pip and npm settings, "
    "then run the same command again; what was fetched is kept."
)
DISK_HINT = (
    "The disk is full: free about 3 GB where .runtime/ lies (or run `make clean`), "
    "then run the same command again."
)
LOCK_HINT = (
    "Another package manager is running: wait until it is done, then run the same "
    "command again."
)

_KNOWN_CAUSES = (
    (r"No space left on device|Disk quota exceeded", DISK_HINT),
    (
        r"Temporary failure resolving|Could not resolve|Name or service not known|"
        r"Network is unreachable|Failed to establish a new connection|"
        r"Connection timed out|Connection refused|ENOTFOUND|EAI_AGAIN|"
        r"No matching distribution found|Max retries exceeded",
        NETWORK_HINT,
    ),
    (r"Could not get lock|Unable to acquire the dpkg", LOCK_HINT),
)


def hint_for(output: str, default: str = "") -> str:
    """Return the advice that fits the output of a failed command.

    :param output: combined stdout and stderr
    :param default: the advice when no known cause shows
    """
    for pattern, hint in _KNOWN_CAUSES:
        if re.search(pattern, output):
            return hint
    return default
