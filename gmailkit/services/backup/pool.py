"""Which messages are still to be read, shared by ways that read at the same time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from gmailkit.model.ids import MessageId
from gmailkit.services.backup.matrix import Ids
from gmailkit.stores.gmail.bodies import May


class Pool:
    """The newest first, as they are given; taken from both ends by threads of their own."""

    def __init__(self, ids: Iterable[MessageId], may: May) -> None:
        kept = Ids(ids)
        self._numbers = kept.numbers
        self._next, self._end = 0, len(self._numbers)
        self._back: deque[MessageId] = deque()  # begun by a way that ended
        self._for_api = deque(kept.odd)
        self._may = may
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._end - self._next + len(self._back) + len(self._for_api)

    def newest(self) -> Iterator[MessageId]:
        """One after the other while it may, for the API; first what it alone can give."""
        while (id := self._newest()) is not None:
            yield id

    def for_api(self) -> Iterator[MessageId]:
        """The same, without what others can give."""
        while self._for_api and (id := self._newest()) is not None:
            yield id

    def oldest(
        self, size: Callable[[str], int | None], *, most: int, bytes: int
    ) -> list[MessageId]:
        """Some for IMAP, at `most` so many with so many `bytes`, or one: none that has no size."""
        some: list[MessageId] = []
        with self._lock:
            while self._may() and len(some) < most and (id := self._last()):
                known = size(id)
                if some and known is not None and known > bytes:
                    break
                if self._back:
                    self._back.pop()
                else:
                    self._end -= 1
                if known is None:
                    self._for_api.append(id)
                else:
                    some.append(id)
                    bytes -= known
        return some

    def leave_to_api(self, id: MessageId) -> None:
        with self._lock:
            self._for_api.append(id)

    def give_back(self, ids: Iterable[MessageId]) -> None:
        """To whoever goes on."""
        with self._lock:
            self._back.extend(ids)

    def _newest(self) -> MessageId | None:
        with self._lock:
            if not self._may():
                return None
            if self._for_api:
                return self._for_api.popleft()
            if self._back:
                return self._back.popleft()
            if self._next == self._end:
                return None
            self._next += 1
            return self._id(self._next - 1)

    def _last(self) -> MessageId | None:
        if self._back:
            return self._back[-1]
        return self._id(self._end - 1) if self._next < self._end else None

    def _id(self, place: int) -> MessageId:
        return MessageId(f"{self._numbers[place]:016x}")
