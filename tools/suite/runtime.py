"""Everything that is needed to run Odoo with our addons, put together once."""

import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import browser, machine, oca, odoo, odoo_log, pdf, postgres, process, render
from .addons import Addon, discover
from .console import Console
from .database import Databases
from .layout import Layout
from .venv import Venv

_CONFIG = """\
[options]
addons_path = {addons_path}
data_dir = {data_dir}
http_interface = {interface}
list_db = False
"""


@dataclass(frozen=True)
class Runtime:
    """An Odoo, a PostgreSQL server and our addons, ready to use."""

    layout: Layout
    console: Console
    venv: Venv
    odoo: odoo.Odoo
    postgres: postgres.Server
    databases: Databases
    addons: Mapping[str, Addon]
    addons_folder: Path

    @property
    def env(self) -> dict[str, str]:
        """The variables that every Odoo process gets."""
        env = {
            **self.postgres.env,
            "PATH": pdf.path_with(self.layout),
            "PYTHONUNBUFFERED": "1",
        }
        if self.odoo.python_path:
            env["PYTHONPATH"] = str(self.odoo.python_path)
        return env

    def command(self, *arguments: str, subcommand: str = "") -> list[str]:
        """Return the command line of an Odoo process.

        :param arguments: options of that process
        :param subcommand: such as ``shell``; the server when empty
        """
        return [
            str(self.venv.python),
            str(self.odoo.launcher),
            *([subcommand] if subcommand else []),
            f"--config={self.layout.runtime / 'odoo.conf'}",
            *arguments,
        ]

    def run_odoo(
        self,
        *arguments: str,
        log: Path,
        subcommand: str = "",
        stdin: str | None = None,
        on_line=None,
        check: bool = True,
    ) -> int:
        """Run an Odoo process to its end.

        :param log: file that receives its output
        :returns: its exit code
        """
        return process.run(
            self.command(*arguments, subcommand=subcommand),
            log=log,
            env=self.env,
            stdin=stdin,
            on_line=on_line or self._show,
            check=check,
        )

    def _show(self, line: str) -> None:
        self.console.progress(odoo_log.message_of(line))


def bootstrap(
    layout: Layout,
    console: Console,
    environ: Mapping[str, str] | None = None,
    *,
    development: bool = False,
) -> Runtime:
    """Install what is missing and return the runtime.

    :param environ: ``ODOO_HOME``, ``PGHOST`` and ``HTTP_INTERFACE`` are read from it
    :param development: also what linting and testing need
    """
    environ = os.environ if environ is None else environ
    layout.runtime.mkdir(parents=True, exist_ok=True)
    if not (layout.runtime / "odoo.conf").exists():
        machine.require_disk(layout.runtime)
    # The two long downloads wait for different things: side by side they save half.
    with ThreadPoolExecutor(max_workers=2) as pool:
        pins = pool.submit(prepare_venv, layout, console, development=development)
        source = pool.submit(odoo.locate, layout, console, environ)
    venv, chosen = pins.result(), source.result()
    odoo.complete(chosen, layout, console, venv)
    server = postgres.ensure(layout, console, venv, environ)
    pdf.ensure(layout, console, venv)
    if development:
        browser.ensure(layout, console)
    ours = discover(layout.root)
    folder = render.addons_folder(layout, console, chosen.series)
    oca_folder = oca.ensure(layout, console, venv, chosen, ours)
    _write_config(layout, environ, [folder, oca_folder, *chosen.core_addons])
    return Runtime(
        layout=layout,
        console=console,
        venv=venv,
        odoo=chosen,
        postgres=server,
        databases=Databases(venv.python, dict(server.env), layout.data_dir),
        addons=ours,
        addons_folder=folder,
    )


def prepare_venv(layout: Layout, console: Console, *, development: bool) -> Venv:
    """Return the Python environment with the pins that the task needs."""
    venv = Venv(layout, console)
    names = ["requirements.txt"]
    if development:
        names.append("requirements-dev.txt")
    venv.ensure([layout.root / name for name in names])
    return venv


def clean(layout: Layout, console: Console) -> None:
    """Stop the private cluster and delete everything below ``.runtime/``."""
    cluster = postgres.Cluster(layout, console, Venv(layout, console))
    cluster.stop()
    cluster.remove()
    shutil.rmtree(layout.runtime, ignore_errors=True)


def _write_config(
    layout: Layout, environ: Mapping[str, str], folders: Sequence[Path | None]
) -> None:
    """Write the configuration of our processes, so that no one's own is read."""
    layout.data_dir.mkdir(parents=True, exist_ok=True)
    text = _CONFIG.format(
        addons_path=",".join(str(folder) for folder in folders if folder),
        data_dir=layout.data_dir,
        interface=environ.get("HTTP_INTERFACE") or "127.0.0.1",
    )
    (layout.runtime / "odoo.conf").write_text(text, encoding="utf-8")
