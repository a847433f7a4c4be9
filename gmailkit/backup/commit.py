"""The write side of an open backup: what is added and noted, and how it becomes safe at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import msgspec
from msgspec.structs import replace

from gmailkit.backup import events
from gmailkit.backup.events import AnyEvent, Cursor, stamped
from gmailkit.backup.index import Index
from gmailkit.backup.layout import Layout
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import Record, Same, Stamp, encode
from gmailkit.backup.recover import Ends
from gmailkit.backup.stream import EVENTS, MESSAGES
from gmailkit.backup.writer import EVENT_FILE_BYTES, Writer, may_fit, must_fit
from gmailkit.errors import CannotDo

# What a kill may cost: messages added since the last commit are fetched again.
COMMIT_MESSAGES = 50
COMMIT_BYTES = 4 << 20
COMMIT_EVENTS = 5000

Holder = Callable[[str], Same | None]  # which saved message holds the bytes of that SHA-256


class _Added(msgspec.Struct, frozen=True):
    """A message that waits for the commit, since `now` (milliseconds)."""

    record: Record
    now: int
    holder: Holder | None


class Commits:
    """Takes messages and events, and commits them: packs, then events, then the index.

    So no event names a message that is not safe, and the index knows nothing that is not. A message
    whose bytes are there, or are added just before it, gets a record that names who holds them.
    Nothing is written between two commits: others may do that meanwhile. Raises CannotWrite, after
    which it must not be used.
    """

    def __init__(self, layout: Layout, ends: Ends) -> None:
        number, end = ends[MESSAGES]
        self._messages: Writer[Stamp] = Writer(layout.messages, number=number, end=end)
        number, end = ends[EVENTS]
        self._events: Writer[AnyEvent] = Writer(
            layout.events, number=number, end=end, full=EVENT_FILE_BYTES
        )
        self._added: list[_Added] = []
        self._bytes = 0  # of these
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

    def go_on(self, ends: Ends, now: int, *, lost: bool) -> None:
        """Others have written meanwhile, the last of it at `now` (milliseconds): what is to be
        committed came after that. `lost`: something was found lost, so no cursor counts.
        """
        self._messages.go_on(*ends[MESSAGES])
        self._events.go_on(*ends[EVENTS])
        self._added = [replace(each, now=max(each.now, now)) for each in self._added]
        noted = [event for event, _ in self._noted if not (lost and isinstance(event, Cursor))]
        self._noted = []
        for event in noted:
            self.note(event if event.at_ms >= now else replace(event, at=stamped(now)))

    def add(self, record: Record, now: int, holder: Holder | None) -> None:
        """Without a `holder` all its bytes are written, whoever else has them.

        Raises CannotDo, and nothing has happened, for a message that is too big.
        """
        size = record.content.size if record.content else len(record.raw)
        if not may_fit(size, labels=len(record.labels)):
            try:
                must_fit(sum(map(len, encode(record, record.stamp(now)))))
            except CannotDo as error:
                raise CannotDo(f"Message {record.id}: {error.message}") from error
        self._added.append(_Added(record, now, holder))
        self._bytes += size
        self.keys.add((record.account, record.id))

    def note(self, event: AnyEvent) -> None:
        """Raises UsageError for text that is no valid Unicode."""
        self._noted.append((event, events.encode(event)))

    def commit(self, index: Index) -> None:
        with index.at_rest():
            self._write()
        saved, packs = self._messages.commit()
        for event, line in self._noted:
            self._events.add(event, (line,))
        noted, files = self._events.commit()
        with index.at_once():
            if saved:
                index.add([Entry.of(stamp, place) for stamp, place in saved], packs)
            if noted:
                index.note(noted, files)
        self._added.clear()
        self._bytes = 0
        self._noted.clear()
        self.keys.clear()

    def _write(self) -> None:
        held: dict[str, Same] = {}  # by what stands before it in this commit
        for each in self._added:
            stamp = each.record.stamp(each.now)
            digest = stamp.sha256
            same = None
            if each.holder and stamp.length:
                same = held.get(digest) or each.holder(digest)
            stamp = replace(stamp, same=same) if same else stamp
            held.setdefault(digest, stamp.same or Same(stamp.account, stamp.id))
            self._messages.add(stamp, encode(each.record, stamp))

    def close(self) -> None:
        """Return when nobody writes any more."""
        with closing(self._messages), closing(self._events):
            pass
