"""Records that are too large to be held: checked, and read into a temporary file, in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from gmailkit.backup.frame import HEADER, parse_header, pieces_of, unpack
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import Stamp, read_stamp
from gmailkit.errors import BackupDamaged
from gmailkit.mime.mboxrd import unquote_pieces
from gmailkit.model.content import IN_MEMORY, Content, Spool

_MAX_HEAD = 64 << 20  # bytes: a message may bear a million labels
_ENDINGS = (b"\n", b"\n\n")  # an empty line, and the end of the last line where it had none


def read_large(pack: BinaryIO, entry: Entry) -> Content:
    """The message's bytes, with the length and SHA-256 that its record says.

    `pack` holds its frame. Raises BackupDamaged, OSError, and CannotWrite for the temporary file.
    """
    pack.seek(entry.offset)
    parsed = parse_header(pack.read(HEADER))
    if parsed is None or HEADER + parsed[0] != entry.frame_length:
        raise BackupDamaged("No whole frame lies there.")
    text = unpack(pieces_of(pack, entry.offset + HEADER, parsed[0]))
    spool = Spool(in_memory=IN_MEMORY)
    try:
        stamp, _ = _pass(_from(text, entry.position), spool.write)
        if (stamp.account, stamp.id, stamp.same) != (entry.account, entry.id, None):
            raise BackupDamaged("Another message lies at its place.")
        return spool.done()
    except BaseException:
        spool.close()
        raise


def examine_large(text: Iterator[bytes]) -> Stamp:
    """As `record.examine`, of a text in pieces that is one record. Raises BackupDamaged."""
    stamp, rest = _pass(text, lambda piece: None)
    if rest not in _ENDINGS:
        raise BackupDamaged(f"Message {stamp.id} is not {stamp.stands} bytes long.")
    return stamp


def _pass(record: Iterator[bytes], take: Callable[[bytes], object]) -> tuple[Stamp, bytes]:
    """Give the message's bytes away; its stamp, and how what follows in `record` begins."""
    head, following = _head(record)
    stamp, start = read_stamp(head)
    digest, left, rest = hashlib.sha256(), stamp.stands, b""
    for piece in unquote_pieces(_joined(head[start:], following)):
        wanted = piece[:left]
        digest.update(wanted)
        take(wanted)
        left -= len(wanted)
        rest = (rest + piece[len(wanted) :])[: len(_ENDINGS[-1]) + 1]
    if left or (not stamp.same and digest.hexdigest() != stamp.sha256):
        raise BackupDamaged(f"Message {stamp.id} does not have the SHA-256 it was saved with.")
    return stamp, rest


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
