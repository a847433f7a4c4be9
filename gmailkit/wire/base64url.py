"""RFC 4648 section 5, as Gmail uses it: padding is usual, its absence legal.

msgspec decodes: strict as binascii's strict mode, in a quarter of the time.
"""

from __future__ import annotations

import base64

import msgspec

from gmailkit.errors import ServerFault

_BASE64 = msgspec.json.Decoder(bytes)


def decode(text: str) -> bytes:
    """The bytes; ServerFault for anything that is not whole base64url (a cut answer, say)."""
    decoder = Decoder()
    return decoder.feed(text.encode("utf-8", "surrogatepass")) + decoder.finish()


def encode(content: bytes) -> str:
    """With padding, as Gmail writes it."""
    return base64.urlsafe_b64encode(content).decode()


class Decoder:
    """Decodes text that comes in pieces of any length; raises as `decode` does."""

    def __init__(self) -> None:
        self._rest = b""  # less than a group of four
        self._padded = False

    def feed(self, piece: bytes) -> bytes:
        text = self._rest + piece if self._rest else piece
        whole = len(text) - len(text) % 4
        self._rest = text[whole:]
        return self._groups(text if whole == len(text) else text[:whole])

    def finish(self) -> bytes:
        """What the last letters stand for; after them nothing may come."""
        last = self._rest + b"=" * (-len(self._rest) % 4)
        self._rest = b""
        return self._groups(last)

    def _groups(self, text: bytes) -> bytes:
        if not text:
            return b""
        if self._padded:
            raise _broken()
        self._padded = text.endswith(b"=")
        try:
            # Two replacements take a third of the time that one `translate` does.
            return _BASE64.decode(b'"%b"' % text.replace(b"-", b"+").replace(b"_", b"/"))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _broken() from error


def _broken() -> ServerFault:
    return ServerFault("Gmail sent a message that cannot be decoded.")
