"""Progress of long work: one moving line on a terminal, a line each half minute elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gmailkit.cli import moving, screen
from gmailkit.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.gmail import Gmail

EVERY = 0.1  # seconds between two looks of the moving line
SELDOM = 30.0  # seconds between two lines of a log
WORTH_SAYING = 5.0  # seconds; shorter work is done before its forecast is read


class ProgressLine:
    """`show` each step; `close` leaves the screen as it was. With `gmail` it tells units too.

    `rows`: lines of data come meanwhile. Through a pipe its reader may put them on this very
    terminal, where we cannot make room for them: then nothing moves.
    """

    def __init__(
        self,
        out: Output,
        *,
        gmail: Gmail | None = None,
        rows: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._out = out
        self._gmail = gmail
        self._clock = clock
        self._begun = clock.monotonic()
        self._moves = out.talks_to_terminal and not (rows and out.piped)
        self._pause = EVERY if self._moves else SELDOM
        self._next = self._begun + (0 if self._moves else SELDOM)

    def show(self, done: int, total: int | None, words: str) -> None:
        """`words` name the `done` of `total`; share, units and the time left are added."""
        now = self._clock.monotonic()
        if now < self._next:
            return
        self._next = now + self._pause
        share = f"  {100 * done // max(total, 1)}%" if total is not None else ""
        left = self._left(done, total, now) if total is not None else ""
        text = f"{words}{share}{self._spent(now)}{left}"
        if self._moves:
            moving.draw(text)
        else:
            self._out.say(text)

    def close(self) -> None:
        moving.wipe()

    def _spent(self, now: float) -> str:
        """Units, and how many a second of those that the limit allows."""
        if self._gmail is None or now - self._begun < 1:
            return ""
        units = self._gmail.spent.units
        each, rate = self._gmail.estimate(1).seconds, units / (now - self._begun)
        # At first it may be above it, by what was left of the last minute.
        of = f" of {1 / each:.0f}" if each and rate <= 1 / each else ""
        return f"  {units:,} units, {rate:.0f}{of}/s"

    def _left(self, done: int, total: int, now: float) -> str:
        passed = now - self._begun
        if passed < 3 or not done:
            return ""
        return f"  {time_text(passed * (total - done) / done)} left"


def counting(line: ProgressLine) -> Callable[[int, int], None]:
    """Shows how many of how many messages are done, once some are."""

    def show(done: int, total: int) -> None:
        if done:  # a small change is over before its first number
            line.show(done, total, screen.count_text(done, "message"))

    return show


def made_searchable(out: Output) -> Callable[[int, int], None]:
    """Shows how many messages of a backup are made searchable; its time counts from the first."""
    line: ProgressLine | None = None

    def show(done: int, total: int) -> None:
        nonlocal line
        line = line or ProgressLine(out)
        if done < total:
            many = screen.count_text(total, "message")
            line.show(done, total, f"{done:,} of {many} made searchable")
        else:
            line.close()

    return show


def forecast(out: Output, gmail: Gmail, units: int, what: str) -> None:
    """Say before long work what it costs; `what` names it, as in "5,000 messages to read"."""
    seconds = gmail.estimate(units).seconds
    if seconds is None:
        out.detail(f"{what}: {units:,} units.")
    elif seconds >= WORTH_SAYING:
        out.say(f"{what}: {units:,} units, {time_text(seconds)} by the quota.")


def time_text(seconds: float) -> str:
    """A span for people: "0.4 s", "8 s", "3 min 20 s", "2 h 5 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
