"""`StoredMailbox`: the mail of any store, found and read with the verbs of `Gmail`.

Nothing is kept of it beside the store, so each search reads every message, unless the store answers
searches by itself; where it gives beginnings of messages, a list reads no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from gmailkit.client.listing import Listing
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import CannotDo, GmailKitError, NotFound, UsageError
from gmailkit.mime.mailing_list import list_id
from gmailkit.mime.parse import parse
from gmailkit.model.content import Content
from gmailkit.model.conversation import Conversation
from gmailkit.model.envelope import Envelope
from gmailkit.model.flags import to_gmail
from gmailkit.model.ids import HIDDEN, LabelId, MessageId, ThreadId
from gmailkit.model.item import Can, Item, Ref
from gmailkit.model.letter import Letter
from gmailkit.model.mail import Mail
from gmailkit.model.shape import EPOCH
from gmailkit.query.match import Context
from gmailkit.query.parse import parse as parse_query
from gmailkit.query.tree import Node
from gmailkit.services.counting import Count, count
from gmailkit.services.offline.envelopes import conversation_of
from gmailkit.services.offline.searching import Order
from gmailkit.services.offline.snippets import snippet
from gmailkit.services.offline.verbs import OfflineVerbs
from gmailkit.stores.dates import HEADER, dated
from gmailkit.stores.matching import is_match
from gmailkit.stores.protocol import Begun, Facts, Skimmed, Source
from gmailkit.zones import LOCAL

if TYPE_CHECKING:
    from gmailkit.query.builder import Q

_PAGE = 200  # messages of a list that are read together


@dataclass(frozen=True)
class StoredHit:
    """A message that was found, as `searching.Hit` tells one of a backup."""

    envelope: Envelope
    labels: tuple[str, ...]
    marks: tuple[tuple[int, int], ...] = ()

    @property
    def id(self) -> MessageId:
        return self.envelope.id

    @property
    def header(self) -> Envelope:
        return self.envelope


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a message stands in a list, the newest first, and in the store."""

    moment: float
    number: int
    ref: Ref
    thread: str


