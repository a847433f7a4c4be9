"""Messages counted one by one. What is held grows with who wrote, not with how much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import heappush, heappushpop

from gmailkit.backup.labels import shown
from gmailkit.errors import Failure
from gmailkit.model.mail import Address
from gmailkit.model.shape import to_millis
from gmailkit.services.stats.model import IN_ORDER, By, Large, Row, Stats, Table
from gmailkit.services.stats.replies import Replies
from gmailkit.zones import local

_MOST = 200_000  # different keys of one table; what comes later is counted together
_OTHERS = ""
_LARGEST = 20
_LONGEST = 100  # years of a mailbox
_SIZES = (
    (10_000, "under 10 kB"),
    (100_000, "10 to 100 kB"),
    (1_000_000, "100 kB to 1 MB"),
    (5_000_000, "1 to 5 MB"),
    (10_000_000, "5 to 10 MB"),
    (25_000_000, "10 to 25 MB"),
)
_LARGER = "25 MB and more"
# An answer to these is expected by nobody.
_NO_CONVERSATION = frozenset(("SPAM", "TRASH", "DRAFT", "CHAT"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is counted of a message. `labels` are names, Gmail's own by their ids; `files` are what
    is attached: type (ending, or content type) and bytes. `bulk`: it went to many.
    """

    id: str
    thread: str
    date: datetime | None
    sender: Address | None
    to: tuple[Address, ...]
    subject: str
    labels: frozenset[str]
    list_id: str
    bulk: bool
    size: int
    files: tuple[tuple[str, int], ...] = ()


class _Group:
    """Count and bytes by key; a key has the first name that it was called by."""

    def __init__(self) -> None:
        self._rows: dict[str, list[int]] = {}
        self._names: dict[str, str] = {}

    def add(self, key: str, size: int, *, count: int = 1, name: str = "") -> None:
        if key not in self._rows and len(self._rows) >= _MOST:
            key = _OTHERS
        row = self._rows.setdefault(key, [0, 0])
        row[0] += count
        row[1] += size
        if name and key not in self._names:
            self._names[key] = name

    def rows(self, by: By) -> tuple[Row, ...]:
        made = [
            Row(key=key, name=self._names.get(key, key) or "(none)", count=count, size=size)
            for key, (count, size) in self._rows.items()
        ]
        if by in IN_ORDER:
            return tuple(sorted(made, key=lambda row: row.key))
        return tuple(sorted(made, key=lambda row: (-row.size, -row.count, row.key)))


