"""``make bench``: times of what must be fast, each beside what it is compared with."""

import ast
import json
import os
import runpy
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import modules, ports, server
from .addons import foreign_dependencies, installation_order
from .errors import SuiteError
from .runtime import Runtime

# A database that is thrown away; what a benchmark changed in it is rolled back, unless
# it has committed it by itself.
_PROGRAM = """\
import json, runpy, sys
sys.path.insert(0, {folder!r})
results = []
for result in runpy.run_path({path!r})[{entry!r}](env, **{arguments!r}):
    results.append(result)
    print(f"{{result['name']}}: {{result['value']:.2f}} {{result['unit']}}", flush=True)
env.cr.rollback()
with open({target!r}, "w", encoding="utf-8") as sink:
    json.dump(results, sink)
"""
_ENTRIES = ("run", "measure")
_COLUMNS = "  {:<64} {:>11} {:<5} {:>11}  {}"


@dataclass(frozen=True)
class Benchmark:
    """One file of benchmarks, as far as it tells without being run.

    :param path: the file
    :param title: the first line of its docstring
    :param minutes: about how long it takes; nothing is said of a short one
    :param entries: which of ``run`` and ``measure`` it defines
    """

    path: Path
    title: str
    minutes: int
    entries: tuple[str, ...]

    def describe(self) -> str:
        """Return what a person reads before it runs."""
        duration = f" (about {self.minutes} minutes)" if self.minutes else ""
        return f"{self.path.stem}: {self.title}{duration}"


@dataclass(frozen=True)
class Served:
    """A server that runs.

    :param port: where it listens
    :param process: its process, the only one when it has no workers
    :param log: what it has written
    """

    port: int
    process: server.Process
    log: Path

    def cpu(self) -> float:
        """Return the milliseconds of CPU that its process has used, in all threads."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8")
        user, system = stat.rsplit(")", 1)[1].split()[11:13]
        return 1000 * (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Suite:
    """What ``measure`` of a benchmark works with: databases, servers, Odoo's shell.

    The databases that it makes are dropped when the benchmark ends.

    :param runtime: what runs Odoo
    :param folder: the folder with the benchmarks, from which they import their parts
    """

    def __init__(self, runtime: Runtime, folder: Path):
        self.runtime = runtime
        self._folder = folder
        self._databases: list[str] = []

    def database(self, name: str, core: Sequence[str]) -> str:
        """Return a new database with addons that are not ours, from a cached template.

        :param name: tells it from others; it becomes part of the database's name
        :param core: the addons to be in it
        """
        return self.clone(modules.template(self.runtime, f"bench_{name}", core), name)

    def clone(self, source: str, name: str) -> str:
        """Return a new database that is a copy of one nobody is connected to."""
        database = f"{modules.prefix_of(self.runtime)}_bench_{name}"
        self._databases.append(database)
        self.runtime.databases.clone(source, database)
        return database

    def install(self, database: str, names: Sequence[str]) -> None:
        """Install addons in a database."""
        log = modules.fresh_log(self.runtime, "bench-install")
        with self.runtime.console.step(f"install {', '.join(names)} in {database}"):
            modules.install(self.runtime, database, names, demo=False, log=log)

    def inside(
        self,
        database: str,
        path: Path,
        entry: str,
        arguments: Mapping[str, object] | None = None,
    ) -> list[dict]:
        """Run a function of a file inside Odoo's shell and return what it yields.

        :param entry: name of the function, which takes ``env``
        :param arguments: what it takes besides, of what Python can write and read
        """
        target = self.runtime.layout.artifacts / f"benchmark-{database}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        program = _PROGRAM.format(
            folder=str(self._folder),
            path=str(path),
            entry=entry,
            arguments=dict(arguments or {}),
            target=str(target),
        )
        self.runtime.run_odoo(
            f"--database={database}",
            "--no-http",
            "--max-cron-threads=0",
            "--log-level=warn",
            subcommand="shell",
            stdin=program,
            log=modules.fresh_log(self.runtime, f"bench-{path.stem}-{entry}"),
        )
        results = json.loads(target.read_text(encoding="utf-8"))
        target.unlink()
        return results

    def together(self, *runs: tuple) -> list[dict]:
        """Run several functions at the same time, each in a database of its own.

        :param runs: the arguments of `inside` for each
        :returns: what they yield, one after the other
        :raises SuiteError: when one fails; the others are waited for
        """
        with ThreadPoolExecutor(len(runs)) as pool:
            begun = [pool.submit(self.inside, *run) for run in runs]
        return [result for one in begun for result in one.result()]

    @contextmanager
    def served(
        self, database: str, *options: str, workers: int = 0
    ) -> Iterator["Served"]:
        """Serve a database, without crons, while the block runs.

        :param options: further options of the server
        """
        port = ports.free_port()
        log = modules.fresh_log(self.runtime, f"server-{database}")
        options = ("--max-cron-threads=0", *options)
        process = server.start(
            self.runtime, database, port, log, workers=workers, options=options
        )
        try:
            yield Served(port, process, log)
        finally:
            process.stop()

    def progress(self, text: str) -> None:
        """Show how far the benchmark is; cheap to call often."""
        self.runtime.console.progress(text)

    def close(self) -> None:
        """Drop the databases."""
        for database in self._databases:
            self.runtime.databases.drop(database)


def run(runtime: Runtime, name: str) -> None:
    """Run the benchmarks and show their results.

    :param name: run only the benchmark in ``benchmarks/<name>.py``, or those of the
        family ``benchmarks/<name>_*.py``; all when empty
    """
    folder = runtime.layout.root / "benchmarks"
    chosen = [read(path) for path in find(folder, name)]
    for benchmark in chosen:
        runtime.console.note(f"  {benchmark.describe()}")
    target = runtime.layout.artifacts / f"benchmarks-{runtime.odoo.series}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    results: list[dict] = []
    with ExitStack() as stack:
        suite = Suite(runtime, folder)
        stack.callback(suite.close)
        for result in _results(suite, chosen):
            results.append(result)
            target.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    for line in table(results):
        runtime.console.note(line)
    runtime.console.note(f"  written to {target}")


def find(folder: Path, name: str) -> Sequence[Path]:
    """Return the benchmarks to run.

    :raises SuiteError: when there is none of that name
    """
    paths = sorted(folder.glob("*.py"))
    if name:
        paths = [
            path
            for path in paths
            if path.stem == name or path.stem.startswith(f"{name}_")
        ]
    if not paths:
        raise SuiteError(
            f"there is no benchmark {name or 'at all'} in {folder}",
            "List the folder; BENCH= takes a file's name without .py.",
        )
    return paths


def read(path: Path) -> Benchmark:
    """Read what a file says of itself: its docstring, ``MINUTES``, its entries.

    The file is not run: what it imports may be there inside Odoo only.

    :raises SuiteError: when it has no entry
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    minutes = 0
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MINUTES":
            minutes = ast.literal_eval(node.value)
    entries = tuple(entry for entry in _ENTRIES if entry in names)
    if not entries:
        raise SuiteError(
            f"{path} is no benchmark",
            f"Give it a function called {' or '.join(_ENTRIES)}.",
        )
    title = (ast.get_docstring(tree) or path.stem).partition("\n")[0]
    return Benchmark(path, title, minutes, entries)


