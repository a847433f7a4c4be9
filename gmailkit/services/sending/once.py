"""An `Outgoing` to what was sent: the one gate that all mail leaves by.

Each step is in the ledger before it is made; docs/exactly-once.md has the states as a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import uuid4

from gmailkit.errors import NotFound, Refused, UsageError
from gmailkit.mime.digest import digest_of
from gmailkit.model.ids import MessageId, ThreadId
from gmailkit.model.mail import Address
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import UNFINISHED, Aim, Entry, Stage, Way
from gmailkit.services.connect import Connection
from gmailkit.services.sending.guard.gate import judge, judge_caps, leaving
from gmailkit.services.sending.ways import by_call, by_draft, by_smtp
from gmailkit.services.sending.ways.outcome import (
    NOT_LEFT,
    explained,
    kept_is_told,
    nothing_under,
    over,
    parked,
)

MOST_KEY = 200  # characters
NO_DRAFTS = (
    "Sent in one call: this sign-in may not keep drafts, so after a lost answer nobody could have "
    "told whether it left."
)
OTHER_WORDS = "This differs from the first message of the key, which stands; this was not sent."
OTHER_EVENT = (  # its uid is another one each time, so nobody can tell whether it is the same
    "The invitation that was sent first under the key stands; this one was not sent."
)
NOT_LOOKED_UP = "Its draft left; this sign-in may not look into Sent, so its id is not known."
_START: dict[Way, Stage] = {"draft": "drafting", "fast": "sending", "smtp": "new"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What left: Gmail's ids, everyone it goes to (cc and bcc included), bytes.

    `again`: it had left before under the same key, and nothing was sent now. Over a server that is
    not Gmail's, and where Sent may not be read, there may be no ids (""). `remarks` are sentences
    for the person who sends.
    """

    id: MessageId
    thread_id: ThreadId
    to: tuple[Address, ...]
    size: int
    key: str
    way: Way
    at: datetime
    again: bool = False
    remarks: tuple[str, ...] = ()


def send(
    connection: Connection,
    message: Outgoing,
    *,
    key: str | None = None,
    way: Way | None = None,
    batch: str = "",
    row: int | None = None,
) -> Sent:
    """Send it, once: the same `key` again returns the first result and sends nothing.

    What an earlier run left unfinished under the key is brought to an end. Without a key one is
    made, and after an error that came before it could leave nothing of it remains.

    Raises Refused when policy.toml forbids it or wants it approved (it is parked then), Conflict
    when nobody can tell whether the message of this key left, or it was cancelled, Kept when it
    waits, as for an SMTP server that is not there, and what Gmail refuses with. `maybe_done` on an
    error: it may have left, and the same call again might send it twice; never so under a key of
    the caller's. `error.key` is the key.
    """
    line = _Line(connection, message, key=key, way=way, batch=batch, row=row)
    explaining = explained(connection, line.key, given=bool(key))
    telling = kept_is_told(connection, line.key)
    with connection.sends.alone(line.key), telling, explaining, leaving(line.key):
        entry = connection.sends.find(line.key) if key else None
        return line.first() if entry is None or entry.state == "failed" else line.again(entry)


def keep(
    connection: Connection,
    message: Outgoing,
    *,
    state: Literal["held", "parked"],
    key: str | None = None,
    way: Literal["draft", "smtp"] = "draft",
    due: datetime | None = None,
    timed: bool = False,
    error: str = "",
    batch: str = "",
    row: int | None = None,
) -> Entry:
    """Put it into Gmail's drafts, to be sent by `finish`: at `due`, or once it is approved. For
    SMTP it waits in a file here, with its envelope. `timed` and `error` as in its line.

    The same `key` again keeps nothing a second time. Raises Conflict when the message of this key
    has left, or may have.
    """
    line = _Line(connection, message, key=key, way=way, batch=batch, row=row)
    with connection.sends.alone(line.key), explained(connection, line.key, given=True):
        return line.keep(state, _Wait(due, timed, error))


