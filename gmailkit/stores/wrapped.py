"""A source that gives what another one gives, in some way changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from gmailkit.model.item import Can, Ref
from gmailkit.query.tree import Node
from gmailkit.stores.protocol import Source


class Wrapped:
    """All of a source but `fetch`; closed by whoever opened what is in it."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def can(self) -> Can:
        return self._source.can

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        return self._source.refs(wanted)
