"""The same answer to the same request, once it has been done (Idempotency-Key)."""

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING

from psycopg2.errors import SerializationFailure

from odoo import _
from odoo.http import Response

from .problems import BadRequest, Conflict, Detail

if TYPE_CHECKING:
    from .call import Call

HEADER = "Idempotency-Key"
_SANE_KEY = re.compile(r"^[\x21-\x7e]{1,255}$")


class Once:
    """Sees to it that a request with a key is done once.

    :param call: the request, read and authenticated
    """

    def __init__(self, call: "Call"):
        self._call = call
        self._names = (call.api.name, call.principal.key, _key(call))
        self._digest = _digest(call)
        self._row = 0

    @staticmethod
    def wanted(call: "Call") -> bool:
        """Tell whether a request asks for it, of an endpoint that offers it."""
        # An empty one is there, and malformed.
        return call.endpoint.idempotent and HEADER in call.request.httprequest.headers

    def earlier(self) -> Response | None:
        """Take the key; return what was answered when it was taken before.

        :raises Conflict: when it was taken by another request
        """
        keys = self._call.env["base.json.api.idempotency.key"]
        try:
            self._row = keys._claim(*self._names, self._digest)
        except SerializationFailure as taken:
            # Its twin has just ended: what it answered is seen by a new transaction.
            self._call.env.cr.rollback()
            return self._replay(keys, taken)
        return None if self._row else self._replay(keys)

    def keep(self, response: Response) -> None:
        """Keep the answer; it is committed with what the request has done."""
        kept = {
            name: value
            for name, value in response.headers.items()
            if name in ("Content-Type", "Location")
        }
        self._call.env["base.json.api.idempotency.key"]._keep(
            self._row,
            response.status_code,
            json.dumps(kept),
            response.get_data(as_text=True),
        )

    def _replay(self, keys, taken: Exception | None = None) -> Response:
        kept = keys._kept(*self._names)
        if kept is None:
            # Removed meanwhile: Odoo tries the request again.
            raise taken
        if kept.digest != self._digest:
            raise Conflict(
                _("This idempotency key has been used for another request."),
                code="idempotency_key_reused",
                errors=[
                    Detail(HEADER, "reused", _("Use a new key for a new request."))
                ],
            )
        response = Response(kept.body, status=kept.status)
        response.headers.update(json.loads(kept.headers))
        response.headers["Idempotent-Replayed"] = "true"
        return response


def _key(call: "Call") -> str:
    key = call.header(HEADER)
    if not _SANE_KEY.match(key):
        message = _("A key has 1 to 255 printable characters without blanks.")
        raise BadRequest(errors=[Detail(HEADER, "format", message)])
    return key


def _digest(call: "Call") -> str:
    """Return what tells requests apart: the order of keys in the body does not."""
    http = call.request.httprequest
    body = json.dumps(call.parsed, sort_keys=True)
    query = http.query_string.decode("latin-1")
    return sha256(f"{call.method} {http.path}?{query}\n{body}".encode()).hexdigest()
