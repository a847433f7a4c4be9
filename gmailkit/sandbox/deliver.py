"""From one mailbox into others: who receives a sent message, and what bounces."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from gmailkit.mime.address import parse_addresses
from gmailkit.model.mail import Address
from gmailkit.sandbox import arrival, bounce, headers, outgoing
from gmailkit.sandbox.filtering import Sorted
from gmailkit.sandbox.headers import Message
from gmailkit.sandbox.refusal import invalid, not_found
from gmailkit.sandbox.state import ids
from gmailkit.sandbox.state.messages import Arriving, Stored
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.system_labels import INBOX, SENT, UNREAD
from gmailkit.sandbox.state.users import User


def send(
    state: State,
    user: User,
    raw: bytes,
    *,
    thread: str = "",
    addressed: Callable[[int], None] = lambda _: None,
) -> Stored:
    """Send as `user` and return the copy in SENT. `addressed` hears the number of recipients, and
    may refuse.

    Refuses 400 for bytes, recipients or attachments Gmail does not send, and an unknown thread.
    """
    with state.database.change():
        joined = conversation(state, user, headers.read(raw), thread)
        return send_in(state, user, raw, joined, addressed=addressed)


def send_in(
    state: State,
    user: User,
    raw: bytes,
    thread: str | None,
    *,
    addressed: Callable[[int], None] = lambda _: None,
) -> Stored:
    """Send into `thread`, or None for a new one."""
    if b"\0" in raw:
        raise invalid("Invalid message: it holds NUL bytes")
    message = headers.read(headers.crlf(raw))
    to = outgoing.recipients(message)
    outgoing.check_attachments(raw)
    addressed(len(to))
    with state.database.change():
        return _Sending(state, user, to).send(message, thread)


def submit(state: State, user: User, raw: bytes, to: Sequence[Address]) -> Stored:
    """Mail that `user` hands in by SMTP for `to`, whatever its header says; the copy in SENT.

    It joins a conversation as received mail does. Refuses 400 for bytes Gmail does not send.
    """
    if b"\0" in raw:
        raise invalid("Invalid message: it holds NUL bytes")
    message = headers.read(headers.crlf(raw))
    with state.database.change():
        thread = state.threads.of_received(user.n, message)
        return _Sending(state, user, to).pass_on(message, thread)


def conversation(state: State, user: User, message: Message, thread: str) -> str | None:
    """The thread that a message of one's own joins when `thread` is asked for; None: a new one.

    Refuses 400 what is no id, 404 a thread that does not exist.
    """
    if not thread:
        return None
    if not ids.well_formed(thread):
        raise invalid("Invalid thread_id value")
    # Open: 404 or 400 for a thread that does not exist.
    if not state.threads.exists(user.n, thread):
        raise not_found()
    return state.threads.of_sent(user.n, message, thread)


def receive(
    state: State, address: str, raw: bytes, *, sender: str | None = None, spam: bool = False
) -> Stored:
    """Mail from outside reaches `address`: one of a user, an alias, or either with a +tag.

    `sender` is the envelope's, "" for the null sender of reports; None takes it from From.
    Raises UsageError for an address of nobody.
    """
    user = state.users.receiving(address) or state.users.get(address)
    message = headers.read(headers.crlf(raw))
    if sender is None:
        writer = next(iter(parse_addresses(message.value("from"))), None)
        sender = writer.email if writer else ""
    labels = arrival.JUNK if spam else arrival.NEW_MAIL
    with state.database.change():
        return arrival.arrive(state, user, message, to=address, sender=sender, labels=labels)


class _Sending:
    """One message on its way, inside one transaction."""

    def __init__(self, state: State, user: User, to: Sequence[Address]) -> None:
        self._state = state
        self._user = user
        self._to = to
        self._now = state.clock.now()

    def send(self, message: Message, thread: str | None) -> Stored:
        """What came through the API."""
        own = self._state.send_as.accepted(self._user)
        copy = outgoing.rewrite(message, self._user, own, now=self._now)
        return self._leave(copy, thread, "gmailapi.google.com with HTTPREST")

    def pass_on(self, message: Message, thread: str | None) -> Stored:
        """What came by SMTP."""
        own = self._state.send_as.accepted(self._user)
        copy = outgoing.submitted(message, self._user, own, now=self._now)
        return self._leave(copy, thread, "smtp.gmail.com with ESMTPSA")

    def _leave(self, copy: Message, thread: str | None, way: str) -> Stored:
        copy = copy.before([self._received(way)])
        receivers, unknown = self._receivers()
        placed = Sorted(frozenset((SENT,)))
        if self._user in receivers:
            placed = arrival.place(self._state, self._user, copy, (SENT, INBOX, UNREAD))
        sent = self._add(copy, placed.labels, thread)
        arrival.forward(self._state, self._user, copy, placed)
        for user, address in receivers.items():
            if user != self._user:
                self._deliver(user, address, copy.without("bcc"))
        if unknown:
            self._bounce(copy, unknown)
        return sent

    def _receivers(self) -> tuple[dict[User, str], list[str]]:
        """Users with the address they are reached under, and addresses of nobody.

        Mail to domains of the outside world is accepted and goes nowhere.
        """
        found: dict[User, str] = {}
        unknown: list[str] = []
        domains = self._state.users.domains()
        for address in self._to:
            user = self._state.users.receiving(address.email)
            if user is not None:
                found.setdefault(user, address.email)
            elif address.email.rpartition("@")[2].lower() in domains:
                unknown.append(address.email)
        return found, unknown

    def _deliver(self, user: User, address: str, message: Message) -> None:
        arrival.arrive(self._state, user, message, to=address, sender=self._user.address)

    def _bounce(self, message: Message, unknown: Sequence[str]) -> None:
        own = self._user.address
        report = headers.read(bounce.report(message, own, unknown, now=self._now))
        arrival.arrive(self._state, self._user, report, to=own, sender="", labels=arrival.REPORT)

    def _add(self, message: Message, labels: Collection[str], thread: str | None) -> Stored:
        arriving = Arriving(message.bytes(), labels, round(self._now * 1000), thread)
        return self._state.messages.add(self._user.n, arriving)

    def _received(self, way: str) -> headers.Field:
        stamp = format_datetime(datetime.fromtimestamp(self._now, UTC))
        return headers.field("Received", f"from sandbox named unknown by {way}; {stamp}")
