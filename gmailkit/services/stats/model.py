"""What is told of a mailbox: tables whose rows say how many messages, of how many bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

import msgspec

from gmailkit.errors import Failure, UsageError

By = Literal[
    "sender", "domain", "label", "list", "year", "month", "size", "hour", "attachment", "reply"
]
KINDS: tuple[By, ...] = get_args(By)
TITLES: Mapping[By, str] = {
    "sender": "Mail by sender",
    "domain": "Mail by domain of the sender",
    "label": "Mail by label",
    "list": "Mail by mailing list",
    "year": "Mail by year",
    "month": "Growth: mail by month",
    "size": "Mail by size of the message",
    "hour": "Mail by hour of the day",
    "attachment": "Attachments by type",
    "reply": "Answers by person",
}
# Their rows follow one another; those of the others are sorted, the largest first.
IN_ORDER: frozenset[By] = frozenset(("year", "month", "size", "hour"))


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`count` messages (or files, of attachments), `size` bytes together. `name` is for people."""

    key: str
    name: str
    count: int
    size: int


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """All rows, in the order of `IN_ORDER` or the largest first. `count` and `size` are of all that
    was counted: rows may share messages (labels), or leave some out (what came by no list).
    `counted` says what: "message", or "file".
    """

    by: By
    rows: tuple[Row, ...]
    count: int
    size: int
    counted: str = "message"

    @property
    def title(self) -> str:
        return TITLES[self.by]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was written to. An answer is the first message in a conversation after one of
    the other side, counted from the first one that waited; medians in seconds, None for no answer.

    `i_owe` conversations end with a message of theirs, `owes_me` with one of ours to them;
    `waiting` is since when the oldest of those that I owe waits.
    """

    address: str
    name: str
    received: int
    sent: int
    my_answers: int
    my_median: float | None
    their_answers: int
    their_median: float | None
    i_owe: int
    owes_me: int
    waiting: datetime | None


class Large(msgspec.Struct, frozen=True, kw_only=True):
    """One of the largest messages."""

    id: str
    date: datetime | None
    sender: str
    subject: str
    size: int


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """`source` is a mailbox or a path, `count` messages of `size` bytes from `first` to `last`.

    `units` is what it cost on Gmail. `cut`: there is older mail that was not looked at. `failed`
    messages could not be read and are not counted. `people`: those with most open conversations
    first. `notes` say what opening a backup met.
    """

    source: str
    query: str
    count: int
    size: int
    first: datetime | None
    last: datetime | None
    tables: Mapping[By, Table]
    people: tuple[Person, ...]
    largest: tuple[Large, ...]
    units: int = 0
    cut: bool = False
    failed: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()

    def table(self, by: str) -> Table:
        """Raises UsageError for what is not told."""
        for known, found in self.tables.items():
            if known == by:
                return found
        raise UsageError(f"There is no table by {by!r}.", hint=f"There are: {', '.join(KINDS)}.")

    def draw(self, path: str | Path, *, by: str = "month", top: int = 20) -> Path:
        """A picture of a table (or of `reply`) in the new file `path`: .svg, .png or .html, told
        by its ending. Raises UsageError without matplotlib, CannotWrite where the name is taken.
        """
        from gmailkit.services.stats.picture import draw

        return draw(self, Path(path).expanduser(), by=by, top=top)
