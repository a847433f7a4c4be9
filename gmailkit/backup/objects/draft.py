"""A new backup in object storage: its marker, which makes it one, gets its name last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gmailkit.backup.draft import PARTS, Draft
from gmailkit.backup.lock import OWNER, only_writer
from gmailkit.backup.marker import MARKER, README, UNFINISHED_MARKER
from gmailkit.backup.objects.bucket import INCOMING, Bucket, connected
from gmailkit.backup.storage import Storage
from gmailkit.clock import Clock
from gmailkit.errors import Conflict


def is_taken(folder: Path) -> bool:
    """Whether anything is at the URL that the folder stands for, but for a killed draft."""
    there = set(connected(folder).sizes())
    unfinished = UNFINISHED_MARKER in there and MARKER not in there
    return not unfinished and not there <= {OWNER, README}


@contextmanager
def drafted_there(folder: Path, storage: Storage, clock: Clock) -> Iterator[Draft]:
    """While it lasts, this process takes what lies there for a backup; nobody else does."""
    bucket = connected(folder)
    bucket.marker = UNFINISHED_MARKER
    try:
        yield _ObjectDraft(bucket, storage, clock)
    finally:
        bucket.marker = MARKER


class _ObjectDraft:
    def __init__(self, bucket: Bucket, storage: Storage, clock: Clock) -> None:
        self._bucket = bucket
        self._storage = storage
        self._clock = clock
        self.place = bucket.folder

    def clear(self) -> None:
        there = set(self._bucket.sizes()) - {OWNER}
        ours = {*PARTS, INCOMING, UNFINISHED_MARKER}
        strange = sorted(name for name in there if name.partition("/")[0] not in ours)
        if strange:
            raise Conflict(
                f"{self._bucket.url} holds {strange[0]}, which is none of ours.",
                hint="Name an empty place.",
            )
        if there:
            with only_writer(self.place, storage=self._storage, clock=self._clock):
                # By the marker it is known for what it is, should this be killed.
                self._bucket.remove(*sorted(there - {UNFINISHED_MARKER}))
                self._bucket.remove(UNFINISHED_MARKER)

    def finish(self) -> None:
        """Raises Conflict as well, when another has taken its place."""
        bucket = self._bucket
        with only_writer(self.place, storage=self._storage, clock=self._clock):
            content = (self.place / MARKER).read_bytes()
            if bucket.read(UNFINISHED_MARKER) != content:
                raise Conflict(
                    f"Another run has begun a backup at {bucket.url} meanwhile.",
                    hint="Name another place.",
                )
            bucket.put(MARKER, content)
            bucket.remove(UNFINISHED_MARKER)
