"""Verify a backup: every byte of every pack against every hash there is, or a part of that.

Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from gmailkit.backup import marker
from gmailkit.backup.against import Against
from gmailkit.backup.beginning import brought
from gmailkit.backup.connection import OutdatedIndex
from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.event_check import EventCheck, EventSkim
from gmailkit.backup.events import Compacted, Run
from gmailkit.backup.files import Files
from gmailkit.backup.heads import Heads
from gmailkit.backup.held import name_the_bereft
from gmailkit.backup.index import Index
from gmailkit.backup.known_damage import KnownDamage
from gmailkit.backup.layout import DERIVED, Layout
from gmailkit.backup.lock import is_lock
from gmailkit.backup.pack_check import PackCheck, PackSkim, ask
from gmailkit.backup.place import ORIGIN
from gmailkit.backup.readable import events_of_kind
from gmailkit.backup.report import Damage, Findings, Report
from gmailkit.backup.seal import is_broken
from gmailkit.backup.storage import DISK, reading
from gmailkit.backup.stream import MESSAGES, STREAMS
from gmailkit.errors import BackupDamaged, UsageError

__all__ = ["Damage", "Progress", "Report", "verify", "verify_part", "verify_structure"]

EVERY = 0  # stands for the events, which are few: whoever reads any pack reads them
Progress = Callable[[int, int], None]  # bytes of packs done, bytes of packs in all


def verify(
    path: Path | str,
    *,
    heads: Iterable[str] = (),
    identity: Identity = None,
    on_progress: Progress | None = None,
) -> Report:
    """Read the whole backup and say precisely what is damaged or missing.

    `heads` (hex, of earlier reports) must still be in it, with nothing before them changed.
    Needs no permission to write, works beside a running backup, and without the index (which it
    then reports). Raises NoBackup when `path` is none or has a newer format, BackupDamaged
    when it cannot be looked into at all, and UsageError for what is no head.
    """
    return _verify(path, lambda number: True, heads, identity, on_progress)


def verify_structure(
    path: Path | str,
    *,
    heads: Iterable[str] = (),
    identity: Identity = None,
    on_progress: Progress | None = None,
) -> Report:
    """As `verify`, but no frame is unpacked: the packs' lengths, headers and chain against the
    index. That finds what is lost, cut or reordered; a changed byte inside a frame it does not.
    """
    return _verify(path, lambda number: False, heads, identity, on_progress)


def verify_part(
    path: Path | str,
    part: int,
    of: int,
    *,
    heads: Iterable[str] = (),
    identity: Identity = None,
    on_progress: Progress | None = None,
) -> Report:
    """As `verify` for each `of`-th pack, as `verify_structure` for the others: the parts 1 to `of`
    together read every byte. Raises UsageError when there is no such part.
    """
    if not 1 <= part <= of:
        raise UsageError(f"There is no part {part} of {of}.", hint="The first of seven is 1/7.")
    part %= of
    return _verify(
        path,
        lambda number: number in (EVERY,) or number % of == part,
        heads,
        identity,
        on_progress,
    )


def _verify(
    path: Path | str,
    reads: Callable[[int], bool],
    heads: Iterable[str],
    identity: Identity,
    on_progress: Progress | None,
) -> Report:
    """`reads` says of a pack's number whether its bytes are read."""
    path, kept = brought(path), Heads(heads)
    found = Findings()
    try:
        marker.require(path)
    except BackupDamaged as error:
        found.problems.append(error.message)
    with reading(path):
        layout = Layout.to_verify(path, DISK, identity)
        found.notes += layout.notes
        _note_strangers(layout, found)
        show = on_progress or (lambda _done, _total: None)
        if layout.encrypted:
            from gmailkit.backup.crypt.beside_check import check_beside

            check_beside(layout, found, reads)
        if layout.blind:
            from gmailkit.backup.crypt.blind_check import check_blind

            check_blind(layout, found, reads, show)
            found.problems += kept.unseen()
            return found.report()
        index = _usable_index(layout, found)
        found.index_tells = index is not None
        try:
            damage = KnownDamage.of(layout.events, index)
            against = Against(index, damage, kept, found)
            events = EventCheck if reads(EVERY) else EventSkim
            events(layout.events, against).run()
            _Packs(layout.messages, against).check(reads, show)
            found.take_what_was_saved_again()
            name_the_bereft(index, found)
            _name_the_lost(index, damage, found)
            if layout.key is not None:
                from gmailkit.backup.crypt.blind_check import name_what_others_saved

                runs = events_of_kind(layout.events, index, Run)
                accounts = index.accounts() if index else {each.account for each in runs}
                name_what_others_saved(layout, index, accounts, found)
            made = list(events_of_kind(layout.events, index, Compacted))
            origins = {head for each in made for head in (each.head, each.events_head)}
            found.problems += kept.problems(origins)
        finally:
            if index:
                index.close()
    found.hold_against_runs()
    found.notes += kept.notes()
    return found.report()


