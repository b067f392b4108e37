"""``make demo``: a demo database with every addon, its story played, and a server."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from . import modules, ports, server
from .addons import Addon, foreign_dependencies, installation_order
from .errors import SuiteError
from .runtime import Runtime
from .stamp import digest_tree

DEFAULT_DATABASE = "reyder_e2e"
DEFAULT_PORT = "8069"
_STORY = Path("demo") / "story.py"
_LOGINS = Path("demo") / "logins.json"

# Each story commits by itself, so that a later one that fails leaves the earlier ones.
_PLAY = """\
import importlib
import time
for name in {names!r}:
    started = time.monotonic()
    importlib.import_module(f"odoo.addons.{{name}}.demo.story").play(env)
    env.cr.commit()
    print(f"story of {{name}} played in {{time.monotonic() - started:.1f}} s")
"""


@dataclass(frozen=True)
class Settings:
    """Which demo is meant.

    :param database: its database
    :param port: the port that it is served on
    :param state_file: where the tools remember it
    """

    database: str
    port: int
    state_file: Path


@dataclass
class State:
    """What the tools know about the demo of this checkout.

    :param database: its database
    :param series: the series that made it
    :param server: where the database lies, so that no other server's is mistaken
    :param addons: hash of each installed addon's files
    :param port: port of the running server
    :param process: its process, empty when none was started
    """

    database: str
    series: str
    server: str
    addons: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: dict[str, int] = field(default_factory=dict)

    def running(self) -> server.Process | None:
        """Return the server's process while it runs."""
        process = server.Process(**self.process) if self.process else None
        return process if process and process.is_alive() else None


def settings(runtime_root: Path, environ: Mapping[str, str]) -> Settings:
    """Return the settings that the environment asks for.

    :param environ: ``HTTP_PORT`` and ``DEMO_DB`` are read from it
    """
    return Settings(
        database=environ.get("DEMO_DB") or DEFAULT_DATABASE,
        port=ports.parse_port(environ.get("HTTP_PORT") or DEFAULT_PORT),
        state_file=runtime_root / "demo.json",
    )


def load_state(path: Path) -> State | None:
    """Return the remembered state, if there is one."""
    if not path.exists():
        return None
    return State(**json.loads(path.read_text(encoding="utf-8")))


def up(runtime: Runtime, wanted: Settings) -> bool:
    """Bring the demo up: database, addons, story, server.

    What is there is kept. Addons whose files changed since are upgraded, new ones are
    installed, and the stories (which may be played twice) are played again.

    :returns: whether the server ran already and nothing had to be done
    :raises SuiteError: when the database is someone else's, or the port is taken
    """
    state = _matching_state(runtime, wanted)
    current = _digests(runtime)
    process = state.running() if state else None
    if process and state.addons == current and _serves(state, wanted.port):
        return True
    if process:
        process.stop()
    ports.require_free(wanted.port)
    if state is None:
        state = _create(runtime, wanted, current)
    elif state.addons != current:
        _bring_up_to_date(runtime, wanted, state, current)
    with runtime.console.step(
        f"start Odoo {runtime.odoo.series} on port {wanted.port}"
    ):
        log = runtime.layout.log(f"server-{wanted.database}")
        started = server.start(runtime, wanted.database, wanted.port, log)
    state.port, state.process = wanted.port, asdict(started)
    _save(state, wanted.state_file)
    return False


def stop(wanted: Settings) -> bool:
    """Stop the demo's server.

    :returns: whether it ran
    """
    state = load_state(wanted.state_file)
    process = state.running() if state else None
    if process is None:
        return False
    process.stop()
    return True


def logins(addons: Mapping[str, Addon]) -> list[dict[str, str]]:
    """Return the demo users that the addons ship, in the order of the addons."""
    found = []
    for addon in installation_order(addons):
        path = addon.path / _LOGINS
        if path.exists():
            found += json.loads(path.read_text(encoding="utf-8"))
    return found


def story_script(addons: Mapping[str, Addon]) -> str:
    """Return the program for Odoo's shell that plays the stories of the addons.

    It is empty when no addon has one.
    """
    names = [
        addon.name
        for addon in installation_order(addons)
        if (addon.path / _STORY).exists()
    ]
    return _PLAY.format(names=names) if names else ""


