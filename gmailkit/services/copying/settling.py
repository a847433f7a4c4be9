"""A source that remembers what was taken of it, and a target out of which that was taken again.

Who takes a copy back has its mail in Trash, for thirty days: on the server it must not be deleted
for that copy, and the next one brings it anew.
"""

from __future__ import annotations

from gmailkit.services.places import Places
from gmailkit.stores.locate import Location
from gmailkit.stores.protocol import Settling


def what_is_said(source: str) -> str:
    """Of a copy from the store of that name, in the journal."""
    return f"copy mail of {source}"


def go_to(places: Places, source: Settling, name: str, target: Location) -> None:
    """Its mail is for that target from now on. Files and servers tell of an undo by themselves."""
    since = _undone(places, name, target) if target.scheme == "gmail" else 0.0
    source.go_to(places.named(target), since=since)


def _undone(places: Places, source: str, target: Location) -> float:
    """When a copy into that mailbox was taken back the last time; 0 where none was."""
    journal, what = places.connection(target).journal, what_is_said(source)
    undone = (each.undone_by for each in journal.changes() if each.what == what)
    return max((journal.find(number).time.timestamp() for number in undone if number), default=0.0)
