"""How many bytes an account has moved in the last 24 hours by IMAP or POP3, for all processes.

Gmail gives 2,500 MB a day by IMAP and takes 500 MB, 1,250 MB by POP3
(knowledge.workspace.google.com/admin/gmail/gmail-bandwidth-limits); who asks for more is shut out
for a while. Open: when Google's day begins. Here it is any 24 hours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import DailyLimit
from gmailkit.record.book import Book, Kind

Way = Literal["imap", "pop3"]
_MB = 1_000_000
_HOUR = 3600.0
_SETTLED = 1 << 20  # bytes that may move before they are written down
BANDWIDTH = Kind(
    name="bandwidth.sqlite3",
    version=1,
    schema=(
        "CREATE TABLE moved (way TEXT NOT NULL, hour INTEGER NOT NULL, down INTEGER NOT NULL,"
        " up INTEGER NOT NULL, PRIMARY KEY (way, hour)) WITHOUT ROWID",
    ),
    what="the count of bytes that were moved",
    without="Nothing is moved without it",
    before=". What was moved today is then not known: wait a day, or Gmail may shut you out.",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes in 24 hours; a tenth is left to the programs that people read mail with."""

    down: int
    up: int


GMAIL: dict[Way, Limits] = {
    "imap": Limits(down=2_500 * _MB * 9 // 10, up=500 * _MB * 9 // 10),
    "pop3": Limits(down=1_250 * _MB * 9 // 10, up=1 << 62),
}


class Allowance:
    """A meter for `transport`: counts, and ends a run politely before Gmail does.

    `patient`: how many seconds it waits itself for the allowance to grow again; a longer wait
    raises DailyLimit with the time when it goes on.
    """

    def __init__(
        self,
        folder: Callable[[], Path],
        way: Way,
        *,
        limits: Limits | None = None,
        patience: float = 0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._book = Book(folder, BANDWIDTH)
        self._way = way
        self._limits = limits or GMAIL[way]
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        self._down = self._up = 0  # moved and not written down yet
        self._left: Limits | None = None

    def down(self, size: int) -> None:
        with self._lock:
            self._down += size

    def up(self, size: int) -> None:
        with self._lock:
            self._up += size

    def left(self) -> int:
        """Bytes that may still come by now."""
        self._settled()
        return max(0, self._left.down) if self._left else 0

    def daily(self) -> int:
        """Bytes that may come in 24 hours."""
        return self._limits.down

    def check(self) -> None:
        """Before each command."""
        left, moved = self._left, self._down + self._up
        if left and moved < min(_SETTLED, left.down, left.up):
            return
        while (wait := self._settled()) > 0:
            if wait > self._patience:
                raise self._over(wait)
            self._clock.sleep(wait)

    def close(self) -> None:
        self._settled()
        self._book.close()

    def _settled(self) -> float:
        """Write down what was moved; seconds until more may be."""
        with self._lock:
            down, self._down = self._down, 0
            up, self._up = self._up, 0
        now = self._clock.now()
        hour = int(now // _HOUR)
        with self._book.writing() as database:
            database.execute("DELETE FROM moved WHERE hour < ?", (hour - 48,))
            database.execute(
                "INSERT INTO moved VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " down = down + excluded.down, up = up + excluded.up",
                (self._way, hour, down, up),
            )
            rows = database.execute(
                "SELECT hour, down, up FROM moved WHERE way = ? AND hour > ? ORDER BY hour",
                (self._way, hour - 24),
            ).fetchall()
        total_down, total_up = (sum(row[at] for row in rows) for at in (1, 2))
        self._left = Limits(self._limits.down - total_down, self._limits.up - total_up)
        until = now
        for first, gone_down, gone_up in rows:  # the oldest hours leave the day first
            if total_down < self._limits.down and total_up < self._limits.up:
                break
            total_down, total_up = total_down - gone_down, total_up - gone_up
            until = (first + 24) * _HOUR
        return until - now

    def _over(self, wait: float) -> DailyLimit:
        at = datetime.fromtimestamp(self._clock.now() + wait, UTC)
        name = self._way.upper()
        return DailyLimit(
            f"Today's bandwidth of Gmail's {name} is used up; it goes on at "
            f"{at.astimezone():%Y-%m-%d %H:%M}.",
            hint="Run the same command again then: it goes on where it was.",
            retry_at=at,
        )
