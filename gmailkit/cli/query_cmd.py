"""`gmailkit query`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli.command import command, group
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.query.explain import Explanation

Text = Annotated[str, typer.Argument(metavar="QUERY", help="As in Gmail's search box; quote it.")]


@command
def _explain(ctx: typer.Context, query: Text = "") -> None:
    """Show how a search is read: as a tree, in words, as Gmail is asked it, and as SQL.

    Nobody is asked, so labels that it names are taken to be there. What would find nothing by a
    slip is refused, with a caret under it.

    Examples:
      gmailkit query explain 'from:ann (is:unread OR newer_than:7d) -label:done'
      gmailkit query explain 'after:2026/01/31' --json

    Needs: nothing; works offline.
    """
    from gmailkit.services.explaining import explain_query

    state = State.of(ctx)
    found = explain_query(query, clock=state.clock)
    for note in found.notes:
        state.out.say(note)
    if state.out.json:
        state.out.document(
            {
                "tree": found.tree,
                "words": found.words,
                "gmail": found.gmail,
                "sql": found.where.sql,
                "parameters": found.where.parameters,
                "notes": found.notes,
            }
        )
        return
    for line in _lines(found):
        state.out.line(line)


def _lines(found: Explanation) -> list[str]:
    asked = "as Gmail is asked" if len(found.gmail) == 1 else "as Gmail is asked, one by one"
    values = ", ".join(repr(value) for value in found.where.parameters)
    parts = (
        ("tree", found.tree),
        ("in words", found.words),
        (asked, [text or "(everything)" for text in found.gmail]),
        ("as SQL", [found.where.sql, *([f"with {values}"] if values else [])]),
    )
    return [line for title, lines in parts for line in (f"{title}:", *(f"  {x}" for x in lines))]


@group(_explain)
def query(ctx: typer.Context) -> None:
    """Explain searches.

    Examples:
      gmailkit query explain 'from:ann is:unread'
      gmailkit query explain 'after:2026/01/31' --json

    Needs: nothing; works offline.
    """
    if ctx.invoked_subcommand is None:
        State.of(ctx).out.line(ctx.get_help())
