"""A backup folder, opened: what is saved in it, and adding to it.

    gmailkit-backup.json   what makes it a backup
    packs/000001.mbox.zst  the messages
    index.sqlite3          where each one is; made from the packs
    README.txt  lock  lock.json

The order of every write: frames, fsync, then the index. So what the index knows is safe, and
what a crash leaves beyond it is taken in or cut when a writer next opens the folder. What was
saved is not read again then: only `verify` finds bytes that have changed since.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from gmailkit.backup import marker
from gmailkit.backup.index import Index
from gmailkit.backup.lock import held
from gmailkit.backup.packs import Entry, PackWriter, holds_frames, pack_name, read_frame
from gmailkit.backup.record import Record, decode, record_at
from gmailkit.backup.recover import INDEX, PACKS, Recovery, index_of_packs
from gmailkit.backup.seal import seal
from gmailkit.backup.storage import DISK, Storage, reading, writing
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import BackupDamaged, CannotDo, CannotWrite, UsageError

# What a kill may cost: messages added since the last commit are fetched again.
COMMIT_MESSAGES = 50
COMMIT_BYTES = 4 << 20


class Backup:
    """A backup on disk; make one with `open`. A message's key is (account, id).

    Use it as a context manager, from one thread. Added messages are sure to be saved when `flush`
    or `close` has returned. After an error while writing the folder has to be opened anew.
    """

    def __init__(
        self,
        path: Path,
        index: Index,
        *,
        writer: PackWriter | None = None,
        storage: Storage = DISK,
        notes: tuple[str, ...] = (),
        resources: ExitStack,
    ) -> None:
        self.path = path
        self.notes = notes  # what opening found and mended, in sentences
        self._index = index
        self._writer = writer
        self._storage = storage
        self._resources = resources
        self._pending: set[tuple[str, str]] = set()
        self._failed = False
        self._frame: tuple[tuple[int, int], bytes] | None = None

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        write: bool = False,
        create: bool = False,
        storage: Storage = DISK,
        clock: Clock = SYSTEM_CLOCK,
    ) -> Backup:
        """The backup at `path`; for reading it changes nothing there and needs no permission to.

        `write` locks it and mends what a crash left; `create`, which writes too, begins a new one
        in a missing or empty folder. Raises NoBackup (nothing there, somebody else's files, a
        newer format), BackupLocked, BackupDamaged, CannotWrite.
        """
        path = Path(path)
        if write or create:
            return cls._for_writing(path, create, storage, clock)
        notes = _recognized(path)
        with reading(path):
            index, more = index_of_packs(path)
        with ExitStack() as resources:
            resources.callback(index.close)
            return cls(path, index, notes=notes + more, resources=resources.pop_all())

    @classmethod
    def _for_writing(cls, path: Path, create: bool, storage: Storage, clock: Clock) -> Backup:
        begin = create and _may_begin(path)
        if not begin:
            _recognized(path)
        with ExitStack() as resources:
            if begin:
                _make_folders(path, storage)
            resources.enter_context(held(path, storage=storage, clock=clock))
            if begin and not (path / marker.MARKER).exists():
                marker.write(path, storage=storage, clock=clock)
            recovery = Recovery(path, storage)
            if broken := _recognized(path):
                marker.write(path, storage=storage, clock=clock)
                recovery.notes += [f"{text} It was written anew." for text in broken]
            _complete(path, storage)
            with reading(path):
                index, number, end = recovery.run()
            resources.callback(index.close)
            writer = PackWriter(path / PACKS, number=number, end=end, storage=storage)
            return cls(
                path,
                index,
                writer=writer,
                storage=storage,
                notes=tuple(recovery.notes),
                resources=resources.pop_all(),
            )

    def known(self, account: str) -> set[str]:
        """Ids of the account's messages, those not yet committed included.

        Known is what was saved, even if its bytes were damaged since: `verify` tells.
        """
        return self._index.known(account) | {id for whose, id in self._pending if whose == account}

    def find(self, account: str, id: str) -> Entry | None:
        return self._index.find(account, id)

    def accounts(self) -> tuple[str, ...]:
        """The addresses of the mailboxes whose messages it holds."""
        return self._index.accounts()

    def oldest_first(self, account: str) -> Iterator[str]:
        """Ids of an account's committed messages by their dates."""
        return self._index.oldest_first(account)

    def entries(self) -> Iterator[Entry]:
        """Every committed message, in the order of the packs."""
        return self._index.entries()

    def read(self, entry: Entry) -> Record:
        """The message, its bytes checked. Raises BackupDamaged when they are not what was saved."""
        try:
            record = decode(record_at(self._text(entry), entry.position))
        except BackupDamaged as error:
            raise _damaged(self.path, entry, error.message) from error
        if (record.account, record.id) != (entry.account, entry.id):
            raise _damaged(self.path, entry, "Another message lies at its place.")
        return record

    def add(self, record: Record) -> bool:
        """Save a message; False, and nothing done, when its (account, id) is saved already.

        Commits by itself often enough that a kill costs at most 50 messages. Raises CannotWrite
        (what was committed before stays saved), and CannotDo for a message of 250 MB or more.
        """
        writer = self._usable_writer()
        key = (record.account, record.id)
        if key in self._pending or self._index.has(*key):
            return False
        with self._failing_for_good():
            writer.add(record)
        self._pending.add(key)
        if writer.pending >= COMMIT_MESSAGES or writer.pending_bytes >= COMMIT_BYTES:
            self.flush()
        return True

    def flush(self) -> None:
        """Return when everything added is on disk and in the index. Raises CannotWrite."""
        writer = self._usable_writer()
        if not writer.pending:
            return
        with self._failing_for_good():
            self._index.add(*writer.commit())
        self._pending.clear()

    def close(self) -> None:
        """Commit what is pending, unless writing has failed, and let go of the folder."""
        with self._resources:
            if self._writer and not self._failed:
                self.flush()
                seal(self.path / INDEX, self._storage)

    def __enter__(self) -> Backup:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _usable_writer(self) -> PackWriter:
        if self._writer is None:
            raise UsageError(f"{self.path} is open for reading.", hint="Open it with write=True.")
        if self._failed:
            raise CannotWrite(
                f"Writing to {self.path} failed before.", path=self.path, hint="Open it anew."
            )
        return self._writer

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
            self._frame = place, read_frame(self.path / PACKS, entry)
        return self._frame[1]


