"""What waits, read before it leaves."""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.compose.when import said
from gmailkit.errors import Conflict, to_type
from gmailkit.mime.digest import digest_with_sender
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Mail
from gmailkit.record.ledger import Entry
from gmailkit.record.waiting import Waiting
from gmailkit.services.connect import Connection
from gmailkit.services.sending.outbox.keeping import WAITING, find
from gmailkit.services.sending.outbox.standing import draft_of
from gmailkit.services.sending.ways import by_smtp
from gmailkit.services.sending.ways.outcome import NOT_LEFT, nothing_under, over


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A message that waits, as its draft is now; no `mail` and no `raw` where the draft is gone.

    `envelope` says by which SMTP server it goes, from whom, and to whom whatever `mail` says.
    """

    entry: Entry
    envelope: Waiting | None = None
    mail: Mail | None = None
    digest: str = ""
    raw: bytes = b""


def read(connection: Connection, key: str) -> Read:
    """What would leave now; nothing is changed. 20 units, by SMTP none.

    Raises Conflict when it has left, or waits no more.
    """
    key = find(connection, key).key
    with connection.sends.alone(key):  # what is sent meanwhile is not taken for lost
        entry = connection.sends.find(key)
        if entry is None:
            raise nothing_under(key)
        if entry.state not in WAITING:
            raise not_waiting(entry)
        if entry.way == "smtp":
            waiting, raw, digest = by_smtp.kept(connection, entry)
            return Read(entry=entry, envelope=waiting, mail=parse(raw), digest=digest, raw=raw)
        draft = draft_of(connection, entry)
    if draft is None:
        return Read(entry=entry)
    return Read(entry=entry, mail=parse(draft), digest=digest_with_sender(draft), raw=draft)


def not_waiting(entry: Entry) -> Conflict:
    """Why there is nothing to approve, or to read."""
    if entry.state == "held":
        when = f": it leaves by itself {said(entry.due)}" if entry.due else ""
        return Conflict(
            f"The message of {entry.key} needs no approval{when}.",
            hint="What is due is sent by: gmailkit outbox run\n"
            f"To take it back: {to_type('outbox', 'cancel', entry.key)}",
        )
    if entry.state in NOT_LEFT:  # a run was killed on the way
        mends = "gmailkit outbox run"
        return Conflict(f"The message of {entry.key} is not wholly written down.", hint=mends)
    return over(entry)
