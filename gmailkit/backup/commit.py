"""The write side of an open backup: what is added and noted, and how it becomes safe at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from gmailkit.backup import events
from gmailkit.backup.events import AnyEvent
from gmailkit.backup.index import Index
from gmailkit.backup.layout import Layout
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import Record, Same, Stamp, encode
from gmailkit.backup.recover import Ends
from gmailkit.backup.stream import EVENTS, MESSAGES
from gmailkit.backup.writer import EVENT_FILE_BYTES, Writer
from gmailkit.errors import CannotDo

# What a kill may cost: messages added since the last commit are fetched again.
COMMIT_MESSAGES = 50
COMMIT_BYTES = 4 << 20
COMMIT_EVENTS = 5000

Holder = Callable[[str], Same | None]  # which saved message holds the bytes of that SHA-256


class Commits:
    """Takes messages and events, and commits them: packs, then events, then the index.

    So no event names a message that is not safe, and the index knows nothing that is not. A message
    whose bytes are there, or were added just before it, gets a record that names who holds them.
    Raises CannotWrite, after which it must not be used.
    """

    def __init__(self, layout: Layout, ends: Ends) -> None:
        number, end = ends[MESSAGES]
        self._messages: Writer[Stamp] = Writer(layout.messages, number=number, end=end)
        number, end = ends[EVENTS]
        self._events: Writer[AnyEvent] = Writer(
            layout.events, number=number, end=end, full=EVENT_FILE_BYTES
        )
        self._held: dict[str, Same] = {}  # who holds bytes that are not committed yet
        self._noted: list[tuple[AnyEvent, bytes]] = []  # not in a frame before packs are safe
        self.keys: set[tuple[str, str]] = set()  # of the messages that are not committed yet

    @property
    def pending(self) -> bool:
        return bool(self._messages.pending or self._noted)

    @property
    def due(self) -> bool:
        """Whether it is time to commit."""
        messages = self._messages
        many = messages.pending >= COMMIT_MESSAGES or len(self._noted) >= COMMIT_EVENTS
        return many or messages.pending_bytes >= COMMIT_BYTES

    @property
    def head(self) -> bytes:
        """Digest of the newest frame of messages."""
        return self._messages.head

    def add(self, record: Record, now: int, holder: Holder | None) -> None:
        """Without a `holder` all its bytes are written, whoever else has them.

        Raises CannotDo, and nothing has happened, for a message that is too big.
        """
        stamp = record.stamp(now)
        digest = stamp.sha256
        if holder and stamp.length and (same := self._held.get(digest) or holder(digest)):
            stamp = replace(stamp, same=same)
        try:
            self._messages.add(stamp, encode(record, stamp))
        except CannotDo as error:
            raise CannotDo(f"Message {record.id}: {error.message}") from error
        self._held.setdefault(digest, stamp.same or Same(stamp.account, stamp.id))
        self.keys.add((record.account, record.id))

    def note(self, event: AnyEvent) -> None:
        """Raises UsageError for text that is no valid Unicode."""
        self._noted.append((event, events.encode(event)))

    def commit(self, index: Index) -> None:
        saved, packs = self._messages.commit()
        for event, line in self._noted:
            self._events.add(event, (line,))
        noted, files = self._events.commit()
        with index.at_once():
            if saved:
                index.add([Entry.of(stamp, place) for stamp, place in saved], packs)
            if noted:
                index.note(noted, files)
        self._noted.clear()
        self._held.clear()
        self.keys.clear()

    def close(self) -> None:
        """Return when nobody writes any more."""
        with closing(self._messages), closing(self._events):
            pass
