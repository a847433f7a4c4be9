"""Keys of encrypted backups on the command line: which one to use, whom to ask, who is to read."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import moving, screen
from gmailkit.cli.ask import can_ask
from gmailkit.cli.state import State
from gmailkit.errors import UsageError
from gmailkit.secret import Secret

if TYPE_CHECKING:
    from gmailkit.backup.crypt.keys import Owners


@dataclass(frozen=True, slots=True, kw_only=True)
class For:
    """Who is to read an encrypted backup."""

    recipient: Annotated[
        list[str] | None,
        typer.Option(
            "--recipient", metavar="KEY", help="This public key, age1...; may be repeated."
        ),
    ] = None
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Whoever knows a passphrase, asked for twice.")
    ] = False

    @property
    def anybody(self) -> bool:
        return bool(self.recipient) or self.passphrase

    @property
    def words(self) -> list[str]:
        """As they are typed."""
        named = [word for key in self.recipient or () for word in ("--recipient", key)]
        return [*named, *(["--passphrase"] if self.passphrase else [])]

    def owners(self, state: State) -> Owners:
        """Raises UsageError for a recipient that is none, and when a passphrase cannot be had."""
        from gmailkit.backup.crypt.keys import Owners

        words = _new_passphrase(state) if self.passphrase else None
        return Owners(tuple(self.recipient or ()), words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encrypted(For):
    """Whether a new backup is encrypted, and for whom."""

    encrypt: Annotated[
        bool, typer.Option("--encrypt", help="Begin an encrypted one, for those named here.")
    ] = False


def offer(state: State) -> None:
    """From now on a backup that is opened finds the keys of this run."""
    from gmailkit.backup.crypt.given import GIVEN

    GIVEN.identity = state.identity
    GIVEN.ask = partial(_passphrase, state, set())


def _passphrase(state: State, asked: set[Path], folder: Path) -> Secret | None:
    """Of an encrypted backup; None where nobody can be asked. `asked` are those it was said of."""
    if not can_ask(state):
        return None
    from gmailkit.backup.place import name_of

    again = "That is not it. " if folder in asked else ""
    asked.add(folder)
    return _unseen(f"{again}Passphrase of {screen.visible(name_of(folder))}: ") or None


def _new_passphrase(state: State) -> Secret:
    from gmailkit.config import given_keys

    if said := given_keys()[1]:
        return said
    if not can_ask(state):
        raise UsageError(
            "A passphrase has to be typed, and nobody can be asked here.",
            hint="Set GMAILKIT_BACKUP_PASSPHRASE, or name a key: --recipient age1…",
        )
    words = _unseen("New passphrase: ")
    if words != _unseen("The same again: "):
        raise UsageError("The two differ.", hint="Nothing was changed: run it again.")
    return words


def _unseen(prompt: str) -> Secret:
    from getpass import getpass

    moving.wipe()
    return Secret(getpass(prompt, stream=sys.stderr))
