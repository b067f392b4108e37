"""Finding Debian's main archive in the machine's own apt configuration."""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_SUITE_ALIASES = frozenset({"stable", "oldstable", "testing", "unstable", "sid"})
_USABLE_SCHEMES = ("http:", "https:", "mirror", "file:", "copy:", "tor+", "ftp:")
_DEBIAN_KEYRING = "debian-archive"
_ONE_LINE = re.compile(r"^(deb|deb-src)\s+(?:\[(?P<options>[^\]]*)\]\s*)?(?P<rest>.+)$")


@dataclass(frozen=True)
class Source:
    """One entry of the apt configuration.

    :param uris: where the archive is
    :param suites: for instance ``bookworm``
    :param components: for instance ``main``
    :param signed_by: keyring path or key block, empty when not given
    """

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = field(default="")


def parse_one_line(text: str) -> list[Source]:
    """Return the binary sources of a file in the one-line format (``*.list``)."""
    sources = []
    for raw in text.splitlines():
        match = _ONE_LINE.match(raw.split("#", 1)[0].strip())
        if not match or match[1] != "deb":
            continue
        uri, *names = match["rest"].split()
        if not names:
            continue
        options = dict(
            option.split("=", 1)
            for option in shlex.split(match["options"] or "")
            if "=" in option
        )
        suite, *components = names
        sources.append(
            Source((uri,), (suite,), tuple(components), options.get("signed-by", ""))
        )
    return sources


def parse_deb822(text: str) -> list[Source]:
    """Return the enabled binary sources of a deb822 file (``*.sources``)."""
    sources = []
    for stanza in _stanzas(text):
        if "deb" not in stanza.get("types", "").split():
            continue
        if stanza.get("enabled", "yes").lower() in {"no", "false", "0", "off"}:
            continue
        sources.append(
            Source(
                tuple(stanza.get("uris", "").split()),
                tuple(stanza.get("suites", "").split()),
                tuple(stanza.get("components", "").split()),
                stanza.get("signed-by", ""),
            )
        )
    return sources


def read_sources(etc_apt: Path) -> list[Source]:
    """Return all binary sources that apt reads from its configuration folder.

    :param etc_apt: usually ``/etc/apt``
    """
    files = [etc_apt / "sources.list"]
    parts = etc_apt / "sources.list.d"
    if parts.is_dir():
        files += sorted(parts.iterdir())
    sources = []
    for path in files:
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".sources":
            sources += parse_deb822(text)
        elif path.suffix == ".list":
            sources += parse_one_line(text)
    return sources


def debian_archives(sources: Iterable[Source], codename: str) -> list[str]:
    """Return the URIs that may serve Debian's main archive, likeliest first.

    An entry counts when it offers component ``main`` of the release itself: security,
    updates and backports suites live in other archives, and vendors use components or
    keys of their own. The first URI is only the best guess: what proves it is that
    Debian's key signed what it serves.

    :param sources: the machine's sources
    :param codename: codename of the running release, such as ``bookworm``
    """
    ranked: dict[str, tuple] = {}
    for source in sources:
        if "main" not in source.components:
            continue
        if not {codename, *_SUITE_ALIASES} & set(source.suites):
            continue
        for uri in source.uris:
            if uri.startswith(_USABLE_SCHEMES):
                ranked.setdefault(uri, _rank(source, uri, codename))
    return sorted(ranked, key=ranked.__getitem__)


def _rank(source: Source, uri: str, codename: str) -> tuple:
    foreign_key = bool(source.signed_by) and _DEBIAN_KEYRING not in source.signed_by
    own_key = _DEBIAN_KEYRING in source.signed_by
    debian_path = re.search(r"/debian(\.list)?/?$", uri) is not None
    return (foreign_key, not own_key, not debian_path, codename not in source.suites)


def _stanzas(text: str) -> Iterable[dict[str, str]]:
    stanza: dict[str, str] = {}
    name = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if stanza:
                yield stanza
            stanza, name = {}, ""
        elif line[0] in " \t" and name:
            stanza[name] += "\n" + line.strip()
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            stanza[name] = value.strip()
