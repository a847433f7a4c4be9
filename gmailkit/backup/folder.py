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

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from gmailkit.backup import events
from gmailkit.backup.agreeing import agreed, begins, catch_up
from gmailkit.backup.beginning import (
    begun,
    brought,
    recognized,
)
from gmailkit.backup.commit import Commits
from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.events import AnyEvent, Run
from gmailkit.backup.index import Index
from gmailkit.backup.layout import Layout
from gmailkit.backup.lock import held, only_writer, running, turn
from gmailkit.backup.place import name_of, origin
from gmailkit.backup.record import Record, Same
from gmailkit.backup.recover import Recovery, index_of_packs
from gmailkit.backup.saved import Saved
from gmailkit.backup.seal import seal
from gmailkit.backup.storage import DISK, Storage, reading
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import CannotDo, CannotWrite, GmailKitError, UsageError

_A_DAY = 86_400_000  # milliseconds


class Backup(Saved):
    """A backup on disk; make one with `open`.

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
        account: str = "",
        since: float | None = None,
        resources: ExitStack,
    ) -> None:
        """With an `account` runs of others may write as well since then, each in its turn."""
        super().__init__(layout, index, as_of=as_of)
        self.notes = notes  # what opening found and mended, in sentences
        self._account = account
        self._since = since
        self._losses = index.losses() if writer else None
        index.lone = since is None
        resources.callback(lambda: self._index.close())
        self._writer = writer
        self._storage = storage
        self._clock = clock
        self._latest = index.newest() if writer else 0
        self._resources = resources
        self._failed = False

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        write: bool = False,
        create: bool = False,
        account: str = "",
        as_of: datetime | None = None,
        identity: Identity = None,
        storage: Storage = DISK,
        clock: Clock = SYSTEM_CLOCK,
    ) -> Backup:
        """The backup at `path`; for reading it changes nothing there and needs no permission to.

        With `as_of` (a moment with its time zone) everything it answers is as it was known then:
        the messages saved by then and not found gone by then, with the labels they bore. Without,
        it is all that was ever saved, with the labels as last known.

        `write` locks it and mends what a crash left; `create`, which writes too, begins a new one
        in a missing or empty folder. With `account`, of which alone is written then, runs of other
        accounts may write at the same time: the folder is locked for a turn, while it is opened and
        at each commit, and no other run of that account begins. (Object storage is locked
        throughout.)

        `identity` opens this one, if it is encrypted: a file
        with age identities, a `BackupKey`, or what `use_key` or the environment says. Raises
        NoBackup (nothing there, somebody else's files, a newer format), KeyNeeded, BackupLocked,
        BackupDamaged, CannotWrite.
        """
        path = brought(path)
        if write or create:
            if as_of:
                raise UsageError("The past of a backup can be read, not written.")
            whose = account if origin(path) is None else ""
            return cls._for_writing(path, create, whose, identity, storage, clock)
        laid_out = partial(Layout.of, identity=identity)
        return cls._for_reading(laid_out, path, as_of, storage, clock)

    @classmethod
    def look_at(
        cls, path: Path | str, *, identity: Identity = None, clock: Clock = SYSTEM_CLOCK
    ) -> Backup:
        """As `open` for reading; an encrypted one without a key too, see `blind`."""
        laid_out = partial(Layout.to_verify, identity=identity)
        return cls._for_reading(laid_out, brought(path), None, DISK, clock)

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
        catch_up(layout, storage, clock)
        with reading(path):
            index, more = index_of_packs(layout)
        with ExitStack() as resources:
            resources.callback(index.close)
            if until is not None:
                index.look_back(until)
                notes += _outside(path, index, until, clock)
            notes += layout.notes + more
            return cls(layout, index, as_of=until, notes=notes, resources=resources.pop_all())

    @classmethod
    def _for_writing(
        cls,
        path: Path,
        create: bool,
        account: str,
        identity: Identity,
        storage: Storage,
        clock: Clock,
    ) -> Backup:
        """Alone as long as it is open or, with an `account`, for a turn."""
        begin, since = begins(path, storage, create=create), clock.now() if account else None
        with ExitStack() as resources:
            with ExitStack() as opening:
                if since is None:
                    resources.enter_context(only_writer(path, storage=storage, clock=clock))
                else:
                    run = running(path, account, storage=storage, clock=clock)
                    resources.enter_context(run)
                    opening.enter_context(turn(path, since=since, storage=storage, clock=clock))
                if begin:
                    begun(path, storage, clock)
                layout, index, ends, notes = agreed(path, identity, storage, clock)
            resources.callback(index.close)
            writer = resources.enter_context(closing(Commits(layout, ends)))
            return cls(
                layout,
                index,
                writer=writer,
                storage=storage,
                clock=clock,
                notes=notes,
                account=account,
                since=since,
                resources=resources.pop_all(),
            )

    def known(self, account: str) -> set[str]:
        """As of all that is saved; those not yet committed included."""
        pending = self._writer.keys if self._writer else ()
        return super().known(account) | {id for whose, id in pending if whose == account}

    def has(self, account: str, id: str) -> bool:
        """Whether the message is saved, or at least added."""
        pending = self._writer.keys if self._writer else ()
        return (account, id) in pending or self._index.has(account, id)

    def add(self, record: Record) -> bool:
        """Save a message; False, and nothing done, when its (account, id) is saved already. Bytes
        that another one holds are read there, and not written again.

        Commits by itself often enough that a kill costs at most 50 messages. Raises CannotWrite
        (what was committed before stays saved), and CannotDo for a message of 250 MB or more.
        """
        self._usable_writer()
        self._must_write_for(record.account)
        if self.has(record.account, record.id):
            return False
        self.put(record)
        return True

    def put(self, record: Record) -> None:
        """Save a message that is not there, as `has` told just now. Raises as `add` does."""
        writer = self._usable_writer()
        self._must_write_for(record.account)
        with self._failing_for_good():
            writer.add(record, self._now(), self._holder)
        if writer.due or record.content:  # which is the caller's, and closed then
            self.flush()

    def mend(self, record: Record) -> None:
        """Save a message once more that was damaged or lost, with all its bytes; `record` is as it
        was saved, but for these and for labels that have changed since. Raises as `add` does."""
        writer = self._usable_writer()
        if saved := self._index.as_saved(record.account, record.id):
            record = replace(record, labels=saved.labels)  # else it counts as another one
        with self._failing_for_good():
            writer.add(record, self._now(), None)
        if writer.due or record.content:
            self.flush()

    def note(self, event: AnyEvent) -> None:
        """Write down what became of mail, or of its account; `at` is now unless it is given.

        Of a Run, `packs_head` is filled in likewise. Raises as `add` does.
        """
        writer = self._usable_writer()
        self._must_write_for(event.account)
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
            with self._failing_for_good(), self._turn(writer):
                writer.commit(self._index)

    def close(self) -> None:
        """Commit what is pending, unless writing has failed, and let go of the folder."""
        with self._resources:
            if self._writer and not self._failed:
                with self._failing_for_good(), self._turn(self._writer):
                    if self._writer.pending:
                        self._writer.commit(self._index)
                    seal(self._layout.index, self._storage)

    @contextmanager
    def _turn(self, writer: Commits) -> Iterator[None]:
        """While the folder is this run's: it goes on from what others have written meanwhile, and a
        killed one has left, just as a run that begins.
        """
        if self._since is None:
            yield
            return
        storage, clock = self._storage, self._clock
        with turn(self.path, since=self._since, storage=storage, clock=clock):
            recovery = Recovery(self._layout, storage)
            with reading(self.path):
                index, ends = recovery.go_on(self._index)
            if index is not self._index:
                self._index.abandon()
                self._index, index.lone = index, False
            self.notes += tuple(recovery.notes)
            self._latest = max(self._latest, index.newest())
            writer.go_on(ends, index.newest(), lost=index.losses() != self._losses)
            try:
                yield
            except BaseException:
                writer.close()  # before anybody else has a turn nothing is at work any more
                raise

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

    def _must_write_for(self, account: str) -> None:
        if self._account not in ("", account):
            raise UsageError(
                f"{name_of(self.path)} is open for the mail of {self._account} alone.",
                hint="Open it without an account to write for several.",
            )

    def _holder(self, sha256: str) -> Same | None:
        """Who has these bytes: only what can be read now is named for them."""
        for entry in self._index.holding(sha256):
            with suppress(GmailKitError), closing(self.content(entry)):
                return Same(entry.account, entry.id)
        return None

    def _now(self) -> int:
        """Never earlier than what was saved before: a clock set back does not change the order."""
        self._latest = max(self._latest, int(self._clock.now() * 1000))
        return self._latest

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


def rebuild(
    path: Path | str,
    *,
    identity: Identity = None,
    storage: Storage = DISK,
    clock: Clock = SYSTEM_CLOCK,
) -> tuple[str, ...]:
    """Make the index of a backup anew from its packs alone; says what it met on the way.

    Raises as `Backup.open` does.
    """
    path = brought(path)
    recognized(path)
    with held(path, storage=storage, clock=clock):
        layout = Layout.to_write(path, storage, identity)
        recovery = Recovery(layout, storage)
        with reading(path):
            if layout.encrypted:
                from gmailkit.backup.crypt.beside_check import mend_beside

                mend_beside(layout)
            recovery.rebuilt().close()
        seal(layout.index, storage)
    return tuple(recovery.notes)


def _outside(path: Path, index: Index, until: int, clock: Clock) -> tuple[str, ...]:
    """What to say of a moment of which a backup can tell nothing of its own."""
    tomorrow = int(clock.now() * 1000) + _A_DAY  # today counts whole
    if until > max(tomorrow, index.newest()):
        return ("That moment is still to come: here is the backup as it is now.",)
    first = index.first()
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
