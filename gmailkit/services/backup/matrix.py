"""Which labels every message of a mailbox bears, by listing the ids of each label.

Ids are kept as numbers, which take half the memory: a million messages with three labels each are
about 120 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch
from gmailkit.errors import NotFound
from gmailkit.model.ids import LabelId, MessageId, is_id

NONE: frozenset[LabelId] = frozenset()


class Matrix:
    """`of(id)` are the labels of a message, None where no listing held it."""

    def __init__(self) -> None:
        self._bears: dict[int | str, frozenset[LabelId]] = {}
        self._sets: dict[tuple[frozenset[LabelId], LabelId], frozenset[LabelId]] = {}

    def add(self, ids: Iterable[MessageId], label: LabelId | None = None) -> None:
        """These are there, and bear `label`."""
        for id in ids:
            key = _key(id)
            before = self._bears.get(key, NONE)
            self._bears[key] = before if label is None else self._with(before, label)

    def of(self, id: str) -> frozenset[LabelId] | None:
        return self._bears.get(_key(id))

    def __len__(self) -> int:
        return len(self._bears)

    def __iter__(self) -> Iterator[MessageId]:
        for key in self._bears:
            yield MessageId(key if isinstance(key, str) else f"{key:016x}")

    def _with(self, before: frozenset[LabelId], label: LabelId) -> frozenset[LabelId]:
        """The same few sets come again and again, so each is kept once."""
        found = self._sets.get((before, label))
        if found is None:
            more = before | {label}
            found = self._sets.setdefault((more, label), more)
            self._sets[before, label] = found
        return found


def listed(client: Client, labels: Iterable[LabelId]) -> Matrix:
    """Every message there is, Spam and Trash included, with those of `labels` that it bears.

    5 units for each 500 messages, and for each 500 of each label. No message is read.
    """
    found = Matrix()
    found.add(ref.id for ref in client.messages.list(include_spam_trash=True))

    def ids(label: LabelId) -> list[MessageId]:
        listing = client.messages.list(label_ids=[label], include_spam_trash=True)
        try:
            return [ref.id for ref in listing]
        except NotFound:  # the label is gone since
            return []

    for label, borne in fetch(labels, ids):
        found.add(borne.result(), label)
    return found


def _key(id: str) -> int | str:
    return int(id, 16) if is_id(id) else id
