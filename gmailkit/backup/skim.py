"""Where the frames of a pack begin and end, by their headers alone: nothing is unpacked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from gmailkit.backup.frame import HEADER, Frame, parse_header
from gmailkit.backup.stream import Gap, walk


def skim(file: BinaryIO, size: int) -> Iterator[Frame | Gap]:
    """As `walk`, but a frame is taken for sound by its header; its content is left out.

    Where no header is, the way on is looked for as `walk` does it.
    """
    at = 0
    while at < size:
        file.seek(at)
        parsed = parse_header(file.read(HEADER))
        each: Frame | Gap
        if parsed is None or at + HEADER + parsed[0] > size:
            each = next(walk(file, at, size))
        else:
            length, previous, digest = parsed
            each = Frame(at, HEADER + length, previous, digest, b"")
        at += each.length
        yield each