def rebuild(
    path: Path | str, *, storage: Storage = DISK, clock: Clock = SYSTEM_CLOCK
) -> tuple[str, ...]:
    """Make the index of a backup anew from its packs alone; says what it met on the way.

    Raises as `Backup.open` does.
    """
    path = Path(path)
    _recognized(path)
    with held(path, storage=storage, clock=clock):
        recovery = Recovery(path, storage)
        with reading(path):
            recovery.rebuilt().close()
        seal(path / INDEX, storage)
    return tuple(recovery.notes)


def _recognized(path: Path) -> tuple[str, ...]:
    """Go on only if `path` is a backup; a note when nothing but its packs tells so.

    Raises NoBackup, and BackupDamaged when the marker is broken and there are no packs of ours.
    """
    try:
        marker.require(path)
    except BackupDamaged as error:
        if not holds_frames(path / PACKS):
            raise
        return (error.message,)
    return ()


def _may_begin(path: Path) -> bool:
    """Whether a new backup may be made at `path`: nothing is there, or an empty folder.

    Raises CannotWrite where one may not even look.
    """
    with writing(path):
        return not path.exists() or (path.is_dir() and marker.is_free(path))


def _make_folders(path: Path, storage: Storage) -> None:
    for folder in reversed([path, *path.parents]):
        with writing(folder):
            if not folder.exists():
                with suppress(FileExistsError):  # another run, which begins here too
                    storage.make_folder(folder)
                storage.sync_folder(folder.parent)


def _complete(path: Path, storage: Storage) -> None:
    """What a new backup lacks still, or somebody has tidied away."""
    packs, readme = path / PACKS, path / marker.README
    if not packs.is_dir():
        with writing(packs):
            storage.make_folder(packs)
            storage.sync_folder(path)
    if not readme.exists():
        with writing(readme):
            storage.create(readme)
    if readme.stat().st_size == 0:
        with writing(readme):
            storage.write(readme, 0, (marker.README_TEXT.encode(),))


def _damaged(path: Path, entry: Entry, why: str) -> BackupDamaged:
    place = f"packs/{pack_name(entry.pack)}, frame at byte {entry.offset}"
    return BackupDamaged(
        f"Message {entry.id} of {entry.account} in {path} is damaged ({place}). {why}",
        hint=f"`gmailkit verify {path}` names all that is damaged; the rest is whole. "
        "`gmailkit backup NEW_FOLDER` gets every message that Gmail still has.",
    )
