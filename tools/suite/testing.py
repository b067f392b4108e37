"""``make test``: lint, render, install, and every test of the suite."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

from . import modules, odoo_log, ports, process, runtime
from .addons import Addon, foreign_dependencies, installation_order
from .console import Console
from .errors import SuiteError
from .layout import Layout
from .lint import Lint
from .odoo_log import Results
from .runtime import Runtime


def main(
    layout: Layout, console: Console, environ: Mapping[str, str], addon: str
) -> int:
    """Run the tests and print their outcome, the totals as the last line.

    :param addon: test this addon only (the fast loop); everything when empty
    :returns: the exit code: zero when something ran and nothing failed
    """
    shutil.rmtree(layout.artifacts, ignore_errors=True)
    layout.artifacts.mkdir(parents=True)
    ready = runtime.bootstrap(layout, console, environ, development=True)
    if addon and addon not in ready.addons:
        raise SuiteError(
            f"ADDON={addon} is no addon of ours",
            f"Use one of {', '.join(ready.addons)}.",
        )
    outcome = Lint(layout, console, ready.venv, addon).run()
    try:
        if addon:
            outcome.add(_test_addon(ready, ready.addons[addon]))
        else:
            outcome.add(_test_everything(ready))
    except SuiteError as error:
        outcome.failed["the test run"] = f"{error.message}\n{error.hint}"
    _report(console, outcome)
    return 0 if outcome.passed and not outcome.failed else 1


def lint(layout: Layout, console: Console, addon: str) -> int:
    """Run the linters only; return the exit code."""
    venv = runtime.prepare_venv(layout, console, development=True)
    outcome = Lint(layout, console, venv, addon).run()
    _report(console, outcome)
    return 1 if outcome.failed else 0


def mend(layout: Layout, console: Console, addon: str) -> int:
    """Format the files and mend what the linters can; return the exit code."""
    venv = runtime.prepare_venv(layout, console, development=True)
    Lint(layout, console, venv, addon).mend()
    return 0


def _test_everything(ready: Runtime) -> Results:
    outcome = _run_pytest(ready, "tools/tests", "the tools' own tests")
    try:
        outcome.add(_test_addons(ready, installation_order(ready.addons)))
    except SuiteError as error:
        outcome.failed["installing the addons"] = f"{error.message}\n{error.hint}"
    outcome.add(_run_pytest(ready, "tests", "the suite on a running server"))
    return outcome


def _test_addons(ready: Runtime, wanted: Sequence[Addon]) -> Results:
    """Install all addons, then upgrade them with their tests.

    The upgrade runs the tests of both phases, and proves that upgrading works.
    """
    names = [addon.name for addon in wanted]
    with _database(ready, wanted, "all") as (database, outcome):
        log = modules.fresh_log(ready, "test-install")
        with ready.console.step(f"install {', '.join(names)} on {ready.odoo.series}"):
            modules.install(ready, database, names, demo=False, log=log)
        outcome.add(_judge_installation(ready, log))
        outcome.add(_run_odoo_tests(ready, database, names, "--update"))
    return outcome


def _test_addon(ready: Runtime, addon: Addon) -> Results:
    """Install one addon and run its tests in one go: the fast loop."""
    with _database(ready, [addon], addon.name) as (database, outcome):
        outcome.add(_run_odoo_tests(ready, database, [addon.name], "--init"))
        outcome.add(_judge_installation(ready, _test_log(ready)))
    return outcome


@contextmanager
def _database(ready: Runtime, wanted: Sequence[Addon], scope: str):
    """Give a clone of the template, and the results that decide whether it is kept."""
    core = foreign_dependencies(wanted, ready.addons)
    database = f"{modules.prefix_of(ready)}_test_{scope}"
    ready.databases.clone(modules.template(ready, scope, core), database)
    outcome = Results()
    yield database, outcome
    if outcome.failed:
        ready.console.note(f"    the database {database} is kept for a look")
    else:
        ready.databases.drop(database)


def _judge_installation(ready: Runtime, log: Path) -> Results:
    """Look for warnings of an installation; that there is none counts as one test."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        found = odoo_log.problems(lines, ready.addons)
    if not found:
        return Results(passed=1)
    text = "\n".join([*found, f"full log: {log}"])
    return Results(failed={"installation without warnings": text})


