"""The head of a template: `key: value` lines between two lines `---`. It is not YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from gmailkit.errors import UsageError

FORMATS = ("markdown", "text", "html")
KEYS = ("subject", "to", "cc", "bcc", "reply-to", "from", "attach", "format")
_HEADERS = re.compile(
    r"(?:X|List)-[!-9;-~]+|Importance|Priority|Sensitivity|Auto-Submitted|Organization|Keywords"
    r"|Comments",
    re.IGNORECASE,
)
_FENCE = "---"


class Unfit(UsageError):
    """A value that does not fit where the template puts it. `what` is wrong, of the head's `entry`
    or ("") with what the template does to it in line `number`; `names` had a say there.
    """

    def __init__(
        self, number: int, entry: str, what: str, names: Iterable[str], hint: str = ""
    ) -> None:
        said = f"{entry}: {what}" if entry else what
        super().__init__(f"Line {number} of the template: {said}.", hint=hint)
        self._facts = (number, entry, what, frozenset(names))

    @property
    def number(self) -> int:
        return self._facts[0]

    @property
    def entry(self) -> str:
        return self._facts[1]

    @property
    def what(self) -> str:
        return self._facts[2]

    @property
    def names(self) -> frozenset[str]:
        return self._facts[3]


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is 1-based, in the whole template; `key` is lower case unless it is a header."""

    number: int
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Parted:
    """`body_line` is the number of the body's first line."""

    lines: tuple[Line, ...]
    body: str
    body_line: int

    def value(self, key: str) -> str:
        return next((line.value for line in self.lines if line.key == key), "")


def part(text: str) -> Parted:
    """Head and body; without a first line `---` all is body. UsageError names the line."""
    rows = text.split("\n")
    if rows[0].rstrip() != _FENCE:
        return Parted((), text, 1)
    end = next((n for n, row in enumerate(rows[1:], 1) if row.rstrip() == _FENCE), None)
    if end is None:
        raise UsageError(
            "Line 1 of the template opens a head with ---, and nothing closes it.",
            hint="Put a line --- between the head and the text.",
        )
    heads = ((n, row) for n, row in enumerate(rows[1:end], 2) if row.strip())
    lines = tuple(_line(n, row) for n, row in heads if not row.startswith("#"))
    _check_once(lines)
    return Parted(lines, "\n".join(rows[end + 1 :]), end + 2)


def wrong(number: int, what: str, hint: str = "") -> UsageError:
    """Of a line of the template, whatever the values."""
    return UsageError(f"Line {number} of the template: {what}.", hint=hint)


def _line(number: int, row: str) -> Line:
    key, colon, value = row.partition(":")
    key = key.strip()
    if not colon or not key:
        raise wrong(number, f"{row.strip()[:40]!r} is no `key: value`", hint=_hint())
    if key.lower() in KEYS:
        return Line(number, key.lower(), value.strip())
    if not _HEADERS.fullmatch(key):
        near = get_close_matches(key.lower(), KEYS, n=1)
        said = f"Did you mean {near[0]}?" if near else _hint()
        raise wrong(number, f"{key[:40]!r} is no key of a template", hint=said)
    return Line(number, key, value.strip())


def _hint() -> str:
    return f"There are {', '.join(KEYS)}, and header lines such as X-Campaign."


def _check_once(lines: tuple[Line, ...]) -> None:
    seen: Mapping[str, int] = {}
    for line in lines:
        if line.key != "attach" and line.key in seen:
            raise wrong(line.number, f"{line.key} was said already in line {seen[line.key]}")
        seen = {**seen, line.key: line.number}
