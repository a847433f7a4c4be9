"""The narrowest rules that explain what somebody did by hand to a mailbox.

Kinds of conditions are gone through in the order of preference. What a rule explains already is
evidence for no other; only a domain may take the place of its senders, where there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gmailkit.query.labels import is_system
from gmailkit.query.tree import Field
from gmailkit.rules.habits.condition import Condition, Kind, grouped, phrases, term
from gmailkit.rules.habits.evidence import FEWEST, UNREAD, Evidence, Evidences, archived, stands_out
from gmailkit.rules.habits.safety import Written, is_safe
from gmailkit.rules.habits.seen import ARCHIVE, IMPORTANT, STAR, TRASH, Effect, Mailbox, Seen

SENDERS = {
    Kind.TAG: 2,
    Kind.TO: 2,
    Kind.DOMAIN: 3,
    Kind.SUBJECT: 3,
}  # to which it must have been done
NEW = 0.5  # share of the hits that no narrower rule explains
PART = 0.7  # share of what was done to a sender's mail that words of the subject must explain
COMMON = 0.2  # the same of all mail to which it was done
SAME = 0.95  # share of a rule's hits that another one has too, to make it needless
_MOST_PHRASES = 40
OnLook = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Habit:
    """Mail of a kind, and what was done to it."""

    condition: Condition
    evidence: Evidence


def propose(
    mailbox: Mailbox,
    *,
    me: Iterable[str],
    written: Written,
    on_look: OnLook = lambda kind, kinds: None,
) -> tuple[Habit, ...]:
    """The habits of whoever has the addresses `me`, those with most evidence first.

    `written` tells whether mail was sent to an address; it is asked for few, at the very end.
    `on_look` is told before each kind of conditions which of how many it is.
    """
    search = _Search(mailbox, frozenset(each.casefold() for each in me))
    for number, kind in enumerate(Kind, 1):
        on_look(number, len(Kind))
        search.look(kind)
    found = [
        each
        for each in without_needless(search.found)
        if is_safe(each.condition, each.evidence, written)
    ]
    return tuple(sorted(found, key=lambda each: -len(each.evidence.hits)))


class _Search:
    def __init__(self, mailbox: Mailbox, me: frozenset[str]) -> None:
        self._mailbox = mailbox
        self._me = me
        self._evidences = Evidences(mailbox)
        self._explained: dict[Effect, dict[str, Kind]] = {}
        self.found: list[Habit] = []

    def look(self, kind: Kind) -> None:
        """Take up the habits of a kind."""
        if kind is Kind.PART:
            conditions = self._parts()
        elif kind is Kind.SUBJECT:
            conditions = self._subjects()
        else:
            conditions = grouped(self._mailbox, kind, self._me)
        for condition in conditions:
            self._take(condition)

    def _take(self, condition: Condition) -> None:
        """The habit of a condition, if there is one that is not explained yet."""
        places = self._mailbox.find(condition.terms)
        if len(places) < FEWEST:
            return
        habits = [
            each
            for effect in self._effects(places)
            if (each := self._habit(places, effect)) and self._fits(condition, each)
        ]
        if not habits:
            return
        best = self._bundled(condition, places, habits)
        self.found.append(Habit(condition, best))
        for effect in best.effects:
            explained = self._explained.setdefault(effect, {})
            for mail in best.hits:
                explained.setdefault(mail.id, condition.kind)

    def _habit(self, places: frozenset[int], effect: Effect) -> Evidence | None:
        found = self._evidences.of(places, (effect,))
        if self._evidences.is_habit(found):
            return found
        if effect != ARCHIVE:
            return None
        # Who archives most mail once it is read: what goes unread is special.
        unread = self._evidences.of(places, (ARCHIVE, UNREAD))
        return archived(unread) if self._evidences.is_habit(unread) else None

    def _fits(self, condition: Condition, found: Evidence) -> bool:
        """Whether enough is new, and from enough senders of whom none is treated otherwise."""
        kind = condition.kind
        (effect,) = found.effects
        known = self._explained.get(effect, {})
        open_to = (None, Kind.SENDER) if kind is Kind.DOMAIN else (None,)
        new = sum(known.get(mail.id) in open_to for mail in found.hits)
        if new < max(FEWEST, NEW * len(found.hits)):
            return False
        done, left = _by_sender(found.hits), _by_sender(found.misses)
        if kind in SENDERS:
            otherwise = any(count > max(1, done.get(who, 0)) for who, count in left.items())
            return len(done) >= SENDERS[kind] and not otherwise
        return True

    def _effects(self, places: Iterable[int]) -> Iterator[Effect]:
        """What may have been done to them, the user's own labels first."""
        counts: dict[str, int] = {}
        for place in places:
            for label in self._mailbox.mails[place].labels:
                counts[label] = counts.get(label, 0) + 1
        own = (name for name, count in counts.items() if count >= FEWEST and not is_system(name))
        yield from (Effect(name) for name in sorted(own, key=lambda name: (-counts[name], name)))
        yield from (ARCHIVE, TRASH)
        yield from (each for each in (STAR, IMPORTANT) if counts.get(each.label, 0) >= FEWEST)

    def _bundled(
        self, condition: Condition, places: frozenset[int], habits: list[Evidence]
    ) -> Evidence:
        """All that was done to the same messages; what is deleted is only deleted."""
        for each in habits:
            if TRASH in each.effects:
                return each
        best, *more = habits
        effects = [each.effects[0] for each in more]
        if not is_system(best.effects[0].label):
            effects.append(ARCHIVE)
        for effect in dict.fromkeys(effects):
            both = self._evidences.of(places, (*best.effects, effect))
            usual = self._evidences.usual(places, (effect,))
            if self._evidences.is_habit(both) and stands_out(both.bound, usual):
                best = both
        return best

    def _parts(self) -> Iterator[Condition]:
        """Of senders whose mail is not treated alike: words of subjects that tell it apart."""
        for whole in grouped(self._mailbox, Kind.SENDER, self._me):
            places = self._mailbox.find(whole.terms)
            if len(places) < FEWEST:
                continue
            for effect in self._effects(places):
                found = self._evidences.of(places, (effect,))
                if len(found.hits) >= FEWEST and found.misses:
                    yield from self._telling(whole, found, effect, PART)

    def _subjects(self) -> Iterator[Condition]:
        """Words of subjects that tell which mail bears a label, whoever sent it."""
        everywhere = frozenset(range(len(self._mailbox.mails)))
        for effect in self._effects(everywhere):
            if effect in (ARCHIVE, TRASH, IMPORTANT):
                continue
            found = self._evidences.of(self._evidences.bearing(effect.label), (effect,))
            while condition := next(self._telling(None, found, effect, COMMON), None):
                before = len(self.found)
                yield condition
                if len(self.found) == before:
                    break

    def _telling(
        self, whole: Condition | None, found: Evidence, effect: Effect, share: float
    ) -> Iterator[Condition]:
        """The words that explain most of what no rule explains yet, if they explain enough."""
        known = self._explained.get(effect, {})
        left = [mail for mail in found.hits if mail.id not in known]
        enough = max(FEWEST, share * len(left))
        usual = phrases(mail.subject for mail in left).most_common(_MOST_PHRASES)
        terms = whole.terms if whole else ()
        kind = Kind.PART if whole else Kind.SUBJECT
        for words, count in sorted(usual, key=lambda each: (-each[1], -len(each[0]))):
            if count < enough:
                return
            condition = Condition(kind, (*terms, term(words, Field.SUBJECT)))
            habit = self._habit(self._mailbox.find(condition.terms), effect)
            if habit and self._fits(condition, habit):
                yield condition
                return


def without_needless(found: Iterable[Habit]) -> list[Habit]:
    """Without those whose mail another one treats alike."""
    kept = list(found)
    for each in tuple(kept):
        if any(_covers(other, each) for other in kept if other is not each):
            kept.remove(each)
    return kept


def _covers(wide: Habit, narrow: Habit) -> bool:
    if not set(wide.evidence.effects).issuperset(narrow.evidence.effects):
        return False
    ids = {mail.id for mail in wide.evidence.hits}
    hits = narrow.evidence.hits
    return sum(mail.id in ids for mail in hits) >= SAME * len(hits)


def _by_sender(mails: Iterable[Seen]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for mail in mails:
        who = mail.sender.casefold()
        counts[who] = counts.get(who, 0) + 1
    return counts
