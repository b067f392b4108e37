"""Python source of one series rewritten for another, token by token.

`scan` reads what the addons declare into the index; `rewrite` edits one file. Both
walk the syntax tree once and know the model of an expression from the hints of
`series_table`; every edit replaces one token, so lines stay where they are.
"""

import ast
import re

from series_names import Type
from series_table import HINTS

_SQL = re.compile(r"\b(SELECT|UPDATE|INSERT|DELETE|JOIN|CREATE|ALTER|WHERE)\b")
_PATH_ATTRIBUTES = {"_order", "_rec_name", "_rec_names_search", "_parent_name"}
_PATH_DECORATORS = {"depends", "constrains", "onchange"}
_COMMANDS = {"create", "update"}
_HANDLERS = dict.fromkeys(
    (ast.Name, ast.Load, ast.Store, ast.Del, ast.Pass, ast.arguments)
)
_FIELD_METHODS = {"compute", "inverse", "search", "default"}


def _constant(node):
    """Return the string that a node is, or None."""
    value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def _dotted(node):
    """Return the dotted name of a chain of attributes, or ''."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def _class_model(node):
    """Return the model that a class defines or extends, or None."""
    found = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            name = getattr(statement.targets[0], "id", "")
            if name in ("_name", "_inherit"):
                value = statement.value
                if isinstance(value, ast.List) and len(value.elts) == 1:
                    value = value.elts[0]
                found[name] = _constant(value)
    return found.get("_name") or found.get("_inherit")


class _Walker(ast.NodeVisitor):
    """Walks one file, inferring models; edits it when `emit` is set."""

    def __init__(self, text, names, emit):
        self.text = text
        self.names = names
        self.index = names.index
        self.emit = emit
        self.scopes = [{}]
        self.owners = []
        self.methods = []
        self.expected = {}
        self.compat = text.path.endswith("compat.py")
        self.imports = {}
        self.later = {}
        self.known = {}
        self.steps = {}
        for step in names.steps if emit else ():
            event, handler = STEPS.get(step.handler, ("", None))
            self.steps.setdefault(event, []).append((handler, step.arguments))

    def visit(self, node):
        """Visit a node; names and operators have nothing to say."""
        kind = type(node)
        if kind not in _HANDLERS:
            name = f"visit_{kind.__name__}"
            _HANDLERS[kind] = getattr(_Walker, name, _Walker.generic_visit)
        handler = _HANDLERS[kind]
        if handler:
            handler(self, node)

    def generic_visit(self, node):
        """Visit what is below a node."""
        for name in node._fields:
            value = getattr(node, name, None)
            if type(value) is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST):
                self.visit(value)

    # -- scopes -------------------------------------------------------------------

    def _key(self, name):
        return (self.methods[-1] if self.methods else None, name)

    def _bind(self, target, kind):
        """Remember what a name or an attribute of self was given."""
        if isinstance(target, ast.Name):
            self.scopes[-1][target.id] = kind or self.later.get(self._key(target.id))
        elif isinstance(target, ast.Attribute) and kind:
            owner = self._infer(target.value)
            if owner and owner.kind == "object":
                self.index.attributes[owner.model, target.attr] = kind
        elif isinstance(target, ast.Starred):
            self._bind(target.value, kind)

    def _bind_loop(self, target, iterable):
        """Bind the target of a loop or comprehension to one item of the iterable."""
        call = iterable if isinstance(iterable, ast.Call) else None
        called = getattr(call.func, "id", "") if call else ""
        if isinstance(target, ast.Tuple):
            sources = (
                {"enumerate": [None, *call.args], "zip": call.args}.get(called, [])
                if call
                else []
            )
            for item, source in zip(target.elts, sources, strict=False):
                self._bind(item, source and self._infer(source))
            return
        if called in ("reversed", "sorted", "list", "set", "tuple") and call.args:
            iterable = call.args[0]
        self._bind(target, self._infer(iterable))

    def _lookup(self, name):
        for scope in reversed(self.scopes):
            if scope.get(name):
                return scope[name]
        model = HINTS.names.get(name)
        return Type("record", model) if model else None

    # -- inference ----------------------------------------------------------------

    def _infer(self, node):
        """Return the `Type` of an expression, or None; each is asked once a walk."""
        key = id(node)
        if key not in self.known:
            method = _INFERENCES.get(type(node))
            self.known[key] = method(self, node) if method else None
        return self.known[key]

    def _infer_name(self, node):
        if node.id == "env":
            return Type("env")
        return self._lookup(node.id)

    def _infer_starred(self, node):
        return self._infer(node.value)

    _infer_await = _infer_namedexpr = _infer_starred

    def _infer_ifexp(self, node):
        return self._infer(node.body) or self._infer(node.orelse)

    def _infer_boolop(self, node):
        return next(filter(None, map(self._infer, node.values)), None)

    def _infer_binop(self, node):
        return self._infer(node.left) or self._infer(node.right)

    def _infer_list(self, node):
        return self._infer(node.elts[0]) if node.elts else None

    _infer_tuple = _infer_set = _infer_list

    def _infer_listcomp(self, node):
        self.scopes.append({})
        for generator in node.generators:
            self._bind_loop(generator.target, generator.iter)
        found = self._infer(node.elt)
        self.scopes.pop()
        return found

    _infer_generatorexp = _infer_setcomp = _infer_listcomp

    def _infer_attribute(self, node):
        if node.attr == "env":
            return Type("env")
        base = self._infer(node.value)
        if base and base.kind == "env":
            return {
                "user": Type("record", "res.users"),
                "company": Type("record", "res.company"),
                "companies": Type("record", "res.company"),
            }.get(node.attr)
        if base and base.kind == "object":
            return self.index.inherited(self.index.attributes, base.model, node.attr)
        if base and base.kind in ("record", "form"):
            if node.attr == "_origin":
                return base
            model = self.index.relation(base.model, node.attr)
            return Type(base.kind, model) if model else None
        model = self.index.relation(None, node.attr)
        return Type("record", model) if model and not base else None

    def _infer_subscript(self, node):
        base = self._infer(node.value)
        key = _constant(node.slice)
        if not base:
            return None
        if base.kind == "env":
            return Type("record", key) if key else None
        if key is None:
            return base
        if base.kind == "record":
            model = self.index.relation(base.model, key)
            return Type("record", model) if model else None
        return None

    def _infer_call(self, node):
        func = node.func
        if isinstance(func, ast.Name):
            return self._infer_function(func.id, node)
        if not isinstance(func, ast.Attribute):
            return None
        if func.attr == "env":
            return Type("env")
        if func.attr == "Form" and node.args:
            return self._infer_function("Form", node)
        base = self._infer(func.value)
        if func.attr in HINTS.gives_values:
            return Type("values", HINTS.gives_values[func.attr])
        if not base:
            return None
        if base.kind == "env" and func.attr == "ref" and node.args:
            model = self.index.model_of_xmlid(_constant(node.args[0]) or "")
            return Type("record", model) if model else None
        return self._infer_method(base, func.attr, node)

    def _infer_function(self, name, node):
        if name == "super" and self.owners:
            return self.owners[-1]
        if name == "Form" and node.args:
            found = self._infer(node.args[0])
            return found and Type("form", found.model)
        return self.index.methods.get(("", name))

    def _infer_method(self, base, name, node):
        if base.kind in ("values", "rows"):
            return base if name == "copy" else None
        found = self.index.inherited(self.index.methods, base.model, name)
        if found:
            return found
        if base.kind not in ("record", "form"):
            return None
        if name in HINTS.same:
            return Type("record", base.model) if name == "save" else base
        if name in ("read", "search_read"):
            return Type("rows", base.model)
        path = _constant(node.args[0]) if node.args else None
        if name == "mapped" and path:
            model = self.names.end_of(base.model, path)
            return Type("record", model) if model else None
        return None

    # -- editing ------------------------------------------------------------------

    def _offset(self, node):
        return self.text.offset(node.lineno, node.col_offset)

    def _end(self, node):
        return self.text.offset(node.end_lineno, node.end_col_offset)

    def _refuse(self, node, message):
        if self.emit:
            self.text.refuse(self._offset(node), message)

    def _gone(self, model, name, node):
        """Refuse a name that the target lacks."""
        gone = self.names.why_gone(model, name)
        if gone and not self.compat:
            self._refuse(node, gone)

    def _new_name(self, node, base, name, read):
        """Return the target's name, having refused what cannot be told."""
        if base:
            if base.kind == "form":
                read = False
            self._gone(base.model, name, node)
            return self.names.rename(base.model, name, read)
        new = self.names.unsure(name, read)
        if new is None:
            self._refuse(node, self.names.ask(name))
        return new or name

    def _base(self, node, base):
        """Return the known model of a name, or the one its line states."""
        if base:
            return base
        stated = self.text.stated_model(node.end_lineno)
        return Type("record", stated) if stated else None

    def _edit_at(self, start, old, new, node):
        """Replace a word that the syntax tree places at an offset."""
        if not self.emit or new == old:
            return
        end = start + len(old.encode())
        if self.text.data[start:end] != old.encode():
            self._refuse(node, f"cannot place {old!r} here: move it to its own line")
            return
        self.text.edit(start, end, new)

    def _edit_string(self, node, new):
        """Give a string literal another value, its quotes kept."""
        if not self.emit or new == node.value:
            return
        start, end = self._offset(node), self._end(node)
        source = self.text.data[start:end].decode()
        match = re.fullmatch(r"""(?s)(\w*)('''|\"\"\"|'|")(.*)\2""", source)
        if match and match.group(3) == node.value:
            self.text.edit(start, end, f"{match[1]}{match[2]}{new}{match[2]}")
        else:
            self._refuse(node, "write this string as one plain literal")

    def _path(self, node, model, read=True):
        """Rename the fields of the path, or of the list of paths, in a literal."""
        parts, done = [], 0
        for chunk in re.finditer(r"[A-Za-z_][\w.]*", node.value):
            for position, old, new, gone in self.names.path(model, chunk.group(), read):
                if gone and not self.compat:
                    self._refuse(node, gone)
                start = chunk.start() + position
                parts += [node.value[done:start], new]
                done = start + len(old)
        self._edit_string(node, "".join([*parts, node.value[done:]]))

    # -- expectations: what an argument must be -----------------------------------

    def _expect(self, node, kind):
        """Say that a node holds values, or paths, of a known model."""
        method = getattr(self, f"_expect_{type(node).__name__.lower()}", None)
        if method:
            method(node, kind)

    def _expect_name(self, node, kind):
        self.later[self._key(node.id)] = kind
        if not self.scopes[-1].get(node.id):
            self.scopes[-1][node.id] = kind

    def _expect_call(self, node, kind):
        func = node.func
        name = getattr(func, "attr", getattr(func, "id", ""))
        if name == "dict":
            self.expected[id(node)] = kind
        owner = self._infer(func.value) if isinstance(func, ast.Attribute) else None
        if owner:
            self.index.expected[owner.model, name] = kind
        elif kind.kind == "values":
            for argument in node.args:
                if isinstance(argument, ast.Dict):
                    self._expect(argument, kind)

    def _expect_dict(self, node, kind):
        self.expected[id(node)] = kind

    def _expect_list(self, node, kind):
        if kind.kind == "paths" and len(node.elts) == 3:
            field, operator = map(_constant, node.elts[:2])
            if field and operator is not None:
                self._expect(node.elts[0], kind)
                model = self.names.end_of(kind.model, field)
                if operator.endswith("any") and model:
                    self._expect(node.elts[2], Type("paths", model))
                return
        for item in node.elts:
            self._expect(item, kind)

    _expect_tuple = _expect_set = _expect_list

    def _expect_constant(self, node, kind):
        if kind.kind == "paths" and _constant(node):
            self.expected[id(node)] = kind

    def _expect_listcomp(self, node, kind):
        self._expect(node.elt, kind)

    _expect_generatorexp = _expect_listcomp

    def _expect_starred(self, node, kind):
        self._expect(node.value, kind)

    def _expect_ifexp(self, node, kind):
        self._expect(node.body, kind)
        self._expect(node.orelse, kind)

    def _expect_binop(self, node, kind):
        self._expect(node.left, kind)
        self._expect(node.right, kind)

    # -- visitors -----------------------------------------------------------------

    def visit_ClassDef(self, node):
        model = _class_model(node)
        owner = Type("record", model) if model else Type("object", node.name)
        self.index.bases[node.name] = [
            _dotted(b).rpartition(".")[2] for b in node.bases
        ]
        self.owners.append(owner)
        self.scopes.append({"self": owner, "cls": owner})
        self._decorators(node)
        for statement in node.body:
            self._class_statement(statement, owner)
            self.visit(statement)
        self.scopes.pop()
        self.owners.pop()

    def _class_statement(self, statement, owner):
        """Handle what only a class body says: fields, orders, overridden methods."""
        if owner.kind != "record":
            return
        if isinstance(statement, ast.FunctionDef):
            new = self.names.rename(owner.model, statement.name, False)
            start = self._offset(statement) + len("def ")
            self._edit_at(start, statement.name, new, statement)
            self._gone(owner.model, statement.name, statement)
        if not isinstance(statement, ast.Assign):
            return
        target = statement.targets[0]
        if not isinstance(target, ast.Name):
            return
        name, value = target.id, statement.value
        if name in _PATH_ATTRIBUTES:
            self._expect(value, Type("paths", owner.model))
        if isinstance(value, ast.Call) and _dotted(value.func).startswith("fields."):
            new = self.names.rename(owner.model, name, False)
            self._edit_at(self._offset(target), name, new, target)
            self._field(owner.model, name, value)

    def _field(self, model, name, call):
        """Read the declaration of a field and expect paths in its arguments."""
        self.index.declared.add((model, name))
        words = {k.arg: k.value for k in call.keywords}
        comodel = _constant(words.get("comodel_name"))
        if not comodel and call.args and "2" in _dotted(call.func):
            comodel = _constant(call.args[0])
        related = _constant(words.get("related"))
        if related and not comodel:
            comodel = self.names.end_of(model, related)
        if comodel:
            self.index.relations[model, name] = comodel
        for word, value in words.items():
            if (
                word in ("related", "currency_field")
                or word in _FIELD_METHODS
                and _constant(value)
            ):
                self._expect(value, Type("paths", model))
            elif word == "domain" and comodel and _constant(value):
                self._domain_string(value, model, comodel)
            elif word == "domain" and comodel:
                self._expect(value, Type("paths", comodel))

    def _domain_string(self, node, model, comodel):
        """Rename the fields of a domain that is written as a string.

        What it quotes is of the comodel, its names are of the model.
        """
        new, shift = node.value, 0
        for match in re.finditer(r"(['\"]?)([A-Za-z_][\w.]*)\1", node.value):
            owner = comodel if match[1] else model
            for position, old, name, gone in self.names.path(owner, match[2]):
                if gone and not self.compat:
                    self._refuse(node, gone)
                start = match.start(2) + position + shift
                new = new[:start] + name + new[start + len(old) :]
                shift += len(name) - len(old)
        self._edit_string(node, new)
        self.expected[id(node)] = Type("done")

    def visit_FunctionDef(self, node):
        self._decorators(node)
        self.methods.append(f"{node.lineno}:{node.name}")
        self.scopes.append(self._parameters(node))
        self._run_steps("function", node)
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(default)
        for statement in node.body:
            self.visit(statement)
        self.scopes.pop()
        self.methods.pop()

    def _parameters(self, node):
        """Return what the parameters of a function are known to be."""
        scope = {}
        owner = self.owners[-1] if self.owners else None
        names = [a.arg for a in node.args.args]
        if owner and names and names[0] in ("self", "cls"):
            scope[names[0]] = owner
            if owner.kind == "record" and node.name in ("create", "write"):
                scope.update({n: Type("values", owner.model) for n in names[1:2]})
        for name in [*names, *(a.arg for a in node.args.kwonlyargs)]:
            scope.setdefault(name, self.later.get(self._key(name)))
        return scope

    def _decorators(self, node):
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            name = _dotted(call.func if call else decorator).rpartition(".")[2]
            self._forbid("decorator", name, decorator)
            if call and name in _PATH_DECORATORS and self.owners:
                for argument in call.args:
                    self._expect(argument, Type("paths", self.owners[-1].model))
            if call and name == "route":
                self._run_steps("route", call)
            self.visit(decorator)

    def visit_Lambda(self, node):
        self.scopes.append({a.arg: None for a in node.args.args})
        self.scopes[-1].update(self.expected.pop(id(node), {}))
        self.visit(node.body)
        self.scopes.pop()

    def visit_Return(self, node):
        if not node.value:
            return
        name = self.methods[-1].partition(":")[2] if self.methods else ""
        owner = self.owners[-1].model if self.owners else ""
        kind = self.index.expected.get((owner, name))
        if not kind and name in HINTS.gives_values:
            kind = Type("values", HINTS.gives_values[name])
        if kind:
            self._expect(node.value, kind)
        found = self._infer(node.value)
        if found and found.kind in ("record", "form", "values"):
            known = self.index.methods.setdefault((owner, name), found)
            if known != found:
                self.index.methods[owner, name] = None
        self.visit(node.value)

    def visit_Assign(self, node):
        for target in node.targets:
            if isinstance(target, ast.Name) and self.later.get(self._key(target.id)):
                self._expect(node.value, self.later[self._key(target.id)])
        self._run_steps("assign", node)
        self.visit(node.value)
        kind = self._infer(node.value)
        for target in node.targets:
            self.visit(target)
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for item, value in zip(target.elts, node.value.elts, strict=False):
                    self._bind(item, self._infer(value))
            else:
                self._bind(target, kind)

    def visit_AnnAssign(self, node):
        if node.value:
            self.visit(node.value)
            self._bind(node.target, self._infer(node.value))
        self.visit(node.target)

    def visit_AugAssign(self, node):
        base = self._infer(node.target)
        if base and base.kind in ("values", "paths"):
            self._expect(node.value, base)
        self.visit(node.target)
        self.visit(node.value)

    def visit_NamedExpr(self, node):
        self.visit(node.value)
        self._bind(node.target, self._infer(node.value))

    def visit_For(self, node):
        self.visit(node.iter)
        self._bind_loop(node.target, node.iter)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_With(self, node):
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars:
                self._bind(item.optional_vars, self._infer(item.context_expr))
        for statement in node.body:
            self.visit(statement)

    def visit_ListComp(self, node):
        self.scopes.append({})
        for generator in node.generators:
            self.visit(generator.iter)
            self._bind_loop(generator.target, generator.iter)
            for test in generator.ifs:
                self.visit(test)
        for part in ("elt", "key", "value"):
            if hasattr(node, part):
                self.visit(getattr(node, part))
        self.scopes.pop()

    visit_GeneratorExp = visit_SetComp = visit_DictComp = visit_ListComp

    def visit_Attribute(self, node):
        if self.emit:
            self._forbid("attribute", node.attr, node)
            self._forbid("import", self._resolved(_dotted(node)), node)
            if getattr(node.value, "id", "") == "request":
                self._forbid("request", node.attr, node)
        read = isinstance(node.ctx, ast.Load)
        base = self._base(node, self._infer(node.value))
        if not base or base.kind in ("record", "form"):
            new = self._new_name(node, base, node.attr, read)
            start = self._end(node) - len(node.attr.encode())
            self._edit_at(start, node.attr, new, node)
        self.visit(node.value)

    def visit_Subscript(self, node):
        key = _constant(node.slice)
        base = self._infer(node.value)
        if key and base and base.kind in ("record", "form", "values", "rows"):
            read = base.kind == "rows" or (
                base.kind == "record" and isinstance(node.ctx, ast.Load)
            )
            self._key_string(node.slice, base, read)
        self.visit(node.value)
        self.visit(node.slice)

    def _key_string(self, node, base, read):
        """Rename a literal that names one field of a known model."""
        new = self._new_name(node, base, node.value, read)
        self._edit_string(node, new)
        self.expected[id(node)] = Type("done")

    def visit_Compare(self, node):
        base = self._infer(node.comparators[0])
        if (
            isinstance(node.ops[0], ast.In | ast.NotIn)
            and _constant(node.left)
            and base
            and base.kind in ("values", "rows")
        ):
            self._key_string(node.left, base, base.kind == "rows")
        self._run_steps("compare", node)
        self.generic_visit(node)

    def visit_Dict(self, node):
        kind = self.expected.get(id(node))
        if not kind or kind.kind != "values":
            kind = self._unplaced(node, kind)
        self._action(node)
        for key, value in zip(node.keys, node.values, strict=True):
            name = _constant(key)
            if kind and not name and key is None:
                self._expect(value, kind)
            if kind and name:
                self._key_string(key, kind, False)
                model = self.index.relation(kind.model, name)
                if model:
                    self._commands(value, model)
            if key:
                self.visit(key)
            self.visit(value)

    def _unplaced(self, node, kind):
        """Return the values type of a dict that nothing placed, asking if need be."""
        for key in node.keys:
            name = _constant(key)
            if not name or name not in self.names.by_name:
                continue
            stated = self.text.stated_model(key.lineno)
            if stated:
                return Type("values", stated)
            if not kind and self.names.unsure(name, False) is None:
                self._refuse(key, self.names.ask(name))
            elif not kind:
                self._key_string(key, None, False)
        return None

    def _commands(self, node, model):
        """Expect values in the commands that are written to a relation."""
        for item in node.elts if isinstance(node, ast.List | ast.Tuple) else [node]:
            if isinstance(item, ast.ListComp | ast.GeneratorExp):
                item = item.elt
            values = None
            if isinstance(item, ast.Call) and item.args:
                if getattr(item.func, "attr", "") in _COMMANDS:
                    values = item.args[-1]
            elif isinstance(item, ast.Tuple) and len(item.elts) == 3:
                values = item.elts[2]
            if values is not None:
                self._expect(values, Type("values", model))

    def _action(self, node):
        """Expect paths of its model in the dict of a window action."""
        words = {_constant(k): v for k, v in zip(node.keys, node.values, strict=True)}
        model = _constant(words.get("res_model"))
        if not model:
            return
        if words.get("domain"):
            self._expect(words["domain"], Type("paths", model))
        context = words.get("context")
        if isinstance(context, ast.Dict):
            for key in context.keys:
                self._default_key(key, model)

    def _default_key(self, key, model):
        """Rename the field in a ``default_`` key of a context."""
        name = _constant(key) or ""
        if name.startswith("default_"):
            new = self.names.rename(model, name.removeprefix("default_"), False)
            self._edit_string(key, f"default_{new}")
            self.expected[id(key)] = Type("done")

    def visit_Call(self, node):
        self._run_steps("call", node)
        for keyword in node.keywords:
            self._forbid("keyword", keyword.arg, keyword)
        if isinstance(node.func, ast.Attribute):
            self._forbid("call", node.func.attr, node)
            base = self._infer(node.func.value)
            if base and base.kind in ("record", "form"):
                self._record_call(node, node.func.attr, base)
            elif base and base.kind in ("values", "rows"):
                self._mapping_call(node, node.func.attr, base)
        kind = self.expected.get(id(node))
        if kind and kind.kind == "values":
            for keyword in node.keywords:
                new = self._new_name(keyword, kind, keyword.arg, False)
                self._edit_at(self._offset(keyword), keyword.arg, new, keyword)
        self.generic_visit(node)

    def _record_call(self, node, name, base):
        """Expect values, paths or records in the arguments of a record's method."""
        position = HINTS.takes_values.get(name)
        if position is not None and len(node.args) > position:
            self._expect(node.args[position], Type("values", base.model))
        for keyword in node.keywords:
            if keyword.arg in ("vals", "vals_list", "values", "default"):
                self._expect(keyword.value, Type("values", base.model))
            if name == "with_context" and (keyword.arg or "").startswith("default_"):
                old = keyword.arg.removeprefix("default_")
                new = self.names.rename(base.model, old, False)
                start = self._offset(keyword) + len("default_")
                self._edit_at(start, old, new, keyword)
        if name in HINTS.takes_paths:
            for argument in [*node.args, *(k.value for k in node.keywords)]:
                self._expect(argument, Type("paths", base.model))
        for argument in [*node.args, *(k.value for k in node.keywords)]:
            if isinstance(argument, ast.Lambda) and argument.args.args:
                first = argument.args.args[0].arg
                self.expected[id(argument)] = {first: base}

    def _mapping_call(self, node, name, base):
        """Rename the key of ``vals.get(...)`` and its like."""
        if name in ("get", "pop", "setdefault") and node.args:
            if _constant(node.args[0]):
                self._key_string(node.args[0], base, base.kind == "rows")
        elif name == "update":
            for argument in node.args:
                self._expect(argument, Type("values", base.model))
            self.expected[id(node)] = Type("values", base.model)

    def visit_Constant(self, node):
        if not isinstance(node.value, str):
            return
        kind = self.expected.get(id(node))
        if isinstance(kind, Type) and kind.kind == "done":
            return
        self._forbid("word", node.value, node)
        row = self.names.literals.get(node.value)
        if row:
            self._edit_string(node, row.new)
        elif isinstance(kind, Type) and kind.kind == "paths":
            self._path(node, kind.model)
        elif _SQL.search(node.value):
            self._sql(node)

    def _sql(self, node):
        """Refuse columns and tables in SQL that have another name in the target."""
        if self.compat or self.text.kept(node.end_lineno):
            return
        words = set(re.findall(r"\w+", node.value))
        tables = {old.replace(".", "_") for old in self.names.literals if "." in old}
        for word in sorted(words):
            row = self.names.by_name.get(word)
            if word in tables or (row and row.unsure == "refuse"):
                self._refuse(
                    node,
                    f"{word!r} inside SQL may have another name: "
                    "use the ORM, compat.py or a comment 'series: keep'",
                )

    def visit_Import(self, node):
        for alias in node.names:
            self.imports[alias.asname or alias.name] = alias.name
            self._forbid("import", alias.name, node)

    def visit_ImportFrom(self, node):
        for alias in node.names:
            if not node.level:
                name = f"{node.module}.{alias.name}"
                self.imports[alias.asname or alias.name] = name
                self._forbid("import", name, node)

    def _resolved(self, dotted):
        """Return a dotted name with its first part as it was imported."""
        first, dot, rest = dotted.partition(".")
        return f"{self.imports.get(first, '')}{dot}{rest}"

    def _forbid(self, kind, name, node):
        if not self.emit or not name or self.compat:
            return
        row, whole = self.names.forbidden.get((kind, name)), name
        while kind == "import" and not row and "." in whole:
            whole = whole.rpartition(".")[0]
            row = self.names.forbidden.get((kind, whole))
        if row:
            self._refuse(node, f"{name} ({row.topic}): {row.advice}")

    def _run_steps(self, event, node):
        for handler, arguments in self.steps.get(event, ()):
            handler(self, node, arguments)


