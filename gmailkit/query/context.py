"""Who searches, and when."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo

import msgspec

# Google writes that a bare date starts at midnight "PST".
# Open: whether summer time counts. The words say no; a caller may hand in America/Los_Angeles.
PACIFIC = timezone(timedelta(hours=-8), "PST")


class Context(msgspec.Struct, frozen=True):
    """Who asks and when: `now` in epoch seconds, `me` the asker's own addresses."""

    now: float
    me: frozenset[str] = frozenset()
    zone: tzinfo = PACIFIC

    def __post_init__(self) -> None:
        own = frozenset(address.casefold() for address in self.me)
        msgspec.structs.force_setattr(self, "me", own)
