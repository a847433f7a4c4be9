"""A store that speaks S3 on loopback, and what goes wrong with one."""

from __future__ import annotations

import http.client
import os
import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.given import GIVEN
from gmailkit.backup.crypt.keys import Owners

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAKEYOFATEST", "AWS_SECRET_ACCESS_KEY": "secretofatest"}


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of moto's, an S3 in memory."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


def make_bucket(server: str, name: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{server}/{name}", method="PUT")).close()


def reached_by(server: str) -> dict[str, str]:
    """The environment in which it is the S3."""
    return {**KEYS, "AWS_ENDPOINT_URL": server, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}


@contextmanager
def answering(status: int, code: str = "Trouble") -> Iterator[str]:
    """The address of a store that answers everything so, and repeats what must not be seen."""

    class Answer(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = f"<Error><Code>{code}</Code>{self.headers.get('Authorization')}</Error>"
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_PUT = do_DELETE = do_HEAD = do_POST = answer

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Line:
    """What lies between us and a store. Of a request whose method and target match, the answer is
    lost, or it does not reach the store and is told that this has no time, or cannot do that.
    """

    def __init__(self, server: str) -> None:
        self._server = server.removeprefix("http://")
        self._lost: list[re.Pattern[str]] = []
        self._busy: list[re.Pattern[str]] = []
        self._unable: list[re.Pattern[str]] = []
        self.seen: list[str] = []
        self.address = ""

    def lose(self, *requests: str) -> None:
        """The answer to the next request that is such a one, for each of these patterns."""
        self._lost += map(re.compile, requests)

    def be_busy(self, request: str, times: int) -> None:
        self._busy += [re.compile(request)] * times

    def be_unable(self, *requests: str) -> None:
        """From now on, to do what matches one of these."""
        self._unable += map(re.compile, requests)

    @property
    def waits(self) -> bool:
        """Whether something that was to go wrong has not yet."""
        return bool(self._lost or self._busy)

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        request = f"{handler.command} {unquote(handler.path)}"
        self.seen.append(request)
        if _meets(self._busy, request):
            self._answer(handler, 503, [], b"<Error><Code>SlowDown</Code></Error>")
            return
        if any(each.search(request) for each in self._unable):
            self._answer(handler, 501, [], b"<Error><Code>NotImplemented</Code></Error>")
            return
        connection = http.client.HTTPConnection(self._server)
        connection.request(handler.command, handler.path, body, dict(handler.headers))
        found = connection.getresponse()
        content = found.read()
        connection.close()
        if _meets(self._lost, request):
            handler.close_connection = True
            return
        self._answer(handler, found.status, found.getheaders(), content)

    @staticmethod
    def _answer(
        handler: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        handler.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                handler.send_header(name, value)
        length = dict(headers).get("Content-Length") if handler.command == "HEAD" else None
        handler.send_header("Content-Length", length or str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def _meets(patterns: list[re.Pattern[str]], request: str) -> bool:
    for pattern in patterns:
        if pattern.search(request):
            patterns.remove(pattern)
            return True
    return False


@contextmanager
def line_to(server: str) -> Iterator[Line]:
    line = Line(server)

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            line.pass_on(self)

        do_GET = do_PUT = do_DELETE = do_HEAD = do_POST = handle_any

        def log_message(self, format: str, *args: object) -> None: ...

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    thread = threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    line.address = f"http://127.0.0.1:{proxy.server_port}"
    try:
        yield line
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()


def environment_of(server: str, home: str) -> dict[str, str]:
    """That of a process on a machine whose home is there."""
    return {**os.environ, **reached_by(server), "GMAILKIT_HOME": home}


class Owner:
    """Somebody with an identity of age in a file."""

    def __init__(self, path: Path) -> None:
        identity = age.new_identity()
        path.write_text(f"{identity!s}\n")
        self.path = path
        self.owners = Owners((age.recipient_of(identity),))

    def comes(self) -> None:
        """From now on this process was given the key."""
        GIVEN.identity = self.path

    @staticmethod
    def leaves() -> None:
        GIVEN.identity = None
