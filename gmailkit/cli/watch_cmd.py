"""`gmailkit watch`: new mail as events, handed to a command, a web service, or printed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.command import command, family
from gmailkit.cli.query_words import doubts
from gmailkit.cli.state import State
from gmailkit.cli.timer import Timer, carry_out
from gmailkit.errors import NotFound, PartialError, UsageError, to_type

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.services.watching.run import Outcome
    from gmailkit.services.watching.watch import Watch

Name = Annotated[str, typer.Argument(metavar="NAME", help="A watch of gmailkit watch list.")]
Store = Annotated[
    str,
    typer.Option("--in", metavar="STORE", help="A server of IMAP: imaps://ann@mail.example.com"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Who handles an event."""

    line: Annotated[
        str, typer.Option("--exec", metavar="CMD", help="Run this for each, with it as JSON.")
    ] = ""
    url: Annotated[
        str, typer.Option("--webhook", metavar="URL", help="Post each as JSON to this address.")
    ] = ""
    patience: Annotated[
        str, typer.Option("--patience", metavar="TIME", help="How long CMD may take.")
    ] = "5m"
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Many watches: watches.toml, with no QUERY."),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What it is called, where and from when on it looks, and how often."""

    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What it is remembered by [QUERY].")
    ] = ""
    every: Annotated[
        str, typer.Option("--every", metavar="TIME", help="How often it looks: 20s, 5m.")
    ] = "20s"
    since: Annotated[
        str,
        typer.Option("--since", metavar="TIME", help="A new watch: what came so shortly before."),
    ] = "0"
    tries: Annotated[
        int, typer.Option("--tries", metavar="N", help="How often an event is tried at most.")
    ] = 8
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False
    store: Store = ""
    idle: Annotated[
        bool, typer.Option("--idle", help="Look when Gmail's IMAP tells that something came.")
    ] = False


@command
def _list(ctx: typer.Context, store: Store = "") -> None:
    """List the watches that are remembered, and what each has still to tell.

    Examples:
      gmailkit watch list
      gmailkit watch list --in imaps://ann@mail.example.com --json

    Needs: nothing; works offline.
    """
    state = State.of(ctx)
    gmail = state.gmail()
    for each in gmail.watches(store):
        asked = (gmail.waiting_events, gmail.dead_events)
        waiting, dead = (len(ask(each.name, store)) for ask in asked)
        if state.out.json:
            known = {"name": each.name, "query": each.query, "looked": each.looked}
            state.out.record({**known, "waiting": waiting, "dead": dead})
        else:
            looked = each.looked.isoformat(timespec="seconds")
            state.out.row(screen.visible(each.name), looked, f"{waiting} waiting", f"{dead} dead")


@command
def _dead(ctx: typer.Context, name: Name, store: Store = "") -> None:
    """Show the events whose handler failed too often: date, sender, subject, and why.

    Examples:
      gmailkit watch dead bank
      gmailkit watch dead 'from:bank'

    Needs: nothing; works offline.
    """
    state = State.of(ctx)
    gmail = state.gmail()
    _check_known(gmail, name, store)
    for each in gmail.dead_events(name, store):
        at = each.about
        if state.out.json:
            told = {"id": each.message, "came": each.came, "tries": each.tries}
            known = {"date": at and at.date, "from": at and at.sender, "subject": at and at.subject}
            state.out.record({**told, "why": each.why, **known})
        else:
            when = at.date.isoformat(timespec="seconds") if at else ""
            words = (at.sender, at.subject) if at else ("", "")
            tries = screen.count_text(each.tries, "try", "tries")
            texts = map(screen.visible, (*words, tries, each.why))
            state.out.row(each.message, when, *texts)


@command
def _retry(ctx: typer.Context, name: Name, store: Store = "") -> None:
    """Have the events that failed too often told again, by the next run of the watch.

    Examples:
      gmailkit watch retry bank
      gmailkit watch retry 'from:bank'

    Needs: nothing; works offline.
    """
    state = State.of(ctx)
    gmail = state.gmail()
    _check_known(gmail, name, store)
    count = gmail.retry_events(name, store)
    if state.out.json:
        state.out.document({"name": name, "revived": count})
    else:
        state.out.line(f"{screen.count_text(count, 'event')} will be told again.")


