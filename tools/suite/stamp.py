"""Stamps: what was built from what, so that nothing is built twice."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(parts: Iterable[str | bytes]) -> str:
    """Return a short hash over the parts, in their order."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8, "big"))
        hasher.update(data)
    return hasher.hexdigest()[:16]


def digest_tree(folder: Path) -> str:
    """Return a hash over the names and contents of all files of a folder."""
    parts: list[str | bytes] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            parts += [str(path.relative_to(folder)), path.read_bytes()]
    return digest(parts)


class Stamp:
    """A file that says from which inputs a result was built.

    :param path: the stamp file, kept beside the result
    :param key: hash of the inputs
    """

    def __init__(self, path: Path, key: str):
        self._path = path
        self._key = key

    def is_fresh(self) -> bool:
        """Tell whether the result was built from these inputs."""
        return (
            self._path.exists()
            and self._path.read_text(encoding="utf-8").strip() == self._key
        )

    def write(self) -> None:
        """Record that the result is built; call it last."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(self._key + "\n", encoding="utf-8")

    def clear(self) -> None:
        """Record that the result is being rebuilt; call it first."""
        self._path.unlink(missing_ok=True)
