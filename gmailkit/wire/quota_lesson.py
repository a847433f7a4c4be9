"""What a refusal teaches: somebody else spends the same quota, or Google's tables are wrong."""

from __future__ import annotations

import msgspec

from gmailkit.wire.quota_window import MINUTE, SHORTER

MARGIN = 0.97  # of what seems left: the next look over the edge costs a refusal
AGAIN = 120.0  # seconds within which a second refusal corrects the first guess
HOLD = 60.0  # seconds without a refusal before we ask for more
RAISE = 0.02  # of the full limit in the first minute after that; doubled each quiet minute
LEAST = 0.05  # of the full limit: what we always dare
CATCH_UP = 1.25  # times the even pace, while the minute has room left


class Lesson(msgspec.Struct, frozen=True):
    """The limit learned at `at` out of `full`.

    `first_at` and `others` are when the refusals began and what others must have spent in that
    minute; `span` the seconds of that minute in which we were at work. Times are since boot.
    """

    limit: float
    full: float
    at: float
    first_at: float
    others: float
    span: float

    def limit_at(self, now: float) -> float | None:
        """What may be spent a minute, or None when all is forgotten again."""
        quiet = (max(now, self.at) - self.at - HOLD) / MINUTE
        more = RAISE * self.full * (2.0 ** min(max(quiet, 0.0), 10.0) - 1)
        return self.limit + more if self.limit + more < self.full else None


def learn(before: Lesson | None, *, now: float, sent: int, span: float, full: float) -> Lesson:
    """From a refusal at a moment when we had sent so many units in the last minute.

    The minute was full, so others have had the rest. At first we take it that they keep spending
    like that. Refused again soon after, they must have begun later than a minute ago: either when
    we did, or with the first refusal; their next full minute is then dearer, and is assumed.
    """
    others = max(0.0, full - sent)
    if before is None or not before.at <= now < before.first_at + AGAIN:
        limit = MARGIN * sent
        return Lesson(max(limit, LEAST * full), full, now, now, others, span)
    begun_with_us = before.others * MINUTE / before.span
    growth = max(0.0, others - before.others) * MINUTE / max(now - before.first_at, 5.0)
    coming = max(begun_with_us, before.others + growth)
    limit = MARGIN * min(float(sent), full - coming)
    return Lesson(max(limit, LEAST * full), full, now, before.first_at, before.others, before.span)


def pace_under(limit: float, full: float) -> float:
    """Units a second. Below the full limit somewhat faster than evenly: the count of the minute
    holds us back where it must, and what a pause has cost is made up for.
    """
    return min(full / (MINUTE + SHORTER), CATCH_UP * limit / MINUTE)