@command
def _forget(ctx: typer.Context, name: Name, store: Store = "") -> None:
    """Forget a watch: its next run begins anew, with what comes from then on.

    Examples:
      gmailkit watch forget bank
      gmailkit watch forget 'from:bank'

    Needs: nothing; works offline.
    """
    state = State.of(ctx)
    gmail = state.gmail()
    _check_known(gmail, name, store)
    gmail.forget_watch(name, store)
    if state.out.json:
        state.out.document({"name": name, "forgotten": True})
    else:
        state.out.say(f"The watch {screen.visible(name)} is forgotten.")


@family(_list, _dead, _retry, _forget)
def watch(
    ctx: typer.Context,
    whom: Whom,
    pace: Pace,
    timer: Timer,
    query: Annotated[
        str | None, typer.Argument(metavar="QUERY", help="Which mail; all of it without.")
    ] = None,
) -> None:
    """Tell a command, a web service or a script of mail that comes, each message at least once.

    CMD is run by the shell, with the event as JSON on its input and MAIL_EVENT,
    MAIL_ID, MAIL_SENDER, MAIL_SUBJECT in its environment; exit code 0 means done.
    A web service says so by any answer of 2xx. What fails is tried again, later and later, then
    kept (gmailkit watch dead). Without either the events are printed. It goes on where it stopped:
    what came meanwhile is told too, and after a crash maybe twice, with the same event id.

    Needs no Pub/Sub: a look costs 2 units; with --idle it looks only when Gmail's IMAP tells that
    something came (gmailkit login --for full). A server of IMAP (--in) tells at once.
    With --install it runs as a service of your user.

    Examples:
      gmailkit watch 'from:bank' --exec './told.sh'
      gmailkit watch 'is:unread' --in imaps://ann@mail.example.com --json
      gmailkit watch --file watches.toml --install

    Needs: gmail.readonly (gmailkit login --for read); nothing for a server of IMAP.
    """
    from gmailkit.services.watching.watch import Watch

    state = State.of(ctx)
    if timer.install or timer.remove or timer.system:
        _service(state, query, whom, pace, timer)
        return
    gmail = state.gmail()
    watches = _watches(state, query, whom, pace)
    if state.out.talks_to_terminal and not pace.once:
        state.out.say("Watching; Ctrl-C stops it, and the next run goes on from there.")
    if not watches:
        printed = Watch(query=query or "", name=pace.name, store=pace.store)
        with _begun(state, gmail, [printed], pace):
            _print(state, gmail, query or "", pace)
        return
    with _begun(state, gmail, watches, pace):
        done = gmail.run_watches(
            watches, since=pace.since, once=pace.once, on_outcome=partial(_told, state)
        )
    if done.failed or done.dead:
        raise PartialError(
            f"{done.failed + done.dead} of {done.failed + done.dead + done.handled} failed.",
            done=done.handled,
            failed=(),
            hint=_next(watches, done.dead),
        )


@contextmanager
def _begun(state: State, gmail: Gmail, watches: list[Watch], pace: Pace) -> Iterator[None]:
    """Says of a new watch that looks once why it told nothing."""
    from gmailkit.compose.when import seconds

    new = [
        watch.key
        for watch in watches
        if pace.once and not seconds(pace.since)
        if all(each.name != watch.key for each in gmail.watches(watch.store))
    ]
    yield
    for key in new:
        name = screen.visible(key)
        state.out.say(f"The watch {name} is new: its next runs tell of what comes from now on.")


def _next(watches: list[Watch], dead: int) -> str:
    """What to do where something failed; `dead` of it is told no more."""
    if not dead:
        return "Run it again later: what failed is told again."
    if len(watches) > 1:
        return f"Which watches gave something up: {to_type('watch', 'list')}"
    words = ("dead", watches[0].key, *(("--in", watches[0].store) if watches[0].store else ()))
    return f"What was given up: {to_type('watch', *words)}"


