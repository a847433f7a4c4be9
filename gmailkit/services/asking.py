"""A search as a person writes it, to what Gmail is asked.

Gmail answers a malformed query, or one for a label that is not there, with nothing, and counts days
in Pacific time; so the text that goes out is made from the tree: checked, its days those of this
machine, and in parts where it is longer than Gmail can be trusted with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from gmailkit.client.client import Client
from gmailkit.client.listing import Listing
from gmailkit.model.ids import LabelId
from gmailkit.model.message import MessageRef
from gmailkit.query.asked import parts, with_instants
from gmailkit.query.labels import names_in
from gmailkit.query.parse import parse
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.text import to_text
from gmailkit.services.labels import LabelNames
from gmailkit.zones import LOCAL

T = TypeVar("T")


class Asked(msgspec.Struct, frozen=True):
    """The texts to send; what any of them finds is found. `everywhere`: the whole of it asks for
    Spam or Trash, which each part would leave out where it does not name them itself.
    """

    texts: tuple[str, ...]
    everywhere: bool

    def listed(
        self,
        listing: Callable[[str, int | None], Listing[T]],
        *,
        key: Callable[[T], object],
        limit: int | None,
    ) -> Listing[T]:
        """What `listing` gives of each text, up to a limit: text after text, each item once."""
        if len(self.texts) == 1:
            return listing(self.texts[0], limit)

        def items() -> Iterator[T]:
            given: set[object] = set()
            for text in self.texts:
                for item in listing(text, None):
                    if (known := key(item)) not in given:
                        given.add(known)
                        yield item

        return Listing(items(), limit=limit)


def asked(client: Client, query: str) -> Asked:
    """1 unit when the query names labels, else none.

    Raises QueryError and NotFound (an unknown label) for what would find nothing by mistake.
    """
    node = parse(query)
    if names := list(names_in(node)):
        known = LabelNames.of(client)
        for name in names:
            known.check_searched(name)
    texts = tuple(to_text(part) for part in parts(with_instants(node, LOCAL)))
    return Asked(texts, everywhere=len(texts) > 1 and reaches_spam_and_trash(node))


def find_refs(
    client: Client,
    wanted: Asked,
    *,
    label_ids: Iterable[LabelId] = (),
    include_spam_trash: bool = False,
    limit: int | None = None,
) -> Listing[MessageRef]:
    """The messages that match and carry all of `label_ids`. 5 units a page of 500."""

    def listing(text: str, limit: int | None) -> Listing[MessageRef]:
        return client.messages.list(
            q=text,
            label_ids=label_ids,
            include_spam_trash=include_spam_trash or wanted.everywhere,
            limit=limit,
        )

    return wanted.listed(listing, key=lambda ref: ref.id, limit=limit)
