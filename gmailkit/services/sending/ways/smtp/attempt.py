"""One conversation with the server, and what came of it, in the ledger."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from hashlib import sha256

import msgspec

from gmailkit.errors import (
    CannotWrite,
    Failure,
    GmailKitError,
    PartialError,
    Refused,
    TryLater,
)
from gmailkit.mime.seven_bit import seven_bit
from gmailkit.record.ledger import Entry
from gmailkit.record.waiting import Waiting
from gmailkit.services.connect import Connection
from gmailkit.services.sending.guard.gate import judge_caps
from gmailkit.services.sending.ways.smtp import trace
from gmailkit.services.sending.ways.smtp.first import waiting_mail
from gmailkit.services.sending.ways.smtp.how import how
from gmailkit.services.sending.ways.smtp.schedule import note_unsent, put_off
from gmailkit.services.sending.ways.smtp.submission import login_for
from gmailkit.transport.sasl import Login
from gmailkit.transport.smtp.envelope import Envelope, Return, check_notify
from gmailkit.transport.smtp.letter import Letter
from gmailkit.transport.smtp.offer import Offer
from gmailkit.transport.smtp.server import read_server
from gmailkit.transport.smtp.session import Delivery, Session, Turned


def attempt(connection: Connection, entry: Entry, waiting: Waiting, content: bytes) -> Entry:
    """What waits, to those who have it not yet; raises as `by_smtp.deliver` does."""
    try:
        login = login_for(connection, read_server(waiting.server))
    except GmailKitError as error:
        # What waits already waits on: a timer may lack the password that a shell has.
        if entry.state == "new":
            note_unsent(connection, entry, waiting, content, error)
        error.key = entry.key
        raise
    with ExitStack() as line:  # what came of it is written down before QUIT, which may take long
        try:
            session = line.enter_context(_session(connection, waiting))
            delivery = _converse(connection, session, entry, login, waiting, content)
            if delivery.reply is None:
                raise _refused_all(delivery, waiting)
        except GmailKitError as error:
            note_unsent(connection, entry, waiting, content, error)
            raise
        return _taken(connection, entry, waiting, content, delivery)


def _session(connection: Connection, waiting: Waiting) -> Session:
    return Session(
        read_server(waiting.server),
        hear=how().hear,
        timeout=connection.settings.timeout,
        clock=connection.clock,
    )


def _converse(
    connection: Connection,
    session: Session,
    entry: Entry,
    login: Login | None,
    waiting: Waiting,
    content: bytes,
) -> Delivery:
    envelope = Envelope(
        sender=waiting.sender,
        recipients=waiting.recipients,
        notify=check_notify(waiting.notify),
        returns=_returns(waiting),
        id=sha256(waiting.key.encode("utf-8", "replace")).hexdigest()[:32],
    )
    if login:
        session.log_in(login)
    return session.send(
        envelope,
        _letter(waiting, content, session.offer),
        before_the_dot=lambda turned: _about_to(connection, entry, waiting, content, turned),
    )


def _letter(waiting: Waiting, content: bytes, offer: Offer) -> Letter:
    """What we composed goes without 8BITMIME too. A finished message is refused there."""
    if waiting.composed and "8BITMIME" not in offer and not content.isascii():
        content = seven_bit(content)
    return Letter(content, content.find(b"\r\n\r\n") + 2)


def _about_to(
    connection: Connection,
    entry: Entry,
    waiting: Waiting,
    content: bytes,
    turned: tuple[Turned, ...],
) -> None:
    """The next line ends the message, for all but those who were turned away."""
    if turned and not waiting.parted:
        waiting_mail(connection).put(msgspec.structs.replace(waiting, parted=True), content)
    connection.sends.change(entry.key, state="sending")
    try:
        judge_caps(connection, entry.key)  # of several that saw room for one more, not all go on
    except GmailKitError:
        connection.sends.change(entry.key, state=entry.state)
        raise


def _taken(
    connection: Connection,
    entry: Entry,
    waiting: Waiting,
    content: bytes,
    delivery: Delivery,
) -> Entry:
    """The server has it, for some recipients at least."""
    later = tuple(each.address for each in delivery.turned if each.reply.passing)
    said = "; ".join(f"{each.address}: {each.reply}" for each in delivery.turned)
    refused = f"Not taken for {said}" if said else ""
    if later:
        at = put_off(connection, waiting, content, recipients=later, parted=True)
        entry = _change(connection, entry, state="held", due=at, error=refused)
    else:
        entry = _change(connection, entry, state="sent", due=None, error=refused)
        waiting_mail(connection).drop(entry.key)
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


def _with_ids(connection: Connection, entry: Entry, waiting: Waiting) -> Entry:
    """Gmail's ids of what left by its own server, where it can be asked and knows them already."""
    with suppress(GmailKitError):
        if not trace.in_own_sent(connection, waiting):
            return entry
        if ref := trace.own(connection, waiting, trace.copies(connection, waiting)):
            return connection.sends.change(entry.key, message_id=ref.id, thread_id=ref.thread_id)
    return entry


def _place(waiting: Waiting) -> str:
    return read_server(waiting.server).place


def _returns(waiting: Waiting) -> Return | None:
    known: dict[str, Return] = {"full": "full", "headers": "headers"}
    return known.get(waiting.returns)
