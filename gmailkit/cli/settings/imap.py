"""`gmailkit settings imap`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gmailkit.cli.command import command, group
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.settings.change import change, show
from gmailkit.cli.state import State

AutoExpunge = typer.Option(
    "--auto-expunge", metavar="WHEN", help="yes or no: at once when a program marks as deleted."
)
Expunge = typer.Option(
    "--expunge", metavar="WHAT", help="What then becomes of it: archive, trash or delete."
)
MaxFolderSize = typer.Option(
    "--max-folder-size", metavar="N", help="Messages a folder shows: 0 (all), 1000, 2000, 5000..."
)


@command
def _show(ctx: typer.Context) -> None:
    """Show whether IMAP programs may read the mailbox.

    Examples:
      gmailkit settings imap show
      gmailkit settings imap show --json

    Needs: gmail.readonly (any login but --for send).
    """
    _show_it(State.of(ctx))


@command
def _on(
    ctx: typer.Context,
    auto_expunge: Annotated[Literal["yes", "no"] | None, AutoExpunge] = None,
    expunge: Annotated[Literal["archive", "trash", "delete"] | None, Expunge] = None,
    max_folder_size: Annotated[int | None, MaxFolderSize] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Let IMAP programs read the mailbox; what is not said stays.

    Examples:
      gmailkit settings imap on
      gmailkit settings imap on --auto-expunge no --expunge trash

    Needs: gmail.settings.basic (gmailkit login --for settings).
    """
    at_once = None if auto_expunge is None else auto_expunge == "yes"
    change(
        State.of(ctx),
        lambda to: to.imap.on(
            auto_expunge=at_once, expunge=expunge, max_folder_size=max_folder_size
        ),
        yes=yes,
        dry_run=dry_run,
    )


@command
def _off(ctx: typer.Context, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Let IMAP programs in no longer (an account of gmail.com always does).

    Examples:
      gmailkit settings imap off
      gmailkit settings imap off --yes

    Needs: gmail.settings.basic (gmailkit login --for settings).
    """
    change(State.of(ctx), lambda to: to.imap.off(), yes=yes, dry_run=dry_run)


@group(_show, _on, _off)
def imap(ctx: typer.Context) -> None:
    """Show whether IMAP programs may read the mailbox, and change it.

    Examples:
      gmailkit settings imap
      gmailkit settings imap on --expunge trash

    Needs: gmail.readonly (any login but --for send).
    """
    if ctx.invoked_subcommand is None:
        _show_it(State.of(ctx))


def _show_it(state: State) -> None:
    from gmailkit.cli.settings import views

    show(state, views.imap(state.gmail().preferences.imap.show()))
