"""What is known of each message of the pages: `catalogue.jsonl`. Lines are only added; the last one
for a page counts. Lists and search are made of it anew when a run ends.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from gmailkit.model.shape import to_millis
from gmailkit.stores.reading import open_plain

NAME = "catalogue.jsonl"
_LONGEST = 16 << 20  # bytes of a line; a longer one is somebody's trick


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`page` is below the folder; `files` counts what is attached; `words` are those that the
    search finds, with blanks between.
    """

    v: int = 1
    page: str
    sha256: str
    size: int
    labels: list[str] = []
    flags: list[str] = []
    at: datetime | None = None
    thread: str = ""
    sender: str = ""
    to: str = ""
    subject: str = ""
    files: int = 0
    words: str = ""

    def encoded(self) -> bytes:
        return msgspec.json.encode(self) + b"\n"


def told(path: Path) -> Iterator[Line]:
    """All lines in the file at `path`; none where there is no file. Raises OSError."""
    try:
        descriptor = open_plain(path)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, "rb") as file:
        while raw := file.readline(_LONGEST):
            if line := _decoded(raw):
                yield line


class Ranked:
    """The messages of a catalogue, the newest first. Of each only its place in the file is held.

    Raises OSError.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = os.fdopen(open_plain(path), "rb")
        dates, places = array("q"), array("q")
        numbers: dict[bytes, int] = {}
        place = 0
        while raw := self._file.readline(_LONGEST):
            if line := _decoded(raw):
                number = numbers.setdefault(_key(line), len(places))
                if number == len(places):
                    places.append(place)
                    dates.append(0)
                places[number] = place
                dates[number] = to_millis(line.at) if line.at else -1 << 62
            place += len(raw)
        order = sorted(range(len(places)), key=lambda number: (-dates[number], places[number]))
        self._places = array("q", (places[number] for number in order))

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, rank: int) -> Line:
        self._file.seek(self._places[rank])
        return msgspec.json.decode(self._file.readline(_LONGEST), type=Line)

    def close(self) -> None:
        self._file.close()


def _decoded(raw: bytes) -> Line | None:
    """None for a line that is torn, or of a newer version."""
    try:
        line = msgspec.json.decode(raw, type=Line)
        bytes.fromhex(line.sha256)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return None
    return line if line.v == 1 and (line.at is None or line.at.tzinfo) else None


def _key(line: Line) -> bytes:
    return bytes.fromhex(line.sha256)[:16]
