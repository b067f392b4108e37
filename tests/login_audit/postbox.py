"""A mail server that keeps what it is given."""

import email
import email.policy
import html
import re
import socketserver
import threading

from login_audit.trail import wait_for

_CODE = re.compile(r">\s*(\d{6})\s*<")
_LINK = re.compile(r'href="([^"]*/web/(?:reset_password|signup)[^"]*)"')
_PATIENCE_SECONDS = 10


class Postbox:
    """A mail server on a port of its own, until it is closed."""

    def __init__(self):
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session)
        self._server.daemon_threads = True
        self._server.messages = []
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_address[1]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def code_for(self, address: str) -> str:
        """Return the login code that was sent to an address."""
        return self._find(address, _CODE)

    def link_for(self, address: str) -> str:
        """Return the link for a new password that was sent to an address."""
        return html.unescape(self._find(address, _LINK))

    def _find(self, address: str, pattern: re.Pattern) -> str:
        found = wait_for(lambda: self._matches(address, pattern), _PATIENCE_SECONDS)
        assert found, f"no mail to {address} has {pattern.pattern}"
        return found[-1]

    def _matches(self, address: str, pattern: re.Pattern) -> list[str]:
        texts = [text for to, text in self._server.messages if address in to]
        return [match[1] for text in texts for match in pattern.finditer(text)]


class _Session(socketserver.StreamRequestHandler):
    """One conversation, of the little SMTP that Odoo speaks."""

    def handle(self):
        self._say("220 postbox")
        recipients = ""
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"RCPT":
                recipients += line.decode()
            if verb == b"DATA":
                self._say("354 go on")
                self.server.messages.append((recipients, self._read_text()))
                recipients = ""
            self._say("221 bye" if verb == b"QUIT" else "250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def _read_text(self) -> str:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        return message.get_body(("html", "plain")).get_content()
