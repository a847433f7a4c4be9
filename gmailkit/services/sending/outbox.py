"""Mail that leaves later: Gmail keeps it as a draft, the ledger knows when it is due.

So nothing is lost when this machine is off, what was changed in Gmail meanwhile leaves as it was
changed, and what is cancelled is still a draft. Somebody has to call `run` (docs/outbox.md).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from gmailkit.compose.when import parse_hold, read_when, said
from gmailkit.compose.zones import LOCAL, When, instant, wall
from gmailkit.errors import (
    Conflict,
    GmailKitError,
    NotFound,
    Refused,
    SignInNeeded,
    TryLater,
    Unreachable,
    UsageError,
)
from gmailkit.mime.digest import digest_of, digest_with_sender
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Mail
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import UNFINISHED, Entry, Stage
from gmailkit.services.connect import Connection
from gmailkit.services.sending import ending
from gmailkit.services.sending.guard.gate import judge
from gmailkit.services.sending.once import Sent, finish, keep
from gmailkit.services.sending.ways import by_smtp, look
from gmailkit.services.sending.ways.by_draft import resumable
from gmailkit.services.sending.ways.outcome import nothing_under, over
from gmailkit.wire.base64url import decode

_log = logging.getLogger(__name__)
LATE = timedelta(minutes=5)  # what is said to be late
PAUSE = timedelta(hours=1)  # before what a rule stopped is tried by SMTP again
LOOK = 30.0  # seconds between two looks for what came meanwhile
_WAITING: tuple[Stage, ...] = ("held", "parked")
_STILL_HERE: tuple[Stage, ...] = (*_WAITING, "new", "drafted", "failed")
_FOR_NOW = ("sending", "caps.")  # rules that may let it leave later, as they are
DELETED = "Its draft was deleted in Gmail, so it was cancelled."
BY_HAND = "It was sent by hand in Gmail."
EDITED = "Its draft was changed in Gmail, and left as it is now."


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one message: its line as it is now, and what has to be said ("" nothing).

    `sent` only when it left. `error` is why it did not, where it should have.
    """

    entry: Entry
    sent: Sent | None = None
    remark: str = ""
    error: GmailKitError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A parked message as its draft is now; no `mail` where the draft is gone."""

    entry: Entry
    mail: Mail | None = None
    digest: str = ""


def later(
    connection: Connection,
    message: Outgoing,
    *,
    at: str | datetime | None = None,
    hold: str | timedelta | None = None,
    key: str | None = None,
) -> Entry:
    """Keep it in Gmail's drafts until it is due: `at` a time as people say it, or after `hold`.

    10 units. It is "parked" when it needs approval first. The same `key` again keeps it once, with
    the time it was given first. Raises UsageError for a time that is past or not understood, and
    Refused when policy.toml forbids the message.
    """
    due = due_of(connection, at, hold)
    verdict = judge(connection, message, now=False)
    state: Literal["held", "parked"] = "parked" if verdict.park else "held"
    entry = keep(connection, message, state=state, key=key, due=due, error=verdict.rule)
    if entry.due and entry.due != due:
        _log.warning("It was kept under this key before; its time stands: %s.", said(entry.due))
    return entry


def due_of(
    connection: Connection, at: str | datetime | None, hold: str | timedelta | None
) -> datetime:
    """When a message is due; a naive time is one of this machine's zone."""
    if (at is None) == (hold is None):
        raise UsageError("A message leaves later at a time, or after a while: one of the two.")
    now = _now(connection)
    if hold is not None:
        if isinstance(hold, timedelta) and hold <= timedelta():
            raise UsageError("A message is held for a while that ends later than now.")
        return now + (parse_hold(hold) if isinstance(hold, str) else hold)
    found = _moment(at, now) if isinstance(at, datetime) else read_when(str(at), now=now)
    if found.remark:
        _log.warning(found.remark)
    return found.at


def _moment(at: datetime, now: datetime) -> When:
    found = When(at) if at.tzinfo else wall(at.date(), at.time(), LOCAL)
    if instant(found.at) <= instant(now):
        raise UsageError(
            f"{said(found.at)} is past: it is {said(now)}.", hint="Name a time to come."
        )
    return found


def waiting(connection: Connection) -> tuple[Entry, ...]:
    """What waits for its time or for approval, the next first. Asks Gmail nothing."""
    found = connection.sends.entries(states=(*_WAITING, *UNFINISHED))
    return tuple(sorted(filter(_waits, found), key=_order))


def find(connection: Connection, key: str) -> Entry:
    """By its key, or the beginning of it where only one waits under such a one."""
    if entry := connection.sends.find(key):
        return entry
    near = [entry for entry in waiting(connection) if key and entry.key.startswith(key)]
    if len(near) == 1:
        return near[0]
    if near:
        names = ", ".join(entry.key for entry in near[:5])
        raise UsageError(f"{len(near)} messages wait under keys that begin with {key}: {names}.")
    raise nothing_under(key)


