"""BODY[...]: which bytes of a message a section names (RFC 3501 section 6.4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from gmailkit.sandbox.imap import answer
from gmailkit.sandbox.imap.answer import Misspelt
from gmailkit.sandbox.imap.grammar import Text
from gmailkit.sandbox.tree import Part

_NUMBERS = re.compile(rb"[1-9]\d{0,4}(?:\.[1-9]\d{0,4}){0,60}")
_WORDS = (b"HEADER.FIELDS.NOT", b"HEADER.FIELDS", b"HEADER", b"TEXT", b"MIME")
_MOST_NAMES = 1_000


class Message(Protocol):
    """Its parts are not looked for where the whole is wanted."""

    @property
    def raw(self) -> bytes: ...
    @property
    def root(self) -> Part: ...


@dataclass(frozen=True, slots=True)
class Section:
    """`path` are part numbers; `word` is what of the part is wanted, b"" for its body; `names` are
    header fields in lower case, `shown` as the client wrote them.
    """

    path: tuple[int, ...]
    word: bytes
    names: frozenset[str]
    shown: bytes

    def of(self, message: Message) -> bytes | None:
        """None for a part that is not there."""
        raw = message.raw
        if not self.path and not self.word:
            return raw
        part = _find(message.root, self.path)
        if part is None:
            return None
        if self.word == b"MIME":
            return raw[part.head : part.body]
        if self.path and self.word:
            if part.mime_type != "message/rfc822" or not part.parts:
                return None
            [part] = part.parts
        if self.word == b"HEADER":
            return raw[part.head : part.body]
        if self.word.startswith(b"HEADER.FIELDS"):
            return self._fields(part)
        return raw[part.body : part.end]

    def _fields(self, part: Part) -> bytes:
        wanted = self.word == b"HEADER.FIELDS"
        kept = (f.raw for f in part.fields if (f.name.lower() in self.names) is wanted)
        return b"".join(raw if raw.endswith(b"\n") else raw + b"\r\n" for raw in kept) + b"\r\n"


def read(text: Text) -> Section:
    """What stands between the brackets, and the closing one."""
    numbers = text.matched(_NUMBERS)
    path = tuple(map(int, numbers.split(b"."))) if numbers else ()
    shown = numbers
    if numbers and not text.skips(b"."):
        text.expect(b"]")
        return Section(path, b"", frozenset(), shown)
    word = next((word for word in _WORDS if text.skips(word)), b"")
    if (numbers and not word) or (word == b"MIME" and not numbers):
        raise Misspelt("Invalid section")
    shown += (b"." if numbers else b"") + word
    names: list[bytes] = []
    if word.startswith(b"HEADER.FIELDS"):
        names = _names(text)
        shown += b" " + answer.listed(_shown(name) for name in names)
    text.expect(b"]")
    low = frozenset(name.decode("ascii", "replace").lower() for name in names)
    return Section(path, word, low, shown)


def _names(text: Text) -> list[bytes]:
    text.space()
    text.expect(b"(")
    found = [text.astring()]
    while not text.skips(b")"):
        text.space()
        found.append(text.astring())
        if len(found) > _MOST_NAMES:
            raise Misspelt("Too many header fields")
    return found


def _shown(name: bytes) -> bytes:
    return name if re.fullmatch(rb"[A-Za-z0-9\-_.]+", name) else answer.string(name)


def _find(root: Part, path: tuple[int, ...]) -> Part | None:
    """Part 1 of a message that is no multipart is its body, which here is the message itself."""
    part, whole = root, True  # `whole`: it is a message, not yet a part of one
    for number in path:
        if not whole and part.mime_type == "message/rfc822" and part.parts:
            [part], whole = part.parts, True
        if part.container:
            if number > len(part.parts):
                return None
            part, whole = part.parts[number - 1], False
        elif whole and number == 1:
            whole = False
        else:
            return None
    return part
