"""Verify a backup: every byte of every pack against every hash there is, and nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gmailkit.backup import marker
from gmailkit.backup.frame import FIRST, Frame
from gmailkit.backup.index import Index
from gmailkit.backup.lock import LOCK, OWNER
from gmailkit.backup.packs import End, Entry, Gap, is_pack, pack_name, pack_numbers, walk
from gmailkit.backup.recover import INDEX, PACKS, entries_of
from gmailkit.backup.seal import is_broken
from gmailkit.errors import BackupDamaged

Progress = Callable[[int, int], None]  # bytes of packs done, bytes of packs in all


@dataclass(frozen=True, slots=True)
class Damage:
    """A message that is not as it was saved: which, where (pack, byte of its frame) and why."""

    account: str
    id: str
    pack: int
    offset: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `verify` found.

    `messages` and `bytes` (of mail) were read and are as they were saved. `damaged` are there but
    broken, `missing` are not there though the index knows them. `problems` are all else that is
    wrong, in sentences: bytes of a pack that cannot be read, index and packs disagreeing, a lost
    pack. `notes` are no defects. `head` (hex) stands for all frames up to the last: keep it
    elsewhere, and nobody can change the backup before that point unseen.
    """

    messages: int
    bytes: int
    packs: int
    damaged: tuple[Damage, ...]
    missing: tuple[Damage, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    head: str

    @property
    def ok(self) -> bool:
        return not (self.damaged or self.missing or self.problems)


def verify(path: Path | str, *, on_progress: Progress | None = None) -> Report:
    """Read the whole backup and say precisely what is damaged or missing.

    Needs no permission to write, works beside a running backup, and without the index (which it
    then reports). Raises NoBackup when `path` is none or has a newer format.
    """
    path = Path(path)
    found = _Findings()
    try:
        marker.require(path)
    except BackupDamaged as error:
        found.problems.append(error.message)
    _note_strangers(path, found)
    index = _usable_index(path / INDEX, found)
    try:
        _check_packs(path / PACKS, index, found, on_progress or (lambda _done, _total: None))
    finally:
        if index:
            index.close()
    return found.report()


@dataclass
class _Findings:
    """A report in the making. `chain` is the digest the next frame must name, None after a gap;
    `met` holds every message seen, when there is no index to tell that none comes twice."""

    messages: int = 0
    mail: int = 0
    packs: int = 0
    damaged: list[Damage] = field(default_factory=list)
    missing: list[Damage] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    chain: bytes | None = FIRST
    head: bytes = FIRST
    met: set[tuple[str, str]] = field(default_factory=set)

    def report(self) -> Report:
        return Report(
            messages=self.messages,
            bytes=self.mail,
            packs=self.packs,
            damaged=tuple(self.damaged),
            missing=tuple(self.missing),
            problems=tuple(self.problems),
            notes=tuple(self.notes),
            head=self.head.hex(),
        )


def _note_strangers(path: Path, found: _Findings) -> None:
    """Files that are none of ours do no harm, but somebody may wonder where they come from."""
    ours = {marker.MARKER, marker.UNFINISHED_MARKER, marker.README, LOCK, OWNER, PACKS}
    names = [entry.name for entry in path.iterdir()]
    strangers = [name for name in names if name not in ours and not name.startswith(INDEX)]
    if (path / PACKS).is_dir():
        inside = [entry.name for entry in (path / PACKS).iterdir() if not is_pack(entry.name)]
        strangers += [f"{PACKS}/{name}" for name in inside]
    found.notes += [f"{name} is not part of the backup." for name in sorted(strangers)]


def _usable_index(path: Path, found: _Findings) -> Index | None:
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


@dataclass
class _Known:
    """What the index says of one pack: its end and, by offset of the frame and position in it,
    its entries. `usable` is False when there is nobody to ask."""

    end: End
    frames: dict[int, dict[int, Entry]]
    usable: bool = True


def _ask(index: Index | None, number: int, found: _Findings) -> _Known:
    if index:
        try:
            end, entries = index.pack(number)
            frames: dict[int, dict[int, Entry]] = {}
            for entry in entries:
                frames.setdefault(entry.offset, {})[entry.position] = entry
            return _Known(end or End(0, FIRST), frames)
        except BackupDamaged as error:
            found.problems.append(error.message)
    return _Known(End(0, FIRST), {}, usable=False)


def _check_packs(packs: Path, index: Index | None, found: _Findings, on_progress: Progress) -> None:
    try:
        numbers = set(index.ends()) if index else set()
    except BackupDamaged as error:
        found.problems.append(error.message)
        numbers = set()
    sizes = {n: (packs / pack_name(n)).stat().st_size for n in pack_numbers(packs)}
    done, total = 0, sum(sizes.values())
    for number in sorted(numbers | sizes.keys()):
        check = _PackCheck(packs / pack_name(number), number, _ask(index, number, found), found)
        if number not in sizes:
            check.is_gone()
            continue
        found.packs += 1
        for length in check.run():
            done += length
            on_progress(done, max(total, done))


class _PackCheck:
    """One pack against itself and against the index; what it finds goes into `found`."""

    def __init__(self, path: Path, number: int, known: _Known, found: _Findings) -> None:
        self._path = path
        self._name = f"{PACKS}/{path.name}"
        self._number = number
        self._known = known
        self._found = found
        self._ends: dict[int, bytes] = {}
        self._new = 0

    def is_gone(self) -> None:
        self._found.problems.append(f"{self._name} is missing.")
        self._found.chain = None
        self._lost("Its pack is missing.")

    def run(self) -> Iterator[int]:
        """Check everything; after each frame, how many bytes of the pack that was."""
        with self._path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            for each in walk(file, 0, size):
                if isinstance(each, Gap):
                    self._gap(each, last=each.offset + each.length == size)
                else:
                    self._frame(each)
                yield each.length
        self._at_the_end(size)

    def _gap(self, gap: Gap, *, last: bool) -> None:
        self._found.chain = None
        place = f"{gap.length:,} bytes of {self._name} from byte {gap.offset} on"
        if last and self._known.usable and gap.offset >= self._known.end.length:
            self._found.notes.append(
                f"An interrupted run left {place} unfinished; no mail is lost."
            )
            return
        self._found.problems.append(f"{place} are no readable frame.")
        until = gap.offset + gap.length
        for offset in [each for each in self._known.frames if gap.offset <= each < until]:
            self._broken(offset, "Its frame cannot be read.")

    def _frame(self, frame: Frame) -> None:
        self._follow_chain(frame)
        for each in entries_of(self._number, frame):
            if isinstance(each, BackupDamaged):
                where = f"{self._name}, frame at byte {frame.offset}"
                self._found.problems.append(f"{where}: {each.message}")
            else:
                self._entry(each)
        self._broken(frame.offset, "Its frame does not hold it.")

    def _follow_chain(self, frame: Frame) -> None:
        found = self._found
        if found.chain is not None and frame.previous != found.chain:
            text = f"Frames are missing before byte {frame.offset} of {self._name}."
            # With an index that knows every message, an old loss that was made good since.
            (found.notes if self._known.usable else found.problems).append(text)
        found.chain = found.head = frame.digest
        self._ends[frame.offset + frame.length] = frame.digest

    def _entry(self, entry: Entry) -> None:
        found = self._found
        found.messages += 1
        found.mail += entry.length
        who = f"message {entry.id} of {entry.account}"
        if not self._known.usable:
            if (entry.account, entry.id) in found.met:
                found.problems.append(f"{self._name} holds {who} a second time.")
            found.met.add((entry.account, entry.id))
        elif expected := self._known.frames.get(entry.offset, {}).pop(entry.position, None):
            if expected != entry:
                found.problems.append(f"The index and {self._name} disagree about {who}.")
        elif entry.offset >= self._known.end.length:
            self._new += 1
        else:
            found.problems.append(f"The index does not know {who} in {self._name}.")

    def _at_the_end(self, size: int) -> None:
        end = self._known.end
        if end.length > size:
            self._found.problems.append(f"{self._name} has lost {end.length - size:,} bytes.")
        elif end.length and self._ends.get(end.length) != end.digest:
            self._found.problems.append(f"The index is wrong about the end of {self._name}.")
        if self._new:
            text = f"{self._new} messages in {self._name} are not in the index yet."
            self._found.notes.append(text)
        self._lost("The packs do not hold it where the index says.")

    def _broken(self, offset: int, why: str) -> None:
        entries = self._known.frames.pop(offset, {}).values()
        self._found.damaged += [_damage(entry, why) for entry in entries]

    def _lost(self, why: str) -> None:
        for entries in self._known.frames.values():
            self._found.missing += [_damage(entry, why) for entry in entries.values()]


def _damage(entry: Entry, why: str) -> Damage:
    return Damage(entry.account, entry.id, entry.pack, entry.offset, why)
