"""Every ailment is made, found, and comes with a cure."""

from __future__ import annotations

import json
import os
import shutil
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
import requests
from keyring.backend import KeyringBackend
from keyring.backends import fail

from fakes import ImpatientClock
from gmailkit.auth.accounts import Accounts
from gmailkit.auth.keep import FileKeep
from gmailkit.auth.scopes import EMAIL, METADATA, MODIFY, READONLY
from gmailkit.config import Settings
from gmailkit.model.service import Service
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services import machine
from gmailkit.services.doctor import Check, doctor
from gmailkit.services.sign_in import login
from oauth_stub import oauth_stub

ME, ANN = "me@example.com", "ann@example.com"
NOBODY = "http://127.0.0.1:9"
DAY = 86400


class WrongClock(ImpatientClock):
    """The real time and a bit."""

    def __init__(self, ahead: float) -> None:
        self.ahead = ahead

    def now(self) -> float:
        return super().now() + self.ahead


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sample=False, consent=ME) as running:
        yield running


@pytest.fixture
def settings(sandbox: Sandbox, home: Home, tmp_path: Path) -> Settings:
    """me@example.com is signed in, and all is well."""
    path = tmp_path / "client.json"
    path.write_text(json.dumps(sandbox.client_file()))
    made = Settings(home=home, client_file=path)
    login(made, open_browser=lambda address: requests.get(address, timeout=10))
    return made


def checks(settings: Settings, *, ahead: float = 0) -> dict[str, Check]:
    found = list(doctor(settings, clock=WrongClock(ahead)))
    assert len({check.name for check in found}) == len(found)
    for check in found:
        assert check.detail, check
        assert bool(check.fix) == (check.state != "ok"), check
    return {check.name: check for check in found}


def states(found: dict[str, Check]) -> dict[str, str]:
    return {name: check.state for name, check in found.items() if check.state != "ok"}


def test_all_is_well(sandbox: Sandbox, settings: Settings) -> None:
    found = checks(settings)
    assert states(found) == {}
    assert found["accounts"].detail == f"{ME}; default {ME}"
    assert found[f"scopes of {ME}"].detail == "gmail.modify (read, send, label, insert)"
    assert found[f"renewal for {ME}"].detail == "works"
    assert f"endpoint {sandbox.url}" in found
    assert ("POST", "/token") in sandbox.requests[-2:]


def test_without_anything_it_says_how_to_begin(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = checks(Settings(home=home, endpoint=NOBODY))
    assert states(found) == {
        "accounts": "fail",
        "client file": "fail",
        f"endpoint {NOBODY}": "fail",
        "clock": "warn",
    }
    assert found["accounts"].fix == "gmailkit login"
    assert not home.data.exists()


def test_offline_the_network_checks_fail_with_a_sentence(
    sandbox: Sandbox, settings: Settings
) -> None:
    url = sandbox.url
    sandbox.stop()
    found = checks(settings)
    assert states(found) == {
        f"endpoint {url}": "fail",
        "clock": "warn",
        f"renewal for {ME}": "fail",
    }
    assert "cannot be reached" in found[f"endpoint {url}"].detail


@pytest.mark.parametrize(
    ("name", "constant", "value"),
    [
        ("Python", "PYTHON", (9, 0)),
        ("SQLite", "SQLITE", (99, 0)),
        ("libraries", "LIBRARIES", ("no-such-library",)),
    ],
)
def test_too_old_or_missing(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    constant: str,
    value: object,
) -> None:
    monkeypatch.setattr(machine, constant, value)
    assert states(checks(settings)) == {name: "fail"}


def test_a_file_where_a_folder_belongs(settings: Settings) -> None:
    settings.home.cache.write_bytes(b"")
    found = checks(settings)
    assert states(found) == {"cache folder": "fail"}
    assert "not a folder" in found["cache folder"].detail


def test_a_folder_that_cannot_be_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.home.state.mkdir()
    real = os.access
    locked = settings.home.state
    monkeypatch.setattr(os, "access", lambda path, mode: path != locked and real(path, mode))
    found = checks(settings)
    assert states(found) == {"state folder": "fail"}
    assert str(locked) in found["state folder"].fix


def test_a_folder_that_others_can_write(settings: Settings) -> None:
    settings.home.config.mkdir(exist_ok=True)
    settings.home.config.chmod(0o777)
    found = checks(settings)
    assert states(found) == {"config folder": "fail"}
    assert found["config folder"].fix == f"chmod go-w '{settings.home.config}'"


@pytest.mark.parametrize(("free", "state"), [(1_000_000, "fail"), (100_000_000, "warn")])
def test_a_full_disk(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, free: int, state: str
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - free, free))
    assert states(checks(settings)) == {"disk": state}


