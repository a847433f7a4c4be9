"""Verify a backup: every byte of every pack against every hash there is, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gmailkit.backup import marker
from gmailkit.backup.index import Index
from gmailkit.backup.lock import LOCK, OWNER
from gmailkit.backup.pack_check import PackCheck, ask
from gmailkit.backup.packs import is_pack, pack_name, pack_numbers
from gmailkit.backup.recover import INDEX, PACKS
from gmailkit.backup.report import Damage, Findings, Report
from gmailkit.backup.seal import is_broken
from gmailkit.backup.storage import reading
from gmailkit.errors import BackupDamaged

__all__ = ["Damage", "Progress", "Report", "verify"]

Progress = Callable[[int, int], None]  # bytes of packs done, bytes of packs in all


def verify(path: Path | str, *, on_progress: Progress | None = None) -> Report:
    """Read the whole backup and say precisely what is damaged or missing.

    Needs no permission to write, works beside a running backup, and without the index (which it
    then reports). Raises NoBackup when `path` is none or has a newer format, and BackupDamaged
    when it cannot be looked into at all.
    """
    path = Path(path)
    found = Findings()
    try:
        marker.require(path)
    except BackupDamaged as error:
        found.problems.append(error.message)
    with reading(path):
        _note_strangers(path, found)
        index = _usable_index(path / INDEX, found)
        try:
            _check_packs(path / PACKS, index, found, on_progress or (lambda _done, _total: None))
        finally:
            if index:
                index.close()
    return found.report()


def _note_strangers(path: Path, found: Findings) -> None:
    """Files that are none of ours do no harm, but somebody may wonder where they come from."""
    ours = {marker.MARKER, marker.UNFINISHED_MARKER, marker.README, LOCK, OWNER, PACKS}
    names = [entry.name for entry in path.iterdir()]
    strangers = [name for name in names if name not in ours and not name.startswith(INDEX)]
    if (path / PACKS).is_dir():
        inside = [entry.name for entry in (path / PACKS).iterdir() if not is_pack(entry.name)]
        strangers += [f"{PACKS}/{name}" for name in inside]
    found.notes += [f"{name} is not part of the backup." for name in sorted(strangers)]


def _usable_index(path: Path, found: Findings) -> Index | None:
    try:
        index = Index.read(path)
    except BackupDamaged as error:
        why = error.message if path.exists() else "The index is missing."
        found.problems.append(
            f"{why} What the packs hold was checked, but messages lost as a whole cannot be named."
        )
        return None
    if is_broken(path):
        found.problems.append(f"{path} has changed since it was written.")
    try:
        found.problems += [f"{path}: {trouble}." for trouble in index.trouble()]
    except BackupDamaged as error:
        found.problems.append(error.message)
    return index


def _check_packs(packs: Path, index: Index | None, found: Findings, on_progress: Progress) -> None:
    try:
        numbers = set(index.ends()) if index else set()
    except BackupDamaged as error:
        found.problems.append(error.message)
        numbers = set()
    sizes = {n: (packs / pack_name(n)).stat().st_size for n in pack_numbers(packs)}
    found.packs = len(sizes)
    done, total = 0, sum(sizes.values())
    for number in sorted(numbers | sizes.keys()):
        known = ask(index, number, found)
        check = PackCheck(packs / pack_name(number), number, known, index, found)
        if number not in sizes:
            check.is_gone("is missing")
            continue
        try:
            for length in check.run():
                done += length
                on_progress(done, max(total, done))
        except OSError as error:
            check.is_gone(f"cannot be read ({error.strerror})")
