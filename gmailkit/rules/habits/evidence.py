"""How often something was done to mail of one kind, and when that is a habit.

The measure is the lower bound of Wilson's interval for a share (one-sided, 90 %): of such mail, at
least that share will have it done, as far as so few messages can tell. 20 of 20 give 0.92, 18 of 20
0.78, 6 of 6 0.78, 7 of 8 0.66.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import comb, fsum, sqrt

from gmailkit.rules.habits.seen import ARCHIVE, DAY, IMPORTANT, TRASH, Effect, Mailbox, Seen

FEWEST = 6  # messages to which it was done
BOUND = 0.7
FEWEST_DELETED, BOUND_DELETED = 8, 0.8
SETTLED = 7  # days: what is younger and in the inbox may only wait
KEPT_IN_TRASH = 30  # days, then Gmail deletes it
LASTING = 14  # days at least between the first and the last, and
DAYS = 3  # days on which such mail came: less is one occasion
ENDED = 120  # days since the last: nobody does it any more
SWEPT = 0.5  # share of others' mail, from where on a month tells nothing
MARKED = 0.05  # share of others' mail that is important, from where on Gmail marks it
SLIPS, CHANCE = 0.1, 0.005
LATEST = 50  # messages that are looked at for an end
UNREAD = Effect("UNREAD")
UNDONE_BY_TRASH = frozenset((ARCHIVE, UNREAD))  # what was deleted left the inbox, but is not filed
_Z = 1.2815515655446004
MONTH = 30  # days
_EXACT = 9  # digits that a difference of sums has for sure


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """To `hits` all `effects` were done, to `misses` not; from the oldest to the newest.

    `bound` is the measure; `base` is the share of mail from others to which the same was done,
    each sender and list counting once a month.
    """

    effects: tuple[Effect, ...]
    hits: tuple[Seen, ...]
    misses: tuple[Seen, ...]
    bound: float
    base: float


def lower_bound(hits: int, count: int) -> float:
    """Wilson's, of a share of `hits` among `count`."""
    if not count:
        return 0.0
    share, z2 = hits / count, _Z * _Z
    spread = _Z * sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return (share + z2 / (2 * count) - spread) / (1 + z2 / count)


def archived(unread: Evidence) -> Evidence:
    """Of what was archived unread: of what was archived, read or not."""
    read = [mail for mail in unread.misses if ARCHIVE.label not in mail.labels]
    hits = sorted((*unread.hits, *read), key=lambda mail: mail.when)
    misses = tuple(mail for mail in unread.misses if ARCHIVE.label in mail.labels)
    return Evidence(
        effects=(ARCHIVE,),
        hits=tuple(hits),
        misses=misses,
        bound=lower_bound(len(hits), len(hits) + len(misses)),
        base=unread.base,
    )


def stands_out(bound: float, base: float) -> bool:
    """Whether it is left undone half as often as with other mail, or less."""
    return 1 - bound <= (1 - base) / 2


