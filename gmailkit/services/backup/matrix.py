"""Which labels every message of a mailbox bears, by listing the ids of each label.

Ids are numbers of 64 bits in hexadecimal, and are kept as such: a million messages take about
30 MB, whatever labels they bear.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch
from gmailkit.errors import NotFound
from gmailkit.model.ids import LabelId, MessageId, is_id
from gmailkit.model.ordered import place_in


class Ids:
    """Ids in the order in which they came; those that are no number of ours stand at the end."""

    def __init__(self, ids: Iterable[MessageId] = ()) -> None:
        self.odd: list[MessageId] = []
        self.numbers = array("Q", self._numbers(ids))

    def __len__(self) -> int:
        return len(self.numbers) + len(self.odd)

    def __iter__(self) -> Iterator[MessageId]:
        yield from (MessageId(f"{number:016x}") for number in self.numbers)
        yield from self.odd

    def __contains__(self, id: object) -> bool:
        """Looks at each of them."""
        return any(each == id for each in self)

    def _numbers(self, ids: Iterable[MessageId]) -> Iterator[int]:
        for id in ids:
            if is_id(id):
                yield int(id, 16)
            else:
                self.odd.append(id)


class Matrix:
    """`of(id)` are the labels of a message, None where no listing held it. Those that are marked
    are left out of `unmarked`.
    """

    def __init__(self, ids: Iterable[MessageId]) -> None:
        self._ids = Ids(ids)
        self._sorted = array("Q", sorted(self._ids.numbers))
        self._bears = array("L", bytes(array("L").itemsize * len(self._sorted)))
        self._marks = bytearray(len(self._sorted))
        self._sets: list[frozenset[LabelId]] = [frozenset()]
        self._with: dict[tuple[int, LabelId], int] = {}
        # Ids that are no numbers, or came between the listing of all and that of their label.
        self._others = dict.fromkeys(id for id in self._ids if not is_id(id))
        self._others_bear: dict[str, int] = dict.fromkeys(self._others, 0)

    def add(self, ids: Iterable[MessageId], label: LabelId) -> None:
        """These bear it."""
        for id in ids:
            place = self._place(id)
            if place is None:
                self._others.setdefault(id)
                before = self._others_bear.get(id, 0)
                self._others_bear[id] = self._joined(before, label)
            else:
                self._bears[place] = self._joined(self._bears[place], label)

    def of(self, id: str) -> frozenset[LabelId] | None:
        place = self._place(id)
        number = self._others_bear.get(id) if place is None else self._bears[place]
        return None if number is None else self._sets[number]

    def bears(self, id: str) -> frozenset[LabelId]:
        """The same, and none for one that is not there."""
        return self.of(id) or frozenset()

    def mark(self, id: str) -> None:
        place = self._place(id)
        if place is None:
            self._others.pop(MessageId(id), None)
        else:
            self._marks[place] = 1

    def unmarked(self) -> Iterator[MessageId]:
        """In the order of the listing."""
        for id in self._ids:
            place = self._place(id)
            if place is not None and not self._marks[place]:
                yield id
        yield from self._others

    def __len__(self) -> int:
        return len(self._sorted) + len(self._others_bear)

    def _place(self, id: str) -> int | None:
        return place_in(self._sorted, int(id, 16)) if is_id(id) else None

    def _joined(self, before: int, label: LabelId) -> int:
        """The number of a set with one label more: the same few sets come again and again."""
        found = self._with.get((before, label))
        if found is None:
            more = self._sets[before] | {label}
            if more not in self._sets:
                self._sets.append(more)
            found = self._with[before, label] = self._sets.index(more)
        return found


def listed(client: Client, labels: Iterable[LabelId]) -> Matrix:
    """Every message there is, Spam and Trash included, with those of `labels` that it bears.

    5 units for each 500 messages, and for each 500 of each label. No message is read.
    """
    found = Matrix(ref.id for ref in client.messages.list(include_spam_trash=True))

    def ids(label: LabelId) -> Ids:
        listing = client.messages.list(label_ids=[label], include_spam_trash=True)
        try:
            return Ids(ref.id for ref in listing)
        except NotFound:  # the label is gone since
            return Ids()

    for label, borne in fetch(labels, ids):
        found.add(borne.result(), label)
    return found
