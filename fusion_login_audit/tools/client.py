"""Who is at the other end: address and User-Agent of the request being served.

XML-RPC and JSON-RPC calls run with the request hidden (`odoo.http.borrow_request`), so
that code cannot touch the session of a caller who has none. The address is needed all
the same: the wrapper below notes it before the request is hidden.
"""

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from odoo import http

from .text import neutralise

_logger = logging.getLogger("odoo.addons.fusion_login_audit")

INTERNAL_ADDRESS = "internal"
NO_REQUEST = "<no-request>"
_IP_LENGTH = 45
_AGENT_LENGTH = 512

_of_rpc = ContextVar("fusion_login_audit_client", default=None)


class Client(NamedTuple):
    """Address and User-Agent of a caller, harmless to store.

    :param ip: its address; with `proxy_mode` the one that the proxy forwards
    :param agent: its User-Agent header
    :param seen: mutable set that lives as long as the HTTP request, retries included
    """

    ip: str
    agent: str
    seen: set | None = None

    @property
    def is_internal(self):
        """Whether no request is being served."""
        return self.ip == INTERNAL_ADDRESS


def current_client():
    """Return the :class:`Client` of the request in this thread.

    :return: `Client`; `INTERNAL_ADDRESS` outside a request
    """
    if http.request:
        return _of_request(http.request)
    return _of_rpc.get() or Client(INTERNAL_ADDRESS, NO_REQUEST)


def is_rpc():
    """Tell whether an XML-RPC or JSON-RPC call is being served."""
    return not http.request and _of_rpc.get() is not None


def _of_request(request):
    """Return the :class:`Client` of a request; whatever it is like, it never raises."""
    try:
        httprequest = request.httprequest
        return Client(
            neutralise(httprequest.remote_addr or "", _IP_LENGTH),
            neutralise(httprequest.headers.get("User-Agent") or "", _AGENT_LENGTH),
            httprequest.environ.setdefault("fusion_login_audit.seen", set()),
        )
    except Exception:
        # No login may fail because its request is odd.
        _logger.warning("fusion_login_audit: odd request", exc_info=True)
        return Client("", "")


def _remembering_client(borrow_request):
    @contextmanager
    def borrow_and_remember():
        token = _of_rpc.set(_of_request(http.request) if http.request else None)
        try:
            with borrow_request() as request:
                yield request
        finally:
            _of_rpc.reset(token)

    borrow_and_remember.fusion_login_audit = True
    return borrow_and_remember


# There is no hook of Odoo's between the request and its being hidden, least of all on a
# server of many databases, where no registry is chosen yet. The wrapper only notes.
if not hasattr(http.borrow_request, "fusion_login_audit"):
    http.borrow_request = _remembering_client(http.borrow_request)
