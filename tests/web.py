"""A browser without a screen: logs in, keeps cookies, calls methods, fetches assets."""

import http.cookiejar
import json
import re
import urllib.parse
import urllib.request

_TIMEOUT_SECONDS = 120
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
_ASSET = re.compile(r'(?:src|href)="(/web/assets/[^"]+)"')


class Browser:
    """One person's session with the server.

    :param address: such as ``http://127.0.0.1:8069``
    """

    def __init__(self, address: str):
        self._address = address
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def get(self, path: str) -> tuple[int, str, str]:
        """Return the status, the final address and the text of a page."""
        return self._open(urllib.request.Request(self._address + path))

    def log_in(self, login: str, password: str) -> str:
        """Log in as a person does, by the form; return the address one lands on."""
        _status, _url, page = self.get("/web/login")
        form = {
            "csrf_token": _CSRF.search(page)[1],
            "login": login,
            "password": password,
        }
        body = urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(f"{self._address}/web/login", data=body)
        return self._open(request)[1]

    def call(self, model: str, method: str, *arguments, **options):
        """Call a model's method and return its result.

        :raises AssertionError: with the server's message when it refuses
        """
        answer = self.rpc(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": arguments, "kwargs": options},
        )
        assert "error" not in answer, answer["error"]["data"]["message"]
        return answer["result"]

    def rpc(self, path: str, parameters: dict) -> dict:
        """Post a JSON-RPC request and return the whole answer."""
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": parameters})
        request = urllib.request.Request(
            self._address + path,
            data=body.encode(),
            headers={"Content-Type": "application/json"},
        )
        return json.loads(self._open(request)[2])

    def assets_of(self, page: str) -> list[str]:
        """Return the addresses of the bundles that a page names."""
        return sorted(set(_ASSET.findall(page)))

    def _open(self, request: urllib.request.Request) -> tuple[int, str, str]:
        with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
            text = response.read().decode("utf-8", errors="replace")
            return response.status, response.url, text
