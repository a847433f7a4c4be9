"""Conversations: which match a search, and what a list shows of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import islice

import msgspec

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch, fetch_raw
from gmailkit.client.listing import Listing
from gmailkit.errors import NotFound
from gmailkit.mime.address import parse_addresses
from gmailkit.mime.header import decode
from gmailkit.mime.parse import parse
from gmailkit.model.conversation import Conversation
from gmailkit.model.ids import HIDDEN, LabelId, MessageId, ThreadId
from gmailkit.model.letter import Letter
from gmailkit.model.mail import Address
from gmailkit.model.message import Message
from gmailkit.model.thread import Thread
from gmailkit.record.envelopes import EnvelopeCache
from gmailkit.services.asking import asked
from gmailkit.services.labels import LabelNames
from gmailkit.services.search import HEADERS, check_limit, envelope_of

_AT_ONCE = 50  # threads looked up in the cache together
IN_FLIGHT = 4  # whole messages are held meanwhile


def find_threads(client: Client, query: str, *, limit: int | None = None) -> Listing[Thread]:
    """Threads of which a message matches, newest first: id, snippet and history_id of each.

    10 units a page of 500. Raises as `find_ids` does.
    """
    check_limit(limit)
    wanted = asked(client, query)

    def listing(text: str, limit: int | None) -> Listing[Thread]:
        return client.threads.list(q=text, include_spam_trash=wanted.everywhere, limit=limit)

    return wanted.listed(listing, key=lambda thread: thread.id, limit=limit)


def search_conversations(
    client: Client, cache: EnvelopeCache, query: str, *, limit: int | None = None
) -> Listing[Conversation]:
    """The same as lines of a list; 40 units for each that is new or changed since it was seen."""
    found = find_threads(client, query, limit=limit)
    return Listing(_conversations(client, cache, found), source=found)


def in_view(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Those of a thread that neither Trash nor Spam holds; all of them where those hold all."""
    every = tuple(messages)
    return tuple(each for each in every if HIDDEN.isdisjoint(each.label_ids)) or every


def thread_of(client: Client, cache: EnvelopeCache, id: str) -> ThreadId:
    """The thread of a message, or the one that has this id itself. 20 units, if the message was not
    seen before. Raises NotFound when there is neither.
    """
    if known := cache.get([id]).get(id):
        return known.thread_id
    try:
        return client.messages.get(id, format="minimal").thread_id
    except NotFound:
        return client.threads.get(id, format="minimal").id


def letters(client: Client, thread: ThreadId) -> Iterator[Letter]:
    """The messages of a conversation, oldest first: 40 units, and 20 for each of them.

    Not in one call, as a thread does not give the exact bytes. Those in Trash or Spam are left out,
    unless all are. Raises NotFound when it is gone, or one of them goes meanwhile: with a message
    missing it would not be the conversation.
    """
    messages = in_view(client.threads.get(thread, format="minimal").messages)
    labels = {message.id: message.label_ids for message in messages}
    return _letters(client, labels)


def _letters(client: Client, labels: Mapping[MessageId, tuple[LabelId, ...]]) -> Iterator[Letter]:
    with closing(fetch_raw(client.messages, labels, in_flight=IN_FLIGHT)) as coming:
        for id, result in coming:
            message, content = result.result()
            with content:
                mail = parse(content.bytes)
            yield Letter(id=id, date=message.date, labels=labels[id], mail=mail)


def _conversations(
    client: Client, cache: EnvelopeCache, wanted: Iterator[Thread]
) -> Iterator[Conversation]:
    names = LabelNames.of(client)
    while chunk := list(islice(wanted, _AT_ONCE)):
        known = cache.conversations(thread.id for thread in chunk)
        same = {t.id for t in chunk if t.id in known and known[t.id].history_id == t.history_id}
        new = [thread.id for thread in chunk if thread.id not in same]
        with closing(fetch(new, lambda id: _read(client, cache, id))) as fresh:
            for thread in chunk:
                found = known[thread.id] if thread.id in same else next(fresh)[1].result()
                if found:
                    yield _named(found, names)


def _read(client: Client, cache: EnvelopeCache, id: ThreadId) -> Conversation | None:
    """None when it is gone."""
    try:
        thread = client.threads.get(id, format="metadata", metadata_headers=HEADERS)
    except NotFound:
        return None
    if not thread.messages:
        return None
    cache.put(map(envelope_of, thread.messages))
    found = conversation_of(thread)
    cache.put_conversations([found])
    return found


def conversation_of(thread: Thread) -> Conversation:
    """Of a thread read with its headers; `labels` are ids here."""
    messages = in_view(thread.messages)
    newest = max(messages, key=lambda message: message.date)
    senders = (parse_addresses(message.header("From"))[:1] for message in messages)
    people: dict[str, Address] = {}
    for sender in (each for found in senders for each in found):
        people.setdefault(sender.email.casefold(), sender)
    return Conversation(
        id=thread.id,
        history_id=thread.history_id,
        date=newest.date,
        newest=newest.id,
        count=len(messages),
        people=tuple(people.values()),
        subject=decode(messages[0].header("Subject")),
        unread=any("UNREAD" in message.label_ids for message in messages),
        labels=tuple(dict.fromkeys(id for message in messages for id in message.label_ids)),
    )


def _named(found: Conversation, names: LabelNames) -> Conversation:
    named = names.named(LabelId(id) for id in found.labels)
    return msgspec.structs.replace(found, labels=tuple(named.values()))
