"""A temporary file that says nothing to whoever reads the disk, now or after it was deleted.

Mail that does not fit into memory passes through one. Its bytes are encrypted (AES-256 in counter
mode) under a key that only this object has, so what a crash or a swapped disk leaves is noise, and
a backup that is encrypted has left no plain copy on the way.
"""

from __future__ import annotations

import io
import secrets
import tempfile
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer
    from cryptography.hazmat.primitives.ciphers import CipherContext
_BLOCK = 16  # bytes AES makes at once
_BUFFER = 1 << 16


def hidden_file() -> BinaryIO:
    """A new one, to be written once from its start to its end, then read anywhere and often.

    It has no name and ends when it is closed. Raises OSError.
    """
    return io.BufferedRandom(_Hidden(), _BUFFER)


class _Hidden(io.RawIOBase):
    """No byte is written twice: another text under the same key stream would tell both."""

    def __init__(self) -> None:
        # Not buffered here: hidden_file does it, above the cipher.
        self._file = tempfile.TemporaryFile(prefix="gmailkit-", buffering=0)  # noqa: SIM115
        self._key = secrets.token_bytes(32)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, into: WriteableBuffer, /) -> int:
        view = memoryview(into)
        at = self._file.tell()
        got = self._file.read(len(view)) or b""
        view[: len(got)] = self._stream(at).update(got)
        return len(got)

    def write(self, piece: ReadableBuffer, /) -> int:
        return self._file.write(self._stream(self._file.tell()).update(memoryview(piece))) or 0

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _stream(self, at: int) -> CipherContext:
        """The key stream from byte `at` on; it is the same in both directions."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        counter = (at // _BLOCK).to_bytes(_BLOCK, "big")
        stream = Cipher(algorithms.AES(self._key), modes.CTR(counter)).encryptor()
        stream.update(bytes(at % _BLOCK))
        return stream
