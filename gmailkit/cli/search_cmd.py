"""`gmailkit search`."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.command import command
from gmailkit.cli.listing import Form, Forms, form_of
from gmailkit.cli.progress import ProgressLine, forecast
from gmailkit.cli.query_words import doubts
from gmailkit.cli.state import State
from gmailkit.cli.within import Within, stored_mailbox
from gmailkit.errors import Failure, GmailKitError, PartialError, UsageError, to_type

if TYPE_CHECKING:
    from gmailkit.cli.listed import Listed
    from gmailkit.gmail import Gmail
    from gmailkit.services.offline.mailbox import SavedMailbox
    from gmailkit.services.offline.searching import Order
    from gmailkit.services.offline.stored import StoredMailbox

LIMIT = 25
_OTHERS = "All others were; `gmailkit show ID --in STORE` says what is wrong with one."


@command
def search(
    ctx: typer.Context,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="As in Gmail's search box; quote it.")
    ] = "",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            help=f"At most so many [{LIMIT} on a terminal, else all].",
        ),
    ] = None,
    threads: Annotated[
        bool, typer.Option("--threads", help="A row a conversation, not a message.")
    ] = False,
    rank: Annotated[
        bool, typer.Option("--rank", help="With --in: what fits best first, not the newest.")
    ] = False,
    *,
    within: Within,
    forms: Forms,
) -> None:
    """List the messages that match a Gmail search, newest first.

    On a terminal rows are numbered, and the next commands take the numbers: gmailkit show 3.
    In a pipe a line is id, date (UTC), from and subject, separated by tabs.
    A query that begins with a minus goes last, after --.
    With --in it is a backup that is searched, offline, in the same words.

    Examples:
      gmailkit search 'from:ann has:attachment newer_than:30d'
      gmailkit search subject:invoice --csv --fields date,from,subject > invoices.csv
      gmailkit search 'invoice larger:1M' --in mail.backup --rank

    Needs: gmail.readonly (gmailkit login --for read); with --in nothing, it works offline.
    """
    from gmailkit.cli import fields, listed

    state = State.of(ctx)
    forms.check(json=state.json)
    noun = "conversation" if threads else "message"
    known = fields.OF_CONVERSATIONS if threads else fields.OF_MESSAGES
    form = form_of(state.out, forms, known, piped=listed.LINES[noun])
    if limit is None and state.out.terminal:
        limit = LIMIT
    doubts(state, query)
    owner: Gmail | SavedMailbox | StoredMailbox
    if mail := stored_mailbox(state, within):
        mail.check(query)
        what, owner = _saved(state, mail, threads=threads, rank=rank), mail
        line = ProgressLine(state.out, rows=True)
    elif rank:
        raise UsageError("Gmail ranks nothing.", hint="--rank goes with --in DIR, a backup.")
    else:
        owner = gmail = state.gmail()
        what = listed.conversations(gmail) if threads else listed.messages(gmail)
        line = ProgressLine(state.out, gmail=gmail, rows=True)
        if limit and not forms.ids:
            most = f"{screen.count_text(limit, noun)} to read at most"
            forecast(state.out, gmail, limit * gmail.price(what.method), most)
    if forms.ids:
        shown, cut = _ids(state, what, query, limit)
    else:
        shown, cut = _rows(state, owner, what, line, query, limit, form)
    if cut:
        state.out.say(_cut(state, what, query, shown))
    elif not shown:
        _say_none(state, noun, mail)
    if mail and mail.damaged:
        raise _not_looked_at(mail, shown)


def _say_none(state: State, noun: str, mail: SavedMailbox | StoredMailbox | None) -> None:
    """It may stand in an attached file that was not read."""
    state.out.say(f"No {noun} matches.")
    if mail:
        for note in (each for each in mail.unsearched if each not in mail.notes):  # said above
            state.out.say(note)


def _saved(
    state: State, mail: SavedMailbox | StoredMailbox, *, threads: bool, rank: bool
) -> Listed:
    from gmailkit.cli import listed_saved

    for note in mail.notes:
        state.out.say(note)
    order: Order = "rank" if rank else "date"
    what = listed_saved.conversations if threads else listed_saved.messages
    return what(mail, order)


def _not_looked_at(mail: SavedMailbox | StoredMailbox, shown: int) -> PartialError:
    count = screen.count_text(len(mail.damaged), "damaged message")
    return PartialError(
        f"{count} of {mail.path} could not be looked at.",
        done=shown,
        failed=[Failure(id, "It cannot be read.") for id in mail.damaged],
        hint=to_type("repair", str(mail.path)) if isinstance(mail.path, Path) else _OTHERS,
    )


def _cut(state: State, what: Listed, query: str, shown: int) -> str:
    """How many there are is counted for a person only, as it costs units, and only if it can be."""
    if state.out.terminal and not state.out.quiet:
        with suppress(GmailKitError):  # the budget is spent, say
            return f"{shown} of {what.count(query)} shown (--limit)."
    return f"{shown} shown, there are more (--limit)."


def _ids(state: State, what: Listed, query: str, limit: int | None) -> tuple[int, bool]:
    found = what.ids(query, limit)
    shown = 0
    for shown, id in enumerate(found, start=1):  # noqa: B007 - the last count is the result
        if state.out.json:
            state.out.record({"id": id})
        else:
            state.out.line(id)
    return shown, found.cut


def _rows(
    state: State,
    owner: Gmail | SavedMailbox | StoredMailbox,
    what: Listed,
    progress: ProgressLine,
    query: str,
    limit: int | None,
    form: Form,
) -> tuple[int, bool]:
    found = what.lines(query, limit, form.names)
    rows: list[tuple[str, str]] = []
    whole = False
    try:
        for line in found:
            rows.append((line.id, line.subject))
            form.print(len(rows), line)
            if not sys.stdout.isatty():  # rows tell it themselves
                progress.show(len(rows), limit, screen.count_text(len(rows), what.noun))
        whole = True
    finally:
        progress.close()
        if state.out.terminal and (rows or whole):  # rows that were seen count, after Ctrl-C too
            from gmailkit.cli.rows import Kind, Rows

            kind = Kind.CONVERSATIONS if what.noun == "conversation" else Kind.MESSAGES
            Rows.here(state, kind).save(owner.address, rows)
    return len(rows), found.cut
