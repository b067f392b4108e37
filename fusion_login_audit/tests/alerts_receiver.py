"""A receiver of webhooks on this machine, which does as the test tells it."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Received(NamedTuple):
    """One request: path, headers and body as they came."""

    path: str
    headers: dict
    body: bytes


class Receiver:
    """Answers with the next of its answers, and the last one from then on.

    :param answers: HTTP statuses, or callables that are given the request's handler
    """

    def __init__(self, *answers):
        self.answers = list(answers) or [200]
        self.received = []
        self.url = None
        self._lock = threading.Lock()

    def take(self, handler):
        """Note a request and answer it."""
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        with self._lock:
            self.received.append(
                Received(handler.path, dict(handler.headers.items()), body)
            )
            several = len(self.answers) > 1
            answer = self.answers.pop(0) if several else self.answers[0]
        if callable(answer):
            answer(handler)
        else:
            reply(handler, answer)


def reply(handler, status, **headers):
    """Answer a request without a body."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@contextmanager
def receiving(*answers):
    """Give a :class:`Receiver` that listens while the block runs."""
    receiver = Receiver(*answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            receiver.take(self)

        do_GET = do_POST

        def log_message(self, *_args):
            """Say nothing: the tests look at what was received."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?token=in-the-address"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
