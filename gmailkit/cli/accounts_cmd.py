"""`gmailkit accounts`: who is signed in here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli.command import command, group
from gmailkit.cli.complete import accounts as known
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.auth.accounts import Account

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Its address or alias.", autocompletion=known)
]


@command
def _default(ctx: typer.Context, name: Name) -> None:
    """Make an account the default one.

    Examples:
      gmailkit accounts default work
      gmailkit accounts default ann@example.com

    Needs: nothing; works offline.
    """
    from gmailkit.auth.accounts import Accounts

    state = State.of(ctx)
    account = Accounts(state.settings().home).set_default(name)
    state.out.say(f"{account.address} is the default account.")


@command
def _alias(
    ctx: typer.Context,
    name: Name,
    alias: Annotated[str, typer.Argument(metavar="ALIAS", help="A short name for it.")],
) -> None:
    """Give an account a short name.

    Examples:
      gmailkit accounts alias ann@example.com work
      gmailkit search is:unread --account work

    Needs: nothing; works offline.
    """
    import msgspec

    from gmailkit.auth.accounts import Accounts

    state = State.of(ctx)
    accounts = Accounts(state.settings().home)
    account = msgspec.structs.replace(accounts.find(name), alias=alias)
    accounts.add(account)
    state.out.say(f"{account.address} is also {alias}.")


@group(_default, _alias)
def accounts(ctx: typer.Context) -> None:
    """List the accounts that are signed in here.

    Examples:
      gmailkit accounts
      gmailkit accounts default work
      gmailkit accounts alias ann@example.com work

    Needs: nothing; works offline.
    """
    if ctx.invoked_subcommand is None:
        _list(State.of(ctx))


def _list(state: State) -> None:
    from gmailkit.auth.accounts import Accounts
    from gmailkit.auth.scopes import purpose_of

    accounts = Accounts(state.settings().home)
    chosen, all_of_them = accounts.default, accounts.all()
    if not all_of_them:
        state.out.say("Nobody is signed in. Sign in: gmailkit login")
        return
    if state.out.json:
        for each in all_of_them:
            state.out.record(
                {
                    "address": each.address,
                    "alias": each.alias,
                    "default": each.address == chosen,
                    "purpose": purpose_of(each.scopes),
                    "scopes": each.scopes,
                    "signed_in": datetime.fromtimestamp(int(each.signed_in), UTC),
                    "kept_in": each.keep,
                    "endpoint": each.service.endpoint,
                    "key_file": each.key_file,
                }
            )
        return
    state.out.table(
        ("ACCOUNT", "ALIAS", "MAY", "DEFAULT"),
        [(a.address, a.alias, _may(a), "yes" if a.address == chosen else "") for a in all_of_them],
    )


def _may(account: Account) -> str:
    from gmailkit.auth.scopes import may

    what = may(account.scopes)
    return f"{what} (service account)" if account.key_file else what
