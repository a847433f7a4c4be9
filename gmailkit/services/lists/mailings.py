"""Messages that match a search, as what they say of the list that they came by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch
from gmailkit.errors import NotFound
from gmailkit.mime.address import parse_addresses
from gmailkit.mime.authentication import vouching
from gmailkit.mime.header import decode
from gmailkit.mime.mailing_list import is_one_click, list_id, ways_out
from gmailkit.model.mailing import Mailing
from gmailkit.model.message import Message
from gmailkit.query.parse import parse
from gmailkit.query.text import to_text
from gmailkit.query.tree import Everything, Is, State, all_of
from gmailkit.record.envelopes import EnvelopeCache
from gmailkit.services.asking import asked, find_refs
from gmailkit.services.connect import Connection
from gmailkit.services.rules.run import since_node
from gmailkit.services.search import check_limit
from gmailkit.wire.methods import find

# No search finds a header for leaving: these are the tabs that Gmail sorts mail to many into, and
# the word that most of it holds.
BULK = "{category:promotions category:updates category:forums category:social unsubscribe} -from:me"
SINCE = "90d"
MOST = 1_000  # messages
HEADERS = (
    *("From", "To", "Delivered-To", "Subject", "Precedence", "List-Id", "List-Unsubscribe"),
    *("List-Unsubscribe-Post", "Authentication-Results", "DKIM-Signature"),
)
_WAYS = ("List-Unsubscribe",)
_SIGNED = (*_WAYS, "List-Unsubscribe-Post")  # RFC 8058 section 4
OnProgress = Callable[[int, int], None]
_AT_ONCE = 50
_PEOPLE = 10  # addresses that are kept of a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Messages to be read, newest first. `unread` are those of them; `new` were never read for
    this, and to read them costs `units`. `cut`: there are more than were asked for.
    """

    ids: tuple[str, ...]
    unread: frozenset[str]
    new: int
    units: int
    cut: bool


def find_mailings(
    connection: Connection, query: str = "", *, since: str | None = SINCE, limit: int = MOST
) -> Found:
    """10 units a page of 500: all that match, and which of them are unread.

    `since` is a day (2026-01-31) or an age (90d), None for any time. Without a `query` what looks
    like mail to many. Raises QueryError.
    """
    check_limit(limit)
    client = connection.client
    said, within = parse(query or BULK), since_node(since)
    node = all_of([each for each in (said, within) if each and not isinstance(each, Everything)])
    found = find_refs(client, asked(client, to_text(node)), limit=limit)
    ids = tuple(ref.id for ref in found)
    unread = all_of([node, Is(State.UNREAD)])
    waiting = find_refs(client, asked(client, to_text(unread)), limit=limit) if ids else ()
    new = len(ids) - len(connection.cache.mailings(ids))
    return Found(
        ids=ids,
        unread=frozenset(ref.id for ref in waiting),
        new=new,
        units=new * find("messages.get").price(client.prices),
        cut=found.cut,
    )


def mailings(
    client: Client,
    cache: EnvelopeCache,
    ids: Iterable[str],
    *,
    on_progress: OnProgress = lambda done, total: None,
) -> Iterator[Mailing]:
    """Each in order; those that are gone are left out. 20 units for one that was never read."""
    wanted = list(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        known = cache.mailings(some)
        read: list[Mailing] = []
        coming = fetch([id for id in some if id not in known], lambda id: _message(client, id))
        with closing(coming):
            try:
                for _, result in coming:
                    if message := result.result():
                        read.append(mailing_of(message))
                        on_progress(start + len(known) + len(read), len(wanted))
            finally:
                cache.put_mailings(read)
        known |= {each.id: each for each in read}
        yield from (known[id] for id in some if id in known)


def mailing_of(message: Message) -> Mailing:
    """Of a message that was read with `HEADERS`. Open: that Gmail gives these in their order, and
    each that stands there twice; `vouching` goes by both.
    """
    headers = message.payload.headers if message.payload else ()
    fields = [(each.name, each.value) for each in headers]
    named = list_id(message.header("List-Id"))
    ways = ways_out(message.header("List-Unsubscribe"))
    sender = parse_addresses(message.header("From"))
    posts = [value for name, value in fields if name.casefold() == "list-unsubscribe-post"]
    precedence = message.header("Precedence").strip().casefold()
    to = parse_addresses(f"{message.header('To')}, {message.header('Delivered-To')}")
    return Mailing(
        id=message.id,
        date=message.date,
        size=message.size_estimate,
        sender=sender[0] if sender else None,
        subject=decode(message.header("Subject")),
        list_id=named.id,
        list_name=named.name,
        ways=ways,
        one_click=is_one_click(posts),
        vouched=vouching(fields, _SIGNED),
        signer=vouching(fields, _WAYS),
        to=tuple(dict.fromkeys(each.email for each in to if each.email))[:_PEOPLE],
        bulk=bool(named.id or ways or precedence in ("bulk", "list")),
    )


def _message(client: Client, id: str) -> Message | None:
    """None when it is gone."""
    try:
        return client.messages.get(id, format="metadata", metadata_headers=HEADERS)
    except NotFound:
        return None