class StoredMailbox(OfflineVerbs):
    """Ids are the store's own names of messages. `damaged` are those that the last search could not
    read, so nobody knows whether they match.
    """

    notes: tuple[str, ...] = ()
    unsearched: tuple[str, ...] = ()  # what is attached is not searched at all
    as_of = None

    def __init__(self, source: Source, *, address: str = "", clock: Clock = SYSTEM_CLOCK) -> None:
        self.source = source
        self.path = source.name
        self.address = address or source.name
        self.damaged: tuple[MessageId, ...] = ()
        self._clock = clock

    def check(self, query: str | Q) -> None:
        """Raises QueryError."""
        parse_query(str(query))

    def hits(
        self, query: str | Q = "", *, limit: int | None = None, order: Order = "date"
    ) -> Listing[StoredHit]:
        found = self._found(query, limit, order)
        return Listing(self._read(found), source=found)

    def ids(
        self, query: str | Q = "", *, limit: int | None = None, order: Order = "date"
    ) -> Listing[MessageId]:
        found = self._found(query, limit, order)
        return Listing((MessageId(each.ref) for each in found), source=found)

    def count(self, query: str | Q = "") -> Count:
        return count(self._newest_first(str(query)))

    def conversations(
        self, query: str | Q = "", *, limit: int | None = None, order: Order = "date"
    ) -> Listing[Conversation]:
        found = self.conversation_ids(query, limit=limit, order=order)
        return Listing(map(self._conversation, found), source=found)

    def conversation_ids(
        self, query: str | Q = "", *, limit: int | None = None, order: Order = "date"
    ) -> Listing[ThreadId]:
        self._check_threads()
        _check(limit, order)
        found = dict.fromkeys(each.thread for each in self._newest_first(str(query)))
        return Listing(map(ThreadId, found), limit=limit)

    def count_conversations(self, query: str | Q = "") -> Count:
        return count(self.conversation_ids(query))

    def read(self, message: str | Envelope) -> Mail:
        """The whole message, attachments included. NotFound, and what reading it raises."""
        return parse(self.raw(message))

    def raw(self, message: str | Envelope) -> bytes:
        return self.content(message).bytes

    def content(self, message: str | Envelope) -> Content:
        id = message if isinstance(message, str) else message.id
        return self._item(Ref(id)).content

    def thread_of(self, id: str) -> ThreadId:
        self._check_threads()
        if any(each.thread == id for each in self._all):
            return ThreadId(id)
        return ThreadId(self._item(Ref(id)).thread or id)

    def messages_of(
        self, query: str | Q | None = None, *, ids: Iterable[str] | None = None
    ) -> tuple[MessageId, ...]:
        threads = map(self.thread_of, ids or ()) if query is None else self.conversation_ids(query)
        return tuple(
            letter.id for thread in dict.fromkeys(threads) for letter in self._letters_of(thread)
        )

    def read_conversation(self, thread: str | Conversation) -> Iterator[Letter]:
        """Its messages, oldest first; what lies in Trash or Spam is left out, unless all does."""
        return iter(self._letters_of(thread if isinstance(thread, str) else thread.id))

    def letter(self, id: str) -> Letter:
        item = self._item(Ref(id))
        mail = parse(item.content.bytes)
        labels = sorted(to_gmail(item.labels, item.flags))
        date = item.received or mail.date or EPOCH
        return Letter(id=MessageId(id), date=date, labels=tuple(map(LabelId, labels)), mail=mail)

    def _letters_of(self, thread: str) -> list[Letter]:
        self._check_threads()
        every = list(map(self.letter, self._refs_of(thread)))
        if not every:
            raise self._nothing(thread)
        return [each for each in every if HIDDEN.isdisjoint(each.labels)] or every

    def _conversation(self, thread: ThreadId) -> Conversation:
        every = [(ref, self._item(ref)) for ref in self._refs_of(thread)]
        shown = [pair for pair in every if not HIDDEN & pair[1].labels] or every
        some = [_hit(ref, Begun(item, item.content.size)) for ref, item in shown]
        return conversation_of([(each.envelope, each.labels) for each in some])

    def _refs_of(self, thread: str) -> list[Ref]:
        """Oldest first."""
        return [each.ref for each in reversed(self._all) if each.thread == thread]

    @cached_property
    def _all(self) -> list[_Place]:
        """Every message, the newest first, those of Spam and Trash too."""
        return self._newest_first("in:anywhere")

    def _found(self, query: str | Q, limit: int | None, order: Order) -> Listing[_Place]:
        _check(limit, order)
        return Listing(iter(self._newest_first(str(query))), limit=limit)

    def _read(self, found: Iterator[_Place]) -> Iterator[StoredHit]:
        """Some at a time, in the order of the store: an archive is read from one end to the other,
        and would be unpacked anew for each that lies before the last one.
        """
        while page := list(islice(found, _PAGE)):
            inside = sorted(page, key=lambda each: each.number)
            hits: dict[Ref, StoredHit] = {}
            for ref, got in self._begun(each.ref for each in inside):
                if isinstance(got, GmailKitError):
                    raise got
                hits[ref] = _hit(ref, got)
            yield from (hits[each.ref] for each in page)

    def _begun(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Begun | GmailKitError]]:
        if isinstance(self.source, Skimmed):
            yield from self.source.skim(refs)
            return
        for ref, got in self.source.fetch(refs):
            yield ref, Begun(got, got.content.size) if isinstance(got, Item) else got

    def _newest_first(self, query: str) -> list[_Place]:
        wanted = parse_query(query)
        self.damaged = ()
        if isinstance(self.source, Skimmed) and Can.DATE in self.source.can:
            found = self._listed(self.source.survey(self.source.refs(wanted)))
        else:
            found = self._looked_through(wanted)
        return sorted(found, key=lambda each: each.moment, reverse=True)

    def _listed(self, found: Iterable[tuple[Ref, Facts]]) -> Iterator[_Place]:
        for number, (ref, facts) in enumerate(found):
            moment = facts.received.timestamp() if facts.received else 0
            yield _Place(moment, number, ref, facts.thread or ref)

    def _looked_through(self, wanted: Node) -> Iterator[_Place]:
        context = Context(self._clock.now(), me=frozenset({self.address}), zone=LOCAL)
        searched = Can.SEARCH in self.source.can or isinstance(self.source, Skimmed)
        asked = self.source.refs(wanted if searched else None)
        for number, (ref, got) in enumerate(self._begun(asked)):
            if isinstance(got, NotFound):
                continue
            if isinstance(got, GmailKitError):
                self.damaged += (MessageId(ref),)
            elif searched or is_match(got.item, wanted, context):
                yield _Place(_moment(got.item), number, ref, got.item.thread or ref)

    def _item(self, ref: Ref) -> Item:
        for _, got in self.source.fetch([ref]):
            if isinstance(got, GmailKitError):
                raise got
            return got
        raise self._nothing(ref)

    def _check_threads(self) -> None:
        if Can.THREADS not in self.source.can:
            raise CannotDo(
                f"{self.source.name} does not keep which messages are one conversation.",
                hint="List messages, without --threads.",
            )

    def _nothing(self, id: str) -> NotFound:
        return NotFound(f"There is no message {id} in {self.source.name}.")


def _check(limit: int | None, order: Order) -> None:
    if order == "rank":
        raise UsageError("Only a backup ranks what is found.", hint="Leave --rank away.")
    if limit is not None and limit < 1:
        raise UsageError(f"A limit of {limit} finds nothing.", hint="Give 1 or more.")


def _moment(item: Item) -> float:
    date = dated(item)
    return date.timestamp() if date else 0


def envelope_in(ref: Ref, begun: Begun) -> Envelope:
    from gmailkit.mime.readable import readable

    item = begun.item
    mail = parse(item.content.part(0, HEADER))
    return Envelope(
        id=MessageId(ref),
        thread_id=ThreadId(item.thread or ref),
        date=item.received or mail.date or EPOCH,
        sender=mail.sender,
        to=mail.to,
        cc=mail.cc,
        subject=mail.subject,
        message_id=mail.message_id,
        list_id=list_id(mail.header("List-Id")).id,
        size=begun.size,
        snippet=snippet(readable(mail).text, ()).text,
    )


def _hit(ref: Ref, begun: Begun) -> StoredHit:
    item = begun.item
    return StoredHit(envelope_in(ref, begun), tuple(sorted(to_gmail(item.labels, item.flags))))
