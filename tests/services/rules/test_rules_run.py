"""Rules for mail that is there: the same that Gmail's filters do to it as it arrives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from random import Random

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import NotFound, PartialError, QueryError, UsageError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from random_rules import mail, rules
from services.rules.by_hand import ARCHIVED, MAIL, MARKS, PROMOTED, READ, RULES, SENDERS

ME = "me@example.com"
ANN, BOB = "ann@example.com", "bob@example.com"  # as long: a message holds who received it


@pytest.fixture
def own(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """The mailbox of Bob, signed in as `login --for restore` does."""
    settings = settings_for(BOB, purpose="restore")
    with Gmail(settings=settings, clock=ImpatientClock()) as signed_in:
        yield signed_in


@pytest.fixture
def other(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """Another mailbox, of Ann."""
    settings = settings_for(ANN, purpose="restore")
    with Gmail(settings=settings, clock=ImpatientClock()) as signed_in:
        yield signed_in


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rules.toml"


def rule(name: str, which: str, done: str = "star = true") -> str:
    return f'[[rule]]\nname = "{name}"\n{which}\n{done}\n\n'


def put(sandbox: Sandbox, subject: str, labels: tuple[str, ...] = ("INBOX", "UNREAD")) -> str:
    raw = f"From: ci@example.com\r\nTo: {ME}\r\nSubject: {subject}\r\n\r\nHi\r\n".encode()
    return sandbox.mail.put(ME, raw, labels=labels)


def ends_alike(
    sandbox: Sandbox, own: Gmail, other: Gmail, file: Path, *, seed: int, messages: int, many: int
) -> Counter[int]:
    """Mail that meets filters as it arrives, and the same mail that rules are run over after: how
    many of it bears how many labels.
    """
    chance = Random(seed)
    file.write_text(rules(chance, many))
    own.apply_rules(own.plan_rules(file))
    letters = [mail(chance, number, BOB) for number in range(messages)]
    filtered = [sandbox.deliver(BOB, raw) for raw in letters]
    plain = [sandbox.deliver(ANN, raw) for raw in letters]
    before = [sandbox.mail.labels_of(ANN, id) for id in plain]
    change = other.run_rules(other.plan_run_rules(file, query="in:anywhere"))
    found: Counter[int] = Counter()
    for raw, one, two in zip(letters, filtered, plain, strict=True):
        got = sandbox.mail.labels_of(ANN, two)
        assert got == sandbox.mail.labels_of(BOB, one), raw.decode()
        found[len(got)] += 1
    assert other.plan_run_rules(file, query="in:anywhere").count == 0
    assert change is not None
    other.undo(change.number)
    assert [sandbox.mail.labels_of(ANN, id) for id in plain] == before
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_run_does_what_filters_do_to_mail_that_arrives(
    sandbox: Sandbox, own: Gmail, other: Gmail, file: Path, seed: int
) -> None:
    found = ends_alike(sandbox, own, other, file, seed=seed, messages=100, many=15)
    assert len(found) > 2


def by_hand() -> list[tuple[bytes, set[str]]]:
    """The messages of the table, to Bob and to Ann alike, and what each ends with."""
    table = []
    for number, line in enumerate(MAIL.strip().splitlines()):
        who, subject, text, more, marks = (part.strip() for part in line.split("|"))
        raw = EmailMessage()
        team = "team@work.example"
        raw["From"], raw["Subject"] = SENDERS[who], subject
        raw["To"] = team if "team" in more else "me@far.example"
        if "cc" in more:
            raw["Cc"] = team
        if "list" in more or "other" in more:
            name = "news" if "list" in more else "other"
            raw["List-ID"] = f"<{name}.lists.example>"
        raw["Message-ID"] = f"<{number}@by.hand>"
        raw.set_content(text + "\n" + "filler " * (5_000 if "big" in more else 0))
        for suffix in ("pdf", "txt"):
            if suffix in more:
                raw.add_attachment(b"x", maintype="a", subtype="b", filename=f"attached.{suffix}")
        labels = {MARKS[mark] for mark in marks if mark in MARKS}
        without = ((ARCHIVED, "INBOX"), (READ, "UNREAD"), (PROMOTED, "CATEGORY_PERSONAL"))
        labels |= {name for mark, name in without if mark not in marks}
        table.append((raw.as_bytes(), labels))
    return table


def test_filters_and_a_run_give_the_labels_that_a_person_reads_off(
    sandbox: Sandbox, own: Gmail, other: Gmail, file: Path
) -> None:
    table = by_hand()
    assert len(table) >= 200
    file.write_text(RULES)
    own.apply_rules(own.plan_rules(file))
    filtered = [sandbox.deliver(BOB, raw) for raw, _ in table]
    plain = [sandbox.deliver(ANN, raw) for raw, _ in table]
    other.run_rules(other.plan_run_rules(file))
    wrong = [
        (line, labels, found)
        for line, (_, labels), *ids in zip(
            MAIL.strip().splitlines(), table, filtered, plain, strict=True
        )
        for found in (sandbox.mail.labels_of(BOB, ids[0]), sandbox.mail.labels_of(ANN, ids[1]))
        if found != labels
    ]
    assert wrong == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10, 12))
def test_a_run_does_what_filters_do_to_much_mail(
    sandbox: Sandbox, own: Gmail, other: Gmail, file: Path, seed: int
) -> None:
    found = ends_alike(sandbox, own, other, file, seed=seed, messages=10_000, many=30)
    print(f"10,000 messages by 30 rules end alike; by number of labels: {sorted(found.items())}")


def test_only_what_is_caught_changes_and_an_undo_brings_it_back(
    sandbox: Sandbox, gmail: Gmail, file: Path
) -> None:
    ids = [put(sandbox, "build"), put(sandbox, "lunch"), put(sandbox, "build", ("STARRED",))]
    before = [sandbox.mail.labels_of(ME, id) for id in ids]
    file.write_text(rule("B", 'match = "subject:build"', 'label = "Builds"\nstar = true'))
    plan = gmail.plan_run_rules(file)
    assert (plan.count, plan.caught, plan.create) == (2, {"B": 2}, ("Builds",))
    assert [sandbox.mail.labels_of(ME, id) for id in ids] == before
    change = gmail.run_rules(plan)
    assert change is not None
    assert [sandbox.mail.labels_of(ME, id) for id in ids] == [
        {"INBOX", "UNREAD", "STARRED", "Builds"},
        {"INBOX", "UNREAD"},
        {"STARRED", "Builds"},
    ]
    assert gmail.run_rules(gmail.plan_run_rules(file)) is None
    gmail.undo(change.number)
    assert [sandbox.mail.labels_of(ME, id) for id in ids] == before


def test_what_filters_cannot_see_a_run_sees(sandbox: Sandbox, gmail: Gmail, file: Path) -> None:
    gmail.create_label("Later")
    seen = put(sandbox, "seen", ("INBOX",))
    new = put(sandbox, "new")
    gmail.label("subject:seen", add="Later")
    file.write_text(
        rule("Seen", 'match = "-is:unread label:later"', 'remove = "later"\narchive = true')
    )
    gmail.run_rules(gmail.plan_run_rules(file))
    assert sandbox.mail.labels_of(ME, seen) == set()
    assert sandbox.mail.labels_of(ME, new) == {"INBOX", "UNREAD"}


def test_one_rule_since_a_day_and_within_a_search(
    sandbox: Sandbox, gmail: Gmail, file: Path
) -> None:
    put(sandbox, "a one")
    put(sandbox, "b one")
    put(sandbox, "a two")
    file.write_text(rule("A", 'match = "subject:a"') + rule("B", 'match = "subject:b"'))
    assert gmail.plan_run_rules(file).count == 3
    assert gmail.plan_run_rules(file, rule="A").caught == {"A": 2}
    assert gmail.plan_run_rules(file, query="one").caught == {"A": 1, "B": 1}
    assert gmail.plan_run_rules(file, since="2d").count == 3
    assert gmail.plan_run_rules(file, since="2099-01-01").count == 0
    with pytest.raises(NotFound, match="no rule"):
        gmail.plan_run_rules(file, rule="C")
    with pytest.raises(UsageError, match="since soon: no day") as soon:
        gmail.plan_run_rules(file, since="soon")
    assert not isinstance(soon.value, QueryError)  # nobody typed a search
    with pytest.raises(UsageError) as weeks:
        gmail.plan_run_rules(file, since="2w")
    assert weeks.value.hint.endswith("--since 14d")


def test_mail_is_taken_out_of_spam_by_a_rule_that_keeps_it_out(
    sandbox: Sandbox, gmail: Gmail, file: Path
) -> None:
    spam = put(sandbox, "build", ("SPAM", "UNREAD"))
    junk = put(sandbox, "offer", ("SPAM",))
    file.write_text(
        rule("Never", 'match = "subject:build"', "never_spam = true\nstar = true")
        + rule("Star", 'match = "subject:offer"')
    )
    gmail.run_rules(gmail.plan_run_rules(file))
    assert sandbox.mail.labels_of(ME, spam) == {"INBOX", "UNREAD", "STARRED"}
    assert sandbox.mail.labels_of(ME, junk) == {"SPAM"}


def test_drafts_are_left_out_and_forwarding_is_not_done(
    sandbox: Sandbox, gmail: Gmail, file: Path
) -> None:
    put(sandbox, "build", ("DRAFT",))
    put(sandbox, "build")
    file.write_text(
        rule("A", 'match = "subject:build"')
        + rule("F", 'match = "subject:build"', 'forward = "ann@example.com"')
        + '[[rule]]\nname = "G"\nstar = true\n[rule.gmail]\ncriteria = { query = "(" }\n'
    )
    plan = gmail.plan_run_rules(file)
    assert (plan.count, len(plan.drafts), plan.caught) == (1, 1, {"A": 2})
    assert [note.rule for note in plan.notes] == ["F", "G"]


def test_rules_that_fight_over_a_message_are_told_before_it_is_changed(
    sandbox: Sandbox, gmail: Gmail, file: Path
) -> None:
    put(sandbox, "build one")
    put(sandbox, "build two")
    file.write_text(
        rule("Keep", 'match = "subject:build"', "important = true")
        + rule("Away", 'match = "subject:one"', "delete = true")
        + rule("Else", 'match = "subject:nothing"', "important = false")
    )
    (note,) = gmail.plan_run_rules(file).notes
    assert (note.rule, note.text) == (
        "Keep",
        "contradicts Away on 1 message: one deletes it, the other keeps it (IMPORTANT)",
    )


def test_a_label_that_is_searched_for_and_not_there_is_refused(gmail: Gmail, file: Path) -> None:
    file.write_text(rule("A", 'match = "label:nowhere"'))
    with pytest.raises(NotFound, match="nowhere"):
        gmail.plan_run_rules(file)


def test_mail_that_vanished_meanwhile_is_told_and_the_rest_is_done(
    sandbox: Sandbox, gmail: Gmail, file: Path, settings_for: Callable[..., Settings]
) -> None:
    gone, there = put(sandbox, "build"), put(sandbox, "build")
    file.write_text(rule("A", 'match = "subject:build"'))
    plan = gmail.plan_run_rules(file)
    with Gmail(settings=settings_for(purpose="full")) as full:
        full.messages.delete(gone)
    with pytest.raises(PartialError) as caught:
        gmail.run_rules(plan)
    assert [each.item for each in caught.value.failed] == [gone]
    assert "STARRED" in sandbox.mail.labels_of(ME, there)


def test_a_new_label_that_two_rules_spell_differently_is_made_once(
    sandbox: Sandbox, gmail: Gmail, file: Path
) -> None:
    id = put(sandbox, "build")
    file.write_text(
        rule("one", 'match = "from:ci"', 'label = "Foo"')
        + rule("two", 'match = "subject:build"', 'label = "foo"')
    )
    plan = gmail.plan_run_rules(file)
    gmail.run_rules(plan)
    assert plan.create == ("Foo",)
    assert set(sandbox.mail.labels_of(ME, id)) == {"INBOX", "UNREAD", "Foo"}
