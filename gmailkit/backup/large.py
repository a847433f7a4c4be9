"""Reading a message that is too large to be held: it goes from its pack to a temporary file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from gmailkit.backup.frame import HEADER, parse_header, unpack
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import read_stamp
from gmailkit.errors import BackupDamaged
from gmailkit.mime.mbox import unquote_pieces
from gmailkit.model.content import IN_MEMORY, PIECE, Content, Spool

_MAX_HEAD = 64 << 20  # bytes: a message may bear a million labels


def read_large(pack: BinaryIO, entry: Entry) -> Content:
    """The message's bytes, with the length and SHA-256 that its record says.

    `pack` holds its frame. Raises BackupDamaged, OSError, and CannotWrite for the temporary file.
    """
    record = _from(unpack(_frame(pack, entry)), entry.position)
    head, rest = _head(record)
    stamp, start = read_stamp(head)
    if (stamp.account, stamp.id) != (entry.account, entry.id):
        raise BackupDamaged("Another message lies at its place.")
    digest, left, spool = hashlib.sha256(), stamp.length, Spool(in_memory=IN_MEMORY)
    try:
        for piece in unquote_pieces(_joined(head[start:], rest)):
            wanted = piece[:left]
            digest.update(wanted)
            spool.write(wanted)
            left -= len(wanted)
        if left or digest.hexdigest() != stamp.sha256:
            raise BackupDamaged(f"Message {stamp.id} is not as long, or not as it was saved.")
        return spool.done()
    except BaseException:
        spool.close()
        raise


def _frame(pack: BinaryIO, entry: Entry) -> Iterator[bytes]:
    pack.seek(entry.offset)
    parsed = parse_header(pack.read(HEADER))
    if parsed is None or HEADER + parsed[0] != entry.frame_length:
        raise BackupDamaged("No whole frame lies there.")
    left = parsed[0]
    while left and (piece := pack.read(min(left, PIECE))):
        left -= len(piece)
        yield piece


def _from(text: Iterator[bytes], position: int) -> Iterator[bytes]:
    for piece in text:
        if position < len(piece):
            yield piece[position:] if position else piece
        position = max(0, position - len(piece))


def _head(record: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The record up to the end of its X-Gmailkit line at least, and what follows."""
    head = b""
    for piece in record:
        head += piece
        stamp = head.find(b"\nX-Gmailkit: ")
        found = stamp >= 0 and head.find(b"\n", stamp + 1) >= 0
        if found or len(head) > _MAX_HEAD:
            break
    return head, record


def _joined(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
