"""Files in age's format (age-encryption.org/v1), which the stand-alone `age` program reads.

A file is a header, which hands the file's key to each recipient, and chunks of 64 KiB with a
signature each: of a chunk that was changed no byte comes out.
"""

from __future__ import annotations

import io
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from gmailkit.errors import BackupDamaged, KeyNeeded, UsageError
from gmailkit.model.content import IN_MEMORY, Content, Spool
from gmailkit.secret import Secret

MAGIC = b"age-encryption.org/v1\n"
LONGEST_HEADER = 1 << 20  # bytes; a hundred recipients take twenty thousand
_SHORTEST_HEADER = 168  # of one recipient
_CHUNK, _TAG, _NONCE = 64 << 10, 16, 16
_HEADER_END = re.compile(rb"\n--- [A-Za-z0-9+/]{43}\n")
_RECIPIENT = re.compile(r"age1[0-9a-z]{58}")
_SECRET = "AGE-SECRET-KEY-"


class Identities:
    """Secret keys, any of which may open a file; `repr` tells none of them."""

    def __init__(self, texts: Iterable[str], *, told: str) -> None:
        """`texts` as `AGE-SECRET-KEY-1…`, `told` names where they are from, for messages.

        Raises UsageError for what is no such key.
        """
        pyrage = require()
        self.told = told
        self.texts = tuple(map(Secret, texts))
        try:
            self.keys = [pyrage.x25519.Identity.from_str(str(text)) for text in self.texts]
        except pyrage.IdentityError as error:
            raise UsageError(
                f"{told} holds no age identity that can be read.",
                hint="It begins with AGE-SECRET-KEY-1, as age-keygen writes it.",
            ) from error

    @property
    def recipients(self) -> list[str]:
        return [str(key.to_public()) for key in self.keys]


def new_identity() -> Secret:
    """A new secret key, as `age-keygen` makes it."""
    return Secret(str(require().x25519.Identity.generate()))


def recipient_of(identity: Secret) -> str:
    return str(require().x25519.Identity.from_str(str(identity)).to_public())


def identities_in(text: str) -> list[str]:
    """The keys in the text of an identity file: one a line, lines with # and empty ones aside."""
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def check_recipient(text: str) -> str:
    """`text`, if files can be made for it. Raises UsageError."""
    text = text.strip()
    if text.upper().startswith(_SECRET):  # one with a slip in it too: it is not to be repeated
        raise UsageError(
            "That is an identity, the secret half of a key.",
            hint="A recipient is its public half and begins with age1: age-keygen -y FILE",
        )
    pyrage = require()
    try:
        if not _RECIPIENT.fullmatch(text):
            raise ValueError
        pyrage.x25519.Recipient.from_str(text)
    except (ValueError, pyrage.RecipientError) as error:
        raise UsageError(
            f"{text[:80]!r} is no recipient of age.",
            hint="It begins with age1 and has 62 characters, as age-keygen -y prints it"
            + (f": age-keygen -y {shlex.quote(text)}" if _is_file(text) else "."),
        ) from error
    return text


def _is_file(text: str) -> bool:
    """Whether a file was named in the place of what is in it."""
    return os.path.isfile(text)  # noqa: PTH113 - of any text, too long a one too


def encrypt(pieces: Iterable[bytes], recipients: Sequence[str]) -> Content:
    """An age file of the pieces for all of `recipients`; only its own bytes are ever on disk."""
    pyrage = require()
    keys = [pyrage.x25519.Recipient.from_str(each) for each in recipients]
    spool = Spool(in_memory=IN_MEMORY)
    try:
        pyrage.encrypt_io(_Pieces(pieces), _Into(spool), keys)
        return spool.done()
    except BaseException:
        spool.close()
        raise


def decrypt(encrypted: bytes, identities: Identities) -> bytes:
    """The plain bytes. Raises KeyNeeded when it is for none of these, and BackupDamaged."""
    plain = io.BytesIO()
    if not decrypt_start(io.BytesIO(encrypted), plain, identities):
        raise BackupDamaged("Its encrypted bytes were changed.")
    return plain.getvalue()


def decrypt_start(encrypted: BinaryIO, plain: BinaryIO, identities: Identities) -> bool:
    """Write the plain bytes up to the first chunk that was changed; whether they are all.

    Raises as `decrypt` does, BackupDamaged when nothing can be had.
    """
    pyrage = require()
    try:
        pyrage.decrypt_io(encrypted, plain, identities.keys)
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise KeyNeeded(f"{identities.told} holds no key that opens this backup.") from error
        raise BackupDamaged(f"It cannot be decrypted: {error}.") from error
    except OSError:  # a chunk whose signature is wrong, or a file that ends too soon
        return False
    return True


def encrypt_with_passphrase(plain: bytes, passphrase: Secret) -> bytes:
    """An age file that a passphrase opens; takes about a second, by design (scrypt)."""
    return bytes(require().passphrase.encrypt(plain, str(passphrase)))


def decrypt_with_passphrase(encrypted: bytes, passphrase: Secret) -> bytes:
    """Raises KeyNeeded for another passphrase."""
    pyrage = require()
    try:
        return bytes(pyrage.passphrase.decrypt(encrypted, str(passphrase)))
    except pyrage.DecryptError as error:
        raise KeyNeeded("That is not the passphrase of this backup.") from error


def plain_size(start: bytes, size: int) -> int:
    """How many plain bytes a file of `size` bytes that begins with `start` holds; no key is needed.

    Raises BackupDamaged when it is no age file, or one that was cut.
    """
    end = _HEADER_END.search(start) if start.startswith(MAGIC) else None
    sealed = size - end.end() - _NONCE if end else 0
    chunks = -(-sealed // (_CHUNK + _TAG))
    if chunks < 1 or sealed - chunks * _TAG < 0:
        raise BackupDamaged("It is no whole file of age.")
    return sealed - chunks * _TAG


def may_hold(plain: int, size: int) -> bool:
    """Whether a file of `size` bytes may be one of so many plain bytes, by nothing but its size:
    a header has no certain length.
    """
    chunks = max(1, -(-plain // _CHUNK))
    header = size - plain - chunks * _TAG - _NONCE
    return plain > 0 and _SHORTEST_HEADER <= header <= LONGEST_HEADER


class _Pieces:
    """What comes in pieces as a file to read from."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._rest = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = memoryview(piece)
        size = len(self._rest) if size < 0 else size
        part, self._rest = self._rest[:size], self._rest[size:]
        return bytes(part)


class _Into:
    """A spool as a file to write to."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def write(self, piece: bytes) -> int:
        self._spool.write(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        pass


def require() -> Any:
    """The library that does it. Raises UsageError when it is not installed."""
    try:
        import pyrage
    except ImportError as error:
        raise UsageError(
            "Reading or writing an encrypted backup needs pyrage.",
            hint="Install it: pip install 'gmailkit[crypt]'",
        ) from error
    return pyrage
