"""One long string out of a JSON object while it arrives: `raw` of messages.get, `data` of an
attachment.

The string may stand anywhere among the fields. It goes to `take` in pieces, the rest is kept and
is small. RFC 8259 is enforced by whoever decodes the rest; here tokens are only told apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from gmailkit.errors import ServerFault
from gmailkit.model.content import Content, Spool
from gmailkit.wire import base64url
from gmailkit.wire.request import Large

MOST_REST = 1 << 20  # bytes; labels, snippet and numbers take a few hundred
# A bracket, a string with what follows it, or anything else that is neither.
_TOKEN = re.compile(
    rb'[{\[]|[}\]]|("[^"\\]*(?:\\.[^"\\]*)*")(?:\s*([:,])\s*)?|[^"{}\[\]]+', re.DOTALL
)
_HALF_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")


def extract(large: Large, pieces: Iterable[bytes]) -> tuple[bytes, Content]:
    """The object without the string, and what the string stands for as base64url.

    Raises ServerFault for what is not such an object, CannotWrite, and what `pieces` raises.
    """
    decoder, spool = base64url.Decoder(), Spool(in_memory=large.in_memory)
    extractor = Extractor(large.key, lambda text: spool.write(decoder.feed(text)))
    try:
        for piece in pieces:
            extractor.feed(piece)
        spool.write(decoder.finish())
        return extractor.finish(), spool.done()
    except BaseException:
        spool.close()
        raise


class Extractor:
    """`feed` the pieces of an answer; `finish` gives the object with "" in the string's place.

    Raises ServerFault for what cannot be such an object.
    """

    def __init__(self, key: str, take: Callable[[bytes], object]) -> None:
        self._key = key
        self._take = take
        self._rest = bytearray()
        self._unread = b""
        self._depth = 0
        self._named = False  # the wanted field's name was read; its value follows
        self._inside = self._found = False

    def feed(self, piece: bytes) -> None:
        self._unread += piece
        while self._unread and (self._string() if self._inside else self._tokens()):
            pass
        if not self._inside and len(self._rest) + len(self._unread) > MOST_REST:
            raise _unreadable()

    def finish(self) -> bytes:
        if self._inside:
            raise _unreadable()
        return bytes(self._rest + self._unread)

    def _string(self) -> bool:
        """Hand on what there is of the string; whether it ended."""
        end = self._unread.find(b'"')
        text = self._unread if end < 0 else self._unread[:end]
        self._unread = b"" if end < 0 else self._unread[end + 1 :]
        if b"\\" in text:
            text = self._unescape(text, cut=end < 0)
        if text:
            self._take(text)
        self._inside = end < 0
        self._rest += b"" if self._inside else b'"'
        return not self._inside

    def _unescape(self, text: bytes, *, cut: bool) -> bytes:
        """JSON may write any letter as an escape; one cut in two waits for its other half."""
        if cut and (half := _HALF_ESCAPE.search(text)):
            text, self._unread = text[: half.start()], half.group()
        try:
            return msgspec.json.decode(b'"%b"' % text, type=str).encode()
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise _unreadable() from error

    def _tokens(self) -> bool:
        """Keep whole tokens; whether the wanted string begins after them."""
        position, end = 0, len(self._unread)
        while not (wanted := self._named and self._unread.startswith(b'"', position)):
            token = _TOKEN.match(self._unread, position)
            if not token or (token[1] and token.end() == end):
                break  # whether it is a name is seen by what follows
            self._named = self._names(token)
            position = token.end()
        self._inside = wanted
        if self._inside and self._found:
            raise _unreadable()  # twice: nobody could say which one is meant
        self._found |= self._inside
        position += self._inside
        self._rest += self._unread[:position]
        self._unread = self._unread[position:]
        return self._inside

    def _names(self, token: re.Match[bytes]) -> bool:
        """Whether it is the wanted field's name."""
        first = self._unread[token.start()]
        if first in b"{[":
            self._depth += 1
        elif first in b"}]":
            self._depth -= 1
        return token[2] == b":" and self._depth == 1 and _text(token[1]) == self._key


def _text(token: bytes) -> str | None:
    try:
        return msgspec.json.decode(token, type=str)
    except (msgspec.MsgspecError, UnicodeError):
        return None


def _unreadable() -> ServerFault:
    return ServerFault(
        "Gmail sent an answer that cannot be read.",
        hint="Is there a proxy in between? Run the command again.",
    )
