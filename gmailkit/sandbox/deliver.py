"""From one mailbox into others: who receives a sent message, and what bounces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from gmailkit.model.mail import Address
from gmailkit.sandbox import bounce, headers, outgoing
from gmailkit.sandbox.headers import Message
from gmailkit.sandbox.refusal import invalid, not_found
from gmailkit.sandbox.state import ids
from gmailkit.sandbox.state.messages import Arriving, Stored
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.system_labels import INBOX, PERSONAL, SENT, UNREAD
from gmailkit.sandbox.state.users import User

NEW_MAIL = (INBOX, UNREAD, PERSONAL)


def send(state: State, user: User, raw: bytes, *, thread: str = "") -> Stored:
    """Send as `user` and return the copy in SENT.

    Refuses 400 for bytes, recipients or attachments Gmail does not send, and an unknown thread.
    """
    if b"\0" in raw:
        raise invalid("Invalid message: it holds NUL bytes")
    message = headers.read(headers.crlf(raw))
    to = outgoing.recipients(message)
    outgoing.check_attachments(raw)
    if thread and not ids.well_formed(thread):
        raise invalid("Invalid thread_id value")
    with state.database.change():
        # Open: 404 or 400 for a thread that does not exist.
        if thread and not state.threads.exists(user.n, thread):
            raise not_found()
        return _Sending(state, user, to).send(message, thread)


class _Sending:
    """One message on its way, inside one transaction."""

    def __init__(self, state: State, user: User, to: Sequence[Address]) -> None:
        self._state = state
        self._user = user
        self._to = to
        self._now = state.clock.now()

    def send(self, message: Message, thread: str) -> Stored:
        own = self._state.users.addresses(self._user)
        copy = outgoing.rewrite(message, self._user, own, now=self._now)
        receivers, unknown = self._receivers()
        to_self = self._user in receivers
        copy = copy.before([self._submitted()])
        sent = self._add(
            self._user,
            copy,
            (SENT, INBOX, UNREAD) if to_self else (SENT,),
            self._state.threads.of_sent(self._user.n, message, thread) if thread else None,
        )
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
        stamped = message.before(
            [
                headers.field("Delivered-To", user.address),
                self._received(address),
                headers.field("Return-Path", f"<{self._user.address}>"),
            ]
        )
        thread = self._state.threads.of_received(user.n, message)
        self._add(user, stamped, NEW_MAIL, thread)

    def _bounce(self, message: Message, unknown: Sequence[str]) -> None:
        report = headers.read(bounce.report(message, self._user.address, unknown, now=self._now))
        stamped = report.before([headers.field("Delivered-To", self._user.address)])
        self._add(self._user, stamped, (INBOX, UNREAD, "CATEGORY_UPDATES"), None)

    def _add(
        self, user: User, message: Message, labels: Sequence[str], thread: str | None
    ) -> Stored:
        arriving = Arriving(message.bytes(), labels, round(self._now * 1000), thread)
        return self._state.messages.add(user.n, arriving)

    def _submitted(self) -> headers.Field:
        return headers.field(
            "Received",
            f"from sandbox named unknown by gmailapi.google.com with HTTPREST; {self._stamp()}",
        )

    def _received(self, address: str) -> headers.Field:
        return headers.field(
            "Received",
            f"by 127.0.0.1 with SMTP id sandbox for <{address}>; {self._stamp()}",
        )

    def _stamp(self) -> str:
        return format_datetime(datetime.fromtimestamp(self._now, UTC))
