"""One endpoint: all that is declared of it, checked when its addon is imported."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from .problems import Problem
from .reply import Media
from .schema import Body, Id, Query, Text

if TYPE_CHECKING:
    from .definition import Api

# Access declared: everybody. There is no default.
PUBLIC: tuple[str, ...] = ()

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SAFE = frozenset({"GET"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_VARIABLE = re.compile(r"<(?:(?P<kind>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")
_KINDS: Mapping[str | None, Any] = {
    None: Text,
    "string": Text,
    "path": Annotated[str, Field(min_length=1, max_length=2000)],
    "int": Id,
}


class DeclarationError(TypeError):
    """An endpoint is declared wrongly; its addon cannot be imported."""


class NoQuery(Query):
    """An endpoint without parameters."""


class NoBody(Body):
    """An endpoint that takes nothing but its path: no body, or an empty object."""


@dataclass(frozen=True)
class Example:
    """A request and its answer, for the documentation.

    :param body: the body of the request
    :param answer: the answer
    """

    body: Any = None
    answer: Any = None


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What is declared of one endpoint; ``Api.endpoint`` says what each part means.

    A hidden one refuses what no other serves: it is in no document and reads nothing.
    """

    api: "Api"
    path: str
    method: str
    handler: Callable
    auth: tuple[str, ...]
    answer: Any
    scope: str = ""
    query: type[Query] = NoQuery
    body: Any = NoBody
    path_types: Mapping[str, Any] | None = None
    status: int = 200
    also: tuple[int, ...] = ()
    errors: tuple[type[Problem], ...] = ()
    rate: str = "default"
    readonly: bool | None = None
    idempotent: bool | None = None
    max_body: int = 0
    tag: str = ""
    example: Example = Example()
    hidden: bool = False

    def __post_init__(self):
        fill = object.__setattr__
        if self.readonly is None:
            fill(self, "readonly", self.method in _SAFE)
        if self.idempotent is None:
            writes = self.method == "POST" and not self.readonly
            fill(self, "idempotent", writes and bool(self.auth))
        fill(self, "max_body", self.max_body or self.api.max_body)
        fill(self, "tag", self.tag or self._first_word())
        if not self.hidden:
            self._check_access()
            self._check_schema()
            self._check_handler()

    @property
    def name(self) -> str:
        """Its name, unique in the API: the handler's, and the ``operationId``."""
        return self.handler.__name__

    @property
    def route(self) -> str:
        """Its whole path as Odoo's router has it."""
        return f"{self.api.base}{self.path}"

    @property
    def public_path(self) -> str:
        """Its whole path as OpenAPI has it."""
        return _VARIABLE.sub(lambda match: f"{{{match['name']}}}", self.route)

    @property
    def summary(self) -> str:
        """First line of the handler's docstring."""
        return self._docstring.splitlines()[0].rstrip(".")

    @property
    def description(self) -> str:
        """The rest of the handler's docstring."""
        return self._docstring.partition("\n")[2].strip()

    @property
    def has_body(self) -> bool:
        """Whether it takes a body."""
        return self.method in _WITH_BODY and self.body is not NoBody

    @cached_property
    def params(self) -> type[BaseModel]:
        """The model of its path's parameters."""
        own = self.path_types or {}
        kinds = {}
        for variable in _VARIABLE.finditer(self.path):
            name, kind = variable["name"], variable["kind"]
            if name not in own and kind not in _KINDS:
                self._refuse(f"path_types says nothing of {name}, which is a {kind}")
            kinds[name] = own.get(name) or _KINDS[kind]
        return create_model(
            f"{self.name}_path",
            __config__=ConfigDict(extra="forbid"),
            **{name: (kind, ...) for name, kind in kinds.items()},
        )

    @cached_property
    def takes(self) -> tuple[str, ...]:
        """Names of what its handler takes."""
        return tuple(inspect.signature(self.handler).parameters)[1:]

    @cached_property
    def body_adapter(self) -> TypeAdapter:
        """What reads its body."""
        return TypeAdapter(self.body)

    @cached_property
    def answer_adapter(self) -> TypeAdapter:
        """What checks and writes its answer."""
        return TypeAdapter(self.answer)

    @property
    def access(self) -> dict[str, Any]:
        """Its row in the access matrix."""
        return {
            "api": self.api.name,
            "name": self.name,
            "method": self.method,
            "path": self.public_path,
            "auth": self.auth,
            "scope": self.scope,
            "rate": self.rate,
            "readonly": self.readonly,
            "idempotent": self.idempotent,
        }

    @property
    def _docstring(self) -> str:
        return inspect.cleandoc(self.handler.__doc__ or "")

    def _first_word(self) -> str:
        words = [word for word in self.path.split("/") if word and "<" not in word]
        return words[0] if words else self.api.base.rsplit("/", 1)[-1]

    def _check_access(self) -> None:
        if isinstance(self.auth, str) or not isinstance(self.auth, tuple):
            self._refuse("auth is a tuple of schemes, or PUBLIC")
        if unknown := [one for one in self.auth if one not in self.api.schemes]:
            self._refuse(f"the API has no scheme {', '.join(unknown)}")
        if self.scope and not self.auth:
            self._refuse("nobody has a scope where everybody may call")
        if self.rate not in self.api.limits:
            self._refuse(f"the API has no rate limits {self.rate!r}")

    def _check_schema(self) -> None:
        if self.method not in METHODS:
            self._refuse(f"{self.method} is none of {', '.join(METHODS)}")
        if self.path and (self.path[0] != "/" or self.path[-1] == "/"):
            self._refuse("a path begins with a slash and ends without one")
        if not isinstance(self.query, type) or not issubclass(self.query, Query):
            self._refuse("query inherits from Query")
        if self.body is not NoBody and self.method not in _WITH_BODY:
            self._refuse(f"{self.method} has no body")
        if self.idempotent and (self.readonly or not self.auth):
            self._refuse("a key is for what is written, and belongs to somebody")
        if (self.answer is None) != (self.status == 204):
            self._refuse("status 204 has the answer None, and no other status has")
        if not isinstance(self.answer, Media):
            self.answer_adapter.json_schema(mode="serialization")

    def _check_handler(self) -> None:
        if not self._docstring:
            self._refuse("the handler's docstring is its summary")
        given = set(self.params.model_fields)
        optional = {"call"}
        (given if self.query is not NoQuery else optional).add("query")
        (given if self.body is not NoBody else optional).add("body")
        takes = set(self.takes)
        if takes - given - optional or given - takes:
            self._refuse(f"the handler takes {sorted(takes)}, not {sorted(given)}")

    def _refuse(self, why: str) -> None:
        handler = f"{self.handler.__module__}.{self.handler.__qualname__}"
        raise DeclarationError(f"{self.method} {self.route} ({handler}): {why}")
