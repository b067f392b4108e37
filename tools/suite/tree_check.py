"""What must never be in the repository: registry hosts, machine paths, secrets."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import process

_MAX_BYTES = 2_000_000
_SKIPPED_FOLDERS = frozenset({".git", ".runtime", "__pycache__", "node_modules"})


@dataclass(frozen=True)
class Rule:
    """A text that no file may hold.

    :param name: what it is, told in the report
    :param pattern: how it is recognised
    """

    name: str
    pattern: re.Pattern


# Written so that no pattern matches its own source.
RULES = (
    Rule(
        "host name of a package registry or mirror",
        re.compile(
            r"\b(?:(?:files\.)?pythonhosted\.org|pypi\.(?:org|python\.org)"
            r"|registry\.(?:npmjs\.org|yarnpkg\.com)|(?:deb|security|ftp[.\w]*|"
            r"snapshot|httpredir)\.debian\.org|nightly\.odoo\.com|"
            r"registry-1\.docker\.io|ghcr\.io|quay\.io)\b"
        ),
    ),
    Rule(
        "path of one machine",
        re.compile(r"(?<![\w.])/(?:work/(?:main|scratch|shared)|home/[a-z][\w-]*)\b"),
    ),
    Rule("private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY" r"-----")),
    Rule(
        "access token",
        re.compile(
            r"\b(?:ghp_[A-Za-z0-9]{36}|github_pat_\w{22,}|xox[abpr]-[\w-]{10,}"
            r"|AKIA[0-9A-Z]{16}|sk_live_[0-9A-Za-z]{16,})\b"
        ),
    ),
    Rule(
        "credentials in an address",
        re.compile(r"\b[a-z]+://[^\s/:@'\"{}$<>]+:[^\s/:@'\"{}$<>]+@[\w-]"),
    ),
    Rule("conflict marker", re.compile(r"^(?:<{7} |>{7} )", re.MULTILINE)),
)


def check(root: Path) -> list[str]:
    """Return what is wrong with the files of a tree, one line each."""
    return [
        f"{path.relative_to(root)}:{line}: {rule.name}: {text}"
        for path in files(root)
        for rule, line, text in findings(_read(path))
    ]


def findings(text: str) -> Iterator[tuple[Rule, int, str]]:
    """Return each match of a rule with its line number."""
    for rule in RULES:
        for match in rule.pattern.finditer(text):
            yield rule, text.count("\n", 0, match.start()) + 1, match[0]


def files(root: Path) -> Iterable[Path]:
    """Return the files of the tree: those git knows or would add, else all."""
    listed = process.capture(
        ["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"]
    )
    if listed is not None:
        names = filter(None, listed.split("\0"))
        return sorted(path for path in map(root.joinpath, names) if path.is_file())
    return sorted(
        path
        for path in root.rglob("*")
        if path.is_file() and not _SKIPPED_FOLDERS & set(path.parts)
    )


def _read(path: Path) -> str:
    if path.stat().st_size > _MAX_BYTES:
        return ""
    data = path.read_bytes()
    return "" if b"\0" in data else data.decode("utf-8", errors="replace")


def main() -> int:
    """Check the current folder for pre-commit; return its exit code."""
    found = check(Path.cwd())
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
