"""`gmailkit settings language`."""

from __future__ import annotations

from typing import Annotated

import typer

from gmailkit.cli.command import command, group
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.settings.change import change, show
from gmailkit.cli.state import State


@command
def _show(ctx: typer.Context) -> None:
    """Show the language of Gmail's pages.

    Examples:
      gmailkit settings language show
      gmailkit settings language show --json

    Needs: gmail.readonly (any login but --for send).
    """
    _show_it(State.of(ctx))


@command
def _set(
    ctx: typer.Context,
    tag: Annotated[str, typer.Argument(metavar="TAG", help="As de, en-GB or pt-BR (RFC 3066).")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Set the language of Gmail's pages; Gmail may take a near one.

    Examples:
      gmailkit settings language set de
      gmailkit settings language set en-GB --yes

    Needs: gmail.settings.basic (gmailkit login --for settings).
    """
    change(State.of(ctx), lambda to: to.language.set(tag), yes=yes, dry_run=dry_run)


@group(_show, _set)
def language(ctx: typer.Context) -> None:
    """Show the language of Gmail's pages, and set it.

    Examples:
      gmailkit settings language
      gmailkit settings language set en-GB

    Needs: gmail.readonly (any login but --for send).
    """
    if ctx.invoked_subcommand is None:
        _show_it(State.of(ctx))


def _show_it(state: State) -> None:
    from gmailkit.cli.settings import views

    show(state, views.language(state.gmail().preferences.language.show()))
