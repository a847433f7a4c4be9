"""A frame: one zstd frame of records behind a header of 80 bytes.

The header is itself a zstd skippable frame (RFC 8878 section 3.1.2), so `zstdcat` passes over
it. It makes the pack provable: each header's digest covers its frame and the digest before it.

    4  magic 0x184D2A5B    4  the number 72    4  "GMK1"    4  length of the zstd frame
    32 digest of the frame before (zeros at the very first)
    32 digest: SHA-256 of the 48 bytes above and the zstd frame
"""

from __future__ import annotations

import hashlib
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from gmailkit.errors import BackupDamaged
from gmailkit.model.content import IN_MEMORY, PIECE, Content, Spool

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL = 3
DIGEST = 32
_TOGETHER = 128 << 10
_WHOLE: Final = zstd.ZstdCompressor.FLUSH_FRAME
FIRST = bytes(DIGEST)  # what stands for the digest before the first frame
# A record may be the 150 MB Gmail takes at most, quoted and with its header; more is a bomb.
MAX_TEXT = 256 << 20
_HEADER = struct.Struct("<II4sI32s32s")
HEADER = _HEADER.size
_SKIPPABLE, _REST, _TAG = 0x184D2A5B, HEADER - 8, b"GMK1"
PATTERN = struct.pack("<II4s", _SKIPPABLE, _REST, _TAG)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that was read and whose digest is right. `length` counts the header too.

    The content of a large one is not held: `pieces` reads it again, from the file it lies in.
    """

    offset: int
    length: int
    previous: bytes
    digest: bytes
    content: bytes = field(repr=False)
    pieces: Callable[[], Iterator[bytes]] | None = field(default=None, repr=False)

    def text(self) -> bytes:
        """The records. Raises BackupDamaged."""
        return decompress(b"".join(self._content()))

    def text_in_pieces(self) -> Iterator[bytes]:
        """The same, a megabyte at a time. Raises BackupDamaged, which may be after some of it."""
        return unpack(self._content())

    @property
    def is_large(self) -> bool:
        """Whether its text had better not be held as a whole."""
        return self.pieces is not None or _size_of_text(self.content) > IN_MEMORY

    def _content(self) -> Iterable[bytes]:
        return self.pieces() if self.pieces else (self.content,)


def parse_header(header: bytes) -> tuple[int, bytes, bytes] | None:
    """(length of the zstd frame, previous digest, digest), or None where no header begins."""
    if len(header) != HEADER or not header.startswith(PATTERN):
        return None
    _, _, _, length, previous, digest = _HEADER.unpack(header)
    return length, previous, digest


def is_sound(header: bytes, content: Iterable[bytes]) -> bool:
    """Whether the header's digest is the one of these bytes."""
    return header[-DIGEST:] == _digest(header[:-DIGEST], content)


def pieces_of(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    """So many bytes of a file, a megabyte at a time; fewer where it ends before."""
    while length:
        file.seek(start)  # somebody may read elsewhere meanwhile
        piece = file.read(min(length, PIECE))
        if not piece:
            return
        start, length = start + len(piece), length - len(piece)
        yield piece


def is_whole(content: bytes) -> bool:
    """Whether a whole zstd frame begins there, whatever the header before it says."""
    try:
        return zstd.get_frame_size(content) <= len(content)
    except zstd.ZstdError:
        return False


class Compressor:
    """Makes frames; keeps zstd's tables from one to the next."""

    def __init__(self) -> None:
        options: dict[int, int] = {
            zstd.CompressionParameter.compression_level: LEVEL,
            zstd.CompressionParameter.checksum_flag: 1,
            zstd.CompressionParameter.content_size_flag: 1,
        }
        self._zstd = zstd.ZstdCompressor(options=options)
        self._text = bytearray(_TOGETHER)

    def frame(
        self, pieces: Iterable[bytes], *, size: int, previous: bytes
    ) -> tuple[bytes, Content]:
        """(header, zstd frame) of the pieces' bytes, `size` in all."""
        content = self._packed(pieces, size)
        head = _HEADER.pack(_SKIPPABLE, _REST, _TAG, content.size, previous, FIRST)[:-DIGEST]
        return head + _digest(head, content.pieces()), content

    def _joined(self, pieces: Iterable[bytes]) -> memoryview:
        end = 0
        for piece in pieces:
            self._text[end : end + len(piece)] = piece
            end += len(piece)
        return memoryview(self._text)[:end]

    def _packed(self, pieces: Iterable[bytes], size: int) -> Content:
        self._zstd.set_pledged_input_size(size)
        if size <= _TOGETHER:  # in one go, and from the same memory, it takes a fifth less time
            return Content.of(self._zstd.compress(self._joined(pieces), _WHOLE))
        spool = Spool(in_memory=IN_MEMORY)
        try:
            for piece in pieces:
                spool.write(self._zstd.compress(piece))
            spool.write(self._zstd.flush(zstd.ZstdCompressor.FLUSH_FRAME))
            return spool.done()
        except BaseException:
            spool.close()
            raise


def _size_of_text(content: bytes) -> int:
    """As a zstd frame says it; 0 where it does not."""
    with suppress(zstd.ZstdError):
        return zstd.get_frame_info(content).decompressed_size or 0
    return 0


def decompress(content: bytes) -> bytes:
    """The text of one zstd frame; never more memory than its header admits to, and a limit.

    Raises BackupDamaged.
    """
    try:
        size = zstd.get_frame_info(content).decompressed_size
        if size is None or size > MAX_TEXT:
            raise BackupDamaged(f"A frame would unpack to {size or 'unknown'} bytes.")
        unpacker = zstd.ZstdDecompressor()
        text = unpacker.decompress(content, size + 1)
        if not unpacker.eof or unpacker.unused_data or len(text) != size:
            raise BackupDamaged("A frame is not one whole zstd frame.")
    except (zstd.ZstdError, EOFError) as error:
        raise BackupDamaged(f"A frame does not unpack: {error}.") from error
    return text


def unpack(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The text of one zstd frame a megabyte at a time; not more than `MAX_TEXT`.

    Raises BackupDamaged, which may be after some of it.
    """
    unpacker, size = zstd.ZstdDecompressor(), 0
    try:
        for piece in pieces:
            text = unpacker.decompress(piece, PIECE)
            while text:
                size += len(text)
                if size > MAX_TEXT:
                    raise BackupDamaged(f"A frame would unpack to more than {MAX_TEXT} bytes.")
                yield text
                if unpacker.eof:
                    break
                text = unpacker.decompress(b"", PIECE)
    except (zstd.ZstdError, EOFError) as error:
        raise BackupDamaged(f"A frame does not unpack: {error}.") from error
    if not unpacker.eof:
        raise BackupDamaged("A frame is not one whole zstd frame.")


def _digest(head: bytes, content: Iterable[bytes]) -> bytes:
    digest = hashlib.sha256(head)
    for piece in content:
        digest.update(piece)
    return digest.digest()
