"""What runs at its time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from gmailkit.errors import UsageError

Every = Literal["hour", "day", "week", "month"]
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


class Times(msgspec.Struct, frozen=True):
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


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is that of its files, `what` a line about it, `script` what /bin/sh runs.

    Without `times` it runs always, and is begun again when it ends.
    """

    name: str
    what: str
    script: str
    times: Times | None
    environment: Mapping[str, str] = msgspec.field(default_factory=dict)

    @property
    def in_words(self) -> str:
        return self.times.in_words if self.times else "always"


def check_fit(texts: Iterable[str]) -> None:
    """Raises UsageError for what no timer could hold."""
    for text in texts:
        if _UNFIT.search(text):
            raise UsageError(
                f"{text!r} holds a character that no timer takes.",
                hint="A command of several lines goes into a script of its own.",
            )


def fit(text: str) -> str:
    """Without the characters that no timer takes."""
    return _UNFIT.sub("", text)


def job_name(kind: str, called: str, identity: bytes) -> str:
    """Says which job it is, as it is `called`, and tells it from all others by its `identity`."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", called).strip("-")[:40] or "mail"
    return f"gmailkit-{kind}-{plain}-{hashlib.sha256(identity).hexdigest()[:8]}"
