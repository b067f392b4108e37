"""What an administrator may change of an API: system parameters named for it."""

from functools import lru_cache
from typing import TYPE_CHECKING

from odoo.api import Environment

from .limits import Limit, parse_limits

if TYPE_CHECKING:
    from .definition import Api


def cors_origins(api: "Api", env: Environment) -> tuple[str, ...]:
    """Return the origins whose pages may call; ``*`` for any.

    System parameter ``<api>.cors_origins``, separated by commas or spaces.
    """
    return _words(_parameter(env, f"{api.name}.cors_origins")) or api.cors_origins


def cors_headers(api: "Api", env: Environment) -> tuple[str, ...]:
    """Return the headers that pages of other origins may send.

    System parameter ``<api>.cors_headers`` names some besides the API's own.
    """
    return api.request_headers + _words(_parameter(env, f"{api.name}.cors_headers"))


def limits(api: "Api", env: Environment, group: str) -> tuple[Limit, ...]:
    """Return the rate limits of a group of endpoints.

    System parameter ``<api>.rate_limit.<group>`` such as ``principal 600/60, ip
    1200/60`` (requests per seconds), or ``off``.
    """
    text = _parameter(env, f"{api.name}.rate_limit.{group}")
    return parse_limits(text) if text else api.limits[group]


def _parameter(env: Environment, name: str) -> str:
    # Whoever calls, and before anybody is known to: these are for the framework.
    return env["ir.config_parameter"].sudo().get_param(name) or ""


@lru_cache(maxsize=256)
def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())
