"""A day or a moment gone by, as people say it: "yesterday", "2 days ago", "monday 18:00".

Clock and zone are handed in. A day counts whole; the name of a weekday is the last one
before today, a date without its year the last one that came.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches

from gmailkit.compose.time_words import DAYS, NAMED, TOKEN, UNITS, clock_of, day_of, month_of
from gmailkit.errors import UsageError
from gmailkit.zones import instant, wall, zone_named

EXAMPLES = '2026-03-01, "2026-03-01 18:00", yesterday, "monday 9:00", "2 days ago", 3h'
_SHORT = {name[:3]: number for number, name in enumerate(DAYS)}
_FILLING = ("at", "on", "the", "of", "ago")
_AHEAD = ("tomorrow", "next", "in")
_WORDS = (*DAYS, *NAMED, *UNITS, "today", "yesterday", "ago", "last", "now")


@dataclass(frozen=True, slots=True)
class Past:
    """From where to where, aware: of a day its two midnights, of a moment the same twice."""

    first: datetime
    last: datetime


def read_past(text: str, *, now: datetime) -> Past:
    """What `text` means at `now`, in the zone of `now` or the one that it names.

    Raises UsageError for what is still to come, and what is not understood.
    """
    found = _Reader(text, now).read()
    if instant(found.first) > instant(now):
        raise _to_come(text)
    return found


def whole_day(day: date, zone: tzinfo) -> Past:
    return Past(wall(day, time(), zone).at, wall(day + timedelta(days=1), time(), zone).at)


def _to_come(text: str) -> UsageError:
    return UsageError(f"{text!r} is still to come.", hint=f"Name a time gone by: {EXAMPLES}.")


class _Reader:
    """One text, word by word."""

    def __init__(self, text: str, now: datetime) -> None:
        self.text = text
        self.now = now
        self.zone: tzinfo = now.tzinfo or UTC
        self.words: list[re.Match[str]] = []
        self.day: Callable[[date], date] | None = None  # by what day it is today
        self.weekday: int | None = None
        self.clock: time | None = None
        self.span: timedelta | None = None  # of hours, minutes and seconds

    def read(self) -> Past:
        self._split()
        while self.words:
            self._take(self.words.pop(0))
        today = self.now.astimezone(self.zone).date()
        if self.span is not None:
            self._once(self.day is None and self.clock is None)
            moment = (self.now.astimezone(UTC) - self.span).astimezone(self.zone)
            return Past(moment, moment)
        if self.day is None and self.clock is None:
            raise self._unknown()
        day = self.day(today) if self.day else today
        if self.clock is None:
            return whole_day(day, self.zone)
        moment = wall(day, self.clock, self.zone).at
        if self.day is None and instant(moment) > instant(self.now):
            moment = wall(day - timedelta(days=1), self.clock, self.zone).at
        elif self.weekday == today.weekday():
            this = wall(today, self.clock, self.zone).at
            moment = this if instant(this) <= instant(self.now) else moment
        return Past(moment, moment)

    def _split(self) -> None:
        """Zones first, since "yesterday" is another day elsewhere."""
        for found in TOKEN.finditer(self.text):
            if found.lastgroup is None:
                continue
            zone = zone_named(found["offset"] or found["word"] or "")
            if zone is None:
                self.words.append(found)
            else:
                self.zone = zone

    def _take(self, found: re.Match[str]) -> None:
        if found["date"]:
            given = day_of(found["date"], self.text)
            self._set_day(lambda _: given)
        elif found["amount"]:
            self._ago(float(found["amount"]), found["unit"].casefold())
        elif found["hour"]:
            self._number(found)
        elif found["word"]:
            self._word(found["word"].casefold())
        else:
            raise self._unknown(found[0])

    def _word(self, word: str) -> None:
        weekday = _SHORT.get(word[:3]) if word in DAYS or word in _SHORT else None
        if word in _FILLING:
            return
        if word in ("today", "yesterday"):
            before = timedelta(days=int(word == "yesterday"))
            self._set_day(lambda today: today - before)
        elif word == "now":
            self._ago(0, "s")
        elif word == "last" and self._next() in (*DAYS, *_SHORT):
            self._word(self._next())
            self.words.pop(0)
            self.weekday = None  # today it is not
        elif weekday is not None:
            self.weekday = weekday
            self._set_day(lambda today: today - _since(weekday, today))
        elif word in ("a", "an", "one") and self._next() in UNITS:
            self._ago(1, self._next())
            self.words.pop(0)
        elif word in NAMED:
            self._set_clock(NAMED[word])
        elif (month := month_of(word)) and self.words and self.words[0]["hour"]:
            self._set_day(self._in_year(month, self.words.pop(0)["hour"]))
        elif word in _AHEAD:
            raise _to_come(self.text)
        else:
            raise self._unknown(word)

    def _next(self) -> str:
        return (self.words[0]["word"] or "").casefold() if self.words else ""

    def _number(self, found: re.Match[str]) -> None:
        if found["minute"] or found["half"]:
            self._set_clock(clock_of(found))
        elif month := month_of(self._next()):
            self.words.pop(0)
            self._set_day(self._in_year(month, found["hour"]))
        else:
            raise UsageError(
                f"{found[0]} in {self.text!r} may be an hour or a day.",
                hint=f"Write {found['hour']}:00, {found['hour']}am, or the date as 2026-03-01.",
            )

    def _in_year(self, month: int, day: str) -> Callable[[date], date]:
        """The last such day; a year may follow."""
        if self.words and self.words[0]["year"]:
            given = day_of(f"{self.words.pop(0)[0]}-{month}-{day}", self.text)
            return lambda _: given

        def last(today: date) -> date:
            found = day_of(f"{today.year}-{month}-{day}", self.text)
            return found if found <= today else day_of(f"{today.year - 1}-{month}-{day}", self.text)

        return last

    def _ago(self, amount: float, word: str) -> None:
        unit = UNITS[word]
        try:
            span = amount * unit
            date.today() - span
        except OverflowError:
            raise UsageError(f"{self.text!r} is before all days.") from None
        if unit < timedelta(days=1):
            self.span = (self.span or timedelta()) + span
        else:
            self._set_day(lambda today: today - span)

    def _set_clock(self, clock: time) -> None:
        self._once(self.clock is None)
        self.clock = clock

    def _set_day(self, day: Callable[[date], date]) -> None:
        self._once(self.day is None)
        self.day = day

    def _once(self, free: bool) -> None:
        if not free:
            raise UsageError(f"{self.text!r} names two times.", hint=f"One, as in {EXAMPLES}.")

    def _unknown(self, word: str = "") -> UsageError:
        near = get_close_matches(word.casefold(), _WORDS, n=1) if word else []
        meant = f'Did you mean "{near[0]}"? ' if near else ""
        hint = f"{meant}Write it as {EXAMPLES}."
        return UsageError(f"{self.text!r} is no day or time.", hint=hint)


def _since(weekday: int, today: date) -> timedelta:
    """A week where it is today's."""
    return timedelta(days=(today.weekday() - weekday) % 7 or 7)
