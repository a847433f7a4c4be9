"""What policy.toml wants a person to see before it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gmailkit.compose.when import said
from gmailkit.errors import Conflict, to_type
from gmailkit.mime.digest import digest_with_sender
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Mail
from gmailkit.record.ledger import Entry
from gmailkit.record.waiting import Waiting
from gmailkit.services.connect import Connection
from gmailkit.services.sending.outbox.keeping import cancel, find, moment
from gmailkit.services.sending.outbox.running import Result, release, without_draft
from gmailkit.services.sending.outbox.standing import draft_of, said_by
from gmailkit.services.sending.ways import by_smtp
from gmailkit.services.sending.ways.outcome import NOT_LEFT, nothing_under, over
from gmailkit.zones import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A parked message as its draft is now; no `mail` where the draft is gone.

    `envelope` says by which SMTP server it goes, from whom, and to whom whatever `mail` says.
    """

    entry: Entry
    envelope: Waiting | None = None
    mail: Mail | None = None
    digest: str = ""


def read(connection: Connection, key: str) -> Read:
    """What somebody is to approve; nothing is changed. 20 units."""
    key = find(connection, key).key
    with connection.sends.alone(key):  # what is sent meanwhile is not taken for lost
        entry = _parked(connection, key)
        if entry.way == "smtp":
            waiting, content, digest = by_smtp.kept(connection, entry)
            return Read(entry=entry, envelope=waiting, mail=parse(content), digest=digest)
        raw = draft_of(connection, entry)
    if raw is None:
        return Read(entry=entry)
    return Read(entry=entry, mail=parse(raw), digest=digest_with_sender(raw))


def approve(connection: Connection, key: str, *, digest: str | None = None) -> Result:
    """Let a parked message leave, as its draft is now: at once, or when it is due.

    What is changed in it afterwards has to be approved again. Raises Conflict when the draft is
    not that of the `digest` that was read.
    """
    key = find(connection, key).key
    with connection.sends.alone(key):
        entry = _parked(connection, key)
        found, said_now = _as_it_is(connection, entry)
        if found:
            if digest is not None and found != digest:
                raise _changed_meanwhile(key)
            due = entry.due or moment(connection)
            fields = {**said_now, "approved": found, "due": due, "error": ""}
            entry = connection.sends.change(key, state="held", aim="held", **fields)
    if not found or entry.due is None:
        return without_draft(connection, entry)
    if instant(entry.due) > instant(moment(connection)):
        return Result(entry=entry, remark=f"Approved; it leaves {said(entry.due)}.")
    return release(connection, entry)


def deny(connection: Connection, key: str) -> Entry:
    """A parked message does not leave; its draft stays in Gmail, its bytes for SMTP go."""
    entry = find(connection, key)
    if entry.state != "parked":
        raise _not_parked(entry)
    return cancel(connection, entry.key, why="Denied.")


def _as_it_is(connection: Connection, entry: Entry) -> tuple[str, dict[str, Any]]:
    """The digest of what is approved, "" when the draft is gone; what its line has to say of it."""
    if entry.way == "smtp":  # these bytes do not change
        return by_smtp.kept(connection, entry)[2], {}
    raw = draft_of(connection, entry)
    return ("", {}) if raw is None else (digest_with_sender(raw), said_by(raw))


def _parked(connection: Connection, key: str) -> Entry:
    entry = connection.sends.find(key)
    if entry is None:
        raise nothing_under(key)
    if entry.state != "parked":
        raise _not_parked(entry)
    return entry


def _changed_meanwhile(key: str) -> Conflict:
    return Conflict(
        f"The draft of {key} was changed since it was shown; nothing was approved.",
        hint=to_type("outbox", "approve", key),
    )


def _not_parked(entry: Entry) -> Conflict:
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
