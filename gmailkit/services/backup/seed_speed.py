"""How long a backup takes that is seeded from another store: some of it is read, and none kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gmailkit.client.client import Client
from gmailkit.clock import Clock
from gmailkit.errors import GmailKitError
from gmailkit.model.ids import MessageId
from gmailkit.model.item import Ref
from gmailkit.services.backup.recognising import Mailbox
from gmailkit.services.backup.trial import Trial
from gmailkit.services.backup.ways import SAVING, ApiSpeed, Listing, Timed, Way, solved
from gmailkit.stores.protocol import Source, Surveyed

_TRIED = 200  # messages


def seed_way(
    client: Client,
    source: Source,
    ids: Collection[MessageId],
    api: ApiSpeed,
    listing: Listing,
    clock: Clock,
) -> Way:
    """Labels are listed twice by such a run: for what is taken, and to find what the API is to
    read. 5 units for each 500 messages of the mailbox, and for some that are told by their
    Message-ID. Raises what reading the store raises.
    """
    begun = clock.monotonic()
    refs = list(source.refs())
    looked = clock.monotonic() - begun
    mailbox, wanted = Mailbox(client), frozenset(ids)
    tried = _tried(mailbox, source, refs[:_TRIED], wanted, clock)
    message, byte = tried.speed
    mean = tried.bytes / max(len(tried.timed), 1)
    sizes = (facts.size for _, facts in source.survey(refs)) if isinstance(source, Surveyed) else ()
    bytes = sum(size or 0 for size in sizes) or round(mean * len(refs))
    taken = round(len(refs) * tried.known / max(len(tried.timed), 1))
    left = max(0, len(ids) - taken)
    reading = looked + len(refs) * (message + SAVING) + bytes * byte
    return Way(
        name=source.name,
        seconds=api.begin + 2 * listing.seconds + reading + left * api.each,
        units=2 * listing.units + left * api.units,
    )


@dataclass(slots=True)
class _Tried:
    """Of some messages, how long each took and how many bytes it has; so many were `known`."""

    timed: list[tuple[int, float]]
    bytes: int
    known: int

    @property
    def speed(self) -> tuple[float, float]:
        by_size = sorted(self.timed)
        half = len(by_size) // 2
        return solved(_sum(by_size[:half]), _sum(by_size[half:]))


def _tried(
    mailbox: Mailbox, source: Source, refs: list[Ref], wanted: frozenset[MessageId], clock: Clock
) -> _Tried:
    found, trial = _Tried([], 0, 0), Trial()
    begun = clock.monotonic()
    for ref, got in source.fetch(refs):
        size = 0
        if not isinstance(got, GmailKitError):
            with got.content:
                is_it = mailbox.recognise(ref, got)
                found.known += is_it is not None and is_it.id in wanted
                size = trial.save(got.content)
        now = clock.monotonic()
        found.timed.append((size, now - begun))
        found.bytes += size
        begun = now
    return found


def _sum(timed: list[tuple[int, float]]) -> Timed:
    return len(timed), sum(size for size, _ in timed), sum(seconds for _, seconds in timed)
