"""Before a writer begins: packs, events and index are brought to agree, and what was done is said.

Packs and events are the truth. What lies in them beyond the index is taken in, what an interrupted
write left behind is cut, what the index knows and the packs have lost is forgotten, so that it is
fetched again. Nothing but such an end, with no sound frame in it, is ever removed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gmailkit.backup.connection import journals
from gmailkit.backup.events import Cursor
from gmailkit.backup.frame import FIRST
from gmailkit.backup.index import Index
from gmailkit.backup.layout import Layout
from gmailkit.backup.seal import is_broken, seal_of
from gmailkit.backup.storage import Storage, writing
from gmailkit.backup.stream import EVENTS, MESSAGES, STREAMS, End, Gap, Stream
from gmailkit.backup.survey import Survey
from gmailkit.errors import BackupDamaged
from gmailkit.model.counted import count_text

_MADE_GOOD = {
    MESSAGES: "What is lost there is not counted as saved, so a backup fetches it again.",
    EVENTS: "The next backup looks anew which labels the messages bear.",
}
Ends = dict[Stream, tuple[int, End]]  # number and end of the file in which writing goes on


class Recovery:
    """One opening for writing. `notes` are sentences for the user about what was mended."""

    def __init__(self, layout: Layout, storage: Storage) -> None:
        self._layout = layout
        self._files = layout.files
        self._storage = storage
        self._changed = False  # whether the index knows other messages than it did
        self._forgotten: list[tuple[str, str]] = []  # (account, id), since their pack lost them
        self.notes: list[str] = []

    def run(self) -> tuple[Index, Ends]:
        """The index, and where writing goes on. Raises CannotWrite."""
        path = self._layout.index
        for files in self._files.values():  # somebody may have written until a moment ago
            files.look_again()
        try:
            if is_broken(path):
                raise BackupDamaged(f"{path} has changed since it was written.")
            index = self._layout.open_index(self._storage)
        except BackupDamaged as error:
            index = self.rebuilt(error)
        try:
            ever = _ever(index)
            if self._has_lost_events(index) or self._has_back(index):
                index.close()
                index = self.rebuilt()
            ends = self._agreed(index, ever)
            if any(index.has(*key) for key in self._forgotten):
                index, ends = self._anew(index, ever)
            return index, ends
        except BaseException:
            index.close()
            raise

    def _anew(self, index: Index, ever: dict[Stream, set[int]]) -> tuple[Index, Ends]:
        """Messages that one file has lost lie in another: what became of them since was forgotten
        with them, and all events have to be read for it.
        """
        index.close()
        index = self.rebuilt()
        ends = self._agreed(index, ever)
        self.notes[:] = dict.fromkeys(self.notes)  # the same is found again
        return index, ends

    def go_on(self, index: Index) -> tuple[Index, Ends]:
        """The same in the middle of a run, after others have had their turns; where the `index`
        that it had open is none any more it is another one now.
        """
        for files in self._files.values():
            files.look_again()
        if not index.is_in_place or self._has_lost_events(index):
            self.notes.clear()  # they are told again
            return self.run()
        return index, self._agreed(index, _ever(index))

    def _agreed(self, index: Index, ever: dict[Stream, set[int]]) -> Ends:
        self._agree(index, complete=True)
        return {stream: self._go_on(index, stream, ever[stream]) for stream in STREAMS}

    def rebuilt(self, reason: BackupDamaged | None = None) -> Index:
        """A new index made from packs and events; put in its place when it is complete."""
        path, new = self._layout.index, self._layout.unfinished_index
        if reason and (path.exists() or self._layout.messages.numbers()):
            none = self._layout.unindexed or "The index was missing."
            note = (
                f"{reason.message} It was built again" if path.exists() else f"{none} It was built"
            )
            self.notes.append(f"{note} from the packs.")
        self._remove(new, *journals(new))
        index = self._layout.create_index(self._storage)
        try:
            self._agree(index, complete=False)
        finally:
            index.close()
        # A journal left from the old index would be played back into the new one.
        self._remove(path, seal_of(path), *journals(path))
        with writing(path):
            self._storage.sync(new)
            self._storage.rename(new, path)
            self._storage.sync_folder(path.parent)
        return self._layout.open_index(self._storage)

    def _has_lost_events(self, index: Index) -> bool:
        """A state cannot be taken back, as a message can: then the whole index is made anew."""
        lost = 0
        for number, end in index.ends(EVENTS).items():
            size = self._layout.events.size(number, end.length)
            if size < end.length:
                self.notes.append(
                    f"{self._told(EVENTS, number)} has lost "
                    f"{count_text(end.length - size, 'byte')} since it was "
                    f"written. {_MADE_GOOD[EVENTS]}"
                )
                lost += 1
        return lost > 0

    def _has_back(self, index: Index) -> bool:
        if back := index.has_back():
            self.notes.append(
                "Messages that stood word for word in others that were lost can be read again, for "
                "those were saved once more. The index was built again from the packs."
            )
        return back

    def _agree(self, index: Index, *, complete: bool) -> None:
        self._adopt(index, MESSAGES, complete=complete)
        if self._changed:
            self._forget_unheld(index)
        self._adopt(index, EVENTS, complete=complete)

    def _forget_unheld(self, index: Index) -> None:
        """Once all packs are known: what holds the bytes of a message may stand behind it, where
        that was saved again."""
        if lost := index.forget_unheld():
            self.notes.append(
                f"{count_text(lost, 'message')} stood word for word in others that are lost. "
                f"{_MADE_GOOD[MESSAGES]}"
            )

    def _adopt(self, index: Index, stream: Stream, *, complete: bool) -> None:
        """Make the index say what the stream holds. `complete`: it was not made just now, so the
        end of the newest file beyond it is what a write left. (It may still be an older one than
        the packs: other programs copy the folder file by file.)"""
        ends, there = index.ends(stream), self._files[stream].numbers()
        digest = FIRST
        for number in sorted({*ends, *there}):
            known = ends.get(number, End(0, digest))
            size = self._files[stream].size(number, known.length)
            if size < known.length:
                known = self._lost(index, number, size, End(0, digest))
            if number in there and (size > known.length or not size):
                known = self._take_in(index, stream, number, known, complete=complete)
            digest = known.digest

    def _lost(self, index: Index, number: int, size: int, start: End) -> End:
        """A pack shorter than the index says, or gone: what was there is no longer known."""
        end = self._layout.messages.survey(number, start, size).end(size) if size else start
        gone = index.forget(number, end)
        self._changed = True
        self._forgotten += gone
        self.notes.append(
            f"{self._told(MESSAGES, number)} has lost {count_text(len(gone), 'message')} "
            f"since it was written. {_MADE_GOOD[MESSAGES]}"
        )
        return end

    def _take_in(
        self, index: Index, stream: Stream, number: int, known: End, *, complete: bool
    ) -> End:
        """What lies in a file beyond `known`; returns how far it is known then."""
        files = self._files[stream]
        size = files.size(number)
        found = files.survey(number, known, size)
        last = files.grow and number == files.numbers()[-1]
        cut = _cut(found.gaps, size, complete=complete) if last else size
        if cut < size or (last and not size):
            self._cut(stream, number, cut, size)
        end = End(cut, found.end(cut).digest)
        if cut:
            files.settle(number)
            damage = self._say_what_stays_unreadable(stream, number, found, cut)
            new = _enter(index, stream, found.before(cut), {number: end}, lost=damage)
            self._changed |= stream is MESSAGES
            if complete and new:
                self._say_what_was_found(stream, new)
        return end

    def _say_what_was_found(self, stream: Stream, new: int) -> None:
        what = count_text(new, "message") if stream is MESSAGES else count_text(new, "event")
        self.notes.append(
            f"{what} in the {stream.folder}, not yet in the index, "
            f"{'was' if new == 1 else 'were'} found safe."
        )

    def _say_what_stays_unreadable(
        self, stream: Stream, number: int, found: Survey[Any], cut: int
    ) -> bool:
        unreadable = sum(gap.length for gap in found.gaps if gap.offset < cut)
        what = [count_text(unreadable, "byte")] if unreadable else []
        what += [count_text(found.unreadable, "record")] if found.unreadable else []
        if what:
            self.notes.append(
                f"{self._told(stream, number)} is damaged: {' and '.join(what)} cannot be read "
                f"and were left as they are. {_MADE_GOOD[stream]}"
            )
        return bool(what)

    def _cut(self, stream: Stream, number: int, length: int, size: int) -> None:
        self._files[stream].cut(number, length)
        if size:
            gone, told = count_text(size - length, "byte"), self._told(stream, number)
            self.notes.append(f"An unfinished write of {gone} was cut from {told}.")

    def _go_on(self, index: Index, stream: Stream, ever: set[int]) -> tuple[int, End]:
        """The newest file if it is still there, else the number after every one there ever was."""
        ends = index.ends(stream)
        there = self._files[stream].numbers()
        highest = max([0, *ever, *there])
        if highest in there and highest in ends:
            return highest, ends[highest]
        return highest + 1, End(0, ends[max(ends)].digest if ends else FIRST)

    def _told(self, stream: Stream, number: int) -> str:
        return self._files[stream].stream.told(number)

    def _remove(self, *paths: Path) -> None:
        for path in paths:
            if path.exists():
                with writing(path):
                    self._storage.remove(path)


def index_of_packs(layout: Layout) -> tuple[Index, tuple[str, ...]]:
    """An index to read with, and notes: the folder's own, or one that leaves no trace there when
    that cannot be used."""
    path = layout.index
    try:
        return layout.read_index(), ()
    except BackupDamaged as error:
        why = layout.unindexed or f"{path} is missing."
        why = error.message if path.exists() else why
    index = layout.index_in_memory()
    try:
        for stream, files in layout.files.items():
            for number in files.numbers():
                found = files.survey(number, End(0, FIRST), files.size(number))
                ends = {number: found.end(1 << 62)}
                _enter(index, stream, found.before(1 << 62), ends, lost=False)
            index.forget_unheld()
    except BaseException:
        index.close()
        raise
    return index, (f"{why} Reading went through the packs instead.",)


def _ever(index: Index) -> dict[Stream, set[int]]:
    """The files that it knows of, gone ones too: no other takes the number of one."""
    return {stream: set(index.ends(stream)) for stream in STREAMS}


def _enter(
    index: Index, stream: Stream, items: list[Any], ends: dict[int, End], *, lost: bool
) -> int:
    """Take in what a survey found; how much of that was new.

    Only the run that writes a cursor knows that all before it is saved: one that is met here may be
    of a backup that has lost messages since.
    """
    if stream is MESSAGES:
        return index.add(items, ends, lost=lost)
    kept = [(event, place) for event, place in items if not isinstance(event, Cursor)]
    index.note(kept, ends, lost=lost)
    return len(items)


def _cut(gaps: list[Gap], size: int, *, complete: bool) -> int:
    """Where the newest file is to end, so that no unfinished write is left in it.

    Never before a sound frame: a gap that one follows stays, and verify names it. It may be what a
    power cut left of the last commit, but just as well damage beyond the end of an older index.
    Without an index only a frame that the file's end cuts short is surely an unfinished write.
    """
    last = gaps[-1] if gaps else None
    if last and last.offset + last.length == size and (complete or last.torn):
        return last.offset
    return size
