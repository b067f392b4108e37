"""A database with the audit installed, served by two preforked workers."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from tools.suite import modules, ports, server
from tools.suite.console import Console
from tools.suite.layout import here
from tools.suite.runtime import Runtime, bootstrap

ADDON = "fusion_login_audit"
WORKERS = 2
_SCOPE = "login_audit"
_CORE = (
    "base",
    "mail",
    "web",
    "auth_totp",
    "auth_totp_mail",
    "auth_signup",
    "auth_oauth",
    "auth_passkey",
)
# The code by mail stands in an addon of its own before 19.0, RPC since.
_CORE_OF_SERIES = {18: ("auth_totp_mail_enforce",), 19: ("rpc",)}
_OPTIONS = ("--proxy-mode", "--email-from=audit@example.com")
_PARALLEL_CALLS = 12
_ROUNDS = 20
_PID_OF_LINE = re.compile(r"^\S+ \S+ (\d+) ")


@dataclass(frozen=True)
class House:
    """A served database.

    :param runtime: what runs it
    :param database: its name
    :param port: where it is served
    :param log: the server's log
    """

    runtime: Runtime
    database: str
    port: int
    log: Path

    @property
    def address(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def major(self) -> int:
        """The series as a number."""
        return self.runtime.odoo.major

    def connect(self, database: str = ""):
        """Return a new connection to the database, or to another of the server."""
        connection = connect(self.runtime, database or self.database)
        connection.autocommit = True
        return connection

    def logged(self) -> str:
        """Return the server's log so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def workers_that_logged(self, text: str) -> set[str]:
        """Return the processes that wrote a line with a text."""
        found = (
            _PID_OF_LINE.match(line)
            for line in self.logged().splitlines()
            if text in line
        )
        return {match[1] for match in found if match}

    def call_until_all_workers_serve(self, probe: str, call: Callable) -> list:
        """Call many times at once, until each worker has taken one of the calls.

        :param probe: text that the log shows of each call
        :param call: what is called
        :returns: what the calls returned
        """
        results: list = []
        with ThreadPoolExecutor(_PARALLEL_CALLS) as pool:
            for _round in range(_ROUNDS):
                waiting = [pool.submit(call) for _number in range(_PARALLEL_CALLS)]
                results += [future.result() for future in waiting]
                if len(self.workers_that_logged(probe)) == WORKERS:
                    return results
        raise AssertionError(f"one worker took none of {len(results)} calls")


def connect(runtime: Runtime, database: str):
    """Return a connection to a database of the suite's server."""
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user"}
    names["PGPASSWORD"] = "password"
    env = runtime.postgres.env
    options = {option: env[name] for name, option in names.items() if env.get(name)}
    return psycopg2.connect(dbname=database, **options)


def prepare() -> tuple[Runtime, str]:
    """Make the database, without demo data; return what runs it, and its name."""
    runtime = bootstrap(here(), Console(), os.environ)
    core = (*_CORE, *_CORE_OF_SERIES.get(runtime.odoo.major, ()))
    database = f"{modules.prefix_of(runtime)}_{_SCOPE}"
    runtime.databases.clone(modules.template(runtime, _SCOPE, core), database)
    log = modules.fresh_log(runtime, f"install-{_SCOPE}")
    with runtime.console.step(f"install {ADDON} on {runtime.odoo.series}"):
        modules.install(runtime, database, [ADDON], demo=False, log=log)
    # Crons run when a test asks: Odoo's own removes expired keys, for one.
    # The template may be of another day.
    query = "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'utc' + interval '1 day'"
    _run_once(runtime, database, query)
    return runtime, database


@contextmanager
def served(
    runtime: Runtime,
    database: str,
    *,
    workers: int = WORKERS,
    options: Sequence[str] = (),
    port: int = 0,
    name: str = _SCOPE,
) -> Iterator[House]:
    """Serve a database behind a proxy while the block runs.

    :param port: where; a free one when not given
    :param name: name of the server's log
    """
    log = modules.fresh_log(runtime, f"server-{name}")
    port = port or ports.free_port()
    process = server.start(
        runtime,
        database,
        port,
        log,
        workers=workers,
        options=[*_OPTIONS, *options],
    )
    try:
        yield House(runtime, database, port, log)
    finally:
        process.stop()


def set_parameters(runtime: Runtime, database: str, values: dict[str, str]) -> None:
    """Set system parameters of a database that no server has open."""
    for key, value in values.items():
        _run_once(
            runtime,
            database,
            "INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [key, value],
        )


def _run_once(runtime: Runtime, database: str, statement: str, values=()) -> None:
    with closing(connect(runtime, database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
