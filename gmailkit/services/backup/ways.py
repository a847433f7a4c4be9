"""By which way the messages of a run come, and how long each takes. Nothing is asked here.

Gmail's API gives so many units a minute, its IMAP so many bytes a day (facts: Gmail's pages on
quota and on bandwidth). Both may go on side by side, each within its own limit: the API reads from
the newest message on, IMAP from the oldest, and they meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import ceil
from typing import Literal

import msgspec

from gmailkit.wire.http import IN_FLIGHT

Via = Literal["fastest", "api", "imap", "both"]
SHORT = 60.0  # seconds: for so little no second way is looked for unless it is asked for
SAVING = 0.0005  # seconds that saving a message takes of the time in which others come
WORK = 0.002  # seconds of ours for a message that comes
_DAY = 86_400.0
Timed = tuple[int, int, float]  # so many messages, with so many bytes, in so many seconds


class Listing(msgspec.Struct, frozen=True):
    """What it takes to list which message bears which labels."""

    units: int
    seconds: float


class ApiSpeed(msgspec.Struct, frozen=True):
    """`units` for a message, `pace` of them a second (None: no limit); an answer takes `latency`,
    several are under way at once. Seconds to `begin` and to end: settings, labels, history.
    """

    units: int
    pace: float | None
    latency: float
    begin: float = 0.0

    @property
    def each(self) -> float:
        """Seconds for a message."""
        paced = self.units / self.pace if self.pace else 0.0
        return max(paced, self.latency / IN_FLIGHT + WORK)


class ImapSpeed(msgspec.Struct, frozen=True):
    """Seconds for a `message` and for a `byte` of it; before the first one labels are listed by the
    API. So many bytes it may still give today (`left`), and `daily` each day; None where there is
    no limit.
    """

    message: float
    byte: float
    listing: Listing
    left: int | None = None
    daily: int | None = None

    def passed(self, sizes: Iterable[int]) -> Iterable[float]:
        """When each of these has come, one after the other, counted from the first."""
        return accumulate(self.message + self.byte * size for size in sizes)

    def waits(self, bytes: int) -> float:
        """Seconds in which nothing comes, until the bandwidth of a later day is there."""
        if self.left is None or not self.daily or bytes <= self.left:
            return 0.0
        return ceil((bytes - self.left) / self.daily) * _DAY


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is "api", "imap", "both", or the store that a backup is seeded from. So many seconds
    and units it takes; `by_imap` messages with so many `bytes` come by IMAP. `closed` says why this
    way cannot be gone, `hint` what opens it.
    """

    name: str
    seconds: float
    units: int
    by_imap: int = 0
    bytes: int = 0
    closed: str = ""
    hint: str = ""


class BackupPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would read: so many messages, of `bytes` in all (None where nobody asked), and how
    long each way takes. `sampled`: their sizes were told by some of them, the speed of IMAP is
    assumed.
    """

    account: str
    messages: int
    bytes: int | None
    ways: tuple[Way, ...]
    picked: str
    sampled: bool = False

    def way(self, name: str) -> Way:
        return next(way for way in self.ways if way.name == name)


def ways(
    sizes: Sequence[int], api: ApiSpeed, imap: ImapSpeed | None, *, unseen: int = 0
) -> tuple[Way, ...]:
    """`sizes` of the messages, the oldest first; `unseen` more are not shown to IMAP. Of an IMAP
    that nobody knows there is no way.
    """
    count, every = len(sizes), sum(sizes)
    all = count + unseen
    alone = Way(name="api", seconds=api.begin + all * api.each, units=all * api.units)
    if imap is None:
        return (alone,)
    *_, last = 0.0, *imap.passed(sizes)
    by_imap = Way(
        name="imap",
        seconds=api.begin + imap.listing.seconds + last + imap.waits(every) + unseen * api.each,
        units=imap.listing.units + unseen * api.units,
        by_imap=count,
        bytes=every,
    )
    return alone, by_imap, _both(sizes, api, imap, unseen)


def _both(sizes: Sequence[int], api: ApiSpeed, imap: ImapSpeed, unseen: int) -> Way:
    """They meet where one more by IMAP would take longer than by the API."""
    count = moved = 0
    rest = len(sizes) + unseen
    seconds = rest * api.each
    for size, passed in zip(sizes, imap.passed(sizes), strict=True):
        longer = max(passed, (rest - 1) * api.each)
        if longer > seconds or (imap.left is not None and moved + size > imap.left):
            break
        count, rest, moved, seconds = count + 1, rest - 1, moved + size, longer
    return Way(
        name="both",
        seconds=api.begin + imap.listing.seconds + seconds,
        units=imap.listing.units + rest * api.units,
        by_imap=count,
        bytes=moved,
    )


def picked(ways: Sequence[Way], via: Via | None) -> Way:
    """The one that is asked for, if it is open; "fastest" is the quickest that
    is open, and None the same where the API alone takes a minute or more.
    """
    api = ways[0]
    if via in {"api", "imap", "both"}:
        return next((way for way in ways if way.name == via and not way.closed), api)
    if via is None and api.seconds < SHORT:
        return api
    return min((way for way in ways if not way.closed), key=lambda way: way.seconds)


def solved(small: Timed, large: Timed) -> tuple[float, float]:
    """Seconds for a message and for a byte, from how long some small and some large ones took."""
    (n1, b1, t1), (n2, b2, t2) = small, large
    apart = n1 * b2 - n2 * b1
    if apart <= 0:
        return (t1 + t2) / max(n1 + n2, 1), 0.0
    byte = (n1 * t2 - n2 * t1) / apart
    message = (t1 - byte * b1) / n1
    if byte < 0:
        return (t1 + t2) / (n1 + n2), 0.0
    return (message, byte) if message >= 0 else (0.0, (t1 + t2) / (b1 + b2))
