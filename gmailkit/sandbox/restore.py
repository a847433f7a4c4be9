"""messages.insert and messages.import: mail that is put into a mailbox without being sent.

Open: whether an import passes filters, forwarding and the vacation responder, as older documents
denied. It does not here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gmailkit.sandbox import headers
from gmailkit.sandbox.headers import Message
from gmailkit.sandbox.refusal import invalid, not_found
from gmailkit.sandbox.state import ids
from gmailkit.sandbox.state.messages import Arriving, Stored
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.system_labels import CHAT, DRAFT, SUPERSTARS
from gmailkit.sandbox.state.users import User

_NOT_INSERTED = frozenset((DRAFT, CHAT, *SUPERSTARS))


@dataclass(frozen=True, slots=True)
class Wanted:
    """`labels` are ids; `thread` "" opens or finds one; `merge` is what import does."""

    raw: bytes
    labels: Collection[str]
    thread: str
    by_header: bool
    merge: bool


def add(state: State, user: User, wanted: Wanted) -> Stored:
    """The new message, or for an import the one that was there already, with labels merged."""
    message = _checked(wanted.raw)
    for label in wanted.labels:
        if label in _NOT_INSERTED:
            raise invalid(f"Cannot add {label} label")
    if wanted.thread and not ids.well_formed(wanted.thread):
        raise invalid("Invalid thread_id value")
    with state.database.change():
        state.labels.check_known(user.n, wanted.labels)
        if wanted.thread and not state.threads.exists(user.n, wanted.thread):
            raise not_found()
        # Open: whether Gmail compares more than the Message-ID, and whose id it answers with.
        present = _present(state, user, message) if wanted.merge else None
        if present is not None:
            state.messages.relabel(user.n, [present], wanted.labels, ())
            return present
        return state.messages.add(user.n, _arriving(state, user, message, wanted))


def _checked(raw: bytes) -> Message:
    if b"\0" in raw:
        raise invalid("Invalid message: it holds NUL bytes")
    message = headers.read(headers.crlf(raw))
    if not any(field.name for field in message.fields):
        raise invalid("Invalid message: it has no header fields")
    if any(not _readable(field.raw) for field in message.fields):
        raise invalid("Invalid message: 8-bit bytes in its header that are not UTF-8")
    if not message.value("from"):
        raise invalid("Invalid message: From header required")
    return message


def _readable(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _present(state: State, user: User, message: Message) -> Stored | None:
    named = headers.message_ids(message.value("message-id"))
    return state.messages.find_by_message_id(user.n, named[0]) if named else None


def _arriving(state: State, user: User, message: Message, wanted: Wanted) -> Arriving:
    """Open: labels of an import that names none. None here: archived and read."""
    thread: str | None = wanted.thread or None
    if thread is None and wanted.merge:  # an insert stays single
        thread = state.threads.of_received(user.n, message)
    date = headers.date_ms(message) if wanted.by_header else None
    now = round(state.clock.now() * 1000)
    return Arriving(_bytes(message), wanted.labels, now if date is None else date, thread)


def _bytes(message: Message) -> bytes:
    """As given, but for the line ends."""
    return message.bytes() if message.blank else b"".join(f.raw for f in message.fields)
