"""The keys that this process was given: by the command line, the environment, or a person asked.

A program that opens backups may hand over keys itself; what stands here is for all that do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.secret import Secret

if TYPE_CHECKING:
    from gmailkit.backup.crypt.age import Identities


@dataclass
class Given:
    """`identity` is a file with age identities, in place of the one in the environment
    (GMAILKIT_IDENTITY). `ask` gets the passphrase of the backup at a path from a person, None where
    there is nobody; GMAILKIT_BACKUP_PASSPHRASE spares the question.
    """

    identity: Path | None = None
    ask: Callable[[Path], Secret | None] | None = None
    _said: dict[Path, Secret] = field(default_factory=dict, repr=False)
    _read: dict[Path, Identities] = field(default_factory=dict, repr=False)

    def identities(self) -> Identities | None:
        """Those of the file; of a pipe, `--identity <(age -d key.age)`, which can be read but once,
        those of then. Raises UsageError when it cannot be read or holds none.
        """
        from gmailkit.backup.crypt.identity_file import read_identities
        from gmailkit.config import given_keys

        path = self.identity or given_keys()[0]
        if path is None:
            return None
        if not path.is_fifo():
            return read_identities(path)
        if path not in self._read:
            self._read[path] = read_identities(path)
        return self._read[path]

    def passphrase(self, backup: Path, *, ask: bool = True) -> Secret | None:
        """`ask`: a person may be asked; what was said once is not asked again."""
        from gmailkit.config import given_keys

        place = backup.absolute()
        if said := given_keys()[1] or self._said.get(place):
            return said
        if not ask or not self.ask:
            return None
        if (said := self.ask(backup)) is not None:
            self._said[place] = said
        return said

    def forget(self) -> None:
        """What was said and read before: it may have been wrong."""
        self._said.clear()
        self._read.clear()

    def same(self, known: Path, new: Path) -> None:
        """The passphrase of one is that of the other."""
        if said := self._said.get(known.absolute()):
            self._said[new.absolute()] = said


GIVEN = Given()


def given(identity: Path | str | None) -> Given:
    """The age identities in that file, for one backup; None: what this process was given."""
    return Given(identity=Path(identity).expanduser()) if identity else GIVEN


def use_key(identity: Path | str | None = None, *, passphrase: str = "") -> None:
    """From now on this process opens encrypted backups with the age identities in that file, or
    with that passphrase; without either, with what the environment says. It is read when a backup
    is opened, which raises UsageError for a file that holds none.
    """
    GIVEN.forget()
    GIVEN.identity = Path(identity).expanduser() if identity else None
    said = Secret(passphrase)
    GIVEN.ask = (lambda _path: said) if passphrase else None
