"""`gmailkit outbox`."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import outbox_view, screen, views
from gmailkit.cli.ask import confirm
from gmailkit.cli.command import command, group
from gmailkit.cli.plan import DryRun
from gmailkit.cli.show_cmd import print_leaving
from gmailkit.cli.state import GO_ON, MAYBE_SENT, UNSENT, State
from gmailkit.errors import Failure, NotFound, PartialError, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from gmailkit.gmail import Gmail
    from gmailkit.record.ledger import Entry
    from gmailkit.services.sending.outbox import Result

Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY", help="A key, as much of it as tells it apart, or a row of the last list."
    ),
]
ROW = re.compile(r"\d{1,3}", re.ASCII)  # never the beginning of a key: it might be another's
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@command
def _list(ctx: typer.Context) -> None:
    """List what waits for its time or for approval.

    On a terminal rows are numbered, and show, cancel, approve and deny take the numbers.

    Examples:
      gmailkit outbox list
      gmailkit outbox list --json

    Needs: any login; asks Gmail nothing.
    """
    _show_all(State.of(ctx))


@command
def _show(
    ctx: typer.Context,
    message: Key,
    raw: Annotated[
        bool, typer.Option("--raw", help="The exact bytes of the message (RFC 5322).")
    ] = False,
) -> None:
    """Show a message that waits, as it would leave now: headers, text and what is attached.

    When it leaves, or why it waits, is said on standard error. By SMTP its server and its envelope
    are shown, which is whom it really goes to.

    Examples:
      gmailkit outbox show 1
      gmailkit outbox show report-november --raw > report.eml

    Needs: gmail.readonly (gmailkit login --for read).
    """
    from gmailkit.model.content import Content

    state = State.of(ctx)
    gmail = state.gmail()
    found = gmail.outbox.read(_key(state, gmail, message))
    if found.mail is None:
        raise NotFound(outbox_view.gone(found.entry), hint="gmailkit outbox run")
    if not state.out.json:
        state.out.say(f"It {outbox_view.when_text(found.entry)}. {found.entry.error}".rstrip())
    if raw:
        state.out.raw(Content.of(found.raw))
    elif state.out.json:
        state.out.document(
            {**outbox_view.envelope(found), **views.mail(found.entry.message_id, found.mail)}
        )
    else:
        for line in outbox_view.by_smtp(found):
            state.out.line(screen.visible(line))
        print_leaving(state.out, found.mail)


@command
def _run(
    ctx: typer.Context,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help='Go on and wait until then, as "18:00".'),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Send what is due; each message once, however many do this at the same time.

    What was due while nobody looked leaves now and is said to be late. What was changed in Gmail
    leaves as it is there; a draft that was deleted there is cancelled. `outbox install` has this
    done each minute.

    Examples:
      gmailkit outbox run
      gmailkit outbox run --dry-run
      gmailkit outbox run --until 18:00

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    if dry_run:
        _preview(state, gmail)
        return
    state.on_stop = GO_ON
    results = _told(state, gmail, _end(state, until))
    failures = [Failure.of(key, each.error) for key, each in results.items() if each.error]
    if failures:
        raise PartialError(
            f"{screen.count_text(len(failures), 'message')} did not leave.",
            done=len(results) - len(failures),
            failed=failures,
            hint="gmailkit outbox",
        )
    if not results:
        state.out.say("Nothing is due.")


@command
def _cancel(ctx: typer.Context, message: Key) -> None:
    """Take a message back; it stays in Gmail's drafts, unless it waits for an SMTP server.

    Examples:
      gmailkit outbox cancel 2
      gmailkit outbox cancel report-november

    Needs: any login; asks Gmail nothing.
    """
    state = State.of(ctx)
    gmail = state.gmail()
    entry = gmail.outbox.cancel(_key(state, gmail, message))
    _say(state, entry, f"Cancelled; {_what_stays(entry)}.")


@command
def _approve(ctx: typer.Context, message: Key, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Let a message leave that policy.toml has stopped until somebody approves it.

    It leaves as its draft is now, at once or when it is due. What is changed in it afterwards has
    to be approved again. By SMTP it leaves as it was written, by the server it was meant for.

    Examples:
      gmailkit outbox approve 2
      gmailkit outbox approve 3f2a --yes

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    state.on_stop = UNSENT
    parked = gmail.outbox.read_parked(_key(state, gmail, message))
    if dry_run or not (yes and state.out.quiet):
        state.out.before_asking("\n".join(outbox_view.to_approve(parked)))
    if dry_run:
        state.out.say("Dry run: nothing was approved.")
        return
    if parked.mail:
        confirm(state, f"Let it leave from {gmail.address}?", yes=yes)
    state.on_stop = MAYBE_SENT
    result = gmail.outbox.approve(parked.entry.key, digest=parked.digest)
    if result.error:
        raise result.error
    _say(state, result.entry, result.remark or "It left.")


@command
def _deny(ctx: typer.Context, message: Key) -> None:
    """Refuse to let a parked message leave; it stays in Gmail's drafts, unless it goes by SMTP.

    Examples:
      gmailkit outbox deny 2
      gmailkit outbox deny report-november

    Needs: any login; asks Gmail nothing.
    """
    state = State.of(ctx)
    gmail = state.gmail()
    entry = gmail.outbox.deny(_key(state, gmail, message))
    _say(state, entry, f"Denied; {_what_stays(entry)}.")


@command
def _install(
    ctx: typer.Context,
    cron: Annotated[bool, typer.Option("--cron", help="A line for crontab in its place.")] = False,
) -> None:
    """Print a systemd timer that runs the outbox each minute; nothing is installed.

    Standard output holds two files; standard error says where they go and what to type then.

    Examples:
      gmailkit outbox install
      gmailkit outbox install --cron

    Needs: nothing; works offline.
    """
    from gmailkit.services.scheduling.program import this_program

    state = State.of(ctx)
    command = [*this_program(), *state.mailbox_options, "-q", "outbox", "run"]
    folder = "~/.config/systemd/user"
    if state.out.json:
        state.out.document(
            {
                "command": command,
                "systemd": outbox_view.units(command, folder),
                "cron": outbox_view.cron_line(command),
            }
        )
    elif cron:
        state.out.line(outbox_view.cron_line(command))
        state.out.say("Add it with: crontab -e")
    else:
        state.out.line(outbox_view.units(command, folder).rstrip("\n"))
        state.out.say(
            f"\nNothing was installed. Put the two parts into files of those names, then:\n"
            f"  mkdir -p {folder}\n"
            "  systemctl --user daemon-reload\n"
            "  systemctl --user enable --now gmailkit-outbox.timer\n"
            "To have it run while you are logged out: loginctl enable-linger"
        )


@group(_list, _show, _run, _cancel, _approve, _deny, _install)
def outbox(ctx: typer.Context) -> None:
    """Send later: what waits for its time or for approval, and what to do with it.

    By itself it lists. Messages come here by `send --at` and `send --hold`, and when policy.toml
    wants them approved.

    Examples:
      gmailkit outbox
      gmailkit outbox cancel 2
      gmailkit outbox install

    Needs: any login; each command says more.
    """
    if ctx.invoked_subcommand is None:
        _show_all(State.of(ctx))


def _what_stays(entry: Entry) -> str:
    return "it is still in Gmail's drafts" if entry.draft_id else "nothing more of it leaves"


def _show_all(state: State) -> None:
    gmail = state.gmail()
    entries = gmail.outbox.waiting()
    if state.out.terminal:
        from gmailkit.cli.rows import Kind, Rows

        rows = [(entry.key, entry.subject) for entry in entries]
        Rows.here(state, Kind.OUTBOX).save(gmail.address, rows)
    if state.out.json:
        for entry in entries:
            state.out.record(outbox_view.facts(entry))
        return
    if not entries:
        state.out.say("Nothing waits.")
        return
    if state.out.terminal:
        numbered = [(f"{n:3}", *outbox_view.row(each)) for n, each in enumerate(entries, 1)]
        state.out.table(("", *outbox_view.HEAD), numbered)
    else:
        state.out.table(outbox_view.HEAD, map(outbox_view.row, entries))
    for entry in entries:
        if entry.state == "parked" and entry.error:
            state.out.say(f"{entry.key}: {entry.error}")


def _key(state: State, gmail: Gmail, text: str) -> str:
    """A key as it was given, or that of a row, whose message is named before anything is done."""
    if not ROW.fullmatch(text):
        return text
    from gmailkit.cli.rows import Kind, Rows

    try:
        key = Rows.here(state, Kind.OUTBOX).find(int(text), account=gmail.address)
    except UsageError as error:
        if _is_key(gmail, text):
            return text
        error.hint = Kind.OUTBOX.command
        raise
    if key != text and _is_key(gmail, text):
        raise UsageError(
            f"{text} is a row of the last list ({key}), and the key of another message.",
            hint="Name the one by its key, the other by its row: gmailkit outbox",
        )
    entry = gmail.outbox.find(key)
    to = ", ".join(entry.to) or "nobody"
    state.out.say(f"{gmail.address}, row {text}: {entry.subject or '(no subject)'!r} to {to}.")
    return key


def _is_key(gmail: Gmail, text: str) -> bool:
    """Whether it is a whole key."""
    with suppress(NotFound, UsageError):
        return gmail.outbox.find(text).key == text
    return False


def _preview(state: State, gmail: Gmail) -> None:
    now = state.clock.now()
    due = [
        entry
        for entry in gmail.outbox.waiting()
        if entry.state == "held" and entry.due and entry.due.timestamp() <= now
    ]
    for entry in due:
        if state.out.json:
            state.out.record({**outbox_view.facts(entry), "done": False})
        else:
            state.out.row(*outbox_view.row(entry))
    count = screen.count_text(len(due), "message")
    state.out.say(f"Dry run: {count} would be sent; nothing was.")


def _told(state: State, gmail: Gmail, until: datetime | None) -> dict[str, Result]:
    """What became of each in the end, by its key; said as it happens, but for why one did not
    leave, which the error at the end says. One that is tried in vain again is told once.
    """
    found: dict[str, Result] = {}
    for result in gmail.outbox.run(until=until):
        before = found.get(result.entry.key)
        found[result.entry.key] = result
        if before and _why(before) and _why(before) == _why(result):
            continue
        if state.out.json:
            said = {"remark": result.remark, "done": result.sent is not None}
            state.out.record({**outbox_view.facts(result.entry), **said})
        else:
            state.out.row(*outbox_view.row(result.entry))
        if result.remark and not state.out.json:
            state.out.say(f"{result.entry.key}: {result.remark}")
    return found


def _why(result: Result) -> str:
    return result.error.message if result.error else ""


def _end(state: State, until: str | None) -> datetime | None:
    if until is None:
        return None
    from datetime import datetime

    from gmailkit.compose.when import parse_when
    from gmailkit.zones import LOCAL

    return parse_when(until, now=datetime.fromtimestamp(state.clock.now(), LOCAL))


def _say(state: State, entry: Entry, words: str) -> None:
    if state.out.json:
        state.out.document(outbox_view.facts(entry))
    else:
        state.out.row(*outbox_view.row(entry))
        state.out.say(words)
