"""`gmailkit settings forwarding`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gmailkit.cli.command import command, group
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.settings.change import change, show_all
from gmailkit.cli.state import State

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Where the mail goes.")]
Then = Literal["keep", "archive", "trash", "read"]
ThenOption = typer.Option(
    "--then", metavar="WHAT", help="What becomes of it here: keep, archive, trash, read."
)


@command
def _list(ctx: typer.Context) -> None:
    """List the addresses mail may be forwarded to, and say whether all of it is.

    Examples:
      gmailkit settings forwarding list
      gmailkit settings forwarding list --json

    Needs: gmail.readonly (any login but --for send).
    """
    _show_it(State.of(ctx))


@command
def _add(ctx: typer.Context, address: Address, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Add an address; its owner has to follow the link in a mail from Gmail.

    Examples:
      gmailkit settings forwarding add office@example.org
      gmailkit settings forwarding add office@example.org --yes

    Needs: gmail.settings.sharing (a service account; a person does it in Gmail's own settings).
    """
    change(State.of(ctx), lambda to: to.forwarding.add(address), yes=yes, dry_run=dry_run)


@command
def _remove(
    ctx: typer.Context, address: Address, yes: Yes = False, dry_run: DryRun = False
) -> None:
    """Remove an address; nothing is forwarded to it any more.

    Examples:
      gmailkit settings forwarding remove office@example.org
      gmailkit settings forwarding remove office@example.org --dry-run

    Needs: gmail.settings.basic and gmail.settings.sharing (a service account).
    """
    change(State.of(ctx), lambda to: to.forwarding.remove(address), yes=yes, dry_run=dry_run)


@command
def _on(
    ctx: typer.Context,
    address: Address,
    then: Annotated[Then, ThenOption] = "keep",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Forward all new mail to an address that has accepted.

    Examples:
      gmailkit settings forwarding on office@example.org --dry-run
      gmailkit settings forwarding on office@example.org --then archive

    Needs: gmail.settings.basic and gmail.settings.sharing (a service account).
    """
    change(State.of(ctx), lambda to: to.forwarding.on(address, then=then), yes=yes, dry_run=dry_run)


@command
def _off(ctx: typer.Context, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Forward all new mail no longer; filters still do.

    Examples:
      gmailkit settings forwarding off
      gmailkit settings forwarding off --yes

    Needs: gmail.settings.basic and gmail.settings.sharing (a service account).
    """
    change(State.of(ctx), lambda to: to.forwarding.off(), yes=yes, dry_run=dry_run)


@group(_list, _add, _remove, _on, _off)
def forwarding(ctx: typer.Context) -> None:
    """Show where mail is forwarded to, and change it.

    Examples:
      gmailkit settings forwarding
      gmailkit settings forwarding on office@example.org --then archive
      gmailkit settings forwarding off

    Needs: gmail.readonly (any login but --for send).
    """
    if ctx.invoked_subcommand is None:
        _show_it(State.of(ctx))


def _show_it(state: State) -> None:
    from gmailkit.cli.settings import views

    found = state.gmail().preferences.forwarding
    auto = found.show()
    rows = []
    for each in found.list():
        all_of_it = auto.enabled and each.forwarding_email == auto.email_address
        then = views.forwarding(auto)["then"] if all_of_it else None
        rows.append({**views.forwarding_address(each), "all_mail": all_of_it, "then": then})
    none = "No address to forward to."
    show_all(state, rows, ("address", "status", "all_mail", "then"), none=none)
    if not auto.enabled:
        state.out.say("Mail is not forwarded, but for what filters do.")
