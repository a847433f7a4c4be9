"""A mailbox of somebody with habits: letters that come, and a person who deals with them.

Nothing here knows how habits are looked for. A source sends letters for a year; the person reads,
files, forgets and tidies up, each at some hour after a letter came, and what is left in the end is
the mailbox. What the person wishes for a letter is the truth that suggestions are judged by, on
letters of the months after that nobody has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
YEAR, AFTER = 365, 120  # days before and after NOW
ME = "me@example.com"
PURGED = 30  # days in Trash
Changes = frozenset[str]  # "+Label", "-INBOX", "+STARRED", "+TRASH", "-UNREAD"
NONE: Changes = frozenset()
ARCHIVED, DELETED, STARRED = frozenset({"-INBOX"}), frozenset({"+TRASH"}), frozenset({"+STARRED"})

TOPICS = """harvest budget server garden roof bridge lesson piano velvet copper orchard ticket
festival engine boiler market harbour lantern meadow compass pepper ribbon saddle timber walnut
canvas falcon glacier hammock island jacket kettle ladder magnet needle oyster pillow quartz rocket
signal tunnel umbrella violin window yellow zipper anchor basket candle dragon elbow""".split()
OPENERS = "About the|Your|News of the|A question on the|Notes:|Plan for the|The|Our".split("|")


@dataclass(frozen=True, kw_only=True)
class Letter:
    day: float  # after NOW; most are before it
    sender: str
    name: str
    subject: str
    to: str = ME
    list_id: str = ""
    arrives_with: Changes = NONE  # done by a filter, or by Gmail

    @property
    def when(self) -> datetime:
        return NOW + timedelta(days=self.day)


Wish = Callable[[Letter], Changes]


def nothing(letter: Letter) -> Changes:
    return NONE


@dataclass(kw_only=True)
class Source:
    """Who sends, how often, about what; and how the person deals with it."""

    what: str
    senders: list[tuple[str, str]]
    rate: float  # letters in 30 days
    subject: Callable[[Random], str]
    wish: Wish = nothing
    to: str = ME
    list_id: str = ""
    slips: float = 0.07
    interest: float = 0.6  # how much of it is read
    whim: Callable[[Random], Changes] = field(default=lambda rng: NONE)  # done for no reason
    begins: float = -YEAR
    ends: float = AFTER
    wished_until: float = AFTER
    swept: tuple[float, Changes] | None = None  # one day, all that is there
    arrives_with: Changes = NONE
    habit: bool = False

    def letters(self, rng: Random, first: float, last: float) -> Iterator[Letter]:
        day = max(first, self.begins) + rng.expovariate(self.rate / 30)
        while day < min(last, self.ends):
            sender, name = rng.choice(self.senders)
            yield Letter(
                day=day,
                sender=sender,
                name=name,
                subject=self.subject(rng),
                to=self.to,
                list_id=self.list_id,
                arrives_with=self.arrives_with,
            )
            day += rng.expovariate(self.rate / 30)

    def wished(self, letter: Letter) -> Changes:
        return self.wish(letter) if letter.day < self.wished_until else NONE


@dataclass(kw_only=True)
class Person:
    sources: list[Source]
    tidies: float  # how much of what has no place is archived some time
    predicted: bool  # whether Gmail marks mail as important by itself
    friends: set[str]

    @property
    def habits(self) -> list[Source]:
        return [each for each in self.sources if each.habit]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A letter as it lies in the mailbox at NOW."""

    letter: Letter
    labels: frozenset[str]


def mailbox(person: Person, rng: Random) -> list[Kept]:
    """A year later, the oldest first."""
    kept = []
    for source in person.sources:
        for letter in source.letters(rng, -YEAR, 0):
            labels = dealt_with(person, source, letter, rng)
            if labels is not None:
                kept.append(Kept(letter=letter, labels=labels))
    return sorted(kept, key=lambda each: each.letter.day)


def dealt_with(
    person: Person, source: Source, letter: Letter, rng: Random
) -> frozenset[str] | None:
    """What the letter bears in the end; None when it is gone for good."""
    labels = after({"INBOX", "UNREAD"}, letter.arrives_with)
    if person.predicted and rng.random() < (0.8 if letter.sender in person.friends else 0.15):
        labels = labels | {"IMPORTANT"}
    happened: list[tuple[float, Changes]] = []
    if rng.random() < source.interest:
        happened.append((letter.day + rng.expovariate(1), frozenset({"-UNREAD"})))
    wished = source.wished(letter)
    if wished and rng.random() >= source.slips:
        happened.append((letter.day + rng.expovariate(1 / 1.5), wished))
    elif not wished:
        happened.append((letter.day + rng.expovariate(1 / 4), unplanned(person, source, rng)))
    if source.swept and letter.day < source.swept[0]:
        happened.append(source.swept)
    for day, changes in sorted(happened, key=lambda each: each[0]):
        if day < 0:
            labels = after(labels, changes)
            if "+TRASH" in changes and day < -PURGED:
                return None
    return frozenset(labels)


