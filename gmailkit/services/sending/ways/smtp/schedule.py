"""What did not leave: when it is tried again, and when it is given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from gmailkit.errors import CannotWrite, GmailKitError, Refused, SignInNeeded, to_type
from gmailkit.record.ledger import Entry, Stage
from gmailkit.record.waiting import Waiting
from gmailkit.services.connect import Connection
from gmailkit.services.sending.ways.smtp import trace
from gmailkit.services.sending.ways.smtp.first import waiting_mail
from gmailkit.transport.smtp.fault import hopeless

# After the first try, and so on; the last one counts for all further (RFC 5321 section 4.5.4.1).
PAUSES = tuple(timedelta(minutes=m) for m in (5, 15, 30, 60, 120, 240))
# It is given up after both: a machine that was off, or a clock that jumped, has tried little.
GIVE_UP, LEAST = timedelta(days=4), 10
# What a server took appears in Sent within seconds; longer than any stall between.
SETTLED = timedelta(minutes=15)
SKEW = timedelta(minutes=1)  # by which a clock may be corrected


def due(connection: Connection) -> Iterator[Entry]:
    """What is to be tried again now, or looked up, oldest first; forgets what is over.

    One that says "sending" is of a run that was killed, or works on it now.
    """
    now = connection.sends.now()
    _sweep(connection, now)
    entries = connection.sends.entries(states=("held", "sending", "unknown"))
    waiting = [each for each in entries if each.way == "smtp"]
    return reversed([each for each in waiting if _is_due(connection, each, now)])


def note_unsent(
    connection: Connection,
    entry: Entry,
    waiting: Waiting,
    content: bytes,
    error: GmailKitError,
) -> None:
    """In the ledger, what becomes of the message; in the error, what to do."""
    error.key = entry.key
    by_rule = isinstance(error, Refused) and bool(error.rule)  # of policy.toml, which may change
    if isinstance(error, CannotWrite) or (by_rule and entry.state != "new"):
        return
    if error.maybe_done:
        found = waiting_mail(connection).get(entry.key)  # as it was just before the dot
        told = found and trace.tells(connection, found[0])
        at = connection.sends.now() + SETTLED if told else None
        connection.sends.change(entry.key, state="unknown", due=at, error=error.message)
        return
    later = isinstance(error, SignInNeeded) and entry.state != "new"
    # At the first try somebody is there to be told; a timer may just have no network.
    waits = (error.passing or later) and not (entry.state == "new" and hopeless(error))
    if waits and not _is_over(connection, waiting):
        at = put_off(connection, waiting, content)
        connection.sends.change(entry.key, state="held", due=at, error=error.message)
        error.hint = (
            f"It is kept, and tried again from {at.astimezone():%H:%M} on by `gmailkit outbox run`."
        )
        return
    said = f"Given up after {GIVE_UP.days} days: {error.message}" if waits else error.message
    if entry.aim == "held" and not waiting.parted:
        _give_back(connection, waiting, content, said)
        error.hint = f"To try it again: {to_type('outbox', 'approve', entry.key)}"
    else:
        _end(connection, waiting, said)


def put_off(
    connection: Connection, waiting: Waiting, content: bytes, **changes: object
) -> datetime:
    """One try more is counted on the disk; when the next one is due."""
    rest = msgspec.structs.replace(waiting, attempts=waiting.attempts + 1, **changes)
    waiting_mail(connection).put(rest, content)
    return connection.sends.now() + PAUSES[min(rest.attempts, len(PAUSES)) - 1]


def _give_back(connection: Connection, waiting: Waiting, content: bytes, said: str) -> None:
    """What was kept has no other copy, so that it waits on, for a person."""
    waiting_mail(connection).put(msgspec.structs.replace(waiting, attempts=0), content)
    fields = {"state": "parked", "aim": "parked", "due": None, "error": said}
    connection.sends.change(waiting.key, **fields)


def _end(connection: Connection, waiting: Waiting, said: str) -> None:
    """It failed, or the rest of it did: then others have it, and its key must not send it again."""
    state: Stage = "sent" if waiting.parted else "failed"
    connection.sends.change(waiting.key, state=state, due=None, error=said)
    waiting_mail(connection).drop(waiting.key)


def _is_due(connection: Connection, entry: Entry, now: datetime) -> bool:
    """No pause outlives a clock that is put back; a time that somebody has named does."""
    if entry.due is None or entry.due <= now:
        return entry.due is not None
    if entry.state != "held" or entry.updated - now <= SKEW:
        return False
    try:
        found = waiting_mail(connection).get(entry.key)
    except CannotWrite:  # damaged, which the try will say
        return True
    return bool(found and found[0].attempts)


def _is_over(connection: Connection, waiting: Waiting) -> bool:
    end = datetime.fromtimestamp(waiting.began, UTC) + GIVE_UP
    return connection.sends.now() >= end and waiting.attempts >= LEAST


def _sweep(connection: Connection, now: datetime) -> None:
    """Bytes of messages that are over, or of which nobody will learn any more."""
    mail = waiting_mail(connection)
    for key in mail.begun_before((now - GIVE_UP).timestamp()):
        if not _is_wanted(connection.sends.find(key)):
            with connection.sends.alone(key):  # nobody writes others in their place meanwhile
                if not _is_wanted(connection.sends.find(key)):
                    mail.drop(key)


def _is_wanted(entry: Entry | None) -> bool:
    """What was kept has no other copy, so that it stays until somebody says that it left."""
    if entry is None:
        return False
    unsettled = entry.state == "unknown" and (entry.due is not None or entry.aim == "held")
    return unsettled or entry.state in ("new", "held", "parked", "sending")
