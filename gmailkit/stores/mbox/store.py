"""An mbox file: every dialect is read, mboxrd is written, with what is known of a message in lines
before it (`mbox_record`).

Added to at its end, under locks. An end that a killed run tore is cut when it is surely ours;
what others wrote is never changed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from gmailkit.errors import (
    BackupDamaged,
    CannotDo,
    CannotWrite,
    GmailKitError,
    NotFound,
    UsageError,
)
from gmailkit.mime.mbox import Found, read_messages
from gmailkit.model.content import PIECE
from gmailkit.model.flags import EVERY
from gmailkit.model.item import KEPT, Can, Item, Ref
from gmailkit.query.match import Context
from gmailkit.query.tree import Node
from gmailkit.stores.door import Door, Step, beside, free_name, unwatched, write_all, writing
from gmailkit.stores.known import Known, check_names
from gmailkit.stores.matching import matching
from gmailkit.stores.mbox.lock import locked
from gmailkit.stores.mbox.message import Message, Reader
from gmailkit.stores.mbox.record import body, record
from gmailkit.stores.mbox.torn import cut_torn_end
from gmailkit.stores.protocol import Fetched
from gmailkit.stores.reading import NOFOLLOW, open_plain

_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*From ")
_TRIES = 10  # times that a message is read which changes meanwhile
_REF = re.compile(r"byte(\d{1,18})", re.ASCII)
_READ_WRITE = os.O_RDWR | os.O_APPEND | NOFOLLOW | getattr(os, "O_NONBLOCK", 0)


class MboxStore:
    """`write` locks the file, makes it where it is missing, and mends what a killed run left.

    Equal messages under equal labels and flags are kept once. What the file says of a message
    cannot be changed: that is found under any other labels too, and stays as it is. Raises NotFound
    (there is nothing to read), UsageError (it is no mbox file), BackupLocked, CannotWrite.
    """

    can = KEPT | Can.WRITE

    def __init__(
        self,
        path: Path,
        *,
        write: bool = False,
        context: Context | None = None,
        step: Step = unwatched,
    ) -> None:
        self.path = path.absolute()
        self.name = f"mbox:{self.path}"
        self._context = context
        self._step = step
        self._known: Known | None = None
        self._ahead: Iterator[Found] = iter(())  # where reading goes on
        self._base = 0
        self._stood = 0, 0  # how the file stood when that began: its size, and when it was changed
        self._end: int | None = None  # of the file; None while it is only read
        with ExitStack() as resources:
            if write:
                self._descriptor = self._open_to_write(resources)
            else:
                self._descriptor = _opened(self.path)
                resources.callback(os.close, self._descriptor)
            self._resources = resources.pop_all()

    def __enter__(self) -> MboxStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._resources:
            if self._end is not None:
                self.flush()

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        """Where each message begins, in bytes."""
        return matching(self, self._starts(), wanted, self._context)

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        for ref in refs:
            try:
                got = self._at_rest(ref)
            except UsageError as error:  # the disk does not give it
                self._ahead, got = iter(()), error
            yield ref, got

    def find(self, item: Item) -> Iterator[Ref]:
        """Whatever labels and flags they bear: adding it for those would make the file grow."""
        yield from map(_ref, self._all_known().places(item.content.digest))

    def says(self, item: Item) -> bool:
        return self._all_known().has(item.content.digest, item)

    def add(self, item: Item) -> Ref:
        if self._end is None:
            raise UsageError(f"{self.path} is open for reading.", hint="Open it with write=True.")
        check_names(item)
        digest = item.content.digest
        if self._all_known().has(digest, item):
            return _ref(self._all_known().places(digest)[0])
        start = self._end
        self._put(record(item, digest), item)
        self._all_known().note(digest, item.labels, flags=item.flags, place=start)
        return _ref(start)

    def holds(self, item: Item) -> bool:
        return self.says(item)  # else it is added once more, with what it bears

    def discard(self, refs: Collection[Ref]) -> Iterator[Ref]:
        """Into a file beside this one, FILE.undone, where nothing else lies behind the first of
        them: what is not at the end of an mbox file cannot be taken out while others may read it.
        """
        if not refs:
            return
        first = min(map(_start, refs))
        if {_ref(first + found.start) for found in self._from(first)} != set(refs):
            raise CannotDo(
                f"{self.path} holds other mail behind what was copied, and is only cut at its end.",
                hint="Take back what was added later first, or delete it by a mail program.",
            )
        aside, door = free_name(beside(self.path)), Door(self._step)
        behind = Reader(self.path, self._descriptor, first)
        door.write_new(aside, iter(partial(behind.read, PIECE), b""))
        door.sync_folder(aside.parent)
        with writing(self.path):
            self._step("truncate", self.path)
            os.ftruncate(self._descriptor, first)
            os.fsync(self._descriptor)
        self._known, self._end = None, first
        yield from refs

    def flush(self) -> None:
        if self._end is not None:
            with writing(self.path):
                self._step("sync", self.path)
                os.fsync(self._descriptor)

    def _starts(self) -> Iterator[Ref]:
        return (_ref(found.start) for found in self._from(0))

    def _from(self, start: int) -> Iterator[Found]:
        """The messages from a separator on; their places count from it."""
        return read_messages(Reader(self.path, self._descriptor, start))

    def _at_rest(self, ref: Ref) -> Item | GmailKitError:
        """All of it as the file was at one moment: mail programs write theirs anew in its place."""
        for _ in range(_TRIES):
            if (state := self._state()) != self._stood:
                self._ahead, self._stood = iter(()), state
            got = self._got(self._begun(_start(ref)), ref)
            if self._state() == self._stood:
                return got
        return UsageError(
            f"{self.path} changes all the time while it is read.",
            hint="Close the mail program that writes it, and run the same command again.",
        )

    def _begun(self, start: int) -> Found | None:
        """Mostly the next one is wanted, by the next call too: from where it begins anew it looks
        at all that follows in a piece of the file.
        """
        found = next(self._ahead, None)
        if start >= 0 and (found is None or self._base + found.start != start):
            self._ahead, self._base = self._from(start), start
            found = next(self._ahead, None)
        return found if found and self._base + found.start == start else None

    def _state(self) -> tuple[int, int]:
        status = os.fstat(self._descriptor)
        return status.st_size, status.st_mtime_ns

    def _got(self, found: Found | None, ref: Ref) -> Item | GmailKitError:
        if found is None:
            return NotFound(f"There is no message {ref} in {self.path}.")
        try:
            return Message.of(found).item(self.path, str(_start(ref)))[0]
        except BackupDamaged as error:
            return error

    def _all_known(self) -> Known:
        """What lies in the file: read once, when it is first asked for."""
        if self._known is None:
            self._known = Known()
            for found in self._from(0):
                message = Message.of(found)
                try:
                    item, digest = message.item(self.path, str(found.start))
                except BackupDamaged:
                    continue  # it does not count: it is added again
                flags = item.flags if message.stamp else EVERY
                self._known.note(digest, item.labels, flags=flags, place=found.start)
        return self._known

    def _put(self, head: bytes, item: Item) -> None:
        """All of it or, whatever happens, nothing: FILE.lock tells of an end that stays."""
        if self._lock.keep:
            raise CannotWrite(
                f"{self.path} ends in a part of a message.",
                path=self.path,
                hint="Run the same command again: it cuts that part and goes on.",
            )
        start, self._lock.keep = self._end or 0, True
        try:
            self._append(head)
            for piece in body(item.content):
                self._append(piece)
        except BaseException:  # Ctrl-C too
            self._end = cut_torn_end(self._descriptor, start, self._step, self.path)
            self._lock.keep = self._end != start
            raise
        self._lock.keep = False

    def _append(self, piece: bytes) -> None:
        with writing(self.path):
            self._step("append", self.path)
            write_all(self._descriptor, piece)
        self._end = (self._end or 0) + len(piece)

    def _open_to_write(self, resources: ExitStack) -> int:
        Door(self._step).make_folder(self.path.parent)
        with writing(self.path):
            descriptor = os.open(self.path, _READ_WRITE | os.O_CREAT, 0o600)
        resources.callback(os.close, descriptor)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{self.path} is no plain file.")
        self._lock = resources.enter_context(locked(self.path, descriptor, self._step))
        if self._lock.began is not None:
            self._lock.keep = True
            cut_torn_end(descriptor, self._lock.began, self._step, self.path)
            self._lock.keep = False
        _check(self.path, descriptor)
        self._descriptor, self._end = descriptor, os.fstat(descriptor).st_size
        if missing := _missing_end(descriptor, self._end):
            self._append(missing)
        return descriptor


def _ref(start: int) -> Ref:
    """A word, so that nobody takes it for the number of a row in a list."""
    return Ref(f"byte{start}")


def _start(ref: Ref) -> int:
    """Where it begins; before the file for what is no ref of ours."""
    found = _REF.fullmatch(ref)
    return int(found[1]) if found else -1


def _opened(path: Path) -> int:
    try:
        descriptor = open_plain(path.resolve())
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.") from error
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.") from error
    try:
        _check(path, descriptor)
    except UsageError:
        os.close(descriptor)
        raise
    return descriptor


def _check(path: Path, descriptor: int) -> None:
    begin = os.pread(descriptor, 1000, 0)
    if begin.strip() and not _BEGIN.match(begin):
        raise UsageError(
            f'{path} is no mbox file: it does not begin with "From ".',
            hint="Name another file; nothing was changed.",
        )


def _missing_end(descriptor: int, size: int) -> bytes:
    """What a file lacks so that a separator may follow."""
    end = os.pread(descriptor, 3, max(size - 3, 0))
    if not size or end.endswith((b"\n\n", b"\n\r\n")) or end == b"\n":
        return b""
    return b"\n" if end.endswith(b"\n") else b"\n\n"
