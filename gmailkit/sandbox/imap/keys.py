"""What a message is searched by: one small test for each key of SEARCH (RFC 3501 section 6.4.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

from gmailkit.sandbox import headers, tree
from gmailkit.sandbox.headers import Message
from gmailkit.sandbox.imap.flags import Marks
from gmailkit.sandbox.state.folders import Numbered
from gmailkit.sandbox.state.state import State


@dataclass(frozen=True)
class Candidate:
    """A message with its numbers; what has to be read for it is read once."""

    state: State
    found: Numbered
    number: int
    marks: Marks

    @cached_property
    def raw(self) -> bytes:
        return self.state.messages.raw(self.found.stored.n)

    @cached_property
    def head(self) -> Message:
        return headers.read(self.raw)

    @cached_property
    def flags(self) -> frozenset[str]:
        return frozenset(flag.lower() for flag in self.marks.flags)

    @cached_property
    def body(self) -> str:
        """The text of all parts of text."""
        leaves = (part for part in tree.read(self.raw).walk() if part.is_text and not part.parts)
        return folded("\n".join(part.content().decode("utf-8", "replace") for part in leaves))

    @cached_property
    def head_text(self) -> str:
        from gmailkit.mime.header import decode

        return folded("\n".join(f"{f.name}: {decode(f.value)}" for f in self.head.fields))

    def values(self, name: str) -> list[str]:
        """Decoded, for comparing."""
        from gmailkit.mime.header import decode

        return [folded(decode(value)) for value in self.head.values(name)]


Key = Callable[[Candidate], bool]


def received(candidate: Candidate) -> date | None:
    """Open: in which zone Gmail counts the days of a folder. In UTC here."""
    return datetime.fromtimestamp(candidate.found.stored.date_ms // 1000, UTC).date()


def sent(candidate: Candidate) -> date | None:
    """The day of the Date header, whatever its zone."""
    from gmailkit.mime.date import parse_date

    said = parse_date(candidate.head.value("date"))
    return said.date() if said else None


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


def everything(_: Candidate) -> bool:
    return True


def nothing(_: Candidate) -> bool:
    return False


def inverse(key: Key) -> Key:
    return lambda candidate: not key(candidate)


def both(keys: list[Key]) -> Key:
    return lambda candidate: all(key(candidate) for key in keys)


def either(one: Key, other: Key) -> Key:
    return lambda candidate: one(candidate) or other(candidate)


def flag(name: str) -> Key:
    low = name.lower()
    return lambda candidate: low in candidate.flags


def header(name: str, value: str) -> Key:
    """Open: why a HEADER search with a "%" finds nothing at Gmail. It does not here either."""
    low, wanted = name.lower(), folded(value)
    if "%" in value:
        return nothing
    return lambda candidate: any(wanted in said for said in candidate.values(low))


def body(value: str) -> Key:
    wanted = folded(value)
    return lambda candidate: wanted in candidate.body


def text(value: str) -> Key:
    wanted = folded(value)
    return lambda candidate: wanted in candidate.head_text or wanted in candidate.body


def larger(size: int) -> Key:
    return lambda candidate: candidate.found.stored.size > size


def smaller(size: int) -> Key:
    return lambda candidate: candidate.found.stored.size < size


def dated(day_of: Callable[[Candidate], date | None], fits: Callable[[date], bool]) -> Key:
    return lambda candidate: (day := day_of(candidate)) is not None and fits(day)


def label(id: str) -> Key:
    return lambda candidate: id in candidate.marks.labels


def moved_since(history: int) -> Key:
    return lambda candidate: candidate.found.stored.history >= history
