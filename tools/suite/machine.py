"""What kind of machine this is: its Debian release, root or not, its free disk."""

import os
import shutil
from pathlib import Path

from . import process
from .errors import DISK_HINT, SuiteError

SUPPORTED_DEBIAN = ("12", "13")
NEEDED_DISK_GB = 3.0
_OS_RELEASE = Path("/etc/os-release")


def parse_os_release(text: str) -> dict[str, str]:
    """Return the variables of an os-release file."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}


def os_release() -> dict[str, str]:
    """Return this machine's os-release, empty where there is none."""
    if not _OS_RELEASE.exists():
        return {}
    return parse_os_release(_OS_RELEASE.read_text(encoding="utf-8"))


def is_supported_debian(release: dict[str, str]) -> bool:
    """Tell whether the release is one on which Odoo can be fetched through apt."""
    return (
        release.get("ID") == "debian" and release.get("VERSION_ID") in SUPPORTED_DEBIAN
    )


def require_debian(what: str) -> str:
    """Return the codename of this Debian.

    :param what: what the machine is needed for, named in the refusal
    :raises SuiteError: on any other system
    """
    release = os_release()
    if is_supported_debian(release):
        return release["VERSION_CODENAME"]
    found = release.get("PRETTY_NAME") or "a system without /etc/os-release"
    raise SuiteError(
        f"{what} comes from Debian 12 or 13, and this is {found}",
        "Use Docker (`docker compose up`, see README.md), or name an Odoo source "
        "checkout: ODOO_HOME=/path/to/odoo make ...",
    )


def require_disk(folder: Path, needed_gb: float = NEEDED_DISK_GB) -> None:
    """Refuse to start what would fill the disk.

    :raises SuiteError: when less than ``needed_gb`` is free
    """
    free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb < needed_gb:
        raise SuiteError(
            f"{free_gb:.1f} GB are free below {folder}, {needed_gb:.1f} GB are needed",
            DISK_HINT,
        )


def is_root() -> bool:
    """Tell whether this process runs as root."""
    return os.geteuid() == 0


def as_root_prefix() -> list[str] | None:
    """Return what to put before a command to run it as root, or nothing if we cannot.

    As root that is the empty list. ``sudo`` counts when it asks no password, or when
    there is a terminal on which it can ask for one.
    """
    if is_root():
        return []
    if not shutil.which("sudo"):
        return None
    if process.capture(["sudo", "-n", "true"]) is not None:
        return ["sudo", "-n"]
    return ["sudo"] if os.isatty(0) else None
