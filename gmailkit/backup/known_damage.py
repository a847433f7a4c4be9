"""Damage that a repair has taken note of: what the events tell of it, for who meets the damage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gmailkit.backup import events
from gmailkit.backup.events import AnyEvent, Damaged, kind_of
from gmailkit.backup.files import Files
from gmailkit.backup.index import Index
from gmailkit.backup.report import Hole
from gmailkit.backup.stream import EVENTS, End, Gap, walk
from gmailkit.backup.survey import events_of
from gmailkit.errors import BackupDamaged


@dataclass
class KnownDamage:
    """By file, the frames in question and since when that is known; and by (account, id) all the
    messages that lay in them: those that are not to be found anywhere else are lost."""

    frames: dict[tuple[str, int], dict[int, tuple[int, str]]] = field(default_factory=dict)
    messages: dict[tuple[str, str], Damaged] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Files, index: Index | None) -> KnownDamage:
        """What can be read of it; without the index all events are gone through."""
        found = cls()
        for event in _by_index(files, index) if index else sound_events(files):
            if isinstance(event, Damaged):
                found._take(event)
        return found

    def _take(self, event: Damaged) -> None:
        frames = self.frames.setdefault((event.stream, event.number), {})
        frames[event.offset] = event.length, event.at
        for account, ids in event.messages.items():
            self.messages.update({(account, id): event for id in ids})

    def covers(self, hole: Hole) -> str:
        """Since when all of the hole is known; "" while any byte of it is not."""
        frames = self.frames.get((hole.stream, hole.number), {})
        at, until, since = hole.offset, hole.offset + hole.length, ""
        while at < until:
            if at not in frames:
                return ""
            length, told = frames[at]
            at, since = at + max(length, 1), max(since, told)
        return since


def sound_events(files: Files, beyond: Mapping[int, End] | None = None) -> Iterator[AnyEvent]:
    """All events that can be read, in their order, or those `beyond` the ends of files; what cannot
    be read is passed over.
    """
    for number in files.numbers():
        start = beyond[number].length if beyond and number in beyond else 0
        try:
            with files.opened(number) as opened:
                for frame in walk(opened, start, files.size(number)):
                    found = () if isinstance(frame, Gap) else events_of(number, frame)
                    yield from (each[0] for each in found if isinstance(each, tuple))
        except (OSError, BackupDamaged):
            continue


def _by_index(files: Files, index: Index) -> Iterator[AnyEvent | None]:
    """A run that was killed may have written more than the index knows."""
    try:
        places, ends = index.places(kind_of(Damaged)), index.ends(EVENTS)
    except BackupDamaged:
        yield from sound_events(files)
        return
    for place in places:
        try:
            yield events.decode(files.told_event(place))
        except BackupDamaged:  # who checks the events tells of it
            continue
    yield from sound_events(files, ends)
