"""Keeping a search database in step with its backup."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.errors import BackupDamaged
from gmailkit.finding.database import Database, Place
from gmailkit.finding.writing import Taken, Writer
from gmailkit.services.offline.followed import FACT, Followed, mended
from gmailkit.services.offline.labels import names
from gmailkit.services.offline.readers import WORTH_IT, read_by_others
from gmailkit.services.offline.rows import Job, Read, read_here

AT_ONCE = 2_000  # messages between two commits
TEXT_AT_ONCE = 32 << 20  # characters
OnProgress = Callable[[int, int], None]
_BEFORE_ALL: Place = (-1, -1, -1)


def follow(
    backup: Backup,
    database: Database,
    writer: Writer,
    *,
    on_progress: OnProgress = lambda done, total: None,
) -> None:
    """Take in every message that is new in the backup, and every change of labels.

    A run that is stopped goes on where it was. A message that cannot be read is left out, and
    counted (`Database.damaged`).
    """
    if not Followed.of(database).is_still_there(backup):
        writer.clear()
    _know(backup, database, writer)
    total = database.waiting()
    done = 0
    on_progress(done, total)
    reading: Read = read_by_others if total >= WORTH_IT and sys.executable else read_here
    for some in _chunks(_Reader(backup, writer).taken(reading)):
        writer.take(some)
        done += len(some)
        on_progress(done, total)
    _relabel(backup, database, writer)
    if done:
        writer.tidy()


def _know(backup: Backup, database: Database, writer: Writer) -> None:
    so_far = Followed.of(database).within(backup)

    def new() -> Iterator[Entry]:
        nonlocal so_far
        for number, entry in backup.added_since(so_far.added):
            so_far = so_far.further(number, entry)
            yield entry
        yield from list(mended(backup, database))

    writer.know(new(), fact=lambda: (FACT, so_far.said()))


def _relabel(backup: Backup, database: Database, writer: Writer) -> None:
    """Labels of now for what was relabelled since; read after the change was seen, so that one that
    comes meanwhile is seen again, not missed.
    """
    followed = Followed.of(database)
    last = followed.changed
    while some := list(islice(backup.changed_since(last), AT_ONCE)):
        last = some[-1].number
        changed = dict.fromkeys((each.account, each.id) for each in some)
        fact = FACT, msgspec.structs.replace(followed, changed=last).said()
        writer.label(_labels(backup, database, changed), fact=fact)


def _labels(
    backup: Backup, database: Database, messages: Iterable[tuple[str, str]]
) -> Iterator[tuple[int, frozenset[str]]]:
    for account, id in messages:
        known, entry = database.find(account, id), backup.find(account, id)
        if known and entry:
            yield known.key, names(entry.labels)


def _chunks(taken: Iterator[Taken]) -> Iterator[list[Taken]]:
    some: list[Taken] = []
    size = 0
    for each in taken:
        some.append(each)
        size += sum(map(len, each.row.texts)) if each.row else 0
        if len(some) >= AT_ONCE or size >= TEXT_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


@dataclass
class _Reader:
    """Reads what is waiting, as it lies in the packs, so that each frame is unpacked once."""

    backup: Backup
    writer: Writer
    labels: dict[int, frozenset[str]] = field(default_factory=dict)
    damaged: list[int] = field(default_factory=list)

    def taken(self, reading: Read) -> Iterator[Taken]:
        for done in reading(self._jobs()):
            yield Taken(done.key, done.row, self.labels.pop(done.key), done.unread)
            yield from self._left_out()
        yield from self._left_out()

    def _left_out(self) -> Iterator[Taken]:
        while self.damaged:
            yield Taken(self.damaged.pop(), None)

    def _jobs(self) -> Iterator[Job]:
        last = _BEFORE_ALL
        while waiting := self.writer.next_waiting(last, AT_ONCE):
            last = waiting[-1][1]
            for known, _ in waiting:
                entry = self.backup.find(known.account, known.id)
                raw = self._bytes(entry)
                if entry is None or raw is None:
                    self.damaged.append(known.key)
                    continue
                self.labels[known.key] = names(entry.labels)
                yield Job(known.key, entry.date_ms / 1000, raw)

    def _bytes(self, entry: Entry | None) -> bytes | None:
        try:
            return self.backup.read(entry).raw if entry else None
        except BackupDamaged:
            return None
