"""Who calls: what the hooks of an API return, and what they are given."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from odoo import _

from .problems import Unauthorized

if TYPE_CHECKING:
    from .call import Call

# RFC 6750, 2.1: what a bearer token is made of.
_BEARER = re.compile(r"^bearer +([A-Za-z0-9._~+/-]+=*) *$", re.IGNORECASE)


@dataclass(frozen=True)
class Principal:
    """Who calls, and as whom the handler runs.

    :param kind: what it is, such as ``employee``; part of ``key``
    :param id: which one of its kind; empty for everybody
    :param uid: the ``res.users`` that the handler's environment has
    :param company_id: the company that it acts for
    :param scopes: what it may do; ``None`` for everything
    :param context: what the environment's context has besides
    :param data: whatever the hook wants the handlers to have
    """

    kind: str
    id: int | str
    uid: int
    company_id: int | None = None
    scopes: frozenset[str] | None = None
    context: Mapping = field(default_factory=dict)
    data: object = None

    @property
    def key(self) -> str:
        """What it is called in logs, idempotency keys and rate limits."""
        return f"{self.kind}:{self.id}" if self.id else self.kind

    @property
    def anonymous(self) -> bool:
        """Whether it is everybody, whom no limit of one caller binds."""
        return not self.id

    def may(self, scope: str) -> bool:
        """Tell whether it has a scope; an empty one everybody has."""
        return not scope or self.scopes is None or scope in self.scopes


Hook = Callable[["Call", str], Principal]


@dataclass(frozen=True)
class Scheme:
    """A way to identify oneself.

    :param credential: takes what was presented from a call; empty when nothing was
    :param hook: turns it into the principal, or raises ``Unauthorized``
    :param openapi: the security scheme object that documents it
    """

    credential: Callable[["Call"], str]
    hook: Hook
    openapi: Mapping

    def identify(self, call: "Call") -> Principal | None:
        """Return the principal; none when nothing of this scheme was presented.

        :raises Unauthorized: when what was presented is not valid
        """
        credential = self.credential(call)
        return self.hook(call, credential) if credential else None


def bearer(hook: Hook, *, description: str = "", token_format: str = "JWT") -> Scheme:
    """Return the scheme of ``Authorization: Bearer``."""
    openapi = {"type": "http", "scheme": "bearer", "bearerFormat": token_format}
    return Scheme(bearer_token, hook, {**openapi, "description": description})


def header_key(header: str, hook: Hook, *, description: str = "") -> Scheme:
    """Return the scheme of a key in a header of its own, such as ``X-API-KEY``."""
    openapi = {"type": "apiKey", "in": "header", "name": header}

    def credential(call: "Call") -> str:
        return call.header(header)

    return Scheme(credential, hook, {**openapi, "description": description})


def bearer_token(call: "Call") -> str:
    """Return the bearer token of a call; empty when it has none.

    :raises Unauthorized: when there is one that no token can look like
    """
    value = call.header("Authorization")
    if not value.lower().startswith("bearer"):
        return ""
    if match := _BEARER.match(value):
        return match[1]
    raise Unauthorized(
        _("The Authorization header has no valid bearer token."),
        code="invalid_token",
        challenge='Bearer error="invalid_token"',
    )
