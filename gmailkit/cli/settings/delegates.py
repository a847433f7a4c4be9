"""`gmailkit settings delegates`."""

from __future__ import annotations

from typing import Annotated

import typer

from gmailkit.cli.command import command, group
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.settings.change import change, show_all
from gmailkit.cli.state import State

Address = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="Somebody of the organisation; no alias.")
]


@command
def _list(ctx: typer.Context) -> None:
    """List who else may use this mailbox.

    Examples:
      gmailkit settings delegates list
      gmailkit settings delegates list --json

    Needs: gmail.settings.basic (of a service account: docs/service-accounts.md).
    """
    _show_them(State.of(ctx))


@command
def _add(ctx: typer.Context, address: Address, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Let somebody of the organisation use this mailbox in Gmail's web page.

    Examples:
      gmailkit settings delegates add bob@example.com
      gmailkit settings delegates add bob@example.com --dry-run

    Needs: gmail.settings.sharing (of a service account: docs/service-accounts.md).
    """
    change(State.of(ctx), lambda to: to.delegates.add(address), yes=yes, dry_run=dry_run)


@command
def _remove(
    ctx: typer.Context, address: Address, yes: Yes = False, dry_run: DryRun = False
) -> None:
    """Let somebody use this mailbox no longer.

    Examples:
      gmailkit settings delegates remove bob@example.com
      gmailkit settings delegates remove bob@example.com --yes

    Needs: gmail.settings.basic and gmail.settings.sharing (of a service account).
    """
    change(State.of(ctx), lambda to: to.delegates.remove(address), yes=yes, dry_run=dry_run)


@group(_list, _add, _remove)
def delegates(ctx: typer.Context) -> None:
    """List who else may use this mailbox; let people in and out.

    Examples:
      gmailkit settings delegates
      gmailkit settings delegates add bob@example.com
      gmailkit settings delegates remove bob@example.com

    Needs: gmail.settings.basic (of a service account: docs/service-accounts.md).
    """
    if ctx.invoked_subcommand is None:
        _show_them(State.of(ctx))


def _show_them(state: State) -> None:
    from gmailkit.cli.settings import views

    found = [views.delegate(each) for each in state.gmail().preferences.delegates.list()]
    show_all(state, found, ("address", "status"), none="Nobody else may use this mailbox.")
