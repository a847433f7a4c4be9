"""When mail shall leave, as people say it: "tomorrow 9:00", "in 2 hours", "monday 8am".

Clock and zone are handed in. A wall time that daylight saving skips is moved forward by as much as
the clocks are; one that comes twice is the first; either is said. Words are English, and a date is
written with the year first: 1/2 is two different days to two readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches

from gmailkit.compose.time_words import DAYS, NAMED, TOKEN, UNITS, clock_of, day_of, month_of
from gmailkit.errors import UsageError
from gmailkit.zones import When, instant, wall, walls, zone_named

LONGEST = timedelta(days=3653)  # ten years; what is meant to be later is a slip
EXAMPLES = '"tomorrow 9:00", "monday 8am", "in 2 hours", "2026-12-24 18:00 Europe/Berlin"'
_PAST = ("yesterday", "ago", "last")
_WORDS = frozenset(
    {*DAYS, *(d[:3] for d in DAYS), *NAMED, *UNITS, "today", "tomorrow", "in", "at", "next"}
)
_HOLD = re.compile(r"(\d{1,9})\s*([a-z]+)\s*", re.IGNORECASE)


def parse_when(text: str, *, now: datetime) -> datetime:
    """The moment that `text` means at `now`, in the zone of `now` or the one that it names.

    Raises UsageError for what is past, more than ten years ahead, or not understood.
    """
    return read_when(text, now=now).at


def read_when(text: str, *, now: datetime) -> When:
    """The same, with what has to be said about it."""
    found = _Reader(text, now).read()
    if instant(found.at) <= instant(now):
        raise UsageError(
            f"{text!r} is past: that was {said(found.at)}, and it is {said(now)}.",
            hint=f"Name a time to come: {EXAMPLES}.",
        )
    if found.at - now > LONGEST:
        raise _too_far(text)
    return found


def parse_hold(text: str) -> timedelta:
    """How long "30s", "5m", "2h", "1d" or "1h30m" is; a day is 24 hours here."""
    total, end = timedelta(), 0
    for found in _HOLD.finditer(text.strip()):
        unit = UNITS.get(found[2].casefold())
        if found.start() != end or unit is None:
            break
        total, end = _plus(total, int(found[1]) * unit.total_seconds(), text), found.end()
    if end != len(text.strip()) or not end:
        raise UsageError(f"{text!r} is no length of time.", hint="Write it as 30s, 5m, 2h or 1d.")
    if not total:
        raise UsageError("Holding a message for no time at all holds nothing.", hint="As in 30s.")
    return total


def seconds(length: float | timedelta | str) -> float:
    """The same in seconds, of what says it in any form; "0" is none."""
    if isinstance(length, str):
        return 0 if length.strip() in ("0", "0s") else parse_hold(length).total_seconds()
    return length.total_seconds() if isinstance(length, timedelta) else length


def said(when: datetime) -> str:
    """As people read it: Fri 2026-12-25 09:00 +01:00 (no seconds where there are none)."""
    shown = when.strftime("%a %Y-%m-%d %H:%M:%S" if when.second else "%a %Y-%m-%d %H:%M")
    offset = when.isoformat()[-6:]
    return f"{shown} {offset}"


class _Reader:
    """One text, word by word."""

    def __init__(self, text: str, now: datetime) -> None:
        self.text = text
        self.now = now
        self.zone = now.tzinfo or UTC
        self.span: timedelta | None = None  # of hours, minutes and seconds: time that passes
        self.days: int | None = None  # ahead, by the calendar
        self.day: date | None = None
        self.weekday: int | None = None
        self.skips_today = False
        self.clock: time | None = None
        self.named = ""  # morning, noon, ...

    def read(self) -> When:
        words = list(self._words())
        while words:
            self._take(words)
        today = self.now.astimezone(self.zone)
        if self.span is not None or (self.days is not None and self.clock is None):
            return self._after(today)
        return self._on(today)

    def _words(self) -> Iterator[re.Match[str]]:
        """Zones first, since "tomorrow" is another day elsewhere."""
        kept = []
        for found in TOKEN.finditer(self.text):
            if found.lastgroup is None:
                continue
            zone = zone_named(found["offset"] or found["word"] or "")
            if zone is not None:
                self.zone = zone
            else:
                kept.append(found)
        if not kept:
            raise self._unknown()
        return iter(kept)

    def _take(self, words: list[re.Match[str]]) -> None:
        found = words.pop(0)
        if found["date"]:
            self._set_day(day_of(found["date"], self.text))
        elif found["amount"]:
            self._add(found["amount"], found["unit"])
        elif found["hour"]:
            self._number(found, words)
        elif found["word"]:
            self._word(found["word"].casefold(), words)
        else:
            raise self._unknown(found[0])

    def _word(self, word: str, words: list[re.Match[str]]) -> None:
        weekday = next((n for n, name in enumerate(DAYS) if word in (name, name[:3])), None)
        if word in ("at", "on", "the", "this"):
            return
        if word == "in":
            self._in(words)
        elif word in ("today", "tomorrow"):
            self._once(self.days is None and self.day is None and self.weekday is None)
            self.days = int(word == "tomorrow")
        elif word == "next" and words and (words[0]["word"] or "").casefold() != "week":
            self.skips_today = True
        elif weekday is not None:
            self._once(self.weekday is None and self.days is None)
            self.weekday = weekday
        elif word in NAMED:
            self._set_clock(NAMED[word])
            self.named = word
        elif month := month_of(word):
            self._month_first(month, words)
        elif word in _PAST:
            raise UsageError(f"{self.text!r} is past.", hint=f"Name a time to come: {EXAMPLES}.")
        else:
            raise self._unknown(word)

    def _in(self, words: list[re.Match[str]]) -> None:
        """ "in an hour"; amounts in figures come by themselves."""
        first = (words[0]["word"] or "").casefold() if words else ""
        if first in ("a", "an", "one", "half"):
            words.pop(0)
            if first == "half" and words and words[0]["word"] in ("a", "an"):
                words.pop(0)
            if not words or not words[0]["word"]:
                raise self._unknown()
            self._add("0.5" if first == "half" else "1", words.pop(0)["word"])
        elif not words or not words[0]["amount"]:
            raise self._unknown()

    def _add(self, amount: str, word: str) -> None:
        unit = UNITS.get(word.casefold())
        if unit is None:
            raise self._unknown(word)
        if unit < timedelta(days=1):
            seconds = float(amount) * unit.total_seconds()
            self.span = _plus(self.span or timedelta(), seconds, self.text)
        elif "." in amount:
            hint = "Say it in hours."
            raise UsageError(f"{amount} {word} is no whole number of days.", hint=hint)
        else:
            ahead = _plus(
                timedelta(days=self.days or 0), int(amount) * unit.days * 86400, self.text
            )
            self.days = ahead.days

    def _number(self, found: re.Match[str], words: list[re.Match[str]]) -> None:
        if found["minute"] or found["half"]:
            self._set_clock(clock_of(found))
        elif words and (month := month_of((words[0]["word"] or "").casefold())):
            words.pop(0)
            self._set_day(self._in_year(month, found["hour"], words))
        else:
            raise UsageError(
                f"{found[0]} in {self.text!r} may be an hour or a day.",
                hint=f"Write {found['hour']}:00, {found['hour']}am, or the date as 2026-12-24.",
            )

    def _month_first(self, month: int, words: list[re.Match[str]]) -> None:
        if not words or not words[0]["hour"] or words[0]["minute"] or words[0]["half"]:
            raise self._unknown()
        self._set_day(self._in_year(month, words.pop(0)["hour"], words))

    def _in_year(self, month: int, day: str, words: list[re.Match[str]] | None = None) -> date:
        """The next such day; `words` may go on with a year."""
        if words and words[0]["year"]:
            return day_of(f"{words.pop(0)[0]}-{month}-{day}", self.text)
        today = self.now.astimezone(self.zone).date()
        found = day_of(f"{today.year}-{month}-{day}", self.text)
        return found if found >= today else day_of(f"{today.year + 1}-{month}-{day}", self.text)

    def _set_clock(self, clock: time) -> None:
        self._once(self.clock is None)
        self.clock = clock

    def _set_day(self, day: date) -> None:
        self._once(self.day is None and self.days is None)
        self.day = day

    def _once(self, free: bool) -> None:
        if not free:
            raise UsageError(f"{self.text!r} names two times.", hint=f"One, as in {EXAMPLES}.")

    def _after(self, today: datetime) -> When:
        """So much later; days by the calendar, so that the hour stays, the rest as it passes."""
        self._once(self.clock is None and self.day is None and self.weekday is None)
        if self.days == 0 or (self.days and self.text_names_day):
            raise self._without_time()
        found = When(today)
        if self.days:
            found = wall(today.date() + timedelta(days=self.days), today.timetz(), self.zone)
        later = found.at.astimezone(UTC) + (self.span or timedelta())
        return When(later.astimezone(self.zone), found.remark, counted=True)

    @property
    def text_names_day(self) -> bool:
        return "tomorrow" in self.text.casefold()

    def _on(self, today: datetime) -> When:
        if self.clock is None:
            raise self._without_time()
        self._check_weekday()
        if self.named == "midnight" and not self._is_open:
            raise UsageError(
                f"{self.text!r} may be the midnight before that day or after it.",
                hint="Write 0:00, which begins the day.",
            )
        for day in self._days(today.date()):
            for found in walls(day, self.clock, self.zone):
                last = found
                if instant(found.at) > instant(self.now):
                    return found
        return last

    def _check_weekday(self) -> None:
        if self.day and self.weekday not in (None, self.day.weekday()):
            name = DAYS[self.day.weekday()].capitalize()
            raise UsageError(f"{self.day} is a {name} (in {self.text!r}).", hint="Which is right?")

    @property
    def _is_open(self) -> bool:
        """Whether it names a time of day alone."""
        return self.day is None and self.days is None and self.weekday is None

    def _days(self, today: date) -> Iterator[date]:
        if self.day is not None:
            yield self.day
        elif self.days is not None:
            yield today + timedelta(days=self.days)
        elif self.weekday is not None:  # today, if its time is still to come
            ahead = (self.weekday - today.weekday()) % 7
            ahead = 7 if not ahead and self.skips_today else ahead
            yield from (today + timedelta(days=ahead + more) for more in (0, 7))
        else:  # the next time that the clock shows it
            yield from (today + timedelta(days=ahead) for ahead in (0, 1, 2))

    def _unknown(self, word: str = "") -> UsageError:
        near = get_close_matches(word.casefold(), sorted(_WORDS), n=1) if word else []
        meant = f'Did you mean "{near[0]}"? ' if near else ""
        part = word and word != self.text.strip()
        what = f"{word!r} in {self.text!r} is no word for a time" if part else ""
        return UsageError(
            f"{what or f'{self.text!r} is no time'}.", hint=f"{meant}Write it like {EXAMPLES}."
        )

    def _without_time(self) -> UsageError:
        return UsageError(
            f"{self.text!r} names a day and no time.", hint=f"Add one: {self.text.strip()} 9:00"
        )


def _plus(before: timedelta, seconds: float, text: str) -> timedelta:
    try:
        after = before + timedelta(seconds=seconds)
    except OverflowError:
        raise _too_far(text) from None
    if after > LONGEST:
        raise _too_far(text)
    return after


def _too_far(text: str) -> UsageError:
    return UsageError(f"{text!r} is more than ten years ahead.", hint="Is the year right?")
