"""One message in an mbox file, with what is known of it in lines of its own before its header.

    From 1728938475839201@gmailkit Thu Jan  1 00:00:00 2026      from the SHA-256; the date is UTC
    X-GM-THRID: 1728938475839201
    X-Gmail-Labels: Inbox,Receipts
    Status: RO
    X-Status: AF
    X-Gmailkit: {"v":1,...}
    the message's own bytes, mboxrd-quoted

Where the lines end the message's own bytes begin, exactly. A backup's packs and the files of
Takeout are read too.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from gmailkit.backup.labels import SYSTEM_NAMES, labels_line
from gmailkit.errors import CannotDo
from gmailkit.mime.date import parse_date
from gmailkit.mime.mboxrd import quote_pieces
from gmailkit.model.content import Content
from gmailkit.model.flags import from_gmail, to_gmail
from gmailkit.model.item import Item
from gmailkit.model.shape import to_millis
from gmailkit.stores.mbox.status import noted_flags
from gmailkit.stores.system_names import language_of, names_in, understood

LONGEST_HEAD = 1 << 20  # bytes of our lines; a message may bear very many labels
_LAST_SECOND = 253402300799  # of the year 9999: asctime has four digits for it
_OURS = re.compile(
    rb"(?:X-GM-THRID: \d+\n)?X-Gmail-Labels: [^\n]*+\n(?:[ \t][^\n]*+\n)*+"
    rb"(?:Status: \w+\n)?(?:X-Status: \w+\n)?X-Gmailkit: ([^\n]*+)\n"
)
_OF_TAKEOUT = re.compile(
    rb"X-GM-THRID: (\d+)\r?\n(?:X-Gmail-Labels: ([^\n]*+\n(?:[ \t][^\n]*+\n)*+))?"
)
_TAKEOUT = re.compile(rb"From \d+@(?:xxx|gmailkit)\b")
_HEX = re.compile(r"[0-9a-fA-F]{1,16}")
_DATE = re.compile(rb"From .*?((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b.*)")
_MARKS = {"answered": "A", "draft": "D", "flagged": "F"}  # of X-Status, as mutt reads it


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """The X-Gmailkit line. `labels` maps ids to names; `flags` are those of `model.flags`, None in
    a backup, whose labels say them; `stored` counts the bytes behind the lines, as quoted.
    """

    v: int = 1
    thread: str = ""
    date_ms: int | None = None
    labels: dict[str, str] = {}
    flags: list[str] | None = None
    length: int
    sha256: str
    stored: int = 0


class _Read(Stamp, frozen=True, kw_only=True):
    """What a backup's packs say as well: the bytes stand in the record of `account` and `id`."""

    same: dict[str, str] | None = None


def record(item: Item, digest: str) -> bytes:
    """The separator and our lines for a message. CannotDo where no reader would take them all."""
    stored = sum(map(len, body(item.content)))
    stamp = Stamp(
        thread=item.thread,
        date_ms=None if item.received is None else to_millis(item.received),
        labels={name: name for name in sorted(item.labels)},
        flags=sorted(item.flags),
        length=item.content.size,
        sha256=digest,
        stored=stored,
    )
    head = _head(item, stamp)
    if len(head) > LONGEST_HEAD:
        raise CannotDo(
            f"A message with {len(item.labels):,} labels does not fit into an mbox file.",
            hint="Export it to another form: eml, say.",
        )
    return head


def body(content: Content) -> Iterator[bytes]:
    """The message as it stands in the file, up to the next separator."""
    last = b""
    for piece in quote_pieces(content.pieces()):
        yield piece
        last = piece[-1:] or last
    yield b"\n" if last == b"\n" else b"\n\n"


def _head(item: Item, stamp: Stamp) -> bytes:
    seconds = min(max((stamp.date_ms or 0) // 1000, 0), _LAST_SECOND)
    name = int(stamp.sha256[:15], 16)
    lines = [f"From {name}@gmailkit {time.asctime(time.gmtime(seconds))}"]
    if (thread := _decimal(item.thread)) is not None:
        lines.append(f"X-GM-THRID: {thread}")
    lines.append(labels_line({label: label for label in to_gmail(item.labels, item.flags)}))
    if "seen" in item.flags:
        lines.append("Status: RO")
    if marks := "".join(mark for flag, mark in _MARKS.items() if flag in item.flags):
        lines.append(f"X-Status: {marks}")
    lines.append("X-Gmailkit: " + json.dumps(msgspec.to_builtins(stamp), separators=(",", ":")))
    return "\n".join(lines).encode("ascii") + b"\n"


def stands_elsewhere(stamp: Stamp) -> bool:
    """Whether it is of a backup that has these bytes once, in the record of an equal message."""
    return isinstance(stamp, _Read) and stamp.same is not None


def read_head(separator: bytes, text: bytes) -> tuple[Item, Stamp | None, int]:
    """What the lines before a message say (an item without content), and where its bytes begin."""
    if (ours := _OURS.match(text)) and (stamp := _stamp(ours[1])):
        return _told(stamp), stamp, ours.end()
    received = received_by(separator)
    found = _OF_TAKEOUT.match(text) if _TAKEOUT.match(separator) else None
    if not found:
        return _empty(flags=noted_flags(text), received=received), None, 0
    names = names_in(found[2] or b"")
    labels, flags = from_gmail(understood(names, language_of(dict.fromkeys(names, 1))))
    return _empty(labels, flags, received, f"{int(found[1]):x}"), None, found.end()


def _told(stamp: Stamp) -> Item:
    every = frozenset(id if id in SYSTEM_NAMES else name for id, name in stamp.labels.items())
    labels, flags = from_gmail(every)
    if stamp.flags is not None:
        labels, flags = every, frozenset(stamp.flags)
    return _empty(labels, flags, _moment(stamp.date_ms), stamp.thread)


def _empty(
    labels: frozenset[str] = frozenset(),
    flags: frozenset[str] = frozenset(),
    received: datetime | None = None,
    thread: str = "",
) -> Item:
    return Item(
        content=Content.of(b""), labels=labels, flags=flags, received=received, thread=thread
    )


def _stamp(line: bytes) -> Stamp | None:
    """None where somebody else wrote it, or a version that is not known here."""
    try:
        stamp = msgspec.json.decode(line, type=_Read)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return stamp if stamp.v == 1 else None


def _moment(date_ms: int | None) -> datetime | None:
    try:
        return None if date_ms is None else datetime.fromtimestamp(date_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def received_by(separator: bytes) -> datetime | None:
    found = _DATE.match(separator)
    return parse_date(found[1].decode("latin-1")) if found else None


def _decimal(id: str) -> int | None:
    """Gmail's ids are hex, decimal in Takeout; None for any other name."""
    return int(id, 16) if _HEX.fullmatch(id) else None
