"""Two uses of apt: a private one that only downloads, and the system's own."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from . import machine, process
from .apt_sources import debian_archives, read_sources
from .console import Console
from .errors import NETWORK_HINT, SuiteError
from .layout import Layout

_ETC_APT = Path("/etc/apt")
_SYSTEM_LISTS = Path("/var/lib/apt/lists")
_KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)

# Lists, cache and sources of its own; proxies and credentials stay the machine's.
# The hooks are cleared because they act on the system (caches, desktop notices).
_PRIVATE_CONFIG = """\
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{home}/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "{home}/lists";
Dir::Cache "{home}/cache";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
"""

_PRIVATE_SOURCE = """\
Types: deb
URIs: {uri}
Suites: {suites}
Components: main
Signed-By: {keyring}
"""


class PrivateApt:
    """Apt with lists, cache and sources below ``.runtime/apt``.

    It reads the machine's mirror, checks Debian's signature, needs no root and changes
    nothing of the system.

    :param suites: suites to read, such as ``("bookworm", "sid")``
    """

    def __init__(
        self, layout: Layout, console: Console, codename: str, suites: Sequence[str]
    ):
        self._home = layout.runtime / "apt"
        self._log = layout.log("apt")
        self._console = console
        self._codename = codename
        self._suites = suites

    def update(self) -> None:
        """Fetch the indexes from the first mirror that serves what Debian signed.

        :raises SuiteError: when no entry of the machine's configuration does
        """
        archives = debian_archives(read_sources(_ETC_APT), self._codename)
        if not archives:
            raise SuiteError(
                f"no entry below {_ETC_APT} serves component main of {self._codename}",
                "Add Debian's mirror to the machine's apt sources, or name an Odoo "
                "checkout with ODOO_HOME=/path/to/odoo.",
            )
        self._prepare()
        failure = None
        for uri in archives:
            try:
                self._update_from(uri)
            except SuiteError as error:
                failure = error
            else:
                return
        raise failure

    def candidate(self, package: str, suite: str) -> str:
        """Return the version of a package in a suite.

        :raises SuiteError: when the suite has no such package
        """
        madison = process.capture(
            ["apt-cache", "-c", str(self._config), "madison", package]
        )
        for line in (madison or "").splitlines():
            _name, version, origin = (part.strip() for part in line.split("|"))
            if f" {suite}/main " in f" {origin} ":
                return version
        raise SuiteError(
            f"Debian's suite {suite} has no package {package} today",
            "Try again later, or name an Odoo checkout with ODOO_HOME=/path/to/odoo.",
        )

    def download(self, packages: Sequence[str], folder: Path) -> list[Path]:
        """Download packages, each written ``name=version`` or ``name/suite``.

        :param folder: emptied first
        :returns: the files
        """
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        process.run(
            ["apt-get", "-c", str(self._config), "-q", "download", *packages],
            log=self._log,
            cwd=folder,
            on_line=self._console.progress,
            hint=NETWORK_HINT,
        )
        return sorted(folder.glob("*.deb"))

    @property
    def _config(self) -> Path:
        return self._home / "apt.conf"

    def _prepare(self) -> None:
        for folder in ("sources", "lists/partial", "cache/archives/partial"):
            (self._home / folder).mkdir(parents=True, exist_ok=True)
        self._config.write_text(
            _PRIVATE_CONFIG.format(home=self._home), encoding="utf-8"
        )

    def _update_from(self, uri: str) -> None:
        source = _PRIVATE_SOURCE.format(
            uri=uri, suites=" ".join(self._suites), keyring=_keyring()
        )
        (self._home / "sources" / "debian.sources").write_text(source, encoding="utf-8")
        process.run(
            [
                "apt-get",
                "-c",
                str(self._config),
                "-q",
                "-o",
                "APT::Update::Error-Mode=any",
                "update",
            ],
            log=self._log,
            on_line=self._console.progress,
            hint=NETWORK_HINT,
        )


def extract(deb: Path, target: Path, members: Sequence[str], log: Path) -> None:
    """Unpack parts of a package without installing it.

    :param members: path prefixes inside the package, such as ``./usr/bin``
    :param target: folder that stands for the root of the file system
    """
    target.mkdir(parents=True, exist_ok=True)
    command = 'dpkg-deb --fsys-tarfile "$0" | tar -x -C "$1" "${@:2}"'
    process.run(
        [
            "bash",
            "-o",
            "pipefail",
            "-c",
            command,
            str(deb),
            str(target),
            "--no-same-owner",
            *members,
        ],
        log=log,
        hint="Install dpkg and tar, which every Debian has.",
    )


def installed(package: str) -> bool:
    """Tell whether the system has a package installed."""
    status = process.capture(["dpkg-query", "-W", "-f", "${db:Status-Status}", package])
    return (status or "").strip() == "installed"


def install(
    packages: Sequence[str], layout: Layout, console: Console, purpose: str
) -> None:
    """Install system packages that are missing.

    :param purpose: what they are needed for, told when it cannot be done
    :raises SuiteError: without apt or without a way to become root
    """
    missing = [package for package in packages if not installed(package)]
    if not missing:
        return
    names = " ".join(missing)
    if not shutil.which("apt-get"):
        raise SuiteError(
            f"{purpose} needs {names}, and this machine has no apt",
            "Install the equivalent with this system's package manager, or use Docker "
            "(see README.md).",
        )
    prefix = machine.as_root_prefix()
    if prefix is None:
        raise SuiteError(
            f"{purpose} needs {names}, and this user can neither act as root nor use "
            "sudo",
            f"Ask an administrator to run: apt-get install {names}",
        )
    with console.step(f"apt: {purpose} ({names})"):
        if not any(_SYSTEM_LISTS.glob("*_Packages*")):
            _system_apt(prefix, ["update"], layout, console)
        try:
            _install(prefix, missing, layout, console)
        except SuiteError as error:
            # Old indexes name files that the mirror no longer has.
            if not re.search("404|Unable to locate|Unable to fetch", error.message):
                raise
            _system_apt(prefix, ["update"], layout, console)
            _install(prefix, missing, layout, console)


def _install(prefix, packages, layout, console) -> None:
    _system_apt(
        prefix, ["install", "-y", "--no-install-recommends", *packages], layout, console
    )


def _system_apt(prefix, arguments, layout, console) -> None:
    process.run(
        [
            *prefix,
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "LC_ALL=C.UTF-8",
            "apt-get",
            "-q",
            "-o",
            "DPkg::Lock::Timeout=120",
            *arguments,
        ],
        log=layout.log("apt-system"),
        on_line=console.progress,
        hint=NETWORK_HINT,
    )


def _keyring() -> Path:
    for keyring in _KEYRINGS:
        if keyring.exists():
            return keyring
    raise SuiteError(
        "the keyring of Debian's archive is missing",
        "Install it: apt-get install debian-archive-keyring",
    )
