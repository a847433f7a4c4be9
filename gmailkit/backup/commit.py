"""The write side of an open backup: what is added and noted, and how it becomes safe at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from gmailkit.backup import events
from gmailkit.backup.events import AnyEvent
from gmailkit.backup.index import Index
from gmailkit.backup.layout import Layout
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import Record, Same, Stamp, encode
from gmailkit.backup.recover import Ends
from gmailkit.backup.stream import EVENTS, MESSAGES
from gmailkit.backup.writer import EVENT_FILE_BYTES, Writer, must_fit
from gmailkit.errors import CannotDo

# What a kill may cost: messages added since the last commit are fetched again.
COMMIT_MESSAGES = 50
COMMIT_BYTES = 4 << 20
COMMIT_EVENTS = 5000


Holder = Callable[[str], Same | None]  # which saved message holds the bytes of that SHA-256


@dataclass(frozen=True, slots=True)
class _Added:
    """A message that waits for the commit; `whole`: with its bytes, whoever else holds them."""

    record: Record
    stamp: Stamp
    pieces: Iterable[bytes]
    size: int  # of these
    whole: bool


class Commits:
    """Takes messages and events, and commits them: packs, then events, then the index.

    So no event names a message that is not safe, and the index knows nothing that is not. A message
    whose bytes are there, or are added just before it, gets a record that names who holds them.
    Raises CannotWrite, after which it must not be used.
    """

    def __init__(self, layout: Layout, ends: Ends) -> None:
        number, end = ends[MESSAGES]
        self._messages: Writer[Stamp] = Writer(layout.messages, number=number, end=end)
        number, end = ends[EVENTS]
        self._events: Writer[AnyEvent] = Writer(
            layout.events, number=number, end=end, full=EVENT_FILE_BYTES
        )
        self._added: list[_Added] = []
        self._bytes = 0  # of them
        self._noted: list[tuple[AnyEvent, bytes]] = []  # not in a frame before packs are safe
        self.keys: set[tuple[str, str]] = set()  # of the messages that are not committed yet

    @property
    def pending(self) -> bool:
        return bool(self._added or self._noted)

    @property
    def due(self) -> bool:
        """Whether it is time to commit."""
        many = len(self._added) >= COMMIT_MESSAGES or len(self._noted) >= COMMIT_EVENTS
        return many or self._bytes >= COMMIT_BYTES

    @property
    def head(self) -> bytes:
        """Digest of the newest frame of messages."""
        return self._messages.head

    def add(self, record: Record, now: int, *, whole: bool = False) -> None:
        """Raises CannotDo, and nothing has happened, for a message that is too big."""
        stamp = record.stamp(now)
        pieces = encode(record, stamp)
        size = sum(map(len, pieces))
        try:
            must_fit(size)
        except CannotDo as error:
            raise CannotDo(f"Message {record.id}: {error.message}") from error
        self._added.append(_Added(record, stamp, pieces, size, whole))
        self._bytes += size
        self.keys.add((record.account, record.id))

    def note(self, event: AnyEvent) -> None:
        """Raises UsageError for text that is no valid Unicode."""
        self._noted.append((event, events.encode(event)))

    def commit(self, index: Index, holder: Holder) -> None:
        self._write(holder)
        saved, packs = self._messages.commit()
        for event, line in self._noted:
            self._events.add(event, (line,), len(line))
        noted, files = self._events.commit()
        with index.at_once():
            if saved:
                index.add([Entry.of(stamp, place) for stamp, place in saved], packs)
            if noted:
                index.note(noted, files)
        self._noted.clear()
        self.keys.clear()

    def _write(self, holder: Holder) -> None:
        held: dict[str, Same] = {}  # by what stands before it in this commit
        for each in self._added:
            stamp, pieces, size = each.stamp, each.pieces, each.size
            digest = stamp.sha256
            if stamp.length and not each.whole and (same := held.get(digest) or holder(digest)):
                stamp = replace(stamp, same=same)
                pieces = encode(each.record, stamp)
                size = sum(map(len, pieces))
            held.setdefault(digest, stamp.same or Same(stamp.account, stamp.id))
            self._messages.add(stamp, pieces, size)
        self._added.clear()
        self._bytes = 0
