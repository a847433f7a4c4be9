"""Damage that a repair has taken note of: what the events tell of it, for who meets the damage."""

from __future__ import annotations

from dataclasses import dataclass, field

from gmailkit.backup.events import Damaged
from gmailkit.backup.files import Files
from gmailkit.backup.index import Index
from gmailkit.backup.readable import events_of_kind
from gmailkit.backup.report import Hole


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
        for event in events_of_kind(files, index, Damaged):
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
