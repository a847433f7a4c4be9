"""What a server says of folders and messages (RFC 3501 sections 7.2 to 7.4, RFC 6154, Gmail's
X-GM-EXT-1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gmailkit.model.imap_dates import moment_of

_MOST_GONE = 1 << 24
_LARGEST = 1 << 63  # what a server may say of anything before it is nonsense


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """`name` is decoded, `attributes` are in lower case ("\\\\sent"); `delimiter` parts levels."""

    name: str
    delimiter: str = "/"
    attributes: frozenset[str] = frozenset()

    @property
    def holds_mail(self) -> bool:
        return self.attributes.isdisjoint(("\\noselect", "\\nonexistent"))

    def has(self, attribute: str) -> bool:
        return attribute.lower() in self.attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """`next` is the UID of the next message to come, 0 where the server does not say; `keywords`:
    whether it keeps any flag; `modified` the highest MODSEQ (RFC 7162), 0 where it knows none.
    """

    folder: str
    validity: int
    next: int = 0
    count: int = 0
    keywords: bool = False
    modified: int = 0
    writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A message as a folder lists it. `size` is what the server claims. `id`, `thread` (numbers)
    and `labels` are Gmail's.
    """

    uid: int
    size: int = 0
    received: datetime | None = None
    flags: frozenset[str] = frozenset()
    id: int = 0
    thread: int = 0
    labels: tuple[str, ...] = ()
    modified: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What FETCH gave of one message: how it is listed, and `bytes` where they were asked for."""

    listed: Listed
    bytes: bytes | None = None


def folders_in(parsed: Iterable[Any], *, utf8: bool) -> Iterator[Folder]:
    """Of the answers to LIST: flags, delimiter and name, three for each."""
    flat = list(parsed)
    for flags, delimiter, name in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
        yield Folder(
            name=name_of(name, utf8=utf8),
            delimiter=_text(delimiter) or "",
            attributes=frozenset(_text(each).lower() for each in flags),
        )


def name_of(name: bytes | None, *, utf8: bool) -> str:
    """A name as it came: modified UTF-7, or UTF-8 where that was agreed on or is plain to see."""
    from imapclient.imap_utf7 import decode

    if name is None:
        return "NIL"
    if utf8 or not name.isascii():
        return name.decode("utf-8", "replace")
    try:
        return str(decode(name))
    except UnicodeError:  # no UTF-7: as it stands
        return name.decode("ascii")


def fetched(parsed: Iterable[Any], *, utf8: bool) -> dict[int, Got]:
    """By UID. What comes without one was not asked for, and is passed over: its number may be that
    of another message.
    """
    found: dict[int, Got] = {}
    flat = list(parsed)
    for values in flat[1::2]:
        if not isinstance(values, tuple) or len(values) % 2:
            raise ValueError("a FETCH that is no list of pairs")
        pairs = zip(values[::2], values[1::2], strict=True)
        facts = {_text(key).upper(): value for key, value in pairs}
        if uid := _number(facts.get("UID")):
            found[uid] = _with(found.get(uid), uid, facts, utf8=utf8)
    return found


def _with(got: Got | None, uid: int, facts: dict[str, Any], *, utf8: bool) -> Got:
    """What was known of a message, and what is said of it now."""
    new: dict[str, Any] = {}
    body = got.bytes if got else None
    for key, value in facts.items():
        match key:
            case "RFC822.SIZE":
                new["size"] = _number(value)
            case "INTERNALDATE":
                new["received"] = moment_of(_text(value).strip())
            case "FLAGS":
                new["flags"] = frozenset(map(_text, value or ()))
            case "MODSEQ":
                new["modified"] = _number(value[0] if value else 0)
            case "X-GM-MSGID":
                new["id"] = _number(value)
            case "X-GM-THRID":
                new["thread"] = _number(value)
            case "X-GM-LABELS":
                new["labels"] = tuple(name_of(each, utf8=utf8) for each in value or ())
            case _ if key.startswith(("BODY[", "BINARY[")):
                body = value or b""  # some say NIL for nothing
    listed = replace(got.listed, **new) if got else Listed(uid=uid, **new)
    return Got(listed=listed, bytes=body)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _number(value: Any) -> int:
    number = int(value) if value is not None else 0
    if not 0 <= number < 2 * _LARGEST:
        raise ValueError("a number without sense")
    return number


def numbers(uids: Iterable[int]) -> str:
    """As a sequence set (RFC 3501 section 9), runs put together: 1:4,7."""
    runs: list[list[int]] = []
    for uid in sorted(uids):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)


def numbered(line: bytes) -> Iterator[int]:
    """Of VANISHED (RFC 7162 section 3.2.10): "(EARLIER) 1:4,7"; ValueError for what is none."""
    for part in line.split(b" ")[-1].split(b","):
        first, _, last = part.partition(b":")
        begin, end = sorted((int(first), int(last or first)))
        if end - begin > _MOST_GONE:
            raise ValueError("more messages are gone than there can be")
        yield from range(begin, end + 1)