_INFERENCES = {
    kind: getattr(_Walker, f"_infer_{kind.__name__.lower()}")
    for kind in vars(ast).values()
    if isinstance(kind, type) and hasattr(_Walker, f"_infer_{kind.__name__.lower()}")
}


# -- steps ------------------------------------------------------------------------


def _route_type(walker, call, arguments):
    """Spell the type of a route as the target does."""
    for keyword in call.keywords:
        value = _constant(keyword.value)
        if keyword.arg == "type" and value in arguments:
            walker._edit_string(keyword.value, arguments[value])


def _routing_type(walker, node, arguments):
    """Spell the routing type that a dispatcher is compared with."""
    if getattr(node.left, "attr", "") == "routing_type":
        for item in ast.walk(node.comparators[0]):
            if _constant(item) in arguments:
                walker._edit_string(item, arguments[item.value])


def _parameter(walker, node, arguments):
    """Rename a parameter of an overridden method, and its uses inside."""
    old, new = arguments["old"], arguments["new"]
    if node.name != arguments["method"]:
        return
    for item in ast.walk(node):
        if (
            isinstance(item, ast.arg)
            and item.arg == old
            or isinstance(item, ast.Name)
            and item.id == old
        ):
            walker._edit_at(walker._offset(item), old, new, item)


