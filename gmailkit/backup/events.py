"""What became of saved mail, and what else an account held: one JSON object a line, only added to.

The messages in the packs stay as they were saved; that one was labelled anew, that Gmail has it no
more, how the settings were and what a run did is told here, with the time at which it was found.
The whole description is docs/backup-format.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from gmailkit.errors import BackupDamaged, UsageError

VERSION = 1


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What all have: whose mailbox it is of, and when it was found (UTC, as `stamped` writes it;
    "" until it is noted)."""

    v: int = VERSION
    account: str
    at: str = ""

    @property
    def at_ms(self) -> int:
        """Milliseconds since 1970."""
        return _millis(self.at)


class Labels(Event, frozen=True, kw_only=True, tag="labels"):
    """A message bears these labels, {id: name}, from now on; Gmail has it (again)."""

    id: str
    labels: Mapping[str, str]


class Gone(Event, frozen=True, kw_only=True, tag="gone"):
    """Gmail has the message no more."""

    id: str


class LabelList(Event, frozen=True, kw_only=True, tag="label_list"):
    """All labels of the account, as Gmail's API gives them: nesting, colours, visibility."""

    labels: tuple[Mapping[str, Any], ...]


class Setting(Event, frozen=True, kw_only=True, tag="setting"):
    """One of the account's settings as Gmail's API gives it: filters, send_as, vacation …"""

    name: str
    value: Any


class Drafts(Event, frozen=True, kw_only=True, tag="drafts"):
    """All drafts there are: {draft id: message id}."""

    drafts: Mapping[str, str]


class Cursor(Event, frozen=True, kw_only=True, tag="cursor"):
    """Where Gmail's history goes on, and whose messages up to there are as told here: all but those
    in Spam and Trash ("mail"), these too ("all"), or only those that are saved ("known").

    It holds only as long as nothing that was saved is lost: `Backup.latest` then knows none.
    """

    history: str
    covers: Literal["known", "mail", "all"] = "mail"


class Run(Event, frozen=True, kw_only=True, tag="run"):
    """What a run did, the last event of each. `mode` is full, incremental or partial: for a
    `choice`, which is told as options of the command line; `stopped` says why it ended early, ""
    for one that came to its end.

    `unexplained` are ids of messages that Gmail has and the backup has not, or the other way round,
    and nobody knows why; `unread` those that could not be read, which later runs try again.
    `settings_at` and `reconciled_at` tell when settings were read and both sides compared last, by
    this run or an earlier one ("": never). `packs_head` (hex) is the digest of the newest frame of
    messages; it is filled in when the run is noted.
    """

    mode: str
    choice: str = ""
    wanted: int = 0
    saved: int = 0
    gone: int = 0
    relabelled: int = 0
    unexplained: tuple[str, ...] = ()
    reconciled: bool = False
    unread: tuple[str, ...] = ()
    settings_at: str = ""
    reconciled_at: str = ""
    stopped: str = ""
    packs_head: str = ""


class Damaged(Event, frozen=True, kw_only=True, tag="damaged"):
    """A frame of a stream ("packs" or "events") that is damaged or gone, and which messages are
    known to have lain in it: ids by account. Whatever of them was saved is saved further on.
    """

    stream: str
    number: int
    offset: int
    length: int  # header included
    messages: Mapping[str, tuple[str, ...]]


class Compacted(Event, frozen=True, kw_only=True, tag="compacted"):
    """The first event of a backup that was made from another one by leaving out what its owner let
    go: the heads (hex) of that one, how many messages were kept and dropped, and the rules (name:
    value) that were given.
    """

    head: str
    events_head: str
    kept: int
    dropped: int
    rules: Mapping[str, str]


class LetGo(Event, frozen=True, kw_only=True, tag="let_go"):
    """Messages that a compaction left out by its rules and that Gmail still had: a run takes them
    only where its search or label names them. Many stretch over several events.
    """

    ids: tuple[str, ...]


class Verified(Event, frozen=True, kw_only=True, tag="verified"):
    """Messages that came from elsewhere, whose bytes were found to be those that Gmail has. Many
    stretch over several events.
    """

    ids: tuple[str, ...]


OfMessage = Labels | Gone
AnyEvent = (
    Labels
    | Gone
    | LabelList
    | Setting
    | Drafts
    | Cursor
    | Run
    | Damaged
    | Compacted
    | LetGo
    | Verified
)
_DECODER = msgspec.json.Decoder(AnyEvent)


class _Tag(msgspec.Struct):
    v: int
    kind: str


_TAGS = msgspec.json.Decoder(_Tag)
KINDS = frozenset(
    str(kind.__struct_config__.tag)
    for kind in (
        Labels,
        Gone,
        LabelList,
        Setting,
        Drafts,
        Cursor,
        Run,
        Damaged,
        Compacted,
        LetGo,
        Verified,
    )
)


def kind_of(event: Event | type[Event]) -> str:
    """What it is called on disk."""
    return str(event.__struct_config__.tag)


def stamped(millis: int) -> str:
    """A moment as events write it: 2026-11-30T04:00:00.000Z. Milliseconds since 1970."""
    moment = datetime.fromtimestamp(millis / 1000, UTC).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def encode(event: Event) -> bytes:
    """The event's line. Raises UsageError for text that is no valid Unicode."""
    try:
        return msgspec.json.encode(event) + b"\n"
    except UnicodeEncodeError as error:
        raise UsageError("An event has a name that is no valid Unicode.") from error


def decode(line: bytes) -> AnyEvent | None:
    """The event of a line; None for a kind that a later gmailkit added.

    Raises BackupDamaged for what is no event, or one of a version not known here.
    """
    try:
        tag = _TAGS.decode(line)
        if tag.v != VERSION:
            raise BackupDamaged(f"An event has version {tag.v}, which is not known here.")
        if tag.kind not in KINDS:
            return None
        event: AnyEvent = _DECODER.decode(line)
        _millis(event.at)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BackupDamaged("An event cannot be read.") from error
    return event


def lines(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Each line of a frame's text with its position. Raises BackupDamaged."""
    if not text.endswith(b"\n"):
        raise BackupDamaged("A frame does not hold whole lines.")
    start = 0
    while start < len(text):
        end = text.index(b"\n", start) + 1
        yield start, text[start:end]
        start = end


def line_at(text: bytes, position: int) -> bytes:
    """The line that begins at `position`; raises BackupDamaged when none does."""
    end = text.find(b"\n", position) + 1
    if not end or (position and text[position - 1 : position] != b"\n"):
        raise BackupDamaged(f"No event begins at byte {position} of its frame.")
    return text[position:end]


def _millis(at: str) -> int:
    """Raises ValueError. A moment without a zone is none."""
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(at)
    return round(moment.timestamp() * 1000)
