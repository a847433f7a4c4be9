"""A service account in Python: what it opens, what it does not, and what is left of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmailkit.auth.accounts import Accounts
from gmailkit.auth.keep import FileKeep
from gmailkit.config import Settings
from gmailkit.errors import Conflict, Refused, UsageError
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.practice import consent
from gmailkit.services.sign_in import login, logout, whoami
from gmailkit.services.sign_in_by_key import login_by_key

ME, ANN = "me@example.com", "ann@example.com"
ADMIN = ("gmail.readonly", "gmail.settings.basic", "gmail.settings.sharing")


@pytest.fixture
def key(sandbox: Sandbox, tmp_path: Path) -> Path:
    """The file of a service account that may act for everybody with gmail.modify."""
    made = sandbox.add_service_account()
    sandbox.delegate(str(made["client_id"]), ["gmail.modify"])
    path = tmp_path / "key.json"
    path.write_text(json.dumps(made))
    path.chmod(0o600)
    return path


@pytest.fixture
def settings(home: Home) -> Settings:
    return Settings(home=home, units_per_minute=None)


@pytest.fixture
def acting(key: Path, settings: Settings) -> Iterator[Gmail]:
    """The mailbox of Ann, for gmail.modify."""
    with Gmail(service_account=key, subject=ANN, settings=settings) as gmail:
        yield gmail


def client_id(key: Path) -> str:
    return str(json.loads(key.read_text())["client_id"])


def test_a_program_acts_for_somebody_and_stores_nothing(
    acting: Gmail, home: Home, sandbox: Sandbox
) -> None:
    assert acting.profile().email_address == ANN
    assert acting.address == ANN
    assert Accounts(home).all() == ()
    assert not list(home.data.rglob("token*"))


def test_making_one_touches_nothing(sandbox: Sandbox, settings: Settings) -> None:
    before = list(sandbox.requests)
    Gmail(service_account="/no/such/key.json", subject=ANN, settings=settings)
    assert sandbox.requests == before


def test_delegates_are_in_reach_once_it_is_allowed_and_refused_before_anything_is_sent(
    acting: Gmail, sandbox: Sandbox, key: Path, settings: Settings
) -> None:
    before = len(sandbox.requests)
    with pytest.raises(Refused, match=r"it lacks gmail\.settings\.sharing") as caught:
        acting.settings.delegates.create("bob@example.com")
    assert "'admin'" in caught.value.hint
    assert ("POST", "/gmail/v1/users/me/settings/delegates") not in sandbox.requests[before:]

    sandbox.delegate(client_id(key), ADMIN)
    with Gmail(service_account=key, subject=ANN, purpose="admin", settings=settings) as gmail:
        gmail.settings.delegates.create(ME)
        assert [d.delegate_email for d in gmail.settings.delegates.list()] == [ME]


def test_a_person_is_told_that_only_an_administrator_can(
    sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    sandbox.consent = ME
    client = tmp_path / "client.json"
    client.write_text(json.dumps(sandbox.client_file()))
    login(settings, client_file=client, purpose="restore", open_browser=consent)
    before = len(sandbox.requests)
    with Gmail(settings=settings) as gmail, pytest.raises(Refused) as caught:
        gmail.settings.delegates.create("bob@example.com")
    assert "administrator of a Google Workspace" in caught.value.hint
    assert caught.value.account == ME
    assert len(sandbox.requests) == before


def test_what_the_program_says_wins_over_the_environment(
    key: Path, settings: Settings, home: Home
) -> None:
    crowded = Settings(
        home=home,
        account=ME,
        access_token=Secret("of-somebody-else"),
        subject=ME,
        units_per_minute=None,
    )
    with Gmail(service_account=key, subject=ANN, settings=crowded) as gmail:
        assert gmail.profile().email_address == ANN
    with (
        Gmail(ME, service_account=key, subject=ANN, settings=settings) as gmail,
        pytest.raises(UsageError, match="different mailboxes"),
    ):
        gmail.profile()
    with Gmail(subject=ANN, settings=settings) as gmail, pytest.raises(UsageError, match="no serv"):
        gmail.profile()


def test_signing_in_by_key_replaces_a_persons_token(
    key: Path, sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    sandbox.consent = ANN
    client = tmp_path / "client.json"
    client.write_text(json.dumps(sandbox.client_file()))
    login(settings, client_file=client, open_browser=consent)
    assert FileKeep(settings.home).load(ANN)
    signed = login_by_key(settings, key, ANN, agree=print)
    assert signed.account.key_file == str(key)
    assert signed.replaced == f"This replaces the sign-in at {sandbox.url}."
    assert FileKeep(settings.home).load(ANN) is None
    assert whoami(settings).source == "service account"

    back = login(settings, client_file=client, open_browser=consent, agree=print)
    assert back.replaced == f"This replaces the sign-in by a service account at {sandbox.url}."
    assert whoami(settings).source == "account"
    assert logout(settings).key_file == ""


def test_a_sign_in_of_the_other_kind_is_replaced_only_where_somebody_agrees(
    key: Path, sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    sandbox.consent = ANN
    client = tmp_path / "client.json"
    client.write_text(json.dumps(sandbox.client_file()))
    login(settings, client_file=client, open_browser=consent, alias="work")
    heard: list[str] = []

    def no(replaced: str) -> None:
        heard.append(replaced)
        raise UsageError("No.")

    with pytest.raises(Conflict, match="signed in as a person already"):
        login_by_key(settings, key, ANN)
    with pytest.raises(UsageError):
        login_by_key(settings, key, ANN, agree=no)
    assert heard == [f"This replaces the sign-in at {sandbox.url}, and takes over its alias work."]
    assert whoami(settings).source == "account"
    login(settings, client_file=client, open_browser=consent)  # of one kind: nobody is asked

    login_by_key(settings, key, ANN, agree=print)
    login_by_key(settings, key, ANN)
    with pytest.raises(Conflict, match="signed in by a service account already"):
        login(settings, client_file=client, open_browser=consent)
    assert whoami(settings).source == "service account"


def test_who_is_named_is_asked_about_before_a_browser_opens_and_once(
    key: Path, sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    login_by_key(settings, key, ANN)
    client = tmp_path / "client.json"
    client.write_text(json.dumps(sandbox.client_file()))
    sandbox.consent = ANN

    def never(_: str) -> None:
        raise AssertionError("the browser was opened")

    with pytest.raises(Conflict):
        login(settings, client_file=client, address=ANN, open_browser=never)
    heard: list[str] = []
    login(settings, client_file=client, address=ANN, open_browser=consent, agree=heard.append)
    assert len(heard) == 1
    assert whoami(settings).source == "account"


def test_a_mailbox_that_is_not_there_is_noticed_at_the_sign_in(
    key: Path, sandbox: Sandbox, settings: Settings
) -> None:
    sandbox.faults.next(400, reason="failedPrecondition", method="getProfile", times=1)
    with pytest.raises(Refused, match="refuses to tell whose mailbox"):
        login_by_key(settings, key, ANN)
    assert Accounts(settings.home).all() == ()


def test_an_account_that_may_only_send_needs_no_profile(
    key: Path, sandbox: Sandbox, settings: Settings
) -> None:
    sandbox.delegate(client_id(key), ["gmail.send"])
    assert login_by_key(settings, key, ANN, purpose="send").account.address == ANN
    assert ("GET", "/gmail/v1/users/me/profile") not in sandbox.requests
