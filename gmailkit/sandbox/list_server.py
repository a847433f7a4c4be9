"""The web servers of all lists of the sample at once, as RFC 8058 has them.

Whatever name is asked for, it is here: so nothing of practice ever leaves this machine.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.sandbox.authority import Authority
from gmailkit.sandbox.listener import ADDRESS

_MOST = 10_000  # bytes of a request's body
_FORM = "application/x-www-form-urlencoded"


class ListServer:
    """Takes POSTs for one click; starts when a name is first looked up.

    `asked` are the hosts and paths of those that were right, in order.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self.asked: list[tuple[str, str]] = []
        self._authority = Authority(clock)
        self._server: _Server | None = None
        self._guard = threading.Lock()

    def resolve(self, host: str, port: int) -> Sequence[tuple[str, int]]:
        """Where every host is: here."""
        with self._guard:
            if self._server is None:
                self._server = _Server(self._authority, self.asked)
                threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return ((ADDRESS, self._server.server_port),)

    def is_here(self, address: str) -> bool:
        return address == ADDRESS

    def trust(self) -> ssl.SSLContext:
        """What a client needs to believe that it speaks with the host."""
        return ssl.create_default_context(cadata=self._authority.pem)

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, authority: Authority, asked: list[tuple[str, str]]) -> None:
        super().__init__((ADDRESS, 0), _Handler)
        self.asked = asked
        self.socket = authority.server().wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 30

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(min(int(length), _MOST)) if length.isdecimal() else b""
        right = (
            body == b"List-Unsubscribe=One-Click"
            and self.headers.get_content_type() == _FORM
            and not {"cookie", "authorization"} & {name.lower() for name in self.headers}
        )
        if right:
            self.server.asked.append((self.headers.get("Host", ""), self.path))
        answer = b"You are off the list.\n" if right else b"This is no one-click request.\n"
        self.send_response(200 if right else 400)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing is said on the terminal of who practises."""
