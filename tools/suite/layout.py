"""Where things are: the checkout, and everything built below ``.runtime/``."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Paths of one checkout.

    :param root: the root of the repository
    """

    root: Path

    @property
    def runtime(self) -> Path:
        """Everything that the tools fetch or build; ``make clean`` removes it."""
        return self.root / ".runtime"

    @property
    def logs(self) -> Path:
        """Logs of every command that the tools ran."""
        return self.runtime / "log"

    @property
    def artifacts(self) -> Path:
        """Results of a test run: logs, reports, screenshots."""
        return self.runtime / "artifacts"

    @property
    def data_dir(self) -> Path:
        """Odoo's data directory, with one filestore per database."""
        return self.runtime / "data"

    @property
    def bin(self) -> Path:
        """Programs of ours that are put in front of ``PATH``."""
        return self.runtime / "bin"

    @property
    def key(self) -> str:
        """Eight characters that tell this checkout from others on the machine."""
        return hashlib.sha256(str(self.root).encode()).hexdigest()[:8]

    def log(self, name: str) -> Path:
        """Return the path of the log called ``name``, its folder made."""
        self.logs.mkdir(parents=True, exist_ok=True)
        return self.logs / f"{name}.log"


def here() -> Layout:
    """Return the layout of the checkout that this file belongs to."""
    return Layout(Path(__file__).resolve().parents[2])
