"""The door on 127.0.0.1 through which the browser brings the answer of a sign-in (RFC 8252, 7.3).

Anybody on this machine and any web page may knock while it is open. So: one address with a random
part, only GET, only our Host, only our state; everything else is turned away and the waiting goes
on. One thread serves all connections without blocking, so a silent one keeps nobody out.
"""

from __future__ import annotations

import re
import secrets
import selectors
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest
from types import TracebackType

from gmailkit.auth.redirect import Answer, NotOurs, read_answer
from gmailkit.clock import Clock
from gmailkit.errors import CannotDo
from gmailkit.secret import Secret

HOST = "127.0.0.1"
_LIMIT = 1 << 16  # bytes of one request; cookies of other servers on 127.0.0.1 come along
_PATIENCE = 10  # seconds a connection may take to ask its question
_CROWD = 100  # connections at once; beyond that the one that has been silent longest goes
_FAREWELL = 2  # seconds to let the browser fetch the result page
_TICK = 0.1

_REQUEST_LINE = re.compile(rb"([A-Z]{1,20}) (/[!-~]*) HTTP/1\.[01]")
_REASONS = {
    200: "OK", 303: "See Other", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
    421: "Misdirected Request", 431: "Request Header Fields Too Large",
}  # fmt: skip
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>gmailkit</title>
<body style="font: 1.2em sans-serif; margin: 3em"><h1>gmailkit</h1><p>{text}</p></body></html>
"""
_DONE = "The answer has arrived. You can close this page and go back to the terminal."
_TURNED_AWAY = "This is not the page you are looking for."


@dataclass(slots=True)
class _Caller:
    """One connection that has not asked its question yet."""

    since: float
    heard: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    text: str = _TURNED_AWAY
    location: str = ""

    def encode(self) -> bytes:
        body = _PAGE.format(text=self.text).encode()
        lines = [
            f"HTTP/1.1 {self.status} {_REASONS[self.status]}",
            "Content-Type: text/html; charset=utf-8",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "Referrer-Policy: no-referrer",
            "X-Content-Type-Options: nosniff",
            "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
            "Connection: close",
        ]
        if self.location:
            lines.append(f"Location: {self.location}")
        return "\r\n".join([*lines, "", ""]).encode() + body


class Listener:
    """Listens from `with` on; `wait` gives the answer once.

    Raises CannotDo when 127.0.0.1 cannot be listened on.
    """

    def __init__(self, state: Secret, *, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._socket = reserve_port()
        self._path = f"/{secrets.token_urlsafe(16)}"
        self._done_path = f"{self._path}/done"
        self._callers: dict[socket.socket, _Caller] = {}
        self._selector = selectors.DefaultSelector()
        self._answer: Answer | None = None
        self._answered = threading.Event()
        self._farewell = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="sign-in listener", daemon=True)

    @property
    def authority(self) -> str:
        return f"{HOST}:{self._socket.getsockname()[1]}"

    @property
    def redirect_uri(self) -> str:
        return f"http://{self.authority}{self._path}"

    def __enter__(self) -> Listener:
        self._socket.listen(64)
        self._socket.setblocking(False)
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._answered.is_set() and kind is None:
            self._farewell.wait(_FAREWELL)
        self._closing.set()
        self._thread.join()
        for caller in list(self._callers):
            self._hang_up(caller)
        self._selector.close()
        self._socket.close()

    def wait(self, timeout: float) -> Answer | None:
        """The answer, or None when `timeout` seconds of the clock have gone by."""
        end = self._clock.monotonic() + timeout
        while not self._answered.wait(_TICK):
            if self._clock.monotonic() >= end:
                return None
        return self._answer

    def _serve(self) -> None:
        while not self._closing.is_set():
            for key, _ in self._selector.select(_TICK):
                if key.fileobj is self._socket:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._hear(key.fileobj)
            self._drop_silent()

    def _accept(self) -> None:
        # A port scanner may be gone again, and a flood may use up the descriptors.
        with suppress(OSError):
            connection, _ = self._socket.accept()
            connection.setblocking(False)
            self._callers[connection] = _Caller(self._clock.monotonic())
            self._selector.register(connection, selectors.EVENT_READ)

    def _drop_silent(self) -> None:
        now = self._clock.monotonic()
        silent = [c for c, caller in self._callers.items() if now - caller.since > _PATIENCE]
        crowd = list(self._callers)[: max(0, len(self._callers) - _CROWD)]
        for connection in {*silent, *crowd}:
            self._hang_up(connection)

    def _hear(self, connection: socket.socket) -> None:
        caller = self._callers[connection]
        try:
            heard = connection.recv(_LIMIT)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        caller.heard += heard
        reply = self._reply(bytes(caller.heard)) if heard else None
        if reply:
            with suppress(OSError):
                connection.settimeout(1)
                connection.sendall(reply.encode())
                connection.shutdown(socket.SHUT_WR)
        if reply or not heard:
            self._hang_up(connection)

    def _hang_up(self, connection: socket.socket) -> None:
        self._callers.pop(connection, None)
        with suppress(KeyError, ValueError):
            self._selector.unregister(connection)
        connection.close()

    def _reply(self, heard: bytes) -> _Reply | None:
        """What to answer, or None while the question is not complete."""
        line, found, _ = heard.partition(b"\r\n")
        request = _REQUEST_LINE.fullmatch(line)
        if (found or b"\n" in line) and not request:
            return _Reply(400)
        if len(heard) >= _LIMIT:
            return _Reply(431)
        head, complete, _ = heard.partition(b"\r\n\r\n")
        if not complete or not request:
            return None
        if request[1] != b"GET":
            return _Reply(405)
        hosts = re.findall(rb"(?im)^host:[ \t]*([!-~]*)[ \t]*\r?$", head)
        if hosts != [self.authority.encode()]:
            return _Reply(421)
        return self._answer_to(request[2].decode("ascii"))

    def _answer_to(self, target: str) -> _Reply:
        path, _, query = target.partition("?")
        if self._answered.is_set() and compare_digest(path, self._done_path):
            self._farewell.set()
            return _Reply(200, _DONE)
        if not compare_digest(path, self._path):
            return _Reply(404)
        if self._answered.is_set():
            return _Reply(400, "This answer has been used already.")
        try:
            self._answer = read_answer(query, self._state)
        except NotOurs:
            return _Reply(400)
        self._answered.set()
        # On to an address without the code: that one stays in the bar and in the history.
        return _Reply(303, _DONE, self._done_path)


def reserve_port() -> socket.socket:
    """A free port of 127.0.0.1 that nobody else can take; not listened on yet."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows lets others bind it otherwise
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        bound.bind((HOST, 0))
    except OSError as error:
        bound.close()
        raise CannotDo(
            f"Cannot listen on {HOST}: {error.strerror}.", hint="gmailkit login --no-browser"
        ) from error
    return bound
