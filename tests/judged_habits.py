"""Whether suggestions are what the person of `planted_habits` wishes: judged on letters to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from gmailkit.model.mail import Address, Mail
from gmailkit.query.document import Document
from gmailkit.query.match import Context, matches
from gmailkit.query.tree import Node
from gmailkit.rules.habits.propose import Habit, propose
from gmailkit.rules.habits.seen import Effect, Mailbox, Seen
from planted_habits import AFTER, ME, NOW, Changes, Kept, Letter, Person, Source

AS_WISHED = 0.9  # of the letters that a suggestion catches
GIVEN = 0.8  # of the letters of a habit, to say that it was found
FRIENDLY = Context(now=NOW.timestamp())


@dataclass(frozen=True)
class Judged:
    right: tuple[Habit, ...]
    wrong: tuple[Habit, ...]
    found: tuple[Source, ...]
    missed: tuple[Source, ...]

    @property
    def precision(self) -> float:
        return len(self.right) / max(1, len(self.right) + len(self.wrong))

    @property
    def recall(self) -> float:
        return len(self.found) / max(1, len(self.found) + len(self.missed))


def suggested(person: Person, kept: Sequence[Kept]) -> tuple[Habit, ...]:
    box = Mailbox((seen(number, each) for number, each in enumerate(kept)), now=NOW.timestamp())
    return propose(box, me=[ME], written=person.friends.__contains__)


def seen(number: int, kept: Kept) -> Seen:
    letter = kept.letter
    done = {Effect(each[1:], each[0] == "+") for each in letter.arrives_with}
    return Seen(
        id=f"{number:x}",
        when=letter.when,
        labels=kept.labels,
        sender=letter.sender,
        name=letter.name,
        to=(letter.to,),
        list_id=letter.list_id,
        subject=letter.subject,
        done=frozenset(done),
    )


def judge(person: Person, habits: Sequence[Habit], rng: Random) -> Judged:
    coming = [
        (source, letter, document(letter))
        for source in person.sources
        for letter in source.letters(rng, 0, AFTER)
    ]
    caught: list[set[int]] = [
        {n for n, (_, _, mail) in enumerate(coming) if meets(habit.condition.node, mail)}
        for habit in habits
    ]
    right, wrong = [], []
    for habit, places in zip(habits, caught, strict=True):
        wished = [changes(habit) <= coming[n][0].wished(coming[n][1]) for n in places]
        good = wished and sum(wished) >= AS_WISHED * len(wished)
        (right if good else wrong).append(habit)
    found, missed = [], []
    for source in person.habits:
        theirs = [
            (n, w) for n, (of, at, _) in enumerate(coming) if of is source and (w := of.wished(at))
        ]
        given = [
            any(n in places and w <= changes(h) for h, places in zip(habits, caught, strict=True))
            for n, w in theirs
        ]
        (found if given and sum(given) >= GIVEN * len(given) else missed).append(source)
    return Judged(tuple(right), tuple(wrong), tuple(found), tuple(missed))


def changes(habit: Habit) -> Changes:
    return frozenset(f"{'-+'[each.on]}{each.label}" for each in habit.evidence.effects)


def document(letter: Letter) -> Document:
    headers = (("List-Id", f"<{letter.list_id}>"),) if letter.list_id else ()
    mail = Mail(
        sender=Address(letter.sender, letter.name),
        to=(Address(letter.to),),
        subject=letter.subject,
        headers=headers,
    )
    return Document.of(mail, labels=(), date=letter.when.timestamp(), size=0)


def meets(node: Node, mail: Document) -> bool:
    return matches(node, mail, context=FRIENDLY)
