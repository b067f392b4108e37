"""The addons in the spelling of the series in use."""

import shutil
import sys
from pathlib import Path

from . import odoo as odoo_module
from . import process
from .addons import discover
from .console import Console
from .errors import SuiteError
from .layout import Layout
from .stamp import Stamp, digest, digest_tree


def addons_folder(layout: Layout, console: Console, series: str) -> Path:
    """Return the folder with our addons for a series, rendered when it must be.

    The source's own series loads from the root of the repository as it stands.
    """
    if series == odoo_module.SOURCE_SERIES:
        return layout.root
    return render(layout, console, series)


def render(layout: Layout, console: Console, series: str) -> Path:
    """Render the addons into ``.runtime/render``; a fresh rendering is kept.

    :returns: the folder
    :raises SuiteError: when the series is none that we support
    """
    if series not in odoo_module.SUPPORTED_SERIES:
        raise SuiteError(
            f"SERIES={series or '(empty)'} is not supported",
            f"Use one of {', '.join(odoo_module.SUPPORTED_SERIES)}.",
        )
    target = layout.runtime / "render" / series
    stamp = Stamp(target.parent / f".{series}.stamp", _inputs(layout, series))
    if stamp.is_fresh() and target.is_dir():
        return target
    with console.step(f"render the addons for {series}"):
        stamp.clear()
        shutil.rmtree(target, ignore_errors=True)
        process.run(
            [sys.executable, str(_renderer(layout)), series, str(target)],
            log=layout.log("render"),
            cwd=layout.root,
        )
    stamp.write()
    return target


def _renderer(layout: Layout) -> Path:
    return layout.root / "tools" / "series.py"


def _inputs(layout: Layout, series: str) -> str:
    parts: list[str | bytes] = [series]
    for path in sorted((layout.root / "tools").glob("series*.py")):
        parts.append(path.read_bytes())
    for name, addon in discover(layout.root).items():
        parts += [name, digest_tree(addon.path)]
    return digest(parts)
