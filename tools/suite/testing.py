"""``make test``: lint, render, install, and every test of the suite."""

import shutil
from collections.abc import Mapping, Sequence
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
    outcome.add(_test_addon(ready, addon) if addon else _test_everything(ready))
    _report(console, outcome)
    return 0 if outcome.passed and not outcome.failed else 1


def _test_everything(ready: Runtime) -> Results:
    outcome = _run_pytest(ready, "tools/tests", "the tools' own tests")
    ordered = installation_order(ready.addons)
    if ordered:
        outcome.add(_install_and_test(ready, ordered, "all"))
        outcome.add(_run_pytest(ready, "tests", "the suite on a running server"))
    return outcome


def _test_addon(ready: Runtime, name: str) -> Results:
    return _install_and_test(ready, [ready.addons[name]], name)


def _install_and_test(ready: Runtime, wanted: Sequence[Addon], scope: str) -> Results:
    """Install addons on a clone of the template, then upgrade them with their tests.

    Installing first, without tests, keeps its log readable: any warning in it is ours.
    The upgrade runs the tests of both phases and proves that upgrading works.
    """
    names = [addon.name for addon in wanted]
    template = modules.template(
        ready, scope, foreign_dependencies(wanted, ready.addons)
    )
    database = f"{modules.prefix_of(ready)}_test_{scope}"
    ready.databases.clone(template, database)
    outcome = _install(ready, database, names)
    if not outcome.failed or ready.databases.exists(database):
        outcome.add(_run_odoo_tests(ready, database, names))
    if outcome.failed:
        ready.console.note(f"    the database {database} is kept for a look")
    else:
        ready.databases.drop(database)
    return outcome


def _install(ready: Runtime, database: str, names: Sequence[str]) -> Results:
    """Install addons; that it logs no warning counts as one test."""
    log = modules.fresh_log(ready, "test-install")
    outcome = Results()
    with ready.console.step(f"install {', '.join(names)} on {ready.odoo.series}"):
        modules.install(ready, database, names, demo=False, log=log)
    try:
        modules.require_clean_log(log, ready, "the installation")
    except SuiteError as error:
        outcome.failed["installation without warnings"] = error.message
    else:
        outcome.passed += 1
    return outcome


def _run_odoo_tests(ready: Runtime, database: str, names: Sequence[str]) -> Results:
    log = modules.fresh_log(ready, "test-run")
    count = 0

    def show(line: str) -> None:
        nonlocal count
        test = odoo_log.starting_test(line)
        if test:
            count += 1
            ready.console.progress(f"test {count}: {test}")

    port = ports.free_port()
    with ready.console.step(f"tests of {', '.join(names)} on {ready.odoo.series}"):
        code = ready.run_odoo(
            f"--database={database}",
            f"--update={','.join(names)}",
            "--test-enable",
            f"--test-tags={','.join(f'/{name}' for name in names)}",
            f"--screenshots={ready.layout.artifacts / 'screenshots'}",
            f"--http-port={port}",
            f"--gevent-port={ports.free_port()}",
            "--stop-after-init",
            "--workers=0",
            "--max-cron-threads=0",
            log=log,
            on_line=show,
            check=False,
        )
    shutil.copy(log, ready.layout.artifacts)
    with log.open(encoding="utf-8", errors="replace") as lines:
        outcome = odoo_log.results(lines)
    if code and not outcome.failed:
        outcome.failed["the run itself"] = f"Odoo ended with exit code {code}: {log}"
    if not outcome.total:
        outcome.failed["the run itself"] = f"no test ran: {log}"
    return outcome


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
