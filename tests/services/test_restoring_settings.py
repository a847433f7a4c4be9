"""Settings put back from a backup: labels and colours, filters, vacation, signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import ImpatientClock
from gmailkit.backup.folder import Backup
from gmailkit.config import Settings
from gmailkit.errors import Conflict, NotFound, Refused
from gmailkit.gmail import Gmail
from gmailkit.model.filter import FilterCriteria
from gmailkit.model.settings import LanguageSettings
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

ANN = "ann@example.com"
SignIn = Callable[..., Gmail]


@pytest.fixture
def sign_in(settings_for: Callable[..., Settings], tmp_path: Path) -> Iterator[SignIn]:
    """Signs in as `login --for restore` does, each with a home of its own."""
    opened: list[Gmail] = []

    def call(address: str = ME, purpose: str = "restore") -> Gmail:
        settings = settings_for(address, purpose)
        home = Home.at(tmp_path / f"{address} {purpose}")
        opened.append(Gmail(settings=replace(settings, home=home), clock=ImpatientClock()))
        return opened[-1]

    yield call
    for each in opened:
        each.close()


@pytest.fixture
def folder(sign_in: SignIn, sandbox: Sandbox, tmp_path: Path) -> Path:
    """A backup of an account with settings of each kind."""
    gmail = sign_in()
    sandbox.mail.put(ME, letter("Lunch"))
    gmail.create_label("Work", background="#16a766", text="#ffffff")
    gmail.create_label("Work/Größe")
    hidden = gmail.create_label("Noise").label
    gmail.labels.patch(hidden.id, label_list_visibility="labelHide")
    preferences = gmail.preferences
    preferences.filters.create(FilterCriteria(from_="boss"), add=["Work/Größe"], remove=["INBOX"])
    preferences.filters.create(FilterCriteria(subject="sale"), add=["TRASH"])
    preferences.vacation.on(subject="Away", text="Back on Monday.")
    preferences.send_as.sign("<b>Me</b>")
    gmail.backup(tmp_path / "mail.backup")
    return tmp_path / "mail.backup"


def seen(gmail: Gmail) -> dict[str, object]:
    """All of it, with labels by name."""
    labels = {
        each.name: (each.color, each.message_list_visibility, each.label_list_visibility)
        for each in gmail.labels.list()
        if each.type == "user"
    }
    filters = [(each.criteria, each.add, each.remove) for each in gmail.preferences.filters.list()]
    (own,) = (each for each in gmail.preferences.send_as.list() if each.is_primary)
    return {
        "labels": labels,
        "filters": sorted(filters, key=repr),
        "vacation": gmail.preferences.vacation.show(),
        "signature": own.signature,
    }


def test_an_empty_account_gets_all_of_it_and_undo_takes_it_back(
    sign_in: SignIn, folder: Path
) -> None:
    gmail, ann = sign_in(), sign_in(ANN)
    before = seen(ann)
    plan = ann.plan_restore_settings(folder)
    assert (plan.origin, plan.account) == (ME, ANN)
    assert "make the label Work/Größe" in plan.words
    assert any(each.startswith("set the vacation reply: ") for each in plan.words)
    assert "make the filter for from:(boss)" in plan.words
    assert seen(ann) == before
    done = ann.restore_settings(plan)
    assert seen(ann) == seen(gmail)
    again = ann.plan_restore_settings(folder)
    assert (again.words, again.same > 5) == ((), True)
    for number in done.numbers:
        ann.undo(number)
    assert seen(ann) == before


def test_what_is_there_besides_stays_and_what_differs_is_set(sign_in: SignIn, folder: Path) -> None:
    ann = sign_in(ANN)
    ann.create_label("WORK", background="#000000", text="#ffffff")
    ann.preferences.filters.create(FilterCriteria(from_="list"), remove=["INBOX"])
    plan = ann.plan_restore_settings(folder)
    assert "colour the label WORK" in plan.words
    assert "make the label Work" not in plan.words
    assert "make the label WORK/Größe" in plan.words
    ann.restore_settings(plan)
    work = next(each for each in ann.labels.list() if each.name == "WORK")
    assert work.color
    assert work.color.background_color == "#16a766"
    assert len(ann.preferences.filters.list()) == 3
    assert ann.plan_restore_settings(folder).words == ()


def test_a_name_that_gmail_keeps_in_the_language_of_the_account_is_told_by_its_refusal(
    sign_in: SignIn, sandbox: Sandbox, tmp_path: Path
) -> None:
    gmail, ann, folder = sign_in(), sign_in(ANN), tmp_path / "mail.backup"
    for name in ("Gesendet", "Posteingang", "Work"):
        gmail.create_label(name)
    gmail.preferences.filters.create(FilterCriteria(from_="boss"), add=["Gesendet"])
    sandbox.mail.put(ME, letter("Lunch"), labels=["Posteingang"])
    gmail.backup(folder)
    refused = {"Gesendet": "Gesendet (restored)", "Posteingang": "Posteingang (restored)"}
    ann.settings.update_language(LanguageSettings(display_language="de"))
    plan = ann.plan_restore(folder, mark="")
    assert plan.renamed == {}  # nobody knows before
    assert ann.restore(plan).renamed == {"Posteingang": refused["Posteingang"]}
    done = ann.restore_settings(ann.plan_restore_settings(folder))
    assert done.renamed == {"Gesendet": refused["Gesendet"]}
    (rule,) = ann.preferences.filters.list()
    assert rule.add == (refused["Gesendet"],)
    assert {each.name for each in ann.labels.list() if each.type == "user"} == {
        *refused.values(),
        "Work",
    }
    assert list(ann.changes(states=["begun"])) == []
    assert ann.plan_restore_settings(folder).labels == ()
    assert "Gesendet (restored)" in str(ann.plan_restore_settings(folder).left)


def test_what_cannot_come_back_is_said(sign_in: SignIn, folder: Path, sandbox: Sandbox) -> None:
    from gmailkit.backup.events import Setting

    with Backup.open(folder, write=True) as saved:
        alias = {"sendAsEmail": "sales@example.org", "signature": "Sales"}
        found = saved.latest(ME, Setting, "send_as")
        assert found
        for name, value in {
            "send_as": [*found.value, alias],
            "auto_forwarding": {"enabled": True, "emailAddress": "b@example.org"},
            "delegates": [{"delegateEmail": "carla@example.com"}],
            "filters": [
                {"criteria": {"from": "x"}, "action": {"forward": "b@example.org"}},
                {"criteria": {"from": "y"}, "action": {"addLabelIds": ["Label_99"]}},
            ],
        }.items():
            saved.note(Setting(account=ME, name=name, value=value))
    left = "\n".join(sign_in(ANN).plan_restore_settings(folder).left)
    assert "sales@example.org is no address of this account" in left
    assert "All mail was forwarded" in left
    assert "carla@example.com" in left
    assert "from:(x) stays away: b@example.org is no address to forward to" in left
    assert "from:(y) stays away: its label was deleted" in left


def test_a_sign_in_that_may_not_is_refused_before_anything_is_made(
    sign_in: SignIn, folder: Path
) -> None:
    ann = sign_in(ANN, "modify")
    before = ann.labels.list()
    with pytest.raises(Refused):
        ann.restore_settings(ann.plan_restore_settings(folder))
    assert ann.labels.list() == before


def test_what_was_changed_since_the_plan_stays(sign_in: SignIn, folder: Path) -> None:
    ann = sign_in(ANN)
    plan = ann.plan_restore_settings(folder)
    ann.preferences.vacation.on(text="On a ship.")
    with pytest.raises(Conflict, match="changed since"):
        ann.restore_settings(plan)
    assert ann.preferences.vacation.show().response_body_plain_text == "On a ship."
    assert "Work" not in {each.name for each in ann.labels.list()}


def test_a_backup_without_settings_says_so(
    sign_in: SignIn, sandbox: Sandbox, tmp_path: Path
) -> None:
    from gmailkit.backup.record import Record

    with Backup.open(tmp_path / "old", create=True) as saved:
        saved.add(Record(account=ME, id="1", thread="1", date_ms=0, labels={}, raw=letter("Old")))
    with pytest.raises(NotFound, match="holds no settings"):
        sign_in().plan_restore_settings(tmp_path / "old")
