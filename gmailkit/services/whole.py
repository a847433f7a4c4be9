"""Whole conversations: all messages of those of which some are meant, found the cheapest way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import closing

import msgspec

from gmailkit.client.fetch import fetch
from gmailkit.errors import NotFound
from gmailkit.model.ids import LabelId, MessageId, ThreadId
from gmailkit.services.asking import asked, find_refs
from gmailkit.services.cheapest import mates_by_listing
from gmailkit.services.connect import Connection
from gmailkit.services.conversations import in_view, thread_of

_Mates = dict[ThreadId, list[MessageId]]


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """`ids` are the messages of so many `conversations`; so many of them `match`, None where no
    search chose them. `gone` are ids that were given and are of no message and no conversation.
    """

    ids: tuple[MessageId, ...]
    conversations: int
    match: int | None = None
    gone: tuple[str, ...] = ()


def whole_conversations(
    connection: Connection,
    *,
    query: str | None = None,
    ids: Iterable[str] = (),
    within: LabelId | None = None,
) -> Whole:
    """The conversations of what a `query` finds, or of `ids`: those of messages, or their own.

    What lies in Trash or Spam is left out, unless all of a conversation does, or the query finds
    it or an id names it (one that is a conversation's too means that); with `within` (TRASH or
    SPAM) it is what lies there. At most 40 units a conversation.
    """
    if query is None:
        return _named(connection, tuple(dict.fromkeys(ids)), within)
    client = connection.client
    found = list(find_refs(client, asked(client, query)))
    threads = _mates(connection, dict.fromkeys(ref.thread_id for ref in found), within)
    for ref in found:
        threads[ref.thread_id].append(ref.id)
    return Whole(ids=_every(threads), conversations=len(threads), match=len(found))


def _named(connection: Connection, ids: tuple[str, ...], within: LabelId | None) -> Whole:
    threads: dict[str, ThreadId] = {}
    gone = list[str]()
    looked = fetch(ids, lambda id: thread_of(connection.client, connection.cache, id))
    with closing(looked):
        for id, result in looked:
            try:
                threads[id] = result.result()
            except NotFound:
                gone.append(id)
    mates = _mates(connection, dict.fromkeys(threads.values()), within)
    if within is None:
        gone += [id for id, thread in threads.items() if not mates[thread]]
        for id, thread in threads.items():
            if mates[thread] and id != thread:
                mates[thread].append(MessageId(id))
    mates = {thread: some for thread, some in mates.items() if some}
    return Whole(ids=_every(mates), conversations=len(mates), gone=tuple(gone))


def _every(threads: _Mates) -> tuple[MessageId, ...]:
    return tuple(dict.fromkeys(id for some in threads.values() for id in some))


def _mates(connection: Connection, threads: Collection[ThreadId], within: LabelId | None) -> _Mates:
    """The messages of each thread, the newest first."""
    client, found = connection.client, _Mates((thread, []) for thread in threads)
    if not threads:
        return found
    if within is None:
        total = client.get_profile().messages_total
    else:
        total = client.labels.get(within).messages_total or 0
    listed = mates_by_listing(len(threads), total, client.prices)
    if listed:
        wanted = () if within is None else (within,)
        for ref in client.messages.list(label_ids=wanted, include_spam_trash=within is not None):
            if ref.thread_id in found:
                found[ref.thread_id].append(ref.id)
    if not listed or within is None:  # those that lie in Trash or Spam whole were not listed
        left = [thread for thread, some in found.items() if not some]
        found.update(_read(connection, left, within))
    return found


def _read(
    connection: Connection, threads: Iterable[ThreadId], within: LabelId | None
) -> Iterator[tuple[ThreadId, list[MessageId]]]:
    with closing(
        fetch(threads, lambda id: connection.client.threads.get(id, format="minimal"))
    ) as coming:
        for id, result in coming:
            try:
                messages = result.result().messages
            except NotFound:  # it went meanwhile
                yield id, []
                continue
            if within is None:
                there = in_view(messages)
            else:
                there = tuple(each for each in messages if within in each.label_ids)
            newest_first = sorted(there, key=lambda each: each.date, reverse=True)
            yield id, [each.id for each in newest_first]
