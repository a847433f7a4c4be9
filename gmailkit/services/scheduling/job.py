"""What runs at its time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gmailkit.errors import UsageError

Every = Literal["hour", "day", "week", "month"]
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Times:
    """Local times of the machine: each hour at `minute`, each day at `hour`, on the `weekday` (0 is
    Sunday) of each week, or on the first of each month.
    """

    every: Every
    hour: int
    minute: int
    weekday: int = 0

    @classmethod
    def read(cls, every: str, at: str) -> Times:
        """From "hour", "day", "week" (on Sunday), the name of a weekday or "month", and "03:00".
        UsageError for anything else.
        """
        found = _TIME.fullmatch(at.strip())
        if found is None:
            raise UsageError(f"{at!r} is no time of day.", hint="Say it as 03:00.")
        hour, minute = int(found[1]), int(found[2])
        word = every.strip().casefold()
        if word in DAYS:
            return cls("week", hour, minute, DAYS.index(word))
        match word:
            case "hour" | "day" | "week" | "month":
                return cls(word, hour, minute)
        raise UsageError(
            f"{every!r} is not how often something runs.",
            hint="Say hour, day, week, month, or a weekday such as monday.",
        )

    @property
    def in_words(self) -> str:
        at = f"at {self.hour:02}:{self.minute:02}"
        match self.every:
            case "hour":
                return f"every hour at minute {self.minute}"
            case "day":
                return f"every day {at}"
            case "week":
                return f"every {DAYS[self.weekday].title()} {at}"
            case "month":
                return f"on the first of every month {at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`name` is that of its files, `what` a line about it, `script` what /bin/sh runs.

    Without `times` it runs always, and is begun again when it ends.
    """

    name: str
    what: str
    script: str
    times: Times | None
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def in_words(self) -> str:
        return self.times.in_words if self.times else "always"
