"""A walk through a file of a stream: what its sound frames hold, and what is not sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, Generic, TypeVar

import msgspec

from gmailkit.backup import events
from gmailkit.backup.events import AnyEvent
from gmailkit.backup.frame import Frame
from gmailkit.backup.large import examine_large
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import Stamp, examined
from gmailkit.backup.stream import MESSAGES, End, Gap, Place, Stream, walk
from gmailkit.errors import BackupDamaged

Item = TypeVar("Item")
Stamps = Iterable[tuple[int, Stamp | BackupDamaged]]
Parse = Callable[[int, Frame], Iterator[Item | BackupDamaged]]


class Survey(msgspec.Struct, Generic[Item]):
    """What a walk through a file has found beyond a known end."""

    known: End
    ends: list[End] = msgspec.field(default_factory=list)  # one for each sound frame
    # And where its frame begins.
    items: list[tuple[int, Item]] = msgspec.field(default_factory=list)
    gaps: list[Gap] = msgspec.field(default_factory=list)
    unreadable: int = 0  # items in sound frames: somebody else's, for we write none

    def end(self, size: int) -> End:
        """The end of the last sound frame within the first `size` bytes."""
        return next((end for end in reversed(self.ends) if end.length <= size), self.known)

    def before(self, size: int) -> list[Item]:
        """What lies in the first `size` bytes."""
        return [item for offset, item in self.items if offset < size]


def survey(file: BinaryIO, number: int, known: End, size: int, parse: Parse[Item]) -> Survey[Item]:
    """The sound frames of a file from `known` to byte `size`, and what lies between them."""
    found: Survey[Item] = Survey(known)
    for each in walk(file, known.length, size):
        if isinstance(each, Gap):
            found.gaps.append(each)
            continue
        found.ends.append(End(each.offset + each.length, each.digest))
        for item in parse(number, each):
            if isinstance(item, BackupDamaged):
                found.unreadable += 1
            else:
                found.items.append((each.offset, item))
    return found


def parser(stream: Stream) -> Parse[Any]:
    """How the frames of a stream are read."""
    return entries_of if stream.folder == MESSAGES.folder else events_of


def entries_of(number: int, frame: Frame) -> Iterator[Entry | BackupDamaged]:
    """The frame's messages, every byte checked; an error stands for each that cannot be read."""
    return entries(number, frame, stamps_of(frame))


def entries(number: int, frame: Frame, stamps: Stamps) -> Iterator[Entry | BackupDamaged]:
    for position, stamp in stamps:
        if isinstance(stamp, BackupDamaged):
            yield stamp
        else:
            yield Entry.of(stamp, Place(number, frame.offset, frame.length, position))


def stamps_of(frame: Frame) -> Stamps:
    """Of each record and its position. The frame is unpacked by now, but each record is looked at
    when its turn comes. A large frame is one record, unless others wrote it.
    """
    if frame.is_large:
        with suppress(BackupDamaged):
            return [(0, examine_large(frame.text_in_pieces()))]
    try:
        return _examined(frame.text())
    except BackupDamaged as error:
        return [(0, error)]


def _examined(text: bytes) -> Iterator[tuple[int, Stamp | BackupDamaged]]:
    try:
        yield from examined(text)
    except BackupDamaged as error:
        yield 0, error


def events_of(number: int, frame: Frame) -> Iterator[tuple[AnyEvent, Place] | BackupDamaged]:
    """The frame's events, those of kinds not known here left out; as `entries_of`."""
    try:
        for position, line in events.lines(frame.text()):
            try:
                event = events.decode(line)
            except BackupDamaged as error:
                yield error
            else:
                if event is not None:
                    yield event, Place(number, frame.offset, frame.length, position)
    except BackupDamaged as error:
        yield error