class Tally:
    """Take messages with the oldest first, so that answers are told from what they answer.

    `own` are the addresses of the mailbox; what bears SENT is own mail, too.
    """

    def __init__(self, own: Iterable[str]) -> None:
        self._own = {each.casefold() for each in own if each}
        self._count = self._size = self._files = self._file_size = 0
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._groups: dict[By, _Group] = {}
        self._replies = Replies()
        self._largest: list[tuple[int, int, Large]] = []

    def add(self, seen: Seen) -> None:
        self._count += 1
        self._size += seen.size
        self._who(seen)
        if seen.date:
            self._when(seen.date, seen.size)
        for label in seen.labels:
            self._put("label", label, seen.size, name=shown(label))
        self._put("size", *_bucket(seen.size))
        for kind, size in seen.files:
            self.add_files(kind, 1, size)
        self._keep_largest(seen)

    def add_files(self, kind: str, count: int, size: int) -> None:
        """So many attached files of a type."""
        self._files += count
        self._file_size += size
        self._group("attachment").add(kind, size, count=count)

    def stats(
        self,
        source: str,
        query: str,
        *,
        files_are: str = "file",
        units: int = 0,
        cut: bool = False,
        failed: Iterable[Failure] = (),
    ) -> Stats:
        """All of it; `files_are` says what was counted of attachments."""
        tables: dict[By, Table] = {}
        for by in _TABLES:
            files = by == "attachment"
            tables[by] = Table(
                by=by,
                rows=_complete(by, self._group(by).rows(by)),
                count=self._files if files else self._count,
                size=self._file_size if files else self._size,
                counted=files_are if files else "message",
            )
        return Stats(
            source=source,
            query=query,
            count=self._count,
            size=self._size,
            first=self._first,
            last=self._last,
            tables=tables,
            people=self._replies.people(),
            largest=tuple(each for _, _, each in sorted(self._largest, reverse=True)),
            units=units,
            cut=cut,
            failed=tuple(failed),
        )

    def _who(self, seen: Seen) -> None:
        sender = seen.sender
        address = sender.email.casefold() if sender else ""
        self._put("sender", address, seen.size, name=str(sender) if sender else "")
        self._put("domain", address.rpartition("@")[2], seen.size)
        if seen.list_id:
            self._put("list", seen.list_id, seen.size)
        if _NO_CONVERSATION & seen.labels or seen.date is None:
            return
        millis = to_millis(seen.date)
        if "SENT" in seen.labels or address in self._own:
            others = (each for each in seen.to if each.email.casefold() not in self._own)
            self._replies.sent(seen.thread, millis, others)
        elif sender and not seen.bulk:
            self._replies.received(seen.thread, millis, sender)

    def _when(self, date: datetime, size: int) -> None:
        self._first = min(self._first or date, date)
        self._last = max(self._last or date, date)
        here = _here(date)
        self._put("year", f"{here:%Y}".rjust(4, "0"), size)
        self._put("month", f"{here:%Y-%m}".rjust(7, "0"), size)
        self._put("hour", f"{here:%H}", size, name=f"{here:%H}:00")

    def _put(self, by: By, key: str, size: int, *, name: str = "") -> None:
        self._group(by).add(key, size, name=name)

    def _group(self, by: By) -> _Group:
        return self._groups.setdefault(by, _Group())

    def _keep_largest(self, seen: Seen) -> None:
        who = str(seen.sender) if seen.sender else ""
        large = Large(id=seen.id, date=seen.date, sender=who, subject=seen.subject, size=seen.size)
        entry = (seen.size, -self._count, large)
        if len(self._largest) < _LARGEST:
            heappush(self._largest, entry)
        else:
            heappushpop(self._largest, entry)


_TABLES: tuple[By, ...] = (
    *("sender", "domain", "label", "list", "year", "month", "size", "hour", "attachment"),
)


def _bucket(size: int) -> tuple[str, int]:
    """The key of a size, and the size."""
    number = next((n for n, (most, _) in enumerate(_SIZES) if size < most), len(_SIZES))
    return str(number), size


def _complete(by: By, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """What follows one another has no gaps: a month without mail is one with none."""
    if not rows:
        return rows
    known = {row.key: row for row in rows}
    match by:
        case "size":
            names = {str(n): name for n, (_, name) in enumerate(_SIZES)}
            names[str(len(_SIZES))] = _LARGER
        case "hour":
            names = {f"{hour:02}": f"{hour:02}:00" for hour in range(24)}
        case "year" | "month":
            names = {each: each for each in _between(rows[0].key, rows[-1].key)}
        case _:
            return rows
    empty = {key: Row(key=key, name=name, count=0, size=0) for key, name in names.items()}
    return tuple(
        Row(key=key, name=names.get(key, key), count=row.count, size=row.size)
        for key, row in (empty | known).items()
    )


def _between(first: str, last: str) -> Iterable[str]:
    """Years, or months, from the first to the last; none where a date is surely wrong."""
    if int(last[:4]) - int(first[:4]) > _LONGEST:
        return ()
    if len(first) == 4:
        return (f"{year:04}" for year in range(int(first), int(last) + 1))
    one, other = (int(each[:4]) * 12 + int(each[5:]) - 1 for each in (first, last))
    return (f"{month // 12:04}-{month % 12 + 1:02}" for month in range(one, other + 1))


def _here(date: datetime) -> datetime:
    try:
        return local(date)
    except (OverflowError, ValueError, OSError):
        return date
