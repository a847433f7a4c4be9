"""Where the search database of a backup lies: beside it, else in the user's cache, else nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gmailkit.backup.marker import MARKER
from gmailkit.backup.storage import takes_locks
from gmailkit.errors import CannotWrite
from gmailkit.finding.connection import Connect, connect
from gmailkit.finding.database import Database
from gmailkit.finding.schema import NAME
from gmailkit.paths import Home, private_folder


def opened(
    folder: Path,
    home: Home,
    *,
    is_whole: Callable[[Database], bool],
    connect: Connect = connect,
) -> tuple[Database, str]:
    """The database and a remark ("": none). One in a folder that cannot be written to is taken if
    it `is_whole`, and where that takes no locks, as some network file systems, none is.
    """
    beside = folder / NAME
    if takes_locks(folder / MARKER):
        with suppress(CannotWrite):
            if (found := Database.open(beside, write=True, connect=connect)) is not None:
                return found, ""
        if found := Database.open(beside, connect=connect):
            if is_whole(found):
                return found, ""
            found.close()
    why = f"{folder} cannot be written to: its search database is"
    with suppress(CannotWrite):
        path = home.cache / "backups" / _name(folder) / NAME
        private_folder(path.parent)
        if (found := Database.open(path, write=True, connect=connect)) is not None:
            return found, f"{why} {path}."
    made = Database.open(None, write=True, connect=connect)
    assert made is not None  # noqa: S101 - one in memory can always be made
    return made, f"{why} in memory, and made anew each time."


def _name(folder: Path) -> str:
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
