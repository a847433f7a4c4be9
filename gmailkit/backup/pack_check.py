"""One pack, verified: against itself, and against what the index says of it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO

from msgspec.structs import replace

from gmailkit.backup.against import Against
from gmailkit.backup.files import Files
from gmailkit.backup.frame import FIRST, Frame
from gmailkit.backup.index import Index
from gmailkit.backup.packs import Entry
from gmailkit.backup.report import Damage, Findings, Hole
from gmailkit.backup.skim import skim
from gmailkit.backup.stream import MESSAGES, End, Gap, walk
from gmailkit.backup.survey import Stamps, entries, stamps_of
from gmailkit.errors import BackupDamaged


@dataclass
class Known:
    """What the index says of one pack: its end and, by offset of the frame and position in it,
    its entries. `usable` is False when there is nobody to ask."""

    end: End
    frames: dict[int, dict[int, Entry]]
    usable: bool = True


def ask(index: Index | None, number: int, found: Findings) -> Known:
    if index:
        try:
            end, entries = index.pack(number)
            frames: dict[int, dict[int, Entry]] = {}
            for entry in entries:
                frames.setdefault(entry.offset, {})[entry.position] = entry
            return Known(end or End(0, FIRST), frames)
        except BackupDamaged as error:
            found.blame_index(error.message)
    return Known(End(0, FIRST), {}, usable=False)


class PackCheck:
    """One pack against itself and against the index; what it finds goes into `found`."""

    def __init__(self, files: Files, number: int, known: Known, against: Against) -> None:
        self._files = files
        self._damage, self._heads, self._found = against.damage, against.heads, against.found
        self._name = files.stream.told(number)
        self._number = number
        self._known = known
        self._index = against.index if known.usable else None
        self._ends: dict[int, bytes] = {}
        self._gaps: list[Gap] = []
        self._new = 0
        self._grows = False

    def is_gone(self, how: str) -> None:
        self._found.chain.breaks()
        hole = Hole(MESSAGES.folder, self._number, 0, self._known.end.length)
        since = "" if self._known.frames else self._damage.covers(hole)
        if since:
            text = f"{self._name} {how}, as is known since {since}: what lay there is saved anew."
            self._found.notes.append(text)
            return
        self._found.problems.append(f"{self._name} {how}.")
        self._lost(f"Its pack {how}.")

    def run(self) -> Iterator[int]:
        """Check everything; after each frame, how many bytes of the pack that was."""
        with self._files.opened(self._number) as file:
            # Asked before its size: a run that works meanwhile may begin the next file.
            self._grows = self._files.grow and self._files.numbers()[-1:] == [self._number]
            size = self._files.size(self._number)
            with closing(self._read(file, size)) as frames:
                for each, stamps in frames:
                    if isinstance(each, Gap):
                        self._gap(each, last=each.offset + each.length == size)
                    else:
                        self._frame(each, stamps)
                    yield each.length
        self._at_the_end(size)

    def _read(self, file: BinaryIO, size: int) -> Generator[tuple[Frame | Gap, Stamps], None, None]:
        """What lies there, and the stamps in it."""
        for each in walk(file, 0, size):
            yield each, () if isinstance(each, Gap) else stamps_of(each)

    def _gap(self, gap: Gap, *, last: bool) -> None:
        self._found.chain.breaks()
        self._gaps.append(gap)
        place = f"{gap.length:,} bytes of {self._name} from byte {gap.offset} on"
        if last and self._is_unfinished(gap):
            self._found.notes.append(
                f"{place} are an unfinished write; the next backup cuts them off."
            )
            return
        until = gap.offset + gap.length
        hit = [offset for offset in self._known.frames if gap.offset <= offset < until]
        hole = Hole(MESSAGES.folder, self._number, gap.offset, gap.length)
        since = "" if hit else self._damage.covers(hole)
        if since:
            text = f"{place} are damaged, as is known since {since}: what lay there is saved anew."
            self._found.notes.append(text)
            return
        self._found.holes.append(hole)
        self._found.problems.append(f"{place} are no readable frame.")
        for offset in hit:
            self._broken(offset, "Its frame cannot be read.")

    def _is_unfinished(self, gap: Gap) -> bool:
        """Whether the gap at the end of the file is what an interrupted write leaves."""
        beyond = self._known.usable and gap.offset >= self._known.end.length
        return beyond and self._grows

    def _frame(self, frame: Frame, stamps: Stamps) -> None:
        self._follow_chain(frame)
        self._hold(frame, stamps)
        self._broken(frame.offset, "Its frame does not hold it.")

    def _hold(self, frame: Frame, stamps: Stamps) -> None:
        """The messages of a frame."""
        for each in entries(self._number, frame, stamps):
            if isinstance(each, BackupDamaged):
                where = f"{self._name}, frame at byte {frame.offset}"
                self._found.problems.append(f"{where}: {each.message}")
            else:
                self._entry(each)

    def _follow_chain(self, frame: Frame) -> None:
        found = self._found
        if not found.chain.follow(frame):
            text = f"Frames are missing before byte {frame.offset} of {self._name}."
            # With an index that knows every message, a lost pack that was made good since.
            made_good = self._known.end.length > 0 and not frame.offset
            (found.notes if made_good else found.problems).append(text)
            found.frames_are_missing |= not made_good
        self._pass_by(frame.digest)
        self._ends[frame.offset + frame.length] = frame.digest

    def _pass_by(self, digest: bytes) -> None:
        self._heads.pass_by(digest, unbroken=not self._found.chain.broken)
        self._found.reached |= digest.hex() == self._found.saved_until

    def _entry(self, entry: Entry) -> None:
        found = self._found
        expected = self._known.frames.get(entry.offset, {}).pop(entry.position, None)
        who = f"message {entry.id} of {entry.account}"
        if expected is None and self._lies_elsewhere(entry):
            if entry.same is None and entry.offset >= self._known.end.length:
                found.again[entry.account, entry.id] = entry.sha256
            found.notes.append(f"{self._name} holds {who}, which lies in another place too.")
            return
        if expected is None and self._was_left_out(entry):
            found.notes.append(f"{self._name} holds {who}, whose bytes stood in one that is lost.")
            return
        found.messages += 1
        found.mail += entry.length
        if expected is not None:
            # Whence its bytes came the index tells no more once they proved to be Gmail's.
            if expected != entry and expected != replace(entry, origin=""):
                found.blame_index(f"The index and {self._name} disagree about {who}.")
        elif self._index is None:
            found.meets(entry)
        elif entry.offset >= self._known.end.length:
            found.meets(entry)
            self._new += 1
        else:
            found.blame_index(f"The index does not know {who} in {self._name}.")

    def _lies_elsewhere(self, entry: Entry) -> bool:
        """A message of a pack that was lost, fetched again, and then found; or one whose bytes came
        from elsewhere, and which has Gmail's now, further on.
        """
        if self._index is None:
            return (entry.account, entry.id) in self._found.met
        try:
            other = self._index.find(entry.account, entry.id)
        except BackupDamaged:
            return False
        if other is None:
            return False
        here, there = (entry.pack, entry.offset), (other.pack, other.offset)
        same = other.sha256 == entry.sha256
        return there != here and (same or (entry.origin != "" and there > here))

    def _was_left_out(self, entry: Entry) -> bool:
        """A message whose bytes nothing holds any more counts as lost."""
        if self._index is None or not entry.same or entry.offset >= self._known.end.length:
            return False
        try:
            if self._index.find(entry.account, entry.id):
                return False
            holder = self._index.holder(entry.same)
        except BackupDamaged:
            return False
        return holder is None or holder.sha256 != entry.sha256

    def _at_the_end(self, size: int) -> None:
        end = self._known.end
        if end.length > size:
            self._found.problems.append(f"{self._name} has lost {end.length - size:,} bytes.")
        elif is_wrong(end, self._ends, self._gaps):
            self._found.blame_index(f"The index is wrong about the end of {self._name}.")
        if self._new:
            text = f"{self._new} messages in {self._name} are not in the index yet."
            self._found.notes.append(text)
        self._lost("The packs do not hold it where the index says.")

    def _broken(self, offset: int, why: str) -> None:
        entries = list(self._known.frames.pop(offset, {}).values())
        self._found.harmed += entries
        self._found.damaged += [_damage(entry, why) for entry in entries]

    def _lost(self, why: str) -> None:
        for lost in self._known.frames.values():
            self._found.harmed += lost.values()
            self._found.missing += [_damage(entry, why) for entry in lost.values()]


class PackSkim(PackCheck):
    """The pack's length, its headers and their chain against the index; no frame is unpacked. In a
    distant place, where a header takes a request, the length the index knows has to do.
    """

    def run(self) -> Iterator[int]:
        end = self._known.end
        if not is_believed(self._files, self._number, end):
            yield from super().run()
            return
        self._found.chain.goes_on_to(end.digest)
        self._pass_by(end.digest)
        for lying in self._known.frames.values():
            self._believe(lying)
        yield end.length

    def _read(self, file: BinaryIO, size: int) -> Generator[tuple[Frame | Gap, Stamps], None, None]:
        for each in skim(file, size):
            yield each, ()

    def _hold(self, frame: Frame, stamps: Stamps) -> None:
        if self._known.usable and frame.offset >= self._known.end.length:
            return  # not in the index yet: how many there are, only unpacking tells
        entries = self._known.frames.get(frame.offset, {})
        for position, entry in list(entries.items()):
            if entry.frame_length == frame.length:
                self._believe({position: entries.pop(position)})

    def _believe(self, entries: dict[int, Entry]) -> None:
        self._found.messages += len(entries)
        self._found.unread += len(entries)
        self._found.mail += sum(entry.length for entry in entries.values())


def is_believed(files: Files, number: int, end: End) -> bool:
    """Whether a quick look has seen enough when a file has the length that the index knows."""
    return files.distant and 0 < end.length == files.size(number, end.length)


def is_wrong(end: End, ends: dict[int, bytes], gaps: list[Gap]) -> bool:
    """Whether the index is wrong about the end of a file whose sound frames end at `ends`. Within a
    gap it may be right, and the gap is told."""
    if not end.length or ends.get(end.length) == end.digest:
        return False
    return not any(gap.offset < end.length <= gap.offset + gap.length for gap in gaps)


def _damage(entry: Entry, why: str) -> Damage:
    return Damage(entry.account, entry.id, entry.pack, entry.offset, why)
