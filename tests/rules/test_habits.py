"""Habits are found in a mailbox of somebody who has some, and nothing else is taken for one."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from random import Random
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.rules.habits.condition import Kind
from gmailkit.rules.habits.evidence import BOUND, FEWEST, lower_bound
from gmailkit.rules.habits.propose import Habit, propose
from gmailkit.rules.habits.seen import ARCHIVE, IMPORTANT, TRASH, Effect, Mailbox, Seen
from judged_habits import Judged, judge, suggested
from planted_habits import ME, NOW, mailbox, somebody

FILED = frozenset({"Work"})
LEFT = frozenset({"INBOX", "UNREAD"})


def year_of(seed: int) -> Judged:
    """A person's year, what is suggested for it, and what becomes of that."""
    person, rng = somebody(seed), Random(seed + 1000)
    kept = mailbox(person, rng)
    return judge(person, suggested(person, kept), rng)


def means(years: Iterable[Judged]) -> tuple[float, float]:
    """Precision and recall."""
    both = [(each.precision, each.recall) for each in years]
    return sum(p for p, _ in both) / len(both), sum(r for _, r in both) / len(both)


def test_of_forty_habits_most_are_found_and_hardly_anything_else() -> None:
    years = [year_of(seed) for seed in range(5)]
    precision, recall = means(years)
    assert precision >= 0.9
    assert recall >= 0.8
    assert min(each.precision for each in years) >= 0.85


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_of_the_habits_of_fifty_people_most_are_found() -> None:
    years = [year_of(seed) for seed in range(100, 150)]
    precision, recall = means(years)
    missed = Counter(each.what for year in years for each in year.missed)
    least = min(each.precision for each in years), min(each.recall for each in years)
    print(f"50 mailboxes: precision {precision:.3f}, recall {recall:.3f}, at least {least}")
    print(f"missed of 50 or more each: {dict(missed.most_common())}")
    assert precision >= 0.9
    assert recall >= 0.8


def mail(day: float, labels: Iterable[str] = FILED, **more: object) -> Seen:
    """A message so many days old."""
    given = {"sender": "shop@shop.example", "subject": "Order", "to": (ME,), **more}
    return Seen(
        id=f"{day}{given['sender']}{given['subject']}",
        when=NOW - timedelta(days=day),
        labels=frozenset(labels),
        **given,  # type: ignore[arg-type]
    )


def others() -> list[Seen]:
    """A year of mail that nobody files."""
    return [mail(day, LEFT, sender=f"x{day % 7}@x{day % 7}.example") for day in range(0, 360, 3)]


def found(mails: Iterable[Seen], written: Iterable[str] = ()) -> list[Habit]:
    box = Mailbox([*mails, *others()], now=NOW.timestamp())
    return list(propose(box, me=[ME], written=set(written).__contains__))


def names(habits: Iterable[Habit]) -> list[tuple[str, str, set[str]]]:
    return [
        (h.condition.kind.name, h.condition.words, {e.label for e in h.evidence.effects})
        for h in habits
    ]


def weekly(**more: object) -> list[Seen]:
    return [mail(day, **more) for day in range(8, 176, 7)]  # type: ignore[arg-type]


def test_a_list_is_named_rather_than_its_one_sender_and_that_rather_than_its_domain() -> None:
    assert names(found(weekly(list_id="news.shop.example"))) == [
        ("LIST", "news.shop.example", {"Work", "INBOX"})
    ]
    assert names(found(weekly())) == [("SENDER", "shop@shop.example", {"Work", "INBOX"})]


def test_a_domain_takes_the_place_of_three_senders_and_not_beside_one_that_is_kept() -> None:
    three = [m for n in range(3) for m in weekly(sender=f"{n}@shop.example")]
    assert names(found(three)) == [("DOMAIN", "shop.example", {"Work", "INBOX"})]
    kept = [mail(day, LEFT, sender="chef@shop.example") for day in range(9, 100, 20)]
    assert {kind for kind, *_ in names(found([*three, *kept]))} == {"SENDER"}
    public = [m for n in range(3) for m in weekly(sender=f"{n}@gmail.com")]
    assert {kind for kind, *_ in names(found(public))} == {"SENDER"}


def test_a_beginning_of_subjects_is_named_once_and_only_for_many_senders() -> None:
    mails = [m for n in range(9) for m in bills(f"n{n}@s{n}.example")]
    assert names(found(mails)) == [("SUBJECT", "invoice for may", {"Work", "INBOX"})]
    mixed = [*weekly(subject="Invoice for may 3"), *weekly(subject="Hello", labels=LEFT)]
    assert names(found(mixed)) == [("PART", "shop@shop.example invoice for may", {"Work", "INBOX"})]


def bills(sender: str) -> list[Seen]:
    done = [mail(day, sender=sender, subject="Invoice for May 3") for day in (20, 60, 110)]
    return [*done, *(mail(day, LEFT, sender=sender, subject="Hello") for day in (15, 70, 100))]


def test_what_waits_in_the_inbox_since_yesterday_speaks_neither_for_nor_against() -> None:
    young = [mail(day / 10, LEFT) for day in range(10)]
    (habit,) = found([*weekly(), *young])
    assert (len(habit.evidence.hits), habit.evidence.misses) == (24, ())
    old = [mail(day + 0.5, LEFT) for day in range(8, 18)]
    assert found([*weekly(), *old]) == []


