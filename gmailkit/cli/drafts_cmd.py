"""`gmailkit drafts`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import compose, draft_edit, leave, outbox_view, screen, views
from gmailkit.cli.ask import confirm
from gmailkit.cli.choose import row_id
from gmailkit.cli.command import command, group
from gmailkit.cli.letter import Letter
from gmailkit.cli.plan import DryRun
from gmailkit.cli.show_cmd import print_leaving
from gmailkit.cli.state import UNCHANGED, UNSENT, State
from gmailkit.errors import CannotWrite, UsageError
from gmailkit.zones import local

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.record.ledger import Entry
    from gmailkit.services.sending.drafting import DraftLine

Id = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="A draft's id, its key in the outbox, or its row in the last list."
    ),
]
Query = Annotated[
    str, typer.Argument(metavar="QUERY", help="Only those that match; as in Gmail's search box.")
]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="At most so many.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Raw = typer.Option("--raw", help="The exact bytes of the message (RFC 5322).")
AsForm = typer.Option("--form", help="As the text that drafts edit takes.")
FormFile = typer.Option(
    "--form", metavar="FILE", help="Take this edited form, no editor; - reads stdin."
)
EditHtml = typer.Option("--html", help="Edit the HTML itself.")
Forever = typer.Option("--forever", help="Say that it shall be gone for good.")


@command
def _list(ctx: typer.Context, query: Query = "", limit: Limit = None) -> None:
    """List the drafts, the newest first.

    On a terminal rows are numbered, and the other drafts commands take the numbers; those that
    wait in the outbox are marked [held] or [parked]. In a pipe a line is id, date (UTC), to,
    subject and that mark (or nothing), separated by tabs.

    Examples:
      gmailkit drafts list
      gmailkit drafts list subject:report --json

    Needs: gmail.readonly (gmailkit login --for read).
    """
    _show_all(State.of(ctx), query, limit)


@command
def _create(ctx: typer.Context, given: Letter, dry_run: leave.DryRun = False) -> None:
    """Keep a new message as a draft; it may go to nobody yet.

    Options are those of send. Without --body or --body-file it has no text.

    Examples:
      gmailkit drafts create ann@example.com -s Report --body 'Not done yet.' -a report.pdf
      gmailkit drafts create -s Ideas --body-file -

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    words = compose.people(given) | compose.plain(state, given)
    words |= {"to": compose.recipients(given), "subject": given.subject or ""}
    message = gmail.compose_draft(**words)
    if dry_run:
        leave.write_out(state, gmail, message)
        return
    for warning in message.warnings:
        state.out.say(f"Note: {warning}")
    made = gmail.save_draft(message)
    _say_kept(state, made.id, f"Kept as draft {made.id}.")


@command
def _show(
    ctx: typer.Context,
    id: Id,
    raw: Annotated[bool, Raw] = False,
    form: Annotated[bool, AsForm] = False,
) -> None:
    """Show a draft: headers, text and what is attached.

    Examples:
      gmailkit drafts show 2
      gmailkit drafts show r-123456789 --form > draft.txt

    Needs: gmail.readonly (gmailkit login --for read).
    """
    from gmailkit.model.content import Content

    state = State.of(ctx)
    gmail = state.gmail()
    draft = gmail.open_draft(_draft_id(state, gmail, id))
    waits = _waiting(state, gmail).get(draft.id)
    _say_what_it_waits_for(state, waits)
    if raw:
        state.out.raw(Content.of(draft.raw))
    elif form:
        state.out.line(draft_edit.form_of(gmail, draft).rstrip("\n"))
    elif state.out.json:
        facts = {"draft": draft.id, "waits": _facts(waits)}
        state.out.document({**facts, **views.mail(draft.message_id, draft.mail)})
    else:
        print_leaving(state.out, draft.mail)


