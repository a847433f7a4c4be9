"""What a refusal teaches: somebody else spends the same quota, or Google's tables are wrong."""

from __future__ import annotations

import math

import msgspec
from msgspec.structs import replace

from gmailkit.wire.quota.window import MINUTE, SHORTER

MARGIN = 0.97  # of what seems left: the next look over the edge costs a refusal
AGAIN = 120.0  # seconds within which a second refusal corrects the first guess
SOON = 5.0  # seconds; what grew within less is too rough to be projected
PROBE = 1.0  # seconds in which the first request under a new limit is alone: it may be refused
HOLD = 60.0  # seconds without a refusal before we ask for more
RAISE = 0.02  # of the full limit in the first minute after that; doubled each quiet minute
LEAST = 0.05  # of the full limit: what we always dare
CATCH_UP = 2.0  # times the even pace, while the minute has room left


class Lesson(msgspec.Struct, frozen=True):
    """The limit learned at `at` out of `full`.

    `first_at` and `others` are when the refusals began and what others must have spent in that
    minute; `span` the seconds of that minute in which we were at work; `corrected` how often the
    first guess was; `tried` whether a request has left since. Times are since boot.
    """

    limit: float
    full: float
    at: float
    first_at: float
    others: float
    span: float
    corrected: int = 0
    tried: bool = False

    def limit_at(self, now: float) -> float:
        """What may be spent a minute: more and more, as long as nothing is refused."""
        quiet = (max(now, self.at) - self.at - HOLD) / MINUTE
        return self.limit + RAISE * self.full * (math.exp2(min(max(quiet, 0.0), 10.0)) - 1)


def learn(before: Lesson | None, *, now: float, sent: int, span: float, full: float) -> Lesson:
    """From a refusal at a moment when we had sent so many units in the last minute.

    The minute was full, so others have had the rest. At first we take it that they keep spending
    like that. Refused again soon after, they must have begun less than a minute ago: when we did,
    or with the first refusal. Their next full minute is dearer then; that is assumed at once, and
    much less of it each time it was wrong.
    """
    others = max(0.0, full - sent)
    if before is None or not before.at <= now < before.first_at + AGAIN:
        limit = max(MARGIN * sent, LEAST * full)
        return Lesson(limit, full, at=now, first_at=now, others=others, span=span)
    begun_with_us = before.others * MINUTE / before.span
    grown = max(0.0, others - before.others) * MINUTE / max(now - before.first_at, SOON)
    rest = max(0.0, before.others + grown - others) / (before.corrected + 1) ** 2
    limit = MARGIN * min(float(sent), full - max(begun_with_us, others + rest))
    limit, corrected = max(limit, LEAST * full), before.corrected + 1
    return replace(before, limit=limit, at=now, corrected=corrected, tried=False)


def pace_under(limit: float, full: float) -> float:
    """Units a second. Below the full limit faster than evenly: the count of the minute holds us
    back where it must, and what a pause has cost is made up for.
    """
    return min(full / (MINUTE + SHORTER), CATCH_UP * limit / MINUTE)