def _told(state: State, outcome: Outcome) -> None:
    if outcome.why:
        then = "It is told again later." if outcome.again else "It is given up."
        text = f"{outcome.event.envelope.id} failed: {outcome.why.rstrip('.')}. {then}"
        state.out.before_asking(text)  # -q does not silence it


def _watches(state: State, query: str | None, whom: Whom, pace: Pace) -> list[Watch]:
    """None where nobody handles what comes."""
    from gmailkit.compose.when import seconds
    from gmailkit.services.watching.file import handler, read_watches
    from gmailkit.services.watching.watch import Watch

    if whom.file is not None:
        if query is not None or whom.line or whom.url or pace.name or pace.store or pace.idle:
            raise UsageError(
                "A file of watches names their searches, places and handlers itself.",
                hint="Leave away QUERY, --exec, --webhook, --name, --in and --idle.",
            )
        return read_watches(whom.file.expanduser())
    doubts(state, query or "")
    if not (whom.line or whom.url):
        return []
    return [
        Watch(
            query=query or "",
            handle=handler(whom.line, whom.url, patience=seconds(whom.patience)),
            name=pace.name,
            every=seconds(pace.every),
            tries=pace.tries,
            store=pace.store,
            idle=pace.idle,
        )
    ]


def _print(state: State, gmail: Gmail, query: str, pace: Pace) -> None:
    """Each as a line, or as JSON: whoever reads it has it once it is written."""
    from gmailkit.cli.fields import OF_MESSAGES
    from gmailkit.cli.listed import LINES, message_line
    from gmailkit.cli.listing import Forms, form_of

    form = form_of(state.out, Forms(), OF_MESSAGES, piped=LINES["message"])
    coming = gmail.events(
        query,
        name=pace.name,
        every=pace.every,
        since=pace.since,
        once=pace.once,
        store=pace.store,
        idle=pace.idle,
    )
    for number, event in enumerate(coming, 1):
        if state.out.json:
            state.out.record(event.facts())
        else:
            form.print(number, message_line(event.envelope, event.account.casefold()))


def _service(state: State, query: str | None, whom: Whom, pace: Pace, timer: Timer) -> None:
    from gmailkit.query.parse import parse
    from gmailkit.services.scheduling.watch import watch_job

    if not (whom.line or whom.url or whom.file):
        raise UsageError(
            "A service has nobody to print for.", hint="Give it --exec, --webhook or --file."
        )
    if pace.once:
        raise UsageError("A service does not look once.", hint="Leave away --once.")
    for each in _watches(state, query, whom, pace):
        parse(each.query)  # or it would fail where nobody sees it
    said = {
        "--exec": whom.line,
        "--webhook": whom.url,
        "--file": os.path.abspath(whom.file.expanduser()) if whom.file else "",  # noqa: PTH100
        "--name": pace.name,
        "--in": pace.store,
    }
    words = [word for name, value in said.items() if value for word in (name, value)]
    words += ["--every", pace.every, "--tries", str(pace.tries), "--patience", whom.patience]
    words += ["--idle"] if pace.idle else []
    if query:
        words += ["--", query]
    name = pace.name or query or (said["--file"] if whom.file else "all mail")
    name += f" in {pace.store}" if pace.store else ""
    folder = os.getcwd() if whom.line or whom.file else ""  # noqa: PTH109 - where CMD is looked for
    job = watch_job(name, words, mailbox=state.mailbox_options, folder=folder)
    carry_out(state, job, timer)


def _check_known(gmail: Gmail, name: str, store: str) -> None:
    if all(each.name != name for each in gmail.watches(store)):
        raise NotFound(
            f"{store or gmail.address} has no watch {screen.visible(name)}.",
            hint=to_type("watch", "list", *(("--in", store) if store else ())),
        )
