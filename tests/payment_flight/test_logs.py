"""Errors in the server's log, told from words that only look like one."""

import pytest

_QUIET = """\
$ odoo --database=x
2026-01-02 10:00:00,000 7 INFO {name} odoo.modules.loading: loading ERROR pages
2026-01-02 10:00:01,000 7 WARNING {name} py.warnings: Unexpected indentation (ERROR/3)
2026-01-02 10:00:02,000 7 ERROR elsewhere odoo.http: of another database
"""
_ERROR = "2026-01-02 11:00:00,000 7 ERROR {name} odoo.sql_db: bad query: SELECT\n"
_CRITICAL = "2026-01-02 11:00:01,000 7 CRITICAL ? odoo.service.server: out of memory\n"
_TRACEBACK = """\
2026-01-02 11:00:02,000 7 WARNING {name} odoo.addons.payment_account_enhanced: no
Traceback (most recent call last):
  File "x.py", line 1, in <module>
"""


@pytest.fixture
def report(place, installed, before, tmp_path):
    """Looks at the installed database with a log of some lines."""

    def look(lines, *options):
        log = tmp_path / "odoo.log"
        log.write_text(lines.format(name=installed), encoding="utf-8")
        return place.postflight(installed, "--log", log, *options)

    return look


def test_log_without_errors_passes(report):
    assert report(_QUIET).code == 0


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (_ERROR, "1 (ERROR odoo.sql_db: 1)"),
        (_CRITICAL, "1 (CRITICAL odoo.service.server: 1)"),
        (_TRACEBACK, "1 (Traceback odoo.addons.payment_account_enhanced: 1)"),
        (_ERROR + _TRACEBACK.split("\n", 1)[1], "1 (ERROR odoo.sql_db: 1)"),
    ],
    ids=["error", "critical", "traceback", "error with traceback"],
)
def test_error_is_counted_by_its_logger(report, line, named):
    found = report(_QUIET + line)
    assert found.code == 1
    assert found.named("fail") == {"log.errors"}
    assert found.text("log.errors") == named


def test_errors_before_a_time_do_not_count(report):
    assert report(_ERROR, "--since", "2026-01-02 11:00:00").code == 1
    assert report(_ERROR, "--since", "2026-01-02 11:00:01").code == 0


def test_errors_before_the_snapshot_do_not_count(report, before):
    assert report(_ERROR, "--before", before).code == 0


def test_some_errors_may_be_allowed(report):
    assert report(_ERROR + _CRITICAL, "--errors-allowed", 2).code == 0
    assert report(_ERROR + _CRITICAL, "--errors-allowed", 1).code == 1


def test_file_that_is_no_log_is_warned_about(report):
    found = report("nothing of a server\n")
    assert found.code == 0
    assert "log.errors" in found.named("warn")


def test_errors_before_the_upgrade_are_warned_about(place, plain, tmp_path):
    log = tmp_path / "odoo.log"
    log.write_text(_ERROR.format(name=plain), encoding="utf-8")
    found = place.preflight(plain, "--log", log)
    assert found.code == 0
    assert "log.errors" in found.named("warn")
