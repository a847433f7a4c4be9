"""`gmailkit backup keys`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli.ask import confirm
from gmailkit.cli.command import command
from gmailkit.cli.keys import For
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.state import UNCHANGED, State
from gmailkit.errors import BackupDamaged, UsageError, to_type

if TYPE_CHECKING:
    from gmailkit.backup.crypt.keys import Keys, Owners


@command
def keys(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The backup folder.")],
    whom: For,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="New keys, for those named here and nobody else.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Show who can read an encrypted backup, or change it with --rotate.

    Changing it needs a key of today: --identity FILE, or the passphrase. From then on packs are
    encrypted for those that are named, who can read what was saved before too. Whoever could read
    the older packs still can, until gmailkit compact writes them anew.

    Examples:
      gmailkit backup keys mail.backup
      gmailkit backup keys mail.backup --rotate --passphrase --recipient "$(age-keygen -y new.txt)"

    Needs: nothing; works offline.
    """
    from gmailkit.backup import marker
    from gmailkit.backup.beginning import brought
    from gmailkit.backup.crypt.beginning import rotate as change
    from gmailkit.backup.crypt.keys import Keys
    from gmailkit.backup.place import name_of

    state = State.of(ctx)
    place = brought(folder)
    marker.require(place)
    if not marker.is_encrypted(place):
        raise UsageError(
            f"{name_of(folder)} is not encrypted.",
            hint="Begin another: gmailkit backup NEW --encrypt",
        )
    if rotate != whom.anybody:
        said = whom.words or ["--passphrase"]
        raise UsageError(
            f"{said[0]} says who may read it from now on, which --rotate changes."
            if whom.anybody
            else "--rotate needs to know who may read it from now on: --recipient or --passphrase.",
            hint=to_type("backup", "keys", name_of(folder), "--rotate", *said),
        )
    there = Keys(place)
    if rotate:
        state.on_stop = UNCHANGED
        owners = whom.owners(state)
        _tell_plan(state, there, owners)
        if dry_run:
            return
        there.open()  # a key of today is there, before a question is asked
        confirm(state, f"Change who can read {there.told}?", yes=yes)
        change(folder, owners)
    if state.out.json:
        state.out.document({"path": there.told, "rotated": rotate, **_facts(there)})
    else:
        for recipient in there.owners():
            state.out.row("key", recipient)
        if there.has_passphrase:
            state.out.row("passphrase", "")


def _tell_plan(state: State, there: Keys, owners: Owners) -> None:
    today: list[str] = []
    with suppress(BackupDamaged):  # then the list is what is to be set right
        today = there.owners()
    gone = [each for each in today if each not in owners.recipients]
    if there.has_passphrase and owners.passphrase is None:
        gone.append("the passphrase")
    for each in gone:
        state.out.say(f"Will not read what is saved from now on: {each}")
    if owners.warning:
        state.out.before_asking(owners.warning)


def _facts(there: Keys) -> dict[str, object]:
    return {"recipients": there.owners(), "passphrase": there.has_passphrase}