def _note_strangers(layout: Layout, found: Findings) -> None:
    """Files that are none of ours do no harm, but somebody may wonder where they come from."""
    path = layout.path
    ours = {marker.MARKER, marker.UNFINISHED_MARKER, marker.README}
    ours |= {stream.folder for stream in STREAMS}
    if layout.remote:
        ours.add(ORIGIN)
    if layout.encrypted:
        ours.add(marker.KEYS)
    names = [entry.name for entry in path.iterdir() if not is_lock(entry.name)]
    strangers = [name for name in names if name not in ours and not name.startswith(DERIVED)]
    for stream, files in layout.files.items():
        if (path / stream.folder).is_dir():
            inside = [entry.name for entry in (path / stream.folder).iterdir()]
            others = [name for name in inside if not files.is_ours(name)]
            strangers += [f"{stream.folder}/{name}" for name in others]
    found.notes += [f"{name} is not part of the backup." for name in sorted(strangers)]


def _usable_index(layout: Layout, found: Findings) -> Index | None:
    path = layout.index
    try:
        index = layout.read_index()
    except OutdatedIndex as error:
        found.notes.append(f"{error.message} The next backup builds it again from the packs.")
        return None
    except BackupDamaged as error:
        if layout.unindexed and not path.exists():
            found.notes.append(layout.unindexed)
            return None
        why = error.message if path.exists() else "The index is missing."
        found.blame_index(
            f"{why} What the packs hold was checked, but messages lost as a whole cannot be named."
        )
        return None
    if is_broken(path):
        found.blame_index(f"{path} has changed since it was written.")
    try:
        for trouble in index.trouble():
            found.blame_index(f"{path}: {trouble}.")
    except BackupDamaged as error:
        found.blame_index(error.message)
    return index


def _name_the_lost(index: Index | None, damage: KnownDamage, found: Findings) -> None:
    """Messages that lay in frames known to be damaged, and that nothing else holds."""
    named = {(each.account, each.id) for each in (*found.damaged, *found.missing)}
    named |= found.met.keys()
    for (account, id), event in damage.messages.items():
        try:
            here = (account, id) in named or bool(index and index.find(account, id))
        except BackupDamaged:
            continue
        if not here:
            why = "Its frame was damaged, and it was not saved again."
            found.missing.append(Damage(account, id, event.number, event.offset, why))


class _Packs:
    """All packs, in their order."""

    def __init__(self, files: Files, against: Against) -> None:
        self._files = files
        self._against = against
        self._index, self._found = against.index, against.found

    def check(self, reads: Callable[[int], bool], on_progress: Progress) -> None:
        known, files = self._known(), self._files
        sizes = {number: files.size(number, known.get(number, 0)) for number in files.numbers()}
        self._found.packs = len(sizes)
        done, total = 0, sum(sizes.values())
        for number in sorted(known.keys() | sizes.keys()):
            check = self._checked(number, PackCheck if reads(number) else PackSkim)
            if number not in sizes:
                check.is_gone("is missing")
                continue
            try:
                for length in check.run():
                    done += length
                    on_progress(done, max(total, done))
            except OSError as error:
                check.is_gone(f"cannot be read ({error.strerror})")
            except BackupDamaged as error:
                check.is_gone(f"cannot be read ({error.message.rstrip('.')})")

    def _known(self) -> dict[int, int]:
        """By number, their lengths."""
        try:
            ends = self._index.ends(MESSAGES) if self._index else {}
        except BackupDamaged as error:
            self._found.blame_index(error.message)
            return {}
        return {number: end.length for number, end in ends.items()}

    def _checked(self, number: int, kind: type[PackCheck]) -> PackCheck:
        known = ask(self._index, number, self._found)
        return kind(self._files, number, known, self._against)
