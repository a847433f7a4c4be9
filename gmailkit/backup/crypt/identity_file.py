"""The file in which a person keeps an age identity, as `age-keygen` writes it."""

from __future__ import annotations

from pathlib import Path

from gmailkit.backup.crypt.age import MAGIC, Identities, decrypt_with_passphrase, identities_in
from gmailkit.errors import UsageError
from gmailkit.secret import Secret


def read_identities(path: Path) -> Identities:
    """The identities in a file as `age-keygen` writes it. Raises UsageError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"Cannot read the identity file {path}: {error.strerror}.",
            hint="Name the file that age-keygen wrote.",
        ) from error
    if content.startswith(MAGIC):
        raise UsageError(
            f"{path} is encrypted itself.",
            hint=f"Open it for one command: --identity <(age -d '{path}')",
        )
    return Identities(_lines(path, content), told=str(path))


def identity_of_passphrase(encrypted: bytes, passphrase: Secret) -> Identities:
    """What a passphrase opens. Raises KeyNeeded for another one."""
    text = decrypt_with_passphrase(encrypted, passphrase).decode("ascii", "replace")
    return Identities(identities_in(text), told="The passphrase")


def _lines(path: Path, content: bytes) -> list[str]:
    found = identities_in(content.decode("utf-8", "replace"))
    if not found:
        raise UsageError(
            f"{path} holds no age identity.",
            hint="It begins with AGE-SECRET-KEY-1, as age-keygen writes it.",
        )
    return found
