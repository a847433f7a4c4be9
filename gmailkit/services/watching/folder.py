"""A mailbox on a server of IMAP that is listened to: what comes is told at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from gmailkit.errors import Conflict, NotFound, TryLater
from gmailkit.model.flags import to_gmail
from gmailkit.model.ids import MessageId
from gmailkit.record.watches import Watches
from gmailkit.services.arriving import LAG
from gmailkit.services.offline.stored import envelope_in
from gmailkit.services.watching.arrivals import Came, Sleep, Told
from gmailkit.stores.imap.arriving import Arriving
from gmailkit.stores.imap.arriving_in_gmail import ArrivingInGmail
from gmailkit.transport.imap.idle import RENEWED

T = TypeVar("T")


class ByFolder:
    """No units. A server without IDLE is looked at, `every` so many seconds."""

    def __init__(self, arriving: Arriving, account: str, record: Watches, *, every: float) -> None:
        self._arriving = arriving
        self._account = account
        self._record = record
        self._every = every

    @property
    def account(self) -> str:
        return self._account

    @property
    def record(self) -> Watches:
        return self._record

    @property
    def lag(self) -> float:
        return 0.0 if self._arriving.sure else LAG

    def mark(self) -> str:
        return _again(self._arriving.mark)

    def since(self, mark: str) -> Iterator[Came] | None:
        try:
            with _was_there():
                found = self._arriving.since(mark)
        except Conflict:
            return None
        return None if found is None else self._coming(found)

    def _coming(self, found: Iterable[tuple[list[str], str]]) -> Iterator[Came]:
        """To where the folder was made anew, if it was: the next look makes up for the rest."""
        with _was_there(), suppress(Conflict):
            for names, mark in found:
                yield Came(tuple(map(MessageId, names)), mark, sure=self._arriving.sure)

    def after(self, moment: float) -> list[MessageId]:
        return [MessageId(each) for each in _again(lambda: self._arriving.after(moment))]

    def matching(self, among: Collection[MessageId]) -> list[MessageId]:
        """Where that was not known at once: at Gmail, whose search lags behind."""
        arriving = self._arriving
        if not isinstance(arriving, ArrivingInGmail):
            return []
        return [MessageId(each) for each in _again(lambda: arriving.names_matching(among))]

    def told(self, id: MessageId) -> Told | None:
        with _was_there():
            found = _again(lambda: self._arriving.find(id))
        if found is None:
            return None
        item = found.message.item
        labels = tuple(sorted(to_gmail(item.labels, item.flags)))
        return Told(envelope_in(found.ref, found.message), labels)

    def wait(self, seconds: float, sleep: Sleep) -> None:
        idles = "IDLE" in self._arriving.session.capabilities
        with _was_there():
            self._arriving.wait(min(seconds, RENEWED if idles else self._every), sleep)

    def close(self) -> None:
        self._arriving.close()


@contextmanager
def _was_there() -> Iterator[None]:
    """A folder that is gone may be made anew in a moment."""
    try:
        yield
    except NotFound as error:
        raise TryLater(error.message) from error


def _again(call: Callable[[], T]) -> T:
    """Once more where the folder was made anew in the middle of it."""
    try:
        return call()
    except Conflict:
        return call()
