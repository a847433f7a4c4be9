"""The events, verified: against themselves, and against what the index made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from gmailkit.backup.against import Against
from gmailkit.backup.events import AnyEvent, Cursor, Run
from gmailkit.backup.files import Files
from gmailkit.backup.frame import FIRST, Frame
from gmailkit.backup.pack_check import is_believed, is_wrong
from gmailkit.backup.report import Hole
from gmailkit.backup.skim import skim
from gmailkit.backup.stream import EVENTS, End, Gap, Place, walk
from gmailkit.backup.survey import events_of
from gmailkit.errors import BackupDamaged

_NOTHING = End(0, FIRST)


class EventCheck:
    """All files of events, in their order; what it finds goes into `found`."""

    def __init__(self, files: Files, against: Against) -> None:
        self._files = files
        self._index, self._damage = against.index, against.damage
        self._heads, self._found = against.heads, against.found
        self._new = 0

    def run(self) -> None:
        known = self._known()
        there = self._files.numbers()
        for number in sorted({*known, *there}):
            if number not in there:
                self._problem(number, "is missing")
                continue
            try:
                newest = self._files.grow and number == there[-1]
                self._file(number, known.get(number, _NOTHING), newest=newest)
            except OSError as error:
                self._problem(number, f"cannot be read ({error.strerror})")
            except BackupDamaged as error:
                self._problem(number, f"cannot be read ({error.message.rstrip('.')})")
        if self._new:
            self._found.notes.append(f"{self._new} events are not in the index yet.")

    def _known(self) -> dict[int, End]:
        try:
            return self._index.ends(EVENTS) if self._index else {}
        except BackupDamaged as error:
            self._found.blame_index(error.message)
            self._index = None
            return {}

    def _file(self, number: int, end: End, *, newest: bool) -> None:
        ends: dict[int, bytes] = {}
        gaps: list[Gap] = []
        with self._files.opened(number) as file:
            size = self._files.size(number)
            for each in self._frames(file, size):
                if isinstance(each, Gap):
                    gaps.append(each)
                    unfinished = newest and each.offset + each.length == size
                    self._gap(number, each, unfinished=unfinished and each.offset >= end.length)
                else:
                    ends[each.offset + each.length] = each.digest
                    self._frame(number, each, end)
        if end.length > size:
            self._problem(number, f"has lost {end.length - size:,} bytes")
        elif is_wrong(end, ends, gaps):
            self._found.blame_index(f"The index is wrong about the end of {self._name(number)}.")

    def _frames(self, file: BinaryIO, size: int) -> Iterator[Frame | Gap]:
        return walk(file, 0, size)

    def _gap(self, number: int, gap: Gap, *, unfinished: bool) -> None:
        self._found.events_chain.breaks()
        place = f"{gap.length:,} bytes of {self._name(number)} from byte {gap.offset} on"
        hole = Hole(EVENTS.folder, number, gap.offset, gap.length)
        if unfinished and self._index:
            text = f"{place} are an unfinished write; the next backup cuts them off."
            self._found.notes.append(text)
        elif since := self._damage.covers(hole):
            text = (
                f"{place} are damaged, as is known since {since}: what they told is written anew."
            )
            self._found.notes.append(text)
        else:
            self._found.holes.append(hole)
            self._found.problems.append(f"{place} are no readable frame.")

    def _frame(self, number: int, frame: Frame, end: End) -> None:
        chain = self._found.events_chain
        if not chain.follow(frame):
            text = f"{self._name(number)} lacks frames before byte {frame.offset}."
            self._found.problems.append(text)
        self._heads.pass_by(frame.digest, unbroken=not chain.broken)
        self._hold(number, frame, end)

    def _hold(self, number: int, frame: Frame, end: End) -> None:
        """The events of a frame."""
        for each in events_of(number, frame):
            if isinstance(each, BackupDamaged):
                where = f"{self._name(number)}, frame at byte {frame.offset}"
                self._found.problems.append(f"{where}: {each.message}")
            else:
                self._event(*each, entered=frame.offset < end.length)

    def _event(self, event: AnyEvent, place: Place, *, entered: bool) -> None:
        self._found.events += 1
        # Of what the index knows it tells itself where the packs end.
        if isinstance(event, Run) and not (self._index and entered):
            self._found.saves_until(event)
        if self._index is None:
            return
        if not entered:
            self._new += 1
            return
        try:
            told = isinstance(event, Cursor) or self._index.tells(event, place)
        except BackupDamaged as error:
            self._found.blame_index(error.message)
            return
        if not told:
            where = f"byte {place.offset} of {self._name(place.number)}"
            self._found.blame_index(f"The index does not tell the event at {where}.")

    def _name(self, number: int) -> str:
        return self._files.stream.told(number)

    def _problem(self, number: int, how: str) -> None:
        self._found.problems.append(f"{self._name(number)} {how}.")
        self._found.events_chain.breaks()


class EventSkim(EventCheck):
    """By the headers alone; in a distant place by the lengths, as of packs."""

    def _file(self, number: int, end: End, *, newest: bool) -> None:
        if not is_believed(self._files, number, end):
            super()._file(number, end, newest=newest)
            return
        chain = self._found.events_chain
        chain.goes_on_to(end.digest)
        self._heads.pass_by(end.digest, unbroken=not chain.broken)

    def _frames(self, file: BinaryIO, size: int) -> Iterator[Frame | Gap]:
        return skim(file, size)

    def _hold(self, number: int, frame: Frame, end: End) -> None:
        pass
