#!/usr/bin/env python3
"""Render the addons, written for one series of Odoo, for another.

    python3 tools/series.py SERIES OUT_DIR [--source DIR]

Every folder at the source's root with a ``__manifest__.py`` is written to OUT_DIR.
What is spelt differently is in `series_table`; nothing else differs between series
but what an addon's own ``compat.py`` branches on. Files that are the same as before
keep their time stamps, files that are gone from the source are removed, and a run
that is interrupted leaves OUT_DIR marked unfinished until the next one.
"""

import argparse
import ast
import csv
import hashlib
import io
import os
import re
import shutil
import sys
from pathlib import Path

import series_python
import series_xml
from series_names import Index, Names
from series_table import SERIES, SOURCE
from series_text import SeriesError, Text

SKIPPED = {"__pycache__", "node_modules", ".git"}
UNFINISHED = ".series-unfinished"
MARK = ".series"


class Tree:
    """The files of all addons of a source folder.

    :param Path source: a folder with addons at its root
    """

    def __init__(self, source):
        self.addons = sorted(p.parent for p in source.glob("*/__manifest__.py"))
        if not self.addons:
            raise SeriesError([(str(source), 0, "no addon here")])
        self.files = {
            path.relative_to(source): path
            for addon in self.addons
            for path in _walk(addon)
        }

    def contents(self):
        """Return the content of every file, by path relative to the source."""
        return {name: path.read_bytes() for name, path in self.files.items()}


def _own_sources():
    """Return the files of the renderer, since another renderer renders otherwise."""
    return {p: p.read_bytes() for p in Path(__file__).parent.glob("series*.py")}


def _walk(folder):
    """Yield the files below a folder, in order, without caches."""
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.name in SKIPPED or entry.name.endswith((".pyc", ".pyo")):
            continue
        if entry.is_dir():
            yield from _walk(Path(entry.path))
        else:
            yield Path(entry.path)


def supported():
    """Return the names of the series that can be rendered."""
    return sorted({SOURCE, *SERIES})


def render(source: Path, target: Path, series: str) -> list[Path]:
    """Write the addons of `source`, rendered for `series`, into `target`.

    :param source: folder with addons at its root, written for `SOURCE`
    :param target: folder for the rendered addons; made when absent, and only this
        function may write there
    :param series: one of `supported()`
    :return: the files that were written or removed, relative to `target`
    :raise SeriesError: what cannot be rendered, with file and line; the target is
        then left as it was
    """
    source, target = Path(source).resolve(), Path(target).resolve()
    if series not in supported():
        known = ", ".join(supported())
        raise SeriesError([("series", 0, f"{series!r} is not one of {known}")])
    if source in (target, *target.parents) and _addon_of(source, target):
        raise SeriesError([(str(target), 0, "the target lies inside an addon")])
    _check_target(target)
    contents = Tree(source).contents()
    order = _digest({Path(series): b"", **contents, **_own_sources()})
    if finished(target) and _mark(target) == (order, _digest(_present(target))):
        return []
    return _write(_rendered(contents, series), target, order)


def _addon_of(source, target):
    """Tell whether the target is the source or lies inside one of its addons."""
    if target == source:
        return True
    first = target.relative_to(source).parts[0]
    return (source / first / "__manifest__.py").exists()


def _check_target(target):
    """Refuse a folder that something else has filled."""
    rendered = (target / MARK).exists() or (target / UNFINISHED).exists()
    if target.exists() and any(target.iterdir()) and not rendered:
        message = "not empty and not rendered: name another folder"
        raise SeriesError([(str(target), 0, message)])


def _rendered(contents, series):
    """Return the content of every file as the series spells it."""
    if series == SOURCE:
        return contents
    return _Rendering(SERIES[series], contents).run()