def cancel(connection: Connection, key: str, *, why: str = "Cancelled.") -> Entry:
    """It does not leave; its draft stays in Gmail. Conflict when it has left, or may have."""
    key = find(connection, key).key
    with connection.sends.alone(key):
        entry = connection.sends.find(key)
        if entry is None:
            raise nothing_under(key)
        if entry.state in ("sending", "unknown") or not _waits(entry):
            raise over(entry)
        return connection.sends.change(key, state="cancelled", error=why)


def read(connection: Connection, key: str) -> Read:
    """What somebody is to approve; nothing is changed. 20 units."""
    entry = _parked(connection, find(connection, key).key)
    raw = _draft(connection, entry)
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
        raw = _draft(connection, entry)
        if raw is not None:
            found = digest_with_sender(raw)
            if digest is not None and found != digest:
                raise _changed_meanwhile(key)
            due = entry.due or _now(connection)
            fields = {**_said_by(raw), "approved": found, "due": due, "error": ""}
            entry = connection.sends.change(key, state="held", aim="held", **fields)
    if raw is None or entry.due is None:
        return _without_draft(connection, entry)
    if instant(entry.due) > instant(_now(connection)):
        return Result(entry=entry, remark=f"Approved; it leaves {said(entry.due)}.")
    return release(connection, entry)


def deny(connection: Connection, key: str) -> Entry:
    """A parked message does not leave; its draft stays in Gmail."""
    entry = find(connection, key)
    if entry.state != "parked":
        raise _not_parked(entry)
    return cancel(connection, entry.key, why="Denied.")


def run(connection: Connection, *, until: datetime | None = None) -> Iterator[Result]:
    """Send what is due, each message once however many do this at the same time.

    What was due while nobody looked leaves now. With `until` it goes on and waits until then.
    Raises, and leaves the rest waiting, what concerns all of them: no connection, no sign-in, a
    spent quota, a policy.toml that cannot be read.
    """
    while True:
        _mend(connection)
        now = _now(connection)
        for entry in waiting(connection):
            if entry.way == "smtp" or entry.state not in ("held", "sending") or not entry.due:
                continue
            if instant(entry.due) <= instant(now):
                result = release(connection, entry)
                if result.sent is None or not result.sent.again:
                    yield result
        for entry in by_smtp.due(connection):
            if result_of := _again_by_smtp(connection, entry):
                yield result_of
        if until is None or instant(now) >= instant(until):
            return
        connection.clock.sleep(_pause(connection, until))


def release(connection: Connection, entry: Entry) -> Result:
    """Send one that is held, now; what stands in its way is in the result.

    Raises what concerns every message; this one waits on then.
    """
    if entry.way == "smtp":
        return _again_by_smtp(connection, entry) or Result(entry=entry)
    if entry.state == "held":
        with connection.sends.alone(entry.key):
            now = connection.sends.find(entry.key) or entry
            raw = _draft(connection, now) if now.state == "held" else None
            edited = raw is not None and digest_of(raw) != now.digest
            entry = now
            if edited and raw is not None:
                entry = connection.sends.change(now.key, **_said_by(raw))
        if raw is None and entry.state == "held":
            return _without_draft(connection, entry)
    else:
        edited = False
    remarks = [EDITED] if edited else []
    try:
        sent = finish(connection, entry)
    except GmailKitError as error:
        return _stopped(connection, entry, error)
    if entry.due and sent.at - entry.due > LATE and not sent.again:
        remarks.append(f"It was due {said(entry.due)}: late, since nothing looked before.")
    done = connection.sends.find(entry.key) or entry
    return Result(entry=done, sent=sent, remark=" ".join((*remarks, *sent.remarks)))


def _again_by_smtp(connection: Connection, entry: Entry) -> Result | None:
    """Another try at a server that said "later"; None when somebody else is about it."""
    with connection.sends.alone(entry.key):
        now = connection.sends.find(entry.key) or entry
        if now.state not in ("held", "unknown") or now.due != entry.due:
            return None
        try:
            done = by_smtp.retry(connection, now)
        except GmailKitError as error:
            now = connection.sends.find(entry.key) or now
            if now.due == entry.due and now.state == "held":  # stopped before the server was asked
                now = connection.sends.change(now.key, due=connection.sends.now() + PAUSE)
            return Result(entry=now, error=error)
    return Result(entry=done, sent=replace(finish(connection, done), again=False))


