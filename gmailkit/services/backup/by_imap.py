"""Gmail's IMAP as a second way to the bodies of messages: no unit of the API is spent on them.

Which messages there are, their conversations and labels stay what the API lists; IMAP gives bytes
and the time of arrival, to the second. Whether BODY[] is always what the API gives as raw is
documented nowhere. Open: so these bytes are unproven, as those of a seeded backup are, until they
were compared.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from gmailkit.client.client import Client
from gmailkit.clock import Clock
from gmailkit.errors import GmailKitError
from gmailkit.model.ids import MessageId, ThreadId, is_id
from gmailkit.model.item import Item, Ref
from gmailkit.model.message import Message
from gmailkit.model.ordered import place_in
from gmailkit.services.backup.matrix import Matrix, listed
from gmailkit.services.backup.trial import Trial
from gmailkit.services.backup.ways import SAVING, ImapSpeed, Listing, Timed, solved
from gmailkit.stores.gmail.bodies import Body
from gmailkit.stores.imap import GmailImapStore

TOGETHER = 200  # messages asked for at a time
AT_MOST = 8 << 20  # bytes of them
ORIGIN = "imap+gmail"
_Sized = tuple[int, MessageId]
_LOOKED_AT = 2000  # sizes among which those to be read for a measurement are chosen


class ByImap:
    """`open` connects and signs in, when it is first needed."""

    def __init__(
        self,
        client: Client,
        open: Callable[[], GmailImapStore],
        *,
        clock: Clock,
    ) -> None:
        self._client = client
        self._open = open
        self._clock = clock
        self._store: GmailImapStore | None = None
        self._opened = ExitStack()
        self._ids = array("Q")  # sorted, as `_sizes`
        self._sizes = array("Q")
        self._labels: Matrix | None = None

    def look(self) -> None:
        """See what there is. Raises what opening such a store raises."""
        if self._store is None:
            with ExitStack() as opened:
                store = opened.enter_context(self._open())
                found = sorted((int(ref, 16), size) for ref, size in store.sizes())
                self._ids = array("Q", (id for id, _ in found))
                self._sizes = array("Q", (size for _, size in found))
                self._store, self._opened = store, opened.pop_all()

    def close(self) -> None:
        self._opened.close()

    @property
    def _seen(self) -> GmailImapStore:
        assert self._store is not None, "look() comes first"  # noqa: S101
        return self._store

    def size(self, id: str) -> int | None:
        """None for a message that is not seen there."""
        if not is_id(id):
            return None
        place = place_in(self._ids, int(id, 16))
        return None if place is None else self._sizes[place]

    def list_labels(self) -> None:
        """Those of every message, as the API lists them: 5 units for each 500 of the mailbox and of
        each label. What changes later is told by the history, so they are good for one round.
        """
        if self._labels is None:
            every = sorted(label.id for label in self._client.labels.list())
            self._labels = listed(self._client, every)

    def bodies(self, ids: Sequence[MessageId]) -> Iterator[tuple[MessageId, Body | None]]:
        """Of some that are seen here; None for one that IMAP does not give as it should: the API
        will tell why. Raises what ends the session for good.
        """
        for ref, got in self._seen.fetch(map(Ref, ids)):
            yield MessageId(ref), None if isinstance(got, GmailKitError) else self._body(ref, got)

    def _body(self, ref: Ref, item: Item) -> Body | None:
        id, thread = MessageId(ref), item.thread
        bears = self._labels.of(id) if self._labels else None
        if bears is None or item.received is None or not is_id(thread):
            item.content.close()
            return None
        message = Message(
            id=id,
            thread_id=ThreadId(thread),
            label_ids=tuple(sorted(bears)),
            internal_date=item.received,
        )
        return Body(message, item.content, ORIGIN)

    def warm_up(self, ids: Sequence[MessageId]) -> None:
        """Read a small one and drop it: what is asked once for all comes with the first."""
        self._timed(self._some(ids)[:1])

    def speed(self, ids: Sequence[MessageId], listing: Listing) -> ImapSpeed:
        """As it is now, by reading some of them: small ones and large ones, and keeping none."""
        by_size = self._some(ids)
        middle = len(by_size) // 2
        small, large = (
            self._timed(_fitting(half))
            for half in (_spread(by_size[:middle] or by_size), by_size[:middle:-1] or by_size)
        )
        message, byte = solved(small, large)
        meter = self._seen.session.meter
        return ImapSpeed(message + SAVING, byte, listing, meter.left(), meter.daily())

    def _some(self, ids: Sequence[MessageId]) -> list[_Sized]:
        """By their size, the smallest first."""
        some = ids[:: len(ids) // _LOOKED_AT + 1]
        return sorted((size, id) for id in some if (size := self.size(id)) is not None)

    def _timed(self, some: Sequence[_Sized]) -> Timed:
        begun, bytes, trial = self._clock.monotonic(), 0, Trial()
        for _, got in self._seen.fetch(Ref(id) for _, id in some):
            if not isinstance(got, GmailKitError):
                with got.content:
                    bytes += trial.save(got.content)
        return len(some), bytes, self._clock.monotonic() - begun


def _spread(by_size: Sequence[_Sized]) -> Sequence[_Sized]:
    """Some of all sizes."""
    return by_size[:: len(by_size) // TOGETHER + 1]


def _fitting(some: Sequence[_Sized]) -> list[_Sized]:
    """The first that are asked for at a time, or one; in the order of the mailbox."""
    chosen: list[_Sized] = []
    room = AT_MOST
    for each in some:
        if len(chosen) < TOGETHER and each[0] <= room:
            chosen.append(each)
            room -= each[0]
    return sorted(chosen or some[-1:], key=lambda each: each[1])