def describe(users: Sequence[Mapping[str, str]], port: int) -> str:
    """Return what a person needs to log in: the address and a table of users."""
    lines = ["", f"Odoo serves http://localhost:{port}", ""]
    columns = ("login", "password", "role", "company")
    rows = [columns, *(tuple(user.get(name, "") for name in columns) for user in users)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def _matching_state(runtime: Runtime, wanted: Settings) -> State | None:
    """Return the state of the wanted demo, or nothing when there is none yet.

    :raises SuiteError: when the database is there but not of our making, or was made
        by another series
    """
    state = load_state(wanted.state_file)
    there = runtime.databases.exists(wanted.database)
    ours = (
        state is not None
        and state.database == wanted.database
        and state.server == _server_name(runtime)
    )
    if there and not ours:
        raise SuiteError(
            f"the server already has a database {wanted.database} that this checkout "
            "did not make",
            "Use another name (DEMO_DB=my_demo make demo), or drop that database.",
        )
    if there and state.series != runtime.odoo.series:
        raise SuiteError(
            f"the demo database {wanted.database} is of Odoo {state.series}, and "
            f"{runtime.odoo.series} is in use",
            f"Keep both: DEMO_DB={wanted.database}_{runtime.odoo.major} make demo. Or "
            "start over: make clean.",
        )
    return state if there else None


def _serves(state: State, port: int) -> bool:
    return state.port == port and server.answers(port)


def _create(runtime: Runtime, wanted: Settings, current: dict[str, str]) -> State:
    """Build the database under a working name: one with its own name is complete.

    When the tests have left their template of Odoo's own addons, it is cloned.
    """
    building = f"{wanted.database}_building"
    runtime.databases.drop(building)
    core = foreign_dependencies(runtime.addons.values(), runtime.addons)
    modules.clone_template(runtime, "all", core, building)
    log = modules.fresh_log(runtime, f"demo-{wanted.database}")
    names = [addon.name for addon in installation_order(runtime.addons)]
    with runtime.console.step(f"database {wanted.database}: {', '.join(names)}"):
        # A story loads its addon's demo data; Odoo's own would bury it in furniture.
        modules.install(runtime, building, names, demo=False, log=log)
    play_stories(runtime, building, log)
    runtime.databases.rename(building, wanted.database)
    state = State(
        database=wanted.database,
        series=runtime.odoo.series,
        server=_server_name(runtime),
        addons=current,
    )
    _save(state, wanted.state_file)
    return state


def _bring_up_to_date(
    runtime: Runtime, wanted: Settings, state: State, current: dict[str, str]
) -> None:
    log = modules.fresh_log(runtime, f"demo-{wanted.database}")
    new = [name for name in current if name not in state.addons]
    changed = [
        name
        for name, value in current.items()
        if state.addons.get(name, value) != value
    ]
    if changed:
        with runtime.console.step(f"upgrade {', '.join(changed)}"):
            modules.upgrade(runtime, wanted.database, changed, log)
    if new:
        with runtime.console.step(f"install {', '.join(new)}"):
            modules.install(runtime, wanted.database, new, demo=False, log=log)
    play_stories(runtime, wanted.database, log)
    state.addons = current
    _save(state, wanted.state_file)


def play_stories(runtime: Runtime, database: str, log: Path) -> None:
    """Play the stories of the addons in a database; playing them again adds nothing."""
    script = story_script(runtime.addons)
    if not script:
        return
    with runtime.console.step("play the stories of the addons"):
        runtime.run_odoo(
            f"--database={database}",
            "--no-http",
            "--max-cron-threads=0",
            subcommand="shell",
            stdin=script,
            log=log,
        )


def _digests(runtime: Runtime) -> dict[str, str]:
    return {name: digest_tree(runtime.addons_folder / name) for name in runtime.addons}


def _server_name(runtime: Runtime) -> str:
    env = runtime.postgres.env
    return f"{env.get('PGHOST', '')}:{env.get('PGPORT', '')}"


def _save(state: State, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
