"""`gmailkit stats`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from msgspec.structs import replace

from gmailkit.cli import screen
from gmailkit.cli import stats_view as view
from gmailkit.cli.command import command
from gmailkit.cli.progress import ProgressLine, counting, forecast, time_text
from gmailkit.cli.query_words import doubts
from gmailkit.cli.state import State
from gmailkit.cli.within import Within, located, places
from gmailkit.errors import PartialError, UsageError

if TYPE_CHECKING:
    from gmailkit.services.stats.model import Stats
    from gmailkit.services.stats.online import StatsPlan
    from gmailkit.stores.locate import Location


Tables = Literal[
    "sender", "domain", "label", "list", "year", "month", "size", "hour", "attachment", "reply"
]
By = Annotated[
    Tables | None,
    typer.Option(
        "--by",
        metavar="WHAT",
        help="One table: sender, domain, label, list, year, month, size, hour, attachment or"
        " reply.",
    ),
]


@command
def stats(
    ctx: typer.Context,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="Only mail that this search finds.")
    ] = "",
    by: By = None,
    top: Annotated[
        int | None,
        typer.Option("--top", metavar="N", min=1, help="Rows of a table [20; of an overview 5]."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="On Gmail, the newest N messages.")
    ] = 1_000,
    chart: Annotated[
        Path | None,
        typer.Option(
            "--chart", metavar="FILE", help="A picture of --by [month]: .svg, .png or .html."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("-n", "--dry-run", help="On Gmail: say what it would cost, and stop.")
    ] = False,
    *,
    within: Within,
) -> None:
    """Tell what fills a mailbox: who, which labels, when, how large, who owes whom an answer.

    On Gmail the headers of each message cost 20 units once, and are remembered; a backup (--in)
    costs nothing. In a pipe a line is key, messages, bytes and name, without --by behind the name
    of its table, separated by tabs; of reply it is address, conversations I owe, that are owed to
    me, my median in seconds, theirs.

    Examples:
      gmailkit stats --in mail.backup
      gmailkit stats --in mail.backup --by sender --chart senders.svg
      gmailkit stats newer_than:1y --by reply

    Needs: gmail.readonly (gmailkit login --for read); with --in nothing.
    """
    state = State.of(ctx)
    if chart and chart.suffix.casefold() not in (".svg", ".png", ".html"):
        raise UsageError(f"{chart} says no kind of picture.", hint="Name it .svg, .png or .html.")
    place = located(state, within)
    found = (
        _saved(state, query, place, within)
        if place
        else _online(state, query, limit, dry_run=dry_run)
    )
    if found is None:
        return
    for note in found.notes:
        state.out.say(screen.visible(note))
    if state.out.json:
        state.out.document(view.document(found, by))
    else:
        view.show(state.out, found, by, top)
    if chart:
        state.out.say(f"{found.draw(chart, by=by or 'month', top=top or 20)} is drawn.")
    _complain(found)


def _complain(found: Stats) -> None:
    if found.failed:
        raise PartialError(
            f"{screen.count_text(len(found.failed), 'message')} could not be read, and are not "
            "counted.",
            done=found.count,
            failed=found.failed,
            hint="gmailkit verify tells what a backup has lost, gmailkit repair fetches it again.",
        )


def _saved(state: State, query: str, place: Location, within: Within) -> Stats:
    from gmailkit.services.days import as_of
    from gmailkit.services.stats.saved import stats_of

    whose = within.whose or place.user
    source = places(state).source(replace(place, user=whose), as_of=as_of(within.as_of))
    with closing(ProgressLine(state.out)) as line:
        return stats_of(
            source,
            place.path or str(place),
            query=query,
            account=whose,
            on_progress=lambda done, total: line.show(
                done, None, f"{screen.count_text(done, 'message')} counted"
            ),
        )


def _online(state: State, query: str, limit: int, *, dry_run: bool) -> Stats | None:
    """None after a dry run."""
    doubts(state, query)
    gmail, out = state.gmail(), state.out
    plan = gmail.plan_stats(query, limit=limit)
    if dry_run:
        _tell(state, plan)
        return None
    new = len(plan.refs) - plan.known
    forecast(out, gmail, plan.units, f"{screen.count_text(new, 'message')} to read")
    with closing(ProgressLine(out, gmail=gmail)) as line:
        found = gmail.stats(plan, on_progress=counting(line))
    if found.cut:
        newest = screen.count_text(len(plan.refs), "message was", "messages were")
        out.say(f"Only the newest {newest} counted (--limit).")
    return found


def _tell(state: State, plan: StatsPlan) -> None:
    if state.out.json:
        state.out.document(
            {
                "query": plan.query,
                "messages": len(plan.refs),
                "known": plan.known,
                "cut": plan.cut,
                "units": plan.units,
                "seconds": plan.seconds,
            }
        )
        return
    span = "" if plan.seconds is None else f", {time_text(plan.seconds)} by the quota"
    count = screen.count_text(len(plan.refs), "message")
    state.out.line(f"{count} to count, {plan.known:,} known: {plan.units:,} units{span}.")
