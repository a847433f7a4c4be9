"""Finding messages: ids alone, or with what a list shows of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from html import unescape
from itertools import islice

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch
from gmailkit.client.listing import Listing
from gmailkit.errors import NotFound, UsageError
from gmailkit.mime.address import parse_addresses
from gmailkit.mime.header import decode
from gmailkit.mime.mailing_list import list_id
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import MessageId, ThreadId
from gmailkit.model.message import Message, MessageRef
from gmailkit.record.envelopes import EnvelopeCache
from gmailkit.services.asking import asked, find_refs
from gmailkit.services.cheapest import read_by_thread
from gmailkit.services.labels import LabelNames
from gmailkit.wire.methods import Prices, find

HEADERS = ("From", "To", "Cc", "Subject", "Message-ID", "List-Id")
_AT_ONCE = 50  # ids looked up in the cache together


def find_ids(client: Client, query: str, *, limit: int | None = None) -> Listing[MessageId]:
    """Ids of the messages that match, newest first. Spam and Trash only when the query names them.

    Gmail answers a malformed query or an unknown label with nothing; this raises QueryError and
    NotFound instead.
    """
    found = _find(client, query, limit)
    return Listing((ref.id for ref in found), source=found)


def _find(client: Client, query: str, limit: int | None) -> Listing[MessageRef]:
    wanted = asked(client, query)
    check_limit(limit)
    return find_refs(client, wanted, limit=limit)


def check_limit(limit: int | None) -> None:
    if limit is not None and limit < 1:
        raise UsageError(f"A limit of {limit} finds nothing.", hint="Give 1 or more.")


def search(
    client: Client, cache: EnvelopeCache, query: str, *, limit: int | None = None
) -> Listing[Envelope]:
    """Envelopes of the messages that match; 20 units for each that was never seen before.

    40 for several of one conversation.
    """
    found = _find(client, query, limit)
    return Listing(envelopes(client, cache, found), source=found)


def search_labelled(
    client: Client, cache: EnvelopeCache, query: str, *, limit: int | None = None
) -> Listing[tuple[Envelope, tuple[str, ...]]]:
    """The same, each with the names of its labels. They change, so each message is read anew: 20
    units, seen before or not.
    """
    found = _find(client, query, limit)
    return Listing(labelled(client, cache, (ref.id for ref in found)), source=found)


def labelled(
    client: Client,
    cache: EnvelopeCache,
    wanted: Iterable[MessageId],
    names: LabelNames | None = None,
) -> Iterator[tuple[Envelope, tuple[str, ...]]]:
    """The envelope of each and the names of its labels, read anew; those that are gone are left
    out. 20 units a message, and 1 where the `names` of labels are not known.
    """
    names = names or LabelNames.of(client)
    with closing(fetch(wanted, lambda id: _message(client, id))) as coming:
        for _, result in coming:
            if message := result.result():
                envelope = envelope_of(message)
                cache.put([envelope])
                yield envelope, tuple(names.named(message.label_ids).values())


def envelopes(
    client: Client, cache: EnvelopeCache, wanted: Iterable[str | MessageRef]
) -> Iterator[Envelope]:
    """The envelope of each, in order, as they arrive; messages that are gone are left out.

    Given with their threads, several of one thread are read in one call.
    """
    coming = (MessageRef(id=MessageId(w)) if isinstance(w, str) else w for w in wanted)
    while chunk := list(islice(coming, _AT_ONCE)):
        known = cache.get([ref.id for ref in chunk])
        groups = _groups([ref for ref in chunk if ref.id not in known], client.prices)
        due = {group[0].id for group in groups}
        read: list[Envelope] = []
        fresh = fetch(groups, lambda group: _read(client, group))
        with closing(fresh):
            try:
                for ref in chunk:
                    if ref.id in due:
                        due.remove(ref.id)
                        some = next(fresh)[1].result()
                        read += some
                        known.update((envelope.id, envelope) for envelope in some)
                    if envelope := known.get(ref.id):
                        yield envelope
            finally:
                cache.put(read)


def reading_units(refs: Iterable[MessageRef], known: Collection[str], prices: Prices) -> int:
    """What `envelopes` costs for these messages, of which some are `known`."""
    coming, units = iter(refs), 0
    while chunk := list(islice(coming, _AT_ONCE)):
        for group in _groups([ref for ref in chunk if ref.id not in known], prices):
            units += find("messages.get" if len(group) == 1 else "threads.get").price(prices)
    return units


def _groups(refs: list[MessageRef], prices: Prices) -> list[tuple[MessageRef, ...]]:
    """What to read in one call each, in the order of the first in it."""
    unread = list(dict.fromkeys(refs))
    threads: dict[ThreadId, list[MessageRef]] = {}
    for ref in unread:
        threads.setdefault(ref.thread_id, []).append(ref)
    groups: list[tuple[MessageRef, ...]] = []
    for ref in unread:
        mates = threads[ref.thread_id]
        if not ref.thread_id or not read_by_thread(len(mates), prices):
            groups.append((ref,))
        elif ref is mates[0]:
            groups.append(tuple(mates))
    return groups


def _read(client: Client, group: tuple[MessageRef, ...]) -> list[Envelope]:
    """The envelopes of the group, and of what else is in a thread that was read."""
    if len(group) == 1:
        return _read_one(client, group[0].id)
    try:
        thread = client.threads.get(group[0].thread_id, format="metadata", metadata_headers=HEADERS)
        found = [envelope_of(message) for message in thread.messages]
    except NotFound:
        found = []
    # Open: whether a thread shows all its messages, those in Trash for one.
    given = {envelope.id for envelope in found}
    left_out = (ref.id for ref in group if ref.id not in given)
    return found + [envelope for id in left_out for envelope in _read_one(client, id)]


def _read_one(client: Client, id: str) -> list[Envelope]:
    """Nothing when it is gone."""
    message = _message(client, id)
    return [envelope_of(message)] if message else []


def _message(client: Client, id: str) -> Message | None:
    """None when it is gone."""
    try:
        return client.messages.get(id, format="metadata", metadata_headers=HEADERS)
    except NotFound:
        return None


def envelope_of(message: Message) -> Envelope:
    """The lasting facts of a message read with its headers."""
    sender = parse_addresses(message.header("From"))
    return Envelope(
        id=message.id,
        thread_id=message.thread_id,
        date=message.date,
        sender=sender[0] if sender else None,
        to=parse_addresses(message.header("To")),
        cc=parse_addresses(message.header("Cc")),
        subject=decode(message.header("Subject")),
        message_id=message.header("Message-ID"),
        list_id=list_id(message.header("List-Id")).id,
        size=message.size_estimate,
        snippet=unescape(message.snippet),
    )
