"""A client that times single requests, each on a connection of its own."""

import http.client
import json
import re
import time
import urllib.parse

AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
_CSRF = re.compile(rb'name="csrf_token" value="([^"]+)"')
_COOKIE = re.compile(r"session_id=[^;]+")
_FORM = "application/x-www-form-urlencoded"


class Client:
    """One program that calls one server.

    :param served: the server
    """

    def __init__(self, served):
        self.served = served

    def login(self, login, password, *, right=True):
        """Log in by the form, in a new session.

        :param bool right: whether the server must let it in
        :return: milliseconds of the request that carries the password
        """
        _, response, page = self._request("GET", "/web/login")
        cookie = _COOKIE.search(response.headers["Set-Cookie"])[0]
        fields = {
            "csrf_token": _CSRF.search(page)[1].decode(),
            "login": login,
            "password": password,
        }
        elapsed, response, _ = self._request(
            "POST",
            "/web/login",
            urllib.parse.urlencode(fields),
            {"Content-Type": _FORM, "Cookie": cookie},
        )
        _require(response.status == (303 if right else 200), response)
        return elapsed

    def bearer(self, key, series):
        """Make the lightest call of the bearer API.

        :param str key: an API key
        :param int series: 18 or 19
        :return: milliseconds
        """
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        if series >= 19:
            path = "/json/2/res.users/context_get"
            elapsed, response, _ = self._request("POST", path, "{}", headers)
        else:
            path = "/json/1/res.partner?view_type=list&limit=1&offset=0&domain=[]"
            elapsed, response, _ = self._request("GET", path, None, headers)
        _require(response.status == 200, response)
        return elapsed

    def execute_kw(self, database, uid, password):
        """Call a light method by JSON-RPC.

        :param str password: the user's password or API key
        :return: milliseconds
        """
        arguments = [database, uid, password, "res.users", "context_get", [], {}]
        params = {"service": "object", "method": "execute_kw", "args": arguments}
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        headers = {"Content-Type": "application/json"}
        elapsed, response, answer = self._request("POST", "/jsonrpc", body, headers)
        _require("result" in json.loads(answer), response)
        return elapsed

    def _request(self, method, path, body=None, headers=None):
        """Return milliseconds, response and body."""
        started = time.perf_counter()
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.served.port, timeout=120
        )
        try:
            connection.request(
                method, path, body, {"User-Agent": AGENT, **(headers or {})}
            )
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        return 1000 * (time.perf_counter() - started), response, content


def _require(held, response):
    if not held:
        raise RuntimeError(f"the server answered {response.status} {response.reason}")
