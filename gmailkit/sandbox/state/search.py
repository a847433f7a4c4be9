"""messages.list inside: labels by SQL, `q` by the query language, page after page."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gmailkit.clock import Clock
from gmailkit.errors import QueryError
from gmailkit.sandbox.state.messages import Messages, Stored
from gmailkit.sandbox.state.users import User, Users

if TYPE_CHECKING:
    from gmailkit.query.document import Document

_READ_AT_ONCE = 200
_CACHED_CHARACTERS = 60_000_000
_OVERHEAD = 4_000  # of headers and words, roughly


class Search:
    def __init__(
        self,
        messages: Messages,
        users: Users,
        label_names: Callable[[int], dict[str, str]],
        clock: Clock,
    ) -> None:
        self._messages = messages
        self._users = users
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
        after: tuple[int, int] | None = None,
        limit: int,
    ) -> tuple[list[Stored], bool]:
        """Up to `limit` messages, newest first, and whether there are more behind them."""
        if not query.strip():
            found = self._messages.page(
                user.n, labels=labels, spam_trash=spam_trash, after=after, limit=limit + 1
            )
            return found[:limit], len(found) > limit
        try:
            hits = self._matching(user, query, labels, spam_trash, after)
            first = [message for message, _ in zip(hits, range(limit + 1), strict=False)]
        except QueryError:
            return [], False  # Gmail never calls a query wrong: it finds nothing
        return first[:limit], len(first) > limit

    def _matching(
        self,
        user: User,
        query: str,
        labels: Sequence[str],
        spam_trash: bool,
        after: tuple[int, int] | None,
    ) -> Iterator[Stored]:
        from gmailkit.query.match import Context, matches
        from gmailkit.query.parse import parse
        from gmailkit.query.scope import reaches_spam_and_trash

        node = parse(query)
        context = Context(now=self._clock.now(), me=self._users.addresses(user))
        everywhere = spam_trash or reaches_spam_and_trash(node)
        for message, document in self._documents_of(
            user, self._walk(user, labels, everywhere, after)
        ):
            if matches(node, document, context=context):
                yield message

    def _walk(
        self, user: User, labels: Sequence[str], everywhere: bool, after: tuple[int, int] | None
    ) -> Iterator[list[Stored]]:
        while page := self._messages.page(
            user.n, labels=labels, spam_trash=everywhere, after=after, limit=_READ_AT_ONCE
        ):
            yield page
            after = (page[-1].date_ms, page[-1].n)

    def _documents_of(
        self, user: User, pages: Iterable[list[Stored]]
    ) -> Iterator[tuple[Stored, Document]]:
        names = self._label_names(user.n)
        for page in pages:
            carried = self._messages.labels_of_many(page)
            for message in page:
                labels = frozenset(names.get(id, id) for id in carried[message.n])
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