def test_the_keyring_is_named_or_said_to_be_none(settings: Settings) -> None:
    class Drawer(KeyringBackend):
        name = "a drawer"
        priority = 5  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> None: ...
        def set_password(self, service: str, username: str, password: str) -> None: ...

    before = keyring.get_keyring()
    try:
        keyring.set_keyring(Drawer())
        assert "a drawer" in checks(settings)["keyring"].detail
        keyring.set_keyring(fail.Keyring())
        assert "none" in checks(settings)["keyring"].detail
    finally:
        keyring.set_keyring(before)


def test_a_damaged_list_of_accounts(sandbox: Sandbox, settings: Settings) -> None:
    (settings.home.data / "accounts.json").write_bytes(b"{")
    assert states(checks(replace(settings, endpoint=sandbox.url))) == {"accounts": "fail"}


def test_an_account_that_is_not_signed_in(settings: Settings) -> None:
    found = checks(replace(settings, account="nobody"))
    assert states(found) == {"accounts": "fail"}
    assert ME in found["accounts"].fix


def test_several_accounts_and_no_default(sandbox: Sandbox, settings: Settings) -> None:
    accounts = Accounts(settings.home)
    first = accounts.find(ME)
    for address in (ANN, "bob@example.com"):
        login(
            settings,
            address=address,
            open_browser=lambda url: requests.get(url, timeout=10),
        )
    accounts.remove(first.address)
    found = checks(settings)
    assert states(found) == {"accounts": "warn"}
    assert f"renewal for {ANN}" in found


def test_a_missing_client_file_matters_only_for_the_next_sign_in(settings: Settings) -> None:
    found = checks(replace(settings, client_file=Path("/nowhere/client.json")))
    assert states(found) == {"client file": "warn"}


