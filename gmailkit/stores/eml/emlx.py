"""Apple Mail's .emlx: how many bytes, the message, then a property list with what Mail knows of it.

Source: as Mail writes them; described in "The .emlx file format", jwz.org/doc/emlx.html. The format
is not published by Apple.
"""

from __future__ import annotations

import plistlib
from datetime import UTC, datetime
from typing import BinaryIO
from xml.parsers.expat import ExpatError

from gmailkit.errors import CannotDo, UsageError
from gmailkit.model.content import IN_MEMORY, PIECE, Content, Spool
from gmailkit.model.item import Item

PARTIAL = ".partial.emlx"
_BITS = {0: "seen", 2: "answered", 4: "flagged", 6: "draft", 8: "forwarded"}
_LONGEST_LIST = 1 << 20  # bytes


def read_emlx(file: BinaryIO, name: str) -> Item:
    """Raises UsageError for what is no such file, CannotDo for a message of which Mail kept parts
    elsewhere.
    """
    if name.endswith(PARTIAL):
        raise CannotDo(
            f"{name} holds only a part of its message.",
            hint="Have Apple Mail export the mailbox (Mailbox > Export Mailbox), and read that.",
        )
    count = file.readline(30).strip()
    if not count.isdigit():
        raise UsageError(f"{name} is no .emlx file: it does not begin with a number.")
    content = _part(file, int(count))
    if content.size < int(count):
        raise UsageError(f"{name} ends before its message does.")
    flags, received = _known(file.read(_LONGEST_LIST))
    return Item(content=content, flags=flags, received=received)


def _part(file: BinaryIO, size: int) -> Content:
    spool = Spool(in_memory=IN_MEMORY)
    while size and (piece := file.read(min(size, PIECE))):
        spool.write(piece)
        size -= len(piece)
    return spool.done()


def _known(text: bytes) -> tuple[frozenset[str], datetime | None]:
    try:
        found = plistlib.loads(text)
        bits = int(found.get("flags", 0))
        seconds = found.get("date-received")
        received = datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (plistlib.InvalidFileException, ExpatError, ValueError, TypeError, AttributeError):
        return frozenset(), None
    except (OverflowError, OSError, RecursionError, KeyError, IndexError):
        return frozenset(), None
    return frozenset(flag for bit, flag in _BITS.items() if bits >> bit & 1), received