def _parameter_call(walker, node, arguments):
    """Rename a keyword in a call of the method whose parameter was renamed."""
    if getattr(node.func, "attr", "") == arguments["method"]:
        for keyword in node.keywords:
            if keyword.arg == arguments["old"]:
                start = walker._offset(keyword)
                walker._edit_at(start, keyword.arg, arguments["new"], keyword)


def _field_keyword(walker, node, arguments):
    """Rename an attribute given to a field."""
    if _dotted(node.func).startswith("fields."):
        for keyword in node.keywords:
            if keyword.arg in arguments:
                new = arguments[keyword.arg]
                start = walker._offset(keyword)
                walker._edit_at(start, keyword.arg, new, keyword)


def _sql_constraints(walker, node, _arguments):
    """Turn the list of SQL constraints into attributes, line by line."""
    target = node.targets[0]
    if getattr(target, "id", "") != "_sql_constraints":
        return
    problem = _constraint_problem(node.value)
    if problem:
        walker._refuse(node, f"_sql_constraints: {problem}")
        return
    text, data = walker.text, walker.text.data
    indent = " " * node.col_offset
    done = text.offset(node.lineno, 0)
    for number, item in enumerate(node.value.elts):
        start = walker._offset(item)
        definition = walker._offset(item.elts[1])
        gap = _constraint_gap(data[done:start].decode(), number, indent)
        opening = _opening(data[start:definition].decode())
        name = item.elts[0].value
        text.edit(done, definition, f"{gap}_{name} = models.Constraint({opening}")
        done = walker._end(item)
    rest = data[done : walker._end(node)].decode()
    rest = rest.replace(",", "", 1).replace("]", "")
    text.edit(done, walker._end(node), rest.rstrip(" "))


