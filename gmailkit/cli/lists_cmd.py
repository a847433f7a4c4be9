"""`gmailkit lists`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gmailkit.cli import lists_view as view
from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask
from gmailkit.cli.command import command, group
from gmailkit.cli.fields import OF_LISTS
from gmailkit.cli.listing import Forms, form_of
from gmailkit.cli.plan import How, agree, say_way_back
from gmailkit.cli.progress import ProgressLine, counting, forecast
from gmailkit.cli.query_words import doubts
from gmailkit.cli.state import State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.services.lists.sources import MailingList

PIPED = ("key", "count", "read", "size", "date", "way", "name")
_BY: dict[str, Callable[[MailingList], Any]] = {
    "count": lambda each: -each.count,
    "unread": lambda each: -each.unread,
    "read": lambda each: each.read_rate,
    "size": lambda each: -each.size,
    "date": lambda each: -each.last.timestamp(),
    "name": lambda each: each.source.name.casefold(),
}


@command
def _check(
    ctx: typer.Context,
    grace: Annotated[
        str | None,
        typer.Option("--grace", metavar="DAYS", help="3, or 3d [2 after one click, 10 after mail]"),
    ] = None,
    no_filter: Annotated[
        bool, typer.Option("--no-filter", help="Make no filter for what they will send.")
    ] = False,
    *,
    how: How,
) -> None:
    """Name the lists that went on writing after they were asked to stop.

    What they sent after the grace can go to Trash, and what they will send too, by a filter: it is
    offered, or done with --yes, as one change that undo takes back. No filter is made that would
    take other mail too, nor for a sender whose mail names no list: receipts come from there.

    Gmail wants senders of much mail to honour one click within two days; by mail a person may have
    to read it.

    Examples:
      gmailkit lists check
      gmailkit lists check --grace 0 --no-filter --yes

    Needs: gmail.readonly; for Trash gmail.modify and for filters gmail.settings.basic (gmailkit
    login --for restore).
    """
    days = None if grace is None else _days(grace)
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    with closing(ProgressLine(out, gmail=gmail)) as line:
        plan = gmail.plan_silence(grace=days, filters=not no_filter, on_progress=counting(line))
    many = screen.count_text(len(plan.filters), "filter")
    number = None
    if not out.json:
        if plan.lists or plan.unsure:
            columns = ("LIST", "ASKED", "BY", "SINCE", "LAST", "STATE", "SUBJECT")
            out.table(columns, view.going_on(plan))
        for sentence in (*view.reserves(plan), *view.standing(plan)):
            out.say(sentence)
    if plan.lists and not how.dry_run and (how.yes or can_ask(state)):
        out.before_asking(
            f"{screen.count_text(len(plan.ids), 'message')} to Trash, {many} to be made; "
            f"{plan.units:,} units."
        )
        agree(state, gmail.address, len(plan.ids), how, away=len(plan.ids))
        with closing(ProgressLine(out, gmail=gmail)) as line:
            change = gmail.silence(plan, on_progress=counting(line))
        number = change.number if change else None
    elif plan.lists:
        out.say("Nothing was changed; --yes moves that mail to Trash and makes filters.")
    if out.json:
        out.document(view.silence(gmail.address, plan, number=number))
    if number is not None:
        out.say(f"{screen.count_text(len(plan.ids), 'message')} moved to Trash, {many} made.")
        say_way_back(out, number)


def _days(text: str) -> int:
    number = text.removesuffix("d")
    if not (number.isascii() and number.isdigit() and len(number) < 5):
        raise UsageError(f"--grace: {text!r} is no number of days.", hint="Write --grace 3, or 3d.")
    return int(number)


@group(_check)
def lists(
    ctx: typer.Context,
    query: Annotated[
        str, typer.Option("--query", metavar="QUERY", help="Only mail that this search finds.")
    ] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="Mail from then on: 2026-01-31, or 1y.")
    ] = "90d",
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="Look at the newest N messages.")
    ] = 1_000,
    sort: Annotated[
        Literal["count", "unread", "read", "size", "date", "name"],
        typer.Option("--sort", metavar="FIELD", help="count, unread, read, size, date or name."),
    ] = "count",
    *,
    forms: Forms,
) -> None:
    """List who sends mail to many: how much, how much of it you read, how one leaves.

    A row is a list (List-Id) or, without one, a sender. Ways out: one click and mail, which
    unsubscribe does; a link, which is yours to open; none. Each message costs 20 units once, and is
    remembered.

    Examples:
      gmailkit lists
      gmailkit lists --since 1y --sort read
      gmailkit lists --query category:promotions --csv > lists.csv

    Needs: gmail.readonly (gmailkit login --for read).
    """
    if ctx.invoked_subcommand is not None:
        return
    state = State.of(ctx)
    out = state.out
    forms.check(json=state.json)
    form = form_of(out, forms, OF_LISTS, piped=PIPED)
    doubts(state, query)
    gmail = state.gmail()
    found = gmail.find_mailings(query, since=since, limit=limit)
    forecast(out, gmail, found.units, f"{screen.count_text(found.new, 'message')} to read")
    with closing(ProgressLine(out, gmail=gmail)) as line:
        read = gmail.mailing_lists(found, on_progress=counting(line))
    ordered = sorted(read, key=_BY[sort])
    for number, each in enumerate(ordered, start=1):
        if not forms.ids:
            form.print(number, view.line(each))
        elif out.json:
            out.record({"id": each.source.key})
        else:
            out.line(each.source.key)
    if out.terminal:
        from gmailkit.cli.rows import Kind, Rows

        rows = [(each.source.mailing.id, each.source.name) for each in ordered]
        Rows.here(state, Kind.LISTS).save(gmail.address, rows)
    if not ordered:
        out.say(f"Nothing since {since} came by a list.")
    if found.cut:
        newest = screen.count_text(limit, "message was", "messages were")
        out.say(f"Only the newest {newest} looked at (--limit).")
