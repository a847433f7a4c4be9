"""What a store holds, by content: so that equal messages are kept once, however often they come."""

from __future__ import annotations

from gmailkit.errors import CannotDo
from gmailkit.model.item import Item

_ENOUGH = 16  # bytes of a hash; nobody can make two messages that agree in so many


def check_names(item: Item) -> None:
    """Raises CannotDo for a message with a label that no file can hold: it is no valid Unicode."""
    try:
        "".join((*item.labels, *item.flags, item.thread)).encode()
    except UnicodeEncodeError as error:
        raise CannotDo("A label of the message is no valid Unicode.") from error


class Known:
    """Labels by digest, and the place in a file where the message is first, for stores that have
    such. About 200 bytes a message, since equal sets of labels are one object.
    """

    def __init__(self) -> None:
        self._labels: dict[bytes, frozenset[str]] = {}
        self._flags: dict[bytes, frozenset[str]] = {}
        self._places: dict[bytes, int] = {}
        self._others: dict[bytes, list[int]] = {}  # places of equal ones behind the first
        self._sets: dict[frozenset[str], frozenset[str]] = {}

    def labels(self, digest: str) -> frozenset[str] | None:
        """Those that the message bears here; None where it is not here."""
        return self._labels.get(_key(digest))

    def flags(self, digest: str) -> frozenset[str]:
        """Those that were noted for it."""
        return self._flags.get(_key(digest), frozenset())

    def has(self, digest: str, item: Item) -> bool:
        """Whether it is here, with all labels and flags of `item`."""
        known = self.labels(digest)
        return known is not None and item.labels <= known and item.flags <= self.flags(digest)

    def places(self, digest: str) -> tuple[int, ...]:
        """Where messages of that content were noted, the first of them first."""
        first = self._places.get(_key(digest))
        return () if first is None else (first, *self._others.get(_key(digest), ()))

    def forget(self, digest: str) -> None:
        """It is not here, whatever was noted."""
        for known in (self._labels, self._flags, self._places, self._others):
            known.pop(_key(digest), None)

    def note(
        self,
        digest: str,
        labels: frozenset[str],
        *,
        flags: frozenset[str] = frozenset(),
        place: int | None = None,
    ) -> frozenset[str]:
        """It is here with these labels and flags too; all labels that it bears now."""
        every = labels | (self.labels(digest) or frozenset())
        self._labels[_key(digest)] = self._sets.setdefault(every, every)
        if flags:
            marks = flags | self.flags(digest)
            self._flags[_key(digest)] = self._sets.setdefault(marks, marks)
        if place is not None and self._places.setdefault(_key(digest), place) != place:
            self._others.setdefault(_key(digest), []).append(place)
        return every


def _key(digest: str) -> bytes:
    return bytes.fromhex(digest)[:_ENOUGH]