class _Rendering:
    """All files rendered for one series, since they tell each other's models."""

    def __init__(self, series, contents):
        self.series = series
        self.contents = contents
        self.index = Index()
        self.names = Names(series, self.index)
        self.texts = {n: Text(str(n), data) for n, data in contents.items()}
        self.roots = {}

    def run(self):
        """Return the rendered contents, or raise all refusals at once."""
        self._scan()
        for name, text in self.texts.items():
            self._rewrite(name, text)
        refusals = [r for text in self.texts.values() for r in text.refusals]
        if refusals:
            raise SeriesError(refusals)
        return {name: text.rendered() for name, text in self.texts.items()}

    def _of(self, suffix):
        return {n: t for n, t in self.texts.items() if n.suffix == suffix}

    def _scan(self):
        """Read what the addons declare; twice, for files that follow each other."""
        for name, text in self._of(".xml").items():
            if "static" in name.parts:
                continue
            self.roots[name] = series_xml.parse(text.data)
            series_xml.scan(self.roots[name], name.parts[0], self.index)
        python = self._of(".py").values()
        for _pass in range(2):
            for text in python:
                _parsed(series_python.scan, text, self.names)

    def _rewrite(self, name, text):
        for step in self.names.steps:
            if step.handler in STEPS and name.name.endswith(step.files):
                STEPS[step.handler](text, step.arguments, self.series)
        if name.name == "__manifest__.py":
            _parsed(_dependencies, text, self.names)
        if name.suffix == ".py":
            _parsed(series_python.rewrite, text, self.names)
        elif name in self.roots:
            addon, root = name.parts[0], self.roots[name]
            series_xml.rewrite(text, root, addon, self.names)
        elif name.suffix == ".js" and "lib" not in name.parts:
            _script(text, self.names)
        elif name.suffix == ".csv":
            _csv(text, name, self.names)
        elif name.suffix in (".po", ".pot"):
            _translations(text, self.index)


def _parsed(handler, text, names):
    """Run a handler of Python source, naming the line of a syntax error."""
    try:
        handler(text, names)
    except SyntaxError as error:
        text.refusals.append((text.path, error.lineno or 0, f"syntax: {error.msg}"))


# -- steps ------------------------------------------------------------------------


def _manifest_value(text, key):
    """Return the node of a value in a manifest, or None."""
    dictionary = ast.parse(text.data, mode="eval").body
    for name, value in zip(dictionary.keys, dictionary.values, strict=True):
        if getattr(name, "value", None) == key:
            return value
    return None


def _dependencies(text, names):
    """Refuse modules that the target lacks."""
    node = _manifest_value(text, "depends")
    for item in node.elts if node else ():
        row = names.forbidden.get(("depends", item.value))
        if row:
            start = text.offset(item.lineno, item.col_offset)
            text.refuse(start, f"{item.value} ({row.topic}): {row.advice}")


def _manifest_version(text, _arguments, series):
    """Put the target's series in front of the addon's own version."""
    node = _manifest_value(text, "version")
    value = getattr(node, "value", "")
    if not re.fullmatch(re.escape(SOURCE) + r"(\.\d+){3}", value):
        message = f"manifest version {value!r} is not {SOURCE}.x.y.z"
        text.refusals.append((text.path, getattr(node, "lineno", 1), message))
        return
    start = text.offset(node.lineno, node.col_offset) + 1
    text.edit(start, start + len(SOURCE), series.name)


def _manifest_category(text, arguments, _series):
    """Rename the first part of the addon's category."""
    node = _manifest_value(text, "category")
    value = getattr(node, "value", "")
    for old, new in arguments.items():
        if value.startswith(old):
            start = text.offset(node.lineno, node.col_offset) + 1
            text.edit(start, start + len(old), new)


def _module_path(text, arguments, _series):
    """Rename the module that a JavaScript file imports from."""
    for old, new in arguments.items():
        for quote in ("'", '"'):
            for match in re.finditer(
                re.escape(f"{quote}{old}{quote}").encode(), text.data
            ):
                text.edit(match.start() + 1, match.end() - 1, new)


FORBIDDEN = {"depends"}

STEPS = {
    "manifest_version": _manifest_version,
    "manifest_category": _manifest_category,
    "module_path": _module_path,
}


def _script(text, names):
    """Replace or refuse whole string literals of a JavaScript file."""
    for match in re.finditer(rb"(?<=['\"`])[\w.]+(?=['\"`])", text.data):
        word = match[0].decode()
        renamed = names.by_name.get(word)
        refused = names.forbidden.get(("word", word))
        if word in names.literals:
            text.edit(match.start(), match.end(), names.literals[word].new)
        elif refused:
            message = f"{word} ({refused.topic}): {refused.advice}"
            text.refuse(match.start(), message)
        elif renamed and renamed.unsure != "leave":
            text.refuse(match.start(), names.ask(word))


