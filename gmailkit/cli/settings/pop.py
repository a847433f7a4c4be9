"""`gmailkit settings pop`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gmailkit.cli.command import command, group
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.settings.change import change, show
from gmailkit.cli.settings.forwarding import Then, ThenOption
from gmailkit.cli.state import State

Mail = typer.Option("--mail", metavar="WHICH", help="all, or new from now on.")


@command
def _show(ctx: typer.Context) -> None:
    """Show which mail POP programs get.

    Examples:
      gmailkit settings pop show
      gmailkit settings pop show --json

    Needs: gmail.readonly (any login but --for send).
    """
    _show_it(State.of(ctx))


@command
def _on(
    ctx: typer.Context,
    mail: Annotated[Literal["all", "new"], Mail] = "new",
    then: Annotated[Then | None, ThenOption] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Let POP programs fetch mail: what comes from now on, and with --mail all what is there too.

    Examples:
      gmailkit settings pop on
      gmailkit settings pop on --mail all --then archive

    Needs: gmail.settings.basic (gmailkit login --for settings).
    """
    change(State.of(ctx), lambda to: to.pop.on(mail=mail, then=then), yes=yes, dry_run=dry_run)


@command
def _off(ctx: typer.Context, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Let POP programs fetch no mail.

    Examples:
      gmailkit settings pop off
      gmailkit settings pop off --yes

    Needs: gmail.settings.basic (gmailkit login --for settings).
    """
    change(State.of(ctx), lambda to: to.pop.off(), yes=yes, dry_run=dry_run)


@group(_show, _on, _off)
def pop(ctx: typer.Context) -> None:
    """Show which mail POP programs get, and change it.

    Examples:
      gmailkit settings pop
      gmailkit settings pop on --mail all --then archive

    Needs: gmail.readonly (any login but --for send).
    """
    if ctx.invoked_subcommand is None:
        _show_it(State.of(ctx))


def _show_it(state: State) -> None:
    from gmailkit.cli.settings import views

    show(state, views.pop(state.gmail().preferences.pop.show()))