def _run_odoo_tests(
    ready: Runtime, database: str, names: Sequence[str], action: str
) -> Results:
    """Run the tests of addons.

    :param action: the option that loads them: ``--init`` or ``--update``
    """
    log = _test_log(ready)
    log.unlink(missing_ok=True)
    count = 0

    def show(line: str) -> None:
        nonlocal count
        test = odoo_log.starting_test(line)
        if test:
            count += 1
            ready.console.progress(f"test {count}: {test}")

    with ready.console.step(f"tests of {', '.join(names)} on {ready.odoo.series}"):
        code = ready.run_odoo(
            f"--database={database}",
            f"{action}={','.join(names)}",
            *(ready.odoo.demo_flags(demo=False) if action == "--init" else ()),
            "--test-enable",
            f"--test-tags={','.join(f'/{name}' for name in names)}",
            f"--screenshots={ready.layout.artifacts / 'screenshots'}",
            f"--http-port={ports.free_port()}",
            f"--gevent-port={ports.free_port()}",
            "--stop-after-init",
            "--workers=0",
            "--max-cron-threads=0",
            log=log,
            on_line=show,
            check=False,
        )
    shutil.copy(log, ready.layout.artifacts)
    return _judge_run(log, code)


def _judge_run(log: Path, code: int) -> Results:
    """Return the outcome of a run that ended with an exit code."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        outcome = odoo_log.results(lines)
    if not outcome.total:
        outcome.failed["the run itself"] = f"no test ran: {log}"
    elif code and not outcome.failed:
        outcome.failed["the run itself"] = f"Odoo ended with exit code {code}: {log}"
    return outcome


def _test_log(ready: Runtime) -> Path:
    return ready.layout.log(f"test-run-{ready.odoo.series}")


def _run_pytest(ready: Runtime, folder: str, title: str) -> Results:
    if not any((ready.layout.root / folder).glob("test_*.py")):
        return Results(failed={title: f"there is no test in {folder}/"})
    report = ready.layout.artifacts / f"{folder.replace('/', '-')}.xml"
    log = ready.layout.log(folder.replace("/", "-"))
    log.unlink(missing_ok=True)
    with ready.console.step(title):
        process_code = _pytest(ready, folder, report, log)
    if not report.exists():
        return Results(failed={title: f"pytest broke off: {log}"})
    outcome = read_junit(report.read_text(encoding="utf-8"))
    if process_code and not outcome.failed:
        outcome.failed[title] = f"pytest ended with exit code {process_code}: {log}"
    return outcome


def _pytest(ready: Runtime, folder: str, report: Path, log: Path) -> int:
    return process.run(
        [
            str(ready.venv.python),
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
            folder,
        ],
        log=log,
        cwd=ready.layout.root,
        on_line=ready.console.progress,
        check=False,
    )


def read_junit(text: str) -> Results:
    """Return the outcome that a JUnit report tells."""
    outcome = Results()
    for case in ElementTree.fromstring(text).iter("testcase"):
        name = f"{case.get('classname')}:{case.get('name')}"
        broken = next((e for e in case if e.tag in {"failure", "error"}), None)
        skipped = case.find("skipped")
        if broken is not None:
            outcome.failed[name] = broken.text or broken.get("message", "")
        elif skipped is not None:
            outcome.skipped[name] = skipped.get("message", "")
        else:
            outcome.passed += 1
    return outcome


def _report(console: Console, outcome: Results) -> None:
    for name, reason in outcome.skipped.items():
        console.note(f"skipped {name}: {reason}")
    for name, reason in outcome.failed.items():
        console.note(f"FAILED {name}\n{reason}\n")
    console.note(outcome.summary())
