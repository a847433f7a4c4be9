"""What became of a message whose answer was lost: looked up in Gmail, by its content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from weakref import WeakKeyDictionary

from gmailkit.errors import NotFound, Refused
from gmailkit.mime.digest import digest_of
from gmailkit.model.draft import Draft
from gmailkit.model.ids import LabelId
from gmailkit.model.message import Message
from gmailkit.record.ledger import Entry
from gmailkit.services.connect import Connection
from gmailkit.wire import base64url

# Clocks jump, so time alone decides nothing: as many are looked at whatever their date.
SURELY = 20
MOST = 200
DRAFTS_SINCE = timedelta(days=2)  # before the line was written, by our clock
_MOST_SEEN = 1000
# In all of Sent an older message just like it may lie, of another program: doubt is safer there.
SENT_SINCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a message says, and when Gmail got it."""

    digest: str
    date: datetime


# By the id of the message in a draft, which is another one after each change.
_SEEN: WeakKeyDictionary[Connection, dict[str, _Said]] = WeakKeyDictionary()


def draft_of(connection: Connection, entry: Entry) -> Draft | None:
    """The newest draft with this content that no other line of the ledger has.

    5 units, and 20 for each draft looked at for the first time.
    """
    listed = list(connection.client.drafts.list(limit=MOST))
    ids = [draft.id for draft in listed]
    taken = connection.sends.drafts_of_others(ids, key=entry.key)
    own = (draft for draft in listed if draft.id not in taken)
    since: datetime | None = None
    for number, draft in enumerate(own):
        found = _said_by(connection, draft)
        if found is None:
            continue
        if found.digest == entry.digest:
            return draft
        since = since or min(entry.created, found.date)  # our clock may have run ahead
        if number >= SURELY and found.date < since - DRAFTS_SINCE:
            return None
    return None


def is_draft(connection: Connection, entry: Entry) -> bool:
    """Whether its draft is still there. 20 units."""
    try:
        connection.client.drafts.get(entry.draft_id, format="minimal")
    except NotFound:
        return False
    return True


def may_read(connection: Connection) -> bool:
    """Whether this sign-in may look into Sent at all."""
    try:
        connection.check_allowed("messages.get")
    except Refused:
        return False
    return True


def sent_of(connection: Connection, entry: Entry) -> Message | None:
    """The sent message with this content that no other line was sent as.

    First in its thread, which shows at once what was sent, then in all of Sent. 5 to 45 units, and
    20 for each message looked at. Raises Refused where mail may not be read.
    """
    for refs, own in (_in_thread(connection, entry), (_in_sent(connection), False)):
        ids = list(islice(refs, MOST))
        taken = connection.sends.messages_of_others(ids, key=entry.key)
        for id in [id for id in ids if id not in taken][:SURELY]:
            if message := _equal(connection, id, entry, own=own):
                return message
    return None


def _in_thread(connection: Connection, entry: Entry) -> tuple[Iterable[str], bool]:
    """Ids of what was sent in its thread, newest first; whether it is alone there.

    A draft's own thread tells enough. One that was there before may hold the same words.
    """
    if not entry.thread_id:
        return (), False
    try:
        thread = connection.client.threads.get(entry.thread_id, format="minimal")
    except NotFound:
        return (), False
    sent = [each.id for each in reversed(thread.messages) if "SENT" in each.label_ids]
    return sent, entry.way == "draft" and len(thread.messages) == 1


def _in_sent(connection: Connection) -> Iterator[str]:
    for ref in connection.client.messages.list(label_ids=[LabelId("SENT")], limit=MOST):
        yield ref.id


def _equal(connection: Connection, id: str, entry: Entry, *, own: bool) -> Message | None:
    try:
        message, content = connection.client.messages.get_raw(id)
    except NotFound:
        return None
    with content:
        if not own and _before(message, entry.created - SENT_SINCE):
            return None
        return message if digest_of(content.bytes) == entry.digest else None


def _before(message: Message, time: datetime) -> bool:
    return message.internal_date is not None and message.internal_date < time


def _said_by(connection: Connection, draft: Draft) -> _Said | None:
    """None when the draft is gone, or was changed meanwhile."""
    seen = _SEEN.setdefault(connection, {})
    id = draft.message.id if draft.message else ""
    if id not in seen:
        found = _raw_of(connection, draft)
        if found is None:
            return None
        if len(seen) >= _MOST_SEEN:
            seen.clear()
        seen[id] = _Said(digest_of(found[1]), found[0].date)
    return seen[id]


def _raw_of(connection: Connection, draft: Draft) -> tuple[Message, bytes] | None:
    """By the way that keeps large ones on disk while they arrive, where that is allowed."""
    try:
        if draft.message and may_read(connection):
            message, content = connection.client.messages.get_raw(draft.message.id)
            with content:
                return message, content.bytes
        whole = connection.client.drafts.get(draft.id, format="raw").message
    except NotFound:
        return None
    return (whole, base64url.decode(whole.raw)) if whole else None
