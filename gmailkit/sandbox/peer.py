"""The other end of a connection that speaks in lines: IMAP, POP3 and SMTP."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from collections.abc import Callable

_AT_ONCE = 65_536
_QUICK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux alone
_PATIENCE = 1_800.0  # real seconds without a byte; Gmail's own end after ten to thirty minutes


class Gone(Exception):
    """The other end has left, or was silent for too long."""


class TooLong(Exception):
    """A line without an end."""


class Peer:
    """What is written goes out when something is read, on `flush`, or when there is much of it."""

    def __init__(self, connection: socket.socket, *, patience: float = _PATIENCE) -> None:
        connection.settimeout(patience)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self.secure = isinstance(connection, ssl.SSLSocket)
        self._connection = connection
        self._read = bytearray()
        self._unsent: list[bytes] = []
        self._weight = 0
        self._held = False

    def line(self, *, most: int) -> bytes:
        """With its end, LF or CRLF. Raises TooLong where none comes within `most` bytes."""
        self.flush()
        looked = 0
        while (end := self._read.find(b"\n", looked)) < 0:
            if len(self._read) > most:
                raise TooLong
            looked = len(self._read)
            self._fill()
        if end >= most:
            raise TooLong
        return self._take(end + 1)

    def exactly(self, count: int) -> bytes:
        self.flush()
        while len(self._read) < count:
            self._fill()
        return self._take(count)

    def waits(self, seconds: float) -> bool:
        """Whether something can be read, now or within `seconds`."""
        self.flush()
        connection = self._connection
        if self._read or (isinstance(connection, ssl.SSLSocket) and connection.pending()):
            return True
        with contextlib.suppress(OSError, ValueError):
            return bool(select.select([connection], [], [], seconds)[0])
        raise Gone

    def write(self, *pieces: bytes) -> None:
        self._unsent += pieces
        self._weight += sum(map(len, pieces))
        if self._weight > _AT_ONCE and not self._held:
            self.flush()

    def listen(self, act: Callable[[], None]) -> bytes:
        """What `act` writes at last. It does not go out, unlike what it asks before it reads."""
        self.flush()
        self._held = True
        try:
            act()
        finally:
            said, self._unsent, self._weight = b"".join(self._unsent), [], 0
            self._held = False
        return said

    def flush(self) -> None:
        if not self._unsent:
            return
        whole, self._unsent, self._weight = b"".join(self._unsent), [], 0
        try:
            self._connection.sendall(whole)
        except (OSError, ValueError) as error:
            raise Gone from error

    def start_tls(self, context: ssl.SSLContext) -> None:
        """What came behind the command that asked for it is forgotten (RFC 3207 section 4.2)."""
        self.flush()
        self._read.clear()
        try:
            self._connection = context.wrap_socket(self._connection, server_side=True)
        except OSError as error:
            raise Gone from error
        self.secure = True

    def close(self) -> None:
        with contextlib.suppress(OSError, Gone):
            self.flush()
            self._connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._connection.close()

    def _fill(self) -> None:
        try:
            got = self._connection.recv(_AT_ONCE)
        except (OSError, ValueError) as error:
            raise Gone from error
        if not got:
            raise Gone
        self._read += got
        if _QUICK is not None:  # the other end may hold its next bytes back until this is known
            with contextlib.suppress(OSError):
                self._connection.setsockopt(socket.IPPROTO_TCP, _QUICK, True)

    def _take(self, count: int) -> bytes:
        taken = bytes(memoryview(self._read)[:count])
        del self._read[:count]
        return taken
