"""What comes into a mailbox: its history tells that something did (2 units), Gmail itself which of
it matches a search (5 units). So a look costs next to nothing, and what counts as a match is
Gmail's own answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from gmailkit.client.client import Client
from gmailkit.client.listing import PAGE
from gmailkit.errors import NotFound
from gmailkit.model.ids import MessageId
from gmailkit.model.message import MessageRef
from gmailkit.query.builder import Q
from gmailkit.services.asking import Asked, asked, find_refs

_PAGES_FOR_ONE = 5  # pages that cost as much as a message asked for by its date
_ABOUT = timedelta(seconds=2)
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
    """Those of `among` that match, as the listing has them, the last one first.

    5 units a page of 500. What is new stands in front, so it is looked on only while a page holds
    some of them. What bears an old date (an import) lies behind: it is asked for by that, 25 units
    each, or by more pages where these cost less.
    """
    found: dict[MessageId, MessageRef] = {}
    behind, depth = list[Pages](), 0
    for text in wanted.texts:
        pages = _pages(client.messages.list(q=text, include_spam_trash=wanted.everywhere))
        for number, page in enumerate(pages, 1):
            some = {ref.id: ref for ref in page if ref.id in among}
            found |= some
            if len(found) == len(among):
                break
            if not some:
                depth = max(depth, number)
                behind += [pages] if len(page) == PAGE else []
                break
    if behind and (left := set(among).difference(found)):
        left -= _newest(client, depth)
        found |= _lying_behind(client, wanted, behind, left)
    return list(reversed(found.values()))


Pages = Iterator[list[MessageRef]]


def _pages(refs: Iterable[MessageRef]) -> Pages:
    coming = iter(refs)
    while page := list(islice(coming, PAGE)):
        yield page


def _newest(client: Client, pages: int) -> set[MessageId]:
    """Of all mail. One that matches and is among so many of all is among as many of the matches."""
    every = client.messages.list(include_spam_trash=True)
    return {ref.id for page in islice(_pages(every), pages) for ref in page}


def _lying_behind(
    client: Client, wanted: Asked, behind: Sequence[Pages], left: set[MessageId]
) -> dict[MessageId, MessageRef]:
    """Those of `left` that match: on the next pages, as long as these cost less than asking for
    each, and then asked for.
    """
    found: dict[MessageId, MessageRef] = {}
    ended = 0
    for pages in behind:
        for _ in range(_PAGES_FOR_ONE * len(left)):
            page = next(pages, [])
            found |= {ref.id: ref for ref in page if ref.id in left}
            if len(found) == len(left):
                return found
            if len(page) < PAGE:
                ended += 1
                break
    if ended < len(behind):
        for id in sorted(left.difference(found)):
            found |= _alone(client, wanted, id)
    return found


def _alone(client: Client, wanted: Asked, id: MessageId) -> dict[MessageId, MessageRef]:
    """A message, where it matches: looked for among those of its own date."""
    try:
        date = client.messages.get(id, format="minimal").date
    except NotFound:
        return {}
    about = Q.after(date - _ABOUT) & Q.before(date + _ABOUT)
    for text in wanted.texts:
        narrow = asked(client, str(Q.of(text) & about if text else about))
        for ref in find_refs(client, narrow, include_spam_trash=wanted.everywhere):
            if ref.id == id:
                return {id: ref}
    return {}


def came_after(client: Client, query: str, time: float) -> Iterator[MessageRef]:
    """What matches and came after that moment (seconds since 1970), newest first; an import bears
    the date of its own. 5 units a page of 500.
    """
    after = Q.after(datetime.fromtimestamp(time, UTC))
    wanted = asked(client, str(Q.of(query) & after if query.strip() else after))
    return iter(find_refs(client, wanted))
