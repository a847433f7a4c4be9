"""What policy.toml wants a person to see before it leaves."""

from __future__ import annotations

from typing import Any

from gmailkit.compose.when import said
from gmailkit.errors import Conflict, to_type
from gmailkit.mime.digest import digest_with_sender
from gmailkit.record.ledger import Entry
from gmailkit.services.connect import Connection
from gmailkit.services.sending.outbox.keeping import cancel, find, moment
from gmailkit.services.sending.outbox.reading import Read, not_waiting, read
from gmailkit.services.sending.outbox.running import Result, release, without_draft
from gmailkit.services.sending.outbox.standing import draft_of, said_by
from gmailkit.services.sending.ways import by_smtp
from gmailkit.services.sending.ways.outcome import nothing_under
from gmailkit.zones import instant


def read_parked(connection: Connection, key: str) -> Read:
    """What somebody is to approve; nothing is changed. 20 units. Conflict when it is not parked."""
    found = read(connection, key)
    if found.entry.state != "parked":
        raise not_waiting(found.entry)
    return found


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
        raise not_waiting(entry)
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
        raise not_waiting(entry)
    return entry


def _changed_meanwhile(key: str) -> Conflict:
    return Conflict(
        f"The draft of {key} was changed since it was shown; nothing was approved.",
        hint=to_type("outbox", "approve", key),
    )
