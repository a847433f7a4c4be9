"""The end of an mbox file that a killed run tore: found, and cut if nobody else can have written
any of it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from gmailkit.errors import BackupDamaged
from gmailkit.mime.mbox import read_messages
from gmailkit.stores.door import Step, writing
from gmailkit.stores.mbox.message import Message, Reader
from gmailkit.stores.mbox.record import LONGEST_HEAD, read_head

_PIECE = 1 << 20
_SHORT = 4096  # bytes; most of our lines fit in
_NAME = b"@gmailkit "  # nobody else's separator has it
_NUMBER = re.compile(rb"From \d+")
_SEPARATOR = re.compile(rb"From \d+%b[^\n]*+\n" % _NAME)
_LONGEST_LINE = 1000
_OF_OTHERS = re.compile(  # wherever in a line
    rb"(?<!>)From (?!\d+%b)(?:\d+@|-|[^\n\0]{0,%d}?\d:\d\d)" % (_NAME, _LONGEST_LINE)
)


def cut_torn_end(descriptor: int, start: int, step: Step, path: Path) -> int:
    """The length of the file, of which only we wrote what lies behind `start`, as far as known.

    Raises CannotWrite.
    """
    with writing(path):
        size = os.fstat(descriptor).st_size
        end = _end_of_whole(path, descriptor, min(start, size), size)
        if end < size and _is_ours_alone(descriptor, end, size):
            step("truncate", path)
            os.ftruncate(descriptor, end)
            os.fsync(descriptor)
            return end
    return size


def _end_of_whole(path: Path, descriptor: int, start: int, size: int) -> int:
    """Where the messages that we wrote from `start` on end, as far as they are there."""
    while start < size:
        end = _end_of_record(descriptor, start)
        if end is None or end > size or not _is_whole(Reader(path, descriptor, start, end)):
            break
        start = end
    return start


def _is_whole(record: Reader) -> bool:
    """A disk that lost its power may have kept its length, and not all of its bytes."""
    found = next(read_messages(record), None)
    message = Message.of(found) if found else None
    if not message or not message.stamp:
        return False
    try:
        return message.item(Path(), "")[1] == message.stamp.sha256
    except BackupDamaged:
        return False


def _end_of_record(descriptor: int, start: int) -> int | None:
    for room in (_SHORT, LONGEST_HEAD):
        text = os.pread(descriptor, room, start)
        if not (separator := _SEPARATOR.match(text)):
            return None
        _, stamp, begin = read_head(separator[0], text[separator.end() :])
        if stamp and stamp.stored:
            return start + separator.end() + begin + stamp.stored
    return None


def _is_ours_alone(descriptor: int, start: int, size: int) -> bool:
    """It begins as we begin, and nobody's separator is in it, not even in the middle of a line.

    Where the text itself looks so, it stays: a message that is not whole is told from a whole one
    by its lines, and another program's mail would be lost for ever. So does a message of Takeout or
    of a backup, which may be torn as well.
    """
    if not _begins_as_ours(os.pread(descriptor, _LONGEST_LINE, start)):
        return False
    at = start + 1
    while at < size:
        piece = os.pread(descriptor, _PIECE, at - 1)
        if _OF_OTHERS.search(piece, 1):
            return False
        at += max(len(piece) - 2 * _LONGEST_LINE, 1) if at + len(piece) < size else len(piece)
    return True


def _begins_as_ours(text: bytes) -> bool:
    """Up to where it was cut, by the end or by the zeros of a disk that lost its power."""
    text = text.partition(b"\0")[0]
    if not (number := _NUMBER.match(text)):
        return b"From ".startswith(text)
    rest = text[number.end() :]
    return rest.startswith(_NAME) or _NAME.startswith(rest)
