"""The command line: options, the printed table, the exit code."""

import argparse
import ast
import sys
import traceback
from collections import Counter
from pathlib import Path

import psycopg2.extensions

from . import checks, server_log, snapshot
from .failure import CouldNotRun

OK, FINDINGS, NO_RESULT = 0, 1, 2
_MANIFEST = Path(__file__).resolve().parents[2] / "__manifest__.py"


def parser(description):
    """Return a parser with the options that both commands take."""
    parser = argparse.ArgumentParser(
        description=description,
        epilog="Exit code: 0 nothing failed, 1 findings, 2 no result. "
        "The PG* environment variables name the server.",
    )
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--database", metavar="NAME", help="database to look at")
    place.add_argument("--dsn", help="the same as a connection string or address")
    parser.add_argument("--log", metavar="FILE", help="log of the server to look into")
    parser.add_argument(
        "--since",
        metavar="TIME",
        type=server_log.check_time,
        help="only errors from then on, as the log has it: YYYY-MM-DD HH:MM:SS in UTC",
    )
    parser.add_argument(
        "--errors-allowed", metavar="N", type=int, default=0, help="default: 0"
    )
    parser.add_argument(
        "--expect-version", metavar="VERSION", help="version the addon must have"
    )
    parser.add_argument("--output", metavar="FILE", help="write the snapshot there")
    parser.add_argument(
        "--ids", metavar="N", type=int, default=20, help="ids to name; default: 20"
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=int,
        default=600,
        help="longest time for one question; default: 600",
    )
    return parser


def run(work, options):
    """Do the work of a command, print its table, and return the exit code.

    :param work: function of the options that returns a title and checks
    :param options: the parsed command line
    """
    try:
        title, checked = work(options)
        found = list(checked)
    except CouldNotRun as error:
        sys.stderr.write(f"error: {error}\n")
        return NO_RESULT
    except Exception:
        # Python's own exit code for this is 1, which would read as findings.
        traceback.print_exc()
        return NO_RESULT
    _show(title, found)
    return FINDINGS if any(one.level == checks.FAIL for one in found) else OK


def earlier(path):
    """Return the snapshot to compare with; None when no file is named.

    :raises CouldNotRun: when the file cannot be read, or holds something else
    """
    return snapshot.load(path) if path else None


def look(options, like=None):
    """Return a snapshot of the database and the log that the options name.

    :param dict like: snapshot to compare with
    :raises CouldNotRun: when one of them cannot be read, or they are not comparable
    """
    found = snapshot.take(_dsn(options), options.timeout, like)
    if like and like["series"] != found["series"]:
        raise CouldNotRun(
            f"The snapshot was taken on Odoo {like['series']}, and the database is "
            f"Odoo {found['series']}: only those of one series are compared."
        )
    if options.log:
        since = options.since or (like["taken_at"] if like else None)
        errors = server_log.read_errors(options.log, found["database"], since)
        found["log"] = {"file": options.log, "since": since, **errors}
    if options.output:
        snapshot.save(found, options.output)
    return found


def title(name, found):
    """Return the line that a table begins with."""
    return (
        f"{name} of {found['database']} (Odoo {found['series']}, "
        f"PostgreSQL {found['postgresql']}), {found['taken_at']} UTC"
    )


def own_version():
    """Return the version of the addon that this file belongs to."""
    manifest = ast.literal_eval(_MANIFEST.read_text(encoding="utf-8"))
    return manifest["version"]


def _dsn(options):
    if options.dsn:
        return options.dsn
    return psycopg2.extensions.make_dsn(dbname=options.database)


def _show(title, found):
    """Write the table to the standard output."""
    width = max(len(one.name) for one in found)
    number = Counter(one.level for one in found)
    lines = [f"{one.level}  {one.name:<{width}}  {one.text}" for one in found]
    total = (
        f"{number[checks.PASS]} passed, {number[checks.WARN]} warnings, "
        f"{number[checks.FAIL]} failed"
    )
    sys.stdout.write("\n".join([title, *lines, total, ""]))
