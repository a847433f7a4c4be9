"""`gmailkit trash` and `gmailkit untrash`."""

from __future__ import annotations

import typer

from gmailkit.cli.choose import choose
from gmailkit.cli.command import command
from gmailkit.cli.label_cmd import DryRun, Ids, Query, Yes
from gmailkit.cli.plan import carry_out
from gmailkit.cli.state import State


@command
def trash(
    ctx: typer.Context,
    query: Query = None,
    ids: Ids = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Move messages to Trash, after showing which.

    Gmail deletes what has been in Trash for 30 days; until then untrash brings it back.

    Examples:
      gmailkit trash 'category:promotions older_than:1y' --dry-run
      gmailkit trash 3

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    chosen = choose(state, gmail, query, ids)
    plan = gmail.plan_label(chosen.query, ids=chosen.ids, add=["TRASH"])
    carry_out(state, gmail, plan, yes=yes, dry_run=dry_run)


@command
def untrash(
    ctx: typer.Context,
    query: Query = None,
    ids: Ids = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Take messages out of Trash, after showing which.

    The QUERY is searched in Trash. A message does not come back into the inbox by itself.

    Examples:
      gmailkit untrash from:ann
      gmailkit untrash --id 18c2f0a1b2c3d4e5 --yes

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    chosen = choose(state, gmail, query, ids)
    plan = gmail.plan_untrash(chosen.query, ids=chosen.ids)
    carry_out(state, gmail, plan, yes=yes, dry_run=dry_run)
