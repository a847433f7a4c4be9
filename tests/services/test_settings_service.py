"""Settings as people change them: read whole, changed in part, recorded before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import (
    CannotWrite,
    Conflict,
    GmailKitError,
    NotFound,
    QueryError,
    Refused,
    UsageError,
)
from gmailkit.gmail import Gmail
from gmailkit.model.filter import FilterCriteria
from gmailkit.paths import Home
from gmailkit.record.journal import Change, Journal
from gmailkit.sandbox import Sandbox
from gmailkit.services.settings.change import SettingChange
from gmailkit.services.settings.send_as import html_of
from mailroom import journalled

ME = "me@example.com"
ANN = "ann@example.com"


@pytest.fixture
def own(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """The mailbox of me@example.com, signed in as `login --for settings` does."""
    with Gmail(settings=settings_for(purpose="restore"), clock=ImpatientClock()) as signed_in:
        yield signed_in


@pytest.fixture
def office(sandbox: Sandbox, home: Home, tmp_path: Path) -> Iterator[Gmail]:
    """The same mailbox, by a service account that may do everything."""
    key = sandbox.add_service_account()
    scopes = ("gmail.readonly", "gmail.settings.basic", "gmail.settings.sharing")
    sandbox.delegate(str(key["client_id"]), scopes)
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    path.chmod(0o600)
    settings = Settings(home=home, endpoint=sandbox.url, units_per_minute=None)
    with Gmail(
        service_account=path, subject=ME, purpose="admin", settings=settings, clock=ImpatientClock()
    ) as acting:
        yield acting


def former(change: Change) -> Any:
    return change.calls[0].former


def written(sandbox: Sandbox) -> list[str]:
    return [method for method, path in sandbox.requests if method != "GET" and "token" not in path]


def test_the_vacation_reply_goes_on_and_off_and_keeps_its_words(own: Gmail, home: Home) -> None:
    vacation = own.preferences.vacation
    change = vacation.on(subject="Away", text="Back soon.", contacts_only=True)
    assert change.done
    assert own.settings.get_vacation() == change.kept == change.after
    assert change.kept.enable_auto_reply
    assert (change.kept.response_subject, change.kept.restrict_to_contacts) == ("Away", True)
    vacation.off()
    off = own.settings.get_vacation()
    assert (off.enable_auto_reply, off.response_body_plain_text) == (False, "Back soon.")
    assert vacation.on(html="<b>Gone</b>").kept.response_body_plain_text == ""
    again = vacation.on(text="Hello").kept
    assert (again.response_body_html, again.restrict_to_contacts) == ("", False)
    assert [line.what for line in journalled(home.state)][:2] == [
        "settings: turn the vacation reply on",
        "settings: turn the vacation reply off",
    ]
    assert former(journalled(home.state)[1])["responseSubject"] == "Away"


def test_a_day_counts_whole_in_the_zone_of_the_machine(
    own: Gmail, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = own.preferences.vacation.on(text="x", start=date(2027, 1, 2), end="2027-01-03").kept
    assert kept.start_time == datetime(2027, 1, 2).astimezone()
    assert kept.end_time == datetime(2027, 1, 4).astimezone()
    moment = datetime(2027, 1, 2, 8, tzinfo=UTC)
    kept = own.preferences.vacation.on(
        start="2027-01-02T09:00+01:00", end=datetime(2027, 1, 3)
    ).kept
    assert kept.start_time == moment
    assert kept.end_time == datetime(2027, 1, 3).astimezone()
    assert own.preferences.vacation.on().kept.end_time is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"text": "x", "start": "2027-01-05", "end": "2027-01-03"}, "before it starts"),
        ({"text": "x", "end": "2020-01-03"}, "ended already"),
        ({"text": "x", "end": "soon"}, "'soon' is no day"),
        ({"text": "x", "end": "2027-02-30"}, "is no day"),
        ({"text": "x", "html": "<p>"}, "twice"),
        ({}, "no word yet"),
    ],
)
def test_a_vacation_that_makes_no_sense_is_refused_here(
    own: Gmail, sandbox: Sandbox, words: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        own.preferences.vacation.on(**words)
    assert written(sandbox) == []


class Recorder:
    """Stands for a client whose Gmail knows more fields than we do."""

    def __init__(self, answer: dict[str, object]) -> None:
        self.prices = "new"
        self.answer = answer
        self.sent: list[object] = []
        self.unrecorded = self

    def call(self, method: str, *, body: object = None, **_: object) -> dict[str, object]:
        if body is not None:
            self.sent.append(body)
        return self.answer


def test_a_field_that_nobody_knows_survives(home: Home) -> None:
    from gmailkit.services.settings.change import Changes
    from gmailkit.services.settings.preferences import Preferences

    client: Any = Recorder({"enabled": True, "autoArchive": {"days": 3}, "maxFolderSize": 1000})
    book = Journal(lambda: home.state, clock=ImpatientClock())
    Preferences(Changes(client, lambda: book)).imap.off()
    assert client.sent == [{"enabled": False, "autoArchive": {"days": 3}, "maxFolderSize": 1000}]
    assert former(next(book.changes()))["autoArchive"] == {"days": 3}


def test_what_is_so_already_is_not_written(own: Gmail, sandbox: Sandbox, home: Home) -> None:
    change = own.preferences.vacation.off()
    assert (change.idle, change.done, change.units) == (True, False, 0)
    assert own.preferences.imap.on().idle
    assert written(sandbox) == []
    assert journalled(home.state) == []


def test_nothing_happens_before_it_is_agreed_to(own: Gmail, sandbox: Sandbox, home: Home) -> None:
    asked: list[SettingChange] = []

    def no(change: SettingChange) -> bool:
        asked.append(change)
        return False

    change = own.preferences.asking(no).pop.on(mail="all", then="archive")
    assert asked == [change]
    assert (change.before.access_window, change.after.access_window) == ("disabled", "allMail")
    assert (change.done, change.units) == (False, 100)
    assert written(sandbox) == []
    assert journalled(home.state) == []
    own.preferences.asking(lambda change: True).pop.on(mail="all", then="archive")
    assert own.settings.get_pop().disposition == "archive"


def test_a_change_made_while_a_person_thinks_is_not_undone(own: Gmail, home: Home) -> None:
    def slowly(change: SettingChange) -> bool:
        own.preferences.pop.on(mail="all", then="trash")
        return True

    with pytest.raises(Conflict, match="meanwhile"):
        own.preferences.asking(slowly).pop.on(mail="new", then="archive")
    pop = own.settings.get_pop()
    assert (pop.access_window, pop.disposition) == ("allMail", "trash")
    assert len(journalled(home.state)) == 1


def test_what_cannot_be_recorded_is_not_done(
    own: Gmail, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise CannotWrite("Cannot write the journal.", path=Path("journal"))

    monkeypatch.setattr("gmailkit.record.journal.Journal.begin", full)
    with pytest.raises(CannotWrite):
        own.preferences.language.set("de")
    assert written(sandbox) == []


def test_the_record_stands_before_the_change(own: Gmail, sandbox: Sandbox, home: Home) -> None:
    sandbox.faults.next(403, reason="forbidden", method="settings.updateLanguage")
    with pytest.raises(GmailKitError):
        own.preferences.language.set("de")
    assert former(journalled(home.state)[0]) == {"displayLanguage": "en"}


def test_language_imap_and_pop(own: Gmail) -> None:
    assert own.preferences.language.set("pt").kept.display_language == "pt-BR"
    change = own.preferences.imap.on(auto_expunge=False, expunge="trash", max_folder_size=2000)
    assert (change.kept.expunge_behavior, change.kept.max_folder_size) == ("trash", 2000)
    assert not own.preferences.imap.show().auto_expunge
    assert not own.preferences.imap.off().kept.enabled
    assert own.preferences.pop.on().kept.access_window == "fromNowOn"
    assert own.preferences.pop.off().kept.access_window == "disabled"


def test_a_signature_is_that_of_the_default_address(own: Gmail, home: Home) -> None:
    change = own.preferences.send_as.sign(html_of("Me & <co>\nHere"))
    assert change.kept.signature == "Me &amp; &lt;co&gt;<br>Here"
    assert own.preferences.send_as.get().signature == change.kept.signature
    assert own.preferences.send_as.sign("").kept.signature == ""
    assert former(journalled(home.state)[1])["signature"] == change.kept.signature
    with pytest.raises(NotFound, match="nobody@example"):
        own.preferences.send_as.sign("x", address="nobody@example.com")


def test_aliases(office: Gmail, sandbox: Sandbox) -> None:
    send_as = office.preferences.send_as
    made = send_as.add("sales@example.org", name="Sales", reply_to=ANN).kept
    assert (made.display_name, made.verification_status) == ("Sales", "pending")
    assert send_as.verify("sales@example.org").done
    edited = send_as.edit("sales@example.org", name="Shop").kept
    assert (edited.display_name, edited.reply_to_address) == ("Shop", ANN)
    with pytest.raises(UsageError, match="Nothing to edit"):
        send_as.edit("sales@example.org")
    assert send_as.remove("Sales@example.org").done
    assert [each.send_as_email for each in send_as.list()] == [ME]
    with pytest.raises(UsageError, match="mailbox itself"):
        send_as.remove(ME)


def test_forwarding_goes_to_accepted_addresses_alone(office: Gmail, sandbox: Sandbox) -> None:
    forwarding = office.preferences.forwarding
    assert forwarding.add("b@example.org").kept.verification_status == "pending"
    with pytest.raises(UsageError, match="not accepted yet"):
        forwarding.on("b@example.org")
    sandbox.mail.confirm(ME, "b@example.org")
    on = forwarding.on("B@example.org", then="read").kept
    assert (on.enabled, on.email_address, on.disposition) == (True, "b@example.org", "markRead")
    assert not forwarding.off().kept.enabled
    with pytest.raises(NotFound, match="is no forwarding address"):
        forwarding.remove("c@example.org")
    assert forwarding.remove("b@example.org").done
    assert forwarding.list() == ()


def test_delegates(office: Gmail, home: Home) -> None:
    assert office.preferences.delegates.add(ANN).kept.verification_status == "accepted"
    assert [each.delegate_email for each in office.preferences.delegates.list()] == [ANN]
    office.preferences.delegates.remove(ANN)
    assert office.preferences.delegates.list() == ()
    assert former(journalled(home.state)[-1]) == {"delegateEmail": ANN}


@pytest.mark.parametrize(
    "change",
    [
        lambda own: own.preferences.delegates.add(ANN),
        lambda own: own.preferences.send_as.add("x@example.org"),
        lambda own: own.preferences.forwarding.add("x@example.org"),
    ],
)
def test_what_is_for_service_accounts_is_refused_before_it_is_sent(
    own: Gmail, sandbox: Sandbox, change: Callable[[Gmail], SettingChange]
) -> None:
    with pytest.raises(Refused, match=r"gmail\.settings\.sharing"):
        change(own)
    assert written(sandbox) == []


def test_filters_go_by_names_of_labels(own: Gmail, sandbox: Sandbox, home: Home) -> None:
    filters = own.preferences.filters
    criteria = FilterCriteria(from_="ci@example.com", query="-{urgent}")
    with pytest.raises(NotFound, match='no label "Builds"'):
        filters.create(criteria, add=["Builds"])
    change = filters.create(criteria, add=["starred", "Builds"], remove=["INBOX"], create=True)
    assert (change.create, change.units) == ("Builds", 10)
    (rule,) = filters.list()
    assert (rule.add, rule.remove, rule.criteria) == (("STARRED", "Builds"), ("INBOX",), criteria)
    own.rename_label("Builds", "Nightly")
    assert filters.list()[0].add == ("STARRED", "Nightly")
    assert filters.create(criteria, add=["nightly", "STARRED"], remove=["INBOX"]).idle
    assert filters.delete(rule.id).before.id == rule.id
    assert filters.list() == ()
    made = next(line for line in journalled(home.state) if line.what == "settings: make a filter")
    assert made.calls[1].body["criteria"]["from"] == "ci@example.com"
    assert made.calls[1].body["action"]["removeLabelIds"] == ["INBOX"]
    assert former(journalled(home.state)[-1])["criteria"]["from"] == "ci@example.com"


@pytest.mark.parametrize(
    ("criteria", "actions", "error", "says"),
    [
        (FilterCriteria(), {"remove": ["INBOX"]}, UsageError, "matches everything"),
        (FilterCriteria(from_="x"), {}, UsageError, "does nothing"),
        (FilterCriteria(from_="x"), {"add": ["A", "B"]}, UsageError, "at most, not 2"),
        (FilterCriteria(from_="x"), {"add": ["A"], "remove": ["a"]}, UsageError, "both"),
        (FilterCriteria(query="form:x"), {"remove": ["INBOX"]}, QueryError, "form:"),
        (FilterCriteria(from_="x"), {"forward": "c@example.org"}, NotFound, "no forwarding"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_here(
    own: Gmail,
    sandbox: Sandbox,
    criteria: FilterCriteria,
    actions: dict[str, Any],
    error: type[GmailKitError],
    says: str,
) -> None:
    own.labels.create("A")
    own.labels.create("B")
    before = written(sandbox)
    with pytest.raises(error, match=says):
        own.preferences.filters.create(criteria, **actions)
    assert written(sandbox) == before


def test_a_summary_of_everything(own: Gmail, office: Gmail) -> None:
    summary = own.preferences.summary()
    assert summary.delegates is None
    assert [each.send_as_email for each in summary.send_as] == [ME]
    assert office.preferences.summary().delegates == ()
