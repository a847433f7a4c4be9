"""What comes into one folder of a server, under names that stay when its numbers do not."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from gmailkit.errors import Conflict
from gmailkit.model.item import Ref
from gmailkit.query.imap import before, since
from gmailkit.stores.protocol import Begun
from gmailkit.transport.imap.answers import Selected
from gmailkit.transport.imap.idle import Pause, wait
from gmailkit.transport.imap.session import Session

MOST = 256 << 10  # bytes of a message that are read to tell of it
_LISTED = 1000  # messages listed at a time
_REMEMBERED = 10_000  # names
_MARK = re.compile(r"(\d+):(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that came, as far as `MOST` bytes, and what the store calls it now."""

    ref: Ref
    message: Begun


class Arriving(ABC):
    """Of one folder. The mark of a look is UIDVALIDITY and the number that comes next, as text.

    Methods raise what a session raises; Conflict where the folder was made anew just now: asked
    again, they answer.
    """

    sure: ClassVar[bool]  # what `since` tells matches; else it is to be asked for later
    page: ClassVar[int]  # messages that are asked about at a time

    def __init__(self, session: Session, folder: str) -> None:
        self.session = session
        self.folder = folder
        self._validity = 0
        self._uids: dict[str, int] = {}  # by name, as long as the numbers are the same

    def mark(self) -> str:
        at = self._enter()
        last = 0 if at.next else max(self.session.uids((b"UID", b"*")), default=0)
        return f"{at.validity}:{at.next or last + 1}"

    def since(self, mark: str) -> Iterator[tuple[list[str], str]] | None:
        """Names of what came since, oldest first, some at a time, each time with the mark of how
        far that is: a line that breaks often is got over by and by. None where the messages have
        other numbers by now, or it is no mark. What is told of the folder from here on is news.
        """
        found = _MARK.fullmatch(mark)
        at = self._enter()
        if not found or int(found[1]) != at.validity:
            return None
        begin = int(found[2])
        new: list[int] = []
        if at.count and (not at.next or at.next > begin):
            asked = (b"UID", f"{begin}:*".encode())
            new = [uid for uid in self.session.uids(asked) if uid >= begin]
        return self._in_pages(new, max(at.next, max(new, default=0) + 1, begin))

    def _in_pages(self, new: Sequence[int], upto: int) -> Iterator[tuple[list[str], str]]:
        validity = self._validity
        for start in range(0, len(new), self.page):
            page = new[start : start + self.page]
            names = self.taken(self.matching(page) if self.sure else page)
            yield names, f"{validity}:{page[-1] + 1}"
        yield [], f"{validity}:{upto}"

    def after(self, moment: float) -> list[str]:
        """Names of what matches and was received after that moment, in the order of the folder."""
        self._stay()
        return self.taken(self.matching(self._received(moment, None)))

    def find(self, name: str) -> Arrived | None:
        """A message by its name, whatever its number is by now; None for one that is gone."""
        self._stay()
        uid = self._uids.get(name)
        found = self.read(uid) if uid else None
        if found is None:
            self._uids.pop(name, None)
            uid = self.locate(name)
            found = self.read(uid) if uid else None
        return found

    def wait(self, seconds: float, pause: Pause) -> None:
        """Until something came, at most so many seconds: see `transport.imap.idle.wait`."""
        with suppress(Conflict):  # made anew: it is worth a look
            wait(self.session, seconds, pause)

    def close(self) -> None:
        self.session.hang_up()

    @abstractmethod
    def taken(self, uids: Sequence[int]) -> list[str]:
        """The names of these, which are remembered; what is no mail that came is left out."""

    @abstractmethod
    def matching(self, uids: Sequence[int]) -> list[int]:
        """Those of these that match."""

    @abstractmethod
    def locate(self, name: str) -> int | None:
        """The number of the message of that name, which is not known."""

    @abstractmethod
    def read(self, uid: int) -> Arrived | None: ...

    def _enter(self) -> Selected:
        at = self.session.examine(self.folder)
        self._check(at)
        return at

    def _stay(self) -> None:
        """In the folder, without a look at it: what is told of it meanwhile stays news."""
        at = self.session.selected
        self._check(at if at and at.folder == self.folder else self._enter())

    def _check(self, at: Selected) -> None:
        if at.validity != self._validity:
            self._uids.clear()
            self._validity = at.validity

    def _received(self, begin: float, end: float | None) -> list[int]:
        """Those that were received from `begin` on, up to `end`."""
        uids = self.session.uids([*since(begin), *(before(end) if end is not None else [])])
        found = []
        for start in range(0, len(uids), _LISTED):
            got = self.session.fetch(uids[start : start + _LISTED], "UID INTERNALDATE")
            for uid, each in sorted(got.items()):
                at = seconds_of(each.listed.received)
                if at >= int(begin) and (end is None or at <= end):
                    found.append(uid)
        return found

    def _note(self, named: Iterable[tuple[int, str]]) -> list[str]:
        """Remembers which is which; of several alike in the folder each has a name of its own."""
        found = []
        for uid, base in named:
            name, number = base, 1
            while (other := self._uids.get(name, uid)) != uid and self._is_there(other):
                number += 1
                name = f"{base}~{number}"
            self._remember(name, uid)
            found.append(name)
        return found

    def _remember(self, name: str, uid: int) -> None:
        self._uids[name] = uid
        if len(self._uids) > _REMEMBERED:
            oldest = next(iter(self._uids))
            del self._uids[oldest]  # it is located where it is asked for

    def _is_there(self, uid: int) -> bool:
        return uid in self.session.fetch([uid], "UID")


def seconds_of(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0
