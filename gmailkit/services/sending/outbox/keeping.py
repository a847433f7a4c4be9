"""What waits: put in, listed, found, taken back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from gmailkit.compose.when import parse_hold, read_when, said
from gmailkit.errors import NotFound, UsageError
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import UNFINISHED, Entry, Stage
from gmailkit.services.connect import Connection
from gmailkit.services.sending.guard.gate import judge
from gmailkit.services.sending.once import keep, remark_of_another
from gmailkit.services.sending.outbox.clocks import said_of
from gmailkit.services.sending.ways import by_smtp
from gmailkit.services.sending.ways.outcome import nothing_under, over
from gmailkit.zones import LOCAL, When, instant, wall

_log = logging.getLogger(__name__)
WAITING: tuple[Stage, ...] = ("held", "parked")
SHOWN = 5  # keys named in an error


def later(
    connection: Connection,
    message: Outgoing,
    *,
    at: str | datetime | None = None,
    hold: str | timedelta | None = None,
    key: str | None = None,
    way: Literal["draft", "smtp"] = "draft",
) -> Entry:
    """Keep it in Gmail's drafts until it is due: `at` a time as people say it, or after `hold`.

    10 units; by "smtp" none: it waits here, as the bytes that will leave. It is "parked" when it
    needs approval first. The same `key` again keeps it once, with the time it was given first, be
    that past by now; when it has left, what is told is that. Another message under it is not kept,
    and a warning says so. Raises UsageError for a time that is past or not understood, and Refused
    when policy.toml forbids the message.
    """
    known = connection.sends.find(key) if key else None
    if known and known.state in (*WAITING, "sent") and (other := remark_of_another(known, message)):
        _log.warning("%s", other)
    if known and known.state == "sent":
        return known
    try:
        when = due_of(connection, at, hold)
    except UsageError:
        if known and known.state in WAITING:
            return known
        raise
    verdict = judge(connection, message, now=False)
    state: Literal["held", "parked"] = "parked" if verdict.park else "held"
    entry = keep(
        connection,
        message,
        state=state,
        key=key,
        way=way,
        due=when.at,
        timed=not when.counted and way == "draft",
        error=verdict.rule,
    )
    if entry.due and entry.due != when.at:
        _log.warning("It was kept under this key before; its time stands: %s.", said(entry.due))
    elif entry.timed and (remark := said_of(connection.ahead)):
        _log.warning("%s", remark)
    return entry


def due_of(connection: Connection, at: str | datetime | None, hold: str | timedelta | None) -> When:
    """When a message is due; a naive time is one of this machine's zone."""
    if (at is None) == (hold is None):
        raise UsageError("A message leaves later at a time, or after a while: one of the two.")
    now = moment(connection)
    if hold is not None:
        if isinstance(hold, timedelta) and hold <= timedelta():
            raise UsageError("A message is held for a while that ends later than now.")
        long = parse_hold(hold) if isinstance(hold, str) else hold
        return When(now + long, counted=True)
    found = _to_come(at, now) if isinstance(at, datetime) else read_when(str(at), now=now)
    if found.remark:
        _log.warning(found.remark)
    return found


def _to_come(at: datetime, now: datetime) -> When:
    found = When(at) if at.tzinfo else wall(at.date(), at.time(), LOCAL)
    if instant(found.at) <= instant(now):
        raise UsageError(
            f"{said(found.at)} is past: it is {said(now)}.", hint="Name a time to come."
        )
    return found


def waiting(connection: Connection) -> tuple[Entry, ...]:
    """What waits for its time or for approval, the next first. Asks Gmail nothing."""
    found = connection.sends.entries(states=(*WAITING, *UNFINISHED))
    return tuple(sorted(filter(waits, found), key=_order))


def find(connection: Connection, key: str) -> Entry:
    """By its key, or by the beginning of it: of the only one that waits, else that ever was."""
    if entry := connection.sends.find(key):
        return entry
    here = waiting(connection)
    near = [entry for entry in here if key and entry.key.startswith(key)]
    if not near and key:
        near = [entry for entry in connection.sends.entries() if entry.key.startswith(key)]
    if len(near) == 1:
        return near[0]
    waits_now = f"waiting are {_keys(here)}" if here else "nothing waits"
    if near and not waits(near[0]):
        said = f"None that waits has a key that begins with {key}; {waits_now}."
        raise NotFound(said, hint="gmailkit outbox")
    if near:
        said = f"{len(near)} messages have keys that begin with {key}: {_keys(near)}."
        raise UsageError(said, hint="Give more of the key.")
    raise NotFound(f"No message has the key {key}; {waits_now}.", hint="gmailkit outbox")


def _keys(entries: Sequence[Entry]) -> str:
    more = f" and {len(entries) - SHOWN} more" if len(entries) > SHOWN else ""
    return ", ".join(entry.key for entry in entries[:SHOWN]) + more


def cancel(connection: Connection, key: str, *, why: str = "Cancelled.") -> Entry:
    """It does not leave. Its draft stays in Gmail; what waits here for an SMTP server goes.

    One that some of its recipients have is "sent" then, to these. Conflict when it has left, or may
    have.
    """
    key = find(connection, key).key
    with connection.sends.alone(key):
        entry = connection.sends.find(key)
        if entry is None:
            raise nothing_under(key)
        if entry.state in ("sending", "unknown") or not waits(entry):
            raise over(entry)
        state: Stage = "cancelled"
        if rest := by_smtp.still_without(connection, entry):
            state, why = "sent", f"{why} Not sent to {', '.join(rest)}."
        entry = connection.sends.change(key, state=state, error=why)
        by_smtp.drop(connection, entry)
        return entry


def waits(entry: Entry) -> bool:
    """For its time, for approval, or for a server: a line on its way to such a state too.

    Held and never due is a draft that a person sends by hand (`drafting`): it is not ours.
    """
    if "parked" in (entry.state, entry.aim):
        return entry.state == "parked" or entry.state in UNFINISHED
    if entry.due is None:
        return False
    return entry.state == "held" or (entry.aim == "held" and entry.state in UNFINISHED)


def _order(entry: Entry) -> tuple[bool, datetime, datetime]:
    """Of those that are due at once, the one that was kept first."""
    return entry.due is None, instant(entry.due or entry.created), entry.created


def moment(connection: Connection) -> datetime:
    """Now, in the zone of this machine."""
    return datetime.fromtimestamp(connection.clock.now(), LOCAL)
