"""What crashes and lost answers left on its way, brought to an end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Literal

from gmailkit.errors import Conflict, NotFound
from gmailkit.record.ledger import UNFINISHED, Entry
from gmailkit.services.connect import Connection
from gmailkit.services.sending.once import finish
from gmailkit.services.sending.ways import by_draft, by_smtp
from gmailkit.services.sending.ways.outcome import nothing_under


def unfinished(connection: Connection) -> Iterator[Entry]:
    """Lines on their way: of a run that was killed or got no answer, or of one that works now."""
    return connection.sends.entries(states=UNFINISHED)


def end(connection: Connection, entry: Entry) -> Entry:
    """The line as it is at the end: "sent", "failed" (nothing left), or what its aim was.

    What stands in Gmail's drafts and was to be sent is sent. Raises Conflict when nobody can tell
    whether it left, and what Gmail refuses with.
    """
    if entry.aim == "sent" or entry.state in ("sending", "unknown"):
        with suppress(NotFound):  # nothing of it had reached Gmail
            finish(connection, entry)
    else:
        _end_kept(connection, entry)
    return connection.sends.find(entry.key) or entry


def settle(connection: Connection, key: str, state: Literal["sent", "failed"]) -> Entry:
    """What a person found out about a message of which nobody could tell whether it left.

    What was kept for an SMTP server and did not leave has no other copy: it is "parked" again. What
    some of its recipients have is "sent", to these.
    """
    with connection.sends.alone(key):
        entry = connection.sends.find(key)
        if entry is None:
            raise nothing_under(key)
        if entry.state not in ("unknown", "sending"):
            raise Conflict(
                f"The message of {key} is {entry.state}: there is nothing to settle.",
                hint="gmailkit sent",
            )
        why = "Settled by hand."
        if state == "failed" and (rest := by_smtp.still_without(connection, entry)):
            state, why = "sent", f"{why} Not sent to {', '.join(rest)}."
        elif state == "failed" and _was_kept(connection, entry):
            return connection.sends.change(key, state="parked", aim="parked", due=None, error=why)
        entry = connection.sends.change(key, state=state, due=None, error=why)
        by_smtp.drop(connection, entry)
        return entry


def _was_kept(connection: Connection, entry: Entry) -> bool:
    kept = entry.way == "smtp" and entry.aim == "held"
    return kept and by_smtp.is_written(connection, entry.key)


def _end_kept(connection: Connection, entry: Entry) -> None:
    """Its draft, or its bytes, were to stay or to go."""
    with connection.sends.alone(entry.key):
        now = connection.sends.find(entry.key)
        if now is None or now.state not in ("new", "drafting", "drafted"):
            return
        if now.way == "smtp":
            by_smtp.end_kept(connection, now)
            return
        if now.aim == "nothing":
            by_draft.clear(connection, now)
            return
        if now.state == "drafting":
            now = by_draft.find(connection, now) or now
        if now.state == "drafted" and (now.due or now.aim == "parked"):
            connection.sends.change(now.key, state=now.aim)
        elif now.state == "drafted":  # a person's own draft, refused when it was to be sent
            said = now.error or "It was not sent; it is still among the drafts."
            connection.sends.change(now.key, state="failed", error=said)
        else:
            connection.sends.change(now.key, state="failed", error="It never reached Gmail.")
