"""The APIs that are declared, and what the installed addons really route."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from odoo.api import Environment

if TYPE_CHECKING:
    from .definition import Api
    from .endpoint import Endpoint

_apis: dict[str, "Api"] = {}


def add(api: "Api") -> None:
    """Make an API known; one with the same name and module replaces it."""
    known = _apis.get(api.name)
    if known and known.module != api.module:
        raise ValueError(f"{known.module} has an API {api.name} already")
    _apis[api.name] = api


def apis(env: Environment | None = None) -> list["Api"]:
    """Return the APIs, of the installed addons only when an environment is given."""
    if env is None:
        return list(_apis.values())
    installed = env.registry._init_modules
    return [api for api in _apis.values() if api.module in installed]


def find_api(path: str) -> "Api | None":
    """Return the API that a path belongs to: the one with the longest base."""
    found = [api for api in _apis.values() if api.contains(path)]
    return max(found, key=lambda api: len(api.base), default=None)


def routed(env: Environment, api: "Api | None" = None) -> Iterator["Endpoint"]:
    """Return the endpoints that Odoo routes, of one API or of all."""
    for rule in env["ir.http"].routing_map().iter_rules():
        endpoint = rule.endpoint.routing.get("json_api")
        if endpoint and not endpoint.hidden and api in (None, endpoint.api):
            yield endpoint


def undeclared_routes(env: Environment) -> list[str]:
    """Return what Odoo routes below the base of an API and nobody declared."""
    bases = apis(env)
    return sorted(
        rule.rule
        for rule in env["ir.http"].routing_map().iter_rules()
        if "json_api" not in rule.endpoint.routing
        and any(api.contains(rule.rule) for api in bases)
    )


def unrouted_endpoints(env: Environment) -> list[str]:
    """Return the declared endpoints of installed addons that Odoo does not route."""
    reached = set(map(id, routed(env)))
    installed = env.registry._init_modules
    return sorted(
        f"{endpoint.method} {endpoint.route}"
        for api in apis(env)
        for endpoint in api.endpoints.values()
        if id(endpoint) not in reached
        and endpoint.handler.__module__.split(".")[2] in installed
        and not endpoint.hidden
    )
