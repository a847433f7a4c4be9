"""Events of which some cannot be read: those that can are, for who looks into damage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from gmailkit.backup import events
from gmailkit.backup.events import AnyEvent, Event, kind_of
from gmailkit.backup.files import Files
from gmailkit.backup.index import Index
from gmailkit.backup.stream import EVENTS, End, Gap, walk
from gmailkit.backup.survey import events_of
from gmailkit.errors import BackupDamaged

Kind = TypeVar("Kind", bound=Event)


def sound_events(files: Files, beyond: Mapping[int, End] | None = None) -> Iterator[AnyEvent]:
    """All events that can be read, in their order, or those `beyond` the ends of files; what cannot
    be read is passed over.
    """
    for number in files.numbers():
        start = beyond[number].length if beyond and number in beyond else 0
        if start and files.size(number, start) <= start:
            continue
        try:
            with files.opened(number) as opened:
                for frame in walk(opened, start, files.size(number)):
                    found = () if isinstance(frame, Gap) else events_of(number, frame)
                    yield from (each[0] for each in found if isinstance(each, tuple))
        except (OSError, BackupDamaged):
            continue


def events_of_kind(files: Files, index: Index | None, kind: type[Kind]) -> Iterator[Kind]:
    """Those of a kind that is not of one message; without the index all events are gone through."""
    every = _by_index(files, index, kind) if index else sound_events(files)
    return (each for each in every if isinstance(each, kind))


def _by_index(files: Files, index: Index, kind: type[Event]) -> Iterator[AnyEvent | None]:
    """A run that was killed may have written more than the index knows."""
    try:
        places, ends = index.places(kind_of(kind)), index.ends(EVENTS)
    except BackupDamaged:
        yield from sound_events(files)
        return
    for place in places:
        try:
            yield events.decode(files.told_event(place))
        except BackupDamaged:  # who checks the events tells of it
            continue
    yield from sound_events(files, ends)
