"""A message comes into a mailbox: filters, auto-forwarding and the vacation responder act on it.

Everything here runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from gmailkit.sandbox import filtering, forwarding, headers, vacation
from gmailkit.sandbox.filtering import Sorted
from gmailkit.sandbox.headers import Message
from gmailkit.sandbox.parameters import Body
from gmailkit.sandbox.state.messages import Arriving, Stored
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.system_labels import INBOX, PERSONAL, SPAM, TRASH, UNREAD
from gmailkit.sandbox.state.users import User

NEW_MAIL = (INBOX, UNREAD, PERSONAL)
JUNK = (SPAM, UNREAD)
REPORT = (INBOX, UNREAD, "CATEGORY_UPDATES")
_FORWARDED_FOR = "X-Forwarded-For"
# Labels that come and go when mail has been forwarded.
_DISPOSED: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "leaveInInbox": ((), ()),
    "archive": ((), (INBOX,)),
    "trash": ((TRASH,), (INBOX,)),
    "markRead": ((), (UNREAD,)),
}


def arrive(
    state: State,
    user: User,
    message: Message,
    *,
    to: str,
    sender: str,
    labels: Collection[str] = NEW_MAIL,
) -> Stored:
    """Deliver to `user`, who is reached as `to`, and return the stored message.

    `sender` is the envelope's, "" for the null sender of reports; `labels` are those it would have
    without filters.
    """
    stamped = message.before(_stamps(state, user, to, sender))
    placed = place(state, user, stamped, labels)
    thread = state.threads.of_received(user.n, message)
    date_ms = round(state.clock.now() * 1000)
    stored = state.messages.add(user.n, Arriving(stamped.bytes(), placed.labels, date_ms, thread))
    forward(state, user, stamped, placed)
    if SPAM not in placed.labels:
        _answer(state, user, message, sender)
    return stored


def place(state: State, user: User, message: Message, labels: Collection[str]) -> Sorted:
    """Where filters and auto-forwarding put a message that would carry `labels`.

    Open: whether spam is forwarded. It is not here.
    """
    placed = filtering.sort(state, user, message, labels)
    if SPAM in placed.labels:
        return Sorted(placed.labels)
    kept = state.settings.find(user.n, "autoForwarding") or {}
    auto = Body(kept, kept)
    if not auto.flag("enabled"):
        return placed
    added, removed = _DISPOSED[auto.text("disposition")]
    addresses = dict.fromkeys((*placed.forward, auto.text("emailAddress")))
    return Sorted(placed.labels.union(added).difference(removed), tuple(addresses))


def forward(state: State, user: User, message: Message, placed: Sorted) -> None:
    """To every address that is still accepted, with From as it was; not round in circles."""
    passed = {value.partition(" ")[0] for value in message.values(_FORWARDED_FOR.lower())}
    if user.address in passed:
        return
    for address in placed.forward:
        receiver = state.users.receiving(address)
        if receiver in (None, user) or not forwarding.is_accepted(state, user, address):
            continue
        marks = (
            headers.field("X-Forwarded-To", address),
            headers.field(_FORWARDED_FOR, f"{user.address} {address}"),
        )
        arrive(state, receiver, message.before(marks), to=address, sender=user.address)


def _answer(state: State, user: User, message: Message, sender: str) -> None:
    reply = vacation.answer(state, user, message, sender)
    receiver = state.users.receiving(reply.to) if reply else None
    if reply and receiver:
        arrive(state, receiver, headers.read(reply.raw), to=reply.to, sender="")


def _stamps(state: State, user: User, to: str, sender: str) -> tuple[headers.Field, ...]:
    stamp = format_datetime(datetime.fromtimestamp(state.clock.now(), UTC))
    return (
        headers.field("Delivered-To", user.address),
        headers.field("Received", f"by 127.0.0.1 with SMTP id sandbox for <{to}>; {stamp}"),
        headers.field("Return-Path", f"<{sender}>"),
    )
