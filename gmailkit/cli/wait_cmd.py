"""`gmailkit wait`."""

from __future__ import annotations

from typing import Annotated

import typer

from gmailkit.cli import screen, views
from gmailkit.cli.command import command
from gmailkit.cli.progress import time_text
from gmailkit.cli.query_words import doubts
from gmailkit.cli.state import State


@command
def wait(
    ctx: typer.Context,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="As in Gmail's search box; quote it.")
    ] = "",
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="LONG", help="How long at most: 30s, 5m, 2h.")
    ] = "2m",
    extract: Annotated[
        str | None,
        typer.Option("--extract", metavar="REGEX", help="Print only what it finds in the mail."),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", metavar="N", min=1, help="Wait for so many messages.")
    ] = 1,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="LONG", help="What came so shortly before counts too."),
    ] = None,
) -> None:
    """Wait until a message arrives that matches a Gmail search.

    With --extract it prints the first match of a regular expression (Python's) in subject or text:
    group 1, if there is one. A message without a match does not count.
    When the time is over the exit code is 12.

    Examples:
      gmailkit wait 'from:bank subject:code' --timeout 2m --extract '\\d{6}'
      gmailkit wait 'subject:"build finished"' --since 10m --timeout 1h
      gmailkit wait from:ann --count 3 --json

    Needs: gmail.readonly (gmailkit login --for read).
    """
    from gmailkit.cli.fields import OF_MESSAGES
    from gmailkit.cli.listed import LINES, message_line
    from gmailkit.cli.listing import Forms, form_of
    from gmailkit.compose.when import seconds

    state = State.of(ctx)
    patience, before = seconds(timeout), seconds(since or 0)
    doubts(state, query)
    gmail = state.gmail()
    coming = gmail.arrivals(query, count=count, timeout=patience, since=before, extract=extract)
    if state.out.talks_to_terminal and patience:
        state.out.say(f"Waiting {time_text(patience)} at most; Ctrl-C stops it.")
    form = form_of(state.out, Forms(), OF_MESSAGES, piped=LINES["message"])
    own = gmail.address.casefold()
    rows: list[tuple[str, str]] = []
    try:
        for arrival in coming:
            rows.append((arrival.envelope.id, arrival.envelope.subject))
            if state.out.json:
                match = {} if extract is None else {"match": arrival.match}
                state.out.record({**views.envelope(arrival.envelope), **match})
            elif extract is not None:
                state.out.line(screen.visible(arrival.match))
            else:
                form.print(len(rows), message_line(arrival.envelope, own))
    finally:
        if state.out.terminal and extract is None and rows:
            from gmailkit.cli.rows import Kind, Rows

            Rows.here(state, Kind.MESSAGES).save(gmail.address, rows)
