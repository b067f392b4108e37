"""``make bench``: times of what must be fast, measured inside Odoo."""

import json
from collections.abc import Sequence
from pathlib import Path

from . import modules
from .addons import foreign_dependencies, installation_order
from .errors import SuiteError
from .runtime import Runtime

# Every benchmark gets the same environment; what it changed is rolled back.
_PROGRAM = """\
import json, runpy
results = []
for path in {paths!r}:
    print(f"running {{path}}", flush=True)
    for result in runpy.run_path(path)["run"](env):
        results.append(result)
        print("  {{name}}: {{value:.2f}} {{unit}}".format(**result), flush=True)
    env.cr.rollback()
    env.invalidate_all()
with open({target!r}, "w", encoding="utf-8") as sink:
    json.dump(results, sink, indent=2)
"""


def run(runtime: Runtime, name: str) -> None:
    """Run the benchmarks and show their results.

    :param name: run only the benchmark in ``benchmarks/<name>.py``; all when empty
    """
    paths = find(runtime.layout.root / "benchmarks", name)
    database = _database(runtime)
    target = runtime.layout.artifacts / f"benchmarks-{runtime.odoo.series}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    with runtime.console.step(f"benchmarks on Odoo {runtime.odoo.series}"):
        runtime.run_odoo(
            f"--database={database}",
            "--no-http",
            "--max-cron-threads=0",
            "--log-level=warn",
            subcommand="shell",
            stdin=_PROGRAM.format(
                paths=[str(path) for path in paths], target=str(target)
            ),
            log=modules.fresh_log(runtime, "bench"),
        )
    runtime.databases.drop(database)
    for result in json.loads(target.read_text(encoding="utf-8")):
        runtime.console.note(
            f"  {result['name']:<60} {result['value']:>10.2f} {result['unit']}"
        )
    runtime.console.note(f"  written to {target}")


def find(folder: Path, name: str) -> Sequence[Path]:
    """Return the benchmarks to run.

    :raises SuiteError: when there is none of that name
    """
    paths = sorted(folder.glob("*.py"))
    if name:
        paths = [path for path in paths if path.stem == name]
    if not paths:
        raise SuiteError(
            f"there is no benchmark {name or 'at all'} in {folder}",
            "List the folder; BENCH= takes a file's name without .py.",
        )
    return paths


def _database(runtime: Runtime) -> str:
    core = foreign_dependencies(runtime.addons.values(), runtime.addons)
    template = modules.template(runtime, "all", core)
    database = f"{modules.prefix_of(runtime)}_bench"
    with runtime.console.step("database for the benchmarks"):
        runtime.databases.clone(template, database)
        names = [addon.name for addon in installation_order(runtime.addons)]
        log = modules.fresh_log(runtime, "bench-install")
        modules.install(runtime, database, names, demo=False, log=log)
    return database
