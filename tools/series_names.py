"""Which model a name belongs to, and what it is called in the target series."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from series_table import HINTS, Forbidden, Gone, Literal, Rename, Step

_WORD = re.compile(r"[A-Za-z_]\w*")


class Type(NamedTuple):
    """What an expression stands for.

    :param kind: ``record``, ``form`` (of a test), ``values`` (to write), ``rows``
        (as read), ``paths`` (domains and field names), ``env`` or ``object``
    :param model: name of the model; of an ``object``, of its class
    """

    kind: str
    model: str = ""


@dataclass
class Group:
    """A group of the addons: its category, and the groups it implies at once."""

    category: str = ""
    implied: set = field(default_factory=set)


@dataclass
class Index:
    """What the addons themselves declare, gathered before anything is rewritten."""

    relations: dict = field(default_factory=dict)
    declared: set = field(default_factory=set)
    xmlids: dict = field(default_factory=dict)
    bases: dict = field(default_factory=dict)
    attributes: dict = field(default_factory=dict)
    methods: dict = field(default_factory=dict)
    expected: dict = field(default_factory=dict)
    report_models: dict = field(default_factory=dict)
    categories: dict = field(default_factory=dict)
    groups: dict = field(default_factory=dict)

    def relation(self, model, name):
        """Return the model that a field leads to, or None."""
        return (
            self.relations.get((model, name))
            or HINTS.relations.get((model, name))
            or HINTS.relations.get(("*", name))
        )

    def inherited(self, table, owner, name):
        """Look a member up in a class and in the classes it names as its bases."""
        seen, queue = set(), [owner]
        while queue:
            current = queue.pop(0)
            if (current, name) in table:
                return table[current, name]
            seen.add(current)
            queue += [b for b in self.bases.get(current, ()) if b not in seen]
        return None

    def model_of_xmlid(self, xmlid):
        """Return the model of an external id, or None."""
        if xmlid in self.xmlids:
            return self.xmlids[xmlid]
        for prefix, model in HINTS.xmlids.items():
            if xmlid.startswith(prefix):
                return model
        local = xmlid.rpartition(".")[2]
        return "res.groups" if local.startswith("group_") else None


class Names:
    """The names of one series, asked by model and old name.

    :param Series series: rows to apply
    :param Index index: what the addons declare
    """

    def __init__(self, series, index):
        self.index = index
        self.renames = {}
        self.by_name = {}
        for row in series.of(Rename):
            for model in row.models:
                self.renames[model, row.old] = row
            self.by_name.setdefault(row.old, row)
            if row.unsure != "leave":
                self.by_name[row.old] = row
        self.gone = {
            (model, name): row
            for row in series.of(Gone)
            for model in row.models
            for name in row.names
        }
        self.literals = {row.old: row for row in series.of(Literal)}
        self.forbidden = {
            (row.kind, name): row for row in series.of(Forbidden) for name in row.names
        }
        self.steps = series.of(Step)

    def rename(self, model, old, read):
        """Return the target's name of a field or method of a known model."""
        row = self.renames.get((model, old))
        if not row:
            return old
        return (row.read or row.new) if read else row.new

    def unsure(self, old, read):
        """Return what a name on an unknown model becomes; None when it must be told."""
        row = self.by_name.get(old)
        if not row or row.unsure == "leave":
            return old
        if row.unsure == "refuse":
            return None
        return (row.read or row.new) if read else row.new

    def why_gone(self, model, name):
        """Return the refusal for a name that the target lacks, or None.

        A field that the addons declare themselves is theirs.
        """
        own = (model, name) in self.index.declared
        row = None if own else self.gone.get((model, name))
        return row and f"{model}.{name} is gone ({row.topic}): {row.advice}"

    def ask(self, name):
        """Return the refusal for a name whose model cannot be told."""
        row = self.by_name[name]
        return (
            f"cannot tell which model {name!r} is of ({row.topic}): "
            "add a comment 'series: MODEL' or 'series: keep'"
        )

    def path(self, model, path, read=True):
        """Yield `(position, old, new, gone)` for the fields of a dotted path."""
        for match in _WORD.finditer(path):
            name = match.group()
            yield (
                match.start(),
                name,
                self.rename(model, name, read),
                self.why_gone(model, name),
            )
            if path[match.end() : match.end() + 1] != ".":
                return
            model = self.index.relation(model, name)

    def end_of(self, model, path):
        """Return the model that a dotted path of relations leads to, or None."""
        for name in path.split("."):
            model = self.index.relation(model, name)
        return model
