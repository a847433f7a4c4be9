"""An archive of Google Takeout: zip or tgz, in several parts, unpacked as it is read.

It is read once to know what lies in it, and once more for the messages. Mail may lie in one mbox
file or in one for each label, whatever they are called; a message in several of them is one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from gmailkit.errors import CannotDo, Conflict, GmailKitError, NotFound
from gmailkit.mime.mbox import Found, Readable, read_messages
from gmailkit.model.content import IN_MEMORY, Content, Spool
from gmailkit.model.flags import from_gmail
from gmailkit.model.item import KEPT, Item, Ref
from gmailkit.query.match import Context
from gmailkit.query.tree import Node
from gmailkit.stores.matching import matching
from gmailkit.stores.mbox.record import received_by
from gmailkit.stores.protocol import Facts, Fetched
from gmailkit.stores.system_names import flags_among, language_of, names_in, understood
from gmailkit.stores.takeout.archive import members, parts_of

_ID = re.compile(rb"From (\d{1,20})@xxx\b")
_INSERTED = re.compile(
    rb"(?:X-GM-TH(?:RI|IR)D: *(\d{1,20})\r?\n)?"
    rb"(?:X-Gmail-Labels: *([^\n]*+\n(?:[ \t][^\n]*+\n)*+))?"
)
_BEGINNING, _BLANK = 1024, b"\xef\xbb\xbf\r\n "
_HEAD = 256 << 10  # bytes in which the lines that Takeout adds are looked for
_LARGEST = 256 << 20  # bytes; Gmail holds no message near that size
_SEPARATOR = re.compile(rb"From \d+@xxx\b")


class _Place(NamedTuple):
    """Where a message begins: which part, which file of it, at which byte."""

    part: int
    member: int
    start: int


@dataclass(slots=True)
class _Known:
    """What the first reading found: sizes in bytes, names of labels as they stand there."""

    place: _Place
    size: int
    names: frozenset[str]
    digest: bytes = b""
    failed: GmailKitError | None = None


class TakeoutStore:
    """Refs are ids of messages, in hexadecimal digits, where the archive tells them; of others the
    half of their SHA-256. Raises NotFound, CannotDo (a password), and UsageError for an archive
    that is damaged: then nothing of it is taken.
    """

    can = KEPT

    def __init__(self, path: Path, *, context: Context | None = None) -> None:
        self.path = path.absolute()
        self.name = f"takeout:{self.path}"
        self._context = context
        self._parts = parts_of(self.path)
        self._stamps = [_stamp(part) for part in self._parts]
        self._reading: tuple[_Place, Iterator[tuple[_Place, Found]]] | None = None

    def __enter__(self) -> TakeoutStore:
        return self

    def __exit__(self, *_: object) -> None:
        self._reading = None

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        """In the order of the files."""
        return matching(self, iter(self._known), wanted, self._context)

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        """Read on from the last one where that is possible: refs are best asked for in order."""
        for ref in refs:
            known = self._known.get(ref)
            if known is None:
                yield ref, NotFound(f"There is no message {ref} in {self.path}.")
            elif known.failed:
                yield ref, known.failed
            else:
                yield ref, self._item(known)

    def survey(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Facts]]:
        """Nothing is read again for it."""
        for ref in refs:
            if known := self._known.get(ref):
                yield ref, Facts(known.size, _labels(known.names, self.language))

    @cached_property
    def language(self) -> str:
        """That of the account, as far as the names of its labels tell."""
        names: Counter[str] = Counter()
        for known in self._known.values():
            names.update(known.names)
        return language_of(names)

    @cached_property
    def _known(self) -> dict[Ref, _Known]:
        found: dict[Ref, _Known] = {}
        sets: dict[frozenset[str], frozenset[str]] = {}
        for place, message in self._messages(_Place(0, 0, 0)):
            read = _Read.of(message)
            names = sets.setdefault(read.names, read.names)
            try:
                content, digest = read.content()
            except CannotDo as error:
                ref = Ref("-".join(map(str, place)))
                found[ref] = _Known(place, 0, names, failed=error)
                continue
            ref, half = read.ref(digest), bytes.fromhex(digest[:32])
            if (same := found.get(ref)) and same.digest != half:
                ref = Ref(digest[:32])  # one id, another message: a draft that was changed, say
                same = found.get(ref)
            if same:
                every = same.names | names
                same.names = sets.setdefault(every, every)
            else:
                found[ref] = _Known(place, content.size, names, half)
        return found

    def _item(self, known: _Known) -> Item | GmailKitError:
        found = self._at(known.place)
        if found is None:
            return Conflict(f"{self.path} was changed while it was read.", hint="Begin again.")
        read = _Read.of(found)
        content, _ = read.content()
        labels, flags = from_gmail(_labels(known.names, self.language))
        return Item(
            content=content,
            labels=labels,
            flags=flags | flags_among(known.names),
            received=read.received,
            thread=read.thread,
        )

    def _at(self, place: _Place) -> Found | None:
        """The message there; the archive is read on from where it was read last."""
        if self._stamps != [_stamp(part) for part in self._parts]:
            return None
        if self._reading is None or self._reading[0] >= place:
            start = _Place(place.part, place.member, 0)
            self._reading = start, self._messages(start)
        coming = self._reading[1]
        for here, found in coming:
            self._reading = here, coming
            if here >= place:
                return found if here == place else None
        self._reading = None
        return None

    def _messages(self, begin: _Place) -> Iterator[tuple[_Place, Found]]:
        """From the beginning of a file on."""
        for number, part in enumerate(self._parts[begin.part :], start=begin.part):
            for at, (_, file) in enumerate(members(part)):
                if (number, at) < (begin.part, begin.member):
                    continue
                head = file.read(_BEGINNING)
                if not head.lstrip(_BLANK).startswith(b"From "):
                    continue  # settings, a page: known by what they are, for names are translated
                only = _SEPARATOR if _SEPARATOR.match(head.lstrip(_BLANK)) else None
                for found in read_messages(_Joined(head, file), only=only):
                    yield _Place(number, at, found.start), found


@dataclass(slots=True)
class _Read:
    """A message without the lines that Takeout put before it."""

    id: str
    names: frozenset[str]
    thread: str
    received: datetime | None
    pieces: Iterator[bytes]

    @classmethod
    def of(cls, found: Found) -> _Read:
        text = b""
        for piece in found.pieces:
            text += piece
            if len(text) > _HEAD or b"\n\n" in text or b"\n\r\n" in text:
                break
        inserted = _INSERTED.match(text)
        number = _ID.match(found.separator)
        return cls(
            id=f"{int(number[1]):016x}" if number else "",
            names=names_in(inserted[2]) if inserted and inserted[2] else frozenset(),
            thread=f"{int(inserted[1]):x}" if inserted and inserted[1] else "",
            received=received_by(found.separator),
            pieces=_chained(text[inserted.end() if inserted else 0 :], found.pieces),
        )

    def ref(self, digest: str) -> Ref:
        return Ref(self.id or digest[:32])

    def content(self) -> tuple[Content, str]:
        """With the digest of it, whichever line ends it has. CannotDo for one larger than any of
        Gmail's, a bomb or a damaged file: what is left of it is passed over.
        """
        spool, size = Spool(in_memory=IN_MEMORY), 0
        for piece in self.pieces:
            size += len(piece)
            if size > _LARGEST:
                spool.close()
                raise CannotDo(f"A message of more than {_LARGEST >> 20} MB is none of Gmail's.")
            spool.write(piece)
        content = spool.done()
        return content, content.digest_with_crlf


class _Joined:
    """A file of which the beginning was read already."""

    def __init__(self, head: bytes, file: Readable) -> None:
        self._head = head
        self._file = file

    def read(self, size: int, /) -> bytes:
        head, self._head = self._head[:size], self._head[size:]
        return head or self._file.read(size)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _labels(names: frozenset[str], language: str) -> frozenset[str]:
    """Gmail's, without what is a mark and not a label."""
    found = understood(names, language)
    return frozenset(label for label in found if not flags_among([label]))


def _stamp(part: Path) -> tuple[int, int]:
    status = part.stat()
    return status.st_size, status.st_mtime_ns
