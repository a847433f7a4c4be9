"""`gmailkit whoami`."""

from __future__ import annotations

import typer

from gmailkit.cli import screen
from gmailkit.cli.command import command
from gmailkit.cli.state import State

UNKNOWN = "unknown: the token does not tell"


@command
def whoami(ctx: typer.Context) -> None:
    """Say which account is used, and what it may do.

    Examples:
      gmailkit whoami
      gmailkit whoami --json

    Needs: any login; exits with 4 when nobody is signed in.
    """
    from gmailkit.auth.scopes import may, short
    from gmailkit.services.sign_in import whoami as identify

    out = State.of(ctx).out
    me = identify(State.of(ctx).settings())
    if out.json:
        out.document(
            {
                "address": me.address,
                "alias": me.alias,
                "purpose": me.purpose,
                "scopes": me.scopes,
                "endpoint": str(me.endpoint),
                "source": me.source,
                "expires_in": me.expires_in,
            }
        )
        return
    facts = [
        ("account", (f"{me.address} ({me.alias})" if me.alias else me.address) or UNKNOWN),
        ("may", may(me.scopes) if me.scopes else UNKNOWN),
        ("scopes", " ".join(map(short, me.scopes))),
        ("endpoint", str(me.endpoint)),
        ("token from", me.source),
    ]
    for name, value in facts:
        if out.terminal:
            out.line(f"{name:12}{screen.visible(value)}")
        else:
            out.row(name, value)
