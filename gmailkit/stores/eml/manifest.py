"""What is known of the messages in a folder of files: `manifest.jsonl`, a JSON object a line.

    {"v":1,"path":"2026-03/...eml","sha256":"...","size":1234,"labels":["INBOX"],"flags":["seen"],
     "received":"2026-03-01T12:30:05Z","thread":""}

Lines are only added; the last one for a path counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

NAME = "manifest.jsonl"
LONGEST = 16 << 20  # bytes of a line; a longer one is somebody's trick


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """`labels` are names, those of Gmail's own labels their ids; `received` is an aware time."""

    v: int = 1
    path: str
    sha256: str
    size: int
    labels: list[str] = []
    flags: list[str] = []
    received: datetime | None = None
    thread: str = ""

    def encoded(self) -> bytes:
        return msgspec.json.encode(self) + b"\n"


def lines_of(text: Iterator[bytes]) -> Iterator[Line]:
    """Lines of other programs, of newer versions and torn ones are passed over."""
    for raw in text:
        try:
            line = msgspec.json.decode(raw, type=Line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if line.v == 1 and (line.received is None or line.received.tzinfo):
            yield line
