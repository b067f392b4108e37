"""Text with edits by offset, and what a line says about its own rendering."""

import ast
import re
from bisect import bisect_right
from functools import cached_property

_DIRECTIVE = re.compile(rb"(?:#|--|//|<!--)\s*series:\s*([\w.]+)")


class SeriesError(Exception):
    """The source cannot be rendered; each refusal names file, line and rule."""

    def __init__(self, refusals):
        self.refusals = sorted(set(refusals))
        super().__init__(
            "\n".join(f"{path}:{line}: {text}" for path, line, text in self.refusals)
        )


class Text:
    """One file's text, the edits gathered for it, and the refusals.

    Offsets count bytes, as the `ast` module does. `later` is what a walk learns of
    a variable below its first use, for the next walk.

    :param str path: the name used in refusals
    :param bytes data: the content, UTF-8
    """

    def __init__(self, path, data):
        self.path = path
        self.data = data
        self.edits = {}
        self.refusals = []
        self.later = {}

    @cached_property
    def _starts(self):
        return [0, *(m.end() for m in re.finditer(rb"\n", self.data))]

    @cached_property
    def _directives(self):
        return {
            self.line(match.start()): match.group(1).decode()
            for match in _DIRECTIVE.finditer(self.data)
        }

    @cached_property
    def tree(self):
        """The syntax tree of a Python file."""
        return ast.parse(self.data)

    def offset(self, line, column):
        """Return the offset of a one-based line and a zero-based column."""
        return self._starts[line - 1] + column

    def line(self, offset):
        """Return the one-based line that an offset lies on."""
        return bisect_right(self._starts, offset)

    def kept(self, line):
        """Tell whether the line says ``series: keep``."""
        return self._directives.get(line) == "keep"

    def stated_model(self, line):
        """Return the model that the line states for names on it, or None."""
        word = self._directives.get(line)
        return None if word == "keep" else word

    def edit(self, start, end, new):
        """Replace bytes from `start` to `end`, unless the line keeps its text."""
        if not self.kept(self.line(start)):
            self.edits[(start, end)] = new.encode()

    def refuse(self, offset, message):
        """Note that what stands at `offset` cannot be rendered."""
        line = self.line(offset)
        if not self.kept(line):
            self.refusals.append((self.path, line, message))

    def replace_word(self, start, end, old, new):
        """Replace the word `old` wherever it stands between two offsets."""
        pattern = rb"(?<![\w.])" + re.escape(old.encode()) + rb"(?![\w.])"
        for match in re.finditer(pattern, self.data[start:end]):
            self.edit(start + match.start(), start + match.end(), new)

    def rendered(self):
        """Return the text with every edit made."""
        parts, done = [], 0
        for (start, end), new in sorted(self.edits.items()):
            if start < done:
                raise AssertionError(f"{self.path}: edits overlap at {start}")
            parts += [self.data[done:start], new]
            done = end
        return b"".join([*parts, self.data[done:]])
