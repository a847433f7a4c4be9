"""`gmailkit label`."""

from __future__ import annotations

from typing import Annotated

import typer

from gmailkit.cli.choose import choose
from gmailkit.cli.command import command
from gmailkit.cli.plan import How, Which, carry_out
from gmailkit.cli.state import State


@command
def label(
    ctx: typer.Context,
    which: Which,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", metavar="LABEL", help="Add this label; may be repeated."),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="LABEL", help="Remove this one; may be repeated."),
    ] = None,
    create: Annotated[
        bool, typer.Option("--create", help="Make labels of --add that do not exist.")
    ] = False,
    *,
    how: How,
) -> None:
    """Add labels to messages and take labels away, after showing which.

    Exactly the messages that are shown change, whatever arrives meanwhile; undo takes it back.

    Examples:
      gmailkit label 'from:ci is:unread' --add CI --remove INBOX --create
      gmailkit label 3,5 --remove UNREAD --yes
      gmailkit search from:ci --ids | gmailkit label - --add CI --yes

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    chosen = choose(state, gmail, which)
    plan = gmail.plan_label(
        chosen.query,
        ids=chosen.ids,
        add=add or (),
        remove=remove or (),
        create=create,
        threads=chosen.threads,
    )
    chosen.check_kept(plan.add, plan.remove)
    carry_out(state, gmail, plan, how)
