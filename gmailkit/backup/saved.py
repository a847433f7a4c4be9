"""What is saved in an open backup, and what was when: the reading half of `Backup`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar, overload

from gmailkit.backup import events
from gmailkit.backup.crypt import database
from gmailkit.backup.crypt.account import hashed
from gmailkit.backup.events import AnyEvent, Event, LetGo, kind_of
from gmailkit.backup.frame import FIRST
from gmailkit.backup.history import Change, LabelState
from gmailkit.backup.index import Index
from gmailkit.backup.large import read_large
from gmailkit.backup.layout import Layout
from gmailkit.backup.packs import Entry
from gmailkit.backup.place import name_of
from gmailkit.backup.record import Record, decode
from gmailkit.backup.storage import reading
from gmailkit.backup.stream import EVENTS, End, Gap, walk
from gmailkit.backup.survey import events_of
from gmailkit.errors import BackupDamaged
from gmailkit.model.content import IN_MEMORY, Content

Kind = TypeVar("Kind", bound=Event)


class Saved:
    """What an index knows and packs and events hold; nothing is changed. A message's key is
    (account, id). `as_of` (milliseconds since 1970): as it was known then.
    """

    def __init__(self, layout: Layout, index: Index, *, as_of: int | None = None) -> None:
        self.path = layout.path
        self._layout = layout
        self._index = index
        self._until = as_of
        self._frames: dict[tuple[int, int], bytes] = {}

    def known(self, account: str) -> set[str]:
        """Ids of the account's messages.

        Known is what was saved, even if its bytes were damaged since: `verify` tells.
        """
        return self._index.known(account)

    def count(self, account: str) -> int:
        """How many committed messages of the account Gmail still has, as far as that is known."""
        return self._index.count(account)

    def find(self, account: str, id: str) -> Entry | None:
        return self._index.find(account, id)

    def accounts(self) -> tuple[str, ...]:
        """The addresses of the mailboxes that it keeps."""
        return self._index.accounts()

    def oldest_first(self, account: str) -> Iterator[str]:
        """Ids of an account's committed messages by their dates."""
        return self._index.oldest_first(account)

    def entries(self) -> Iterator[Entry]:
        """Every committed message, in the order of the packs."""
        return self._index.entries()

    def gone(self, account: str) -> dict[str, int]:
        """Ids of the messages that Gmail has no more, and since when that is known (milliseconds
        since 1970)."""
        return self._index.gone(account)

    def labels(self, account: str, id: str) -> dict[str, str] | None:
        """The labels {id: name} that a message bears; None for one that is not there."""
        entry = self._index.find(account, id)
        return dict(entry.labels) if entry else None

    def label_states(self, account: str, id: str) -> tuple[LabelState, ...]:
        """All that is known of a message's labels over time, from when it was saved on."""
        return self._index.label_states(account, id)

    def latest(self, account: str, kind: type[Kind], name: str = "") -> Kind | None:
        """The last event of that kind; of settings, the one with that `name`.

        There is no Cursor when something that was saved has been lost, or the index was made anew:
        then Gmail's history does not tell all that has to be fetched. Labels and Gone are told by
        `label_states`, not here. Raises BackupDamaged.
        """
        place = self._index.latest(account, kind_of(kind), name)
        if place is None:
            return None
        files = self._layout.events
        event = events.decode(files.told_event(place))
        if not isinstance(event, kind):
            told = files.stream.told(place.number)
            raise BackupDamaged(f"{told} does not hold what the index says.")
        return event

    @overload
    def events(self, account: str | None = None) -> Iterator[AnyEvent]: ...

    @overload
    def events(self, account: str | None, kind: type[Kind]) -> Iterator[Kind]: ...

    @overload
    def events(self, account: str | None = None, *, kind: type[Kind]) -> Iterator[Kind]: ...

    def events(
        self, account: str | None = None, kind: type[Event] | None = None
    ) -> Iterator[Event]:
        """All events, or those of one account and kind, in the order in which they were noted.

        Raises BackupDamaged where they cannot be read.
        """
        for number, end in self._index.ends(EVENTS).items():
            if self.blind:
                known = self._layout.events.survey(number, End(0, FIRST), end.length).before(1)
                yield from (each for each, _ in known if self._is_wanted(each, account, kind))
                continue
            told = self._layout.events.stream.told(number)
            with reading(self.path), self._layout.events.opened(number) as file:
                for frame in walk(file, 0, end.length):
                    if isinstance(frame, Gap):
                        raise BackupDamaged(f"{told} is damaged at byte {frame.offset}.")
                    for found in events_of(number, frame):
                        if isinstance(found, BackupDamaged):
                            raise found
                        event, _ = found
                        if self._is_wanted(event, account, kind):
                            yield event

    def let_go(self, account: str) -> frozenset[str]:
        """Ids of the messages that compactions left out by their rules, those that were saved again
        since included. Where that cannot be read they are not left out: mail is rather kept.
        """
        whose, files = hashed(account) if self.blind else account, self._layout.events
        found: list[str] = []
        for place in self._index.places(kind_of(LetGo)):
            with suppress(BackupDamaged):
                event = events.decode(files.told_event(place))
                if isinstance(event, LetGo) and event.account == whose:
                    found += event.ids
        return frozenset(found)

    def shrunken(self) -> tuple[str, ...]:
        """Files that are gone or shorter than they were, by their sizes alone: nothing is read."""
        return tuple(
            files.stream.told(number)
            for stream, files in self._layout.files.items()
            for number, end in self._index.ends(stream).items()
            if files.size(number) < end.length
        )

    @property
    def blind(self) -> bool:
        """Whether it is encrypted and there is no key: it can be added to, and tells ids, sizes and
        times; accounts are hashes, labels are not known, `read` raises KeyNeeded.
        """
        return self._layout.blind

    def is_of(self, entry: Entry, account: str) -> bool:
        """Whether the message is that account's; a blind backup knows no addresses."""
        return entry.account == (hashed(account) if self.blind else account)

    @property
    def connector(self) -> Callable[[Path | None, str], sqlite3.Connection] | None:
        """Opens what is made from an encrypted backup, at a path as "ro" or "rw", or in memory: so
        that nothing plain lies there. None for a backup that is not encrypted.
        """
        if self._layout.key is None:
            return None
        return partial(database.connect_any, key=self._layout.key)

    def size(self) -> int:
        """Bytes it takes where it lies; of object storage, packs and events alone."""
        return self._layout.size()

    def shared(self) -> tuple[int, int]:
        """How many messages have the very bytes of others, which are kept once, and how many bytes
        these are. Without a key nobody knows of any.
        """
        return self._index.shared()

    def unverified(self, account: str) -> list[str]:
        """Ids of messages whose bytes came from elsewhere and were never compared with Gmail's.
        Without a key nobody knows of any.
        """
        return self._index.unverified(account)

    def sharing(self, entry: Entry) -> list[Entry]:
        """Messages whose bytes stand in the record of that one."""
        return self._index.sharing(entry)

    def index_id(self) -> str:
        """Names the index; the numbers of `added_since` and `changed_since` are of this one."""
        return self._index.made()

    def added_since(self, number: int) -> Iterator[tuple[int, Entry]]:
        """The messages added after the one with that number (0: all), each with its number."""
        return self._index.added_since(number)

    def changed_since(self, number: int) -> Iterator[Change]:
        """Which messages were relabelled, went or came back after the change with that number."""
        return self._index.changed_since(number)

    def content(self, entry: Entry) -> Content:
        """The message's bytes as `read` checks them; a large one is not held but lies on disk."""
        if entry.length <= IN_MEMORY:
            return Content.of(self.read(entry).raw)
        packs, holder = self._layout.messages, self._holder_of(entry)
        try:
            with reading(self.path), packs.opened(holder.pack) as pack:
                return read_large(pack, holder)
        except BackupDamaged as error:
            raise self._damaged(entry, holder, error.message) from error

    def read(self, entry: Entry) -> Record:
        """The message with the labels that `entry` says, its bytes checked.

        All of it is held, see `content`. Raises BackupDamaged when the bytes are not what was
        saved.
        """
        holder = self._holder_of(entry)
        try:
            record = decode(self._text(holder), holder.position)
        except BackupDamaged as error:
            raise self._damaged(entry, holder, error.message) from error
        if (record.account, record.id) != (holder.account, holder.id):
            raise self._damaged(entry, holder, "Another message lies at its place.")
        if entry.same:
            if record.stamp().sha256 != entry.sha256:
                raise self._damaged(entry, holder, "Other bytes lie at their place.")
            return _as_saved(entry, record.raw)
        return record if record.labels == entry.labels else replace(record, labels=entry.labels)

    def _holder_of(self, entry: Entry) -> Entry:
        """The message in whose record the bytes stand: itself, for most."""
        if entry.same is None:
            return entry
        holder = self._index.holder(entry.same)
        if holder is None or holder.same or holder.sha256 != entry.sha256:
            raise self._damaged(entry, entry, "Nothing holds its bytes any more.")
        return holder

    def _is_wanted(self, event: AnyEvent, account: str | None, kind: type[Event] | None) -> bool:
        if self._until is not None and event.at_ms > self._until:
            return False
        whose = hashed(account) if account and self.blind else account
        return whose in (None, event.account) and (kind is None or isinstance(event, kind))

    def _text(self, entry: Entry) -> bytes:
        """The frame's text; the last ones are kept, since messages are mostly read in order, and
        those that hold the bytes of others too."""
        place = (entry.pack, entry.offset)
        if place not in self._frames:
            if len(self._frames) > 1:
                del self._frames[next(iter(self._frames))]
            self._frames[place] = self._layout.messages.text(entry.place)
        return self._frames[place]

    def _damaged(self, entry: Entry, holder: Entry, why: str) -> BackupDamaged:
        name = name_of(self.path)
        place = f"{self._layout.messages.stream.told(holder.pack)}, frame at byte {holder.offset}"
        if entry.same:
            why = f"Its bytes are those of message {entry.same.id} of {entry.same.account}. {why}"
        return BackupDamaged(
            f"Message {entry.id} of {entry.account} in {name} is damaged ({place}). {why}",
            hint=f"`gmailkit verify {name}` names all that is damaged; the rest is whole. "
            f"`gmailkit repair {name}` fetches again what Gmail still has.",
        )


def _as_saved(entry: Entry, raw: bytes) -> Record:
    return Record(
        account=entry.account,
        id=entry.id,
        thread=entry.thread,
        date_ms=entry.date_ms,
        labels=entry.labels,
        raw=raw,
        saved=entry.saved,
        origin=entry.origin,
    )
