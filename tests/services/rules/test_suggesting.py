"""`rules suggest`: rules from what is done by hand to mail, by Gmail and by a backup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from filed_by_hand import CI, TODAY, file_by_hand
from gmailkit.errors import NotFound, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.filter import FilterAction, FilterCriteria
from gmailkit.model.ids import LabelId
from gmailkit.rules.habits.condition import Kind
from gmailkit.sandbox import Sandbox
from gmailkit.services.rules.habits.suggest import Suggestions
from mailroom import ME

ANN = "ann@example.com"


@pytest.fixture
def year(sandbox: Sandbox) -> Sandbox:
    return file_by_hand(sandbox)


@pytest.fixture
def own(settings_for: Callable[..., Any]) -> Iterator[Gmail]:
    with Gmail(settings=settings_for(purpose="restore")) as signed_in:
        yield signed_in


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rules.toml"


def suggested(gmail: Gmail, file: Path) -> Suggestions:
    return gmail.suggest_rules(gmail.plan_suggest_rules(file))


def which(found: Suggestions) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {each.rule.name: (each.rule.action.add, each.rule.action.remove) for each in found.all}


FOUND = {
    "Bills: billing@shop.example": (("Bills",), ("INBOX",)),
    "Club: garden.lists.example": (("Club",), ()),
}


def test_what_is_done_by_hand_is_suggested_and_not_a_filters_work(
    year: Sandbox, own: Gmail, file: Path
) -> None:
    own.settings.filters.create(
        FilterCriteria(from_=CI), FilterAction(add_label_ids=(label_id(own, "Builds"),))
    )
    found = suggested(own, file)
    assert which(found) == {**FOUND, "archive: ci@build.example": ((), ("INBOX",))}
    bills = next(each for each in found.all if each.rule.name.startswith("Bills"))
    assert (len(bills.habit.evidence.hits), len(bills.habit.evidence.misses)) == (11, 1)
    assert bills.by_filter
    assert not file.exists()


def label_id(gmail: Gmail, name: str) -> LabelId:
    return next(each.id for each in gmail.labels.list() if each.name == name)


def test_what_is_added_passes_its_tests_becomes_filters_and_is_not_suggested_again(
    year: Sandbox, own: Gmail, file: Path
) -> None:
    file.write_text(
        '# mine\n[[rule]]\nname = "Star"\nmatch = "subject:order"\nstar = true # so\n\n'
        f'[[rule]]\nname = "CI"\nmatch = "from:{CI}"\nlabel = "builds"\narchive = true\n'
    )
    before = file.read_text()
    found = suggested(own, file)
    assert which(found) == FOUND
    assert own.add_suggested_rules(file, found) == tuple(sorted(FOUND, reverse=True))
    assert file.read_text().startswith(before)
    outcomes = own.test_rules(file)
    assert [each.passed for each in outcomes] == [True, True]
    assert "STARRED" in outcomes[0].expected
    plan = own.plan_rules(file)
    assert len(plan.create) == 4
    assert plan.contradictions == ()
    own.apply_rules(plan)
    assert suggested(own, file).all == ()
    file.unlink()
    assert suggested(own, file).all == ()


def test_a_backup_tells_the_same_and_asks_nobody(
    year: Sandbox, own: Gmail, file: Path, tmp_path: Path
) -> None:
    own.backup(tmp_path / "saved")
    spent = own.spent.units
    file.write_text(f'[[rule]]\nname = "CI"\nmatch = "from:{CI}"\nlabel = "Builds"\narchive = true')
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))

    saved = own.suggest_rules_from_backup(file, tmp_path / "saved", on_progress=tell, on_look=tell)
    kinds = len(Kind)
    assert told[-kinds - 1 :] == [(62, 62), *((n, kinds) for n in range(1, kinds + 1))]
    assert own.spent.units == spent
    live = suggested(own, file)
    assert which(saved) == which(live) == FOUND
    assert saved.text == live.text


def test_of_a_backup_of_several_the_habits_of_the_one_who_is_named_are_looked_for(
    year: Sandbox, own: Gmail, file: Path, tmp_path: Path, settings_for: Callable[..., Any]
) -> None:
    for day in range(10, 100, 7):
        raw = b"From: news@else.example\r\nSubject: News\r\n\r\nHi\r\n"
        when = TODAY - timedelta(days=day)
        year.mail.put(ANN, raw, labels=("Hers",), date=when)
    own.backup(tmp_path / "saved")
    with Gmail(settings=settings_for(ANN)) as hers:
        hers.backup(tmp_path / "saved")
    hers_only = own.suggest_rules_from_backup(file, tmp_path / "saved", account="Ann@Example.com")
    assert which(hers_only) == {"Hers: news@else.example": (("Hers",), ("INBOX",))}
    mine = own.suggest_rules_from_backup(file, tmp_path / "saved", account=ME)
    assert which(mine).keys() >= FOUND.keys()
    assert "Hers: news@else.example" not in which(mine)
    with pytest.raises(UsageError, match="holds the mail of 2 accounts") as caught:
        own.suggest_rules_from_backup(file, tmp_path / "saved")
    assert caught.value.hint.startswith(f"Name one: --from {ANN}, or backup:")
    with pytest.raises(NotFound, match="no mail of bob@example"):
        own.suggest_rules_from_backup(file, tmp_path / "saved", account="bob@example.com")


def test_where_only_gmail_knows_what_a_filter_catches_its_label_is_not_suggested(
    year: Sandbox, own: Gmail, file: Path
) -> None:
    own.settings.filters.create(
        FilterCriteria(query="("), FilterAction(add_label_ids=(label_id(own, "Bills"),))
    )
    found = suggested(own, file)
    assert "Bills: billing@shop.example" not in which(found)
    assert any("only Gmail understands" in note for note in found.notes)


def test_the_plan_says_what_it_costs_and_what_was_read_before_is_free(
    year: Sandbox, own: Gmail, file: Path
) -> None:
    plan = own.plan_suggest_rules(file)
    assert (len(plan.refs), plan.known, plan.more) == (61, 0, False)
    assert 61 * 20 <= plan.units < 61 * 20 + 100
    before = own.spent.units
    own.suggest_rules(plan)
    assert abs(own.spent.units - before - plan.units) < 40
    again = own.plan_suggest_rules(file)
    assert (again.known, again.units) == (61, plan.units - 61 * 20)
    few = own.plan_suggest_rules(file, limit=10)
    assert (len(few.refs), few.more) == (10, True)
