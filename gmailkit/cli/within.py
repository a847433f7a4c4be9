"""The options of commands that work on a backup as they do on Gmail."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from gmailkit.cli import moving
from gmailkit.cli.as_of import AsOf
from gmailkit.cli.progress import made_searchable
from gmailkit.cli.state import State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.cli.choose import Mailbox
    from gmailkit.gmail import Gmail
    from gmailkit.services.offline.mailbox import SavedMailbox


@dataclass(frozen=True, kw_only=True)
class Within:
    """Whether Gmail is meant, or a backup."""

    folder: Annotated[
        Path | None,
        Option("--in", metavar="DIR", help="The mail of this backup: offline, nobody is asked."),
    ] = None
    whose: Annotated[
        str,
        Option("--from", metavar="ADDRESS", help="Whose mail, where the backup has several."),
    ] = ""
    as_of: AsOf = None


def mailbox(state: State, within: Within) -> tuple[Mailbox, Gmail | None]:
    """What is worked on, and Gmail where it is that, which costs units."""
    if saved := saved_mailbox(state, within):
        return saved, None
    gmail = state.gmail()
    return gmail, gmail


def saved_mailbox(state: State, within: Within) -> SavedMailbox | None:
    """The mailbox in the backup that is meant, closed when the run ends; None where Gmail is.

    Says how far messages are made searchable, where that is to be done first.
    """
    if within.folder is None:
        if within.whose:
            raise UsageError(
                "--from says whose mail of a backup is meant.",
                hint="Name the backup too: --in DIR. To search by sender: from:ADDRESS",
            )
        if within.as_of:
            raise UsageError(
                "--as-of goes with a backup, and Gmail is as it is.", hint="Name one: --in DIR"
            )
        return None
    from gmailkit.services.offline.mailbox import open_backup

    state.closing.callback(moving.wipe)  # whatever ends it

    state.within = within.folder
    mail = open_backup(
        within.folder,
        account=within.whose,
        as_of=within.as_of,
        clock=state.clock,
        on_progress=made_searchable(state.out),
    )
    return state.closing.enter_context(mail)
