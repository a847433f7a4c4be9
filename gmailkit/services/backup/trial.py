"""What saving a message takes of the processor: tried on some, of which nothing is kept."""

from __future__ import annotations

from gmailkit.backup.frame import Compressor
from gmailkit.backup.record import Record, encode
from gmailkit.model.content import IN_MEMORY, Content

_FIRST = bytes(32)  # in the place of the digest of what stands before
_ID = "0" * 16


class Trial:
    def __init__(self) -> None:
        self._compressor = Compressor()

    def save(self, content: Content) -> int:
        """As a backup does it, but for the disk; how many bytes they were."""
        large = content.size > IN_MEMORY
        raw, kept = (b"", content) if large else (content.bytes, None)
        record = Record("", _ID, _ID, 0, {}, raw=raw, content=kept)
        pieces = encode(record, record.stamp())
        size = sum(map(len, pieces))
        _, packed = self._compressor.frame(pieces, size=size, previous=_FIRST)
        packed.close()
        return content.size
