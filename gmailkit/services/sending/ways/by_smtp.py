"""The way over SMTP: an `Outgoing` to a server, as an entry of the ledger.

    new      written down; the exact bytes wait in a file; nothing was sent
    sending  the line that ends the message was about to be said: it may have been taken
    sent     the server said yes
    held     it said "later", or could not be reached, or its time has not come: due then
    parked   somebody has to approve it first; its bytes wait
    unknown  no answer came after the end: never sent again but where a look tells what left
    failed   it said no, or said "later" for four days

The caller holds the lock of the key.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec

from gmailkit.errors import CannotWrite, NotFound, UsageError
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import Entry
from gmailkit.record.waiting import Waiting
from gmailkit.services.connect import Connection
from gmailkit.services.sending.guard.gate import judge_bytes
from gmailkit.services.sending.ways.outcome import parked
from gmailkit.services.sending.ways.smtp import approval
from gmailkit.services.sending.ways.smtp.attempt import attempt
from gmailkit.services.sending.ways.smtp.first import forget, waiting_mail, write_down
from gmailkit.services.sending.ways.smtp.how import how
from gmailkit.services.sending.ways.smtp.lost import settle
from gmailkit.services.sending.ways.smtp.schedule import due
from gmailkit.services.sending.ways.smtp.submission import server_for

__all__ = [
    "begin",
    "deliver",
    "drop",
    "due",
    "end_kept",
    "forget",
    "is_written",
    "kept",
    "retry",
    "still_without",
    "write_down",
]


def begin(connection: Connection, key: str) -> None:
    """Before a line of it is written: UsageError where there is no server, and old bytes go."""
    server_for(connection, how().server)
    forget(connection, key)


def deliver(connection: Connection, entry: Entry, message: Outgoing) -> Entry:
    """Send it and return its entry as it is then; every step is in the ledger before it is made.

    Raises PartialError when some recipients were refused and the others have it. TryLater or
    Unreachable: nothing left; it is tried again when `entry.due` has come. Unreachable with
    `maybe_done`: nobody knows.
    """
    found = waiting_mail(connection).get(entry.key) or write_down(connection, entry, message)
    return attempt(connection, entry, *found)


def is_written(connection: Connection, key: str) -> bool:
    """Whether its bytes wait."""
    return waiting_mail(connection).has(key)


def kept(connection: Connection, entry: Entry) -> tuple[Waiting, bytes, str]:
    """The envelope and the bytes of what waits, and the digest that an approval is of.

    NotFound when they are gone: then it is failed, and nothing left.
    """
    waiting, content = _waiting(connection, entry)
    return waiting, content, approval.digest_of(entry, waiting, content)


def retry(connection: Connection, entry: Entry, message: Outgoing | None = None) -> Entry:
    """Another try for what waits, or a look at what became of it; raises as `deliver` does.

    Without its bytes the `message` is sent anew; without both NotFound: then it is failed, and
    nothing left. The rules are asked again about what leaves and whom it goes to: Refused for what
    needs an approval now, and what is "parked" goes nowhere.
    """
    if entry.state == "parked":
        raise parked(entry)
    if entry.state in ("sending", "unknown") and (left := settle(connection, entry)):
        return left
    if message is not None and not is_written(connection, entry.key):
        people = [each.email for each in message.recipients]
        judge_bytes(connection, message.raw, also=people, before=entry)
        write_down(connection, entry, message)
    waiting, content = _waiting(connection, entry)
    approval.check(connection, entry, waiting, content)
    if entry.state == "held" and not waiting.attempts:  # it waited for its time, or a person
        waiting = msgspec.structs.replace(waiting, began=connection.sends.now().timestamp())
        waiting_mail(connection).put(waiting, content)
    return attempt(connection, entry, waiting, content)


def end_kept(connection: Connection, entry: Entry) -> Entry:
    """What a killed run left between "new" and what its aim was: that, where its bytes wait."""
    if entry.aim in ("held", "parked") and is_written(connection, entry.key):
        return connection.sends.change(entry.key, state=entry.aim)
    entry = connection.sends.change(entry.key, state="failed", error="Nothing of it was kept.")
    drop(connection, entry)
    return entry


def still_without(connection: Connection, entry: Entry) -> tuple[str, ...]:
    """Who has it not yet, where others of its recipients have it: then its key must not send it
    again, whatever becomes of the rest.
    """
    found = None
    if entry.way == "smtp":
        with suppress(CannotWrite, UsageError):  # damaged, or not ours
            found = waiting_mail(connection).get(entry.key)
    rest = found[0].recipients if found else ()
    return rest if set(rest) < set(entry.to) else ()


def drop(connection: Connection, entry: Entry) -> None:
    """The bytes of a line that is over; none where it goes another way. What cannot be removed now
    is removed before others take its place.
    """
    if entry.way == "smtp":
        with suppress(CannotWrite):
            forget(connection, entry.key)


def _waiting(connection: Connection, entry: Entry) -> tuple[Waiting, bytes]:
    found = waiting_mail(connection).get(entry.key)
    if found is None:
        connection.sends.change(entry.key, state="failed", error="Its bytes are gone.")
        raise NotFound(
            f"The message of {entry.key} waits no more, and nothing of it left.",
            hint="Send it anew; the same key may be used.",
        )
    return found