def test_a_wrong_client_file_is_called_what_it_is(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "web.json"
    path.write_text('{"web": {}}')
    found = checks(replace(settings, client_file=path))
    assert "Web client" in found["client file"].detail


def test_a_token_that_is_gone(settings: Settings) -> None:
    FileKeep(settings.home).forget(ME)
    found = checks(settings)
    assert states(found) == {f"token of {ME}": "fail", f"renewal for {ME}": "fail"}
    assert found[f"token of {ME}"].fix == f"gmailkit login {ME}"


def test_a_token_that_others_can_read(settings: Settings) -> None:
    FileKeep(settings.home).path(ME).chmod(0o644)
    found = checks(settings)
    assert states(found) == {f"token of {ME}": "fail", f"renewal for {ME}": "fail"}
    assert "chmod 600" in found[f"token of {ME}"].fix


def test_a_token_that_cannot_be_renewed(settings: Settings) -> None:
    keep = FileKeep(settings.home)
    token = keep.load(ME)
    assert token is not None
    keep.save(ME, replace(token, refresh_token=Secret("")))
    found = checks(settings)
    assert states(found) == {f"token of {ME}": "warn", f"renewal for {ME}": "fail"}


def test_a_grant_that_was_revoked_shows_in_the_renewal_and_then_in_the_token(
    sandbox: Sandbox, settings: Settings
) -> None:
    token = FileKeep(settings.home).load(ME)
    assert token is not None
    sandbox.mail.grants.revoke(token.refresh_token)
    found = checks(settings)
    assert states(found) == {f"renewal for {ME}": "fail"}
    assert "has ended" in found[f"renewal for {ME}"].detail
    assert states(checks(settings)) == {f"token of {ME}": "fail", f"renewal for {ME}": "fail"}


@pytest.mark.parametrize("scopes", [(METADATA, MODIFY), ("openid",), ()], ids=str)
def test_scopes_that_are_no_good(settings: Settings, scopes: tuple[str, ...]) -> None:
    keep = FileKeep(settings.home)
    token = keep.load(ME)
    assert token is not None
    keep.save(ME, replace(token, scopes=scopes))
    assert states(checks(settings)) == {f"scopes of {ME}": "fail"}


@pytest.mark.parametrize(
    ("ahead", "state", "words"),
    [
        (0, "ok", "agrees"),
        (100, "warn", "ahead"),
        (-100, "warn", "behind"),
        (86400, "fail", "ahead"),
        (-86400, "fail", "behind"),
    ],
)
def test_a_wrong_clock(settings: Settings, ahead: float, state: str, words: str) -> None:
    clock = checks(settings, ahead=ahead)["clock"]
    assert clock.state == state
    assert words in clock.detail


def test_a_token_from_the_environment_needs_no_account(sandbox: Sandbox, home: Home) -> None:
    token = Secret(sandbox.issue_token(ME, [READONLY, EMAIL]))
    found = checks(Settings(home=home, access_token=token, endpoint=sandbox.url))
    assert states(found) == {"client file": "warn"}
    assert "gmail.readonly" in found["access token"].detail
    assert "59 minutes left" in found["access token"].detail


def test_a_token_from_the_environment_that_is_dead(sandbox: Sandbox, home: Home) -> None:
    token = Secret("ya29.sandbox-of-yesterday")
    found = checks(Settings(home=home, access_token=token, endpoint=sandbox.url))
    assert found["access token"].state == "fail"
    assert "not valid" in found["access token"].detail


def test_a_token_from_the_environment_that_opens_nothing(sandbox: Sandbox, home: Home) -> None:
    token = Secret(sandbox.issue_token(ME, ["openid"]))
    found = checks(Settings(home=home, access_token=token, endpoint=sandbox.url))
    assert found["access token"].state == "fail"


def test_no_token_is_sent_to_see_whether_a_server_answers(settings: Settings) -> None:
    with oauth_stub() as server:
        here = Service.at(server.url)
        FileKeep(settings.home).forget(ME)
        checks(replace(settings, service=here))
        assert server.seen
        assert not any("Authorization" in headers for _, _, headers in server.seen)


def test_any_answer_counts_as_reached(settings: Settings) -> None:
    with oauth_stub() as server:
        server.replies["/gmail/v1/users/me/profile"] = (500, "<html>")
        found = checks(replace(settings, service=Service.at(server.url)))
        assert found[f"endpoint {server.url}"].state == "ok"


def signed_in_again(settings: Settings) -> None:
    login(settings, open_browser=lambda address: requests.get(address, timeout=10))


def test_days_before_a_testing_grant_dies_it_is_said_when(
    sandbox: Sandbox, settings: Settings
) -> None:
    sandbox.testing = True
    signed_in_again(settings)
    for ahead, left in ((0, "7 days"), (4 * DAY, "3 days"), (6.5 * DAY, "12 h")):
        check = next(
            c for c in doctor(settings, clock=WrongClock(ahead)) if c.name == f"token of {ME}"
        )
        assert check.state == "warn"
        assert f"the server ends it in {left} (20" in check.detail
        assert "Publish the app" in check.fix
        assert f"gmailkit login {ME}" in check.fix


def test_a_grant_after_one_that_died_at_a_week_is_worried_about_in_time(
    sandbox: Sandbox, settings: Settings
) -> None:
    """A server that does not tell how long grants live: the one before is the only witness."""
    keep, now = FileKeep(settings.home), WrongClock(0).now()
    token = keep.load(ME)
    assert token is not None
    old = replace(token, granted_at=now - 8 * DAY, refreshed_at=now - 2 * DAY, expiry=now - DAY)
    keep.save(ME, old)
    sandbox.mail.grants.revoke(old.refresh_token)
    assert "consent screen is in testing" in checks(settings)[f"renewal for {ME}"].detail

    signed_in_again(settings)
    fresh = keep.load(ME)
    assert fresh is not None
    for age, state in ((0, "ok"), (4.9, "ok"), (5, "warn"), (6.9, "warn"), (8, "ok")):
        keep.save(ME, replace(fresh, granted_at=now - age * DAY))
        found = next(c for c in doctor(settings) if c.name == f"token of {ME}")
        assert found.state == state, age
        assert ("died at a week" in found.detail) == (state == "warn")


def test_a_grant_without_a_history_is_not_worried_about(settings: Settings) -> None:
    keep = FileKeep(settings.home)
    token = keep.load(ME)
    assert token is not None
    keep.save(ME, replace(token, granted_at=token.granted_at - 6 * DAY))
    assert states(checks(settings)) == {}


def test_a_service_account_of_the_environment(sandbox: Sandbox, home: Home, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(made := sandbox.add_service_account()))
    path.chmod(0o600)
    given = Settings(home=home, endpoint=sandbox.url, service_account=path, subject=ANN)
    assert str(made["client_id"]) in checks(given)["service account"].fix
    sandbox.delegate(str(made["client_id"]), ["gmail.modify"])
    found = checks(given)
    assert found["service account"].detail == f"acts for {ANN}: gmail.modify"
    assert "GMAILKIT_SERVICE_ACCOUNT is used" in found["accounts"].detail
