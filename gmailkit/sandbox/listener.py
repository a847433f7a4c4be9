"""Sockets: HTTP/1.1 with keep-alive on 127.0.0.1, one thread per connection."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gmailkit.clock import Clock
from gmailkit.errors import UsageError
from gmailkit.sandbox.exchange import Reply, Request, as_html

ADDRESS = "127.0.0.1"
MAX_BODY = 220_000_000  # the largest message, as base64 in JSON
_BODILESS = (204, 304)
_DRIP_SECONDS = 0.1

Answer = Callable[[Request], Reply]


class Listener(ThreadingHTTPServer):
    """`close()` ends every connection and waits for the threads behind them."""

    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, port: int, answer: Answer, clock: Clock) -> None:
        self.answer = answer
        self.clock = clock
        self._closing = False
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._guard = threading.Lock()
        try:
            super().__init__((ADDRESS, port), _Handler)
        except (OSError, OverflowError) as error:
            raise cannot_listen(port, error) from error
        self._accepting = threading.Thread(target=self._accept, name="sandbox", daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def open(self) -> None:
        """Returns once a connection has been answered."""
        self._accepting.start()
        with self._connect() as connection:
            connection.sendall(b"GET /ready HTTP/1.0\r\n\r\n")
            connection.recv(1)

    def close(self) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            self._connect().close()  # wakes the accepting thread, which may be waiting
        self._accepting.join()
        self.server_close()
        with self._guard:
            connections = dict(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for worker in connections.values():
            worker.join(timeout=10)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Known before its thread runs, so that `close` finds every connection."""
        worker = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self._guard:
            self._connections[request] = worker
        worker.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                del self._connections[request]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are no news."""

    def server_bind(self) -> None:
        """Without the name look-up of the standard library, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    def _connect(self) -> socket.socket:
        return socket.create_connection((ADDRESS, self.port), timeout=10)

    def _accept(self) -> None:
        while not self._closing:
            self.handle_request()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300
    server: Listener

    def do_any(self) -> None:
        body = self._body()
        if isinstance(body, Reply):
            self.close_connection = True
            self._write(body)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._write(self.server.answer(Request(self.command, self.path, headers, body)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_any

    def version_string(self) -> str:
        return "ESF"

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header follows the sandbox's clock: clients measure their own against it."""
        return super().date_time_string(self.server.clock.now() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: addresses may hold tokens, and tests want silence."""

    def _body(self) -> bytes | Reply:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            return as_html("<h1>400. Bad Content-Length</h1>\n", status=400)
        if int(length) > MAX_BODY:
            return as_html("<h1>413. Request Entity Too Large</h1>\n", status=413)
        return self.rfile.read(int(length))

    def _chunks(self) -> bytes | Reply:
        body = bytearray()
        while True:
            try:
                size = int(self.rfile.readline(100).partition(b";")[0], 16)
            except ValueError:
                return as_html("<h1>400. Bad chunk</h1>\n", status=400)
            if size < 0 or len(body) + size > MAX_BODY:
                return as_html("<h1>413. Request Entity Too Large</h1>\n", status=413)
            body += self.rfile.read(size)
            if not size:
                while self.rfile.readline(10_000).strip():
                    pass  # trailers
                return bytes(body)
            self.rfile.readline(10)

    def _write(self, reply: Reply) -> None:
        if reply.drop:
            self._hang_up()
            return
        if reply.reset:
            self._tear_down()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in _BODILESS:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self._write_body(reply)
        self.wfile.flush()
        if reply.cut is not None:
            self._hang_up()

    def _write_body(self, reply: Reply) -> None:
        step = reply.drip or len(reply.body) or 1
        for at in range(0, len(reply.body), step):
            if at:
                self.wfile.flush()
                self.server.clock.sleep(_DRIP_SECONDS)
            self.wfile.write(reply.body[at : at + step][: reply.cut])

    def _tear_down(self) -> None:
        """With a reset instead of the orderly end."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            at_once = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            os.close(self.connection.detach())  # close() would wait for the files made of it

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def cannot_listen(port: int, error: OSError | OverflowError) -> UsageError:
    if isinstance(error, OverflowError):
        return UsageError(f"{port} is not a port.", hint="Choose 1024 to 65535.")
    if error.errno == errno.EADDRINUSE:
        return UsageError(
            f"Port {port} is in use by another program.",
            hint="Choose another port, or 0 for any free one.",
        )
    return UsageError(
        f"Cannot listen on port {port}: {error.strerror}.", hint="Choose a port above 1023."
    )
