"""The fast way: one call, at most once. After a lost answer nobody may be able to tell."""

from __future__ import annotations

from gmailkit.errors import GmailKitError
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import Entry
from gmailkit.services.connect import Connection
from gmailkit.services.sending.ways import look
from gmailkit.services.sending.ways.by_draft import PAUSES, note_sent, resumable


def leave(connection: Connection, entry: Entry, message: Outgoing) -> Entry:
    """Send it under a line that says "sending". 100 units; never repeated.

    After a lost answer it is looked for in Sent, where this sign-in may; what is not found there
    is "unknown", and the error is raised.
    """
    try:
        answer = connection.client.unrecorded.messages.send(
            message.raw, thread_id=message.thread_id
        )
    except GmailKitError as error:
        if not error.maybe_done:
            state = "new" if resumable(error) else "failed"
            connection.sends.change(entry.key, state=state, error=error.message)
            raise
        settled = settle(connection, entry, pauses=PAUSES, error=error.message)
        if settled.state == "sent":
            return settled
        raise
    return note_sent(connection, entry, answer)


def settle(
    connection: Connection,
    entry: Entry,
    *,
    pauses: tuple[float, ...] = (),
    error: str = "It is not found in Sent.",
) -> Entry:
    """A line that says "sending" or "unknown": "sent" when it lies in Sent, else "unknown"."""
    if look.may_read(connection):
        for pause in (*pauses, 0.0):
            connection.clock.sleep(pause)
            if found := look.sent_of(connection, entry):
                return note_sent(connection, entry, found)
    return connection.sends.change(entry.key, state="unknown", error=error)
