"""A new backup that gets its name when it is whole: whoever looks before then finds none there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from gmailkit.backup import marker
from gmailkit.backup.layout import INDEX
from gmailkit.backup.lock import LOCK, OWNER, held
from gmailkit.backup.place import folder_of, origin, url_of
from gmailkit.backup.storage import Storage, reading, writing
from gmailkit.backup.stream import STREAMS
from gmailkit.clock import Clock
from gmailkit.errors import Conflict

UNFINISHED = ".unfinished"
PARTS = (marker.README, OWNER, marker.KEYS, *(stream.folder for stream in STREAMS))


class Draft(Protocol):
    """`place` is where it is written, as `Backup.open` takes it."""

    place: Path

    def clear(self) -> None:
        """Remove what one that was killed has left; with anything else in it nothing is done.

        Raises Conflict, BackupLocked, CannotWrite.
        """

    def finish(self) -> None:
        """From now on it is a backup, by the name that was asked for. Raises CannotWrite."""


def must_be_new(target: Path) -> None:
    """Raises Conflict where something is already, but for what a killed draft has left."""
    if url_of(target):
        from gmailkit.backup.objects.draft import is_taken

        taken, what = is_taken(folder_of(target)), "an empty place"
    else:
        taken, what = target.exists() or target.is_symlink(), "a folder that is not there yet"
    if taken:
        raise Conflict(f"{url_of(target) or target} is there already.", hint=f"Name {what}.")


@contextmanager
def drafted(target: Path, storage: Storage, clock: Clock) -> Iterator[Draft]:
    """Of a backup at `target`, a folder or a URL."""
    folder = folder_of(target)
    if origin(folder) is None:
        yield _FolderDraft(target, storage, clock)
        return
    from gmailkit.backup.objects.draft import drafted_there

    with drafted_there(folder, storage, clock) as draft:
        yield draft


class _FolderDraft:
    """It is made beside its place."""

    def __init__(self, target: Path, storage: Storage, clock: Clock) -> None:
        self._target = target
        self._storage = storage
        self._clock = clock
        self.place = target.with_name(target.name + UNFINISHED)

    def clear(self) -> None:
        """One that another compaction is writing is left alone too."""
        if not self.place.exists():
            return
        ours = {*PARTS, marker.MARKER, marker.UNFINISHED_MARKER, LOCK}
        with reading(self.place):
            names = [each.name for each in self.place.iterdir()]
        strange = [name for name in names if name not in ours and not name.startswith(INDEX)]
        if strange:
            raise Conflict(
                f"{self.place} holds {strange[0]}, which is none of ours.",
                hint="Move it away first.",
            )
        with held(self.place, storage=self._storage, clock=self._clock), writing(self.place):
            shutil.rmtree(self.place)

    def finish(self) -> None:
        with writing(self._target):
            self._storage.rename(self.place, self._target)
            self._storage.sync_folder(self._target.absolute().parent)
