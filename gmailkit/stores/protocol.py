"""What `copy` asks of a place where mail lives: to give messages, to take them, or both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from gmailkit.errors import GmailKitError
from gmailkit.model.item import Can, Item, Ref
from gmailkit.query.tree import Node

Fetched = tuple[Ref, Item | GmailKitError]


class Store(AbstractContextManager[Any], Protocol):
    """`name` tells it from all others and is the same in every run ("maildir:/home/ann/Mail")."""

    @property
    def name(self) -> str: ...

    @property
    def can(self) -> Can: ...


class Source(Store, Protocol):
    """Reading never changes anything there."""

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        """Every message, or those that match, as the store orders them; each once.

        Raises CannotDo where the store cannot answer the search.
        """

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        """Each message in the order of `refs`, or the error that it could not be read for.

        One at a time is held; its content is good until the next one is asked for.
        """


class Target(Store, Protocol):
    def find(self, item: Item) -> Iterator[Ref]:
        """The messages that are there already and are the same. A store that keeps equal messages
        once knows one at most, and only if it bears all labels of `item`; Gmail may hold several.
        """

    def add(self, item: Item) -> Ref:
        """Take it in. It is sure to be there once `flush` has returned.

        A run that was killed may have added it without being able to say so: `find` tells. A store
        that keeps equal messages once answers with the one it has, which then bears the labels of
        both. Raises CannotDo for a message that this store does not take, CannotWrite.
        """

    def flush(self) -> None:
        """All that was added is safe, whatever happens to this machine."""


class Mailbox(Source, Target, Protocol):
    """Both."""
