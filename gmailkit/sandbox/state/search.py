"""messages.list inside: labels by SQL, `q` by the query language, page after page."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from gmailkit.clock import Clock
from gmailkit.errors import QueryError
from gmailkit.query.labels import is_system
from gmailkit.sandbox.state.bounds import EVERYTHING, Bounds, bounds
from gmailkit.sandbox.state.messages import Messages, Stored
from gmailkit.sandbox.state.users import User

if TYPE_CHECKING:
    from gmailkit.query.document import Document

Place = tuple[int, int]  # date_ms and n of a message

# Open: long lists are known to break "around a few thousand" characters; how is not.
MOST_ASKED = 2_000
_READ_AT_ONCE = 200
_CACHED_CHARACTERS = 120_000_000  # some 20,000 messages: a scan of more than fit would find none
_OVERHEAD = 4_000  # of headers and words, roughly


class Search:
    def __init__(
        self,
        messages: Messages,
        own_addresses: Callable[[User], Collection[str]],
        label_names: Callable[[int], dict[str, str]],
        clock: Clock,
    ) -> None:
        self._messages = messages
        self._own_addresses = own_addresses
        self._label_names = label_names
        self._clock = clock
        self._documents = _Documents()

    def page(
        self,
        user: User,
        *,
        query: str = "",
        labels: Sequence[str] = (),
        spam_trash: bool = False,
        after: Place | None = None,
        limit: int,
    ) -> tuple[list[Stored], bool]:
        """Up to `limit` messages, newest first, and whether there are more behind them."""
        if not query.strip():
            found = self._messages.page(
                user.n, labels=labels, spam_trash=spam_trash, after=after, limit=limit + 1
            )
            return found[:limit], len(found) > limit
        try:
            return _first(self._looking(user, query, labels, spam_trash).behind(after), limit)
        except QueryError:
            return [], False  # Gmail never calls a query wrong: it finds nothing

    def threads(
        self,
        user: User,
        *,
        query: str = "",
        labels: Sequence[str] = (),
        spam_trash: bool = False,
        after: Place | None = None,
        limit: int,
    ) -> tuple[list[Stored], bool]:
        """The newest message of each thread that matches, and whether there are more threads.

        Each message is looked at by itself: words and negations never meet across a thread. Open:
        whether two `labels` may stand on two messages of one thread. Not here.
        """
        try:
            return _first(self._looking(user, query, labels, spam_trash).threads(after), limit)
        except QueryError:
            return [], False

    def _looking(self, user: User, query: str, labels: Sequence[str], spam_trash: bool) -> _Looking:
        from gmailkit.query.match import Context, matches
        from gmailkit.query.parse import parse
        from gmailkit.query.scope import reaches_spam_and_trash

        if not query.strip():
            return _Looking(self._messages, user, labels, spam_trash, lambda page: page)
        if len(query) > MOST_ASKED:
            raise QueryError("too long", query=query, position=MOST_ASKED)
        node = parse(query)
        context = Context(now=self._clock.now(), me=frozenset(self._own_addresses(user)))

        def hits(page: Sequence[Stored]) -> Iterator[Stored]:
            for message, document in self._documents_of(user, page):
                if matches(node, document, context=context):
                    yield message

        everywhere = spam_trash or reaches_spam_and_trash(node)
        return _Looking(self._messages, user, labels, everywhere, hits, bounds(node, context))

    def _documents_of(
        self, user: User, page: Sequence[Stored]
    ) -> Iterator[tuple[Stored, Document]]:
        names = self._label_names(user.n)
        carried = self._messages.labels_of_many(page)
        for message in page:
            labels = frozenset(_seen(names[id]) if id in names else id for id in carried[message.n])
            yield message, self._document(message, labels)

    def _document(self, message: Stored, labels: frozenset[str]) -> Document:
        kept = self._documents.get(message.n)
        if kept is not None and kept.labels == labels:
            return kept
        document = self._read(message, labels, kept)
        self._documents.keep(message.n, document)
        return document

    def _read(self, message: Stored, labels: frozenset[str], kept: Document | None) -> Document:
        """Content never changes: where only labels did, nothing is parsed again."""
        from gmailkit.mime.parse import parse
        from gmailkit.query.document import Document

        if kept is not None:
            mail = kept.mail
        else:
            mail = parse(self._messages.raw(message.n))
            # A search looks at names of attachments alone: their bytes are not worth keeping.
            light = tuple(replace(attachment, content=b"") for attachment in mail.attachments)
            mail = replace(mail, attachments=light)
        return Document.of(mail, labels=labels, date=message.date_ms / 1000, size=message.size)


@dataclass(frozen=True, slots=True)
class _Looking:
    """One question to one mailbox: `hits` chooses among messages that carry all of `labels`."""

    messages: Messages
    user: User
    labels: Sequence[str]
    everywhere: bool
    hits: Callable[[Sequence[Stored]], Iterable[Stored]]
    within: Bounds = EVERYTHING

    def behind(self, after: Place | None) -> Iterator[Stored]:
        """Newest first."""
        while page := self._page(after=after):
            yield from self.hits(page)
            after = (page[-1].date_ms, page[-1].n)

    def threads(self, after: Place | None) -> Iterator[Stored]:
        """The newest hit of each thread; what stood before `after` has been shown."""
        seen: set[str] = set()
        for message in self.behind(after):
            if message.thread in seen:
                continue
            seen.add(message.thread)
            if after is None or not self._hit_before(after, message.thread):
                yield message

    def _hit_before(self, after: Place, thread: str) -> bool:
        newer = [m for m in self._page(thread=thread) if (m.date_ms, m.n) >= after]
        return any(True for _ in self.hits(newer))

    def _page(self, *, thread: str = "", after: Place | None = None) -> list[Stored]:
        return self.messages.page(
            self.user.n,
            labels=self.labels,
            spam_trash=self.everywhere,
            thread=thread,
            within=self.within,
            after=after,
            limit=_READ_AT_ONCE,
        )


def _seen(name: str) -> str:
    """A user label as a document carries it: SNOOZED, made by the user, is not the state."""
    return name.lower() if is_system(name) else name


def _first(hits: Iterator[Stored], limit: int) -> tuple[list[Stored], bool]:
    found = list(islice(hits, limit + 1))
    return found[:limit], len(found) > limit


class _Documents:
    """Those looked at last, by the message's `n`; bounded by the text they hold."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[Document, int]] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def get(self, n: int) -> Document | None:
        with self._lock:
            if n not in self._kept:
                return None
            self._kept.move_to_end(n)
            return self._kept[n][0]

    def keep(self, n: int, document: Document) -> None:
        weight = _OVERHEAD + len(document.mail.text) + len(document.mail.html)
        with self._lock:
            self._weight += weight - self._kept.pop(n, (document, 0))[1]
            self._kept[n] = (document, weight)
            while self._weight > _CACHED_CHARACTERS and len(self._kept) > 1:
                self._weight -= self._kept.popitem(last=False)[1][1]
