"""What a list shows of messages of a backup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gmailkit.backup.packs import Entry
from gmailkit.mime.mailing_list import list_id
from gmailkit.model.conversation import Conversation
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import MessageId, ThreadId
from gmailkit.model.mail import Address, Mail
from gmailkit.model.shape import from_millis


def envelope_of(entry: Entry, mail: Mail) -> Envelope:
    return Envelope(
        id=MessageId(entry.id),
        thread_id=ThreadId(entry.thread),
        date=from_millis(entry.date_ms),
        sender=mail.sender,
        to=mail.to,
        cc=mail.cc,
        subject=mail.subject,
        message_id=mail.message_id,
        list_id=list_id(mail.header("List-Id")).id,
        size=entry.length,
    )


def conversation_of(some: Sequence[tuple[Envelope, Iterable[str]]]) -> Conversation:
    """Of its messages, the oldest first, each with the names of its labels."""
    first, newest = some[0][0], some[-1][0]
    people: dict[str, Address] = {}
    for envelope, _ in some:
        if envelope.sender:
            people.setdefault(envelope.sender.email.casefold(), envelope.sender)
    labels = dict.fromkeys(name for _, names in some for name in names)
    return Conversation(
        id=newest.thread_id,
        history_id=0,
        date=newest.date,
        newest=newest.id,
        count=len(some),
        people=tuple(people.values()),
        subject=first.subject,
        unread="UNREAD" in labels,
        labels=tuple(labels),
    )
