"""What lies in Trash, and how long still.

Gmail deletes what has been there for 30 days, and tells nobody since when a message has. So the day
is known of what gmailkit moved there from this machine, by the journal, and of nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gmailkit.record.journal import Change
from gmailkit.services.changes.standing import after
from gmailkit.services.changes.states import TRASH
from gmailkit.services.connect import Connection
from gmailkit.services.search import envelopes

DAYS = 30
_LOOKED_AT = 30  # messages whose size is asked for; that of the others is reckoned from these


@dataclass(frozen=True, slots=True, kw_only=True)
class Trashed:
    """Messages that went to Trash together: by `change` of the journal (None: nobody knows when),
    and that Gmail deletes after `until`. `bytes` of mail, as Gmail estimates them.
    """

    change: Change | None
    messages: int
    bytes: int
    until: datetime | None

    def days_left(self, now: datetime) -> int | None:
        """Whole days; 0 for what may be gone at any moment."""
        return max(0, (self.until - now).days) if self.until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrashReport:
    """All of it, what goes first at the top, and last that of which nobody knows. `sized`: of so
    many the size was read; `now` is when that was.
    """

    account: str
    parts: tuple[Trashed, ...]
    messages: int
    bytes: int
    sized: int
    now: datetime


def trash_report(connection: Connection) -> TrashReport:
    """5 units for 500 messages, and 20 for each of up to 30 that were never looked at."""
    client = connection.client
    found = client.messages.list(label_ids=[TRASH], include_spam_trash=True)
    ids = [ref.id for ref in found]
    sizes, mean = _sizes(connection, ids)
    parts = [
        Trashed(
            change=change,
            messages=len(some),
            bytes=sum(sizes.get(id, mean) for id in some),
            until=change.time + timedelta(days=DAYS) if change else None,
        )
        for change, some in _together(connection, ids)
    ]
    latest = datetime.max.replace(tzinfo=UTC)
    return TrashReport(
        account=connection.address,
        parts=tuple(sorted(parts, key=lambda part: part.until or latest)),
        messages=len(ids),
        bytes=sum(part.bytes for part in parts),
        sized=len(sizes),
        now=datetime.fromtimestamp(connection.clock.now(), UTC),
    )


def _together(connection: Connection, ids: Sequence[str]) -> list[tuple[Change | None, list[str]]]:
    """By the change that moved them there last."""
    last: dict[str, Change | None] = {}
    for change, touched in connection.journal.of_messages(ids):
        made = after(change, touched)
        if change.state not in ("refused", "moot") and TRASH in made ^ touched.had:
            # What we took out since was moved there again by somebody else.
            last.setdefault(touched.id, change if TRASH in made else None)
    groups: dict[int, list[str]] = defaultdict(list)
    changes: dict[int, Change | None] = {}
    for id in ids:
        moved = last.get(id)
        number = moved.number if moved else 0
        changes[number] = moved
        groups[number].append(id)
    return [(changes[number], some) for number, some in groups.items()]


def _sizes(connection: Connection, ids: Sequence[str]) -> tuple[Mapping[str, int], int]:
    """Of all that were looked at before and of some more, spread over all; and what to reckon the
    others with, which is the mean of these: people look at what is large.
    """
    known = connection.cache.get(ids)
    unknown = [id for id in ids if id not in known]
    every = -(-len(unknown) // _LOOKED_AT) or 1
    looked_at = envelopes(connection.client, connection.cache, unknown[::every])
    read = {each.id: each.size for each in looked_at}
    mean = sum(read.values()) // len(read) if read else 0
    return {id: each.size for id, each in known.items()} | read, mean