@pytest.mark.parametrize(
    "mails",
    [
        weekly()[:5],
        [mail(8 + day / 9) for day in range(30)],
        [mail(day) for day in range(130, 300, 7)],
        [*(mail(day) for day in range(60, 300, 5)), *(mail(day, LEFT) for day in range(8, 40, 5))],
        weekly(done=frozenset({Effect("Work"), ARCHIVE})),
        weekly(sender=ME, list_id="news.shop.example", labels=LEFT),
    ],
    ids=["few", "one occasion", "long ago", "ended", "a filter's work", "nothing done"],
)
def test_no_habit_is_what_is(mails: list[Seen]) -> None:
    assert found(mails) == []


def test_who_archives_everything_has_no_habit_of_archiving_somebody() -> None:
    tidy = [mail(day, (), sender=f"x{day % 7}@x{day % 7}.example") for day in range(10, 360)]
    assert found([*weekly(labels=()), *tidy]) == []
    read = [mail(day + 0.5, ()) for day in (20, 90)]
    unread = found([*weekly(labels=("UNREAD",)), *read, *tidy])
    assert names(unread) == [("SENDER", "shop@shop.example", {"INBOX"})]
    assert (len(unread[0].evidence.hits), unread[0].evidence.misses) == (26, ())


def test_mail_of_somebody_who_was_written_to_is_neither_deleted_nor_put_out_of_sight() -> None:
    deleted = [mail(day, ("TRASH",)) for day in range(20)]
    assert names(found(deleted)) == [("SENDER", "shop@shop.example", {"TRASH"})]
    assert found(deleted, written=["shop@shop.example"]) == []
    assert found(weekly(labels=()), written=["shop@shop.example"]) == []
    assert names(found(weekly(), written=["shop@shop.example"])) != []


def test_a_subject_is_never_enough_to_delete() -> None:
    mails = [mail(n, ("TRASH",), sender=f"{n}@{n}.example", subject="Offer") for n in range(20)]
    assert found(mails) == []


def test_important_mail_is_a_habit_only_where_gmail_marks_none_itself() -> None:
    marked = weekly(labels=("INBOX", "IMPORTANT"))
    assert [h.evidence.effects for h in found(marked)] == [(IMPORTANT,)]
    by_gmail = [
        mail(day, ("INBOX", "IMPORTANT"), sender=f"x{day}@y.example") for day in range(0, 360, 3)
    ]
    assert found([*marked, *by_gmail]) == []


@given(st.lists(st.tuples(st.sampled_from([0, 0.6, 0.75, 0.9, 1]), st.integers(3, 25)), max_size=5))
def test_no_rule_is_suggested_that_three_in_ten_of_its_mails_contradict(
    senders: list[tuple[float, int]],
) -> None:
    rng = Random(str(senders))
    mails = [
        mail(
            rng.uniform(0, 300) if rng.random() < 0.8 else rng.uniform(0, 30),
            rng.choice((FILED, {"TRASH"}, {"UNREAD"})) if rng.random() < share else LEFT,
            sender=f"{number}@d{number % 2}.example",
            list_id=f"l{number % 3}.example" if number % 3 else "",
            subject=rng.choice(("Order", "Bill of May", "Hello there")),
        )
        for number, (share, count) in enumerate(senders)
        for _ in range(count)
    ]
    box = Mailbox(mails, now=NOW.timestamp())
    for habit in propose(box, me=[ME], written=lambda address: False):
        meant = [box.mails[place] for place in box.find(habit.condition.terms)]
        done = [each for each in meant if has_all(each, habit.evidence.effects)]
        if TRASH in habit.evidence.effects:
            meant = [each for each in meant if box.age(each) <= 30]
        left = [each for each in meant if each not in done and not waits(box, each)]
        if habit.evidence.effects == (ARCHIVE,):
            left = [each for each in left if "TRASH" not in each.labels]
        assert len(done) >= FEWEST
        assert len(done) >= BOUND * (len(done) + len(left))
        assert habit.condition.kind in tuple(Kind)


def work_of(senders: int, each: int) -> int:
    """How many steps of Python habits are looked for with, in so much mail that is archived."""
    mails = [
        mail(day * 10 + 1, labels=(), sender=f"{n}@x{n}.example", subject="")
        for n in range(senders)
        for day in range(each)
    ]
    steps = 0

    def count(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal steps
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        steps += event == "opcode"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        found(mails)
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.parametrize(("senders", "each"), [(200, 2), (60, 6)])  # too few for a habit; enough
def test_twice_the_senders_are_no_more_than_twice_the_work(senders: int, each: int) -> None:
    assert work_of(2 * senders, each) < 2 * work_of(senders, each)


def has_all(mail: Seen, effects: Iterable[Effect]) -> bool:
    return all((each.label in mail.labels) == each.on for each in effects)


def waits(box: Mailbox, mail: Seen) -> bool:
    return box.age(mail) < 7 and "INBOX" in mail.labels


@pytest.mark.parametrize(
    ("hits", "count", "bound"), [(0, 0, 0.0), (6, 6, 0.785), (18, 20, 0.782), (7, 8, 0.66)]
)
def test_the_measure_is_wilsons_lower_bound(hits: int, count: int, bound: float) -> None:
    assert lower_bound(hits, count) == pytest.approx(bound, abs=0.001)
