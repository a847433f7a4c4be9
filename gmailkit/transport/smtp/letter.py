"""The bytes of a message as they may go over the wire (RFC 5321 sections 2.3.8 and 4.5.2).

Line ends are CRLF and nothing else, since a lone CR or LF around a dot is what some servers take
for the end of the message: what follows would be commands ("SMTP smuggling").
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_END_OF_HEADER = re.compile(rb"(?:\A|\n)\n")
_FIELD = re.compile(rb"[^\n]*(?:\n[ \t][^\n]*)*\n?")
_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")
_HIDDEN = frozenset({b"bcc", b"resent-bcc"})
# As Gmail keeps it: something before one @, a dot in the domain and none at its end.
_SOUND_ID = re.compile(r"<[!-;=?A-~]{1,200}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+>")


@dataclass(frozen=True, slots=True)
class Letter:
    """`content` has CRLF alone, no Bcc, and all that RFC 5322 demands of a header."""

    content: bytes = field(repr=False)
    header_size: int

    @property
    def size(self) -> int:
        """As RFC 1870 counts: without doubled dots and the dot that ends it."""
        return len(self.content)

    @property
    def eight_bit(self) -> bool:
        return not self.content.isascii()

    @property
    def utf8(self) -> bool:
        """Whether its header is in UTF-8 (RFC 6532), which only SMTPUTF8 may carry. Other bytes
        above 127 in a header are junk of no charset and go as the text does.
        """
        header = self.content[: self.header_size]
        if header.isascii():
            return False
        try:
            header.decode()
        except UnicodeDecodeError:
            return False
        return True

    @property
    def message_id(self) -> str:
        """Without angle brackets, if it is one that Gmail keeps; else ""."""
        for found in _fields(self.content[: self.header_size].replace(b"\r\n", b"\n")):
            if _name(found) == b"message-id":
                value = found.partition(b":")[2].decode("utf-8", "replace").strip()
                return value[1:-1] if _SOUND_ID.fullmatch(value) else ""
        return ""

    @property
    def stuffed(self) -> bytes:
        """With each dot at the start of a line doubled; the dot that ends it is not in it."""
        content = self.content.replace(b"\r\n.", b"\r\n..")
        return b"." + content if content.startswith(b".") else content


def letter_of(raw: bytes, *, sender: str, date: str, message_id: str) -> Letter:
    """`raw` fit to be sent. What a header must have and `raw` lacks is put before it: From, Date,
    Message-ID (RFC 6409 section 8). Everything else stays as it is, byte for byte.
    """
    header, body = _split(raw)
    fields = [each for each in _fields(header) if _name(each) not in _HIDDEN]
    names = {_name(each) for each in fields}
    wanted = {"From": sender, "Date": date, "Message-ID": message_id}
    added = [
        f"{name}: {value}\n".encode()
        for name, value in wanted.items()
        if name.lower().encode() not in names
    ]
    head = _crlf(b"".join([*added, *fields]).rstrip(b"\n") + b"\n")
    content = head + b"\r\n" + _crlf(body)
    return Letter(content if content.endswith(b"\r\n") else content + b"\r\n", len(head))


def _split(raw: bytes) -> tuple[bytes, bytes]:
    """Header and body with LF alone. CR CR LF, which broken programs write, is one line end."""
    text = re.sub(rb"\r*\n", b"\n", raw.removeprefix(b"\xef\xbb\xbf"))
    if b"\n" not in text:
        text = text.replace(b"\r", b"\n")  # a file of an old Macintosh
    if re.match(rb">?From (?!:)[^\n]*\n", text):  # the separator of an mbox
        text = text.partition(b"\n")[2]
    end = _END_OF_HEADER.search(text)
    header, body = (text[: end.start()], text[end.end() :]) if end else (text, b"")
    # In a header a lone CR would make a new field of what is a part of one.
    return header.replace(b"\r", b" ") + b"\n", body.replace(b"\r", b"\n")


def _fields(header: bytes) -> list[bytes]:
    """With their continuation lines and the LF at the end."""
    return [found[0] for found in _FIELD.finditer(header) if found[0]]


def _name(field: bytes) -> bytes:
    found = _NAME.match(field)
    return found[1].lower() if found else b""


def _crlf(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")
