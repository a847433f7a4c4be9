"""APPEND: a message put into a folder (RFC 3501 section 6.3.11, RFC 4315, RFC 6855).

Facts: a message whose Message-ID is there already is not stored twice; it gets the label.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gmailkit.sandbox import headers
from gmailkit.sandbox.imap import flags
from gmailkit.sandbox.imap.access import OVER_QUOTA
from gmailkit.sandbox.imap.answer import Close, Misspelt, Refused
from gmailkit.sandbox.imap.flags import Wish
from gmailkit.sandbox.imap.folders import ALL_MAIL, Folder
from gmailkit.sandbox.imap.grammar import Text
from gmailkit.sandbox.imap.listing import existing
from gmailkit.sandbox.imap.session import SIGNED_IN, Command, Session
from gmailkit.sandbox.imap.store import read_flags
from gmailkit.sandbox.state.messages import Arriving, Stored
from gmailkit.sandbox.state.system_labels import DRAFT, SPAM, TRASH, UNREAD


@dataclass(frozen=True, slots=True)
class Given:
    """`date` None: now."""

    name: str
    flags: tuple[str, ...]
    date: datetime | None
    raw: bytes


def append(session: Session, text: Text) -> str:
    given = _read(text)
    user = session.owner.user
    if not session.traffic.move(user, "imap_upload", len(given.raw)):
        raise Close(OVER_QUOTA)
    folder = existing(session, given.name, code="TRYCREATE")
    if not given.raw:
        raise Refused("[CANNOT] Empty message (Failure)")
    with session.state.database.change():
        stored = _put(session, folder, given)
    numbers = session.state.folders.numbers(user.n, folder.label)
    uid = session.state.folders.uid_of(numbers.n, stored.n)
    return f"[APPENDUID {numbers.n} {uid}] (Success)" if uid else "(Success)"


def _read(text: Text) -> Given:
    text.space()
    name = text.mailbox()
    text.space()
    named: tuple[str, ...] = ()
    if text.sees(b"("):
        named = read_flags(text)
        text.space()
    date = None
    if text.sees(b'"'):
        date = text.date_time()
        text.space()
    wrapped = text.skips(b"UTF8 (")
    if not text.sees(b"{") and not text.sees(b"~{"):
        raise Misspelt
    raw = text.astring()
    if wrapped:
        text.expect(b")")
    text.end()
    return Given(name, named, date, raw)


def _put(session: Session, folder: Folder, given: Given) -> Stored:
    """As on the REST side, line ends become CRLF."""
    state, user = session.state, session.owner.user
    message = headers.read(headers.crlf(given.raw))
    labels = {folder.label} - {ALL_MAIL}
    wish = flags.added(given.flags)
    present = _present(session, message)
    if present is not None:
        aside = {SPAM, TRASH} - labels
        state.messages.relabel(user.n, [present], labels | wish.add, wish.remove | aside)
        return present
    unread = frozenset((UNREAD,)) - wish.remove
    date = given.date.timestamp() if given.date else state.clock.now()
    thread = state.threads.of_received(user.n, message)
    whole = message.bytes() if message.blank else headers.crlf(given.raw)
    arriving = Arriving(whole, labels | wish.add | unread, round(date * 1000), thread)
    stored = state.messages.add(user.n, arriving)
    if DRAFT in labels:
        state.drafts.adopt(stored)
    _keep(session, stored, wish)
    return stored


def _present(session: Session, message: headers.Message) -> Stored | None:
    named = headers.message_ids(message.value("message-id"))
    user = session.owner.user
    return session.state.messages.find_by_message_id(user.n, named[0]) if named else None


def _keep(session: Session, stored: Stored, wish: Wish) -> None:
    """\\Deleted is for the folder, and nobody appends what is to be expunged: it is not kept."""
    if wish.keywords:
        session.state.folders.set_keywords(stored, wish.keywords, ())


COMMANDS = {b"APPEND": Command(append, SIGNED_IN)}