class Evidences:
    """What was done in a mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._ages = [mailbox.age(mail) for mail in mailbox.mails]  # in days
        self._sources = [mail.source for mail in mailbox.mails]
        self._bearing: dict[str, list[int]] = {}
        self._totals: dict[int, Counter[str]] = {}  # of each source by month
        for place, mail in enumerate(mailbox.mails):
            self._totals.setdefault(self._month(place), Counter())[self._sources[place]] += 1
            for label in mail.labels:
                self._bearing.setdefault(label, []).append(place)
        self._shares: dict[tuple[Effect, ...], dict[int, dict[str, float]]] = {}
        self._sums: dict[tuple[Effect, ...], dict[int, float]] = {}  # of these, by month

    def bearing(self, label: str) -> list[int]:
        """The places of the messages with a label."""
        return self._bearing.get(label, [])

    def of(self, places: Iterable[int], effects: tuple[Effect, ...]) -> Evidence:
        """What was done to these messages. A hit in a month in which the same was done to most
        mail of others tells nothing, and is left out.
        """
        ordered = sorted(places)
        decided = {place: self._done(place, effects) for place in ordered}
        months = {place: self._month(place) for place, done in decided.items() if done}
        sources = {self._sources[place] for place in ordered}
        bases = {month: self._base(effects, month, sources) for month in set(months.values())}
        hits = [place for place, month in months.items() if bases[month] <= SWEPT]
        misses = [place for place, done in decided.items() if done is False]
        mails = self._mailbox.mails
        return Evidence(
            effects=effects,
            hits=tuple(mails[place] for place in hits),
            misses=tuple(mails[place] for place in misses),
            bound=lower_bound(len(hits), len(hits) + len(misses)),
            base=sum(bases[months[place]] for place in hits) / len(hits) if hits else 0.0,
        )

    def usual(self, places: Iterable[int], effects: tuple[Effect, ...]) -> float:
        """To which share of other mail of these months it was done."""
        ordered = list(places)
        sources = {self._sources[place] for place in ordered}
        months = Counter(self._month(place) for place in ordered)
        bases = (self._base(effects, month, sources) * n for month, n in months.items())
        return sum(bases) / max(1, len(ordered))

    def is_habit(self, found: Evidence) -> bool:
        """Often enough, not only once, still done, and more than to other mail."""
        deletes = TRASH in found.effects
        fewest, bound = (FEWEST_DELETED, BOUND_DELETED) if deletes else (FEWEST, BOUND)
        if len(found.hits) < fewest or found.bound < bound:
            return False
        if IMPORTANT in found.effects and found.base > MARKED:
            return False
        first, last = found.hits[0], found.hits[-1]
        lasting = (last.when - first.when).total_seconds() / DAY
        return (
            lasting >= (LASTING / 2 if deletes else LASTING)
            and len({mail.when.date() for mail in found.hits}) >= DAYS
            and self._mailbox.age(last) <= ENDED
            and not _has_ended(found)
            and stands_out(found.bound, found.base)
        )

    def _done(self, place: int, effects: tuple[Effect, ...]) -> bool | None:
        """None where it cannot be said yet, or no hand did it."""
        mail = self._mailbox.mails[place]
        labels = mail.labels
        if mail.done and mail.done.issuperset(set(effects) - {UNREAD}):
            return None
        if TRASH.label in labels and UNDONE_BY_TRASH.issuperset(effects):
            return None
        if TRASH in effects and self._ages[place] > KEPT_IN_TRASH:
            return None
        for label, on in effects:
            if (label in labels) is not on:
                waits = "INBOX" in labels and self._ages[place] < SETTLED
                return None if waits else False
        return True

    def _base(self, effects: tuple[Effect, ...], month: int, sources: set[str]) -> float:
        """The mean over all other senders and lists of that month; one that did not is added."""
        if effects not in self._shares:
            self._shares[effects] = self._counted(effects)
            by_month = self._shares[effects].items()
            self._sums[effects] = {month: fsum(shares.values()) for month, shares in by_month}
        shares = self._shares[effects].get(month, {})
        others = len(self._totals[month]) - sum(each in self._totals[month] for each in sources)
        own = fsum(shares.get(each, 0.0) for each in sources)
        rest = self._sums[effects].get(month, 0.0) - own
        return round(rest, _EXACT) / (others + 1)

    def _counted(self, effects: tuple[Effect, ...]) -> dict[int, dict[str, float]]:
        """To which share of its mail it was done, by month and source; those without left out."""
        put_on = [label for label, on in effects if on]
        some = self.bearing(put_on[0]) if put_on else range(len(self._sources))
        counts: dict[int, Counter[str]] = {}
        for place in some:
            if self._done(place, effects):
                counts.setdefault(self._month(place), Counter())[self._sources[place]] += 1
        return {
            month: {each: count / self._totals[month][each] for each, count in by_source.items()}
            for month, by_source in counts.items()
        }

    def _month(self, place: int) -> int:
        return int(self._ages[place] // MONTH)


def _has_ended(found: Evidence) -> bool:
    """Whether the latest messages, some or all, have more misses than slips explain."""
    misses = 0
    for count, missed in enumerate(islice(_latest_first(found.hits, found.misses), LATEST), 1):
        misses += missed
        if missed and _chance(misses, count) < CHANCE:
            return True
    return False


def _latest_first(hits: Sequence[Seen], misses: Sequence[Seen]) -> Iterator[bool]:
    both = [*((mail.when, False) for mail in hits), *((mail.when, True) for mail in misses)]
    yield from (missed for _, missed in sorted(both, reverse=True))


def _chance(misses: int, count: int) -> float:
    """That so many of `count` or more are slips."""
    fewer = sum(
        comb(count, each) * SLIPS**each * (1 - SLIPS) ** (count - each) for each in range(misses)
    )
    return 1 - fewer
