"""The connection as poplib uses it: `Stream` below, every line of both sides shown.

poplib takes no lines of more than 2 kB and holds a message as a list of lines; here one is written
on as it comes.
"""

from __future__ import annotations

import poplib
from collections.abc import Callable, Iterator

from gmailkit.transport.stream import Stream
from gmailkit.transport.transcript import MASKED, Given, Line, Masking, Said, shown

_END = b"\r\n.\r\n"


class Wire(Masking, poplib.POP3):
    """What the server said last is kept in the stream."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        # In the place of poplib's own beginning, which opens the socket a second time as a file.
        self._debugging = 0
        stream.open()
        self.welcome = self._getresp()  # type: ignore[attr-defined]

    def close(self) -> None:
        self.stream.close()

    def start_tls(self) -> None:
        """Raises poplib's error where the server refuses, OSError for a certificate."""
        self.ask("STLS")
        self.stream.secure()

    def ask(self, line: str) -> bytes:
        """A command that poplib has no method for. Raises its error for -ERR."""
        answer: bytes = self._shortcmd(line)  # type: ignore[attr-defined]
        return answer

    def message(self, command: str, write: Callable[[bytes], object]) -> int:
        """The text that answers a command, as it comes; how many bytes it has."""
        self.ask(command)
        size = 0
        for piece in _unstuffed(self.stream):
            write(piece)
            size += len(piece)
        self.stream.tell(lambda at: Given(at=at, size=size))
        return size

    def _putline(self, line: bytes) -> None:
        text = shown(line)
        if self._masked:
            words = text.split(" ")
            known = words[0] in ("USER", "AUTH") and len(words) <= 2
            text = text if known else f"{words[0]} {MASKED}" if words[0] in _NAMED else MASKED
        self.stream.tell(lambda at: Line(at=at, text=text))
        self.stream.send(line + b"\r\n")

    def _getline(self) -> tuple[bytes, int]:
        line = self.stream.read_line()
        if line[:1] == b"-" or line[:3] == b"+OK":
            self.stream.said = self.hidden(line)
        hidden = self._masked and line[:2] == b"+ "
        text = f"+ {MASKED}" if hidden else shown(self.hidden(line))
        self.stream.tell(lambda at: Said(at=at, text=text))
        return line.rstrip(b"\r\n"), len(line)


_NAMED = ("PASS", "AUTH", "APOP")


def _unstuffed(stream: Stream) -> Iterator[bytes]:
    """A text up to the line that is a dot alone; a dot at the start of a line stood there twice
    (RFC 1939 section 3).
    """
    held = b"\r\n"  # the end of the line before: it is none of the text
    skip = 2
    while True:
        held += stream.read_some()
        end = held.find(_END)
        if end >= 0:
            stream.give_back(held[end + len(_END) :])
            last = held[: end + 2].replace(b"\r\n..", b"\r\n.")[skip:]
            if last:
                yield last
            return
        cut = held.rfind(b"\r\n")
        if cut <= 0:
            cut = len(held) - 1 if len(held) > len(_END) else 0
        if cut:
            piece = held[:cut].replace(b"\r\n..", b"\r\n.")[skip:]
            held, skip = held[cut:], 0
            yield piece
