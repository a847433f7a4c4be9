"""What a refusal teaches: somebody else spends the same quota, or Google's tables are wrong."""

from __future__ import annotations

import math

import msgspec
from msgspec.structs import replace

from gmailkit.wire.quota.window import MINUTE, SHORTER

MARGIN = 0.97  # of what seems left, where that is a guess
EDGE = 0.985  # of what is left, where it was found from below
AGAIN = 120.0  # seconds within which further refusals correct the first guess
SOON = 5.0  # seconds; what grew within less is too rough to be projected
NEAR = 0.03  # of the full limit: as near as this, what others spend is what we thought
PROBE = 1.0  # seconds in which the first request under a new limit is alone: it may be refused
CLIMB = 20.0  # seconds from the cautious guess to the bold one
HOLD = 60.0  # seconds without a refusal before we ask for more than that
RAISE = 0.02  # of the full limit in the first minute after that; doubled each quiet minute
LEAST = 0.05  # of the full limit: what we always dare
CATCH_UP = 2.0  # times the even pace, while the minute has room left


class Lesson(msgspec.Struct, frozen=True):
    """The limit learned at `at` out of `full`, and the `most` it climbs to if nothing is refused.

    `first_at` is when the refusals began, `others` what others must have spent in that minute, and
    `begun` what they then spend in a whole one if they began when we did. `corrected`: how often
    the first guess was; `tried`: when the first request since leaves. Times are since boot.
    """

    limit: float
    most: float
    full: float
    at: float
    first_at: float
    others: float
    begun: float
    corrected: int = 0
    tried: float | None = None

    def limit_at(self, now: float) -> float:
        """What may be spent a minute: more and more, as long as nothing is refused."""
        climbed = 0.0 if self.tried is None else min(max(now - self.tried, 0.0) / CLIMB, 1.0)
        quiet = (max(now, self.at) - self.at - HOLD) / MINUTE
        more = RAISE * self.full * (math.exp2(min(max(quiet, 0.0), 10.0)) - 1)
        return self.limit + (self.most - self.limit) * climbed + more


def learn(before: Lesson | None, *, now: float, sent: int, span: float, full: float) -> Lesson:
    """From a refusal at a moment when we had sent so many units in the last minute, having been at
    work for `span` seconds of it.

    The minute was full, so others have had the rest. Whether they have had it in a whole minute
    (then we may go on as before) or only since we are at work (then they will take more of the
    next one) cannot be told yet. So the limit begins at the second and climbs to the first: where
    it is refused on the way is what is left, to within a percent.

    A minute that was full before we tried again tells less: others have begun later still, and the
    limit climbs once more.
    """
    others, least = max(0.0, full - sent), LEAST * full
    if before is None or not before.at <= now < before.first_at + AGAIN:
        begun = others * MINUTE / span
        limit, most = max(MARGIN * (full - begun), least), max(MARGIN * sent, least)
        return Lesson(limit, most, full, at=now, first_at=now, others=others, begun=begun)
    if _found_from_below(before, others, now):
        limit = most = max(EDGE * sent, least)
    else:
        grown = max(0.0, others - before.others) * MINUTE / max(now - before.first_at, SOON)
        rest = max(0.0, before.others + grown - others) / (before.corrected + 1) ** 2
        bold = min(float(sent), full - max(before.begun, others))
        limit = max(MARGIN * min(bold, full - others - rest), least)
        most = max(MARGIN * bold, limit)
    corrected = before.corrected + 1
    return replace(before, limit=limit, most=most, at=now, corrected=corrected, tried=None)


def _found_from_below(before: Lesson, others: float, now: float) -> bool:
    """Requests had passed before the refused one, and others spend as evenly as we thought: they
    have been at it for a minute, or as much as they would have.
    """
    passed = before.tried is not None and now > before.tried + PROBE
    expected = (before.others, before.begun)
    steady = any(abs(others - each) < NEAR * before.full for each in expected)
    return passed and (steady or now > before.first_at + MINUTE)


def pace_under(limit: float, full: float) -> float:
    """Units a second. Below the full limit faster than evenly: the count of the minute holds us
    back where it must, and what a pause has cost is made up for.
    """
    return min(full / (MINUTE + SHORTER), CATCH_UP * limit / MINUTE)
