"""Before a backup is written to, or read where others have written: its parts are made to agree."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from gmailkit.backup import marker
from gmailkit.backup.beginning import complete, make_folders, may_begin, recognized
from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.index import Index
from gmailkit.backup.layout import Layout
from gmailkit.backup.lock import turn
from gmailkit.backup.recover import Ends, Recovery
from gmailkit.backup.seal import seal
from gmailkit.backup.storage import Storage, reading
from gmailkit.clock import Clock
from gmailkit.errors import BackupLocked, CannotWrite


def begins(path: Path, storage: Storage, *, create: bool) -> bool:
    """Whether a backup is to be begun there, which has its folders then; else it is one."""
    begin = create and may_begin(path)
    if begin:
        make_folders(path, storage)
    else:
        recognized(path)
    return begin


def agreed(
    path: Path, identity: Identity, storage: Storage, clock: Clock
) -> tuple[Layout, Index, Ends, tuple[str, ...]]:
    """Whoever holds the lock brings all parts of a backup to agree, and says what that took."""
    layout = Layout.to_write(path, storage, identity)
    recovery = Recovery(layout, storage)
    recovery.notes += layout.notes
    if broken := recognized(path):
        how = marker.AGE if marker.is_encrypted(path) else ""
        marker.write(path, storage=storage, clock=clock, encryption=how)
        recovery.notes += [f"{text} It was written anew." for text in broken]
    elif marker.require(path) < marker.VERSION:
        marker.bring_up_to_date(path, storage)
    complete(path, storage)
    with reading(path):
        index, ends = recovery.run()
    return layout, index, ends, tuple(recovery.notes)


def catch_up(layout: Layout, storage: Storage, clock: Clock) -> None:
    """Hosts without a key add to an encrypted backup what its index does not know; now it may learn
    it. Where that cannot be written down, who reads goes without.
    """
    if not layout.index_lags:
        return
    moment = turn(layout.path, since=clock.now(), storage=storage, clock=clock, patience=0)
    with suppress(BackupLocked, CannotWrite), moment:
        with reading(layout.path):
            Recovery(layout, storage).run()[0].close()
        seal(layout.index, storage)
