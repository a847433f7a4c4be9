"""The last steps before a composed message leaves: shown, agreed to, sent, said."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer import Option

from gmailkit.cli import preview, screen, views
from gmailkit.cli.ask import can_ask, confirm, go_ahead
from gmailkit.cli.state import MAYBE_SENT, State
from gmailkit.errors import UsageError, to_type

if TYPE_CHECKING:
    from gmailkit.cli.holding import Later
    from gmailkit.gmail import Gmail
    from gmailkit.model.outgoing import Outgoing
    from gmailkit.services.sending.once import Sent

Way = Literal["fast", "smtp"] | None
Key = Annotated[
    str | None,
    Option("--key", metavar="KEY", help="Send once for this key, however often it is run."),
]
DryRun = Annotated[bool, Option("--dry-run", "-n", help="Write the exact message; send nothing.")]
Tell = Callable[[views.Json], None]
MANY = 10  # recipients that a person is asked about


@dataclass(frozen=True, kw_only=True)
class Look:
    """The options about a message that is made: what is shown and asked before it goes on."""

    show: Annotated[
        bool, Option("--preview", "-p", help="Show it first; send it only after a yes.")
    ] = False
    browse: Annotated[bool, Option("--open", "-o", help="The same in the browser.")] = False
    dry_run: DryRun = False
    strict: Annotated[
        bool, Option("--strict", help="Do not send what gives cause for a warning.")
    ] = False
    yes: Annotated[
        bool,
        Option("--yes", "-y", help="Do not ask: send even an empty one, or one with warnings."),
    ] = False


@dataclass(frozen=True, kw_only=True)
class Ways:
    """The options about the way by which it leaves."""

    fast: Annotated[
        bool, Option("--fast", help="In one call: if its answer is lost, nobody knows.")
    ] = False
    via: Annotated[
        str | None, Option("--via", metavar="WAY", help="smtp: over SMTP in place of the API.")
    ] = None

    @property
    def way(self) -> Way:
        if self.via not in (None, "smtp"):
            raise UsageError(
                f"There is no way {screen.visible(self.via or '')!r}.", hint="Use --via smtp."
            )
        if self.fast and self.via:
            raise UsageError("--fast and --via exclude each other.", hint="Leave one out.")
        return "fast" if self.fast else "smtp" if self.via else None


@dataclass(frozen=True, kw_only=True)
class When(Look):
    """The options about when it leaves."""

    key: Key = None
    at: Annotated[str | None, Option("--at", metavar="TIME", help='Later, as "tomorrow 9:00".')] = (
        None
    )
    hold: Annotated[
        str | None,
        Option("--hold", metavar="TIME", help="Wait here so long (30s, 5m); Ctrl-C cancels."),
    ] = None
    detach: Annotated[
        bool, Option("--detach", help="With --hold: wait in the outbox, not here.")
    ] = False

    @property
    @abstractmethod
    def way(self) -> Way: ...

    def check(self, state: State) -> None:
        """UsageError for what goes not together, before anything is asked or read."""
        self.later(state)

    def later(self, state: State) -> Later | None:
        from gmailkit.cli.holding import Later

        return Later.read(
            state, at=self.at, hold=self.hold, detach=self.detach, way=self.way, key=self.key
        )


@dataclass(frozen=True, kw_only=True)
class Leaving(Ways, When):
    """The options about how and when it leaves."""


@dataclass(frozen=True, kw_only=True)
class Spoken(When):
    """The options about when it leaves by SMTP."""

    @property
    def way(self) -> Way:
        return "smtp"


def leave(
    state: State,
    gmail: Gmail,
    message: Outgoing,
    leaving: When,
    *,
    empty: str = "",
    bare: str = "",
    tell: Tell | None = None,
) -> None:
    """The last step of every verb that sends a message it composed; `empty` and `bare` as in
    `agree`, `tell` as in `report`. With --dry-run it writes the message and ends there.
    """
    if leaving.dry_run:
        write_out(state, gmail, message)
        return
    agree(state, gmail, message, leaving, empty=empty, bare=bare)
    if later := leaving.later(state):
        from gmailkit.cli.holding import send_later

        send_later(state, gmail, message, later, key=leaving.key, tell=tell)
        return
    state.on_stop = MAYBE_SENT
    report(state, gmail.send(message, key=leaving.key, way=leaving.way), message, tell=tell)


def write_out(state: State, gmail: Gmail, message: Outgoing) -> None:
    """The exact bytes that would leave, or what they say as JSON; nothing is sent."""
    from gmailkit.model.content import Content

    if state.out.json:
        state.out.document(preview.as_json(message))
        return
    state.out.raw(Content.of(message.raw))
    state.out.say(_said(gmail, message, warnings=True))
    state.out.say(f"Dry run: {screen.bytes_text(message.size)} would be sent; nothing was.")


def agree(
    state: State,
    gmail: Gmail,
    message: Outgoing,
    look: Look,
    *,
    empty: str = "",
    bare: str = "",
) -> None:
    """Say from which account it goes to whom and about what, and ask where there is cause for it
    and somebody to answer: it was to be shown, there are warnings, or many get it. `empty` is the
    question about a message that says nothing, or perhaps not what was meant: it needs a yes
    everywhere. `bare` is that about one to which nobody wrote a word: Enter is a yes to it, and
    where nobody can answer it goes.

    Ends the run after a preview that nobody can say yes to. Raises UsageError, with --strict for
    any warning.
    """
    if look.strict and message.warnings:
        said = " ".join(message.warnings)
        raise UsageError(f"Nothing was sent. {said}", hint="Mend it, or no --strict.")
    shown = look.show or look.browse
    if look.browse:
        from gmailkit.cli.preview_page import open_page

        open_page(state, gmail, message)
    elif look.show:
        preview.show(state, gmail, message)
    if shown and not look.yes and not can_ask(state):
        state.out.say("Preview: nothing was sent. Add --yes to send it too.")
        raise typer.Exit
    many = len(message.recipients) > MANY
    can = can_ask(state) and not look.yes
    asks = can and bool(message.warnings or shown or many)
    if (can and (asks or empty or bare)) or not state.out.quiet:
        state.out.before_asking(_said(gmail, message, warnings=not shown))
    if empty:
        confirm(state, empty, yes=look.yes)
    elif asks:
        confirm(state, _question(message, many=many), yes=False)
    elif can and bare:
        go_ahead(state, bare)


def report(
    state: State,
    sent: Sent,
    message: Outgoing | None = None,
    *,
    tell: Tell | None = None,
) -> None:
    """What left, and of the `message` that it was what only the composing of it knows; `tell`
    prints JSON, where it is not the only object.
    """
    from gmailkit.services.sending.once import OTHER_EVENT, OTHER_WORDS

    # What left is an earlier message of the key, and has an event of its own.
    own = None if sent.again or {OTHER_EVENT, OTHER_WORDS} & {*sent.remarks} else message
    if sent.again:
        state.out.say(f"It left before under the key {sent.key}; nothing was sent now.")
    for remark in sent.remarks:
        state.out.say(remark)
    if not state.out.json:
        when = "Sent before" if sent.again else "Sent"
        people = ", ".join(each.email for each in sent.to)
        id = f" (id {sent.id})" if sent.id else ""  # no server but Gmail's tells one
        state.out.line(f"{when} to {people}{id}.")
        if own:
            tell_event(state, own)
        return
    warnings = message.warnings if message else ()
    facts = {"id": sent.id, "thread_id": sent.thread_id, "size": sent.size}
    more = {"key": sent.key, "way": sent.way, "again": sent.again, "warnings": warnings}
    event = preview.event_facts(own) if own else {}
    (tell or state.out.document)({**facts, "to": views.addresses(sent.to), **more, **event})


def tell_event(state: State, message: Outgoing) -> None:
    """How the event that was sent with it can be changed or called off."""
    event = message.invitation
    if event is None:
        return
    people = [each.email for each in (*message.mail.to, *message.mail.cc)]
    start = event.start.isoformat().replace("T", " ")
    if zone := getattr(getattr(event.start, "tzinfo", None), "key", ""):
        start = f"{event.start:%Y-%m-%d %H:%M} {zone}"
    what = ["-s", message.mail.subject, "--invite", start, "--uid", event.uid]
    state.out.say(f"The event is {event.uid}. To change it, send it again; to call it off:")
    state.out.say(f"  {to_type('send', *people, *what, '--call-off')}")


def _said(gmail: Gmail, message: Outgoing, *, warnings: bool) -> str:
    notes = [f"Note: {each}" for each in message.warnings if warnings]
    return "\n".join((preview.announcement(gmail, message), *notes))


def _question(message: Outgoing, *, many: bool) -> str:
    if many:
        return f"Send it to {len(message.recipients)} recipients?"
    return "Send anyway?" if message.warnings else "Send it?"
