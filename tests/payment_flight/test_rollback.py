"""The rehearsal: a backup, an installation that breaks off, the backup restored."""

import shutil
import subprocess
from pathlib import Path

import pytest

from payment_flight.place import ADDON
from tools.suite import modules, ports, server
from tools.suite.errors import SuiteError

_BREAK = "CREATE VIEW payment_approval_log AS SELECT 1 AS id"


def _programs():
    """Return the folder with PostgreSQL's client programs, the newest."""
    on_path = shutil.which("pg_restore")
    folders = sorted(
        (Path("/usr/lib/postgresql").glob("*/bin")),
        key=lambda folder: int(folder.parent.name),
    )
    found = [folder for folder in folders if (folder / "pg_restore").exists()]
    if found:
        return found[-1]
    return Path(on_path).parent if on_path else None


@pytest.fixture
def postgres(place):
    """Runs PostgreSQL's own programs."""
    folder = _programs()
    if folder is None:
        pytest.skip("this machine has no pg_dump and pg_restore")

    def run(program, *arguments):
        env = {"PATH": str(folder), **place.runtime.postgres.env}
        command = [str(folder / program), *map(str, arguments)]
        subprocess.run(command, env=env, check=True, capture_output=True)

    return run


@pytest.fixture
def backup(place, plain, before, postgres):
    """Dump and files of a database that an installation then fails in."""
    name = place.clone(plain, "broken")
    dump = place.folder / "before.dump"
    postgres("pg_dump", "--format=custom", f"--file={dump}", name)
    files = place.folder / "filestore"
    shutil.copytree(place.runtime.databases.filestore(name), files)
    place.query(name, _BREAK)
    return name, dump, files


def test_backup_brings_back_what_preflight_saw(place, plain, before, backup, postgres):
    broken, dump, files = backup
    log = modules.fresh_log(place.runtime, "flight-broken")
    with pytest.raises(SuiteError):
        modules.install(place.runtime, broken, [ADDON], demo=False, log=log)
    failed = place.postflight(broken, "--before", before, "--log", log)
    assert failed.code == 1
    assert {"modules.version", "approval", "log.errors"} <= failed.named("fail")

    copy = place.name("restored")
    postgres("createdb", copy)
    postgres("pg_restore", "--exit-on-error", f"--dbname={copy}", dump)
    shutil.copytree(files, place.runtime.databases.filestore(copy))
    restored = place.preflight(copy, "--same-as", before)
    assert restored.code == 0, restored
    assert restored.named("warn") == {"rejected.booked"}
    _serve(place, copy)


def _serve(place, database):
    """Start Odoo on a database; its page answers, and its attachments are there."""
    log = modules.fresh_log(place.runtime, "flight-restored")
    process = server.start(place.runtime, database, ports.free_port(), log)
    try:
        # Before it stops: the cron thread of 18.0 may log that its connection is gone.
        report = place.preflight(database, "--log", log)
    finally:
        process.stop()
    assert report.text("log.errors") == "0, at most 0"
    stored = place.query(
        database, "SELECT store_fname FROM ir_attachment WHERE store_fname IS NOT NULL"
    )
    folder = place.runtime.databases.filestore(database)
    assert stored
    assert [name for (name,) in stored if not (folder / name).is_file()] == []


def test_restored_copy_that_lacks_something_is_no_copy(place, plain, before):
    copy = place.clone(plain, "lacking")
    payment, _entry = place.payment(copy, 100)
    place.query(copy, "DELETE FROM account_payment WHERE id = %s", [payment])
    place.query(copy, "ALTER TABLE account_move_line DROP COLUMN name")
    report = place.preflight(copy, "--same-as", before)
    assert report.code == 1
    assert report.text("rows.account_payment") == f"removed: {payment}"
    assert report.text("rows.account_move_line") == "columns are gone: name"
