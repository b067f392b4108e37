"""A client that asks one server by the API and by Odoo's own JSON-RPC."""

import http.client
import json
import re
import time
from itertools import count

_COOKIE = re.compile(r"session_id=[^;]+")
_NUMBERS = count(1)


class Client:
    """One program that calls one server, each time on a new connection.

    :param port: where the server listens
    """

    def __init__(self, port):
        self._port = port
        self._cookie = ""

    def log_in(self, database, login, password):
        """Log in as a user of Odoo, in a session."""
        params = {"db": database, "login": login, "password": password}
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        _, response, _ = self._request(
            "POST", "/web/session/authenticate", body, {"Content-Type": _JSON}
        )
        self._cookie = _COOKIE.search(response.headers["Set-Cookie"])[0]

    def api(self, path, headers):
        """Ask the API.

        :return: milliseconds, the id that the access log has, and the answer
        """
        name = f"bench-{next(_NUMBERS):08}"
        headers = {**headers, "X-Request-ID": name}
        elapsed, response, content = self._request("GET", f"/api{path}", None, headers)
        _require(response.status == 200, content)
        return elapsed, name, json.loads(content)

    def rpc(self, model, method, args, **options):
        """Call a method of Odoo.

        :return: milliseconds, the name that the server's log has, and the result
        """
        name = f"bench-{next(_NUMBERS):08}"
        params = {"model": model, "method": method, "args": args, "kwargs": options}
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        headers = {"Content-Type": _JSON, "Cookie": self._cookie}
        path = f"/web/dataset/call_kw/{name}"
        elapsed, _response, content = self._request("POST", path, body, headers)
        answer = json.loads(content)
        _require("result" in answer, content)
        return elapsed, name, answer["result"]

    def _request(self, method, path, body, headers):
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        return 1000 * (time.perf_counter() - started), response, content


_JSON = "application/json"


def _require(held, content):
    if not held:
        raise RuntimeError(f"the server answered {content[:500]}")
