"""`gmailkit logout`."""

from __future__ import annotations

from typing import Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.command import command
from gmailkit.cli.complete import accounts
from gmailkit.cli.state import State


@command
def logout(
    ctx: typer.Context,
    account: Annotated[
        str | None,
        typer.Argument(metavar="ACCOUNT", help="Its address or alias.", autocompletion=accounts),
    ] = None,
) -> None:
    """Sign out: revoke the permission, then forget the token.

    Examples:
      gmailkit logout
      gmailkit logout work

    Needs: nothing.
    """
    from gmailkit.services.sign_in import logout as sign_out

    state = State.of(ctx)
    settings = state.settings()
    gone = sign_out(settings, account or settings.account)
    if state.out.json:
        state.out.document({"address": gone.address, "revoked": gone.revoked})
        return
    if gone.key_file:
        state.out.line(f"Forgot {screen.visible(gone.address)}.")
        state.out.say(
            f"There is nothing to revoke: the key {gone.key_file} opens the mailbox as before.\n"
            "To end that, delete the key in the Google Cloud console, or its line in the Admin "
            "console."
        )
        return
    state.out.line(f"Signed out of {screen.visible(gone.address)}.")
    if not gone.revoked:
        state.out.say(
            "The permission could not be revoked, or was dead already; the token is forgotten.\n"
            "To be sure, look at https://myaccount.google.com/permissions"
        )
