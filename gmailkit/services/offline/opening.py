"""The search database of a backup, opened and brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.folder import Backup
from gmailkit.errors import BackupDamaged
from gmailkit.finding.connection import connect
from gmailkit.finding.database import Database
from gmailkit.model.counted import count_text
from gmailkit.paths import Home
from gmailkit.services.offline.followed import is_behind
from gmailkit.services.offline.labels import names
from gmailkit.services.offline.place import opened

_NAMED = 3  # attached files
OnProgress = Callable[[int, int], None]


class Finding(msgspec.Struct, frozen=True):
    """`notes` are sentences for the person: where it lies, which files were not read."""

    database: Database
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        backup: Backup,
        home: Home,
        *,
        past: Backup | None = None,
        on_progress: OnProgress = lambda done, total: None,
    ) -> Finding:
        """The one of a backup, made or brought up to date first; of its `past` only what was there
        then is found. Raises CannotWrite.
        """
        database, note = opened(
            backup.path,
            home,
            is_whole=lambda found: not is_behind(backup, found),
            connect=backup.connector or connect,
        )
        try:
            notes = [note] if note else []
            if is_behind(backup, database):
                notes += _brought_up_to_date(backup, database, on_progress)
            if past is not None:
                entries = ((e.account, e.id, names(e.labels)) for e in past.entries())
                database.look_back(entries)
            database.prepare(_Texts(backup, database))
        except BaseException:
            database.close()
            raise
        return cls(database, tuple(notes))


def make_searchable(
    path: Path,
    home: Home,
    *,
    identity: Identity = None,
    on_progress: OnProgress = lambda done, total: None,
) -> tuple[str, ...]:
    """Make the search database of a backup, or bring it up to date; what is to be said about it.

    Without it the first search does so. Raises what `Backup.open` raises, and CannotWrite.
    """
    with Backup.open(path, identity=identity) as backup:
        found = Finding.of(backup, home, on_progress=on_progress)
        found.database.close()
        return found.notes


def _brought_up_to_date(
    backup: Backup, database: Database, on_progress: OnProgress
) -> Iterator[str]:
    from gmailkit.finding.writing import writing
    from gmailkit.services.offline.indexing import follow

    with writing(database) as writer:
        if writer is None:
            waiting = database.waiting()
            more = f": {count_text(waiting, 'message')}" if waiting else ", so some messages"
            yield f"Another run is making the search database{more} cannot be found yet."
            return
        before = database.unread_reasons()
        follow(backup, database, writer, on_progress=on_progress)
        if writer.is_out_of_order():
            writer.clear()
            follow(backup, database, writer, on_progress=on_progress)
        if database.unread_reasons() != before:
            yield from unread(database)


def unread(database: Database) -> Iterator[str]:
    """Which attached files are not found by all of what they say; said when they were read, and
    where nothing is found."""
    counts = database.unread_reasons()
    if not counts:
        return
    many = sum(counts.values())
    why = ", ".join(f"{count:,} {reason}" for reason, count in counts.items())
    files = "attached file was" if many == 1 else "attached files were"
    named = ", ".join(f"{name or 'a file'} of {id}" for id, name in database.unread_files(_NAMED))
    more = " and others" if many > _NAMED else ""
    yield f"{many:,} {files} not read, or not to the end: {why} ({named}{more}); all else is found."
    if "without gmailkit[text]" in counts:
        yield "pip install 'gmailkit[text]', then delete search.sqlite3 to have them read."


class _Texts:
    """What the columns of a message hold; the last one is kept, as they are asked for in a row."""

    def __init__(self, backup: Backup, database: Database) -> None:
        self._backup = backup
        self._database = database
        self._last: tuple[int, dict[str, str]] = (0, {})

    def __call__(self, key: int, column: str) -> str:
        if self._last[0] != key:
            from gmailkit.services.offline.rows import texts_of

            known = self._database.message(key)
            entry = self._backup.find(known.account, known.id)
            raw = b""
            with suppress(BackupDamaged):
                raw = self._backup.read(entry).raw if entry else b""
            self._last = key, texts_of(raw)
        return self._last[1][column]
