"""Which pages of other origins may call (CORS): the headers of every answer."""

from typing import TYPE_CHECKING

from . import settings

if TYPE_CHECKING:
    from .call import Call

_MAX_AGE = 60 * 60 * 24
_EXPOSED = (
    "X-Request-ID",
    "Location",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "Idempotent-Replayed",
    "Content-Disposition",
)


def answer_headers(call: "Call", env) -> dict[str, str]:
    """Return what lets the calling page read the answer.

    :param env: any environment whose cursor works
    """
    origins = settings.cors_origins(call.api, env)
    exposed = {"Access-Control-Expose-Headers": ", ".join(_EXPOSED)}
    if "*" in origins:
        return {"Access-Control-Allow-Origin": "*", **exposed}
    origin = call.header("Origin")
    if origin not in origins:
        return {"Vary": "Origin"}
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **exposed}


def preflight_headers(call: "Call", methods: tuple[str, ...]) -> dict[str, str]:
    """Return what the page may send, besides the headers of every answer."""
    return {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ", ".join(
            settings.cors_headers(call.api, call.env)
        ),
        "Access-Control-Max-Age": str(_MAX_AGE),
    }
