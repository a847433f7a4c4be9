"""The way over SMTP: an `Outgoing` to a server, as an entry of the ledger.

    new      written down; the exact bytes wait in a file; nothing was sent
    sending  the line that ends the message was about to be said: it may have been taken
    sent     the server said yes
    held     it said "later", or could not be reached: the next try is due then
    unknown  no answer came after the end: never sent again but where a look tells what left
    failed   it said no, or said "later" for four days

The caller holds the lock of the key.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec

from gmailkit.errors import (
    CannotWrite,
    Failure,
    GmailKitError,
    NotFound,
    PartialError,
    Refused,
    SignInNeeded,
    TryLater,
)
from gmailkit.mime.date import format_date
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import Entry, Stage
from gmailkit.record.waiting import Waiting, WaitingMail
from gmailkit.services.connect import Connection
from gmailkit.services.sending.guard.gate import judge_line
from gmailkit.services.sending.ways import trace
from gmailkit.services.sending.ways.how import how
from gmailkit.services.sending.ways.outcome import over
from gmailkit.services.sending.ways.submission import login_for, server_for
from gmailkit.transport.smtp.envelope import Envelope, Return, check_notify
from gmailkit.transport.smtp.fault import hopeless
from gmailkit.transport.smtp.letter import Letter, letter_of
from gmailkit.transport.smtp.login import Login
from gmailkit.transport.smtp.server import read_server
from gmailkit.transport.smtp.session import Delivery, Session, Turned

# After the first try, and so on; the last one counts for all further (RFC 5321 section 4.5.4.1).
PAUSES = tuple(timedelta(minutes=m) for m in (5, 15, 30, 60, 120, 240))
GIVE_UP = timedelta(days=4)
# What a server took appears in Sent within seconds; longer than any stall between.
SETTLED = timedelta(minutes=15)


def deliver(connection: Connection, entry: Entry, message: Outgoing) -> Entry:
    """Send it and return its entry as it is then; every step is in the ledger before it is made.

    Raises PartialError when some recipients were refused and the others have it. TryLater or
    Unreachable: nothing left; it is tried again when `entry.due` has come. Unreachable with
    `maybe_done`: nobody knows.
    """
    mail = _mail(connection)
    found = mail.get(entry.key)
    if found is None:
        found = _first(connection, entry, message)
        mail.put(*found)
    return _attempt(connection, entry, *found)


def retry(connection: Connection, entry: Entry, message: Outgoing | None = None) -> Entry:
    """Another try for what waits, or a look at what became of it; raises as `deliver` does.

    Without its bytes the `message` is sent anew; without both NotFound: then it is failed, and
    nothing left. The rules are asked again about what leaves and whom it goes to.
    """
    if entry.state in ("sending", "unknown"):
        return _settle(connection, entry)
    found = _mail(connection).get(entry.key)
    if found is None and message is not None:
        people = [each.email for each in message.recipients]
        judge_line(connection, entry.key, message.raw, also=people)
        return deliver(connection, entry, message)
    if found is None:
        connection.sends.change(entry.key, state="failed", error="Its bytes are gone.")
        raise NotFound(
            f"The message of {entry.key} waits no more, and nothing of it left.",
            hint="Send it anew; the same key may be used.",
        )
    _judge(connection, entry, *found)
    return _attempt(connection, entry, *found)


def due(connection: Connection) -> Iterator[Entry]:
    """What is to be tried again now, or looked up, oldest first; forgets what is over."""
    now = connection.sends.now()
    _sweep(connection, now)
    waiting = connection.sends.entries(states=("held", "unknown"))
    found = [each for each in waiting if each.way == "smtp" and each.due and each.due <= now]
    return reversed(found)


def forget(connection: Connection, key: str) -> None:
    """Its bytes, before other ones take their place; CannotWrite when they remain."""
    mail = _mail(connection)
    mail.drop(key)
    if mail.get(key) is not None:
        folder = connection.state_folder
        raise CannotWrite(
            f"Old bytes of the message of {key} cannot be removed from {folder}.",
            path=folder,
            hint="Nothing was sent. Make the folder writable.",
        )


def _judge(connection: Connection, entry: Entry, waiting: Waiting, content: bytes) -> None:
    """Refused for what would need an approval now. It can wait for none, so a person is told, once:
    what is held is tried again only when it would be given up.
    """
    try:
        judge_line(connection, entry.key, content, also=(*entry.to, *waiting.recipients))
    except Refused as error:
        if error.rule != "approval":
            raise
        error.key = entry.key
        end = datetime.fromtimestamp(waiting.began, UTC) + GIVE_UP
        if entry.state == "held" and connection.sends.now() < end:
            error.hint = (
                f"By SMTP it can wait for none: gmailkit outbox cancel {entry.key}, then send it "
                "without --via smtp under another key."
            )
            connection.sends.change(entry.key, due=end, error=error.message)
            raise
        error.hint = "It goes no more by SMTP. Send it anew without --via smtp."
        _end(connection, waiting, error.message)
        raise


def _first(connection: Connection, entry: Entry, message: Outgoing) -> tuple[Waiting, bytes]:
    """The bytes that will be sent, this time and each further time, and to whom."""
    said, own = how(), connection.address
    sender = message.mail.sender.email if message.mail.sender else own
    letter = letter_of(
        message.raw,
        sender=own,
        date=format_date(connection.sends.now()),
        message_id=f"<{uuid4()}@{own.rpartition('@')[2]}>",
    )
    waiting = Waiting(
        key=entry.key,
        server=server_for(connection, said.server).url,
        sender=sender if said.mail_from is None else said.mail_from,
        recipients=tuple(each.email for each in message.recipients),
        notify=said.notify,
        returns=said.returns or "",
        message_id=letter.message_id,
        began=connection.sends.now().timestamp(),
    )
    return waiting, letter.content


def _attempt(connection: Connection, entry: Entry, waiting: Waiting, content: bytes) -> Entry:
    try:
        login = login_for(connection, read_server(waiting.server))
    except GmailKitError as error:
        # What waits already waits on: a timer may lack the password that a shell has.
        if waiting.attempts == 0:
            _note_unsent(connection, entry, waiting, content, error)
        error.key = entry.key
        raise
    try:
        delivery = _converse(connection, entry, login, waiting, content)
        if delivery.reply is None:
            raise _refused_all(delivery, waiting)
    except GmailKitError as error:
        _note_unsent(connection, entry, waiting, content, error)
        raise
    return _taken(connection, entry, waiting, content, delivery)


def _converse(
    connection: Connection, entry: Entry, login: Login | None, waiting: Waiting, content: bytes
) -> Delivery:
    envelope = Envelope(
        sender=waiting.sender,
        recipients=waiting.recipients,
        notify=check_notify(waiting.notify),
        returns=_returns(waiting),
    )
    letter = Letter(content, content.find(b"\r\n\r\n") + 2)
    with Session(
        read_server(waiting.server),
        hear=how().hear,
        timeout=connection.settings.timeout,
        clock=connection.clock,
    ) as session:
        if login:
            session.log_in(login)
        return session.send(
            envelope,
            letter,
            before_the_dot=lambda turned: _about_to(connection, entry, waiting, content, turned),
        )


def _about_to(
    connection: Connection,
    entry: Entry,
    waiting: Waiting,
    content: bytes,
    turned: tuple[Turned, ...],
) -> None:
    """The next line ends the message, for all but those who were turned away."""
    if turned and not waiting.parted:
        _mail(connection).put(msgspec.structs.replace(waiting, parted=True), content)
    connection.sends.change(entry.key, state="sending")


def _taken(
    connection: Connection,
    entry: Entry,
    waiting: Waiting,
    content: bytes,
    delivery: Delivery,
) -> Entry:
    """The server has it, for some recipients at least."""
    later = [each.address for each in delivery.turned if each.reply.passing]
    refused = "; ".join(f"{each.address}: {each.reply}" for each in delivery.turned)
    mail = _mail(connection)
    if later:
        rest = _again(waiting, recipients=tuple(later), parted=True)
        mail.put(rest, content)
        at = _next(connection, rest)
        entry = _change(connection, entry, state="held", due=at, error=refused)
    else:
        entry = _change(connection, entry, state="sent", due=None, error=refused)
        mail.drop(entry.key)
        entry = _with_ids(connection, entry, waiting)
    if delivery.turned:
        raise _partial(entry, delivery, waiting)
    return entry


def _change(connection: Connection, entry: Entry, **fields: object) -> Entry:
    """CannotWrite that says it left, when the ledger cannot take that down any more."""
    try:
        return connection.sends.change(entry.key, **fields)
    except CannotWrite as error:
        raise CannotWrite(
            f"The message left, but {error.path} could not take that down.",
            path=error.path,
            hint="Do not send it again.",
        ) from error


def _partial(entry: Entry, delivery: Delivery, waiting: Waiting) -> PartialError:
    done, all_ = len(delivery.accepted), len(delivery.accepted) + len(delivery.turned)
    error = PartialError(
        f"{_place(waiting)} took the message for {done} of {all_} recipients.",
        done=done,
        failed=[Failure(each.address, str(each.reply)) for each in delivery.turned],
        hint="The others have it: send it again to these alone."
        if entry.state == "sent"
        else "Those that may come later are tried again: gmailkit outbox run",
    )
    error.key = entry.key
    return error


def _refused_all(delivery: Delivery, waiting: Waiting) -> GmailKitError:
    """Nobody was accepted, so nothing was sent."""
    said = "; ".join(f"{each.address}: {each.reply}" for each in delivery.turned)
    last = delivery.turned[-1].reply
    if any(each.reply.passing for each in delivery.turned):
        return TryLater(f"{_place(waiting)} takes no recipient at the moment ({said}).")
    return Refused(
        f"{_place(waiting)} refuses every recipient ({said}).",
        hint="Nothing was sent.",
        status=last.code,
        reason=last.enhanced,
    )


def _note_unsent(
    connection: Connection,
    entry: Entry,
    waiting: Waiting,
    content: bytes,
    error: GmailKitError,
) -> None:
    """In the ledger, what becomes of the message; in the error, what to do."""
    error.key = entry.key
    if isinstance(error, CannotWrite):
        return
    if error.maybe_done:
        found = _mail(connection).get(entry.key)  # as it was just before the dot
        told = found and trace.tells(connection, found[0])
        at = connection.sends.now() + SETTLED if told else None
        connection.sends.change(entry.key, state="unknown", due=at, error=error.message)
        return
    later = isinstance(error, SignInNeeded) and waiting.attempts > 0
    waits = (error.passing or later) and not hopeless(error)
    began = datetime.fromtimestamp(waiting.began, UTC)
    if waits and connection.sends.now() < began + GIVE_UP:
        rest = _again(waiting)
        _mail(connection).put(rest, content)
        at = _next(connection, rest)
        connection.sends.change(entry.key, state="held", due=at, error=error.message)
        error.maybe_done = True  # a second send of the caller's would be a second message
        error.hint = (
            f"It is kept, and tried again from {at.astimezone():%H:%M} on by `gmailkit outbox run`."
        )
        return
    said = f"Given up after {GIVE_UP.days} days: {error.message}" if waits else error.message
    _end(connection, waiting, said)


def _end(connection: Connection, waiting: Waiting, said: str) -> None:
    """It failed, or the rest of it did: then others have it, and its key must not send it again."""
    state: Stage = "sent" if waiting.parted else "failed"
    connection.sends.change(waiting.key, state=state, due=None, error=said)
    _mail(connection).drop(waiting.key)


def _settle(connection: Connection, entry: Entry) -> Entry:
    """What became of a message after whose end no answer came.

    Gmail keeps a sound Message-ID, so there it is looked up. Found: it left. Not found although
    long enough ago: it did not, and is tried again. Everywhere else, and where the copy there may
    be another's, nobody can tell: Conflict.
    """
    found = _mail(connection).get(entry.key)
    if found is None:
        raise over(entry)
    waiting, content = found
    copies = trace.copies(connection, waiting) if trace.tells(connection, waiting) else None
    own = trace.own(connection, waiting, copies or ())
    if copies is None or (copies and own is None):
        if entry.state != "unknown" or entry.due:
            entry = connection.sends.change(entry.key, state="unknown", due=None)
        raise over(entry)
    if own:
        entry = connection.sends.change(
            entry.key, state="sent", due=None, message_id=own.id, thread_id=own.thread_id, error=""
        )
        _mail(connection).drop(entry.key)
        return entry
    if connection.sends.now() < entry.updated + SETTLED:
        error = TryLater(
            f"Nobody can tell yet whether the message of {entry.key} left.",
            retry_at=entry.updated + SETTLED,
            hint="Later it is looked for again: gmailkit sent --finish",
        )
        error.key, error.maybe_done = entry.key, True
        raise error
    _judge(connection, entry, *found)
    return _attempt(connection, entry, waiting, content)


def _with_ids(connection: Connection, entry: Entry, waiting: Waiting) -> Entry:
    """Gmail's ids of what left by its own server, where it can be asked and knows them already."""
    with suppress(GmailKitError):
        if not trace.in_own_sent(connection, waiting):
            return entry
        if ref := trace.own(connection, waiting, trace.copies(connection, waiting)):
            return connection.sends.change(entry.key, message_id=ref.id, thread_id=ref.thread_id)
    return entry


def _again(waiting: Waiting, **changes: object) -> Waiting:
    return msgspec.structs.replace(waiting, attempts=waiting.attempts + 1, **changes)


def _next(connection: Connection, waiting: Waiting) -> datetime:
    pause = PAUSES[min(waiting.attempts, len(PAUSES)) - 1]
    return connection.sends.now() + pause


def _sweep(connection: Connection, now: datetime) -> None:
    """Bytes of messages that are over, or of which nobody will learn any more."""
    mail = _mail(connection)
    for key in mail.begun_before((now - GIVE_UP).timestamp()):
        entry = connection.sends.find(key)
        if entry is None or entry.state not in ("new", "held", "sending"):
            mail.drop(key)


def _place(waiting: Waiting) -> str:
    return read_server(waiting.server).place


def _returns(waiting: Waiting) -> Return | None:
    known: dict[str, Return] = {"full": "full", "headers": "headers"}
    return known.get(waiting.returns)


def _mail(connection: Connection) -> WaitingMail:
    return WaitingMail(lambda: connection.state_folder)
