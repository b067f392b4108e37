"""The linters, in the versions that pre-commit uses too."""

from collections.abc import Callable, Sequence
from pathlib import Path

from . import node, process, tree_check
from .console import Console
from .errors import SuiteError
from .layout import Layout
from .odoo_log import Results
from .venv import Venv


class Lint:
    """Runs every linter and keeps what they found.

    :param addon: lint one addon only; everything when empty
    """

    def __init__(self, layout: Layout, console: Console, venv: Venv, addon: str = ""):
        self._layout = layout
        self._console = console
        self._venv = venv
        self._addon = addon
        self._log = layout.log("lint")

    def run(self) -> Results:
        """Run all linters; each counts as one test."""
        outcome = Results()
        self._log.unlink(missing_ok=True)
        checks: tuple[tuple[str, Callable[[], None]], ...] = (
            ("ruff check", self._ruff_check),
            ("ruff format", self._ruff_format),
            ("pylint-odoo", self._pylint),
            ("prettier (XML)", self._prettier),
            ("tree check", self._tree_check),
        )
        with self._console.step("lint"):
            for name, check in checks:
                self._console.progress(name)
                try:
                    check()
                except SuiteError as error:
                    outcome.failed[f"lint: {name}"] = error.message
                else:
                    outcome.passed += 1
        return outcome

    def mend(self) -> None:
        """Format Python and XML, and mend what the linters can mend by themselves."""
        with self._console.step("format"):
            self._run([self._program("ruff"), "check", "--fix-only", self._target()])
            self._run([self._program("ruff"), "format", self._target()])
            self._run_prettier("--write")

    def _ruff_check(self) -> None:
        self._run([self._program("ruff"), "check", self._target()])

    def _ruff_format(self) -> None:
        self._run(
            [self._program("ruff"), "format", "--check", "--diff", self._target()]
        )

    def _pylint(self) -> None:
        addons = self._addon_folders()
        if addons:
            self._run(
                [self._program("pylint"), "--rcfile=.pylintrc", "--jobs=2", *addons]
            )

    def _prettier(self) -> None:
        self._run_prettier("--check")

    def _run_prettier(self, action: str) -> None:
        files = [
            str(path.relative_to(self._layout.root))
            for path in tree_check.files(self._layout.root)
            if path.suffix == ".xml" and self._is_wanted(path)
        ]
        if files:
            prettier = node.ensure_prettier(self._layout, self._console, self._venv)
            self._run([*prettier, action, "--log-level=warn", *files])

    def _tree_check(self) -> None:
        found = tree_check.check(self._layout.root)
        if found:
            raise SuiteError("\n".join(found))

    def _addon_folders(self) -> list[str]:
        manifests = sorted(self._layout.root.glob("*/__manifest__.py"))
        names = [manifest.parent.name for manifest in manifests]
        return [name for name in names if self._addon in ("", name)]

    def _is_wanted(self, path: Path) -> bool:
        parts = path.relative_to(self._layout.root).parts
        return not self._addon or parts[0] == self._addon

    def _target(self) -> str:
        return self._addon or "."

    def _program(self, name: str) -> str:
        return str(self._venv.program(name))

    def _run(self, argv: Sequence[str]) -> None:
        shown: list[str] = []
        code = process.run(
            argv,
            log=self._log,
            cwd=self._layout.root,
            on_line=shown.append,
            env={"PYTHONPATH": ""},
            check=False,
        )
        if code:
            raise SuiteError("".join(shown[-60:]).rstrip())