def unplanned(person: Person, source: Source, rng: Random) -> Changes:
    """What happens to mail that has no place."""
    if whim := source.whim(rng):
        return whim
    chance = rng.random()
    if chance < person.tidies:
        return ARCHIVED
    return DELETED if chance > 0.96 else STARRED if chance > 0.94 else NONE


def after(labels: set[str] | frozenset[str], changes: Changes) -> frozenset[str]:
    found = set(labels) | {each[1:] for each in changes if each[0] == "+"}
    found -= {each[1:] for each in changes if each[0] == "-"}
    return frozenset(found - {"INBOX"} if "TRASH" in found else found)


class Town:
    """Makes names that are not used twice, and all the people who write."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.number = 0

    def word(self) -> str:
        self.number += 1
        first, second = self.number % 26, self.number // 26 % 26
        return f"{self.rng.choice(TOPICS)}{chr(97 + first)}{chr(97 + second)}"

    def people(self, count: int, domain: str = "") -> list[tuple[str, str]]:
        words = [self.word() for _ in range(count)]
        return [(f"{w}@{domain or f'{self.word()}.example'}", w.title()) for w in words]

    def chat(self) -> Callable[[Random], str]:
        """Subjects of this and that."""

        def subject(rng: Random) -> str:
            topics = " ".join(rng.sample(TOPICS, rng.randint(1, 3)))
            text = f"{rng.choice(OPENERS)} {topics}"
            return f"Re: {text}" if rng.random() < 0.3 else text

        return subject

    def label(self) -> str:
        return self.word().title()

    def source(self, what: str, **more: object) -> Source:
        given: dict[str, object] = {
            "what": what,
            "senders": self.people(1),
            "rate": self.rng.uniform(1.2, 4),
            "subject": self.chat(),
            "slips": self.rng.uniform(0.05, 0.1),
            "interest": self.rng.uniform(0.2, 0.95),
        }
        return Source(**{**given, **more})  # type: ignore[arg-type]


def somebody(seed: int) -> Person:
    """A person with some forty habits, and sixty sources that only look like some."""
    rng = Random(seed)
    town = Town(rng)
    sources = [*habits(town, rng)]
    for each in sources:
        each.habit = True
    sources += filed_beside_kept(town)
    sources += decoys(town, rng)
    friends = [town.source("friend", interest=1.0) for _ in range(12)]
    others = [town.source("other", rate=rng.uniform(0.2, 2)) for _ in range(60)]
    return Person(
        sources=[*sources, *friends, *others],
        tidies=rng.choice((0.05, 0.3, 0.5)),
        predicted=rng.random() < 0.5,
        friends={each.senders[0][0] for each in friends},
    )


def always(changes: Changes) -> Wish:
    return lambda letter: changes


def filed(label: str, *, archived: bool = False) -> Changes:
    return frozenset({f"+{label}"} | ({"-INBOX"} if archived else set()))


def habits(town: Town, rng: Random) -> Iterator[Source]:
    for number in range(12):
        wish = always(filed(town.label(), archived=number < 8))
        yield town.source("sender", wish=wish, interest=0.9)
    for number in range(8):
        label = filed(town.label(), archived=True) if number < 5 else ARCHIVED
        yield town.source(
            "list" if number < 5 else "list, unread",
            senders=town.people(rng.randint(4, 30)),
            list_id=f"{town.word()}.lists.example",
            rate=rng.uniform(2.5, 6),
            wish=always(label),
            interest=0.5 if number < 5 else 0.1,
        )
    for number in range(3):
        domain = f"{town.word()}.example"
        yield town.source(
            "domain",
            senders=town.people(rng.randint(4, 8), domain),
            rate=rng.uniform(4, 9),
            wish=always(filed(town.label(), archived=number > 0)),
        )
    for _ in range(2):
        yield town.source(
            "own tag",
            senders=town.people(rng.randint(3, 9)),
            to=f"me+{town.word()}@example.com",
            rate=rng.uniform(3, 6),
            wish=always(filed(town.label())),
        )
    yield from by_subject(town, rng)
    for _ in range(4):
        yield town.source("archived unread", wish=always(ARCHIVED), interest=0.05)
    for _ in range(2):
        yield town.source("archived read", wish=always(ARCHIVED), interest=1.0)
    for _ in range(2):
        yield town.source("deleted", wish=always(DELETED), rate=rng.uniform(15, 30), interest=0.2)
    for _ in range(2):
        yield town.source("starred", wish=always(STARRED))
    yield town.source("important", wish=always(frozenset({"+IMPORTANT"})))
    yield town.source("marked as read", wish=always(frozenset({"-UNREAD"})))


def by_subject(town: Town, rng: Random) -> Iterator[Source]:
    for _ in range(3):  # a project that several people write about, under a tag
        tag, chat = town.word(), town.chat()
        yield town.source(
            "tag",
            senders=town.people(rng.randint(3, 6)),
            rate=rng.uniform(3, 6),
            subject=lambda rng, tag=tag, chat=chat: f"[{tag}] {chat(rng)}",
            wish=always(filed(town.label(), archived=True)),
        )
    for _ in range(3):  # of a bank only the statements
        chat, label = town.chat(), filed(town.label())
        yield town.source(
            "part",
            rate=rng.uniform(4, 7),
            subject=lambda rng, chat=chat: (
                f"Statement of {rng.choice(TOPICS)}" if rng.random() < 0.6 else chat(rng)
            ),
            wish=lambda letter, label=label: label if "Statement" in letter.subject else NONE,
        )
    label, chat = filed(town.label()), town.chat()
    yield town.source(  # bills, from whomever
        "subject",
        senders=town.people(15),
        rate=rng.uniform(4, 7),
        subject=lambda rng: (
            f"Invoice for the {rng.choice(TOPICS)}" if rng.random() < 0.7 else chat(rng)
        ),
        wish=lambda letter: label if "Invoice" in letter.subject else NONE,
    )


def filed_beside_kept(town: Town) -> Iterator[Source]:
    """One sender of a domain is filed, a colleague is not."""
    for _ in range(4):
        domain = f"{town.word()}.example"
        wish = always(filed(town.label(), archived=True))
        yield town.source("filed", senders=town.people(1, domain), wish=wish, habit=True)
        yield town.source("kept", senders=town.people(1, domain))


def decoys(town: Town, rng: Random) -> Iterator[Source]:
    for _ in range(12):
        yield town.source("at random", whim=whim(rng.uniform(0.2, 0.75), [town.label()]))
    for _ in range(10):
        label = filed(town.label())
        begins = rng.uniform(-YEAR, -40)
        yield town.source(
            "twice", rate=15, begins=begins, ends=begins + 5, whim=lambda r, n=label: n
        )
    for _ in range(5):
        yield town.source("by a filter", arrives_with=filed(town.label(), archived=True))
    for _ in range(6):
        labels = [town.label() for _ in range(rng.randint(2, 3))]
        yield town.source("mixed labels", whim=whim(0.9, labels))
    for _ in range(6):
        wish = always(filed(town.label(), archived=True))
        yield town.source("ended", wish=wish, wished_until=-rng.uniform(150, 200), rate=4)
    for _ in range(3):
        wish = always(filed(town.label()))
        yield town.source("gone", wish=wish, ends=-rng.uniform(150, 200), wished_until=-150, rate=5)
    for _ in range(5):
        changes = rng.choice((filed(town.label()), ARCHIVED, filed(town.label(), archived=True)))
        yield town.source("swept", swept=(-rng.uniform(60, 200), changes), rate=4)
    for _ in range(4):
        yield town.source("always read", interest=1.0, rate=5)
    for _ in range(4):
        yield town.source(
            "often deleted", whim=lambda r: DELETED if r.random() < 0.6 else NONE, rate=12
        )
    for _ in range(3):  # one busy week
        begins, label = rng.uniform(-100, -30), filed(town.label(), archived=True)
        yield town.source(
            "a week", rate=50, begins=begins, ends=begins + 6, whim=lambda r, n=label: n
        )


def whim(chance: float, labels: list[str]) -> Callable[[Random], Changes]:
    def done(rng: Random) -> Changes:
        return (
            filed(rng.choice(labels), archived=rng.random() < 0.5)
            if rng.random() < chance
            else NONE
        )

    return done
