"""What a client says, read piece by piece (RFC 3501 section 9)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from gmailkit.sandbox.imap import names
from gmailkit.sandbox.imap.answer import Misspelt

Sequence = tuple[tuple[int | None, int | None], ...]  # None stands for "*"

_MOST_RANGES = 20_000
_DEEPEST = 50

_TAG = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\+]{1,100}")
_ATOM = re.compile(rb"[^\x00-\x20\x7f(){%*\"\\\]]+")
_ASTRING = re.compile(rb"[^\x00-\x20\x7f(){%*\"\\]+")
_PATTERN = re.compile(rb"[^\x00-\x20\x7f(){\"\\]+")
_FLAG = re.compile(rb"\\?[^\x00-\x20\x7f(){%*\"\\\]]+")
_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
_LITERAL = re.compile(rb"~?\{(\d{1,12})[+-]?\}\r?\n")
_NUMBER = re.compile(rb"\d{1,20}")
_SEQUENCE = re.compile(
    rb"(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?(?:,(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?)*"
)
_ESCAPED = re.compile(rb"\\(.)", re.S)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DATE = re.compile(r"(\d{1,2})-([a-z]{3})-(\d{4})", re.I)
_DATE_TIME = re.compile(
    r" ?(\d{1,2})-([a-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})", re.I
)


class Text:
    """The bytes of a command and the place up to which they are read. All raise Misspelt.

    `utf8`: names are in UTF-8, where an "&" is nothing but itself (RFC 6855 section 3).
    """

    def __init__(self, command: bytes, *, utf8: bool = False) -> None:
        self._command = command
        self._utf8 = utf8
        self._at = 0
        self._deep = 0

    @property
    def rest(self) -> bytes:
        return self._command[self._at :].rstrip(b"\r\n")

    def at_end(self) -> bool:
        return not self.rest

    def end(self) -> None:
        if self.rest.strip(b" "):
            raise Misspelt

    def sees(self, sign: bytes) -> bool:
        return self._command.startswith(sign, self._at)

    def skips(self, sign: bytes) -> bool:
        """Whether `sign` stands here; then it is passed over. Letters in any case."""
        if self._command[self._at : self._at + len(sign)].upper() != sign.upper():
            return False
        self._at += len(sign)
        return True

    def expect(self, sign: bytes) -> None:
        if not self.skips(sign):
            raise Misspelt

    def space(self) -> None:
        self.expect(b" ")
        while self.skips(b" "):
            pass

    def tag(self) -> bytes:
        return self._match(_TAG)

    def word(self) -> bytes:
        """An atom in upper case."""
        return self._match(_ATOM).upper()

    def number(self) -> int:
        return int(self._match(_NUMBER))

    def astring(self) -> bytes:
        return self._string_or(_ASTRING)

    def flag(self) -> str:
        return self._match(_FLAG).decode("ascii", "replace")

    def label(self) -> str:
        """A word of X-GM-LABELS: a flag-like atom such as \\Inbox, or a name."""
        return self._named(self._match(_FLAG) if self.sees(b"\\") else self.astring())

    def pattern(self) -> str:
        """A list-mailbox, with wildcards."""
        return self._named(self._string_or(_PATTERN))

    def mailbox(self) -> str:
        return self._named(self.astring())

    def sequence(self) -> Sequence:
        ranges = self._match(_SEQUENCE).split(b",")
        if len(ranges) > _MOST_RANGES:
            raise Misspelt("Too many ranges in a sequence set")
        return tuple(_range(one) for one in ranges)

    def sees_sequence(self) -> bool:
        return bool(re.compile(rb"[\d*]").match(self._command, self._at))

    def date(self) -> date:
        found = _DATE.fullmatch(self.astring().decode("ascii", "replace"))
        if found is None:
            raise Misspelt("Invalid date")
        return _day(*found.groups())

    def date_time(self) -> datetime:
        """Such as "17-Jul-1996 02:44:25 -0700"."""
        found = _DATE_TIME.fullmatch(self._quoted().decode("ascii", "replace"))
        if found is None:
            raise Misspelt("Invalid date-time")
        day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        try:
            local = datetime(*_day(day, month, year).timetuple()[:3], tzinfo=UTC)
            local += timedelta(hours=int(hour), minutes=int(minute), seconds=int(second))
            return local + (offset if sign == "-" else -offset)
        except OverflowError as error:
            raise Misspelt("Invalid date-time") from error

    def opens(self) -> bool:
        """Whether a list begins here; then it is entered."""
        if not self.skips(b"("):
            return False
        self._deep += 1
        if self._deep > _DEEPEST:
            raise Misspelt("Nested too deep")
        return True

    def closes(self) -> bool:
        """Between the items of a list: whether it ends; else the blank before the next is read."""
        if self.skips(b")"):
            self._deep -= 1
            return True
        return False

    def _named(self, name: bytes) -> str:
        try:
            return name.decode() if self._utf8 else names.decode(name)
        except ValueError as error:
            raise Misspelt("Invalid mailbox name") from error

    def _string_or(self, plain: re.Pattern[bytes]) -> bytes:
        if self.sees(b'"'):
            return self._quoted()
        if found := _LITERAL.match(self._command, self._at):
            start = found.end()
            self._at = start + int(found[1])
            return self._command[start : self._at]
        return self._match(plain)

    def _quoted(self) -> bytes:
        return _ESCAPED.sub(rb"\1", self._match(_QUOTED)[1:-1])

    def matched(self, pattern: re.Pattern[bytes]) -> bytes:
        """What `pattern` finds here; b"" where it finds nothing."""
        found = pattern.match(self._command, self._at)
        if found is not None:
            self._at = found.end()
        return found[0] if found else b""

    def _match(self, pattern: re.Pattern[bytes]) -> bytes:
        found = pattern.match(self._command, self._at)
        if found is None:
            raise Misspelt
        self._at = found.end()
        return found[0]


def contains(sequence: Sequence, number: int, last: int) -> bool:
    """Whether it names `number`; `last` is what "*" stands for."""
    return any(low <= number <= high for low, high in bounds(sequence, last))


def bounds(sequence: Sequence, last: int) -> list[tuple[int, int]]:
    """Its ranges, each from the lower end to the higher."""
    ends = [(last if a is None else a, last if b is None else b) for a, b in sequence]
    return [(min(a, b), max(a, b)) for a, b in ends]


def chosen(sequence: Sequence, numbers: list[int], last: int) -> list[int]:
    """Those of the ascending `numbers` that it names."""
    from bisect import bisect_left, bisect_right

    found: set[int] = set()
    for low, high in bounds(sequence, last):
        found.update(numbers[bisect_left(numbers, low) : bisect_right(numbers, high)])
    return sorted(found)


def _range(text: bytes) -> tuple[int | None, int | None]:
    low, _, high = text.partition(b":")
    ends = [None if end == b"*" else int(end) for end in (low, high or low)]
    if 0 in ends:
        raise Misspelt("0 is no number of a message")
    return ends[0], ends[1]


def _day(day: str, month: str, year: str) -> date:
    try:
        return date(int(year), _MONTHS.index(month.lower()) + 1, int(day))
    except ValueError as error:
        raise Misspelt("Invalid date") from error
