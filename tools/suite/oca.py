"""OCA addons that ours need: wheels of the series in use."""

import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from .addons import Addon, discover, foreign_dependencies
from .console import Console
from .errors import SuiteError
from .layout import Layout
from .odoo import Odoo
from .stamp import Stamp, digest
from .venv import Venv

_PIN = re.compile(r"^odoo-addon-(?P<addon>[A-Za-z0-9_-]+)==(?P<version>\S+)$")


def read_pins(text: str) -> dict[str, str]:
    """Return the pinned requirement of each addon in a requirements file.

    :raises SuiteError: when a line is not an exact pin of an OCA addon
    """
    pins = {}
    for raw in text.splitlines():
        line = raw.split("#", 1)[0].strip()
        if not line:
            continue
        match = _PIN.match(line)
        if not match:
            raise SuiteError(
                f"{line!r} is no pin of an OCA addon",
                "Write odoo-addon-NAME==VERSION, one a line.",
            )
        pins[match["addon"].replace("-", "_")] = line
    return pins


def requirement(addon: str, series: str, pins: Mapping[str, str]) -> str:
    """Return what pip is asked for: the pin, else the newest of the series."""
    return pins.get(addon, f"odoo-addon-{addon}=={series}.*")


def ensure(
    layout: Layout,
    console: Console,
    venv: Venv,
    odoo: Odoo,
    ours: Mapping[str, Addon],
) -> Path | None:
    """Install the OCA addons that ours need, and those that they need in turn.

    They go into a folder of their own per series: one environment serves all series,
    and pip would replace one series' wheel with another's.

    :returns: the addons folder, or nothing when no OCA addon is needed
    """
    core = core_names(odoo)
    pins_file = layout.root / f"requirements-oca-{odoo.series}.txt"
    text = pins_file.read_text(encoding="utf-8") if pins_file.exists() else ""
    wanted = [
        name for name in foreign_dependencies(ours.values(), ours) if name not in core
    ]
    target = layout.runtime / "oca" / odoo.series
    addons = target / "odoo" / "addons"
    if not wanted:
        return None
    stamp = Stamp(target / ".stamp", digest([text, *wanted]))
    if not stamp.is_fresh():
        with console.step(f"pip: OCA addons for {odoo.series} ({', '.join(wanted)})"):
            shutil.rmtree(target, ignore_errors=True)
            _install_closure(venv, wanted, core, odoo.series, read_pins(text), target)
        stamp.write()
    return addons


def core_names(odoo: Odoo) -> frozenset[str]:
    """Return the names of the addons that come with Odoo."""
    return frozenset(
        manifest.parent.name
        for folder in odoo.core_folders
        for manifest in folder.glob("*/__manifest__.py")
    )


def _install_closure(
    venv: Venv,
    wanted: Iterable[str],
    core: frozenset[str],
    series: str,
    pins: Mapping[str, str],
    target: Path,
) -> None:
    missing = set(wanted)
    while missing:
        venv.pip(
            ["install", "--no-deps", "--upgrade", "--target", str(target)]
            + [requirement(name, series, pins) for name in sorted(missing)]
        )
        present = discover(target / "odoo" / "addons")
        absent = missing - set(present)
        if absent:
            raise SuiteError(
                f"the wheels hold no addon {', '.join(sorted(absent))} for {series}",
                "Check the dependency's name in our manifest.",
            )
        needed = foreign_dependencies(present.values(), present)
        missing = set(needed) - core
