"""What saving a message takes of the processor: tried on some, of which nothing is kept."""

from __future__ import annotations

from gmailkit.backup.frame import Compressor
from gmailkit.model.content import Content
from gmailkit.model.digests import sha256_of

_FIRST = bytes(32)  # in the place of the digest of what stands before


class Trial:
    def __init__(self) -> None:
        self._compressor = Compressor()

    def save(self, content: Content) -> int:
        """As a backup does it, but for the disk; how many bytes they were."""
        sha256_of(content.pieces())
        _, packed = self._compressor.frame(content.pieces(), size=content.size, previous=_FIRST)
        packed.close()
        return content.size
