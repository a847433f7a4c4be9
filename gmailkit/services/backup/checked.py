"""What is remembered of the last time that a backup was read in full, or compared with Gmail."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from gmailkit.backup.place import folder_of
from gmailkit.clock import Clock
from gmailkit.errors import CannotWrite
from gmailkit.paths import Home
from gmailkit.record import verified
from gmailkit.record.verified import Matched, Verified

if TYPE_CHECKING:
    from gmailkit.backup.report import Report
    from gmailkit.services.comparing import Comparison


def remember_verified(home: Home, path: Path, report: Report, *, clock: Clock) -> None:
    """That a backup was read in full; where this machine takes no note, nobody is told."""
    found = Verified(
        path=str(folder_of(path).resolve()),
        at=datetime.fromtimestamp(clock.now(), UTC),
        messages=report.messages,
        ok=report.ok,
        head=report.head,
        slight=report.slight,
    )
    with suppress(CannotWrite):
        verified.note(home, found)


def remember_matched(home: Home, done: Comparison, *, clock: Clock) -> None:
    """That bytes of a backup were held against Gmail's; nobody is told where none were read."""
    plan = done.plan
    if not plan.to_read:
        return
    found = Matched(
        path=str(folder_of(plan.path).resolve()),
        account=plan.account,
        at=datetime.fromtimestamp(clock.now(), UTC),
        same=done.same,
        of=plan.common,
        ok=done.ok,
    )
    with suppress(CannotWrite):
        verified.note_match(home, found)


def remember_repaired(home: Home, path: Path) -> None:
    """That all the damage that the last full verify found was mended."""
    if checked := verified.last(home, folder_of(path)):
        with suppress(CannotWrite):
            verified.note(home, replace(checked, repaired=True))


def was_damaged(home: Home, path: Path) -> bool:
    """Whether the last time that this machine read all of a backup it found damage, and it was not
    repaired since."""
    checked = verified.last(home, folder_of(path))
    return checked is not None and not (checked.ok or checked.repaired or checked.slight)
