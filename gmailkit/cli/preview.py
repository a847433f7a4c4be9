"""A message before it leaves: in one line, on the terminal; in the browser by `preview_page`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gmailkit.cli import screen, views
from gmailkit.cli.state import State
from gmailkit.errors import Refused

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.model.mail import Mail
    from gmailkit.model.outgoing import Outgoing

OTHER_HTML = "Its HTML, which most programs show, says something else:"
_NAMED = 3  # recipients in the line that announces a message


def announcement(gmail: Gmail, message: Outgoing) -> str:
    """From whom, to whom, what: "From a@x.org to b@x.org: Hi, 1 attachment, 2.1 kB". Of an
    invitation also when, as it was read.
    """
    mail, people = message.mail, [each.email for each in message.recipients]
    named = ", ".join(people[:_NAMED])
    if (more := len(people) - _NAMED) > 0:
        named += f" and {more:,} more"
    files = sum(not each.inline for each in mail.attachments)
    parts = [mail.subject or "(no subject)"]
    if event := message.invitation:
        parts.append(f"an invitation for {event.when}")
    elif mail.calendar:
        parts.append("an invitation")
    parts += [screen.count_text(files, "attachment")] if files else []
    parts.append(screen.bytes_text(message.size))
    sender = mail.sender.email if mail.sender else own_address(gmail)
    return screen.visible(f"From {sender} to {named}: {', '.join(parts)}")


def own_address(gmail: Gmail) -> str:
    """Not known where the sign-in may send and tell nothing."""
    try:
        return gmail.address
    except Refused:
        return "this account"


def show(state: State, gmail: Gmail, message: Outgoing) -> None:
    """The whole message for a person, or as JSON."""
    if state.out.json:
        state.out.document(as_json(message))
        return
    for line in _lines(gmail, message):
        state.out.line(line)
    for warning in message.warnings:
        state.out.say(f"Note: {warning}")


def as_json(message: Outgoing) -> views.Json:
    facts = {"size": message.size, "warnings": message.warnings, "done": False}
    if message.envelope:
        facts["envelope"] = [each.email for each in message.envelope]
    return {**views.mail("", message.mail), **facts, **event_facts(message)}


def event_facts(message: Outgoing) -> views.Json:
    """Nothing for a message that invites to nothing; times as ISO 8601, a whole day as its date."""
    event = message.invitation
    if event is None:
        return {}
    times = {"start": event.start.isoformat(), "end": event.end.isoformat()}
    return {"event": {"uid": event.uid, **times, "when": event.when, "where": event.where}}


def _lines(gmail: Gmail, message: Outgoing) -> Iterator[str]:
    mail = message.mail
    for name, value in headers(gmail, message):
        yield f"{name}: {screen.visible(value)}"
    yield ""
    text = mail.text or _from_html(mail.html)
    yield screen.visible_text(text).rstrip("\n")
    yield from other_html(mail)
    for each in attached(mail):
        yield f"Attached: {screen.visible(each)}"


def other_html(mail: Mail) -> Iterator[str]:
    """The HTML as a person reads it, where it says something else than the text that was shown."""
    from gmailkit.mime.versions import said_by_html

    if other := said_by_html(mail):
        yield f"\n{OTHER_HTML}"
        yield screen.visible_text(other).rstrip("\n")


def headers(gmail: Gmail, message: Outgoing) -> Iterator[tuple[str, str]]:
    """Those that a person wants to see, in words."""
    mail = message.mail
    yield "From", str(mail.sender or own_address(gmail))
    groups = {"To": mail.to, "Cc": mail.cc, "Bcc": mail.bcc, "Reply-To": mail.reply_to}
    for name, people in groups.items():
        if people:
            yield name, ", ".join(map(str, people))
    if message.envelope:
        yield "Envelope to", ", ".join(each.email for each in message.envelope)
    yield "Subject", mail.subject
    if event := message.invitation:
        yield "When", event.when
        if event.where:
            yield "Where", event.where
    if not mail.header("to"):  # those of a finished message are all of its header, trace and all
        yield from mail.headers


def attached(mail: Mail) -> Iterator[str]:
    """A line for each file."""
    for each in mail.attachments:
        where = "  (in the text)" if each.inline else ""
        yield f"{each.filename}  {screen.bytes_text(each.size)}{where}"


def _from_html(html: str) -> str:
    from gmailkit.mime.html import html_to_text

    return html_to_text(html)
