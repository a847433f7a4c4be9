"""A server's answer: a code of three digits, maybe an enhanced one, and words (RFC 5321, 4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gmailkit.secret import redact

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")  # RFC 3463 section 2
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Reply:
    """`code` is 0 for what is no answer of SMTP; `lines` are without code and line end."""

    code: int
    lines: tuple[str, ...]

    @classmethod
    def read(cls, raw: list[bytes]) -> Reply:
        """From lines as they came. Never raises; secrets that it echoes are masked."""
        head = raw[0][:3] if raw else b""
        code = int(head) if head.isdigit() and len(head) == 3 else 0
        start = 4 if code else 0
        return cls(code, tuple(_text(line[start:]) for line in raw))

    @property
    def enhanced(self) -> str:
        """Such as 5.1.1, or "" where the server gives none."""
        found = _ENHANCED.match(self.lines[0]) if self.lines and self.code else None
        return found[1] if found else ""

    @property
    def words(self) -> str:
        """What it says to people, on one line."""
        said = (line.removeprefix(self.enhanced).strip() for line in self.lines)
        return " ".join(each for each in said if each)

    @property
    def done(self) -> bool:
        return 200 <= self.code <= 299

    @property
    def passing(self) -> bool:
        """Whether another try may do (RFC 5321 section 4.2.1)."""
        return 400 <= self.code <= 499

    @property
    def refusing(self) -> bool:
        return 500 <= self.code <= 599

    def __str__(self) -> str:
        """On one line, as errors quote it: 550 5.1.1 No such user."""
        return " ".join(filter(None, (str(self.code or "?"), self.enhanced, self.words[:300])))


def _text(line: bytes) -> str:
    return redact(_CONTROL.sub(" ", line.decode("utf-8", "backslashreplace")).strip())
