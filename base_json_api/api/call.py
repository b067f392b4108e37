"""What is known of one request, from its first try to its answer."""

import re
import time
from typing import TYPE_CHECKING
from uuid import uuid4

from odoo import models
from odoo.api import Environment
from odoo.http import Request

from .principal import Principal
from .problems import NotFound, Problem

if TYPE_CHECKING:
    from .definition import Api
    from .endpoint import Endpoint

_SANE_ID = re.compile(r"^[A-Za-z0-9._:-]{8,128}$")


class Call:
    """One request; the same while Odoo tries it again after a serialization error.

    :param request: Odoo's request
    :param api: the API that its path belongs to

    A handler that names a parameter ``call`` gets it.
    """

    def __init__(self, request: Request, api: "Api"):
        self.request = request
        self.api = api
        self.started = time.perf_counter()
        self.request_id = _request_id(request.httprequest.headers)
        self.endpoint: Endpoint | None = None
        self.principal: Principal | None = None
        self.problem: Problem | None = None
        self.error = ""
        # Headers that the answer carries, whatever it is.
        self.headers: dict[str, str] = {}
        self.counted = False
        self.parsed: object = None

    @property
    def env(self) -> Environment:
        """The environment of the principal."""
        return self.request.env

    @property
    def method(self) -> str:
        """The method of the request."""
        return self.request.httprequest.method

    @property
    def ip(self) -> str:
        """The caller's address, as Odoo's ``proxy_mode`` has it."""
        return self.request.httprequest.remote_addr or ""

    def record(self, model: str, record_id: int) -> models.BaseModel:
        """Return a record that the principal may see.

        :raises NotFound: when there is none: it is searched, so that one that a rule
            hides is as absent as one that never was
        """
        found = self.env[model].search([("id", "=", record_id)])
        if not found:
            raise NotFound()
        return found

    def header(self, name: str) -> str:
        """Return a header of the request, stripped; empty when it is absent."""
        return self.request.httprequest.headers.get(name, "").strip()


def _request_id(headers) -> str:
    given = headers.get("X-Request-ID", "")
    return given if _SANE_ID.match(given) else uuid4().hex
