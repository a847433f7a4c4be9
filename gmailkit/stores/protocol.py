"""What `copy` asks of a place where mail lives: to give messages, to take them, or both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import msgspec

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

        It may read ahead over them, and takes of `refs` what it needs for that: when they end, what
        was begun still comes. One at a time is given; its content is good until the next one is
        asked for. Raises what no other message could be read for either.
        """


class Facts(msgspec.Struct, frozen=True):
    """What is known of a message that was not read: `size` in bytes, None where nobody knows, and
    `labels` with Gmail's marks (UNREAD, STARRED, DRAFT) among them; of some stores when it was
    `received`, and its conversation.
    """

    size: int | None
    labels: frozenset[str]
    received: datetime | None = None
    thread: str = ""


class Begun(msgspec.Struct, frozen=True):
    """A message of which only the beginning was read, of `size` bytes in all."""

    item: Item
    size: int


class Folder(msgspec.Struct, frozen=True):
    """A folder or label and how many messages it holds, as far as that is known."""

    name: str
    messages: int | None
    unread: int | None


@runtime_checkable
class Surveyed(Protocol):
    """A source that tells of messages without reading them; of the others each one is read."""

    def survey(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Facts]]:
        """Facts of each, in the order of `refs`; of one that is gone there are none to speak of."""


@runtime_checkable
class Skimmed(Source, Surveyed, Protocol):
    """One that gives the beginnings of messages for less than all of them, and searches without
    reading each.
    """

    def skim(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Begun | GmailKitError]]:
        """The header and the first lines of each, in the order of `refs`, or the error that it
        could not be read for.
        """


@runtime_checkable
class Labelled(Protocol):
    """A source that knows its labels without reading messages."""

    def labels(self) -> frozenset[str]:
        """A user's by their names, Gmail's own by their ids."""


@runtime_checkable
class Foldered(Protocol):
    """A source that tells what folders it has without reading messages."""

    def folders(self) -> Iterator[Folder]:
        """In the store's own order. Labels of Gmail's own stand by their ids."""


@runtime_checkable
class Limited(Protocol):
    """A store that knows how much it may hold."""

    def room(self) -> int | None:
        """How many bytes may still come; None where nobody limits them, or nobody tells."""


@runtime_checkable
class Settling(Protocol):
    """A source that remembers what was taken of it, for each target, and lets what is elsewhere be
    deleted.
    """

    def go_to(self, target: str, *, since: float = 0.0) -> None:
        """Its mail is for that place from now on: what was taken for another is new, and so is what
        was taken for this one up to `since` (seconds since 1970), when it was taken out again.
        """

    def settle(self, refs: Iterable[Ref], *, sure: bool) -> None:
        """They were taken; `sure`: they were found in the target, whole."""

    def left(self) -> int:
        """How many it offers by now that were not taken: some servers show a part at a time."""

    def due(self, days: float) -> list[Ref]:
        """Those that have been in the target for so many days, for sure."""

    def remove(self, refs: Iterable[Ref]) -> None:
        """For good. Raises Refused for one that is not sure to be in the target."""


class Target(Store, Protocol):
    def find(self, item: Item) -> Iterator[Ref]:
        """The messages that are there already and are the same. A store that keeps equal messages
        once knows one at most, and only if it bears all labels and flags of `item`, since adding it
        gives it those. One that cannot do that (`Unchanging`, Gmail) knows all, whatever they bear:
        each stands for one of the messages that a copy brings.
        """

    def add(self, item: Item) -> Ref:
        """Take it in. It is sure to be there once `flush` has returned.

        A run that was killed may have added it without being able to say so: `find` tells. A store
        that keeps equal messages once answers with the one it has, which then bears the labels and
        flags of both. Raises CannotDo for a message that this store does not take, CannotWrite.
        """

    def flush(self) -> None:
        """All that was added is safe, whatever happens to this machine."""


@runtime_checkable
class Unchanging(Target, Protocol):
    """One that cannot give other labels and flags to what it holds."""

    def says(self, item: Item) -> bool:
        """Whether an equal message is there, under all labels and flags of `item`."""


class Mailbox(Source, Target, Protocol):
    """Both."""


@runtime_checkable
class Undoing(Mailbox, Protocol):
    """A store from which what a copy added can be taken back."""

    def holds(self, item: Item) -> bool:
        """Whether an equal message is there, whatever its labels."""

    def discard(self, refs: Collection[Ref]) -> Iterator[Ref]:
        """Into Trash, or to a place beside the store, never for good; each once it is done. Raises
        CannotDo where that would touch other mail, or there is no such place.
        """
