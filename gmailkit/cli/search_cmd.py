"""`gmailkit search`."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many rows there are to be, of what, and in which order."""

    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            help=f"At most so many [{LIMIT} on a terminal, else all].",
        ),
    ] = None
    threads: Annotated[
        bool, typer.Option("--threads", help="A row a conversation, not a message.")
    ] = False
    rank: Annotated[
        bool, typer.Option("--rank", help="With --in: what fits best first, not the newest.")
    ] = False


@command
def search(
    ctx: typer.Context,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="As in Gmail's search box; quote it.")
    ] = "",
    *,
    wanted: Wanted,
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
    state = State.of(ctx)
    form = _form(state, wanted, forms)
    limit = wanted.limit or (LIMIT if state.out.terminal else None)
    doubts(state, query)
    owner: Gmail | SavedMailbox | StoredMailbox
    if mail := stored_mailbox(state, within):
        mail.check(query)
        what, owner = _saved(state, mail, wanted), mail
        line = ProgressLine(state.out, rows=True)
    else:
        what, owner = _of_gmail(state, wanted)
        line = ProgressLine(state.out, gmail=owner, rows=True)
        if limit and not forms.ids:
            most = f"{screen.count_text(limit, what.noun)} to read at most"
            forecast(state.out, owner, limit * owner.price(what.method), most)
    if forms.ids:
        shown, cut = _ids(state, what, query, limit)
    else:
        shown, cut = _rows(state, owner, what, line, query, limit, form)
    if cut:
        state.out.say(_cut(state, what, query, shown))
    elif not shown:
        _say_none(state, what.noun, mail)
    _check_all_was_looked_at(mail, shown)


def _form(state: State, wanted: Wanted, forms: Forms) -> Form:
    from gmailkit.cli import fields, listed

    forms.check(json=state.json)
    known = fields.OF_CONVERSATIONS if wanted.threads else fields.OF_MESSAGES
    noun = "conversation" if wanted.threads else "message"
    return form_of(state.out, forms, known, piped=listed.LINES[noun])


def _of_gmail(state: State, wanted: Wanted) -> tuple[Listed, Gmail]:
    from gmailkit.cli import listed

    if wanted.rank:
        raise UsageError("Gmail ranks nothing.", hint="--rank goes with --in DIR, a backup.")
    gmail = state.gmail()
    return (listed.conversations if wanted.threads else listed.messages)(gmail), gmail


def _saved(state: State, mail: SavedMailbox | StoredMailbox, wanted: Wanted) -> Listed:
    from gmailkit.cli import listed_saved

    for note in mail.notes:
        state.out.say(note)
    order: Order = "rank" if wanted.rank else "date"
    what = listed_saved.conversations if wanted.threads else listed_saved.messages
    return what(mail, order)


def _say_none(state: State, noun: str, mail: SavedMailbox | StoredMailbox | None) -> None:
    """It may stand in an attached file that was not read."""
    state.out.say(f"No {noun} matches.")
    if mail:
        for note in (each for each in mail.unsearched if each not in mail.notes):  # said above
            state.out.say(note)


def _check_all_was_looked_at(mail: SavedMailbox | StoredMailbox | None, shown: int) -> None:
    if mail is None or not mail.damaged:
        return
    count = screen.count_text(len(mail.damaged), "damaged message")
    raise PartialError(
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
