"""A store in memory: for tests, and what every other store is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from gmailkit.errors import NotFound
from gmailkit.model.content import Content
from gmailkit.model.item import KEPT, Can, Item, Ref
from gmailkit.query.match import Context
from gmailkit.query.tree import Node
from gmailkit.stores.matching import matching
from gmailkit.stores.protocol import Fetched


class MemoryStore:
    """Keeps everything. Equal messages are kept once, with the labels and flags of both."""

    can = KEPT | Can.WRITE

    def __init__(
        self, items: Iterable[Item] = (), *, name: str = "memory:", context: Context | None = None
    ) -> None:
        self.name = name
        self._context = context
        self._items: dict[Ref, Item] = {}
        for item in items:
            self.add(item)

    def __enter__(self) -> MemoryStore:
        return self

    def __exit__(self, *_: object) -> None: ...

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        return matching(self, list(self._items), wanted, self._context)

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        for ref in refs:
            item = self._items.get(ref)
            yield ref, item or NotFound(f"There is no message {ref} in {self.name}.")

    def find(self, item: Item) -> Iterator[Ref]:
        ref = Ref(item.content.digest)
        there = self._items.get(ref)
        if there and item.labels <= there.labels and item.flags <= there.flags:
            yield ref

    def add(self, item: Item) -> Ref:
        ref = Ref(item.content.digest)
        if known := self._items.get(ref):
            self._items[ref] = replace(
                known, labels=known.labels | item.labels, flags=known.flags | item.flags
            )
        else:  # its content is good for this moment only
            self._items[ref] = replace(item, content=Content.of(item.content.bytes))
        return ref

    def flush(self) -> None: ...