def _stopped(connection: Connection, entry: Entry, error: GmailKitError) -> Result:
    """It waits on where it may leave by itself later, else for a person."""
    now = connection.sends.find(entry.key) or entry
    if isinstance(error, NotFound) and now.state == "failed":  # deleted since we read it
        gone = connection.sends.change(entry.key, state="cancelled", error=DELETED)
        return Result(entry=gone, remark=DELETED)
    if now.state in _STILL_HERE and now.aim in _WAITING:
        rule = error.rule if isinstance(error, Refused) else ""
        passing = resumable(error) or rule.startswith(_FOR_NOW) or _is_of_policy_file(error)
        state: Stage = "held" if passing else "parked"
        why = "" if passing else error.message
        now = connection.sends.change(entry.key, state=state, aim=state, error=why)
    if isinstance(error, Unreachable | SignInNeeded | TryLater) or _is_of_policy_file(error):
        raise error
    if isinstance(error, Conflict) and now.state == "cancelled":  # while we were about it
        return Result(entry=now, remark="It was cancelled.")
    return Result(entry=now, error=error)


def _is_of_policy_file(error: GmailKitError) -> bool:
    return isinstance(error, UsageError) and not error.method


def _mend(connection: Connection) -> None:
    """What a killed run left between two states waits again, or is known to have left."""
    for entry in list(connection.sends.entries(states=("new", "drafting", "drafted"))):
        if _waits(entry):
            ending.end(connection, entry)


def _without_draft(connection: Connection, entry: Entry) -> Result:
    """Its draft is gone before we asked for anything: sent by hand, or deleted."""
    with connection.sends.alone(entry.key):
        now = connection.sends.find(entry.key) or entry
        if now.state not in _WAITING:
            return Result(entry=now)
        found = _sent_by_hand(connection, now)
        if found:
            fields = {"message_id": found, "error": BY_HAND}
            return Result(
                entry=connection.sends.change(now.key, state="sent", **fields), remark=BY_HAND
            )
        cancelled = connection.sends.change(now.key, state="cancelled", error=DELETED)
        return Result(entry=cancelled, remark=DELETED)


def _sent_by_hand(connection: Connection, entry: Entry) -> str:
    """The id of the message, "" when it is not in Sent: the same words, or, where they were changed
    as well, what was sent in the thread that the draft had for itself: none older is in it.
    """
    if not look.may_read(connection):
        return ""
    if found := look.sent_of(connection, entry):
        return found.id
    try:
        thread = connection.client.threads.get(entry.thread_id, format="minimal")
    except NotFound:
        return ""
    first = thread.messages[0] if thread.messages else None
    if first is None or "SENT" not in first.label_ids or first.date < entry.created:
        return ""
    if connection.sends.messages_of_others([first.id], key=entry.key):
        return ""
    return first.id


def _draft(connection: Connection, entry: Entry) -> bytes | None:
    """What stands in Gmail now; None when the draft is gone. 20 units."""
    try:
        message = connection.client.drafts.get(entry.draft_id, format="raw").message
    except NotFound:
        return None
    return decode(message.raw) if message else None


def _said_by(raw: bytes) -> dict[str, Any]:
    """What a line says of its message, as the draft says it."""
    mail = parse(raw)
    people = (*mail.to, *mail.cc, *mail.bcc)
    return {
        "digest": digest_of(raw),
        "to": tuple(dict.fromkeys(each.email for each in people if each.email)),
        "subject": mail.subject,
        "size": len(raw),
    }


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
        hint=f"To see what it says now: gmailkit outbox approve {key}",
    )


def _not_parked(entry: Entry) -> Conflict:
    if entry.state == "held":
        hint = f"To take it back: gmailkit outbox cancel {entry.key}"
        return Conflict(f"The message of {entry.key} needs no approval.", hint=hint)
    return over(entry)


def _pause(connection: Connection, until: datetime) -> float:
    """Seconds to the next thing to do; never many, since clocks jump and others add to it."""
    dues = [entry.due for entry in waiting(connection) if entry.state == "held" and entry.due]
    ahead = min(instant(each) for each in (*dues, until)) - instant(_now(connection))
    return min(max(ahead.total_seconds(), 0.1), LOOK)


def _waits(entry: Entry) -> bool:
    """For its time, for approval, or for a server: a line on its way to such a state too.

    Held and never due is a draft that a person sends by hand (`drafting`): it is not ours.
    """
    if "parked" in (entry.state, entry.aim):
        return entry.state == "parked" or entry.state in UNFINISHED
    if entry.due is None:
        return False
    return entry.state == "held" or (entry.aim == "held" and entry.state in UNFINISHED)


def _order(entry: Entry) -> tuple[bool, datetime]:
    return entry.due is None, instant(entry.due or entry.created)


def _now(connection: Connection) -> datetime:
    return datetime.fromtimestamp(connection.clock.now(), LOCAL)
