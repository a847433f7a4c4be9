"""What a host without a key may know of a backup: ids, sizes and times, and nothing to read.

Beside each encrypted file lies a plain one, `packs/000001.ids` or `events/000001.ids`: enough to
know what is saved, to go on from there, and to see whether the encrypted bytes are still the same.
JSON, one object a line; the first is of the file, each other one of a message or an event in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from gmailkit.backup import events
from gmailkit.backup.crypt.account import hashed
from gmailkit.backup.events import (
    AnyEvent,
    Compacted,
    Cursor,
    Damaged,
    Drafts,
    LabelList,
    Labels,
    Run,
    Setting,
)
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import Stamp
from gmailkit.backup.stream import End, Place
from gmailkit.errors import BackupDamaged

SUFFIX = ".ids"
STOPPED = "Who has a key can read why."


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Of the file beside it: how many plain bytes it holds and the digest of its last frame; size
    and SHA-256 of its own, encrypted bytes. `check` is a SHA-256 of all that and of the lines that
    follow."""

    v: int = 1
    length: int
    digest: str
    size: int
    sha256: str
    check: str = ""


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of a message."""

    account: str
    id: str
    length: int
    saved: int = 0


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`at`: offset and length of the frame, position in its text; and what lies there."""

    at: tuple[int, int, int]
    message: Known | None = None
    event: msgspec.Raw = msgspec.Raw()


def line(item: Stamp | AnyEvent, place: Place) -> bytes:
    """An item of a file, as its line."""
    at = place.offset, place.length, place.position
    if isinstance(item, Stamp):
        whose = hashed(item.account)
        known = Known(account=whose, id=item.id, length=item.length, saved=item.saved)
        return msgspec.json.encode(Line(at=at, message=known)) + b"\n"
    told = msgspec.Raw(msgspec.json.encode(event(item)))
    return msgspec.json.encode(Line(at=at, event=told)) + b"\n"


def entry(stamp: Stamp, place: Place) -> Entry:
    return _entry(hashed(stamp.account), stamp.id, stamp.length, stamp.saved, place)


def event(event: AnyEvent) -> AnyEvent:
    """Of it remain whose it is, when it was found, ids and counts; of a cursor all."""
    empty: dict[str, Any] = {"account": hashed(event.account)}
    if isinstance(event, Labels | LabelList):
        empty["labels"] = {} if isinstance(event, Labels) else ()
    elif isinstance(event, Setting):
        empty |= {"name": "", "value": None}
    elif isinstance(event, Drafts):
        empty["drafts"] = {}
    elif isinstance(event, Damaged):
        empty["messages"] = {hashed(whose): ids for whose, ids in event.messages.items()}
    elif isinstance(event, Compacted):
        empty["rules"] = {}
    elif isinstance(event, Run):
        empty |= {"choice": "", "stopped": event.stopped and STOPPED}  # both may name somebody
    return msgspec.structs.replace(event, **empty)


# Of these nothing that anybody asks for is taken out.
KEPT_KINDS = frozenset((events.kind_of(Cursor), events.kind_of(Run)))


@dataclass(frozen=True, slots=True)
class Beside:
    """A file of ids, read."""

    head: Head
    lines: tuple[bytes, ...]

    @property
    def end(self) -> End:
        return End(self.head.length, bytes.fromhex(self.head.digest))

    def entries(self, number: int) -> Iterable[Entry]:
        """Of packs. Raises BackupDamaged."""
        for place, line in self._lines(number):
            if known := line.message:
                yield _entry(known.account, known.id, known.length, known.saved, place)

    def events(self, number: int) -> Iterable[tuple[AnyEvent, Place]]:
        """Of events, those of kinds not known here left out. Raises BackupDamaged."""
        for place, line in self._lines(number):
            if (event := events.decode(bytes(line.event))) is not None:
                yield event, place

    def _lines(self, number: int) -> Iterable[tuple[Place, Line]]:
        for text in self.lines:
            try:
                line = msgspec.json.decode(text, type=Line)
            except msgspec.DecodeError as error:
                raise BackupDamaged("A line of ids cannot be read.") from error
            yield Place(number, *line.at), line


def written(lines: Sequence[bytes], *, end: End, size: int, sha256: str) -> bytes:
    """The bytes of a file of ids."""
    text = b"".join(lines)
    head = Head(length=end.length, digest=end.digest.hex(), size=size, sha256=sha256)
    head = msgspec.structs.replace(head, check=_check(head, text))
    return msgspec.json.encode(head) + b"\n" + text


def read(content: bytes | None, told: str) -> Beside:
    """A file of ids, which `told` names. Raises BackupDamaged when it is missing (None), or not
    what was written.
    """
    try:
        first, _, text = (content or b"").partition(b"\n")
        head = msgspec.json.decode(first, type=Head)
        bytes.fromhex(head.digest)
    except (msgspec.DecodeError, ValueError) as error:
        raise BackupDamaged(f"{told} cannot be read.") from error
    if head.v != 1 or _check(head, text) != head.check:
        raise BackupDamaged(f"{told} is not as it was written.")
    return Beside(head, tuple(text.splitlines(keepends=True)))


def _check(head: Head, text: bytes) -> str:
    said = f"{head.length} {head.digest} {head.size} {head.sha256}\n".encode()
    return hashlib.sha256(said + text).hexdigest()


def _entry(account: str, id: str, length: int, saved: int, place: Place) -> Entry:
    return Entry(
        account=account,
        id=id,
        thread="",
        date_ms=0,
        saved=saved,
        labels={},
        length=length,
        sha256="",
        pack=place.number,
        offset=place.offset,
        frame_length=place.length,
        position=place.position,
    )
