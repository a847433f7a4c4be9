"""Which messages a run is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from gmailkit.client.client import Client
from gmailkit.model.ids import HIDDEN, LabelId, MessageId
from gmailkit.services.asking import Asked, asked, find_refs
from gmailkit.services.labels import LabelNames

Covers = Literal["known", "mail", "all"]
WIDTH: Mapping[str, int] = {"known": 0, "mail": 1, "all": 2}  # the wider holds the narrower


class Wanted(msgspec.Struct, frozen=True):
    """`covers`: all mail but Spam and Trash ("mail"), these too ("all"), or a choice ("known":
    of the whole mailbox nothing is known afterwards but the messages that are saved).
    """

    matching: Asked
    labels: tuple[LabelId, ...]
    covers: Covers

    @classmethod
    def of(
        cls, client: Client, names: LabelNames, label: Iterable[str], query: str, *, every: bool
    ) -> Wanted:
        """Raises NotFound for an unknown label, QueryError."""
        labels = tuple(names.get(name).id for name in label)
        chosen = bool(labels or query.strip())
        covers: Covers = "known" if chosen else "all" if every else "mail"
        return cls(asked(client, query), labels, covers)

    @property
    def hidden(self) -> frozenset[LabelId]:
        """What lies there is not taken."""
        return frozenset() if self.covers == "all" else HIDDEN

    def listed(self, client: Client) -> Iterable[MessageId]:
        """Ids of what is to be saved, newest first: any of the labels, and what matches."""
        found: dict[MessageId, None] = {}
        for wanted in self._filters():
            named = self.covers == "all" or not HIDDEN.isdisjoint(wanted)
            listing = find_refs(client, self.matching, label_ids=wanted, include_spam_trash=named)
            found.update((ref.id, None) for ref in listing)
        return found.keys()

    def lying_hidden(self, client: Client) -> set[MessageId]:
        """Those that match and lie in Spam or Trash."""
        return {
            ref.id
            for wanted in self._filters()
            for place in sorted(HIDDEN)
            for ref in find_refs(
                client, self.matching, label_ids=[*wanted, place], include_spam_trash=True
            )
        }

    def _filters(self) -> list[list[LabelId]]:
        return [[label] for label in self.labels] or [[]]
