"""The connection itself: Python's smtplib, whose every line, both ways, becomes an event."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.transport.smtp.reply import Reply
from gmailkit.transport.smtp.server import Server
from gmailkit.transport.smtp.transcript import (
    MASKED,
    Answer,
    Closed,
    Content,
    Hear,
    Line,
    Opened,
    Secured,
)

# What we call ourselves. Our name and address are nobody's business: the server sees where we
# connect from, and puts our word into the header that all recipients get.
NAME = "[127.0.0.1]"
_LONGEST_LINE = 8_192  # bytes; RFC 5321 section 4.5.3.1.5 wants 512 and servers send more
_MOST_LINES = 200  # of one reply
_PIECE = 256 << 10


class Dialogue(smtplib.SMTP):
    """smtplib keeps the socket and guards the commands; reading, recording and TLS are here.

    Every method raises OSError (smtplib's errors are such) when the connection breaks.
    """

    def __init__(
        self,
        server: Server,
        context: ssl.SSLContext,
        *,
        hear: Hear,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(local_hostname=NAME)
        self._server = server
        self._context = context
        self._hear = hear
        self._clock = clock
        self._begin = clock.monotonic()
        self._open = False
        self._unread = b""  # what came and was not asked for yet
        self._said = ""  # the command that the next reply is to
        self._asked = 0.0

    def open(self, *, wait: float) -> None:
        """Connect, and begin TLS where the server does."""
        self._begin = self._clock.monotonic()
        self.sock = socket.create_connection((self._server.host, self._server.port), wait)
        # Without this the last piece of a command waits for the acknowledgement of the one before.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open = True
        self._hear(Opened(at=self._now(), place=self._server.place))
        if self._server.security == "tls":
            self.secure()
        self._asked = self._now()

    def secure(self) -> None:
        """Go on over TLS. What the server said in clear ahead of it is thrown away (RFC 3207)."""
        assert self.sock is not None  # noqa: S101 - for the type checker
        self.sock = self._context.wrap_socket(self.sock, server_hostname=self._server.host)
        self._unread = b""
        cipher, _, _ = self.sock.cipher() or ("no cipher", "", 0)
        self._hear(Secured(at=self._now(), version=self.sock.version() or "TLS", cipher=cipher))

    def ask(self, command: str, *, wait: float, secret: str = "", utf8: bool = False) -> Reply:
        """One command and its reply. `secret` goes behind it and shows as a mask."""
        self.say([command], secret=secret, utf8=utf8)
        return self.read(wait)

    def say(self, commands: Sequence[str], *, secret: str = "", utf8: bool = False) -> None:
        """Commands in one go, whose replies are read afterwards (RFC 2920)."""
        whole = [f"{each} {secret}".strip() if secret else each for each in commands]
        if any("\r" in each or "\n" in each for each in whole):  # addresses are checked before
            raise ValueError("A command of SMTP is one line.")
        for each in commands:
            shown = f"{each} {MASKED}".strip() if secret else each
            self._hear(Line(at=self._now(), text=shown))
        self._said, self._asked = (commands[-1] if commands else ""), self._now()
        self.send("".join(f"{each}\r\n" for each in whole).encode("utf-8" if utf8 else "ascii"))

    def prove(self, secret: str, *, wait: float) -> Reply:
        """The answer to a challenge, which is never shown."""
        self._hear(Line(at=self._now(), text=MASKED))
        self._said, self._asked = "AUTH", self._now()
        self.send(f"{secret}\r\n".encode("ascii"))
        return self.read(wait)

    def pour(self, content: bytes, *, wait: float) -> None:
        """The message, without the dot that ends it. `wait` is for each piece to leave."""
        self._patience(wait)
        for start in range(0, len(content), _PIECE):
            self.send(content[start : start + _PIECE])
        self._hear(Content(at=self._now(), size=len(content)))

    def check_open(self) -> None:
        """Raises OSError when the server has closed its side, as far as that is known by now."""
        assert self.sock is not None  # noqa: S101 - for the type checker
        wait = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            self._more()
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        finally:
            self.sock.settimeout(wait)

    def read(self, wait: float, *, to: str | None = None) -> Reply:
        """One reply, whole within `wait`. `to` names its command where several were said."""
        until = self._clock.monotonic() + wait
        lines: list[bytes] = []
        while not lines or (lines[-1][3:4] == b"-" and lines[-1][:3].isdigit()):
            line = self._line(until)
            if len(line) > _LONGEST_LINE or len(lines) == _MOST_LINES:
                raise smtplib.SMTPServerDisconnected("the server's answer does not end")
            lines.append(line)
        reply = Reply.read(lines)
        now = self._now()
        took = now - self._asked
        self._hear(
            Answer(at=now, reply=reply, to=to or self._said, took=took, together=to is not None)
        )
        return reply

    def _line(self, until: float) -> bytes:
        """Up to the next line end, or what there is where nothing more comes."""
        while b"\n" not in self._unread and len(self._unread) <= _LONGEST_LINE:
            left = until - self._clock.monotonic()
            if left <= 0:  # a few bytes at a time are no answer either
                raise TimeoutError
            self._patience(left)
            try:
                self._more()
            except smtplib.SMTPServerDisconnected:
                if not self._unread:
                    raise
                break
        line, end, self._unread = self._unread.partition(b"\n")
        return line + end

    def _more(self) -> None:
        assert self.sock is not None  # noqa: S101 - for the type checker
        found = self.sock.recv(_LONGEST_LINE)
        if not found:
            raise smtplib.SMTPServerDisconnected("the server closed the connection")
        self._unread += found

    def hang_up(self, why: str = "") -> None:
        """Close it; never raises."""
        with suppress(OSError):
            self.close()
        if self._open:
            self._open = False
            self._hear(Closed(at=self._now(), why=why))

    def _patience(self, wait: float) -> None:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        self.sock.settimeout(wait)

    def _now(self) -> float:
        return self._clock.monotonic() - self._begin
