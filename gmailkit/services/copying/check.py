"""Two stores held against each other, message by message, up to what docs/stores.md lists."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gmailkit.errors import Failure, GmailKitError, NotFound
from gmailkit.mime.digest import digest_of
from gmailkit.mime.parse import parse_headers
from gmailkit.model.content import IN_MEMORY
from gmailkit.model.flags import to_gmail
from gmailkit.model.ids import HIDDEN
from gmailkit.model.item import Can, Item, Ref
from gmailkit.query.tree import Node
from gmailkit.services.copying.differences import (
    HEADERS,
    LINE_ENDS,
    MARK,
    OF_HIDDEN,
    ONCE,
    Difference,
    Said,
    of_dates,
    of_labels,
)
from gmailkit.services.copying.mapping import Mapped
from gmailkit.services.copying.mapping import Mapping as Rules
from gmailkit.services.copying.plan import hidden_in, part_of
from gmailkit.services.days import When
from gmailkit.services.places import Places
from gmailkit.services.searched import searched
from gmailkit.stores.dates import HEADER
from gmailkit.stores.imap import ImapStore
from gmailkit.stores.protocol import Source

NAMED = 20  # messages that are described
_MARK = re.compile(r"(copied|restored)/\d{4}-\d\d-\d\d")
_MARKS = frozenset({"UNREAD", "STARRED", "DRAFT"})
_HALF = 16  # bytes of a hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`messages` of the first store were looked for in the second; `equal` are there as they were,
    `near` with differences that are listed alone.

    `listed` counts differences that a copy between the two may make, by their names; `wrong` names
    messages that differ otherwise, `missing` those that are not there, `extra` counts what the
    second has besides. `unread` could not be read, on either side. `said` has date, sender and
    subject of the first of those that are missing or wrong.
    """

    messages: int
    equal: int
    near: int
    listed: Mapping[str, int]
    wrong: tuple[Failure, ...]
    missing: tuple[Ref, ...]
    extra: int
    unread: tuple[Failure, ...]
    said: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether all of the first is in the second, up to what is listed."""
        return not (self.wrong or self.missing or self.unread)


@dataclass(slots=True)
class _Known:
    """One content in a store, of all messages that have it; `key` is of it whichever line ends it
    has.
    """

    ref: Ref
    key: bytes
    exact: bytes
    said: Said
    received: datetime | None
    thread: str
    labels: frozenset[str]
    flags: frozenset[str]
    count: int = 1


@dataclass(slots=True)
class _Side:
    """What lies in a store, by content."""

    known: dict[bytes, _Known] = field(default_factory=dict)
    unread: list[Failure] = field(default_factory=list)

    @property
    def messages(self) -> int:
        return sum(each.count for each in self.known.values())


def compare(
    one: Source,
    other: Source,
    *,
    wanted: Node | None = None,
    hidden: frozenset[str] = frozenset(),
    on_seen: Callable[[int], None] = lambda count: None,
) -> Comparison:
    """Whether what matches in `one` is in `other`, but for what bears a label of `hidden`: bytes,
    labels, flags, dates and conversations, as far as both keep them. Each message of both is read
    once, those that are not found by their bytes once more; about 700 bytes are held for each.
    """
    seen = Counter[str]()

    def count() -> None:
        seen["all"] += 1
        on_seen(seen["all"])

    first = _side(one, searched(one, wanted), hidden, count)
    second = _side(other, other.refs(), hidden, count)
    return _Compared(one, other, first, second).found()


def compare_stores(
    places: Places,
    source: str,
    target: str,
    *,
    query: str = "",
    since: When | None = None,
    rules: Iterable[str] = (),
    everywhere: bool = False,
    on_seen: Callable[[int], None] = lambda count: None,
) -> Comparison:
    """The same of two stores by their names, with what `plan_copy` takes."""
    wanted = part_of(query, since)
    one = Mapped(places.source(places.locate(source)), Rules.of(rules))
    other = places.source(places.locate(target))
    hidden = hidden_in(wanted, everywhere=everywhere)
    return compare(one, other, wanted=wanted, hidden=hidden, on_seen=on_seen)


@dataclass(slots=True)
class _Compared:
    one: Source
    other: Source
    first: _Side
    second: _Side
    listed: Counter[str] = field(default_factory=Counter)
    wrong: list[Failure] = field(default_factory=list)
    pairs: list[tuple[_Known, _Known]] = field(default_factory=list)

    def found(self) -> Comparison:
        alone = self.first.known.keys() - self.second.known.keys()
        beside = self.second.known.keys() - self.first.known.keys()
        for key in self.first.known.keys() - alone:
            self.pairs.append((self.first.known[key], self.second.known[key]))
        self._by(alone, beside, lambda source, known: known.key.hex())
        before = len(self.pairs)
        self._by(alone, beside, _words)
        if said := len(self.pairs) - before:
            self.listed[HEADERS] = said
        counts = Counter[bool | None]()
        for was, now in self.pairs:
            counts[self._pair(was, now)] += was.count
        self._conversations()
        missing = tuple(known.ref for key, known in self.first.known.items() if key in alone)
        return Comparison(
            messages=self.first.messages,
            equal=counts[True],
            near=counts[None],
            listed=dict(sorted(self.listed.items())),
            wrong=tuple(self.wrong),
            missing=missing,
            extra=sum(self.second.known[key].count for key in beside),
            unread=(*self.first.unread, *self.second.unread),
            said=dict(self._said((*missing, *(each.item for each in self.wrong))[:NAMED])),
        )

    def _said(self, names: Collection[str]) -> Iterator[tuple[str, str]]:
        """What a person knows them by."""
        wanted = frozenset(names)
        refs = (each.ref for each in self.first.known.values() if each.ref in wanted)
        for ref, got in self.one.fetch(refs):
            if isinstance(got, Item):
                mail = parse_headers(got.content.part(0, HEADER))
                date = f"{mail.date:%Y-%m-%d}" if mail.date else ""
                yield ref, " ".join(filter(None, (date, str(mail.sender or ""), mail.subject)))

    def _by(
        self,
        alone: set[bytes],
        beside: set[bytes],
        what: Callable[[Source, _Known], str],
    ) -> None:
        """Messages of which that is the same: pairs, taken out of both sets."""
        if not alone:
            return
        there = {what(self.other, self.second.known[key]): key for key in sorted(beside)}
        for key in sorted(alone):
            match = there.pop(what(self.one, self.first.known[key]), None)
            if match is not None:
                alone.discard(key)
                beside.discard(match)
                self.pairs.append((self.first.known[key], self.second.known[match]))

    def _pair(self, was: _Known, now: _Known) -> bool | None:
        """Whether they are equal; None where all differences are listed."""
        different = list(self._different(was, now))
        for each in different:
            if each.listed:
                self.listed[each.what] += 1
            else:
                self.wrong.append(Failure(was.ref, each.what))
        return None if different and all(each.listed for each in different) else not different

    def _different(self, was: _Known, now: _Known) -> Iterator[Difference]:
        can = self.one.can & self.other.can
        if was.exact != now.exact and was.key == now.key:
            yield Difference(LINE_ENDS)
        if was.count > now.count:
            yield Difference(ONCE)
        had, has = (self._marked(each, can) for each in (was, now))
        marks = {label for label in has - had if _MARK.fullmatch(label)}
        yield from (Difference(MARK) for _ in marks)
        if isinstance(self.other, ImapStore) and HIDDEN & had & has:
            alone = had - has - _MARKS - HIDDEN
            yield from (Difference(OF_HIDDEN) for _ in alone)
            had -= alone
        yield from of_labels(had, has - marks)
        found = of_dates(was.received, now.received, said=was.said, now=now.flags)
        if found and Can.DATE in can:
            yield found

    def _marked(self, known: _Known, can: Can) -> frozenset[str]:
        labels = known.labels if Can.LABELS in can else frozenset()
        every = to_gmail(labels, known.flags)
        return every if Can.FLAGS in can else every - _MARKS

    def _conversations(self) -> None:
        """Messages of one conversation here are of one there, as far as both know any."""
        if Can.THREADS not in self.one.can & self.other.can:
            return
        became: defaultdict[str, set[str]] = defaultdict(set)
        for was, now in self.pairs:
            if was.thread and now.thread:
                became[was.thread].add(now.thread)
        self.wrong += [
            Failure(thread, f"This conversation is {len(there)} conversations there.")
            for thread, there in became.items()
            if len(there) > 1
        ]


def _side(
    source: Source, refs: Iterable[Ref], hidden: frozenset[str], count: Callable[[], None]
) -> _Side:
    side = _Side()
    sets: dict[frozenset[str], frozenset[str]] = {}
    for ref, got in source.fetch(refs):
        count()
        if isinstance(got, GmailKitError):
            if not isinstance(got, NotFound):
                side.unread.append(Failure.of(ref, got))
            continue
        if not hidden & got.labels:
            _note(side, ref, got, sets)
    return side


def _note(side: _Side, ref: Ref, item: Item, sets: dict[frozenset[str], frozenset[str]]) -> None:
    key = bytes.fromhex(item.content.digest_with_crlf)[:_HALF]
    exact = bytes.fromhex(item.content.digest)[:_HALF]
    labels, flags = (sets.setdefault(each, each) for each in (item.labels, item.flags))
    if there := side.known.get(exact):
        there.count += 1
        there.labels |= labels
        there.flags |= flags
        return
    said = Said.of(item.content)
    side.known[exact] = _Known(ref, key, exact, said, item.received, item.thread, labels, flags)


def _words(source: Source, known: _Known) -> str:
    """What it says, whatever its bytes are; its own name for one that is too large to be held, or
    has no Message-ID: others may say the same.
    """
    for _, got in source.fetch([known.ref]):
        if isinstance(got, Item) and got.content.size <= IN_MEMORY:
            raw = got.content.bytes
            if name := parse_headers(raw).message_id:
                return f"{name} {digest_of(raw)}"
    return f"{source.name} {known.ref}"
