"""One message as it stands in a pack: mboxrd with Takeout's header lines and one line of ours.

    From 1728938475839201@xxx Thu Jan  1 00:00:00 2026          RFC 4155, UTC
    X-GM-THRID: 1728938475839201
    X-Gmail-Labels: Inbox,Unread,Receipts
    X-Gmailkit: {"v":1,"account":...,"id":...,"length":...,"sha256":...}
    the message's own bytes, mboxrd-quoted; a newline if the last one is missing
    an empty line

A message whose very bytes stand in another record has none of its own: its X-Gmailkit line says
which one that is. The whole description is docs/backup-format.md.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _text_json

import msgspec

from gmailkit.backup.labels import labels_line
from gmailkit.errors import BackupDamaged, UsageError
from gmailkit.mime.mboxrd import quote, quote_pieces, unquote
from gmailkit.model.content import Content
from gmailkit.model.digests import sha256_of

VERSION = 1
_STAMP = b"\nX-Gmailkit: "
# Most mail has none, and looking for it is ten times faster than quoting; looking from the end is
# ten times faster again, for then Python looks for the F.
_MAY_NEED_QUOTES = b"From "
_LAST_SECOND = 253402300799  # of the year 9999: asctime has four digits for it


class Same(msgspec.Struct, frozen=True):
    """The message in whose record the bytes stand; never one that points on."""

    account: str
    id: str


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What the X-Gmailkit line says of a message.

    `date_ms` is Gmail's internalDate, `labels` maps ids to names as they were when the message
    was saved, `length` and `sha256` (hex) are of the message's exact bytes. `saved` is when it was
    saved, in milliseconds since 1970; 0 where that was not written down (gmailkit before events).
    `same`: its bytes are those of another message, and stand in that one's record alone. `origin`:
    they come from there ("takeout"), not from Gmail, and need not be those that Gmail has.
    """

    v: int = VERSION
    account: str
    id: str
    thread: str
    date_ms: int
    labels: Mapping[str, str]
    length: int
    sha256: str
    saved: int = 0
    same: Same | None = None
    origin: str = ""

    @property
    def stands(self) -> int:
        """How many bytes of the message stand in its own record."""
        return 0 if self.same else self.length


@dataclass(frozen=True, slots=True)
class Record:
    """A message to keep: whose, which, of which thread, when (internalDate), its labels
    {id: name} and its bytes; `content` in their place for one too large to be held. `saved` is as
    in the stamp, None for one that is saved now; `origin` as there. Raises UsageError when a name
    is no valid Unicode.
    """

    account: str
    id: str
    thread: str
    date_ms: int
    labels: Mapping[str, str]
    raw: bytes = field(default=b"", repr=False)
    content: Content | None = field(default=None, repr=False)
    saved: int | None = field(default=None, compare=False)
    origin: str = ""

    def __post_init__(self) -> None:
        try:
            for text in (self.account, self.id, self.thread, *self.labels, *self.labels.values()):
                text.encode()
        except UnicodeEncodeError as error:
            raise UsageError(f"Message {self.id!r} has a name that is no valid Unicode.") from error

    def stamp(self, now: int = 0) -> Stamp:
        """`now`: when it is saved, unless it says so itself."""
        return Stamp(
            account=self.account,
            id=self.id,
            thread=self.thread,
            date_ms=self.date_ms,
            labels=self.labels,
            length=self.content.size if self.content else len(self.raw),
            sha256=self.content.digest if self.content else sha256_of([self.raw]),
            saved=now if self.saved is None else self.saved,
            origin=self.origin,
        )


class Streamed(msgspec.Struct, frozen=True):
    """The pieces of a record whose message is not held; each iteration reads it again."""

    head: bytes
    content: Content

    def __iter__(self) -> Iterator[bytes]:
        yield self.head
        last = b""
        for piece in quote_pieces(self.content.pieces()):
            yield piece
            last = piece[-1:] or last
        yield b"\n" if last == b"\n" else b"\n\n"


def encode(record: Record, stamp: Stamp) -> Iterable[bytes]:
    """The record in pieces: a big message is not copied just to stand behind its header."""
    if stamp.same:
        return _head(stamp), b"\n\n"
    if record.content:
        return Streamed(_head(stamp), record.content)
    ending = b"\n" if record.raw.endswith(b"\n") else b"\n\n"
    raw = quote(record.raw) if record.raw.rfind(_MAY_NEED_QUOTES) >= 0 else record.raw
    return _head(stamp), raw, ending


def decode(text: bytes, position: int = 0) -> Record:
    """The message of the record that begins there; raises as `examine` and `record_at` do, and
    where its bytes stand in another."""
    raw: bytes | memoryview
    if text.startswith(b"From ", position) and (plain := _plain(text, position)):
        stamp, raw = plain.stamp, text[plain.start : plain.end]
    else:
        stamp, raw = examine(record_at(text, position))
    if stamp.same:
        raise BackupDamaged(f"Message {stamp.id} has no bytes of its own there.")
    return Record(
        account=stamp.account,
        id=stamp.id,
        thread=stamp.thread,
        date_ms=stamp.date_ms,
        labels=stamp.labels,
        raw=bytes(raw),
        saved=stamp.saved,
        origin=stamp.origin,
    )


