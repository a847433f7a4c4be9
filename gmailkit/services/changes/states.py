"""What messages bear of some labels, read the cheapest way."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch
from gmailkit.errors import NotFound
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.services.cheapest import state_by_listing

# Where a message lies: one of them changes with the other, so they are looked at together.
INBOX, SPAM, TRASH = map(LabelId, ("INBOX", "SPAM", "TRASH"))
PLACES = frozenset({INBOX, SPAM, TRASH})
States = dict[str, frozenset[LabelId]]


def watched(add: Iterable[LabelId], remove: Iterable[LabelId]) -> frozenset[LabelId]:
    """The labels whose state a change of these can alter."""
    touched = frozenset((*add, *remove))
    return touched | PLACES if touched & PLACES else touched


def becomes(
    had: frozenset[LabelId], add: Collection[LabelId], remove: Collection[LabelId]
) -> frozenset[LabelId]:
    """What a message bears once it got and lost these, as a step of the journal says it."""
    left = (had | frozenset(add)) - frozenset(remove)
    if {SPAM, TRASH} & frozenset(add) and INBOX not in add:
        left -= {INBOX}
    return left


def as_gmail_does(
    add: frozenset[LabelId], remove: frozenset[LabelId]
) -> tuple[frozenset[LabelId], frozenset[LabelId]]:
    """The same in the words of a step: what goes to Spam or Trash leaves the inbox, even where one
    call adds INBOX as well.
    """
    if INBOX in add and {SPAM, TRASH} & add:
        return add - {INBOX}, remove | {INBOX}
    return add, remove


def way(
    now: frozenset[LabelId], wanted: frozenset[LabelId]
) -> tuple[frozenset[LabelId], frozenset[LabelId]]:
    """What a message has to get and to lose; INBOX once more where it would lose it on the way."""
    add = wanted - now
    if {SPAM, TRASH} & add and INBOX in wanted:
        add |= {INBOX}
    return add, now - wanted


def there(client: Client, ids: Collection[str]) -> set[str]:
    """Those that are there still, by reading each. 20 units each (old: 5)."""
    return set(_read(client, ids, frozenset()))


def states(client: Client, ids: Collection[str], labels: Collection[LabelId]) -> States:
    """Of each message those of `labels` that it bears.

    By one listing of each label, or by reading each message, whichever costs less. A message that
    is gone is left out where messages are read; a listing does not tell. A label that is not there
    is borne by nobody.
    """
    if not ids or not labels:
        return dict.fromkeys(ids, frozenset())
    there = [label for label in client.labels.list() if label.id in labels]
    counted = client.labels.get_many([label.id for label in there])
    totals = [label.messages_total or 0 for label in counted]
    if state_by_listing(len(ids), totals, client.prices):
        return _listed(client, ids, [label.id for label in there])
    return _read(client, ids, frozenset(labels))


def of_one(client: Client, id: str, labels: frozenset[LabelId]) -> States:
    """The same of one message, in one call; empty where it is gone. 20 units (old: 5)."""
    try:
        message = client.messages.get(MessageId(id), format="minimal")
    except NotFound:
        return {}
    return {id: labels & frozenset(message.label_ids)}


def _listed(client: Client, ids: Collection[str], labels: Collection[LabelId]) -> States:
    found: dict[str, set[LabelId]] = {id: set() for id in ids}
    for label in labels:
        for ref in client.messages.list(label_ids=[label], include_spam_trash=True):
            if ref.id in found:
                found[ref.id].add(label)
    return {id: frozenset(borne) for id, borne in found.items()}


def _read(client: Client, ids: Collection[str], labels: frozenset[LabelId]) -> States:
    found = fetch(ids, lambda id: of_one(client, id, labels))
    return {id: borne for _, future in found for id, borne in future.result().items()}