def finish(connection: Connection, entry: Entry, message: Outgoing | None = None) -> Sent:
    """Send what is kept, or bring to an end what a crash or a lost answer left unfinished.

    Without the `message` only what stands in Gmail's drafts can be sent; NotFound when nothing
    does, and then nothing left. Raises as `send` does: policy.toml is asked again.
    """
    explaining = explained(connection, entry.key, given=True)
    with connection.sends.alone(entry.key), explaining, leaving(entry.key):
        now = connection.sends.find(entry.key)
        if now is None:
            raise nothing_under(entry.key)
        if now.state == "sent":
            return _sent(now, again=True)
        if now.state in ("failed", "cancelled"):
            raise over(now)
        return _result(_resumed(connection, now, message), message)


def remark_of_another(entry: Entry, message: Outgoing) -> str:
    """What is said where the message is another than that of the line, "" where it is the same: by
    what it says and whom it goes to. An envelope is no part of what it says.
    """
    people = {each.email.casefold() for each in message.recipients}
    if {each.casefold() for each in entry.to} == people and entry.digest == digest_of(message.raw):
        return ""
    return OTHER_EVENT if message.invitation else OTHER_WORDS


class _Wait(NamedTuple):
    """For what a line waits; in the line from the first, since a run may be killed at any step."""

    due: datetime | None = None
    timed: bool = False
    error: str = ""


class _Line:
    """One message and the line of the ledger it is to have; the caller holds the key's lock."""

    def __init__(
        self,
        connection: Connection,
        message: Outgoing,
        *,
        key: str | None,
        way: Way | None,
        batch: str,
        row: int | None,
    ) -> None:
        if message.envelope and way != "smtp":
            raise UsageError("Only SMTP has an envelope of its own.", hint="Send it by SMTP.")
        self.key = _checked(key) if key is not None else uuid4().hex
        self._connection = connection
        self._message = message
        self._way = way
        self._batch = batch
        self._row = row
        self._digest = digest_of(message.raw)

    def first(self) -> Sent:
        """Nothing of it has left, nor is on its way."""
        verdict = judge(self._connection, self._message)
        if verdict.park:
            raise parked(self._kept("parked", _Wait(error=verdict.rule)))
        way, remarks = self._choose()
        entry = self._written(way, _START[way], "sent")
        try:
            entry = _carry_out(self._connection, entry, self._message)
        except Refused as error:
            if self._way or error.method != "drafts.create" or not error.needs:
                raise
            # Nobody could tell what the token may do, until Gmail said so.
            entry, remarks = self._written("fast", "sending", "sent"), (NO_DRAFTS,)
            entry = by_call.leave(self._connection, entry, self._message)
        return _result(entry, self._message, remarks)

    def again(self, entry: Entry) -> Sent:
        """There is a line under the key."""
        words = remark_of_another(entry, self._message)
        other = (words,) if words else ()
        if entry.state == "sent":
            # By SMTP it may be that not everybody has it.
            partly = (entry.error,) if entry.way == "smtp" and entry.error else ()
            return _sent(entry, again=True, remarks=(*partly, *other))
        if entry.state in ("held", "cancelled"):
            raise over(entry)
        if entry.state in NOT_LEFT and "parked" in (entry.state, entry.aim):
            raise parked(self._kept("parked", _Wait(error=entry.error)))
        try:
            entry = _resumed(self._connection, entry, None)
        except NotFound:
            now = self._connection.sends.find(self.key)
            if now is None or now.state != "failed":
                raise
            # Nothing of the first words is left: these are the first.
            return self.first()
        return _result(entry, None if other else self._message, other)

    def keep(self, state: Literal["held", "parked"], wait: _Wait) -> Entry:
        entry = self._connection.sends.find(self.key)
        if entry and entry.state in ("sent", "sending", "unknown", "cancelled"):
            raise over(entry)
        return self._kept(state, wait)

    def _kept(self, state: Literal["held", "parked"], wait: _Wait) -> Entry:
        connection = self._connection
        entry = connection.sends.find(self.key)
        if entry and entry.state in ("held", "parked"):
            return entry
        begun = entry if entry and entry.state in UNFINISHED else None
        if (begun.way if begun else self._way) == "smtp":
            if begun is None or not by_smtp.is_written(connection, self.key):
                begun = self._written("smtp", "new", state, wait)
                by_smtp.write_down(connection, begun, self._message)
        else:
            self._into_drafts(begun, state, wait)
        return connection.sends.change(self.key, state=state, aim=state, **wait._asdict())

    def _into_drafts(self, begun: Entry | None, aim: Aim, wait: _Wait) -> None:
        """Unless it stands there already."""
        connection = self._connection
        connection.check_allowed("drafts.create")
        if begun and begun.state == "drafting":
            begun = by_draft.find(connection, begun)
        if begun is None or begun.state != "drafted":
            begun = self._written("draft", "drafting", aim, wait)
            by_draft.create(connection, begun, self._message)

    def _choose(self) -> tuple[Way, tuple[str, ...]]:
        """The way asked for, or the best that this sign-in allows, and what to say of it."""
        if self._way == "smtp":
            return "smtp", ()
        if self._way != "fast":
            try:
                self._connection.check_allowed("drafts.create")
            except Refused:
                if self._way == "draft":
                    raise
            else:
                return "draft", ()
        self._connection.check_allowed("messages.send")
        return "fast", () if self._way else (NO_DRAFTS,)

    def _written(self, way: Way, state: Stage, aim: Aim, wait: _Wait | None = None) -> Entry:
        """The line, on the disk; in the place of one that failed."""
        sends, now = self._connection.sends, self._connection.sends.now()
        if way == "smtp":
            by_smtp.begin(self._connection, self.key)
        entry = Entry(
            key=self.key,
            state=state,
            way=way,
            aim=aim,
            digest=self._digest,
            to=tuple(each.email for each in self._message.recipients),
            subject=self._message.mail.subject,
            size=self._message.size,
            created=now,
            updated=now,
            thread_id=self._message.thread_id or "",
            batch=self._batch,
            row=self._row,
            **(wait or _Wait())._asdict(),
        )
        return sends.put(entry)


