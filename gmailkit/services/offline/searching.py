"""Finding mail in a backup; nobody is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import msgspec

from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.backup.place import name_of
from gmailkit.client.listing import Listing
from gmailkit.clock import Clock
from gmailkit.errors import NotFound, UsageError, to_type
from gmailkit.finding.database import Database, Key
from gmailkit.model.conversation import Conversation
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import HIDDEN, MessageId, ThreadId
from gmailkit.query.context import Context
from gmailkit.query.parse import parse
from gmailkit.services.counting import Count, count
from gmailkit.services.offline.asking import Asked, asked
from gmailkit.services.offline.labels import names
from gmailkit.services.offline.opening import Finding, unread
from gmailkit.zones import LOCAL

if TYPE_CHECKING:
    from gmailkit.query.builder import Q
    from gmailkit.services.offline.snippets import Snippet

SECONDS = 30.0  # a search may take
Order = Literal["date", "rank"]


class Hit:
    """A message that was found; what is asked of it is read when it is asked for.

    `header` is what its header says, `envelope` the same with its snippet: the part of its text
    that was hit, of which `marks` are the (start, end) of what was looked for. `labels` are names.
    """

    def __init__(self, entry: Entry, raw: Callable[[], bytes], needles: tuple[str, ...]) -> None:
        self._entry = entry
        self._read = raw
        self._needles = needles

    @property
    def id(self) -> MessageId:
        return MessageId(self._entry.id)

    @cached_property
    def header(self) -> Envelope:
        from gmailkit.mime.parse import parse_headers
        from gmailkit.services.offline.envelopes import envelope_of

        return envelope_of(self._entry, parse_headers(self._raw))

    @property
    def envelope(self) -> Envelope:
        return msgspec.structs.replace(self.header, snippet=self._snippet.text)

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        return self._snippet.hits

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return tuple(sorted(names(self._entry.labels)))

    @cached_property
    def _raw(self) -> bytes:
        return self._read()

    @cached_property
    def _snippet(self) -> Snippet:
        from gmailkit.mime.parse import parse
        from gmailkit.mime.readable import readable
        from gmailkit.services.offline.snippets import snippet

        return snippet(readable(parse(self._raw)).text, self._needles)


class Searching:
    """What is found is the same as on Gmail, by the labels that were saved."""

    def __init__(
        self,
        backup: Backup,
        account: str,
        finding: Callable[[], Finding],
        *,
        as_of: datetime | None = None,
        clock: Clock,
        resources: ExitStack,
    ) -> None:
        self.path = backup.path
        self.address = account
        self.as_of = as_of
        self._backup = backup
        self._find = finding
        self._clock = clock
        self._resources = resources

    @cached_property
    def _finding(self) -> Finding:
        found = self._find()
        self._resources.callback(found.database.close)
        return found

    @property
    def _database(self) -> Database:
        return self._finding.database

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found and done while the backup and its search database were opened."""
        return (*self._backup.notes, *self._finding.notes)

    def check(self, query: str | Q) -> None:
        """Raises QueryError, before the search database is made; a label that is unknown is told
        by the search."""
        parse(str(query))

    @property
    def unsearched(self) -> tuple[str, ...]:
        """Which attached files no word is found in, or not all: sentences for the person."""
        return tuple(unread(self._database))

    @property
    def damaged(self) -> tuple[MessageId, ...]:
        """Messages that could not be read, so that no search of words finds them."""
        return tuple(
            MessageId(id)
            for account, id, _ in self._database.damaged()
            if account == self.address and self._backup.find(account, id)
        )

    def search(
        self, query: str | Q = "", *, limit: int | None = None, order: Order = "date"
    ) -> Listing[Envelope]:
        """Messages matching a Gmail search, newest first or those first that fit best ("rank").

        As `Gmail.search`: Spam and Trash only when the query names them, QueryError and NotFound
        (an unknown label) for a query that finds nothing by a slip. TimedOut after 30 seconds.
        """
        found = self.hits(query, limit=limit, order=order)
        return Listing((hit.envelope for hit in found), source=found)

    def hits(
        self, query: str | Q = "", *, limit: int | None = None, order: Order = "date"
    ) -> Listing[Hit]:
        """The same, each with its labels and the part of its text that was hit."""
        wanted = self._asked(query)
        found = self._found(wanted, limit, order)
        ids = self._database.ids_of(found)
        return Listing((self._hit(id, wanted.needles) for id in ids), source=found)

    def ids(
        self, query: str | Q = "", *, limit: int | None = None, order: Order = "date"
    ) -> Listing[MessageId]:
        found = self._found(self._asked(query), limit, order)
        return Listing(map(MessageId, self._database.ids_of(found)), source=found)

    def search_labelled(
        self, query: str | Q = "", *, limit: int | None = None, order: Order = "date"
    ) -> Listing[tuple[Envelope, tuple[str, ...]]]:
        """As `search`, each with the names of its labels, as they were saved."""
        found = self.hits(query, limit=limit, order=order)
        return Listing(((hit.envelope, hit.labels) for hit in found), source=found)

    def _found(self, wanted: Asked, limit: int | None, order: Order) -> Listing[int]:
        if limit is not None and limit < 1:
            raise UsageError(f"A limit of {limit} finds nothing.", hint="Give 1 or more.")
        found = self._newest_first(wanted)
        if order == "rank":
            found = iter(self._database.ranked(tuple(found), wanted.ranking))
        return Listing(found, limit=limit)

    def _newest_first(self, wanted: Asked) -> Iterator[int]:
        return self._database.newest_first(
            wanted.where,
            self.address,
            span=wanted.span,
            seconds=SECONDS,
            monotonic=self._clock.monotonic,
        )

    def _asked(self, query: str | Q) -> Asked:
        self.check(query)
        own = frozenset([self.address])
        context = Context(now=self._clock.now(), me=own, zone=LOCAL)
        return asked(str(query), labels=self._database.labels(), context=context)

    def conversations(
        self, query: str | Q = "", *, limit: int | None = None, order: Order = "date"
    ) -> Listing[Conversation]:
        """Conversations of which a message matches; in order of the first that does."""
        found = self.conversation_ids(query, limit=limit, order=order)
        return Listing(map(self._conversation, found), source=found)

    def conversation_ids(
        self, query: str | Q = "", *, limit: int | None = None, order: Order = "date"
    ) -> Listing[ThreadId]:
        found = self._found(self._asked(query), None, order)

        def threads() -> Iterator[ThreadId]:
            given = set()
            for key in found:
                thread = self._database.message(key).thread
                if thread not in given:
                    given.add(thread)
                    yield ThreadId(thread)

        return Listing(threads(), limit=limit)

    def count(self, query: str | Q = "") -> Count:
        """How many messages match: exact below 2,000, else at least that."""
        return count(self._found(self._asked(query), None, "date"))

    def count_conversations(self, query: str | Q = "") -> Count:
        return count(self.conversation_ids(query))

    def _hit(self, id: str, needles: tuple[str, ...] = ()) -> Hit:
        entry = self._entry(id)
        return Hit(entry, lambda: self._backup.read(entry).raw, needles)

    def _conversation(self, thread: ThreadId) -> Conversation:
        from gmailkit.services.offline.envelopes import conversation_of

        some = self._in_view(self._database.thread(self.address, thread))
        hits = [self._hit(each.id) for each in some]
        return conversation_of([(hit.header, hit.labels) for hit in hits])

    def _in_view(self, messages: list[Key]) -> list[Key]:
        """Those that neither Trash nor Spam holds; all of them where those hold all."""
        seen = [m for m in messages if HIDDEN.isdisjoint(self._database.labels_of(m.key))]
        return seen or messages

    def _entry(self, id: str) -> Entry:
        entry = self._backup.find(self.address, id)
        if entry is None:
            raise self._no_message(id)
        return entry

    def _no_message(self, id: str) -> NotFound:
        place = name_of(self.path)
        return NotFound(
            f"{place} has no message {id} of {self.address}.",
            hint=f"Ids and rows come from: {to_type('search', 'QUERY', '--in', place)}",
        )
