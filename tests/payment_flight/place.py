"""Databases to look at, and running the two commands on them."""

import importlib
import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from tools.suite import modules
from tools.suite.console import Console
from tools.suite.layout import here
from tools.suite.runtime import Runtime, bootstrap

ADDON = "payment_account_enhanced"
_SCOPE = "payment_flight"


@dataclass(frozen=True)
class Report:
    """What a command printed.

    :param code: its exit code
    :param checks: level and text of each check, by name
    :param error: what it wrote to the standard error
    """

    code: int
    checks: dict[str, tuple[str, str]]
    error: str

    def named(self, level: str) -> set[str]:
        """Return the names of the checks with a level."""
        return {name for name, (found, _text) in self.checks.items() if found == level}

    def text(self, name: str) -> str:
        """Return what a check says."""
        return self.checks[name][1]


@dataclass(frozen=True)
class Place:
    """A runtime, a folder for files, and databases that all begin alike.

    :param runtime: what runs Odoo
    :param folder: where snapshots and logs go
    """

    runtime: Runtime
    folder: Path

    def name(self, short: str) -> str:
        """Return the full name of a database."""
        return f"{modules.prefix_of(self.runtime)}_flight_{short}"

    def clone(self, source: str, short: str) -> str:
        """Copy a database with its files; return the copy's name."""
        name = self.name(short)
        self.runtime.databases.clone(source, name)
        return name

    def drop_all(self) -> None:
        """Drop every database that was made here."""
        for name in self.runtime.databases.starting_with(self.name("")):
            self.runtime.databases.drop(name)

    def make_books(self) -> str:
        """Make the plain database with payments in every state."""
        template = modules.template(self.runtime, _SCOPE, ["account"])
        name = self.clone(template, "plain")
        script = (Path(__file__).parent / "books.py").read_text(encoding="utf-8")
        self.runtime.run_odoo(
            f"--database={name}",
            "--no-http",
            subcommand="shell",
            log=modules.fresh_log(self.runtime, "flight-books"),
            stdin=f"{script}\nBooks(env).fill()\n",
        )
        return name

    def install(self, database: str) -> Path:
        """Install the addon; return the log."""
        log = modules.fresh_log(self.runtime, "flight-install")
        modules.install(self.runtime, database, [ADDON], demo=False, log=log)
        return log

    def preflight(self, database: str, *options) -> Report:
        """Look at a database as before an upgrade."""
        return self.run("preflight", "--database", database, *options)

    def postflight(self, database: str, *options) -> Report:
        """Look at a database as after an upgrade."""
        return self.run("postflight", "--database", database, *options)

    def run(self, command: str, *options, env=None) -> Report:
        """Run a command as a script, with the server's Python and nothing of Odoo."""
        script = self.runtime.addons_folder / ADDON / "tools" / f"{command}.py"
        done = subprocess.run(
            [str(self.runtime.venv.python), "-B", str(script), *map(str, options)],
            env={**os.environ, **self.runtime.postgres.env, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        checks = {}
        for line in done.stdout.splitlines()[1:-1]:
            level, name, text = line.split(maxsplit=2)
            checks[name] = (level, text)
        return Report(done.returncode, checks, done.stderr)

    def query(self, database: str, statement: str, values=None) -> list[tuple]:
        """Run one statement, commit, and return its rows."""
        with (
            closing(self.connect(database)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def payment(self, database: str, amount: int) -> tuple[int, int | None]:
        """Return the ids of the payment with an amount, and of its entry."""
        statement = "SELECT id, move_id FROM account_payment WHERE amount = %s"
        return self.query(database, statement, [amount])[0]

    def connect(self, database: str):
        """Return a new connection."""
        names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user"}
        names["PGPASSWORD"] = "password"
        env = self.runtime.postgres.env
        options = {option: env[name] for name, option in names.items() if env.get(name)}
        return psycopg2.connect(dbname=database, **options)


def make(folder: Path) -> Place:
    """Return the place of a test run, its databases of an earlier run dropped."""
    place = Place(bootstrap(here(), Console(), os.environ), folder)
    place.drop_all()
    return place


def folding():
    """Return the commands' module that folds and compares rows."""
    folder = str(here().root / ADDON / "tools")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("flight.rows")
    finally:
        sys.path.remove(folder)


def edited(path: Path, target: Path, change) -> Path:
    """Write a snapshot that was changed into another file, and return that."""
    snapshot = json.loads(path.read_text(encoding="utf-8"))
    change(snapshot)
    target.write_text(json.dumps(snapshot), encoding="utf-8")
    return target
