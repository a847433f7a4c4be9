"""`gmailkit archive`, `trash`, `read`, `star` and what else changes the labels of messages."""

from __future__ import annotations

from typing import Annotated

import typer

from gmailkit.cli.choose import choose, is_search
from gmailkit.cli.command import Blueprint, command, family
from gmailkit.cli.plan import How, Which, carry_out
from gmailkit.cli.query_words import doubts
from gmailkit.cli.row_list import looks_like_rows
from gmailkit.cli.state import State
from gmailkit.cli.trash_report import report
from gmailkit.errors import NotFound, UsageError, to_type


def _verb(name: str, doc: str, *parts: Blueprint) -> Blueprint:
    """A command that does `name` to messages; `parts` are commands under its name."""

    def run(ctx: typer.Context, which: Which, how: How) -> None:
        state = State.of(ctx)
        if name == "unread" and which.query is None and not which.ids:
            raise UsageError(
                "Say which messages to mark as unread.",
                hint="To see what is unread: gmailkit search is:unread",
            )
        gmail = state.gmail()
        chosen = choose(state, gmail, which)
        plan = gmail.plan_verb(name, chosen.query, ids=chosen.ids, threads=chosen.threads)
        chosen.check_kept(plan.add, plan.remove)
        carry_out(state, gmail, plan, how)

    run.__name__, run.__doc__ = name, doc
    return family(*parts)(run) if parts else command(run)


archive = _verb(
    "archive",
    """Take messages out of the inbox, after showing which.

    They stay in All Mail, and under their labels; undo puts them back.

    Examples:
      gmailkit archive 'in:inbox older_than:90d -is:starred'
      gmailkit archive 2-5

    Needs: gmail.modify (gmailkit login).
    """,
)
trash = _verb(
    "trash",
    """Move messages to Trash, after showing which.

    Gmail deletes what has been in Trash for 30 days; until then untrash or undo brings it back. For
    more than 100 the number has to be typed. gmailkit trash report tells what lies there.

    Examples:
      gmailkit trash 'category:promotions older_than:1y' --dry-run
      gmailkit trash 3
      gmailkit trash report

    Needs: gmail.modify (gmailkit login).
    """,
    report,
)
untrash = _verb(
    "untrash",
    """Take messages out of Trash, after showing which.

    The QUERY is searched in Trash. What gmailkit trash took out of the inbox goes back there.

    Examples:
      gmailkit untrash from:ann
      gmailkit untrash --id 18c2f0a1b2c3d4e5 --yes

    Needs: gmail.modify (gmailkit login).
    """,
)
read = _verb(
    "read",
    """Mark messages as read, after showing which.

    Examples:
      gmailkit read 'category:updates is:unread'
      gmailkit read 1-10 --yes

    Needs: gmail.modify (gmailkit login).
    """,
)
unread = _verb(
    "unread",
    """Mark messages as unread, after showing which.

    To see what is unread: gmailkit search is:unread

    Examples:
      gmailkit unread 4
      gmailkit unread 'from:boss newer_than:1d' --yes

    Needs: gmail.modify (gmailkit login).
    """,
)
star = _verb(
    "star",
    """Star messages, after showing which.

    The API knows one star, whatever its colour.

    Examples:
      gmailkit star 4
      gmailkit star 'from:boss is:unread' --yes

    Needs: gmail.modify (gmailkit login).
    """,
)
unstar = _verb(
    "unstar",
    """Take the star off messages, after showing which.

    Examples:
      gmailkit unstar 4
      gmailkit unstar 'is:starred older_than:1y' --yes

    Needs: gmail.modify (gmailkit login).
    """,
)
important = _verb(
    "important",
    """Mark messages as important, after showing which.

    Gmail learns from it what else to mark.

    Examples:
      gmailkit important 4
      gmailkit important from:boss --yes

    Needs: gmail.modify (gmailkit login).
    """,
)
unimportant = _verb(
    "unimportant",
    """Mark messages as not important, after showing which.

    Gmail learns from it what else not to mark.

    Examples:
      gmailkit unimportant 4
      gmailkit unimportant 'list:news is:important' --yes

    Needs: gmail.modify (gmailkit login).
    """,
)
spam = _verb(
    "spam",
    """Move messages to Spam, after showing which.

    Gmail learns from it, and deletes what has been there for 30 days. For more than 100 the number
    has to be typed.

    Examples:
      gmailkit spam 4
      gmailkit spam from:offers@spammer.example

    Needs: gmail.modify (gmailkit login).
    """,
)
unspam = _verb(
    "unspam",
    """Take messages out of Spam into the inbox, after showing which.

    The QUERY is searched in Spam. Gmail learns from it.

    Examples:
      gmailkit unspam from:ann
      gmailkit unspam --id 18c2f0a1b2c3d4e5 --yes

    Needs: gmail.modify (gmailkit login).
    """,
)


@command
def sweep(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Which messages; quote it.")],
    keep: Annotated[int, typer.Option("--keep", metavar="N", min=0, help="Leave the newest N.")],
    how: How,
) -> None:
    """Move to Trash all that match but the newest few, after showing which.

    Examples:
      gmailkit sweep 'from:news@shop.example' --keep 3
      gmailkit sweep 'list:ci.example.com -is:starred' --keep 20 --yes

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    doubts(state, query)
    plan = gmail.plan_sweep(query, keep=keep)
    carry_out(state, gmail, plan, how)


@command
def move(
    ctx: typer.Context,
    label: Annotated[str, typer.Argument(metavar="LABEL", help="The label to move them to.")],
    which: Which,
    create: Annotated[bool, typer.Option("--create", help="Make the label if need be.")] = False,
    *,
    how: How,
) -> None:
    """Take messages out of the inbox and put them under a label, after showing which.

    Examples:
      gmailkit move Receipts 'subject:receipt in:inbox' --create
      gmailkit move Work/Done 2,4-6 --yes

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    query = which.query
    if query and is_search(label) and not (is_search(query) or looks_like_rows(query)):
        raise UsageError(
            "First goes the label, then which messages.", hint=to_type("move", query, label)
        )
    gmail = state.gmail()
    chosen = choose(state, gmail, which)
    try:
        plan = gmail.plan_move(
            label, chosen.query, ids=chosen.ids, create=create, threads=chosen.threads
        )
    except NotFound as error:
        if query and looks_like_rows(label):
            typed = to_type("move", query, label)
            error.hint = f"First goes the label, then which messages: {typed}"
        raise
    chosen.check_kept(plan.add, plan.remove)
    carry_out(state, gmail, plan, how)
