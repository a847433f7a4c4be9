"""What its draft says in Gmail now, and what became of one that is gone."""

from __future__ import annotations

from typing import Any

from gmailkit.errors import NotFound
from gmailkit.mime.digest import digest_of
from gmailkit.mime.parse import parse
from gmailkit.record.ledger import Entry
from gmailkit.services.connect import Connection
from gmailkit.services.sending.ways import look
from gmailkit.wire.base64url import decode

DELETED = "Its draft was deleted in Gmail, so it was cancelled."
BY_HAND = "It was sent by hand in Gmail."
EDITED = "Its draft was changed in Gmail, and left as it is now."


def draft_of(connection: Connection, entry: Entry) -> bytes | None:
    """What stands in Gmail now; None when the draft is gone. 20 units."""
    try:
        message = connection.client.drafts.get(entry.draft_id, format="raw").message
    except NotFound:
        return None
    return decode(message.raw) if message else None


def said_by(raw: bytes) -> dict[str, Any]:
    """What a line says of its message, as the draft says it."""
    mail = parse(raw)
    people = (*mail.to, *mail.cc, *mail.bcc)
    return {
        "digest": digest_of(raw),
        "to": tuple(dict.fromkeys(each.email for each in people if each.email)),
        "subject": mail.subject,
        "size": len(raw),
    }


def sent_by_hand(connection: Connection, entry: Entry) -> str:
    """The id of the message, "" when it is not in Sent: the same words, or, where they were changed
    as well, what was sent in the thread that the draft had for itself: none older is in it.
    """
    if not look.may_read(connection):
        return ""
    if found := look.sent_of(connection, entry):
        return found.id
    try:
        thread = connection.client.threads.get(entry.thread_id, format="minimal")
    except NotFound:
        return ""
    first = thread.messages[0] if thread.messages else None
    if first is None or "SENT" not in first.label_ids or first.date < entry.created:
        return ""
    if connection.sends.messages_of_others([first.id], key=entry.key):
        return ""
    return first.id
