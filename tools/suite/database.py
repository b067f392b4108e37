"""Databases and their filestores: create, clone, drop."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .errors import SuiteError

# psycopg2 lives in the virtual environment, this package runs without it.
_PROGRAM = """\
import json, sys
import psycopg2
request = json.load(sys.stdin)
connection = psycopg2.connect(dbname=request["database"])
connection.autocommit = True
with connection.cursor() as cursor:
    cursor.execute(request["statement"], request["values"])
    rows = cursor.fetchall() if cursor.description else []
json.dump(rows, sys.stdout, default=str)
"""
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Databases:
    """The databases of one server, each with a filestore below the data directory.

    :param python: an interpreter that has psycopg2
    :param env: libpq variables that name the server
    :param data_dir: Odoo's data directory
    """

    def __init__(self, python: Path, env: dict[str, str], data_dir: Path):
        self._python = python
        self._env = env
        self._data_dir = data_dir

    def query(
        self, statement: str, values: Sequence = (), database: str = "postgres"
    ) -> list[list]:
        """Run one statement and return its rows.

        :param values: values for the statement's ``%s``
        :raises SuiteError: with the server's own message
        """
        request = {
            "database": database,
            "statement": statement,
            "values": list(values) or None,
        }
        result = subprocess.run(
            [str(self._python), "-c", _PROGRAM],
            input=json.dumps(request),
            env={**os.environ, **self._env},
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            reason = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise SuiteError(
                f"PostgreSQL refused: {reason}",
                "Check the server, and that its role may create databases.",
            )
        return json.loads(result.stdout)

    def exists(self, name: str) -> bool:
        """Tell whether a database is there."""
        return bool(self.query("SELECT 1 FROM pg_database WHERE datname = %s", [name]))

    def starting_with(self, prefix: str) -> list[str]:
        """Return the names of the databases with a prefix."""
        rows = self.query(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
            " ORDER BY datname",
            [prefix],
        )
        return [name for (name,) in rows]

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected, and delete its filestore."""
        self.query(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
        shutil.rmtree(self.filestore(name), ignore_errors=True)

    def clone(self, template: str, name: str) -> None:
        """Make a database as a copy of another, filestore included.

        The files are linked, not copied: Odoo never writes into one that is there.
        """
        self.drop(name)
        self.query(f"CREATE DATABASE {_quoted(name)} TEMPLATE {_quoted(template)}")
        if self.filestore(template).is_dir():
            shutil.copytree(
                self.filestore(template), self.filestore(name), copy_function=os.link
            )

    def rename(self, old: str, new: str) -> None:
        """Rename a database and its filestore."""
        self.query(f"ALTER DATABASE {_quoted(old)} RENAME TO {_quoted(new)}")
        if self.filestore(old).is_dir():
            shutil.rmtree(self.filestore(new), ignore_errors=True)
            self.filestore(old).rename(self.filestore(new))

    def filestore(self, name: str) -> Path:
        """Return the folder with a database's attachments."""
        return self._data_dir / "filestore" / name


def _quoted(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise SuiteError(
            f"{name!r} is no database name of ours",
            "Use lower-case letters, digits and underscores.",
        )
    return f'"{name}"'
