"""A backup run that leaves the backup searchable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from gmailkit.backup.crypt.given import Identity, key_of
from gmailkit.backup.layout import Layout
from gmailkit.backup.storage import DISK
from gmailkit.errors import BudgetSpent, PartialError, TimeSpent
from gmailkit.paths import Home
from gmailkit.services.backup.report import BackupReport
from gmailkit.services.offline.opening import OnProgress, make_searchable


def indexed(
    run: Callable[[], BackupReport],
    path: Path,
    home: Home,
    identity: Identity,
    *,
    on_progress: OnProgress,
) -> BackupReport:
    """What `run` reports, with the search database of the backup brought up to date: also after one
    that could not do everything, and before it says so.

    Raises KeyNeeded before anything is done where the backup is encrypted and cannot be read.
    """
    key = key_of(identity)
    Layout.of(path, DISK, key)
    try:
        report = run()
    except (PartialError, TimeSpent, BudgetSpent):
        make_searchable(path, home, identity=key, on_progress=on_progress)
        raise
    notes = make_searchable(path, home, identity=key, on_progress=on_progress)
    return replace(report, notes=(*report.notes, *notes))
