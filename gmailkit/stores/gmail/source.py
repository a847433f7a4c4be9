"""A mailbox of Gmail as a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch, fetch_raw
from gmailkit.errors import NotFound
from gmailkit.model import flags
from gmailkit.model.content import Content
from gmailkit.model.ids import LabelId
from gmailkit.model.item import KEPT, Can, Item, Ref
from gmailkit.model.message import Message, MessageRef
from gmailkit.query.asked import parts, with_instants
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.text import to_text
from gmailkit.query.tree import Everything, Node
from gmailkit.stores.gmail.target import name_of_mailbox
from gmailkit.stores.protocol import Facts, Fetched, Folder
from gmailkit.zones import LOCAL

_SAMPLE = 20  # messages


class GmailSource:
    """Refs are Gmail's ids, the oldest message first. Reading one costs 20 units (5 before 2026),
    listing 5 for 500.
    """

    can = KEPT | Can.WRITE | Can.SEARCH | Can.WATCH

    def __init__(self, client: Client, address: str) -> None:
        self.name = name_of_mailbox(address)
        self._client = client
        self._names: dict[LabelId, str] | None = None

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
        with closing(fetch_raw(self._client.messages, refs)) as coming:
            for ref, result in coming:
                try:
                    message, content = result.result()
                except NotFound as error:
                    yield ref, error
                else:
                    with content:
                        yield ref, self._item(message, content)

    def survey(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Facts]]:
        """Of many by listing the ids of each label, 5 units for each 500: no message is read, and
        no size known. Of a few each is asked for.
        """
        every = list(refs)
        if len(every) <= _SAMPLE:
            yield from self._asked(every)
            return
        bears: dict[str, set[str]] = {}
        for label, ids in fetch(list(self._by_id()), self._bearing):
            for id in ids.result():
                bears.setdefault(id, set()).add(self._label(label))
        for ref in every:
            yield ref, Facts(None, frozenset(bears.get(ref, ())))

    def _asked(self, refs: list[Ref]) -> Iterator[tuple[Ref, Facts]]:
        for ref, result in fetch(refs, partial(self._client.messages.get, format="minimal")):
            if not isinstance(result.exception(), NotFound):
                message = result.result()
                labels = frozenset(map(self._label, message.label_ids))
                yield ref, Facts(message.size_estimate, labels)

    def folders(self) -> Iterator[Folder]:
        """A unit for each label."""
        for label in self._client.labels.get_many(self._by_id()):
            yield Folder(self._label(label.id), label.messages_total, label.messages_unread)

    def labels(self) -> frozenset[str]:
        """1 unit, once."""
        return frozenset(self._by_id().values())

    def mean_size(self, refs: Sequence[Ref]) -> int:
        """Bytes of a message, as Gmail estimates those of some of these: 20 units for each."""
        some = refs[:: len(refs) // _SAMPLE + 1]
        found = [
            message.result().size_estimate
            for _, message in fetch(some, partial(self._client.messages.get, format="minimal"))
            if not message.exception()
        ]
        return sum(found) // len(found) if found else 0

    def _item(self, message: Message, content: Content) -> Item:
        labels, marks = flags.from_gmail(map(self._label, message.label_ids))
        return Item(
            content=content,
            labels=labels,
            flags=marks,
            received=message.date,
            thread=message.thread_id,
        )

    def _label(self, id: LabelId) -> str:
        """A user's label by its name, Gmail's own by its id."""
        known = self._by_id()
        if id not in known:  # made meanwhile, or hidden: asked for once
            self._names = None
            known = self._by_id()
            known.setdefault(id, id)
        return known[id]

    def _by_id(self) -> dict[LabelId, str]:
        if self._names is None:
            labels = self._client.labels.list()
            self._names = {x.id: x.id if x.type == "system" else x.name for x in labels}
        return self._names

    def _bearing(self, label: LabelId) -> list[str]:
        try:
            listing = self._client.messages.list(label_ids=[label], include_spam_trash=True)
            return [ref.id for ref in listing]
        except NotFound:  # the label is gone since
            return []


def _age(id: str) -> tuple[int, str]:
    return len(id), id
