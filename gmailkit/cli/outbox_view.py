"""What the outbox looks like: rows, JSON, and the timer that empties it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from gmailkit.cli import screen
from gmailkit.cli.preview import OTHER_HTML
from gmailkit.services.scheduling.forms import systemd_value, systemd_word
from gmailkit.services.scheduling.program import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmailkit.model.mail import Mail
    from gmailkit.record.ledger import Entry
    from gmailkit.services.sending.outbox import Read

HEAD = ("due", "state", "to", "subject", "key")
_SHOWN, _WIDE = 20, 200  # lines of the text, and their cells

_SERVICE = """\
# {folder}/gmailkit-outbox.service
[Unit]
Description=Send what is due in the outbox of gmailkit

[Service]
Type=oneshot
{environment}ExecStart={command}
"""
_TIMER = """\
# {folder}/gmailkit-outbox.timer
[Unit]
Description=Look every minute whether mail is due

[Timer]
OnCalendar=*:*
AccuracySec=10s
Persistent=true

[Install]
WantedBy=timers.target
"""


def facts(entry: Entry) -> dict[str, object]:
    return {
        "key": entry.key,
        "state": entry.state,
        "due": entry.due,
        "to": entry.to,
        "subject": entry.subject,
        "size": entry.size,
        "draft_id": entry.draft_id,
        "message_id": entry.message_id,
        "thread_id": entry.thread_id,
        "error": entry.error,
        "created": entry.created,
        "updated": entry.updated,
    }


def envelope(found: Read) -> dict[str, object]:
    """What the ledger knows of a message that waits, beside what the message says."""
    entry, way = found.entry, found.envelope
    smtp = way and {"server": way.server, "from": way.sender, "to": way.recipients}
    names = ("key", "state", "due", "draft_id", "error")
    return {**{name: getattr(entry, name) for name in names}, "envelope": smtp}


def gone(entry: Entry) -> str:
    return f"The draft of {entry.key} is gone from Gmail; nothing of it leaves."


def row(entry: Entry) -> tuple[str, ...]:
    due = f"{entry.due.astimezone():%Y-%m-%d %H:%M}" if entry.due else ""
    others = f" and {len(entry.to) - 1} more" if len(entry.to) > 1 else ""
    return due, entry.state, f"{entry.to[0] if entry.to else ''}{others}", entry.subject, entry.key


def when_text(entry: Entry) -> str:
    """What it waits for, as the end of a sentence about it."""
    from gmailkit.compose.when import said

    if entry.state == "parked":
        return f"waits for approval (key {entry.key})"
    when = f"leaves {said(entry.due)}" if entry.due else "is on its way"
    return f"waits in the outbox and {when} (key {entry.key})"


def to_approve(parked: Read) -> Iterator[str]:
    """What somebody is asked to let leave: who, what, the beginning of the text, by which rule.

    By SMTP also the envelope, and all that is read in it: there is no draft to read it in.
    """
    entry, mail = parked.entry, parked.mail
    if mail is None:
        yield gone(entry)
        return
    people = {"Reply-To": mail.reply_to, "To": mail.to, "Cc": mail.cc, "Bcc": mail.bcc}
    if mail.sender:
        yield f"From: {mail.sender}"
    yield from (f"{name}: {', '.join(map(str, many))}" for name, many in people.items() if many)
    yield f"Subject: {mail.subject}"
    yield from by_smtp(parked)
    for each in mail.attachments:
        yield f"Attached: {each.filename}  {screen.bytes_text(each.size)}"
    yield from _whole(mail) if parked.envelope else _beginning(mail)
    yield f"Why it waits: {entry.error or 'nothing any more'}"
    if entry.draft_id:
        yield f"Read it whole: gmailkit drafts show {entry.draft_id}"


def by_smtp(waiting: Read) -> Iterator[str]:
    """By which server it goes, and whom it really goes to; nothing of one that goes by Gmail."""
    if envelope := waiting.envelope:
        yield f"By SMTP: {envelope.server}"
        yield f"Envelope: from <{envelope.sender}> to {', '.join(envelope.recipients)}"


def _beginning(mail: Mail) -> Iterator[str]:
    from gmailkit.mime.html import html_to_text
    from gmailkit.mime.versions import said_by_html

    yield from _first_lines(mail.text or html_to_text(mail.html))
    if other := said_by_html(mail):
        yield OTHER_HTML
        yield from _first_lines(other)


def _first_lines(text: str) -> Iterator[str]:
    lines = text.strip().splitlines()
    yield from (f"  {screen.fit(line, _WIDE)}".rstrip() for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield "  ..."


def _whole(mail: Mail) -> Iterator[str]:
    from gmailkit.mime.readable import readable
    from gmailkit.mime.versions import said_by_html

    yield from _indented(readable(mail).whole)
    if other := said_by_html(mail):
        yield OTHER_HTML
        yield from _indented(other)


def _indented(text: str) -> Iterator[str]:
    return (f"  {line}".rstrip() for line in text.strip().splitlines())


def units(command: list[str], folder: str) -> str:
    """A service and a timer of systemd for this user, with the folders of this run."""
    named = "".join(
        f"Environment={systemd_value(f'{name}={value}')}\n" for name, value in environment().items()
    )
    line = " ".join(map(systemd_word, command))
    service = _SERVICE.format(folder=folder, environment=named, command=line)
    return f"{service}\n{_TIMER.format(folder=folder)}"


def cron_line(command: list[str]) -> str:
    """A line for `crontab -e`; a % ends a command there."""
    settings = [f"{name}={value}" for name, value in environment().items()]
    words = [*(["env", *settings] if settings else []), *command]
    return f"* * * * * {shlex.join(words)}".replace("%", r"\%")