def _carry_out(connection: Connection, entry: Entry, message: Outgoing) -> Entry:
    """A line that was just written."""
    match entry.way:
        case "smtp":
            judge_caps(connection, entry.key)
            return by_smtp.deliver(connection, entry, message)
        case "fast":
            return by_call.leave(connection, entry, message)
        case "draft":
            return by_draft.leave(connection, by_draft.create(connection, entry, message))


def _resumed(connection: Connection, entry: Entry, message: Outgoing | None) -> Entry:
    """A line of an earlier run; NotFound when nothing of the message is at Gmail, nor has left."""
    if entry.way == "smtp":
        return by_smtp.retry(connection, entry, message)
    if entry.state in ("sending", "unknown") and entry.way == "draft":
        return by_draft.settle(connection, entry)
    if entry.state in ("sending", "unknown") and entry.way == "fast":
        return by_call.settle(connection, entry)
    if entry.state == "drafting":
        entry = by_draft.find(connection, entry) or entry
    if entry.state in ("drafted", "held", "parked"):
        return by_draft.leave(connection, entry)
    if message is not None:
        start = _START[entry.way]
        return _carry_out(connection, connection.sends.change(entry.key, state=start), message)
    connection.sends.change(entry.key, state="failed", error="It never reached Gmail.")
    raise NotFound(
        f"The message of {entry.key} never reached Gmail; nothing left.",
        hint="Send it anew; the same key may be used.",
    )


def _result(entry: Entry, message: Outgoing | None, remarks: tuple[str, ...] = ()) -> Sent:
    if entry.state != "sent":
        raise over(entry)
    if not entry.message_id and entry.way != "smtp":
        remarks = (*remarks, NOT_LOOKED_UP)
    return _sent(entry, message=message, remarks=remarks)


def _sent(
    entry: Entry,
    *,
    message: Outgoing | None = None,
    again: bool = False,
    remarks: tuple[str, ...] = (),
) -> Sent:
    return Sent(
        id=MessageId(entry.message_id),
        thread_id=ThreadId(entry.thread_id),
        to=message.recipients if message else tuple(map(Address, entry.to)),
        size=entry.size,
        key=entry.key,
        way=entry.way,
        at=entry.updated,
        again=again,
        remarks=remarks,
    )


def _checked(key: str) -> str:
    if not key.strip() or len(key) > MOST_KEY or not key.isprintable():
        raise UsageError(
            f"{key[:40]!r} is no key for a message.",
            hint=f"A key is 1 to {MOST_KEY} printable characters, such as invoice-2026-117.",
        )
    return key
