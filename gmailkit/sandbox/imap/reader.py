"""A command as it comes over the wire: its line, and the literals that belong to it."""

from __future__ import annotations

import re

from gmailkit.sandbox.imap.answer import Close
from gmailkit.sandbox.peer import Peer, TooLong

APPEND_LIMIT = 35_651_584
NO_WAIT_LIMIT = 4_096  # of a literal that is sent without waiting (LITERAL-, RFC 7888)
_LINE = 65_536
_COMMAND = 1_000_000  # of all that is no message
_GUEST = 16_384
_LITERAL = re.compile(rb"~?\{(\d{1,12})([+-]?)\}\r?\n\Z")
_APPEND = re.compile(rb"\S+ +APPEND ", re.I)


class Refuse(Exception):
    """The command was read to its end and is answered BAD or NO with `text`."""

    def __init__(self, command: bytes, text: str) -> None:
        super().__init__(text)
        self.command = command
        self.text = text


def read_command(peer: Peer, *, guest: bool) -> bytes:
    """The whole command, literals in their places. `guest`: nobody has signed in yet.

    Raises Refuse for a literal that is too large, Close where the end of it cannot be found.
    """
    line = _line(peer)
    command = bytearray(line)
    while announced := _LITERAL.search(line):
        size, waits = int(announced[1]), not announced[2]
        if text := _too_large(command, size, guest=guest):
            if waits:  # the client has sent nothing of it
                raise Refuse(bytes(command), text)
            raise Close(text)
        if not waits and size > NO_WAIT_LIMIT:
            raise Close("Literal too large for LITERAL-")
        if waits:
            peer.write(b"+ go ahead\r\n")
        command += peer.exactly(size)
        line = _line(peer)
        command += line
    return bytes(command)


def _too_large(command: bytearray, size: int, *, guest: bool) -> str:
    if not guest and _APPEND.match(command):
        return "[TOOBIG] Message too large. (Failure)" if size > APPEND_LIMIT else ""
    return "Command too long" if len(command) + size > (_GUEST if guest else _COMMAND) else ""


def _line(peer: Peer) -> bytes:
    try:
        return peer.line(most=_LINE)
    except TooLong as error:
        raise Close("Line too long") from error
