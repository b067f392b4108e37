"""An API: what its endpoints have in common, and the decorator that declares one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from odoo import http

from . import registry
from .documentation import documentation_controller
from .endpoint import METHODS, PUBLIC, DeclarationError, Endpoint
from .limits import Limit
from .mapping import problem_of
from .principal import Principal, Scheme
from .problems import Problem
from .reply import Media
from .styles import ErrorStyle, SuiteErrors

DEFAULT_LIMITS = {
    "default": (Limit("principal", 1200, 60), Limit("ip", 2400, 60)),
}
_HEADERS = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "X-Request-ID",
)
_MAX_BODY = 1024 * 1024


@dataclass(frozen=True)
class Header:
    """A request header of an API.

    :param description: what it means
    :param pattern: what it looks like, as a regular expression; anything when empty
    """

    description: str
    pattern: str = ""

    @property
    def schema(self) -> dict[str, str]:
        """Its value's JSON Schema."""
        pattern = {"pattern": self.pattern} if self.pattern else {}
        return {"type": "string", **pattern}


class Api:
    """An API that an addon serves below one path.

    :param import_name: ``__name__`` of the module that declares it
    :param base: the path that all endpoints are below, such as ``/api/things``
    :param title: what people call it
    :param version: its version, as its documentation shows it
    :param description: what it is for, in Markdown
    :param name: its technical name, which system parameters and idempotency keys begin
        with; the addon's when not given
    :param schemes: the ways to identify oneself, by name
    :param style: how refusals are written
    :param limits: rate limits of groups of endpoints; ``default`` is needed
    :param headers: request headers of its own, by name
    :param cors_origins: origins whose pages may call. Any by default: no cookie
        identifies anybody here
    :param max_body: bytes that a body may have
    :param map_error: asked first which refusal an exception becomes; ``None`` leaves it
        to the rules that all APIs share
    :param observe: called with the access log's entry of each request, once the answer
        is out: no cursor is open then
    """

    def __init__(
        self,
        import_name: str,
        base: str,
        *,
        title: str,
        version: str,
        description: str = "",
        name: str = "",
        schemes: Mapping[str, Scheme] | None = None,
        style: ErrorStyle | None = None,
        limits: Mapping[str, tuple[Limit, ...]] | None = None,
        headers: Mapping[str, Header] | None = None,
        cors_origins: tuple[str, ...] = ("*",),
        max_body: int = _MAX_BODY,
        map_error: Callable[[Exception], Problem | None] | None = None,
        observe: Callable[[dict], None] | None = None,
    ):
        self.import_name = import_name
        self.module = import_name.split(".")[2]
        self.base = base.rstrip("/")
        self.title = title
        self.version = version
        self.description = description
        self.name = name or self.module
        self.schemes = dict(schemes or {})
        self.style = style or SuiteErrors()
        self.limits = {**DEFAULT_LIMITS, **(limits or {})}
        self.headers = dict(headers or {})
        self.cors_origins = cors_origins
        self.max_body = max_body
        self.observe = observe
        self.endpoints: dict[str, Endpoint] = {}
        self._map_error = map_error
        # Methods that no endpoint serves at the base itself.
        self._free_at_base = list(METHODS)
        registry.add(self)
        documentation_controller(self)

    @property
    def request_headers(self) -> tuple[str, ...]:
        """The headers that a page of another origin may send."""
        keys = [
            scheme.openapi["name"]
            for scheme in self.schemes.values()
            if scheme.openapi.get("in") == "header"
        ]
        return tuple(dict.fromkeys([*_HEADERS, *keys, *self.headers]))

    def contains(self, path: str) -> bool:
        """Tell whether a path is below the base."""
        return path == self.base or path.startswith(f"{self.base}/")

    def problem_of(self, error: Exception) -> Problem:
        """Return the refusal that an exception becomes."""
        own = self._map_error(error) if self._map_error else None
        return own or problem_of(error)

    def endpoint(
        self,
        path: str,
        method: str,
        *,
        auth: tuple[str, ...],
        answer: Any,
        **declared,
    ) -> Callable[[Callable], Callable]:
        """Declare a method of a controller as an endpoint.

        The method takes what its path names, ``query`` and ``body`` if there are such,
        and ``call`` if it names it; its docstring documents it.

        :param path: below the base, as Odoo's routes are written
        :param method: GET, POST, PUT, PATCH or DELETE
        :param auth: names of the schemes that it accepts, or ``PUBLIC``
        :param answer: what it answers: a type that pydantic knows, or a ``Media``
        :param scope: what the principal must be allowed
        :param query: model of the query string
        :param body: type of the body
        :param path_types: types of the path's parameters, where they differ from ids
            for ``int`` and a line of text else
        :param status: status of its answer
        :param also: other statuses that a ``Reply`` of it may have
        :param errors: refusals of its own, besides those that its declaration implies
        :param rate: group of the rate limits
        :param readonly: whether it only reads; GET does, unless it says otherwise
        :param idempotent: whether an ``Idempotency-Key`` is heeded; by default on a
            POST that writes and is not public. Answers that hold secrets say no: they
            would be kept
        :param max_body: bytes that the body may have
        :param tag: group in the documentation; by default the path's first word
        :param example: request and answer that the documentation shows
        :raises DeclarationError: when it does not fit together
        """

        def declare(handler: Callable) -> Callable:
            endpoint = Endpoint(
                api=self,
                path=path,
                method=method,
                handler=handler,
                auth=auth,
                answer=answer,
                **declared,
            )
            self._add(endpoint)
            return self._routed(endpoint, [endpoint.method])

        return declare

    def public_principal(self, env) -> Principal:
        """Return who calls an endpoint that everybody may call."""
        return Principal("public", "", env.ref("base.public_user").id)

    def _add(self, endpoint: Endpoint) -> None:
        known = self.endpoints.get(endpoint.name)
        if known and known.handler.__qualname__ != endpoint.handler.__qualname__:
            raise DeclarationError(f"{self.name} has two endpoints {endpoint.name}")
        self.endpoints[endpoint.name] = endpoint
        if not endpoint.path and endpoint.method in self._free_at_base:
            self._free_at_base.remove(endpoint.method)

    def catch_all(self, handler: Callable, path: str) -> Callable:
        """Route to a handler what no endpoint serves.

        :param path: below the base, or empty for the base itself
        """
        endpoint = Endpoint(
            api=self,
            path=path,
            method="GET",
            handler=handler,
            auth=PUBLIC,
            answer=Media("application/json"),
            hidden=True,
        )
        # The router prefers any other route to a path of any length, but takes the
        # first of those that are alike.
        return self._routed(endpoint, None if path else self._free_at_base)

    @staticmethod
    def _routed(endpoint: Endpoint, methods: list[str] | None) -> Callable:
        decorate = http.route(
            [endpoint.route],
            type="json_api",
            # The dispatcher authenticates: it has its own way of refusing.
            auth="none",
            methods=methods,
            # Odoo needs it to know a preflight; the headers are the dispatcher's.
            cors="*",
            csrf=False,
            save_session=False,
            readonly=endpoint.readonly,
            json_api=endpoint,
        )
        return decorate(endpoint.handler)
