"""Damage that was looked after: what the events tell of it, for who meets the damage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gmailkit.backup import events
from gmailkit.backup.events import AnyEvent, Mended, kind_of
from gmailkit.backup.index import Index
from gmailkit.backup.report import Hole
from gmailkit.backup.stream import EVENTS, Gap, read_frame, walk
from gmailkit.backup.survey import events_of
from gmailkit.errors import BackupDamaged


@dataclass
class Mendings:
    """By file, the frames that were looked after and when; and the messages lost for good."""

    frames: dict[tuple[str, int], dict[int, tuple[int, str]]] = field(default_factory=dict)
    lost: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, index: Index | None) -> Mendings:
        """What can be read of them: without the index all events are gone through."""
        found = cls()
        for event in _by_index(path, index) if index else _by_walking(path):
            if isinstance(event, Mended):
                found.take(event)
        return found

    def take(self, event: Mended) -> None:
        for number, offset, length in event.places:
            self.frames.setdefault((event.stream, number), {})[offset] = length, event.at
        self.lost.update({(event.account, id): event.at for id in event.lost})

    def covers(self, hole: Hole) -> str:
        """When the last of the hole was looked after; "" while any byte of it was not."""
        frames = self.frames.get((hole.stream, hole.number), {})
        at, until, when = hole.offset, hole.offset + hole.length, ""
        while at < until:
            if at not in frames:
                return ""
            length, told = frames[at]
            at, when = at + max(length, 1), max(when, told)
        return when

    def ends_at(self, stream: str, number: int, length: int) -> bool:
        """Whether a frame that was looked after ends at that byte of the file."""
        frames = self.frames.get((stream, number), {})
        return any(offset + size == length for offset, (size, _) in frames.items())


def _by_index(path: Path, index: Index) -> Iterator[AnyEvent | None]:
    try:
        places = index.places(kind_of(Mended))
    except BackupDamaged:
        yield from _by_walking(path)
        return
    for place in places:
        try:
            text = read_frame(EVENTS.path(path, place.number), place)
            yield events.decode(events.line_at(text, place.position))
        except BackupDamaged:  # who checks the events tells of it
            continue


def _by_walking(path: Path) -> Iterator[AnyEvent]:
    for number in EVENTS.numbers(path):
        file = EVENTS.path(path, number)
        try:
            with file.open("rb") as opened:
                for frame in walk(opened, 0, file.stat().st_size):
                    found: Iterable[object] = (
                        () if isinstance(frame, Gap) else events_of(number, frame)
                    )
                    yield from (each[0] for each in found if isinstance(each, tuple))
        except OSError:
            continue
