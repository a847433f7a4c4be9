"""The last steps before a composed message leaves: shown, agreed to, sent, said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import typer

from gmailkit.cli import preview, screen, views
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.state import MAYBE_SENT, State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.model.outgoing import Outgoing
    from gmailkit.services.sending.once import Sent

Way = Literal["fast", "smtp"] | None
MANY = 10  # recipients that a person is asked about


def way_of(fast: bool, via: str | None) -> Way:
    if via not in (None, "smtp"):
        raise UsageError(f"There is no way {screen.visible(via or '')!r}.", hint="Use --via smtp.")
    if fast and via:
        raise UsageError("--fast and --via exclude each other.", hint="Leave one out.")
    return "fast" if fast else "smtp" if via else None


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
    *,
    empty: str = "",
    show: bool = False,
    browse: bool = False,
    strict: bool = False,
    yes: bool = False,
) -> None:
    """Say from which account it goes to whom and about what, and ask where there is cause for it
    and somebody to answer: it was to be shown, there are warnings, or many get it. `empty` is the
    question about a message that says nothing: it needs a yes everywhere.

    Ends the run after a preview that nobody can say yes to. Raises UsageError, with `strict` for
    any warning.
    """
    if strict and message.warnings:
        said = " ".join(message.warnings)
        raise UsageError(f"Nothing was sent. {said}", hint="Mend it, or no --strict.")
    shown = show or browse
    if browse:
        preview.open_page(state, gmail, message)
    elif show:
        preview.show(state, gmail, message)
    if shown and not yes and not can_ask(state):
        state.out.say("Preview: nothing was sent. Add --yes to send it too.")
        raise typer.Exit
    many = len(message.recipients) > MANY
    asks = can_ask(state) and not yes and bool(message.warnings or shown or many or empty)
    if asks or not state.out.quiet:
        state.out.before_asking(_said(gmail, message, warnings=not shown))
    if empty:
        confirm(state, empty, yes=yes)
    elif asks:
        confirm(state, _question(message, many=many), yes=False)


def leave(state: State, gmail: Gmail, message: Outgoing, *, key: str | None, way: Way) -> None:
    state.on_stop = MAYBE_SENT
    report(state, gmail.send(message, key=key, way=way), message.warnings)


def report(state: State, sent: Sent, warnings: tuple[str, ...] = ()) -> None:
    if sent.again:
        state.out.say(f"It left before under the key {sent.key}; nothing was sent now.")
    for remark in sent.remarks:
        state.out.say(remark)
    if not state.out.json:
        when = "Sent before" if sent.again else "Sent"
        people = ", ".join(each.email for each in sent.to)
        state.out.line(f"{when} to {people} (id {sent.id}).")
        return
    facts = {"id": sent.id, "thread_id": sent.thread_id, "size": sent.size}
    more = {"key": sent.key, "way": sent.way, "again": sent.again, "warnings": warnings}
    state.out.document({**facts, "to": views.addresses(sent.to), **more})


def _said(gmail: Gmail, message: Outgoing, *, warnings: bool) -> str:
    notes = [f"Note: {each}" for each in message.warnings if warnings]
    return "\n".join((preview.announcement(gmail, message), *notes))


def _question(message: Outgoing, *, many: bool) -> str:
    if many:
        return f"Send it to {len(message.recipients)} recipients?"
    return "Send anyway?" if message.warnings else "Send it?"
