"""What the image build needs: the addons, and lists of what to install with them."""

import shutil
import subprocess
import sys
from pathlib import Path

from . import demo, oca
from .addons import discover, foreign_dependencies, installation_order
from .errors import SuiteError
from .layout import here
from .odoo import SOURCE_SERIES, SUPPORTED_SERIES, demo_flags


def prepare(root: Path, series: str, target: Path) -> None:
    """Write the addons and their lists into a folder.

    :param root: the repository
    :param series: series of the base image
    :param target: made, and filled with ``addons/`` and the lists
    :raises SuiteError: when the series is none that we support
    """
    if series not in SUPPORTED_SERIES:
        raise SuiteError(
            f"ODOO_SERIES={series} is not supported",
            f"Use one of {', '.join(SUPPORTED_SERIES)}.",
        )
    target.mkdir(parents=True, exist_ok=True)
    _write_addons(root, series, target / "addons")
    ours = discover(root)
    ordered = installation_order(ours)
    lists = {
        "addons.txt": [addon.name for addon in ordered],
        "demo_flags.txt": demo_flags(series, demo=False),
        "oca.txt": _oca_requirements(root, series, ours),
        "python.txt": sorted(
            {name for addon in ordered for name in addon.python_requirements}
        ),
    }
    for name, lines in lists.items():
        text = "".join(f"{line}\n" for line in lines)
        (target / name).write_text(text, encoding="utf-8")
    (target / "story.py").write_text(demo.story_script(ours), encoding="utf-8")
    shutil.copy(root / "tools" / "docker" / "demo.sh", target / "demo.sh")


def _write_addons(root: Path, series: str, target: Path) -> None:
    if series != SOURCE_SERIES:
        renderer = root / "tools" / "series.py"
        target.mkdir()
        subprocess.run([sys.executable, renderer, series, target], check=True)
        return
    for name, addon in discover(root).items():
        shutil.copytree(
            addon.path, target / name, ignore=shutil.ignore_patterns("__pycache__")
        )


def _oca_requirements(root: Path, series: str, ours) -> list[str]:
    """Return the pins that our manifests need: an addon without pin is Odoo's own."""
    path = root / f"requirements-oca-{series}.txt"
    pins = oca.read_pins(path.read_text(encoding="utf-8")) if path.exists() else {}
    needed = foreign_dependencies(ours.values(), ours)
    return [pins[name] for name in needed if name in pins]


if __name__ == "__main__":
    prepare(here().root, sys.argv[1], Path(sys.argv[2]))
