"""One server with two workers for all tests of the API."""

import json
import os
import re
import time
from contextlib import closing
from pathlib import Path

import pytest
from login_audit import house as houses

from abs_api.phone import Phone
from tools.suite import modules
from tools.suite.console import Console
from tools.suite.layout import here
from tools.suite.runtime import bootstrap

_ADDON = "abs_connector"
_SCOPE = "abs_api"
_CORE = ("sale_management", "sale_stock")
_PEOPLE = Path(__file__).parent / "people.py"
# They refuse whoever calls as often as tests do.
_PARAMETERS = {
    "abs_connector.rate_limit.default": "off",
    "abs_connector.rate_limit.auth": "off",
}
_LOG_SECONDS = 10
_ENTRY = re.compile(r"base_json_api\.access: (\{.*\})\s*$", re.MULTILINE)


@pytest.fixture(scope="package")
def house():
    """The server."""
    runtime = bootstrap(here(), Console(), os.environ)
    database = f"{modules.prefix_of(runtime)}_{_SCOPE}"
    runtime.databases.clone(modules.template(runtime, _SCOPE, _CORE), database)
    log = modules.fresh_log(runtime, f"install-{_SCOPE}")
    modules.install(runtime, database, [_ADDON], demo=False, log=log)
    _enrol(runtime, database)
    houses.set_parameters(runtime, database, _PARAMETERS)
    with houses.served(runtime, database, name=_SCOPE) as running:
        yield running
    runtime.databases.drop(database)


def _enrol(runtime, database):
    runtime.run_odoo(
        f"--database={database}",
        "--no-http",
        subcommand="shell",
        log=modules.fresh_log(runtime, f"enrol-{_SCOPE}"),
        stdin=f"{_PEOPLE.read_text(encoding='utf-8')}\nenrol(env)\n",
    )


@pytest.fixture(scope="package")
def phones(house):
    """Makes callers with an address that nobody else has."""
    return lambda: Phone(house)


@pytest.fixture
def phone(phones) -> Phone:
    """One caller."""
    return phones()


@pytest.fixture
def query(house):
    """Runs one statement, and returns its rows."""
    with closing(house.connect()) as connection, connection.cursor() as cursor:

        def run(statement, values=()):
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.fixture
def queries_of(house):
    """Tells how many queries the server has logged for each of some answers."""

    def logged():
        entries = map(json.loads, _ENTRY.findall(house.logged()))
        return {entry["request_id"]: entry["queries"] for entry in entries}

    def counts(answers) -> list[int]:
        names = [answer.headers["X-Request-ID"] for answer in answers]
        deadline = time.monotonic() + _LOG_SECONDS
        # The line of an answer is written after it.
        while not logged().keys() >= {*names} and time.monotonic() < deadline:
            time.sleep(0.1)
        found = logged()
        return [found[name] for name in names]

    return counts
