"""XML data files and views of one series rewritten for another, in place.

A small reader keeps the offset of every attribute and text, so that an edit touches
one word and the formatting stays. Models come from ``model=`` of records, from the
``model`` field of views, and down the relations of a view's nested lists and forms.
"""

import re
from dataclasses import dataclass, field

from series_names import Group
from series_table import HINTS

_TOKEN = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<![^>]*>"
    rb"|</(?P<close>[^>\s]+)\s*>"
    rb"|<(?P<open>[A-Za-z_][^\s/>]*)(?P<attributes>(?:\s+[^\s=/>]+\s*=\s*"
    rb"(?:\"[^\"]*\"|'[^']*'))*)\s*(?P<empty>/?)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(rb"([^\s=]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_EXPRESSION = re.compile(
    r"&quot;(?P<entity>.*?)&quot;|'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\""
    r"|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
)
_QUOTED = re.compile(r"'([^'\n]+)'|\"([^\"\n]+)\"")
_MODIFIERS = {"invisible", "readonly", "required", "column_invisible"}
_XPATH_NAME = re.compile(r"@name\s*=\s*['\"]([\w.]+)['\"]")
_EVALUATED = re.compile(r"t-(?!name|call|as|ref|key|set$|debug|lang)")
_PATH = re.compile(r"[A-Za-z_][\w.]*")


@dataclass
class Node:
    """An element of an XML file, with the offsets of what it is written with."""

    tag: str
    start: int
    inside: int
    parent: "Node | None" = None
    attributes: dict = field(default_factory=dict)
    children: list = field(default_factory=list)
    texts: list = field(default_factory=list)
    stop: int = 0
    end: int = 0

    def get(self, name, default=""):
        """Return the text of an attribute."""
        return self.attributes[name][0] if name in self.attributes else default

    def child(self, tag, name):
        """Return the child with this tag and ``name``, or None."""
        for node in self.children:
            if node.tag == tag and node.get("name") == name:
                return node
        return None

    def text(self):
        """Return the text directly inside, stripped."""
        return "".join(part for part, _start in self.texts).strip()

    def walk(self):
        """Yield this element and all below it."""
        yield self
        for node in self.children:
            yield from node.walk()


def parse(data):
    """Return the root `Node` of a file, whose children are its top elements."""
    root = current = Node("", 0, 0)
    done = 0
    for match in _TOKEN.finditer(data):
        current.texts.append((data[done : match.start()].decode(), done))
        done = match.end()
        if match["open"]:
            node = Node(match["open"].decode(), match.start(), match.end(), current)
            base = match.start("attributes")
            for item in _ATTRIBUTE.finditer(match["attributes"]):
                group = 2 if item[2] is not None else 3
                value = (item[group].decode(), base + item.start(group))
                node.attributes[item[1].decode()] = value
            current.children.append(node)
            node.stop = node.end = match.end()
            current = node if not match["empty"] else current
        elif match["close"] and current.parent is not None:
            current.stop, current.end = match.start(), match.end()
            current = current.parent
    current.texts.append((data[done:].decode(), done))
    return root


def records(root):
    """Yield every ``record`` of a data file."""
    return (node for node in root.walk() if node.tag == "record")


def full_xmlid(addon, xmlid):
    """Return an external id with its addon."""
    return xmlid if "." in xmlid else f"{addon}.{xmlid}"


def scan(root, addon, index):
    """Read external ids, categories and report models into the index."""
    for node in records(root):
        xmlid = full_xmlid(addon, node.get("id"))
        index.xmlids[xmlid] = node.get("model")
        if node.get("model") == "ir.module.category":
            index.categories[xmlid] = _category(node, addon)
        if node.get("model") == "res.groups":
            _scan_group(node, addon, index.groups.setdefault(xmlid, Group()))
        if node.get("model") == "ir.actions.report":
            words = {n.get("name"): n.text() for n in node.children}
            index.report_models[words.get("report_name", "")] = words.get("model", "")


def _category(node, addon):
    """Return the parent of an application category, or ''."""
    parent = node.child("field", "parent_id")
    return full_xmlid(addon, parent.get("ref")) if parent else ""


def _scan_group(node, addon, group):
    """Read the category of a group and the groups that it implies."""
    category = node.child("field", "category_id")
    if category is not None:
        group.category = full_xmlid(addon, category.get("ref"))
    implied = node.child("field", "implied_ids")
    if implied is not None:
        found = re.findall(r"ref\('([\w.]+)'\)", implied.get("eval"))
        group.implied.update(full_xmlid(addon, xmlid) for xmlid in found)


class _Rewriter:
    """Edits one XML file."""

    def __init__(self, text, root, addon, names):
        self.text = text
        self.root = root
        self.addon = addon
        self.names = names
        self.index = names.index

    def run(self):
        """Rewrite the whole file."""
        for node in self.root.walk():
            self._literals(node)
        for node in self.root.walk():
            if node.tag == "record":
                self._record(node)
            elif node.tag == "function":
                self._function(node)
            elif node.tag == "template" or node.get("t-name"):
                self._template(node)
        for step in self.names.steps:
            if step.handler in STEPS:
                STEPS[step.handler](self, step.arguments)

    # -- words --------------------------------------------------------------------

    def _literals(self, node):
        """Replace or refuse whole strings, and those inside expressions."""
        for value, start in [*node.attributes.values(), *node.texts]:
            whole = value.strip()
            spots = [(whole, value.find(whole))]
            spots += [
                (m[m.lastindex], m.start(m.lastindex)) for m in _QUOTED.finditer(value)
            ]
            for word, position in spots:
                offset = start + len(value[:position].encode())
                self._forbid("word", word, offset)
                row = self.names.literals.get(word)
                if row:
                    self._swap(offset, word, row.new)

    def _swap(self, start, old, new):
        """Replace a word that stands at an offset of an attribute or text."""
        if new != old:
            self.text.edit(start, start + len(old.encode()), new)

    def _path(self, model, value, start, read):
        """Rename the fields of a dotted path written at `start`."""
        stated = self.text.stated_model(self.text.line(start))
        for position, old, new, gone in self.names.path(model or stated, value, read):
            if gone:
                self.text.refuse(start, gone)
            self._swap(start + len(value[:position].encode()), old, new)

    def _name(self, node, attribute, model, read):
        """Rename the field that an attribute names."""
        if attribute in node.attributes:
            value, start = node.attributes[attribute]
            self._path(model, value, start, read)

    def _expression(self, spot, model, strings, parents=(), read=True):
        """Rename names and the fields in strings of a Python expression.

        :param str model: model of the names
        :param str strings: model of paths in strings, those of a domain
        :param parents: models of ``parent``, ``parent.parent`` and so on
        :param bool read: whether the strings name what is read, not written
        """
        value, start = spot
        for match in _EXPRESSION.finditer(value):
            offset = start + len(value[: match.start(match.lastgroup)].encode())
            word = match[match.lastgroup]
            if match.lastgroup != "name":
                self._expression_string(word, offset, strings, read)
            elif word.startswith("user."):
                self._path("res.users", word[5:], offset + 5, True)
            elif word.startswith("parent.") and parents:
                self._path(parents[0], word[7:], offset + 7, False)
            else:
                self._path(model, word, offset, False)

    def _expression_string(self, word, offset, model, read):
        if word.startswith("default_"):
            self._path(model, word[8:], offset + 8, False)
        elif _PATH.fullmatch(word):
            self._path(model, word, offset, read)

    # -- records ------------------------------------------------------------------

    def _record(self, node):
        model = node.get("model")
        fields = {n.get("name"): n for n in node.children if n.tag == "field"}
        for name, child in fields.items():
            self._name(child, "name", model, False)
            comodel = self.index.relation(model, name)
            if "eval" in child.attributes:
                spot = child.attributes["eval"]
                self._expression(spot, None, comodel, read=False)
            if "search" in child.attributes:
                spot = child.attributes["search"]
                self._expression(spot, None, child.get("model") or comodel)
            for sub in child.children if comodel else ():
                if sub.tag == "record":
                    self._record(sub)
        if model == "ir.ui.view":
            self._view(fields)
        elif model == "ir.rule":
            self._rule(fields)
        elif model == "ir.actions.act_window":
            self._action(fields)
        elif "code" in fields:
            self._code(fields["code"])

    def _code(self, node):
        """Refuse code whose names would have to be rendered: it belongs in a model."""
        for value, start in node.texts:
            for match in re.finditer(r"\w+", value):
                row = self.names.by_name.get(match[0])
                if row and row.unsure != "leave":
                    offset = start + len(value[: match.start()].encode())
                    self.text.refuse(offset, self.names.ask(match[0]))

    def _function(self, node):
        """Rewrite the values that a data file hands to a method."""
        for part in node.walk():
            if "eval" in part.attributes:
                spot = part.attributes["eval"]
                self._expression(spot, None, node.get("model"), read=False)

    def _rule(self, fields):
        target = fields.get("model_id")
        domain = fields.get("domain_force")
        if target is None or domain is None:
            return
        local = target.get("ref").rpartition(".")[2].removeprefix("model_")
        model = next(
            (m for m, _n in self.names.renames if m.replace(".", "_") == local), None
        )
        for spot in domain.texts:
            self._expression(spot, None, model)

    def _action(self, fields):
        model = fields["res_model"].text() if "res_model" in fields else None
        for name in ("domain", "context"):
            for spot in fields[name].texts if name in fields else ():
                self._expression(spot, None, model)
        target = fields.get("target")
        if target is not None:
            self._forbid("action_target", target.text(), target.start)

    def _view(self, fields):
        arch = fields.get("arch")
        if arch is None:
            return
        kind = fields["type"].text() if "type" in fields else ""
        if kind == "qweb" or "model" not in fields:
            self._template(arch)
            return
        model = fields["model"].text()
        for node in arch.children:
            self._arch(node, model, ())

    def _forbid(self, kind, name, offset):
        row = self.names.forbidden.get((kind, name))
        if row:
            self.text.refuse(offset, f"{name} ({row.topic}): {row.advice}")

    # -- views --------------------------------------------------------------------

    def _arch(self, node, model, parents):
        """Rewrite an element of a view of `model`, and what is below it."""
        self._check(node)
        if node.tag == "field":
            inner = self._field(node, model, parents)
            for child in node.children:
                self._arch(child, inner or model, (model, *parents))
            return
        self._modifiers(node, model, model, parents)
        if node.tag in ("button", "label"):
            self._name(node, {"button": "name", "label": "for"}[node.tag], model, False)
        if node.tag == "attribute":
            for spot in node.texts:
                self._expression(spot, model, model, parents)
        inner = self._xpath(node, model) if node.tag == "xpath" else model
        for child in node.children:
            self._arch(child, inner, parents)

    def _field(self, node, model, parents):
        """Rewrite a field of a view; return the model of what is nested in it."""
        if node.parent is not None and node.parent.tag == "groupby":
            model = self.index.relation(model, node.parent.get("name")) or model
        inner = self.index.relation(model, node.get("name"))
        self._name(node, "name", model, self._searches(node))
        self._modifiers(node, model, inner, parents)
        return inner

    def _searches(self, node):
        """Tell whether an element is of a search view."""
        while node is not None:
            if node.tag == "search":
                return True
            node = node.parent
        return False

    def _modifiers(self, node, model, strings, parents):
        """Rewrite the expressions of a view element."""
        for name, spot in node.attributes.items():
            if name in _MODIFIERS or name.startswith("decoration-"):
                self._expression(spot, model, None, parents)
            elif name in ("domain", "context", "filter_domain"):
                self._expression(spot, model, strings, parents)
            elif _EVALUATED.match(name):
                self._qweb(spot, {"record": model}, self.text.line(spot[1]))
            elif name in ("default_order", "default_group_by", "sum", "date_start"):
                for match in _PATH.finditer(spot[0]):
                    self._path(model, match[0], spot[1] + match.start(), True)

    def _check(self, node):
        """Refuse what the target rejects in a view."""
        self._forbid("tag", node.tag, node.start)
        self._forbid("kanban_box", node.get("t-name"), node.start)
        if node.tag == "group" and (
            self._searches(node) or any(c.tag == "filter" for c in node.children)
        ):
            for name in node.attributes:
                self._forbid("search_group", name, node.start)

    def _xpath(self, node, model):
        """Rewrite the field names of an xpath; return the model it ends in."""
        value, start = node.attributes.get("expr", ("", 0))
        before = after = model
        for step in re.finditer(r"[^/]+", value):
            named = _XPATH_NAME.search(step[0])
            before = after
            if not named:
                continue
            offset = start + step.start() + named.start(1)
            owner = before
            if (before, named[1]) not in self.names.renames:
                owner = self._nested_owner(before, named[1])
            self._path(owner, named[1], offset, self._searches(node))
            if step[0].startswith("field"):
                after = self.index.relation(owner, named[1]) or owner
        last = value.rpartition("/")[2]
        inside = node.get("position", "inside") == "inside"
        return after if inside or not last.startswith("field") else before

    def _nested_owner(self, model, name):
        """Return the model of a line of `model` that has this renamed name."""
        owners = {
            self.index.relation(model, step): step
            for (owner, step) in [*self.index.relations, *HINTS.relations]
            if owner == model
        }
        found = [o for o in owners if (o, name) in self.names.renames]
        return found[0] if len(found) == 1 else model

    # -- QWeb ---------------------------------------------------------------------

    def _template(self, node):
        """Rewrite the expressions of a QWeb template."""
        xmlid = full_xmlid(self.addon, node.get("id") or node.get("t-name"))
        model = self.index.report_models.get(xmlid)
        scope = {"docs": model, "doc": model, "o": model, "object": model}
        scope.update(HINTS.templates.get(node.get("inherit_id"), {}))
        self._qweb_node(node, {k: v for k, v in scope.items() if v})

    def _qweb_node(self, node, scope):
        scope = dict(scope)
        if "t-foreach" in node.attributes:
            scope[node.get("t-as")] = self._qweb_model(node.get("t-foreach"), scope)
        if "t-set" in node.attributes and "t-value" in node.attributes:
            scope[node.get("t-set")] = self._qweb_model(node.get("t-value"), scope)
            if node.parent is not None:
                node.parent.scope = {**getattr(node.parent, "scope", {}), **scope}
        for name, spot in node.attributes.items():
            if _EVALUATED.match(name):
                self._qweb(spot, scope, self.text.line(spot[1]))
            elif name == "expr":
                self._qweb_xpath(spot, scope)
        for child in node.children:
            self._qweb_node(child, {**scope, **getattr(node, "scope", {})})

    def _qweb_model(self, expression, scope):
        """Return the model of a path in a QWeb expression, or None."""
        path = _PATH.match(expression.strip())
        if not path:
            return None
        first, _dot, rest = path[0].partition(".")
        model = scope.get(first)
        return self.names.end_of(model, rest) if model and rest else model

    def _qweb(self, spot, scope, line):
        """Rename the fields of the paths in a QWeb expression."""
        value, start = spot
        for match in _EXPRESSION.finditer(value):
            if match.lastgroup != "name" or "." not in match["name"]:
                continue
            first, _dot, rest = match["name"].partition(".")
            offset = start + len(value[: match.start("name")].encode())
            offset += len(first) + 1
            model = scope.get(first) or self.text.stated_model(line)
            model = model or {"user": "res.users"}.get(first)
            if model:
                self._path(model, rest, offset, True)
            else:
                self._unsure(rest, offset)

    def _qweb_xpath(self, spot, scope):
        """Rename the fields of the expressions that an xpath looks for."""
        for match in re.finditer(r"=\s*(['\"])([^'\"]*)\1", spot[0]):
            offset = spot[1] + len(spot[0][: match.start(2)].encode())
            self._qweb((match[2], offset), scope, self.text.line(offset))

    def _unsure(self, path, offset):
        """Rename, or refuse, names on a variable of unknown model."""
        for match in re.finditer(r"\w+", path):
            new = self.names.unsure(match[0], True)
            if new is None:
                self.text.refuse(offset, self.names.ask(match[0]))
            elif new != match[0]:
                self._swap(offset + match.start(), match[0], new)


# -- steps ------------------------------------------------------------------------


def privilege_name(xmlid):
    """Return the external id of the privilege that stands for a category or group."""
    addon, _dot, local = xmlid.rpartition(".")
    return f"{addon}.privilege_{local.removeprefix('module_category_')}"


def stands_for(index, xmlid):
    """Return the category or group whose privilege a group of ours belongs to.

    A privilege offers one of its groups. So it stands for a whole category only when
    the groups there imply each other in a row, which is when the source offers one
    of them, too; otherwise each group has a privilege of its own.
    """
    category = index.groups[xmlid].category
    members = {x for x, group in index.groups.items() if group.category == category}
    ranks = {len(_implied(index, member) & members) for member in members}
    return category if len(ranks) == len(members) else xmlid


def privilege_owners(index):
    """Return the categories and groups of the addons that privileges stand for."""
    return {
        stands_for(index, xmlid)
        for xmlid, group in index.groups.items()
        if group.category in index.categories
    }


def _implied(index, xmlid):
    """Return all groups that a group implies, as far as the addons say."""
    found, queue = set(), [xmlid]
    while queue:
        group = index.groups.get(queue.pop())
        new = group.implied - found if group else set()
        found |= new
        queue += new
    return found


def _privileges(rewriter, core):
    """Put privileges between the groups and the categories of an addon.

    A privilege stands on the line of what it stands for: after a category's record,
    below the category's parent, or before a group's record, in the category itself.
    """
    text, index = rewriter.text, rewriter.index
    owners = privilege_owners(index)
    for node in records(rewriter.root):
        xmlid = full_xmlid(rewriter.addon, node.get("id"))
        if node.get("model") == "ir.module.category" and xmlid in owners:
            above = index.categories[xmlid] or xmlid
            text.edit(node.end, node.end, _privilege(rewriter, node, above))
        elif node.get("model") == "res.groups":
            _group_privilege(rewriter, node, xmlid, core)


def _privilege(rewriter, node, category):
    """Return the record of the privilege that stands for a category or group."""
    data = rewriter.text.data
    fields = [
        re.sub(r"\s*\n\s*", " ", data[n.start : n.end].decode())
        for n in node.children
        if n.get("name") in ("name", "sequence")
    ]
    row = rewriter.names.literals.get(category)
    category = row.new if row else category
    name = privilege_name(full_xmlid(rewriter.addon, node.get("id")))
    return (
        f'<record id="{name.rpartition(".")[2]}" model="res.groups.privilege">'
        f'{"".join(fields)}<field name="category_id" ref="{category}" /></record>'
    )


def _group_privilege(rewriter, node, xmlid, core):
    """Give a group the privilege that it belongs to."""
    child = node.child("field", "category_id")
    if child is None:
        return
    text, index = rewriter.text, rewriter.index
    if "ref" not in child.attributes:
        text.refuse(child.start, "category_id of a group: write it with ref=")
        return
    value, start = child.attributes["ref"]
    category = index.groups[xmlid].category
    privilege = core.get(category)
    if category in index.categories:
        owner = stands_for(index, xmlid)
        privilege = privilege_name(owner).removeprefix(f"{rewriter.addon}.")
        if owner == xmlid:
            text.edit(node.start, node.start, _privilege(rewriter, node, category))
    if privilege is None:
        advice = "define a category of your own"
        text.refuse(child.start, f"no privilege is known for {category}: {advice}")
    elif not privilege:
        line = text.data.rfind(b"\n", 0, child.start) + 1
        text.edit(line, child.end, "")
    else:
        name, at = child.attributes["name"]
        text.edit(at, at + len(name), "privilege_id")
        text.edits.pop(_overlap(text, start, value), None)
        text.edit(start, start + len(value), privilege)


def _overlap(text, start, value):
    """Return the edit that already stands on an attribute's value, or None."""
    inside = (k for k in text.edits if start <= k[0] < start + len(value))
    return next(inside, None)


STEPS = {"privileges": _privileges}

FORBIDDEN = {"tag", "kanban_box", "search_group", "action_target"}


def rewrite(text, root, addon, names):
    """Gather in `text` the edits and refusals of an XML file."""
    _Rewriter(text, root, addon, names).run()