def examine(text: bytes) -> tuple[Stamp, bytes | memoryview]:
    """A record's stamp and the message's bytes, which have the length and SHA-256 it says; none
    where they stand in another.

    Raises BackupDamaged saying what does not fit.
    """
    stamp, start = read_stamp(text)
    raw: bytes | memoryview = memoryview(text)[start:-1]  # big messages are not copied
    if text.rfind(_MAY_NEED_QUOTES, start) >= 0:
        raw = unquote(bytes(raw))
    if len(raw) == stamp.stands + 1 and raw[-1:] == b"\n":
        raw = raw[:-1]
    if len(raw) != stamp.stands or not text.endswith(b"\n"):
        raise BackupDamaged(f"Message {stamp.id} is {len(raw)} bytes long, not {stamp.stands}.")
    if not stamp.same and hashlib.sha256(raw).hexdigest() != stamp.sha256:
        raise BackupDamaged(f"Message {stamp.id} does not have the SHA-256 it was saved with.")
    return stamp, raw


def read_stamp(text: bytes, at: int = 0) -> tuple[Stamp, int]:
    """The stamp of the record at `at`, and where the message's own (quoted) bytes begin.

    Raises BackupDamaged when `text` is no record of a version known here.
    """
    line = text.find(_STAMP, at)
    end = text.find(b"\n", line + 1)
    if line < 0 or end < 0:
        raise BackupDamaged("A record has no X-Gmailkit line.")
    try:
        stamp = msgspec.json.decode(text[line + len(_STAMP) : end], type=Stamp)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupDamaged("A record's X-Gmailkit line cannot be read.") from error
    if stamp.v != VERSION:
        raise BackupDamaged(f"A record has version {stamp.v}, which is not known here.")
    return stamp, end + 1


def examined(text: bytes) -> Iterator[tuple[int, Stamp | BackupDamaged]]:
    """The stamp of each record of a frame's text, examined, and its position; an error in the
    place of one that is not as it was saved. Raises BackupDamaged where `text` is no row of them.
    """
    _must_be_records(text)
    at = 0
    while at < len(text):
        if plain := _plain(text, at):
            yield at, plain.stamp
            at = plain.ending
            continue
        record = record_at(text, at)
        try:
            stamp, _ = examine(record)
        except BackupDamaged as error:
            yield at, error
        else:
            yield at, stamp
        at += len(record)


class _Plain(msgspec.Struct, frozen=True):
    """A record whose message stands there as it is, from `start` to `end`; `ending` is where the
    next one begins."""

    stamp: Stamp
    start: int
    end: int
    ending: int


def _plain(text: bytes, at: int) -> _Plain | None:
    """The record at `at`; None for one that may be quoted, or is not as it was saved.

    Most messages hold no "From ": then it is plain where they end, and nothing is looked for.
    """
    try:
        stamp, start = read_stamp(text, at)
    except BackupDamaged:
        return None
    end = start + stamp.stands
    ending = end + (1 if stamp.stands and text.startswith(b"\n", end - 1) else 2)
    if stamp.length < 0 or text[end:ending].strip(b"\n") or ending > len(text):
        return None
    if ending < len(text) and not text.startswith(b"From ", ending):
        return None
    if text.find(b"\nFrom ", at, start) >= 0 or text.rfind(_MAY_NEED_QUOTES, start, end) >= 0:
        return None
    if not stamp.same and hashlib.sha256(memoryview(text)[start:end]).hexdigest() != stamp.sha256:
        return None
    return _Plain(stamp, start, end, ending)


def _must_be_records(text: bytes) -> None:
    if not text.startswith(b"From ") or not text.endswith(b"\n\n"):
        raise BackupDamaged("A frame does not hold whole records.")


def record_at(text: bytes, position: int) -> bytes:
    """The one record that begins at `position`; raises BackupDamaged when none does."""
    if not text.startswith(b"From ", position):
        raise BackupDamaged(f"No record begins at byte {position} of its frame.")
    end = len(text)
    while (start := text.rfind(b"\nFrom ", position, end)) >= 0:
        end = start + 1
    return text[position:end]


def labels_json(labels: Mapping[str, str]) -> str:
    """Labels as one ASCII text; equal labels give equal texts."""
    return _labels_json(tuple(sorted(labels.items())))


@lru_cache(maxsize=256)  # the same few sets of labels come back again and again
def _labels_json(labels: tuple[tuple[str, str], ...]) -> str:
    return json.dumps(dict(labels), separators=(",", ":"))


def _head(stamp: Stamp) -> bytes:
    """The separator and header lines. ASCII, whatever the labels are called."""
    seconds = min(max(stamp.date_ms // 1000, 0), _LAST_SECOND)
    lines = [f"From {_decimal(stamp.id) or 0}@xxx {time.asctime(time.gmtime(seconds))}"]
    if thread := _decimal(stamp.thread):
        lines.append(f"X-GM-THRID: {thread}")
    lines.append(labels_line(stamp.labels))
    lines.append(f"X-Gmailkit: {_stamp_json(stamp)}")
    return "\n".join(lines).encode("ascii") + b"\n"


def _stamp_json(stamp: Stamp) -> str:
    """By hand: there is one for each message, and json.dumps takes five times as long."""
    saved = f',"saved":{stamp.saved}' if stamp.saved else ""
    same = f',"same":{_same_json(stamp.same)}' if stamp.same else ""
    origin = f',"origin":{_text_json(stamp.origin)}' if stamp.origin else ""
    return (
        f'{{"v":{stamp.v},"account":{_text_json(stamp.account)},"id":{_text_json(stamp.id)},'
        f'"thread":{_text_json(stamp.thread)},"date_ms":{stamp.date_ms},'
        f'"labels":{labels_json(stamp.labels)},"length":{stamp.length},'
        f'"sha256":"{stamp.sha256}"{saved}{same}{origin}}}'
    )


def _same_json(same: Same) -> str:
    return f'{{"account":{_text_json(same.account)},"id":{_text_json(same.id)}}}'


def _decimal(id: str) -> int | None:
    """Gmail's ids are hex on the wire, decimal in Takeout and IMAP; None for any other id."""
    try:
        return int(id, 16)
    except ValueError:
        return None
