"""The keys that this process was given: by the command line, the environment, or a person asked.

A program that opens backups may hand over keys itself; what stands here is for all that do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gmailkit.backup.crypt.age import MAGIC, Identities, decrypt_with_passphrase, identities_in
from gmailkit.config import given_keys
from gmailkit.errors import UsageError
from gmailkit.secret import Secret


@dataclass
class Given:
    """`identity` is a file with age identities, `ask` gets the passphrase of the backup at a path
    from a person; both before what the environment says (GMAILKIT_IDENTITY, GMAILKIT_PASSPHRASE).
    """

    identity: Path | None = None
    ask: Callable[[Path], Secret] | None = None
    _said: dict[Path, Secret] = field(default_factory=dict, repr=False)

    def identities(self) -> Identities | None:
        """Those of the file. Raises UsageError when it cannot be read or holds none."""
        path = self.identity or given_keys()[0]
        return read_identities(path) if path else None

    def passphrase(self, backup: Path, *, ask: bool = True) -> Secret | None:
        """`ask`: a person may be asked; what was said once is not asked again."""
        place = backup.absolute()
        if said := given_keys()[1] or self._said.get(place):
            return said
        if not ask or not self.ask:
            return None
        self._said[place] = self.ask(backup)
        return self._said[place]


GIVEN = Given()


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
