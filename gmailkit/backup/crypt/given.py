"""What opens encrypted backups: given with a call, or to the whole process.

Whoever opens a backup may hand over its key; `GIVEN` stands for all that do not: what the command
line, `use_key` or the environment said, or a person who is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.secret import Secret

if TYPE_CHECKING:
    from gmailkit.backup.crypt.age import Identities


@dataclass(eq=False)
class BackupKey:
    """A file with age identities, a `passphrase`, or both, for one backup or for several.

    Where one is not given, the environment's counts (GMAILKIT_IDENTITY,
    GMAILKIT_BACKUP_PASSPHRASE). `ask` gets the passphrase of the backup at a path from a person,
    None where there is nobody; one that was given spares the question.
    """

    identity: Path | str | None = None
    passphrase: str = field(default="", repr=False)
    ask: Callable[[Path], Secret | None] | None = field(default=None, repr=False)
    _said: dict[Path, Secret] = field(default_factory=dict, init=False, repr=False)
    _read: dict[Path, Identities] = field(default_factory=dict, init=False, repr=False)

    def identities(self) -> Identities | None:
        """Those of the file; of a pipe, `--identity <(age -d key.age)`, which can be read but once,
        those of then. Raises UsageError when it cannot be read or holds none.
        """
        from gmailkit.backup.crypt.identity_file import read_identities
        from gmailkit.config import given_keys

        path = Path(self.identity).expanduser() if self.identity else given_keys()[0]
        if path is None:
            return None
        if not path.is_fifo():
            return read_identities(path)
        if path not in self._read:
            self._read[path] = read_identities(path)
        return self._read[path]

    def passphrase_of(self, backup: Path, *, ask: bool = True) -> Secret | None:
        """`ask`: a person may be asked; what was said once is not asked again."""
        from gmailkit.config import given_keys

        if self.passphrase:
            return Secret(self.passphrase)
        place = backup.absolute()
        if said := given_keys()[1] or self._said.get(place):
            return said
        if not ask or not self.ask:
            return None
        if (said := self.ask(backup)) is not None:
            self._said[place] = said
        return said

    def mistyped(self, backup: Path) -> bool:
        """The passphrase of a backup was a wrong one: whether a person typed it, who may do so
        again."""
        return self._said.pop(backup.absolute(), None) is not None

    def forget(self) -> None:
        """What was said and read before: it may have been wrong."""
        self._said.clear()
        self._read.clear()

    def same(self, known: Path, new: Path) -> None:
        """The passphrase of one is that of the other."""
        if said := self._said.get(known.absolute()):
            self._said[new.absolute()] = said


GIVEN = BackupKey()
Identity = BackupKey | Path | str | None
"""How a call names what opens its backup: a file with age identities, a `BackupKey`, or None for
what this process was given."""


def key_of(identity: Identity) -> BackupKey:
    if isinstance(identity, BackupKey):
        return identity
    return BackupKey(identity) if identity else GIVEN


def use_key(identity: Path | str | None = None, *, passphrase: str = "") -> None:
    """From now on what is opened in this process without a key of its own is opened with the age
    identities in that file, or with that passphrase; without either, with what the environment
    says. It is read when a backup is opened, which raises UsageError for a file that holds none.
    """
    GIVEN.forget()
    GIVEN.identity, GIVEN.passphrase, GIVEN.ask = identity, passphrase, None
