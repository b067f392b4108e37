"""A geo service and a name server on this machine, for as long as a test lasts."""

import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import dns.message
import dns.rcode
import dns.resolver
import dns.reversename
import dns.rrset

FOUND = {
    "status": "success",
    "country": "United Kingdom",
    "countryCode": "GB",
    "regionName": "England",
    "city": "London",
    "lat": 51.5,
    "lon": -0.12,
}
SILENCE = object()


class GeoService:
    """An HTTP server that notes what it is asked and answers what it is told.

    The attributes are: `requests`, list of (path, headers); `script`, the answers to
    come, of which the last one stays. An answer is (status, headers, body), with a body
    of bytes or of what JSON can say; :data:`SILENCE`, which lasts as long as the test;
    or a function that returns one of these.
    """

    def __init__(self):
        self.requests = []
        self.script = [(200, {}, FOUND)]
        self._over = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        """The URL for the setting `geo_url`."""
        return f"http://127.0.0.1:{self._server.server_port}/json/{{ip}}"

    def close(self):
        """End the server and whoever waits for it."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path, headers):
        """Note a request and return the answer to it, None for none at all."""
        self.requests.append((path, headers))
        answer = self.script[0] if len(self.script) == 1 else self.script.pop(0)
        if callable(answer):
            answer = answer()
        if answer is SILENCE:
            self._over.wait(30)
            return None
        status, sent, body = answer
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return status, sent, body

    def _handler(self):
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                answer = service.answer(self.path, dict(self.headers))
                if answer is None:
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    # The client had enough.
                    return

            def log_message(self, *args):
                """Leave the log of the tests to what the tests are about."""

        return Handler


class NameServer:
    """A name server for reverse names, over UDP.

    The attributes are: `names`, dict of PTR target by address; `asked`, list of the
    names that it was asked for; `is_silent`, whether it answers nothing.
    """

    def __init__(self):
        self.names = {}
        self.asked = []
        self.is_silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        Thread(target=self._serve, daemon=True).start()

    def resolver(self):
        """Return a resolver that asks this server alone."""
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self._socket.getsockname()[1]
        return resolver

    def close(self):
        """End the server."""
        self._socket.sendto(b"", self._socket.getsockname())

    def _serve(self):
        with self._socket:
            while True:
                query, client = self._socket.recvfrom(4096)
                if not query:
                    return
                answer = self._answer(dns.message.from_wire(query))
                if not self.is_silent:
                    self._socket.sendto(answer.to_wire(), client)

    def _answer(self, query):
        question = query.question[0]
        address = str(dns.reversename.to_address(question.name))
        self.asked.append(address)
        answer = dns.message.make_response(query)
        if address in self.names:
            target = self.names[address]
            answer.answer.append(
                dns.rrset.from_text(question.name, 60, "IN", "PTR", target)
            )
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer
