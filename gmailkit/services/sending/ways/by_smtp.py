"""The way over SMTP: an `Outgoing` to a server, as an entry of the ledger.

    new      written down; the exact bytes wait in a file; nothing was sent
    sending  the line that ends the message was about to be said: it may have been taken
    sent     the server said yes
    held     it said "later", or could not be reached: the next try is due then
    unknown  no answer came after the end: never sent again but where a look tells what left
    failed   it said no, or said "later" for four days

The caller holds the lock of the key.
"""

from __future__ import annotations

from gmailkit.errors import NotFound, Refused
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import Entry
from gmailkit.record.waiting import Waiting
from gmailkit.services.connect import Connection
from gmailkit.services.sending.guard.gate import judge_line
from gmailkit.services.sending.ways.smtp.attempt import attempt
from gmailkit.services.sending.ways.smtp.first import forget, waiting_mail, write_down
from gmailkit.services.sending.ways.smtp.lost import settle
from gmailkit.services.sending.ways.smtp.schedule import due, end_of, fail

__all__ = ["deliver", "due", "forget", "retry"]


def deliver(connection: Connection, entry: Entry, message: Outgoing) -> Entry:
    """Send it and return its entry as it is then; every step is in the ledger before it is made.

    Raises PartialError when some recipients were refused and the others have it. TryLater or
    Unreachable: nothing left; it is tried again when `entry.due` has come. Unreachable with
    `maybe_done`: nobody knows.
    """
    found = waiting_mail(connection).get(entry.key) or write_down(connection, entry, message)
    return attempt(connection, entry, *found)


def retry(connection: Connection, entry: Entry, message: Outgoing | None = None) -> Entry:
    """Another try for what waits, or a look at what became of it; raises as `deliver` does.

    Without its bytes the `message` is sent anew; without both NotFound: then it is failed, and
    nothing left. The rules are asked again about what leaves and whom it goes to.
    """
    if entry.state in ("sending", "unknown") and (left := settle(connection, entry)):
        return left
    found = waiting_mail(connection).get(entry.key)
    if found is None and message is not None:
        people = [each.email for each in message.recipients]
        judge_line(connection, entry.key, message.raw, also=people)
        return deliver(connection, entry, message)
    if found is None:
        connection.sends.change(entry.key, state="failed", error="Its bytes are gone.")
        raise NotFound(
            f"The message of {entry.key} waits no more, and nothing of it left.",
            hint="Send it anew; the same key may be used.",
        )
    _judge(connection, entry, *found)
    return attempt(connection, entry, *found)


def _judge(connection: Connection, entry: Entry, waiting: Waiting, content: bytes) -> None:
    """Refused for what would need an approval now. It can wait for none, so a person is told, once:
    what is held is tried again only when it would be given up.
    """
    try:
        judge_line(connection, entry.key, content, also=(*entry.to, *waiting.recipients))
    except Refused as error:
        if error.rule != "approval":
            raise
        error.key = entry.key
        end = end_of(waiting)
        if entry.state == "held" and connection.sends.now() < end:
            error.hint = (
                f"By SMTP it can wait for none: gmailkit outbox cancel {entry.key}, then send it "
                "without --via smtp under another key."
            )
            connection.sends.change(entry.key, due=end, error=error.message)
            raise
        error.hint = "It goes no more by SMTP. Send it anew without --via smtp."
        fail(connection, waiting, error.message)
        raise
