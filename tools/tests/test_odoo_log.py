"""What Odoo's log says about an installation and about a test run."""

from pathlib import Path

import pytest

from tools.suite import odoo_log, testing

RUN = """\
2026-01-01 10:00:00,000 1 INFO db odoo.addons.probe.tests.test_a: Starting TestA.test_good ...
2026-01-01 10:00:00,100 1 INFO db odoo.addons.probe.tests.test_a: Starting TestA.test_bad ...
2026-01-01 10:00:00,200 1 INFO db odoo.addons.probe.tests.test_a: ======================
2026-01-01 10:00:00,200 1 ERROR db odoo.addons.probe.tests.test_a: FAIL: TestA.test_bad
Traceback (most recent call last):
  File "test_a.py", line 3, in test_bad
AssertionError: 1 != 2
2026-01-01 10:00:00,300 1 INFO db odoo.addons.probe.tests.test_a: Starting TestA.test_skip ...
2026-01-01 10:00:00,300 1 INFO db odoo.addons.probe.tests.test_a: skipped TestA.test_skip : no browser
2026-01-01 10:00:00,400 1 INFO db odoo.addons.probe.tests.test_a: Starting TestA.test_sub ...
2026-01-01 10:00:00,400 1 ERROR db odoo.addons.probe.tests.test_a: FAIL: Subtest TestA.test_sub (n=1)
2026-01-01 10:00:00,400 1 ERROR db odoo.addons.probe.tests.test_a: FAIL: Subtest TestA.test_sub (n=2)
2026-01-01 10:00:00,500 1 ERROR db odoo.tests.result: 3 failed, 0 error(s) of 4 tests when loading database 'db'
"""  # noqa: E501 - a log's lines are as long as Odoo writes them
STAMP = "2026-01-01 10:00:00,000 1"


def results(text: str) -> odoo_log.Results:
    return odoo_log.results(text.splitlines(keepends=True))


def test_every_test_is_counted_once():
    outcome = results(RUN)
    assert outcome.summary() == "1 passed, 2 failed, 1 skipped"
    assert outcome.total == 4


def test_subtests_that_fail_are_one_failed_test():
    assert [name.split(":")[1] for name in results(RUN).failed] == [
        "TestA.test_bad",
        "TestA.test_sub",
    ]


def test_failure_keeps_its_traceback_and_skip_its_reason():
    outcome = results(RUN)
    assert (
        "AssertionError: 1 != 2" in outcome.failed["probe.tests.test_a:TestA.test_bad"]
    )
    assert outcome.skipped == {"probe.tests.test_a:TestA.test_skip": "no browser"}


def test_failed_class_setup_is_a_failure_though_no_test_started():
    text = (
        f"{STAMP} ERROR db odoo.addons.x.tests.t: ERROR: setUpClass "
        "(odoo.addons.x.tests.t.TestT)\nBoom\n"
        f"{STAMP} ERROR db odoo.tests.result: 0 failed, 1 error(s) of 0 tests when\n"
    )
    outcome = results(text)
    assert outcome.passed == 0
    assert (
        "Boom" in outcome.failed["x.tests.t:setUpClass (odoo.addons.x.tests.t.TestT)"]
    )


def test_run_that_broke_off_is_a_failure():
    assert "the run itself" in results(RUN.rsplit("\n", 2)[0] + "\n").failed


def test_total_that_differs_from_the_tests_seen_is_a_failure():
    text = RUN.replace("of 4 tests", "of 5 tests")
    assert "5 tests, 4 were seen" in results(text).failed["the run itself"]


def test_same_test_name_in_two_addons_is_two_tests():
    line = f"{STAMP} INFO db odoo.addons.{{}}.tests.t: Starting TestT.test_x ...\n"
    total = f"{STAMP} INFO db odoo.tests.result: 0 failed, 0 error(s) of 2 tests\n"
    assert results(line.format("a") + line.format("b") + total).passed == 2


def test_runs_add_up():
    first = odoo_log.Results(2, {"a": "x"}, {})
    first.add(odoo_log.Results(3, {}, {"b": "y"}))
    assert first.summary() == "5 passed, 1 failed, 1 skipped"


def test_summary_without_skips_does_not_name_them():
    assert odoo_log.Results(7).summary() == "7 passed, 0 failed"


@pytest.mark.parametrize("level", ["WARNING", "ERROR", "CRITICAL"])
def test_installation_problem_is_any_entry_above_info(level):
    lines = [f"{STAMP} {level} db odoo.schema: Table 'x': unable\n", "more\n"]
    assert odoo_log.problems(lines, ["probe"]) == [
        f"{level} odoo.schema: Table 'x': unable\nmore"
    ]


def test_noise_of_libraries_and_core_is_no_problem():
    lines = [
        f"{STAMP} WARNING ? odoo.tools.config: missing --http-interface\n",
        f"{STAMP} WARNING db py.warnings: /x/werkzeug/urls.py:1: DeprecationWarning\n",
        f"{STAMP} INFO db odoo.addons.base: fine\n",
        "<string>:1: (ERROR/3) Unexpected indentation.\n",
    ]
    assert odoo_log.problems(lines, ["probe"]) == []


def test_deprecation_that_our_own_file_raises_is_a_problem():
    lines = [f"{STAMP} WARNING db py.warnings: /x/probe/models/a.py:1: Deprecation\n"]
    assert len(odoo_log.problems(lines, ["probe"])) == 1


def test_warnings_after_the_first_test_belong_to_the_tests():
    lines = [
        f"{STAMP} INFO db odoo.addons.probe.tests.t: Starting TestT.test_x ...\n",
        f"{STAMP} WARNING db odoo.http: on purpose\n",
    ]
    assert odoo_log.problems(lines, ["probe"]) == []


def test_progress_is_read_from_the_lines_of_both_kinds():
    loading = f"{STAMP} INFO db odoo.modules.loading: Loading module sale (3/70)\n"
    assert odoo_log.loading_progress(loading) == "sale (3/70)"
    assert odoo_log.loading_progress("something else") is None
    assert odoo_log.starting_test(RUN.splitlines()[0]) == "TestA.test_good"
    assert odoo_log.starting_test(loading) is None


def test_junit_report_gives_the_same_kind_of_outcome():
    report = (
        "<testsuites><testsuite>"
        "<testcase classname='m' name='good'/>"
        "<testcase classname='m' name='bad'><failure message='no'>why</failure>"
        "</testcase>"
        "<testcase classname='m' name='out'><skipped message='later'/></testcase>"
        "</testsuite></testsuites>"
    )
    outcome = testing.read_junit(report)
    assert outcome.summary() == "1 passed, 1 failed, 1 skipped"
    assert outcome.failed == {"m:bad": "why"}
    assert outcome.skipped == {"m:out": "later"}


def test_run_without_any_test_fails(tmp_path: Path):
    log = tmp_path / "run.log"
    log.write_text(
        f"{STAMP} WARNING db odoo.tests.result: 0 failed, 0 error(s) of 0 tests\n"
    )
    outcome = testing._judge_run(log, 0)
    assert "no test ran" in outcome.failed["the run itself"]


def test_exit_code_alone_makes_a_run_fail(tmp_path: Path):
    log = tmp_path / "run.log"
    log.write_text(
        f"{STAMP} INFO db odoo.addons.a.tests.t: Starting TestT.test_x ...\n"
        f"{STAMP} INFO db odoo.tests.result: 0 failed, 0 error(s) of 1 tests\n"
    )
    assert testing._judge_run(log, 0).summary() == "1 passed, 0 failed"
    assert "exit code 3" in testing._judge_run(log, 3).failed["the run itself"]