@command
def _edit(
    ctx: typer.Context,
    id: Id,
    form: Annotated[str | None, FormFile] = None,
    html: Annotated[bool, EditHtml] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Edit a draft in your editor ($VISUAL, $EDITOR): its headers and its text.

    What is attached, its conversation and other headers are kept. The form is kept in a file
    wherever something fails. With --form nobody is asked for anything but formatting that would be
    lost (--yes). What waits in the outbox waits on; approved before, it may need approval anew.

    Examples:
      gmailkit drafts edit 2
      gmailkit drafts show 2 --form | sed s/Monday/Tuesday/ | gmailkit drafts edit 2 --form -

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    state.on_stop = UNCHANGED
    gmail = state.gmail()
    draft = gmail.open_draft(_draft_id(state, gmail, id))
    kept = draft_edit.edit(state, gmail, draft, form=form, html=html, dry_run=dry_run, yes=yes)
    if kept:
        _say_kept(state, draft.id, f"{gmail.address}: the draft {draft.id} is changed.")
        _say_what_it_waits_for(state, gmail.outbox.with_draft(draft.id))


@command
def _send(
    ctx: typer.Context,
    id: Id,
    look: leave.Look,
    key: leave.Key = None,
) -> None:
    """Send a draft as it stands, once.

    The same command again, after a crash or a lost answer, goes on where it stopped and sends
    nothing twice.

    Examples:
      gmailkit drafts send 2
      gmailkit drafts send r-123456789 --yes

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    state.on_stop = UNSENT
    gmail = state.gmail()
    named = _draft_id(state, gmail, id)
    if not gmail.draft_was_sent(named):
        draft = gmail.open_draft(named)
        named, message = draft.id, gmail.ready_draft(draft)
        if look.dry_run:
            leave.write_out(state, gmail, message)
            return
        leave.agree(state, gmail, message, look)
        _rename_row(state, draft.message_id, draft.id)  # by it the same row finds what has left
    elif look.dry_run:
        state.out.say("It has left already; nothing would be sent.")
        return
    state.on_stop = draft_edit.GO_ON_SENDING
    leave.report(state, gmail.send_draft(named, key=key))


@command
def _delete(
    ctx: typer.Context,
    id: Id,
    forever: Annotated[bool, Forever] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Delete a draft for good: Gmail has no Trash for drafts.

    Asks before, and wants --forever.

    Examples:
      gmailkit drafts delete 2 --forever
      gmailkit drafts delete r-123456789 --forever --yes

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    state.on_stop = UNCHANGED
    if not (forever or dry_run):
        raise UsageError(
            "Gmail deletes a draft for good, past the Trash; nobody can bring it back.",
            hint="If that is meant, add --forever.",
        )
    gmail = state.gmail()
    draft = gmail.open_draft(_draft_id(state, gmail, id))
    mail = draft.mail
    to = ", ".join(each.email for each in (*mail.to, *mail.cc, *mail.bcc)) or "nobody"
    size = screen.bytes_text(len(draft.raw))
    what = f"{gmail.address}: the draft {mail.subject or '(no subject)'!r} to {to}, {size}"
    if dry_run:
        state.out.line(screen.visible(what))
        state.out.say("Dry run: nothing was deleted.")
        return
    state.out.before_asking(screen.visible(what))
    confirm(state, "Delete it for good?", yes=yes)
    gmail.delete_draft(draft)
    if state.out.json:
        state.out.document({"draft": draft.id, "done": True})
    else:
        state.out.line(f"{gmail.address}: the draft {draft.id} is deleted.")


@group(_list, _create, _show, _edit, _send, _delete)
def drafts(ctx: typer.Context) -> None:
    """List the drafts; keep, show, edit, send and delete them.

    Examples:
      gmailkit drafts
      gmailkit drafts create ann@example.com -s Report --body 'Not done yet.'
      gmailkit drafts edit 2

    Needs: gmail.readonly (gmailkit login --for read).
    """
    if ctx.invoked_subcommand is None:
        _show_all(State.of(ctx), "", None)


def _show_all(state: State, query: str, limit: int | None) -> None:
    gmail = state.gmail()
    listed: list[tuple[str, str]] = []
    waiting = _waiting(state, gmail)
    for each in gmail.list_drafts(query, limit=limit):
        listed.append((each.envelope.id, each.envelope.subject))
        _show_one(state, len(listed), each, waiting.get(each.id))
    if state.out.terminal:
        from gmailkit.cli.rows import Kind, Rows

        Rows.here(state, Kind.DRAFTS).save(gmail.address, listed)
    if not listed:
        state.out.say("There are no drafts." if not query else "No draft matches.")


def _waiting(state: State, gmail: Gmail) -> dict[str, Entry]:
    """By the draft's id, what waits in the outbox; a ledger that is spoilt hides no draft."""
    try:
        return {each.draft_id: each for each in gmail.outbox.waiting() if each.draft_id}
    except CannotWrite as error:
        state.out.say(f"Which drafts wait in the outbox is not known. {error.message}")
        return {}


def _facts(waits: Entry | None) -> dict[str, object] | None:
    return {"key": waits.key, "state": waits.state, "due": waits.due} if waits else None


def _say_what_it_waits_for(state: State, waits: Entry | None) -> None:
    if waits and not state.out.json:
        state.out.say(f"It {outbox_view.when_text(waits)}.")


def _show_one(state: State, number: int, line: DraftLine, waits: Entry | None) -> None:
    out, envelope = state.out, line.envelope
    to = ", ".join(each.name or each.email for each in (*envelope.to, *envelope.cc))
    if out.json:
        out.record({"draft": line.id, "waits": _facts(waits), **views.envelope(envelope)})
    elif out.terminal:
        day = local(envelope.date).strftime("%Y-%m-%d")
        who = screen.fit(screen.visible(to or "(nobody yet)"), 24)
        mark = f"[{waits.state}] " if waits else ""
        room = max(screen.columns() - 43 - len(mark), 10)
        subject = screen.fit(screen.visible(envelope.subject or "(no subject)"), room).rstrip()
        out.line(f"{number:3}  {out.style(day, 'dim')}  {who}  {mark}{subject}")
    else:
        when = envelope.date.strftime("%Y-%m-%dT%H:%M:%SZ")
        out.row(line.id, when, to, envelope.subject, waits.state if waits else "")


def _rename_row(state: State, old: str, new: str) -> None:
    from gmailkit.cli.rows import Kind, Rows

    Rows.here(state, Kind.DRAFTS).rename(old, new)


def _draft_id(state: State, gmail: Gmail, text: str) -> str:
    """A draft's id, that of one that waits under a key, or the id of the message of a row: it is
    another one once it was edited.
    """
    from gmailkit.cli.rows import Kind

    if waiting := [id for id, each in _waiting(state, gmail).items() if each.key == text]:
        return waiting[0]
    if re.fullmatch(r"[\w-]{6,}", text, re.ASCII):
        return text
    return row_id(state, gmail, text, Kind.DRAFTS, id="draft id")


def _say_kept(state: State, id: str, words: str) -> None:
    if state.out.json:
        state.out.document({"draft": id, "done": True})
    else:
        state.out.line(words)
