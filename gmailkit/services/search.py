"""Finding messages: ids alone, or with what a list shows of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from html import unescape
from itertools import islice

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch
from gmailkit.client.listing import Listing
from gmailkit.errors import NotFound, UsageError
from gmailkit.mime.address import parse_addresses
from gmailkit.mime.header import decode
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import MessageId
from gmailkit.model.message import Message
from gmailkit.query.labels import names_in
from gmailkit.query.parse import parse
from gmailkit.record.envelopes import EnvelopeCache
from gmailkit.services.labels import LabelNames

_HEADERS = ("From", "To", "Cc", "Subject", "Message-ID")
_AT_ONCE = 50  # ids looked up in the cache together


def find_ids(client: Client, query: str, *, limit: int | None = None) -> Listing[MessageId]:
    """Ids of the messages that match, newest first. Spam and Trash only when the query names them.

    Gmail answers a malformed query or an unknown label with nothing; this raises QueryError and
    NotFound instead.
    """
    check_query(client, query)
    if limit is not None and limit < 1:
        raise UsageError(f"A limit of {limit} finds nothing.", hint="Give 1 or more.")
    found = client.messages.list(q=query, limit=limit)
    return Listing((ref.id for ref in found), source=found)


def check_query(client: Client, query: str) -> None:
    """Refuse what finds nothing by mistake; 1 unit when the query names labels, else none."""
    if asked := list(names_in(parse(query))):
        known = LabelNames.of(client)
        for name in asked:
            known.check_searched(name)


def search(
    client: Client, cache: EnvelopeCache, query: str, *, limit: int | None = None
) -> Listing[Envelope]:
    """Envelopes of the messages that match; 20 units for each that was never seen before."""
    ids = find_ids(client, query, limit=limit)
    return Listing(envelopes(client, cache, ids), source=ids)


def envelopes(client: Client, cache: EnvelopeCache, ids: Iterable[str]) -> Iterator[Envelope]:
    """The envelope of each id, in order, as they arrive; ids that are gone are left out."""
    coming = iter(ids)
    while chunk := list(islice(coming, _AT_ONCE)):
        known = cache.get(chunk)
        read: list[Envelope] = []
        fresh = fetch((id for id in chunk if id not in known), lambda id: _read(client, id))
        with closing(fresh):
            try:
                for id in chunk:
                    envelope = known.get(id) or next(fresh)[1].result()
                    if envelope is None:
                        continue
                    if id not in known:
                        read.append(envelope)
                    yield envelope
            finally:
                cache.put(read)


def _read(client: Client, id: str) -> Envelope | None:
    try:
        return envelope_of(client.messages.get(id, format="metadata", metadata_headers=_HEADERS))
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
        size=message.size_estimate,
        snippet=unescape(message.snippet),
    )
