"""A whole account moved into another one: mail, labels, filters, vacation, names; each once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gmailkit.config import Settings
from gmailkit.errors import Refused, UsageError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.services.migrating import migrate, plan_migration
from gmailkit.services.places import Places
from mailroom import ME, letter
from services.test_copying_between_stores import ANN, TwoAccounts


@pytest.fixture
def old(settings_for: Callable[..., Settings], sandbox: Sandbox) -> Iterator[Gmail]:
    """A mailbox with a coloured label, a filter for it, a vacation reply and two messages."""
    with Gmail(settings=settings_for(ME, "restore")) as gmail:
        gmail.create_label("Bills", background="#16a766", text="#ffffff")
        put = [sandbox.mail.put(ME, letter(subject)) for subject in ("One", "Two")]
        gmail.label(ids=put[:1], add=["Bills"])
        bills = next(each.id for each in gmail.labels.list() if each.name == "Bills")
        body = {"criteria": {"from": "billing@example.com"}, "action": {"addLabelIds": [bills]}}
        gmail.call("settings.filters.create", body=body)
        reply = {"enableAutoReply": True, "responseSubject": "Away", "responseBodyPlainText": "."}
        gmail.call("settings.updateVacation", body=reply)
        gmail.call("settings.updatePop", body={"accessWindow": "allMail"})
        signed = {"displayName": "Me Myself", "signature": "<b>Me</b>"}
        gmail.call("settings.sendAs.patch", body=signed, sendAsEmail=ME)
        yield gmail


@pytest.fixture
def new(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    with Gmail(settings=settings_for(ANN, "restore")) as gmail:
        yield gmail


def state(gmail: Gmail) -> dict[str, object]:
    labels = {each.name: each.color for each in gmail.labels.list() if each.type != "system"}
    filters = gmail.call("settings.filters.list").get("filter", [])
    return {
        "colour": labels.get("Bills"),
        "mail": sorted(each.subject for each in gmail.search()),
        "bills": [each.subject for each in gmail.search("label:bills")] if labels else [],
        "filters": [each["criteria"] for each in filters],  # type: ignore[attr-defined]
        "vacation": gmail.call("settings.getVacation").get("responseSubject"),
        "signed": next(
            (each.display_name, each.signature)
            for each in gmail.settings.send_as.list()
            if each.is_primary
        ),
    }


def test_an_account_is_in_the_other_one_with_all_that_can_be_set_and_once(
    settings_for: Callable[..., Settings], old: Gmail, new: Gmail
) -> None:
    before = state(old)
    with TwoAccounts(settings_for, "restore") as places:
        plan = plan_migration(places, ME, f"gmail:{ANN}", mark="")
        assert len(plan.mail.refs) == 2
        assert any("Templates" in each for each in plan.left)
        assert (
            f'set the name and signature of {ANN}: displayName from "Ann Keller" to "Me Myself",'
            ' signature to "<b>Me</b>"'
        ) in plan.settings.words
        assert 'set POP: accessWindow from "disabled" to "allMail"' in plan.settings.words
        done = migrate(places, plan)
        assert done.mail is not None
        assert state(new) == state(old) == before
        again = plan_migration(places, ME, ANN, mark="")
        assert not again.settings.words
        assert [each.subject for each in new.search("label:bills")] == ["One"]
        for number in (*done.settings.numbers, done.mail.number):
            new.undo(number)
    assert state(new)["mail"] == state(new)["filters"] == []


def test_what_the_sign_in_does_not_allow_is_refused_by_the_plan(
    settings_for: Callable[..., Settings], old: Gmail, new: Gmail
) -> None:
    with TwoAccounts(settings_for, "modify") as places, pytest.raises(Refused):
        plan_migration(places, ME, ANN)
    assert not list(new.ids())


def test_only_accounts_are_migrated(settings_for: Callable[..., Settings], tmp_path: Path) -> None:
    with Places(settings_for) as places, pytest.raises(UsageError) as slip:
        plan_migration(places, ME, f"maildir:{tmp_path}")
    assert "gmailkit copy" in slip.value.hint
