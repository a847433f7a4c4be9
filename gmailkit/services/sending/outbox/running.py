"""What is due leaves, each message once; or why it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gmailkit.compose.when import said
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
from gmailkit.mime.digest import digest_of
from gmailkit.record.ledger import Entry, Stage
from gmailkit.services.connect import Connection
from gmailkit.services.sending import ending
from gmailkit.services.sending.once import Sent, finish
from gmailkit.services.sending.outbox.clocks import gmails_now, too_early
from gmailkit.services.sending.outbox.keeping import WAITING, moment, waiting, waits
from gmailkit.services.sending.outbox.standing import (
    BY_HAND,
    DELETED,
    EDITED,
    draft_of,
    said_by,
    sent_by_hand,
)
from gmailkit.services.sending.ways import by_smtp
from gmailkit.services.sending.ways.by_draft import resumable
from gmailkit.services.sending.ways.outcome import kept_is_told, told
from gmailkit.zones import instant

LATE = timedelta(minutes=5)  # what is said to be late
PAUSE = timedelta(hours=1)  # before what a rule stopped is tried by SMTP again
LOOK = 30.0  # seconds between two looks for what came meanwhile
_STILL_HERE: tuple[Stage, ...] = (*WAITING, "new", "drafted", "failed")
GONE = {"error": DELETED, "draft_id": ""}
_FOR_NOW = ("sending", "caps.")  # rules that may let it leave later, as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one message: its line as it is now, and what has to be said ("" nothing).

    `sent` only when it left. `error` is why it did not, where it should have.
    """

    entry: Entry
    sent: Sent | None = None
    remark: str = ""
    error: GmailKitError | None = None

    @property
    def waits(self) -> bool:
        """Due by our clock alone, which is ahead of Gmail's."""
        return self.entry.state == "held" and self.sent is None and self.error is None


def run(connection: Connection, *, until: datetime | None = None) -> Iterator[Result]:
    """Send what is due, each message once however many do this at the same time.

    What was due while nobody looked leaves now. With `until` it goes on and waits until then.
    Raises, and leaves the rest waiting, what concerns all of them: no connection, no sign-in, a
    spent quota, a policy.toml that cannot be read.
    """
    early = set[str]()
    while True:
        _mend(connection)
        now = moment(connection)
        for entry in waiting(connection):
            if entry.way == "smtp" or entry.state not in ("held", "sending") or not entry.due:
                continue
            if instant(entry.due) <= instant(now):
                result = release(connection, entry)
                if result.waits:
                    if entry.key in early:
                        continue
                    early.add(entry.key)
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
        tried = _again_by_smtp(connection, entry)
        return tried or Result(entry=connection.sends.find(entry.key) or entry)
    if entry.state == "held":
        with connection.sends.alone(entry.key):
            now = connection.sends.find(entry.key) or entry
            raw = draft_of(connection, now) if now.state == "held" else None
            if raw is not None and (early := too_early(connection, now)):
                return Result(entry=now, remark=early)
            edited = raw is not None and digest_of(raw) != now.digest
            entry = now
            if edited and raw is not None:
                entry = connection.sends.change(now.key, **said_by(raw))
        if raw is None and entry.state == "held":
            return without_draft(connection, entry)
    else:
        edited = False
    remarks = [EDITED] if edited else []
    try:
        sent = finish(connection, entry)
    except GmailKitError as error:
        return _stopped(connection, entry, error)
    remarks += _late(connection, entry, sent)
    done = connection.sends.find(entry.key) or entry
    return Result(entry=done, sent=sent, remark=" ".join((*remarks, *sent.remarks)))


def let_go(connection: Connection, entry: Entry) -> Result:
    """`release` for who keeps it for a while only and would begin anew: Kept, raised or in the
    result, where it waits on.
    """
    with kept_is_told(connection, entry.key):
        result = release(connection, entry)
    if result.error is None:
        return result
    return replace(result, error=told(result.entry, result.error))


def _late(connection: Connection, entry: Entry, sent: Sent) -> tuple[str, ...]:
    """What is said of one that nobody let go at its time."""
    ahead = connection.sends.now() - gmails_now(connection) if entry.timed else timedelta()
    if sent.again or entry.due is None or sent.at - ahead - entry.due <= LATE:
        return ()
    return (f"It was due {said(entry.due)}: late, since nothing looked before.",)


def _again_by_smtp(connection: Connection, entry: Entry) -> Result | None:
    """Another try at a server that said "later"; None when somebody else is about it."""
    with connection.sends.alone(entry.key):
        now = connection.sends.find(entry.key) or entry
        if now.state not in (*WAITING, "sending", "unknown") or now.due != entry.due:
            return None
        try:
            done = by_smtp.retry(connection, now)
        except GmailKitError as error:
            now = connection.sends.find(entry.key) or now
            if now.due == entry.due and now.state == "held":  # stopped before the server was asked
                now = _put_aside(connection, now, error)
            return Result(entry=now, error=error)
    sent = replace(finish(connection, done), again=False)
    late = _late(connection, now, sent) if now.aim == "held" else ()
    return Result(entry=done, sent=sent, remark=" ".join(late))


def _put_aside(connection: Connection, entry: Entry, error: GmailKitError) -> Entry:
    """For a while; for a person where only another policy.toml would let it leave."""
    rule = error.rule if isinstance(error, Refused) else ""
    if rule and not rule.startswith(_FOR_NOW):
        fields = {"state": "parked", "aim": "parked", "due": None, "error": error.message}
        return connection.sends.change(entry.key, **fields)
    return connection.sends.change(entry.key, due=connection.sends.now() + PAUSE)


def without_draft(connection: Connection, entry: Entry) -> Result:
    """Its draft is gone before we asked for anything: sent by hand, or deleted."""
    with connection.sends.alone(entry.key):
        now = connection.sends.find(entry.key) or entry
        if now.state not in WAITING:
            return Result(entry=now)
        found = sent_by_hand(connection, now)
        if found:
            fields = {"message_id": found, "error": BY_HAND}
            return Result(
                entry=connection.sends.change(now.key, state="sent", **fields), remark=BY_HAND
            )
        cancelled = connection.sends.change(now.key, state="cancelled", **GONE)
        return Result(entry=cancelled, remark=DELETED)


def _stopped(connection: Connection, entry: Entry, error: GmailKitError) -> Result:
    """It waits on where it may leave by itself later, else for a person."""
    with connection.sends.alone(entry.key):  # another run may be about it by now
        now = connection.sends.find(entry.key) or entry
        if isinstance(error, NotFound) and now.state == "failed":  # deleted since we read it
            gone = connection.sends.change(entry.key, state="cancelled", **GONE)
            return Result(entry=gone, remark=DELETED)
        if now.state in _STILL_HERE and now.aim in WAITING:
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
        if waits(entry):
            ending.end(connection, entry)


def _pause(connection: Connection, until: datetime) -> float:
    """Seconds to the next thing to do; never many, since clocks jump and others add to it.

    What is due already and did not leave, by a rule of the moment say, is tried at the next look.
    """
    now = instant(moment(connection))
    held = (entry.due for entry in waiting(connection) if entry.state == "held" and entry.due)
    coming = [due for due in map(instant, held) if due > now]
    ahead = min((*coming, instant(until))) - now
    return min(max(ahead.total_seconds(), 0.1), LOOK)
