"""TCP ports: free ones, and who holds a taken one."""

import os
import socket
from pathlib import Path

from .errors import SuiteError

_LISTENING = "0A"
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def free_port() -> int:
    """Return a port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def parse_port(value: str) -> int:
    """Return a port number.

    :raises SuiteError: when the text is none
    """
    if value.isdecimal() and 0 < int(value) < 65536:
        return int(value)
    raise SuiteError(
        f"HTTP_PORT={value} is not a port", "Use a number between 1 and 65535."
    )


def require_free(port: int) -> None:
    """Refuse a port that something listens on.

    :raises SuiteError: naming the process where the system tells
    """
    if not is_taken(port):
        return
    raise SuiteError(
        f"port {port} is taken by {owner_of(port)}",
        f"Stop that process, or use another port: HTTP_PORT={port + 1} make demo",
    )


def is_taken(port: int) -> bool:
    """Tell whether something accepts connections on a local port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def owner_of(port: int) -> str:
    """Return who listens on a port, as far as this user may see."""
    for inode in _listening_inodes(port):
        pid = _holder(inode)
        if pid:
            return f"process {pid} ({_command(pid)})"
    return "a process of another user or container"


def listening_inodes(table: str, port: int) -> list[str]:
    """Return the sockets that listen on a port, from a ``/proc/net/tcp`` table."""
    inodes = []
    for line in table.splitlines()[1:]:
        columns = line.split()
        local, state, inode = columns[1], columns[3], columns[9]
        if state == _LISTENING and int(local.rsplit(":", 1)[1], 16) == port:
            inodes.append(inode)
    return inodes


def _listening_inodes(port: int) -> list[str]:
    return [
        inode
        for table in _TABLES
        if table.exists()
        for inode in listening_inodes(table.read_text(encoding="ascii"), port)
    ]


def _holder(inode: str) -> int | None:
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(descriptor)
        except OSError:
            # Closed meanwhile, or another user's.
            continue
        if target == f"socket:[{inode}]":
            return int(descriptor.parts[2])
    return None


def _command(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return b" ".join(words).decode(errors="replace").strip()[:80]
