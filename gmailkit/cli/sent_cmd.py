"""`gmailkit sent`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from gmailkit.cli import screen
from gmailkit.cli.ask import confirm
from gmailkit.cli.command import command
from gmailkit.cli.state import State
from gmailkit.errors import Failure, GmailKitError, PartialError, UsageError, to_type

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.record.ledger import Entry, Stage

SHOWN = 25  # on a terminal


@command
def sent(
    ctx: typer.Context,
    states: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="Only these; may be repeated."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="At most N (25 on a terminal, else all)."),
    ] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="Bring to an end what was left on its way.")
    ] = False,
    settle: Annotated[
        str | None,
        typer.Option("--settle", metavar="KEY", help="Say what became of this one (with --as)."),
    ] = None,
    found: Annotated[
        Literal["sent", "failed"] | None,
        typer.Option("--as", metavar="STATE", help="sent or failed."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Show what --finish would end; change nothing.")
    ] = False,
) -> None:
    """List what was sent from this machine, and what became of it.

    The time is that of the last change (when it left, was kept, was cancelled); the latest first.

    States: sent; failed (nothing left); held and parked (in the outbox); cancelled; new, drafting,
    drafted, sending (on its way, or left so by a crash); unknown (nobody can tell). --finish looks
    the last two kinds up in Gmail, sends what is still a draft, and never sends anything twice.

    Examples:
      gmailkit sent
      gmailkit sent --finish
      gmailkit sent --settle invoice-117 --as sent

    Needs: any login.
    """
    state = State.of(ctx)
    gmail = state.gmail()
    if settle is not None or found is not None:
        _settle(state, gmail, settle, found)
    elif finish:
        _finish(state, gmail, yes=yes, dry_run=dry_run)
    else:
        _list(state, gmail, _known(states or []), limit)


def _known(states: list[str]) -> list[Stage]:
    from typing import get_args

    from gmailkit.record.ledger import Stage

    for each in states:
        if each not in get_args(Stage):
            raise UsageError(
                f"There is no state {screen.visible(each)!r}.",
                hint=f"One of {', '.join(get_args(Stage))}.",
            )
    return cast("list[Stage]", states)


def _list(state: State, gmail: Gmail, states: list[Stage], limit: int | None) -> None:
    out = state.out
    most = limit or (SHOWN if out.terminal else None)
    entries = list(gmail.sent(states=states, limit=most and most + 1))
    for entry in entries[:most] if out.json else ():
        out.record(_facts(entry))
    if not out.json:
        head = ("time", "state", "way", "to", "subject", "key")
        out.table(head, [_row(entry) for entry in entries[:most]])
    if most and len(entries) > most:
        out.say(f"Only the newest {most}; --limit N shows more.")
    if any(entry.state in ("unknown", "sending", "drafting", "drafted") for entry in entries):
        out.say("Some are on their way, or were left so by a crash: gmailkit sent --finish")


def _row(entry: Entry) -> tuple[str, ...]:
    time = f"{entry.updated.astimezone():%Y-%m-%d %H:%M}"
    others = f" and {len(entry.to) - 1} more" if len(entry.to) > 1 else ""
    to = f"{entry.to[0] if entry.to else ''}{others}"
    return time, entry.state, entry.way, to, entry.subject, entry.key


def _facts(entry: Entry) -> dict[str, object]:
    from msgspec.structs import asdict

    facts = asdict(entry)
    return {name: value for name, value in facts.items() if name not in ("digest", "aim")}


def _finish(state: State, gmail: Gmail, *, yes: bool, dry_run: bool) -> None:
    entries = list(gmail.unfinished())
    if not entries:
        state.out.say("Nothing was left on its way.")
        return
    lines = [f"  {entry.to[0] if entry.to else ''}  {entry.subject}" for entry in entries]
    count = screen.count_text(len(entries), "message")
    state.out.before_asking("\n".join([f"{count} left on their way:", *lines]))
    if dry_run:
        state.out.say("Dry run: nothing was changed.")
        return
    question = f"Look them up, and send from {gmail.address} what is still a draft?"
    confirm(state, question, yes=yes)
    _end_all(state, gmail, entries)


def _end_all(state: State, gmail: Gmail, entries: list[Entry]) -> None:
    failures: list[Failure] = []
    for entry in entries:
        try:
            ended = gmail.finish(entry)
        except GmailKitError as error:
            failures.append(Failure.of(entry.key, error))
            continue
        if state.out.json:
            state.out.record(_facts(ended))
        else:
            state.out.row(*_row(ended))
    if failures:
        raise PartialError(
            f"{screen.count_text(len(failures), 'message')} could not be brought to an end.",
            done=len(entries) - len(failures),
            failed=failures,
            hint="Look with `gmailkit search in:sent`, then say what you found: "
            "gmailkit sent --settle KEY --as sent (or failed).",
        )


def _settle(
    state: State, gmail: Gmail, key: str | None, found: Literal["sent", "failed"] | None
) -> None:
    if key is None or found is None:
        raise UsageError(
            "--settle KEY and --as STATE go together.",
            hint="gmailkit sent --settle invoice-117 --as sent",
        )
    entry = gmail.settle(key, found)
    if state.out.json:
        state.out.document(_facts(entry))
    else:
        state.out.say(f"{entry.key} counts as {entry.state}.")
        if entry.state == "parked":
            state.out.say(f"It is kept: {to_type('outbox', 'approve', entry.key)}")
        elif entry.state != found:
            state.out.say(entry.error)
