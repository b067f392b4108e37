"""Servers elsewhere: one that answers for its users, one that never answers."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Provider:
    """An OAuth provider that knows the people of some access tokens."""

    def __init__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Tokeninfo)
        self._server.daemon_threads = True
        self._server.people = {}
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Where tokens are validated."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/tokeninfo"

    def let_in(self, token: str, subject: str, email: str) -> None:
        """Know the person of an access token."""
        self._server.people[token] = {"user_id": subject, "email": email}

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Tokeninfo(BaseHTTPRequestHandler):
    def do_GET(self):
        token = parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]
        person = self.server.people.get(token)
        body = json.dumps(person or {"error": "invalid_token"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        """Keep the tests' output clean."""


class Silence:
    """A server that takes every call and never answers."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.callers: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._socket.getsockname()[1]

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
        for caller in self.callers:
            caller.close()

    def _take(self) -> None:
        while True:
            try:
                self.callers.append(self._socket.accept()[0])
            except OSError:
                return


def refusing_port() -> int:
    """Return a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()[1]
