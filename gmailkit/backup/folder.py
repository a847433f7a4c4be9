"""A backup folder, opened: what is saved in it, and adding to it.

    gmailkit-backup.json     what makes it a backup
    packs/000001.mbox.zst    the messages
    events/000001.jsonl.zst  what became of them since, settings, runs
    index.sqlite3            where each one is; made from packs and events
    README.txt  lock  lock.json

The order of every write: packs, fsync, events, fsync, then the index. So what the index knows is
safe, and what a crash leaves beyond it is taken in or cut when a writer next opens the folder. What
was saved is not read again then: only `verify` finds bytes that have changed since.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar, overload

import msgspec

from gmailkit.backup import events, marker
from gmailkit.backup.beginning import brought, complete, make_folders, may_begin, recognized
from gmailkit.backup.commit import Commits
from gmailkit.backup.crypt import database
from gmailkit.backup.crypt.account import hashed
from gmailkit.backup.events import AnyEvent, Event, LetGo, Run, kind_of
from gmailkit.backup.frame import FIRST
from gmailkit.backup.history import Change, LabelState
from gmailkit.backup.index import Index
from gmailkit.backup.large import read_large
from gmailkit.backup.layout import Layout
from gmailkit.backup.lock import held, only_writer
from gmailkit.backup.packs import Entry
from gmailkit.backup.place import name_of
from gmailkit.backup.record import Record, decode
from gmailkit.backup.recover import Recovery, index_of_packs
from gmailkit.backup.seal import seal
from gmailkit.backup.storage import DISK, Storage, reading
from gmailkit.backup.stream import EVENTS, End, Gap, walk
from gmailkit.backup.survey import events_of
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import BackupDamaged, BackupLocked, CannotDo, CannotWrite, UsageError
from gmailkit.model.content import IN_MEMORY, Content

Kind = TypeVar("Kind", bound=Event)


class Backup:
    """A backup on disk; make one with `open`. A message's key is (account, id).

    Use it as a context manager, from one thread. What was added and noted is sure to be saved when
    `flush` or `close` has returned. After an error while writing the folder has to be opened anew.
    """

    def __init__(
        self,
        layout: Layout,
        index: Index,
        *,
        writer: Commits | None = None,
        storage: Storage = DISK,
        clock: Clock = SYSTEM_CLOCK,
        as_of: int | None = None,
        notes: tuple[str, ...] = (),
        resources: ExitStack,
    ) -> None:
        self.path = layout.path
        self._layout = layout
        self.notes = notes  # what opening found and mended, in sentences
        self._index = index
        self._writer = writer
        self._storage = storage
        self._clock = clock
        self._latest = index.newest() if writer else 0
        self._until = as_of
        self._resources = resources
        self._failed = False
        self._frame: tuple[tuple[int, int], bytes] | None = None

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        write: bool = False,
        create: bool = False,
        as_of: datetime | None = None,
        identity: Path | str | None = None,
        storage: Storage = DISK,
        clock: Clock = SYSTEM_CLOCK,
    ) -> Backup:
        """The backup at `path`; for reading it changes nothing there and needs no permission to.

        With `as_of` (a moment with its time zone) everything it answers is as it was known then:
        the messages saved by then and not found gone by then, with the labels they bore. Without,
        it is all that was ever saved, with the labels as last known.

        `write` locks it and mends what a crash left; `create`, which writes too, begins a new one
        in a missing or empty folder. `identity` is a file with the age identity that opens this
        one, if it is encrypted; without, it is what `use_key` or the environment says. Raises
        NoBackup (nothing there, somebody else's files, a newer format), KeyNeeded, BackupLocked,
        BackupDamaged, CannotWrite.
        """
        path = brought(path)
        if write or create:
            if as_of:
                raise UsageError("The past of a backup can be read, not written.")
            return cls._for_writing(path, create, identity, storage, clock)
        laid_out = partial(Layout.of, identity=identity)
        return cls._for_reading(laid_out, path, as_of, storage, clock)

    @classmethod
    def look_at(cls, path: Path | str, *, clock: Clock = SYSTEM_CLOCK) -> Backup:
        """As `open` for reading; an encrypted one without a key too, see `blind`."""
        return cls._for_reading(Layout.to_verify, brought(path), None, DISK, clock)

    @classmethod
    def _for_reading(
        cls,
        laid_out: Callable[[Path, Storage], Layout],
        path: Path,
        as_of: datetime | None,
        storage: Storage,
        clock: Clock,
    ) -> Backup:
        until = _millis(as_of) if as_of else None
        notes = recognized(path)
        layout = laid_out(path, storage)
        _catch_up(layout, storage, clock)
        with reading(path):
            index, more = index_of_packs(layout)
        with ExitStack() as resources:
            resources.callback(index.close)
            if until is not None:
                index.look_back(until)
                notes += _before_it_began(path, index.first(), until)
            notes += layout.notes + more
            return cls(layout, index, as_of=until, notes=notes, resources=resources.pop_all())

    @classmethod
    def _for_writing(
        cls,
        path: Path,
        create: bool,
        identity: Path | str | None,
        storage: Storage,
        clock: Clock,
    ) -> Backup:
        begin = create and may_begin(path)
        if not begin:
            recognized(path)
        with ExitStack() as resources:
            if begin:
                make_folders(path, storage)
            resources.enter_context(only_writer(path, storage=storage, clock=clock))
            if begin and not (path / marker.MARKER).exists():
                marker.write(path, storage=storage, clock=clock)
            layout = Layout.to_write(path, storage, identity)
            recovery = Recovery(layout, storage)
            recovery.notes += layout.notes
            if broken := recognized(path):
                how = marker.AGE if marker.is_encrypted(path) else ""
                marker.write(path, storage=storage, clock=clock, encryption=how)
                recovery.notes += [f"{text} It was written anew." for text in broken]
            elif marker.require(path) < marker.VERSION:
                marker.bring_up_to_date(path, storage)
            complete(path, storage)
            with reading(path):
                index, ends = recovery.run()
            resources.callback(index.close)
            return cls(
                layout,
                index,
                writer=Commits(layout, ends),
                storage=storage,
                clock=clock,
                notes=tuple(recovery.notes),
                resources=resources.pop_all(),
            )

    def known(self, account: str) -> set[str]:
        """Ids of the account's messages, those not yet committed included.

        Known is what was saved, even if its bytes were damaged since: `verify` tells.
        """
        pending = self._writer.keys if self._writer else ()
        return self._index.known(account) | {id for whose, id in pending if whose == account}

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
        packs = self._layout.messages
        try:
            with reading(self.path), packs.opened(entry.pack) as pack:
                return read_large(pack, entry)
        except BackupDamaged as error:
            told = packs.stream.told(entry.pack)
            raise _damaged(self.path, told, entry, error.message) from error

    def read(self, entry: Entry) -> Record:
        """The message with the labels that `entry` says, its bytes checked.

        All of it is held, see `content`. Raises BackupDamaged when the bytes are not what was
        saved.
        """
        told = self._layout.messages.stream.told(entry.pack)
        try:
            record = decode(self._text(entry), entry.position)
        except BackupDamaged as error:
            raise _damaged(self.path, told, entry, error.message) from error
        if (record.account, record.id) != (entry.account, entry.id):
            raise _damaged(self.path, told, entry, "Another message lies at its place.")
        return record if record.labels == entry.labels else replace(record, labels=entry.labels)

    def add(self, record: Record) -> bool:
        """Save a message; False, and nothing done, when its (account, id) is saved already.

        Commits by itself often enough that a kill costs at most 50 messages. Raises CannotWrite
        (what was committed before stays saved), and CannotDo for a message of 250 MB or more.
        """
        writer = self._usable_writer()
        key = (record.account, record.id)
        if key in writer.keys or self._index.has(*key):
            return False
        with self._failing_for_good():
            writer.add(record, self._now())
        if writer.due:
            self.flush()
        return True

    def mend(self, record: Record) -> None:
        """Save a message once more that was damaged or lost; `record` is as it was saved, but for
        its bytes. Raises as `add` does."""
        writer = self._usable_writer()
        with self._failing_for_good():
            writer.add(record, self._now())
        if writer.due:
            self.flush()

    def note(self, event: AnyEvent) -> None:
        """Write down what became of mail, or of its account; `at` is now unless it is given.

        Of a Run, `packs_head` is filled in likewise. Raises as `add` does.
        """
        writer = self._usable_writer()
        if isinstance(event, Run) and not event.packs_head:
            if (
                writer.keys
            ):  # else what was noted before it, a cursor, is safe with it or not at all
                self.flush()
            event = msgspec.structs.replace(event, packs_head=writer.head.hex())
        if not event.at:
            event = msgspec.structs.replace(event, at=events.stamped(self._now()))
        writer.note(event)
        if writer.due:
            self.flush()

    def flush(self) -> None:
        """Return when all that was added and noted is on disk and in the index.

        Raises CannotWrite.
        """
        writer = self._usable_writer()
        if writer.pending:
            with self._failing_for_good():
                writer.commit(self._index)

    def close(self) -> None:
        """Commit what is pending, unless writing has failed, and let go of the folder."""
        with self._resources:
            if self._writer and not self._failed:
                self.flush()
                seal(self._layout.index, self._storage)

    def __enter__(self) -> Backup:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _usable_writer(self) -> Commits:
        if self._writer is None:
            raise UsageError(
                f"{name_of(self.path)} is open for reading.", hint="Open it with write=True."
            )
        if self._failed:
            raise CannotWrite(
                f"Writing to {name_of(self.path)} failed before.",
                path=self.path,
                hint="Open it anew.",
            )
        return self._writer

    def _now(self) -> int:
        """Never earlier than what was saved before: a clock set back does not change the order."""
        self._latest = max(self._latest, int(self._clock.now() * 1000))
        return self._latest

    def _is_wanted(self, event: AnyEvent, account: str | None, kind: type[Event] | None) -> bool:
        if self._until is not None and event.at_ms > self._until:
            return False
        whose = hashed(account) if account and self.blind else account
        return whose in (None, event.account) and (kind is None or isinstance(event, kind))

    @contextmanager
    def _failing_for_good(self) -> Iterator[None]:
        """Whatever interrupts a write, Ctrl-C too, leaves it half done: only opening mends that."""
        try:
            yield
        except CannotDo:
            raise
        except BaseException:
            self._failed = True
            raise

    def _text(self, entry: Entry) -> bytes:
        """The frame's text; the last one is kept, since messages are mostly read in order."""
        place = (entry.pack, entry.offset)
        if self._frame is None or self._frame[0] != place:
            self._frame = None
            self._frame = place, self._layout.messages.text(entry.place)
        return self._frame[1]


def rebuild(
    path: Path | str, *, storage: Storage = DISK, clock: Clock = SYSTEM_CLOCK
) -> tuple[str, ...]:
    """Make the index of a backup anew from its packs alone; says what it met on the way.

    Raises as `Backup.open` does.
    """
    path = brought(path)
    recognized(path)
    with held(path, storage=storage, clock=clock):
        layout = Layout.to_write(path, storage)
        recovery = Recovery(layout, storage)
        with reading(path):
            if layout.encrypted:
                from gmailkit.backup.crypt.beside_check import mend_beside

                mend_beside(layout)
            recovery.rebuilt().close()
        seal(layout.index, storage)
    return tuple(recovery.notes)


def _catch_up(layout: Layout, storage: Storage, clock: Clock) -> None:
    """Hosts without a key add to an encrypted backup what its index does not know; now it may learn
    it. Where that cannot be written down, who reads goes without.
    """
    if not layout.index_lags:
        return
    with suppress(BackupLocked, CannotWrite), held(layout.path, storage=storage, clock=clock):
        with reading(layout.path):
            Recovery(layout, storage).run()[0].close()
        seal(layout.index, storage)


def _damaged(path: Path, told: str, entry: Entry, why: str) -> BackupDamaged:
    place = f"{told}, frame at byte {entry.offset}"
    return BackupDamaged(
        f"Message {entry.id} of {entry.account} in {name_of(path)} is damaged ({place}). {why}",
        hint=f"`gmailkit verify {name_of(path)}` names all that is damaged; the rest is whole. "
        f"`gmailkit repair {name_of(path)}` fetches again what Gmail still has.",
    )


def _before_it_began(path: Path, first: int, until: int) -> tuple[str, ...]:
    if until >= first:
        return ()
    begins = datetime.fromtimestamp(first / 1000).astimezone()
    told = f"{name_of(path)} begins on {begins:%Y-%m-%d at %H:%M}"
    return (f"{told}: of what was before it knows nothing.",)


def _millis(moment: datetime) -> int:
    """Raises UsageError."""
    if moment.tzinfo is None:
        raise UsageError("A moment needs its time zone: datetime(2026, 3, 1, tzinfo=UTC).")
    return round(moment.timestamp() * 1000)
