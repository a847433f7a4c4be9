"""Before a writer begins: packs and index are brought to agree, and what was done is said.

The packs are the truth. What lies in them beyond the index is taken in, what an interrupted write
left behind is cut, what the index knows and the packs have lost is forgotten, so that it is
fetched again. Nothing but such an end, with no sound frame in it, is ever removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gmailkit.backup.frame import FIRST, Frame
from gmailkit.backup.index import Index, journals
from gmailkit.backup.packs import End, Entry, Gap, pack_name, pack_numbers, walk
from gmailkit.backup.record import examine, split
from gmailkit.backup.seal import is_broken, seal_of
from gmailkit.backup.storage import Storage, writing
from gmailkit.errors import BackupDamaged

INDEX, UNFINISHED_INDEX, PACKS = "index.sqlite3", "index.sqlite3.new", "packs"
_FETCHED_AGAIN = "What is lost there is not counted as saved, so a backup fetches it again."


@dataclass
class Survey:
    """What a walk through a pack has found beyond a known end."""

    known: End
    ends: list[End] = field(default_factory=list)  # one for each sound frame
    entries: list[Entry] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    unreadable: int = 0  # records in sound frames: somebody else's, for we write none

    def end(self, size: int) -> End:
        """The end of the last sound frame within the first `size` bytes."""
        return next((end for end in reversed(self.ends) if end.length <= size), self.known)


def survey(path: Path, number: int, known: End, size: int) -> Survey:
    """The sound frames of a pack from `known` to byte `size`, and what lies between them."""
    found = Survey(known)
    with path.open("rb") as file:
        for each in walk(file, known.length, size):
            if isinstance(each, Gap):
                found.gaps.append(each)
            else:
                found.ends.append(End(each.offset + each.length, each.digest))
                for entry in entries_of(number, each):
                    if isinstance(entry, Entry):
                        found.entries.append(entry)
                    else:
                        found.unreadable += 1
    return found


def entries_of(number: int, frame: Frame) -> Iterator[Entry | BackupDamaged]:
    """The frame's messages, every byte checked; an error stands for each that cannot be read."""
    try:
        for position, text in split(frame.text()):
            try:
                stamp, _ = examine(text)
            except BackupDamaged as error:
                yield error
            else:
                yield Entry.of(stamp, pack=number, frame=frame, position=position)
    except BackupDamaged as error:
        yield error


