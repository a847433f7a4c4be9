"""The mbox family of files: mboxrd quoting, and a reader of all its dialects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

_QUOTE = re.compile(rb"^(>*From )", re.M)
_UNQUOTE = re.compile(rb"^>(>*From )", re.M)


def quote(raw: bytes) -> bytes:
    """`raw` with one ">" before each line that is ">*From " (mboxrd); lines end with LF."""
    return _QUOTE.sub(rb">\1", raw)


def unquote(quoted: bytes) -> bytes:
    """What `quote` was given."""
    return _UNQUOTE.sub(rb"\1", quoted)


def read_mbox(file: BinaryIO) -> Iterator[bytes]:
    """Each message of an mbox file, without its separator line and unquoted."""
    lines: list[bytes] | None = None
    for line in file:
        if re.match(rb"(\xef\xbb\xbf)?From .*\d\d:\d\d.*\d{4}|From (-|\d+@xxx)\s*$", line):
            if lines is not None:
                yield _message(lines)
            lines = []
        elif lines is not None:
            lines.append(line)
    if lines is not None:
        yield _message(lines)


def _message(lines: list[bytes]) -> bytes:
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines.pop()
    return unquote(b"".join(lines))
