"""The connection as imaplib and imapclient use it: `Stream` below, every line of both sides shown.

imaplib reads whatever size a server names and takes half an answer for a whole one where the
connection ends; here both are errors.
"""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gmailkit.transport.stream import Stream
from gmailkit.transport.transcript import MASKED, Content, Given, Line, Masking, Said, shown

_TAGGED = re.compile(rb"[A-P]+\d+ (OK|NO|BAD) ?(.*)", re.DOTALL)
_BYE = re.compile(rb"\* BYE ?(.*)", re.DOTALL)
_ALERT = re.compile(rb"\* (?:OK|NO|BAD) (\[(?:ALERT|WEBALERT)\b.*)", re.DOTALL)


class Wire(Masking, imaplib.IMAP4):
    """What the server says at the end of a command, or when it parts, is kept in the stream."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._pouring = False
        super().__init__()

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.host, self.port = self.stream.server.host, self.stream.server.port
        self.stream.open()
        self.sock = self.stream.socket

    def shutdown(self) -> None:
        self.stream.close()

    def start_tls(self) -> None:
        """Raises imaplib's error where the server refuses, OSError for a certificate."""
        kind, answer = self._simple_command("STARTTLS")
        if kind != "OK":
            raise self.error(answer[-1])
        self.stream.secure()
        self.sock = self.stream.socket
        self.untagged_responses = {}
        self._get_capabilities()

    def send(self, data: Any) -> None:
        if self.stream.is_heard:
            self._show(data)
        self.stream.send(data)

    def read(self, size: int) -> bytes:
        found = self.stream.read(size)
        self.stream.tell(lambda at: Given(at=at, size=size))
        return found

    def readline(self, wait: float | None = None) -> bytes:
        line = self.stream.read_line(wait)
        if tagged := _TAGGED.match(line):
            self.stream.said = self.hidden(tagged[2])
            if not self.stream.said:
                line = line.rstrip() + b" \r\n"  # imaplib insists on words behind it
        elif bye := _BYE.match(line):
            self.stream.said = self.hidden(bye[1])
        elif alert := _ALERT.match(line):
            self.stream.alert = self.hidden(alert[1])
        if self.stream.is_heard:
            told = MASKED if self._masked and line[:1] == b"+" else shown(self.hidden(line))
            self.stream.tell(lambda at: Said(at=at, text=told))
        return line

    @contextmanager
    def pouring(self) -> Iterator[None]:
        """What leaves meanwhile is mail: only its size is shown."""
        self._pouring = True
        try:
            yield
        finally:
            self._pouring = False

    def _show(self, data: bytes) -> None:
        if self._pouring:
            self.stream.tell(lambda at: Content(at=at, size=len(data)))
            return
        text = shown(data)
        if not text:
            return  # the end of a line that was said in parts
        if self._masked:
            words = text.split(" ")
            kept = words[: 3 if words[1:2] == ["AUTHENTICATE"] else 2] if len(words) > 1 else []
            text = " ".join([*kept, MASKED])
        self.stream.tell(lambda at: Line(at=at, text=text))

    def _mesg(self, s: Any, secs: Any = None) -> None:
        """imaplib's own log would hold what is masked here."""

    def _log(self, line: Any) -> None: ...