def table(results: Iterable[dict]) -> Iterator[str]:
    """Return the lines that show results: value, baseline, limit and whether it holds.

    :param results: each with ``name``, ``value`` and ``unit``, and where there are any
        a ``baseline``, a ``limit``, and the ``interval`` that the value lies in
    """
    yield _COLUMNS.format("", "value", "", "baseline", "").rstrip()
    for result in results:
        baseline = result.get("baseline")
        yield _COLUMNS.format(
            result["name"],
            f"{result['value']:.2f}",
            result["unit"],
            "" if baseline is None else f"{baseline:.2f}",
            _verdict(result),
        ).rstrip()


def _verdict(result: dict) -> str:
    """Return whether a limit holds, which noise may leave open."""
    limit = result.get("limit")
    if limit is None:
        return ""
    low, high = result.get("interval", (result["value"], result["value"]))
    if high <= limit:
        return f"within {limit:g}"
    return f"MISSED: {limit:g}" if low > limit else f"noise hides whether {limit:g}"


def _results(suite: Suite, chosen: Sequence[Benchmark]) -> Iterator[dict]:
    """Yield the results of all benchmarks, one after the other."""
    console = suite.runtime.console
    everything = ""
    for benchmark in chosen:
        load = os.getloadavg()[0]
        with console.step(f"{benchmark.describe()}, load {load:.1f}"):
            if "run" in benchmark.entries:
                everything = everything or _everything(suite)
                yield from suite.inside(everything, benchmark.path, "run")
            if "measure" in benchmark.entries:
                yield from _measured(suite, benchmark.path)


def _measured(suite: Suite, path: Path) -> Iterator[dict]:
    """Yield the results of a benchmark that makes its own databases and servers."""
    sys.path.insert(0, str(path.parent))
    try:
        for result in runpy.run_path(str(path))["measure"](suite):
            suite.progress(result["name"])
            yield result
    finally:
        sys.path.remove(str(path.parent))


def _everything(suite: Suite) -> str:
    """Return a database with every addon of ours."""
    addons = suite.runtime.addons
    core = foreign_dependencies(addons.values(), addons)
    database = suite.clone(modules.template(suite.runtime, "all", core), "all")
    suite.install(database, [addon.name for addon in installation_order(addons)])
    return database
