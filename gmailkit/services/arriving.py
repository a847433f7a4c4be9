"""What comes into a mailbox: its history tells that something did (2 units), Gmail itself which of
it matches a search (5 units). So a look costs next to nothing, and what counts as a match is
Gmail's own answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from gmailkit.client.client import Client
from gmailkit.client.listing import PAGE
from gmailkit.errors import NotFound
from gmailkit.model.ids import MessageId
from gmailkit.model.message import MessageRef
from gmailkit.query.builder import Q
from gmailkit.services.asking import Asked, asked, find_refs

LAG = 60.0  # seconds in which Gmail's index surely has what came


@dataclass(frozen=True, slots=True)
class Added:
    """The messages that came, oldest first, drafts left out; `history` is where the next look goes
    on.
    """

    ids: tuple[MessageId, ...]
    history: int


def added(client: Client, since: int) -> Added | None:
    """What came since then; None where the history reaches not so far back, or has a gap.

    2 units for each 500 changes.
    """
    changes = client.history.list(since, history_types=["messageAdded"])
    try:
        ids = dict.fromkeys(
            each.message.id
            for record in changes
            for each in record.messages_added
            if each.message and "DRAFT" not in each.message.label_ids
        )
    except NotFound:
        return None
    if changes.gap:
        return None
    return Added(tuple(ids), changes.history_id or since)


def matching(client: Client, wanted: Asked, among: Collection[MessageId]) -> list[MessageRef]:
    """Those of `among` that match, oldest first. 5 units a page of 500.

    What is new stands in front, so it is looked on only while a page holds some of them.
    """
    found: dict[MessageId, MessageRef] = {}
    for text in wanted.texts:
        refs = iter(client.messages.list(q=text, include_spam_trash=wanted.everywhere))
        while page := list(islice(refs, PAGE)):
            some = {ref.id: ref for ref in page if ref.id in among}
            found |= some
            if not some or len(found) == len(among):
                break
    return list(reversed(found.values()))


def came_after(client: Client, query: str, time: float) -> Iterator[MessageRef]:
    """What matches and came after that moment (seconds since 1970), newest first; an import bears
    the date of its own. 5 units a page of 500.
    """
    after = Q.after(datetime.fromtimestamp(time, UTC))
    wanted = asked(client, str(Q.of(query) & after if query.strip() else after))
    return iter(find_refs(client, wanted))
