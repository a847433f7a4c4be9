"""The connection under IMAP and POP3: bytes in time and within bounds, TLS, and who hears of it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypedDict

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.meter import UNMETERED, Meter
from gmailkit.transport.transcript import Closed, Event, Hear, Opened, Secured
from gmailkit.transport.trust import trusting

# Seconds: a server that has to look through a large folder says nothing for a while.
CONNECT, ANSWER = 10.0, 90.0
PARTING = 5.0  # for the answer to a goodbye
LONGEST_LINE = 64 << 20  # bytes; the numbers of seven million messages found by a search
LARGEST = 16 << 20  # bytes of mail at a time; more is asked for in pieces
_PIECE = 256 << 10
_SLOWEST = 1000  # bytes a second


class Ended(ConnectionError):
    """The server has closed the connection, or says what nobody can follow."""


class TooMuch(Ended):
    """The server gives more at a time than it was asked for."""


class Stream:
    """Every method raises OSError when the connection breaks, TimeoutError for silence.

    `down` and `up` hear how many bytes came and left.
    """

    def __init__(
        self,
        server: MailServer,
        context: Callable[[], ssl.SSLContext],
        *,
        wait: float = ANSWER,
        hear: Hear | None = None,
        clock: Clock = SYSTEM_CLOCK,
        down: Callable[[int], object] = lambda size: None,
        up: Callable[[int], object] = lambda size: None,
    ) -> None:
        self.server = server
        self.wait = wait
        self.largest = LARGEST
        self.said = ""  # the end of the last answer, as the protocol above keeps it
        self.alert = ""  # what is to be shown to people
        self._context = context
        self._hear = hear
        self._clock = clock
        self._down, self._up = down, up
        self._unread = bytearray()
        self._begin = clock.monotonic()
        self._socket: socket.socket | None = None

    @property
    def is_heard(self) -> bool:
        return self._hear is not None

    @property
    def socket(self) -> socket.socket:
        if self._socket is None:
            raise Ended("the connection is closed")
        return self._socket

    def open(self) -> None:
        """Connect, and begin TLS where the server does."""
        if self.server.security == "none" and not self.server.is_here:
            raise Ended("nothing is said in clear off this machine")
        patience = min(CONNECT, self.wait)
        place = (self.server.host, self.server.port)
        self._socket = socket.create_connection(place, patience)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tell(lambda at: Opened(at=at, place=self.server.place))
        if self.server.security == "tls":
            self.secure()

    def secure(self) -> None:
        """Go on over TLS; what was said in clear ahead of it is thrown away (RFC 2595)."""
        self._unread.clear()
        secured = self._context().wrap_socket(self.socket, server_hostname=self.server.host)
        self._socket = secured
        cipher, _, _ = secured.cipher() or ("no cipher", "", 0)
        version = secured.version() or "TLS"
        self.tell(lambda at: Secured(at=at, version=version, cipher=cipher))

    def tell(self, event: Callable[[float], Event]) -> None:
        """Somebody may listen; the event is made only then."""
        if self._hear:
            self._hear(event(self._clock.monotonic() - self._begin))

    def send(self, content: bytes) -> None:
        view = memoryview(content)
        while view:
            self.socket.settimeout(self.wait)
            sent = self.socket.send(view[:_PIECE])
            self._up(sent)
            view = view[sent:]

    def read_line(self, wait: float | None = None) -> bytes:
        """Up to a line's end, whole within `wait`; what came before a TimeoutError is kept."""
        until = self._clock.monotonic() + (self.wait if wait is None else wait)
        looked = 0
        while (end := self._unread.find(b"\n", looked)) < 0:
            looked = len(self._unread)
            if looked > LONGEST_LINE:
                raise Ended("the server's answer does not end")
            self._more(until - self._clock.monotonic())
        line = bytes(self._unread[: end + 1])
        del self._unread[: end + 1]
        return line

    def read(self, size: int) -> bytes:
        """So many bytes, each piece of them within `wait`, and all not slower than a modem."""
        if size > self.largest:
            raise TooMuch(f"the server gives {size:,} bytes where it was asked for fewer")
        until = self._clock.monotonic() + self.wait + size / _SLOWEST
        while len(self._unread) < size:
            self._more(min(self.wait, until - self._clock.monotonic()))
        found = bytes(self._unread[:size])
        del self._unread[:size]
        return found

    def read_some(self) -> bytes:
        """What has come, at least a byte."""
        if not self._unread:
            self._more(self.wait)
        found = bytes(self._unread)
        self._unread.clear()
        return found

    def give_back(self, rest: bytes) -> None:
        """Bytes that were read and belong to what comes next."""
        self._unread[:0] = rest

    def close(self, why: str = "") -> None:
        """Never raises."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                self._socket.close()
            self._socket = None
            self.tell(lambda at: Closed(at=at, why=why))

    def _more(self, wait: float) -> None:
        if wait <= 0:  # a few bytes at a time are no answer either
            raise TimeoutError
        self.socket.settimeout(wait)
        found = self.socket.recv(_PIECE)
        if not found:
            raise Ended("the server closed the connection")
        self._down(len(found))
        self._unread += found


class How(TypedDict, total=False):
    """How a server is spoken to: who `hear`s it, seconds without an answer, whose certificates are
    believed, and who counts bytes.
    """

    hear: Hear | None
    timeout: float | None
    context: ssl.SSLContext | None
    clock: Clock
    meter: Meter


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The same, as often as a connection is begun."""

    hear: Hear | None = None
    timeout: float | None = None
    context: ssl.SSLContext | None = None
    clock: Clock = SYSTEM_CLOCK
    meter: Meter = UNMETERED

    @property
    def wait(self) -> float:
        return self.timeout or ANSWER

    def stream(self, server: MailServer) -> Stream:
        return Stream(
            server,
            lambda: self.context or trusting(),  # reading authorities takes time
            wait=self.wait,
            hear=self.hear,
            clock=self.clock,
            down=self.meter.down,
            up=self.meter.up,
        )
