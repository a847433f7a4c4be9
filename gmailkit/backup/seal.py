"""The hash of an index at rest: SQLite notices no changed bit where it keeps nothing, this does.

`index.sqlite3.sha256` is what sha256sum(1) writes. It is there while no writer is at work; a run
that was killed leaves none, which is no defect.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from gmailkit.backup.storage import Storage, put_whole, writing


def seal_of(index: Path) -> Path:
    return index.with_name(f"{index.name}.sha256")


def seal(index: Path, storage: Storage) -> None:
    """Write the seal where there is none. Raises CannotWrite."""
    path = seal_of(index)
    if path.exists():
        return
    content = _line(index)
    with writing(path, needed=len(content)):
        put_whole(path, (content,), storage)


def unseal(index: Path, storage: Storage) -> None:
    """Before the first change; a power cut must not bring the old seal back. Raises CannotWrite."""
    path = seal_of(index)
    if path.exists():
        with writing(path):
            storage.remove(path)
            storage.sync_folder(path.parent)


def is_broken(index: Path) -> bool:
    """Whether the index is sealed and yet is not what was sealed; a writer may come at any time."""
    try:
        before = seal_of(index).read_bytes()
        found = _line(index)
        after = seal_of(index).read_bytes()
    except OSError:
        return False  # a writer has just removed it
    return before == after != found


def _line(index: Path) -> bytes:
    with index.open("rb") as file:
        return f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {index.name}\n".encode()
