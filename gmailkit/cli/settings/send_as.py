"""`gmailkit settings send-as`."""

from __future__ import annotations

from typing import Annotated

import typer

from gmailkit.cli.command import command, group
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.settings.change import change, show_all
from gmailkit.cli.state import State

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The address to send from.")]
Name = typer.Option("--name", metavar="NAME", help="The name that stands before it.")
ReplyTo = typer.Option("--reply-to", metavar="ADDRESS", help='Where answers go; "" for itself.')


@command
def _list(ctx: typer.Context) -> None:
    """List the addresses this mailbox sends from.

    Examples:
      gmailkit settings send-as list
      gmailkit settings send-as list --json

    Needs: gmail.readonly (any login but --for send).
    """
    _show_them(State.of(ctx))


@command
def _add(
    ctx: typer.Context,
    address: Address,
    name: Annotated[str, Name] = "",
    reply_to: Annotated[str, ReplyTo] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Add an alias that is sent through Gmail.

    Its owner may have to follow the link in a mail from Gmail first.

    Examples:
      gmailkit settings send-as add sales@example.org --name Sales
      gmailkit settings send-as add sales@example.org --dry-run

    Needs: gmail.settings.sharing (a service account; a person does it in Gmail's own settings).
    """
    change(
        State.of(ctx),
        lambda to: to.send_as.add(address, name=name, reply_to=reply_to),
        yes=yes,
        dry_run=dry_run,
    )


@command
def _edit(
    ctx: typer.Context,
    address: Address,
    name: Annotated[str | None, Name] = None,
    reply_to: Annotated[str | None, ReplyTo] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Change the name of an address, or where answers go.

    Examples:
      gmailkit settings send-as edit ann@example.com --name 'Ann Lee'
      gmailkit settings send-as edit ann@example.com --reply-to ''

    Needs: gmail.settings.basic (gmailkit login --for settings; for an alias a service account).
    """
    change(
        State.of(ctx),
        lambda to: to.send_as.edit(address, name=name, reply_to=reply_to),
        yes=yes,
        dry_run=dry_run,
    )


@command
def _default(
    ctx: typer.Context, address: Address, yes: Yes = False, dry_run: DryRun = False
) -> None:
    """Send new mail from this address.

    Examples:
      gmailkit settings send-as default ann@example.com
      gmailkit settings send-as default ann@example.com --yes

    Needs: gmail.settings.basic (gmailkit login --for settings; for an alias a service account).
    """
    change(State.of(ctx), lambda to: to.send_as.default(address), yes=yes, dry_run=dry_run)


@command
def _verify(
    ctx: typer.Context, address: Address, yes: Yes = False, dry_run: DryRun = False
) -> None:
    """Mail the owner of a pending address once more.

    Examples:
      gmailkit settings send-as verify sales@example.org
      gmailkit settings send-as verify sales@example.org --yes

    Needs: gmail.settings.basic and gmail.settings.sharing (a service account).
    """
    change(State.of(ctx), lambda to: to.send_as.verify(address), yes=yes, dry_run=dry_run)


@command
def _remove(
    ctx: typer.Context, address: Address, yes: Yes = False, dry_run: DryRun = False
) -> None:
    """Remove an alias.

    Examples:
      gmailkit settings send-as remove sales@example.org
      gmailkit settings send-as remove sales@example.org --dry-run

    Needs: gmail.settings.basic and gmail.settings.sharing (a service account).
    """
    change(State.of(ctx), lambda to: to.send_as.remove(address), yes=yes, dry_run=dry_run)


@group(_list, _add, _edit, _default, _verify, _remove)
def send_as(ctx: typer.Context) -> None:
    """List the addresses this mailbox sends from, and change them.

    Examples:
      gmailkit settings send-as
      gmailkit settings send-as edit ann@example.com --name 'Ann Lee'
      gmailkit settings send-as default ann@example.com

    Needs: gmail.readonly (any login but --for send).
    """
    if ctx.invoked_subcommand is None:
        _show_them(State.of(ctx))


def _show_them(state: State) -> None:
    from gmailkit.cli.settings import views

    found = [views.send_as(each) for each in state.gmail().preferences.send_as.list()]
    show_all(state, found, ("address", "name", "reply_to", "default", "status"), none="None.")