def _csv(text, name, names):
    """Rename the columns of a data file, and whole cells everywhere in it."""
    content = text.data.decode()
    header = next(csv.reader(io.StringIO(content)), [])
    end = content.find("\n") if "\n" in content else len(content)
    for column in header:
        field = re.split("[/:.]", column)[0]
        new = names.rename(name.stem, field, False)
        if names.why_gone(name.stem, field):
            text.refuse(0, names.why_gone(name.stem, field))
        if new != field:
            match = re.search(rf"(?<!\w){re.escape(field)}(?!\w)", content[:end])
            start = len(content[: match.start()].encode())
            text.edit(start, start + len(field.encode()), new)
    for match in re.finditer(r"[^,\"\n\r]+", content):
        cell = match[0].strip()
        if cell not in names.literals and ("word", cell) not in names.forbidden:
            continue
        start = len(content[: match.start()].encode())
        refused = names.forbidden.get(("word", cell))
        if refused:
            text.refuse(start, f"{cell} ({refused.topic}): {refused.advice}")
        else:
            text.replace_word(start, start + len(cell), cell, names.literals[cell].new)


def _translations(text, index):
    """Let a privilege share the translation of what it stands for."""
    owners = series_xml.privilege_owners(index)
    reference = rb"model:(?:ir\.module\.category|res\.groups),name:([\w.]+)"
    for match in re.finditer(reference, text.data):
        if match[1].decode() in owners:
            privilege = series_xml.privilege_name(match[1].decode())
            new = f" model:res.groups.privilege,name:{privilege}"
            text.edit(match.end(), match.end(), new)


# -- writing ----------------------------------------------------------------------


def _write(contents, target, order):
    """Make `target` hold exactly these files; return the paths that changed.

    :param str order: digest of what this rendering was made of
    """
    target.mkdir(parents=True, exist_ok=True)
    present = _present(target)
    changed = [n for n, data in contents.items() if present.get(n) != data]
    stale = [name for name in present if name not in contents]
    unfinished = target / UNFINISHED
    unfinished.touch()
    for name in stale:
        (target / name).unlink()
    _prune(target)
    for name in changed:
        _replace(target / name, contents[name])
    _replace(target / MARK, f"{order} {_digest(contents)}\n".encode())
    unfinished.unlink()
    return sorted([*changed, *stale])


def _present(target):
    """Return the content of the files that the target has; links count as none."""
    found = (p for p in target.rglob("*") if p.is_symlink() or not p.is_dir())
    return {
        p.relative_to(target): None if p.is_symlink() else p.read_bytes()
        for p in found
        if p.name not in (MARK, UNFINISHED) and "__pycache__" not in p.parts
    }


def _mark(target):
    """Return the two digests that the last rendering left in the target."""
    return tuple((target / MARK).read_text().split())


def _replace(path, data):
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _prune(target):
    """Remove the folders that no file is left in, with the caches Python put there."""
    for cache in list(target.rglob("__pycache__")):
        if not list(cache.parent.glob("*.py")):
            shutil.rmtree(cache)
    folders = [p for p in target.rglob("*") if p.is_dir() and not p.is_symlink()]
    for folder in sorted(folders, reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _digest(contents):
    """Return a word that changes with any path or content."""
    digest = hashlib.sha256()
    for name in sorted(contents):
        data = contents[name] or b""
        digest.update(f"{name}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def finished(target: Path) -> bool:
    """Tell whether `target` holds one whole rendering."""
    return (target / MARK).exists() and not (target / UNFINISHED).exists()


def main(arguments=None) -> int:
    """Render as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("series", help=f"one of {', '.join(supported())}")
    parser.add_argument("target", type=Path, metavar="OUT_DIR")
    parser.add_argument(
        "--source", type=Path, default=Path(__file__).resolve().parent.parent
    )
    options = parser.parse_args(arguments)
    try:
        changed = render(options.source, options.target, options.series)
    except SeriesError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.target}: {options.series}, {len(changed)} files changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
