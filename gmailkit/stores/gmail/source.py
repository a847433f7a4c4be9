"""A mailbox of Gmail as a source."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial

import msgspec

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch
from gmailkit.client.label_names import LabelNames
from gmailkit.errors import BudgetSpent, GmailKitError, NotFound
from gmailkit.model import flags
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.model.item import KEPT, Can, Item, Ref
from gmailkit.model.message import MessageRef
from gmailkit.query.asked import parts, with_instants
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.text import to_text
from gmailkit.query.tree import Everything, Node
from gmailkit.stores.gmail.bodies import Bodies, Body, ByApi, is_of_a_message
from gmailkit.stores.protocol import Facts, Fetched, Folder
from gmailkit.zones import LOCAL

GIVE_UP_AFTER = 10  # failures in a row: it is the service then, not the messages
_SAMPLE = 20  # messages
_LARGE = 500_000  # bytes


def name_of_mailbox(address: str) -> str:
    """What the store of that mailbox is called."""
    return f"gmail:{address.casefold()}"


class GmailSource:
    """Refs are Gmail's ids, the oldest message first. Reading one costs 20 units (5 before 2026),
    listing 5 for 500.

    Messages come as `bodies` gives them, else by the API; nothing more is begun when the time
    `is_over`. `names` are the labels of the mailbox, where somebody has listed them. The `stubborn`
    could not be read before: that they cannot be read again tells nothing of the service.
    """

    can = KEPT | Can.WRITE | Can.SEARCH | Can.WATCH

    def __init__(
        self,
        client: Client,
        address: str,
        *,
        bodies: Bodies | None = None,
        names: LabelNames | None = None,
        stubborn: Container[str] = (),
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name = name_of_mailbox(address)
        self._client = client
        self._bodies = bodies or ByApi(client)
        self._listed = names
        self._stubborn = stubborn
        self._is_over = is_over

    def __enter__(self) -> GmailSource:
        return self

    def __exit__(self, *_: object) -> None: ...

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        if wanted is None or isinstance(wanted, Everything):
            found = [ref.id for ref in self._client.messages.list(include_spam_trash=True)]
            yield from map(Ref, reversed(found))
            return
        texts = [to_text(part) for part in parts(with_instants(wanted, LOCAL))]
        everywhere = len(texts) > 1 and reaches_spam_and_trash(wanted)
        given = dict[str, MessageRef]()
        for text in texts:
            listing = self._client.messages.list(q=text, include_spam_trash=everywhere)
            given.update((ref.id, ref) for ref in listing)
        # Ids grow with time; those of several texts are put in order again.
        yield from map(Ref, sorted(given, key=_age) if len(texts) > 1 else reversed(given))

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        """A few are read at once, ahead of the one that is given. When the units are spent nothing
        more is begun, what is under way is given, and BudgetSpent raised. Raises the error of the
        service when ten in a row fail.
        """
        reading = _Reading(self._stubborn, self._is_over)
        with closing(self._bodies.fetch(map(MessageId, refs), reading.may)) as coming:
            for id, result in coming:
                try:
                    body = result()
                except GmailKitError as error:
                    yield from reading.failed(Ref(id), error)
                else:
                    reading.in_a_row = 0
                    with body.content:
                        yield Ref(id), self._item(body)
        if reading.spent:
            raise reading.spent

    def survey(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Facts]]:
        """Of many by listing the ids of each label, 5 units for each 500: no message is read, and
        no size known. Of a few each is asked for.
        """
        every = list(refs)
        if len(every) <= _SAMPLE:
            yield from self._asked(every)
            return
        bears: dict[str, set[str]] = {}
        for label, ids in fetch([label.id for label in self._names.labels], self._bearing):
            (shown,) = self._names.shown([label])
            for id in ids.result():
                bears.setdefault(id, set()).add(shown)
        for ref in every:
            yield ref, Facts(None, frozenset(bears.get(ref, ())))

    def _asked(self, refs: list[Ref]) -> Iterator[tuple[Ref, Facts]]:
        for ref, result in fetch(refs, partial(self._client.messages.get, format="minimal")):
            if not isinstance(result.exception(), NotFound):
                message = result.result()
                yield ref, Facts(message.size_estimate, self._names.shown(message.label_ids))

    def folders(self) -> Iterator[Folder]:
        """A unit for each label."""
        for label in self._client.labels.get_many(each.id for each in self._names.labels):
            (shown,) = self._names.shown([label.id])
            yield Folder(shown, label.messages_total, label.messages_unread)

    def labels(self) -> frozenset[str]:
        """1 unit, once."""
        return self._names.shown(label.id for label in self._names.labels)

    def mean_size(self, refs: Sequence[Ref]) -> int:
        """Bytes of a message, as Gmail estimates those of some of these: 20 units for each. A few
        large ones hold most of what a mailbox holds, and are told apart: 5 units for each 500.
        """
        listing = self._client.messages.list(q=f"larger:{_LARGE}", include_spam_trash=True)
        found = {ref.id for ref in listing} if len(refs) > _SAMPLE else frozenset[str]()
        large = [ref for ref in refs if ref in found]
        small = [ref for ref in refs if ref not in found]
        every = sum(len(some) * self._mean(some) for some in (large, small))
        return every // len(refs) if refs else 0

    def _mean(self, refs: Sequence[Ref]) -> int:
        some = refs[:: len(refs) // _SAMPLE + 1]
        found = [
            message.result().size_estimate
            for _, message in fetch(some, partial(self._client.messages.get, format="minimal"))
            if not message.exception()
        ]
        return sum(found) // len(found) if found else 0

    def _item(self, body: Body) -> Item:
        message = body.message
        labels, marks = flags.from_gmail(self._names.shown(message.label_ids))
        return Item(
            id=message.id,
            content=body.content,
            labels=labels,
            flags=marks,
            received=message.date,
            thread=message.thread_id,
            origin=body.origin,
        )

    @property
    def _names(self) -> LabelNames:
        if self._listed is None:
            self._listed = LabelNames.of(self._client)
        return self._listed

    def _bearing(self, label: LabelId) -> list[str]:
        try:
            listing = self._client.messages.list(label_ids=[label], include_spam_trash=True)
            return [ref.id for ref in listing]
        except NotFound:  # the label is gone since
            return []


class _Reading(msgspec.Struct):
    """Whether to go on: `spent` says why not; of the failures so many came `in_a_row`."""

    stubborn: Container[str]
    is_over: Callable[[], bool]
    in_a_row: int = 0
    spent: BudgetSpent | None = None

    def may(self) -> bool:
        return not (self.spent or self.is_over())

    def failed(self, ref: Ref, error: GmailKitError) -> Iterator[Fetched]:
        """It is told of the message, or raised where it is none of its."""
        if isinstance(error, BudgetSpent):
            self.spent = error
            return
        if not is_of_a_message(error):
            raise error
        self.in_a_row += not isinstance(error, NotFound) and ref not in self.stubborn
        if self.in_a_row >= GIVE_UP_AFTER:
            raise error
        yield ref, error


def _age(id: str) -> tuple[int, str]:
    return len(id), id
