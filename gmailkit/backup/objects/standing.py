"""The folder that stands for object storage here is made to agree with it, and the other way."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from gmailkit.backup.lock import OWNER, held
from gmailkit.backup.marker import MARKER, README
from gmailkit.backup.objects.bucket import INCOMING, Bucket
from gmailkit.backup.storage import DISK, writing
from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.errors import BackupLocked

_DERIVED = ("index.sqlite3", "search.sqlite3")


def bring_marker(bucket: Bucket) -> None:
    """Have the marker that the store has. With another one, or none, what was made from the backup
    before is of no use. A writer here that is at work just now is let be.

    Raises what reading raises, and CannotWrite.
    """
    content = bucket.read(bucket.marker)
    path = bucket.folder / MARKER
    if content == (path.read_bytes() if path.exists() else None):
        return
    with suppress(BackupLocked), held(bucket.folder, storage=DISK, clock=SYSTEM_CLOCK):
        for each in bucket.folder.iterdir():
            if each.name.startswith((*_DERIVED, MARKER, README)):
                with writing(each):
                    each.unlink()
        if content is not None:
            _keep(path, content)


def publish(bucket: Bucket) -> None:
    """Put the marker and the text for people, where the store has others, and clear away what a
    killed writer had not put in its place. Raises CannotWrite.
    """
    bucket.remove(*bucket.sizes(INCOMING))
    # The marker last: it makes it a backup.
    for name, here in ((README, README), (bucket.marker, MARKER)):
        content = (bucket.folder / here).read_bytes()
        if bucket.read(name) != content:
            bucket.put(name, content)


def is_free(bucket: Bucket) -> bool:
    """Whether a backup may begin there."""
    return set(bucket.sizes()) <= {OWNER, README}


def _keep(path: Path, content: bytes) -> None:
    new = path.with_name(f"{path.name}.new")
    with writing(path, needed=len(content)):
        new.unlink(missing_ok=True)
        DISK.create(new)
        DISK.write(new, 0, (content,))
        DISK.rename(new, path)
