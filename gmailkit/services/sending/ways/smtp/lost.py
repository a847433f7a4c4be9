"""What became of a message after whose end no answer came."""

from __future__ import annotations

import msgspec

from gmailkit.errors import TryLater
from gmailkit.record.ledger import Entry
from gmailkit.services.connect import Connection
from gmailkit.services.sending.ways.outcome import over
from gmailkit.services.sending.ways.smtp import trace
from gmailkit.services.sending.ways.smtp.first import waiting_mail
from gmailkit.services.sending.ways.smtp.schedule import SETTLED


def settle(connection: Connection, entry: Entry) -> Entry | None:
    """The line as "sent", or None where it surely did not leave, so that it may be tried again.

    Gmail keeps a sound Message-ID, so there it is looked up. Found: it left. Not found although
    long enough ago, twice: it did not. Everywhere else, and where the copy there may be another's,
    nobody can tell: Conflict. TryLater where it may still appear.
    """
    found = waiting_mail(connection).get(entry.key)
    if found is None:
        raise over(_nobody_knows(connection, entry))
    waiting, content = found
    copies = trace.copies(connection, waiting) if trace.tells(connection, waiting) else None
    own = trace.own(connection, waiting, copies or ())
    if copies is None or (copies and own is None):
        raise over(_nobody_knows(connection, entry))
    if own:
        entry = connection.sends.change(
            entry.key, state="sent", due=None, message_id=own.id, thread_id=own.thread_id, error=""
        )
        waiting_mail(connection).drop(entry.key)
        return entry
    passed = connection.sends.now() >= entry.updated + SETTLED
    if passed and waiting.looked:
        waiting_mail(connection).put(msgspec.structs.replace(waiting, looked=False), content)
        return None
    if passed:  # or the clock was put forward: it may be a moment ago
        waiting_mail(connection).put(msgspec.structs.replace(waiting, looked=True), content)
    if passed or entry.state == "sending":
        at = connection.sends.now() + SETTLED
        entry = connection.sends.change(entry.key, state="unknown", due=at)
    raise _not_yet(entry)


def _nobody_knows(connection: Connection, entry: Entry) -> Entry:
    """It is looked for no more."""
    if entry.state == "unknown" and entry.due is None:
        return entry
    return connection.sends.change(entry.key, state="unknown", due=None)


def _not_yet(entry: Entry) -> TryLater:
    error = TryLater(
        f"Nobody can tell yet whether the message of {entry.key} left.",
        retry_at=entry.updated + SETTLED,
        hint="Later it is looked for again: gmailkit sent --finish",
    )
    error.key, error.maybe_done = entry.key, True
    return error
