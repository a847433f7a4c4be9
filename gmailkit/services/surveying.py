"""What lies in a store: its folders or labels with how much they hold, and what it can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gmailkit.model.flags import to_gmail
from gmailkit.model.item import KEPT, Can, Item, Ref
from gmailkit.stores.protocol import Facts, Folder, Foldered, Source, Surveyed

WORDS = {
    Can.BYTES: "exact bytes",
    Can.LABELS: "labels",
    Can.FLAGS: "flags",
    Can.DATE: "times of receipt",
    Can.THREADS: "conversations",
    Can.WRITE: "take messages",
    Can.DELETE: "delete",
    Can.SEARCH: "search",
    Can.WATCH: "watch",
}
_LOST = {
    Can.BYTES: "the exact bytes",
    Can.LABELS: "labels",
    Can.FLAGS: "flags",
    Can.DATE: "the time of receipt",
    Can.THREADS: "which messages are one conversation",
}
_MARKS = frozenset({"UNREAD", "STARRED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`folders` are in the order of their names, Gmail's own (by their ids) first; messages in none
    of them count under "". `messages` and `bytes` are None where nobody knows; `unreadable`
    could not be read.
    """

    store: str
    can: Can
    folders: tuple[Folder, ...]
    messages: int | None
    bytes: int | None
    unreadable: tuple[Ref, ...] = ()


def overview(source: Source, *, on_progress: Callable[[int], None] = lambda done: None) -> Overview:
    """Of a store that cannot tell otherwise every message is read."""
    if isinstance(source, Foldered):
        every = tuple(source.folders())
        return Overview(store=source.name, can=source.can, folders=every, messages=None, bytes=None)
    messages, unread = Counter[str](), Counter[str]()
    count = size = 0
    failed = list[Ref]()
    for count, (ref, facts) in enumerate(survey(source, source.refs()), start=1):
        on_progress(count)
        if facts is None:
            failed.append(ref)
            continue
        size += facts.size or 0
        for name in facts.labels - _MARKS or {""}:
            messages[name] += 1
            unread[name] += "UNREAD" in facts.labels
    return Overview(
        store=source.name,
        can=source.can,
        folders=tuple(
            Folder(name, messages[name], unread[name]) for name in sorted(messages, key=_place)
        ),
        messages=count,
        bytes=size,
        unreadable=tuple(failed),
    )


def survey(source: Source, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Facts | None]]:
    """Facts of each message, by the store's own knowledge where it has such, else by reading it;
    None for one that cannot be read.
    """
    if isinstance(source, Surveyed):
        yield from source.survey(refs)
        return
    for ref, got in source.fetch(refs):
        if isinstance(got, Item):
            yield ref, Facts(got.content.size, to_gmail(got.labels, got.flags))
        else:
            yield ref, None


def abilities(can: Can) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """In words: what it keeps, and what it can do."""
    keeps = tuple(words for each, words in WORDS.items() if each & can & KEPT)
    return keeps, tuple(words for each, words in WORDS.items() if each & can & ~KEPT)


def lost(source: Can, target: Can) -> tuple[str, ...]:
    """In words: what the one keeps of a message and the other cannot hold."""
    return tuple(words for each, words in _LOST.items() if each & source & ~target)


def _place(name: str) -> tuple[bool, list[str]]:
    return not name.isupper(), name.casefold().split("/")
