"""One conversation with a POP3 server. A message is known by the name that lasts (UIDL): its number
is another after each connection. Nothing is deleted before `commit`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import TypeVar, Unpack

from gmailkit.errors import CannotDo, GmailKitError, NotFound, Refused
from gmailkit.model.content import IN_MEMORY, Content, Spool
from gmailkit.transport.again import TRIES, pause
from gmailkit.transport.imap.fault import is_broken
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.pop3.fault import told
from gmailkit.transport.pop3.login import sign_in
from gmailkit.transport.pop3.wire import Wire
from gmailkit.transport.sasl import Login
from gmailkit.transport.smtp.fault import hopeless
from gmailkit.transport.stream import PARTING, How, Means, Stream

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Offered:
    """A message as this connection offers it; `size` is what the server claims."""

    number: int
    size: int


class _Ending:
    """A last line without an end gets one on the way: the size that is told says whether."""

    def __init__(self, spool: Spool, size: int) -> None:
        self._spool = spool
        self._size = size
        self._written = 0
        self._last = b""

    def write(self, piece: bytes) -> None:
        self._out(self._last + piece[:-2] if len(piece) > 1 else b"")
        self._last = piece[-2:] if len(piece) > 1 else self._last + piece
        if len(self._last) > 2:
            self._out(self._last[:-2])
            self._last = self._last[-2:]

    def finish(self) -> None:
        if not (self._written == self._size and self._last == b"\r\n"):
            self._out(self._last)

    def _out(self, piece: bytes) -> None:
        self._spool.write(piece)
        self._written += len(piece)


class Session:
    """Opens with `with`, signed in; the line is encrypted, unless the server is on this machine.

    Raises Unreachable for whatever breaks for good, SignInNeeded, TryLater (somebody else reads the
    mailbox), CannotDo for a server without STLS or without names that last.
    """

    def __init__(
        self,
        server: MailServer,
        login: Login,
        **how: Unpack[How],
    ) -> None:
        means = Means(**how)
        self.server = server
        self.user = login.user
        self.clock = means.clock
        self.capabilities: dict[str, list[str]] = {}
        self.connections = 0  # opened so far
        self._login = login
        self._wait = means.wait
        self._means = means
        self._meter = means.meter
        self._stream: Stream | None = None
        self._at: Wire | None = None
        self._offered: dict[str, Offered] | None = None

    def __enter__(self) -> Session:
        self._connect()
        return self

    def __exit__(self, kind: object, error: object, _: object) -> None:
        if error is None or isinstance(error, GmailKitError):
            with suppress(GmailKitError):
                self.commit()
        self.hang_up()

    def hang_up(self) -> None:
        """Without QUIT: what was marked stays there. The next command begins a new connection."""
        if self._stream:
            self._stream.close()
        self._at = self._offered = None

    def commit(self) -> None:
        """QUIT: what was marked for deletion goes. Raises Unreachable where nobody knows."""
        if self._at is None:
            return
        wire = self._at
        wire.stream.wait = min(PARTING, self._wait)
        try:
            with self._told("the end"):
                wire.ask("QUIT")
        finally:
            self.hang_up()

    def offered(self) -> dict[str, Offered]:
        """By lasting name, in the order of the server. Raises CannotDo where there are none."""
        return self._reading("the list of messages", lambda wire: self._all(wire))

    def content(self, name: str) -> Content:
        """A message, on disk where it is large. Raises NotFound for one that is not offered."""

        def retrieved(wire: Wire) -> Content:
            offered = self._one(wire, name)
            spool = Spool(in_memory=IN_MEMORY)
            ending = _Ending(spool, offered.size)
            try:
                wire.message(f"RETR {offered.number}", ending.write)
                ending.finish()
                return spool.done()
            except BaseException:
                spool.close()
                raise

        return self._reading("the message", retrieved, NotFound)

    def head(self, name: str, lines: int = 0) -> bytes:
        """Its header, and so many lines of its text (TOP). Raises NotFound, CannotDo."""
        found = bytearray()

        def top(wire: Wire) -> bytes:
            found.clear()
            wire.message(f"TOP {self._one(wire, name).number} {lines}", found.extend)
            return bytes(found)

        return self._reading("the header", top, CannotDo)

    def delete(self, name: str) -> None:
        """Mark it; it goes with `commit`. Raises NotFound."""

        def marked(wire: Wire) -> None:
            wire.dele(self._one(wire, name).number)

        self._reading("the deletion", marked, NotFound)

    def _one(self, wire: Wire, name: str) -> Offered:
        found = self._all(wire).get(name)
        if found is None:
            raise NotFound(f"{self.server.place} offers no message {name}.")
        return found

    def _all(self, wire: Wire) -> dict[str, Offered]:
        if self._offered is None:
            sizes = {}
            for line in wire.list()[1]:
                number, size = line.split()[:2]
                sizes[int(number)] = int(size)
            names = self._names(wire)
            self._offered = {
                name: Offered(number, sizes.get(number, 0)) for name, number in names.items()
            }
        return self._offered

    def _names(self, wire: Wire) -> dict[str, int]:
        """Two messages of one name, which some servers have, are told by their order."""
        with self._told("the names of messages", CannotDo):
            lines = wire.uidl()[1]
        found: dict[str, int] = {}
        for line in lines:
            number, _, name = line.decode("utf-8", "replace").partition(" ")
            name, count = name.strip(), 1
            unique = name
            while unique in found:
                count += 1
                unique = f"{name} {count}"
            found[unique] = int(number)
        return found

    def _reading(
        self, doing: str, call: Callable[[Wire], T], otherwise: type[GmailKitError] = Refused
    ) -> T:
        """Tried again over new connections, where messages keep their names."""
        for attempt in range(TRIES):
            try:
                self._meter.check()
                if self._at is None:
                    self._connect()
                assert self._at is not None  # noqa: S101 - for the type checker
                with self._told(doing, otherwise):
                    return call(self._at)
            except GmailKitError as error:
                if not is_broken(error):
                    raise
                self.hang_up()
                if hopeless(error) or attempt == TRIES - 1:
                    raise
                pause(self.clock, attempt)
        raise AssertionError  # the last attempt has returned or raised

    def _connect(self) -> None:
        try:
            self._open()
        except BaseException:
            self.hang_up()
            raise

    def _open(self) -> None:
        self._stream = self._means.stream(self.server)
        with self._told("the connection"):
            wire = Wire(self._stream)
        self._ask(wire)
        if self.server.security == "starttls":
            self._start_tls(wire)
        with self._told("the sign-in"):
            sign_in(wire, self.capabilities.get("SASL", ()), self._login, self.server)
        self._at, self._offered = wire, None
        self.connections += 1

    def _ask(self, wire: Wire) -> None:
        """A server without CAPA (RFC 2449) offers nothing beyond what all have."""
        try:
            with self._told("the capabilities", CannotDo):
                self.capabilities = wire.capa()
        except CannotDo:
            self.capabilities = {}

    def _start_tls(self, wire: Wire) -> None:
        if "STLS" not in self.capabilities:
            raise CannotDo(
                f"{self.server.place} offers no STLS, and without encryption nobody signs in.",
                hint="Try pop3s:// (995). Somebody between may have cut it out.",
            )
        with self._told("STLS"):
            wire.start_tls()
        self._ask(wire)

    def _told(
        self, doing: str, otherwise: type[GmailKitError] = Refused
    ) -> AbstractContextManager[None]:
        stream = self._stream
        assert stream is not None  # noqa: S101 - for the type checker
        stream.said = ""
        return told(
            self.server, doing, wait=self._wait, said=lambda: stream.said, otherwise=otherwise
        )