class Recovery:
    """One opening for writing. `notes` are sentences for the user about what was mended."""

    def __init__(self, folder: Path, storage: Storage) -> None:
        self._folder = folder
        self._packs = folder / PACKS
        self._storage = storage
        self.notes: list[str] = []

    def run(self) -> tuple[Index, int, End]:
        """The index, and where writing goes on: a pack's number and end. Raises CannotWrite."""
        path = self._folder / INDEX
        try:
            if is_broken(path):
                raise BackupDamaged(f"{path} has changed since it was written.")
            index = Index.open(path, self._storage)
        except BackupDamaged as error:
            index = self.rebuilt(error)
        try:
            ever = set(index.ends())
            self._adopt(index, complete=True)
            return index, *self._go_on(index, ever)
        except BaseException:
            index.close()
            raise

    def rebuilt(self, reason: BackupDamaged | None = None) -> Index:
        """A new index made from the packs alone; put in its place when it is complete."""
        path, new = self._folder / INDEX, self._folder / UNFINISHED_INDEX
        if reason and (path.exists() or pack_numbers(self._packs)):
            why = reason.message if path.exists() else "The index was missing."
            self.notes.append(f"{why} It was built again from the packs.")
        self._remove(new, *journals(new))
        index = Index.create(new, self._storage)
        try:
            self._adopt(index, complete=False)
        finally:
            index.close()
        # A journal left from the old index would be played back into the new one.
        self._remove(path, seal_of(path), *journals(path))
        with writing(path):
            self._storage.sync(new)
            self._storage.rename(new, path)
            self._storage.sync_folder(self._folder)
        return Index.open(path, self._storage)

    def _adopt(self, index: Index, *, complete: bool) -> None:
        """Make the index say what the packs hold. `complete`: it was not made just now, so the
        end of the newest pack beyond it is what a write left. (It may still be an older one than
        the packs: other programs copy the folder file by file.)"""
        ends, there = index.ends(), pack_numbers(self._packs)
        digest = FIRST
        for number in sorted({*ends, *there}):
            known = ends.get(number, End(0, digest))
            size = self._path(number).stat().st_size if number in there else 0
            if size < known.length:
                known = self._lost(index, number, size, End(0, digest))
            if number in there and (size > known.length or not size):
                last = number == there[-1]
                known = self._take_in(index, number, known, size, last=last, complete=complete)
            digest = known.digest

    def _lost(self, index: Index, number: int, size: int, start: End) -> End:
        """A pack shorter than the index says, or gone: what was there is no longer known."""
        path = self._path(number)
        end = survey(path, number, start, size).end(size) if size else start
        gone = index.forget(number, end)
        self.notes.append(
            f"packs/{path.name} has lost {_count(len(gone), 'message')} since it was written. "
            f"{_FETCHED_AGAIN}"
        )
        return end

    def _take_in(
        self, index: Index, number: int, known: End, size: int, *, last: bool, complete: bool
    ) -> End:
        """What lies in a pack beyond `known`; returns how far it is known then."""
        path = self._path(number)
        found = survey(path, number, known, size)
        cut = _cut(found.gaps, size, complete=complete) if last else size
        if cut < size or (last and not size):
            self._cut(path, cut, size)
        end = End(cut, found.end(cut).digest)
        if cut:
            with writing(path):
                self._storage.sync(path)
                self._storage.sync_folder(self._packs)
            entries = [entry for entry in found.entries if entry.offset < cut]
            new = index.add(entries, {number: end})
            if complete and new:
                self.notes.append(
                    f"{_count(new, 'message')} in the packs, not yet in the index, "
                    f"{'was' if new == 1 else 'were'} found safe."
                )
            self._say_what_stays_unreadable(path, found, cut)
        return end

    def _say_what_stays_unreadable(self, path: Path, found: Survey, cut: int) -> None:
        unreadable = sum(gap.length for gap in found.gaps if gap.offset < cut)
        what = [_count(unreadable, "byte")] if unreadable else []
        what += [_count(found.unreadable, "record")] if found.unreadable else []
        if what:
            self.notes.append(
                f"packs/{path.name} is damaged: {' and '.join(what)} cannot be read and were left "
                f"as they are. {_FETCHED_AGAIN}"
            )

    def _cut(self, path: Path, length: int, size: int) -> None:
        """An empty pack is removed: zstd takes it for a broken file."""
        with writing(path):
            if length:
                self._storage.truncate(path, length)
                self._storage.sync(path)
            else:
                self._storage.remove(path)
                self._storage.sync_folder(self._packs)
        if size:
            gone = _count(size - length, "byte")
            self.notes.append(f"An unfinished write of {gone} was cut from packs/{path.name}.")

    def _go_on(self, index: Index, ever: set[int]) -> tuple[int, End]:
        """The newest pack if it is still there, else the number after every one there ever was."""
        ends = index.ends()
        there = pack_numbers(self._packs)
        highest = max([0, *ever, *there])
        if highest in there and highest in ends:
            return highest, ends[highest]
        return highest + 1, End(0, ends[max(ends)].digest if ends else FIRST)

    def _path(self, number: int) -> Path:
        return self._packs / pack_name(number)

    def _remove(self, *paths: Path) -> None:
        for path in paths:
            if path.exists():
                with writing(path):
                    self._storage.remove(path)


def index_of_packs(folder: Path) -> tuple[Index, tuple[str, ...]]:
    """An index to read with, and notes: the folder's own, or one that leaves no trace there when
    that cannot be used."""
    path, packs = folder / INDEX, folder / PACKS
    try:
        return Index.read(path), ()
    except BackupDamaged as error:
        why = error.message if path.exists() else f"{path} is missing."
    index = Index.in_memory(path)
    try:
        for number in pack_numbers(packs):
            pack = packs / pack_name(number)
            found = survey(pack, number, End(0, FIRST), pack.stat().st_size)
            index.add(found.entries, {number: found.end(1 << 62)})
    except BaseException:
        index.close()
        raise
    return index, (f"{why} Reading went through the packs instead.",)


def _cut(gaps: list[Gap], size: int, *, complete: bool) -> int:
    """Where the newest pack is to end, so that no unfinished write is left in it.

    Never before a sound frame: a gap that one follows stays, and verify names it. It may be what a
    power cut left of the last commit, but just as well damage beyond the end of an older index.
    Without an index only a frame that the file's end cuts short is surely an unfinished write.
    """
    last = gaps[-1] if gaps else None
    if last and last.offset + last.length == size and (complete or last.torn):
        return last.offset
    return size


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