def _constraint_problem(value):
    """Return why a value is not a plain list of plain constraints, or ''."""
    if not isinstance(value, ast.List):
        return "write a plain list"
    for item in value.elts:
        if not isinstance(item, ast.Tuple) or not 2 <= len(item.elts) <= 3:
            return "write (name, definition, message) tuples"
        if not all(_constant(part) for part in item.elts):
            return "write plain strings: the message is translated by itself"
        if not re.fullmatch(r"[a-z]\w*", item.elts[0].value):
            return f"{item.elts[0].value!r} is no attribute name"
    return ""


def _opening(source):
    """Return the line ends and indent between a constraint's name and definition."""
    lines = source.count("\n")
    return "\n" * lines + source.rpartition("\n")[2] if lines else ""


def _constraint_gap(gap, number, indent):
    """Return what stands before a constraint, its lines and comments kept."""
    opening = gap.replace("_sql_constraints = [", "", 1) if not number else gap
    kept = opening if not number else opening.replace(",", "", 1)
    lines = [line.strip() for line in kept.split("\n")]
    if len(lines) == 1:
        return f"{lines[0]}; " if number else indent
    first = f"  {lines[0]}" if number and lines[0] else ""
    middle = [line and indent + line for line in lines[1:-1]]
    return "\n".join([first, *middle, indent])


STEPS = {
    "route_type": ("route", _route_type),
    "routing_type": ("compare", _routing_type),
    "parameter": ("function", _parameter),
    "parameter_call": ("call", _parameter_call),
    "field_keyword": ("call", _field_keyword),
    "sql_constraints": ("assign", _sql_constraints),
}

FORBIDDEN = {"import", "attribute", "call", "keyword", "decorator", "request", "word"}


def scan(text, names):
    """Read what a Python file declares into the index."""
    _walk(text, names, emit=False)


def rewrite(text, names):
    """Gather in `text` the edits and refusals of a file that was scanned."""
    _walk(text, names, emit=True)


def _walk(text, names, emit):
    walker = _Walker(text, names, emit)
    walker.later = text.later
    walker.visit(text.tree)
