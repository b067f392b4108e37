"""Installing and upgrading addons in databases."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from . import odoo_log
from .runtime import Runtime
from .stamp import digest

_QUIET = ("--stop-after-init", "--no-http", "--max-cron-threads=0", "--workers=0")


def install(
    runtime: Runtime, database: str, names: Iterable[str], *, demo: bool, log: Path
) -> None:
    """Install addons, in a database that Odoo makes when it is not there.

    :param demo: whether demo data is loaded
    """
    _run(
        runtime,
        database,
        [f"--init={','.join(names)}", *runtime.odoo.demo_flags(demo)],
        log,
    )


def upgrade(runtime: Runtime, database: str, names: Iterable[str], log: Path) -> None:
    """Upgrade installed addons."""
    _run(runtime, database, [f"--update={','.join(names)}"], log)


def template(runtime: Runtime, scope: str, core: Sequence[str]) -> str:
    """Return a database without demo data that has everything but our addons.

    It is made once per set of addons and Odoo version; making one drops its
    predecessor.

    :param scope: what it serves: the name of an addon, or ``all``
    :param core: the addons, not of ours, that it must have
    """
    name = _template_name(runtime, scope, core)
    databases = runtime.databases
    if databases.exists(name):
        return name
    for stale in databases.starting_with(_template_prefix(runtime, scope)):
        databases.drop(stale)
    building = f"{prefix_of(runtime)}_building"
    databases.drop(building)
    with runtime.console.step(f"template database: {', '.join(core)}"):
        log = fresh_log(runtime, f"template-{scope}")
        install(runtime, building, core, demo=False, log=log)
        databases.rename(building, name)
    return name


def clone_template(
    runtime: Runtime, scope: str, core: Sequence[str], database: str
) -> bool:
    """Clone a template that is there already; make none.

    :returns: whether there was one
    """
    name = _template_name(runtime, scope, core)
    if not runtime.databases.exists(name):
        return False
    runtime.databases.clone(name, database)
    return True


def prefix_of(runtime: Runtime) -> str:
    """Return what the names of this checkout's databases begin with."""
    return f"suite_{runtime.layout.key}_{runtime.odoo.series.replace('.', '')}"


def fresh_log(runtime: Runtime, name: str) -> Path:
    """Return the path of a log that is empty."""
    log = runtime.layout.log(f"{name}-{runtime.odoo.series}")
    log.unlink(missing_ok=True)
    return log


def _template_prefix(runtime: Runtime, scope: str) -> str:
    return f"{prefix_of(runtime)}_tpl_{scope}_"


def _template_name(runtime: Runtime, scope: str, core: Sequence[str]) -> str:
    key = digest([runtime.odoo.version, *core])[:8]
    return _template_prefix(runtime, scope) + key


def _run(runtime: Runtime, database: str, options: Sequence[str], log: Path) -> None:
    def show(line: str) -> None:
        progress = odoo_log.loading_progress(line)
        if progress:
            runtime.console.progress(f"loading {progress}")

    runtime.run_odoo(f"--database={database}", *options, *_QUIET, log=log, on_line=show)
