"""Signing in over real HTTP, with the sandbox as the judge; and everything that goes wrong."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import keyring
import pytest
import requests
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked

from gmailkit.auth.accounts import Account, Accounts
from gmailkit.auth.credential import credential_for
from gmailkit.auth.keep import FileKeep, KeyringKeep, only_us
from gmailkit.auth.scopes import EMAIL, MODIFY, OPENID, PURPOSES, READONLY, SEND, SETTINGS, SHARING
from gmailkit.config import Settings
from gmailkit.errors import (
    CannotWrite,
    Conflict,
    GmailKitError,
    Refused,
    ServerFault,
    SignInNeeded,
    Unreachable,
    UsageError,
)
from gmailkit.model.service import GOOGLE, Service
from gmailkit.paths import Home
from gmailkit.sandbox import Consent, Sandbox
from gmailkit.secret import Secret
from gmailkit.services.sign_in import SignedIn, login, logout, open_in_browser, whoami
from oauth_stub import GOOD, oauth_stub

ME, ANN = "me@example.com", "ann@example.com"


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """Nothing of the tests shall end in the keyring of whoever runs them."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(sample=False, consent=ME) as running:
        yield running


@pytest.fixture
def settings(sandbox: Sandbox, home: Home, tmp_path: Path) -> Settings:
    path = tmp_path / "client.json"
    path.write_text(json.dumps(sandbox.client_file()))
    return Settings(home=home, client_file=path)


def visit(address: str) -> requests.Response:
    """What a browser does: goes there, and follows."""
    return requests.get(address, timeout=10)


def by_browser(settings: Settings, **options: object) -> SignedIn:
    return login(settings, open_browser=visit, **options)  # type: ignore[arg-type]


def redirect_of(address: str) -> str:
    """Where the sandbox sends the browser, without going there."""
    return requests.get(address, timeout=10, allow_redirects=False).headers["Location"]


def nothing_is_stored(home: Home) -> bool:
    return Accounts(home).all() == () and not list(home.data.rglob("token.json"))


def test_login_signs_in_and_the_token_works(sandbox: Sandbox, settings: Settings) -> None:
    signed_in = by_browser(settings)
    assert signed_in.account.address == ME
    assert signed_in.account.scopes == (MODIFY,)
    assert signed_in.account.service.endpoint == sandbox.url
    assert signed_in.lost == ()
    assert Accounts(settings.home).default == ME

    credential = credential_for(settings)
    profile = requests.get(
        f"{sandbox.url}/gmail/v1/users/me/profile",
        headers={"Authorization": f"Bearer {credential.bearer()}"},
        timeout=10,
    )
    assert profile.json()["emailAddress"] == ME


def test_the_token_lies_in_a_private_file_and_nowhere_else(settings: Settings) -> None:
    before = os.umask(0)
    try:
        by_browser(settings)
    finally:
        os.umask(before)
    home = settings.home
    path = FileKeep(home).path(ME)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    token = FileKeep(home).load(ME)
    assert token is not None
    for file in home.data.parent.rglob("*"):
        if file.is_file():
            assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
            if file != path:
                assert token.refresh_token.encode() not in file.read_bytes()


@pytest.mark.parametrize("purpose", [name for name in PURPOSES if name != "admin"])
def test_each_purpose_gets_its_scopes_and_learns_the_address(
    settings: Settings, purpose: str
) -> None:
    signed_in = by_browser(settings, purpose=purpose)
    assert set(signed_in.account.scopes) == set(PURPOSES[purpose])
    assert signed_in.account.address == ME
    assert signed_in.lost == ()
    assert whoami(settings).purpose == purpose


def test_what_only_a_service_account_may_is_refused_before_the_browser_opens(
    settings: Settings,
) -> None:
    def never(address: str) -> bool:
        raise AssertionError(address)

    with pytest.raises(Refused, match="for service accounts") as caught:
        login(settings, purpose="admin", open_browser=never)
    assert "--service-account" in caught.value.hint
    assert "gmail.com" in caught.value.hint
    assert caught.value.needs == (SHARING,)


def test_a_partial_consent_is_kept_and_what_is_lost_is_named(
    sandbox: Sandbox, settings: Settings
) -> None:
    sandbox.consent = Consent(ME, withheld=frozenset({SETTINGS}))
    signed_in = by_browser(settings, purpose="settings")
    assert signed_in.account.scopes == (READONLY,)
    assert len(signed_in.lost) == 1
    assert "Changing settings" in signed_in.lost[0]
    assert "gmail.settings.basic was not granted" in signed_in.lost[0]
    assert Accounts(settings.home).find(ME) == signed_in.account


def test_a_consent_to_nothing_stores_nothing(sandbox: Sandbox, settings: Settings) -> None:
    sandbox.consent = Consent(ME, withheld=frozenset(PURPOSES["restore"]))
    with pytest.raises(Refused) as caught:
        by_browser(settings, purpose="restore")
    assert caught.value.exit_code == 5
    assert nothing_is_stored(settings.home)


def test_denied_consent_stores_nothing(sandbox: Sandbox, settings: Settings) -> None:
    sandbox.consent = Consent(ME, denied=True)
    with pytest.raises(Refused, match="not allowed"):
        by_browser(settings)
    assert nothing_is_stored(settings.home)


def test_a_wrong_state_is_turned_away_and_the_real_answer_still_taken(
    sandbox: Sandbox, settings: Settings
) -> None:
    statuses: list[int] = []

    def browser(address: str) -> None:
        question = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        forged = urlencode({"state": "A" * 43, "code": "4/0forged-code-of-somebody-else"})
        statuses.append(visit(f"{question['redirect_uri']}?{forged}").status_code)
        visit(address)

    assert login(settings, open_browser=browser).account.address == ME
    assert statuses == [400]


def test_a_wrong_verifier_is_refused_by_the_server_and_stores_nothing(
    sandbox: Sandbox, settings: Settings
) -> None:
    """Somebody between swaps the challenge: the code then belongs to another verifier."""

    def tampering(address: str) -> None:
        parts = urlsplit(address)
        question = {k: v[0] for k, v in parse_qs(parts.query).items()}
        question["code_challenge"] = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        visit(parts._replace(query=urlencode(question)).geturl())

    with pytest.raises(SignInNeeded, match="did not take the code"):
        login(settings, open_browser=tampering)
    assert nothing_is_stored(settings.home)


def test_a_code_of_somebody_else_is_of_no_use(sandbox: Sandbox, settings: Settings) -> None:
    """An attacker who knows our state still cannot sign us in as himself: PKCE binds the code."""

    def injecting(address: str) -> None:
        parts = urlsplit(address)
        question = {k: v[0] for k, v in parse_qs(parts.query).items()}
        of_ann = {**question, "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}
        visit(parts._replace(query=urlencode({**of_ann, "login_hint": ANN})).geturl())

    with pytest.raises(SignInNeeded):
        login(settings, open_browser=injecting)
    assert nothing_is_stored(settings.home)


def test_a_port_scan_first_does_not_disturb(sandbox: Sandbox, settings: Settings) -> None:
    def scanned(address: str) -> None:
        question = parse_qs(urlsplit(address).query)
        port = urlsplit(question["redirect_uri"][0]).port
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        for knock in (b"", b"\x00" * 99, b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01", b"HELP\r\n"):
            with socket.create_connection(("127.0.0.1", port)) as scanner:
                scanner.sendall(knock)
        visit(address)
        for connection in silent:
            connection.close()

    assert login(settings, open_browser=scanned).account.address == ME


def test_no_browser_takes_a_pasted_address(sandbox: Sandbox, settings: Settings) -> None:
    signed_in = login(settings, open_browser=None, paste=redirect_of)
    assert signed_in.account.address == ME


def test_a_wrong_paste_is_explained_and_asked_again(sandbox: Sandbox, settings: Settings) -> None:
    texts: list[str] = []

    def paste(text: str) -> str:
        texts.append(text)
        tries = ["", "4/0only-a-code", "http://127.0.0.1/?state=x&code=y"]
        return tries[len(texts) - 1] if len(texts) < 4 else redirect_of(texts[0])

    assert login(settings, open_browser=None, paste=paste).account.address == ME
    assert "Nothing was pasted" in texts[1]
    assert "not the whole address" in texts[2]
    assert "does not begin with" in texts[3]


def test_a_folder_open_to_others_takes_no_token(settings: Settings) -> None:
    folder = settings.home.account_data(ME)
    folder.mkdir(parents=True, mode=0o755)
    with pytest.raises(UsageError, match="Others can enter"):
        by_browser(settings)
    assert nothing_is_stored(settings.home)


def test_a_failed_second_sign_in_leaves_the_account_usable(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_browser(settings)
    with monkeypatch.context() as full_disk:

        def full(self: Accounts, *_: object, **__: object) -> None:
            raise CannotWrite("Cannot write accounts.json.", path=settings.home.data)

        full_disk.setattr(Accounts, "add", full)
        with pytest.raises(CannotWrite):
            by_browser(settings)
    assert sandbox.mail.grants.access(credential_for(settings).bearer()) is not None


def test_signing_in_again_replaces_the_token(sandbox: Sandbox, settings: Settings) -> None:
    by_browser(settings, alias="home")
    first = FileKeep(settings.home).load(ME)
    again = by_browser(settings, purpose="read")
    second = FileKeep(settings.home).load(ME)
    assert first is not None
    assert second is not None
    assert first.refresh_token != second.refresh_token
    assert again.account.alias == "home"
    assert again.account.scopes == (READONLY,)
    assert len(Accounts(settings.home).all()) == 1


def test_another_spelling_of_the_address_is_the_same_account(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_browser(settings)
    monkeypatch.setattr("gmailkit.auth.oauth.address_of", lambda *_: "ME@Example.com")
    assert by_browser(settings, purpose="read").account.address == ME
    assert [a.scopes for a in Accounts(settings.home).all()] == [(READONLY,)]
    assert len(list(settings.home.data.rglob("token.json"))) == 1


def test_a_renewal_that_is_under_way_does_not_undo_a_sign_in(
    sandbox: Sandbox, settings: Settings
) -> None:
    """It holds the lock: the sign-in waits, and has the last word."""
    by_browser(settings)
    home, done = settings.home, []
    with only_us(home, ME):
        signing = threading.Thread(target=lambda: done.append(by_browser(settings, purpose="read")))
        signing.start()
        signing.join(1)
        assert signing.is_alive()
    signing.join(10)
    assert done[0].account.scopes == (READONLY,)


def test_several_accounts_with_one_default(sandbox: Sandbox, settings: Settings) -> None:
    by_browser(settings)
    by_browser(settings, address=ANN, alias="work")
    assert Accounts(settings.home).default == ME
    assert whoami(replace(settings, account="work")).address == ANN
    by_browser(settings, address="bob@example.com", default=True)
    assert whoami(settings).address == "bob@example.com"


def test_a_taken_alias_is_refused_and_the_token_not_kept(
    sandbox: Sandbox, settings: Settings
) -> None:
    by_browser(settings, alias="mail")
    with pytest.raises(UsageError, match="another account's"):
        by_browser(settings, address=ANN, alias="mail")
    assert FileKeep(settings.home).load(ANN) is None
    assert len(Accounts(settings.home).all()) == 1


@pytest.mark.parametrize("options", [{"purpose": "everything"}, {"alias": "a@b"}])
def test_a_wrong_option_is_refused_before_anything_is_asked(
    sandbox: Sandbox, settings: Settings, options: dict[str, str]
) -> None:
    with pytest.raises(UsageError):
        by_browser(settings, **options)
    assert sandbox.requests == []


def test_without_a_client_file_the_way_to_one_is_shown(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no client file") as caught:
        by_browser(Settings(home=home))
    assert "--sandbox" in caught.value.hint


@pytest.mark.parametrize(
    ("status", "kind"), [(500, ServerFault), (401, ServerFault), (403, ServerFault)]
)
def test_trouble_at_the_token_endpoint_stores_nothing(
    sandbox: Sandbox, settings: Settings, status: int, kind: type[GmailKitError]
) -> None:
    sandbox.faults.next(status, method="token", body=b"<html>a proxy speaks</html>")
    with pytest.raises(kind):
        by_browser(settings)
    assert nothing_is_stored(settings.home)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [(403, Refused, "refuses to tell"), (503, ServerFault, "answered 503")],
)
def test_a_mailbox_that_cannot_be_named_stores_nothing(
    sandbox: Sandbox, settings: Settings, status: int, kind: type[GmailKitError], words: str
) -> None:
    sandbox.faults.next(status, method="getProfile", reason="accessNotConfigured")
    with pytest.raises(kind, match=words):
        by_browser(settings)
    assert nothing_is_stored(settings.home)


def test_a_full_disk_leaves_nothing_half_done(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Accounts, *_: object, **__: object) -> None:
        raise CannotWrite("Cannot write accounts.json: No space left.", path=settings.home.data)

    monkeypatch.setattr(Accounts, "add", full)
    with pytest.raises(CannotWrite):
        by_browser(settings)
    assert nothing_is_stored(settings.home)


def test_nobody_signing_in_is_not_waited_for_forever(settings: Settings) -> None:
    with pytest.raises(SignInNeeded, match="Nobody signed in"):
        login(settings, open_browser=lambda _: None, timeout=0)


def test_a_strange_client_file_cannot_take_over_a_known_address(settings: Settings) -> None:
    """Its server could claim any address, and would get that mailbox's mail from then on."""
    accounts = Accounts(settings.home)
    known = Account(address=ME, service=GOOGLE, scopes=(MODIFY,), signed_in=1)
    accounts.add(known)
    with pytest.raises(Conflict, match="signed in at https://gmail"):
        by_browser(settings)
    assert accounts.all() == (known,)
    assert FileKeep(settings.home).load(ME) is None


def test_a_sandbox_may_come_back_at_another_port(settings: Settings) -> None:
    yesterday = Service.at("http://127.0.0.1:1")
    Accounts(settings.home).add(
        Account(address=ME, service=yesterday, scopes=(MODIFY,), signed_in=1)
    )
    signed_in = by_browser(settings)
    assert signed_in.account.service != yesterday
    assert signed_in.replaced == "This replaces the sign-in at a server of this machine."
    assert by_browser(settings).replaced == ""


def test_the_endpoint_of_the_settings_is_the_accounts(sandbox: Sandbox, settings: Settings) -> None:
    elsewhere = replace(settings, endpoint=sandbox.url.replace("127.0.0.1", "localhost"))
    assert by_browser(elsewhere).account.service.endpoint.startswith("http://localhost:")


def test_the_client_file_of_a_server_on_this_machine_is_not_kept(settings: Settings) -> None:
    """Its port is somebody else's tomorrow."""
    assert by_browser(settings).client_file is None
    assert not (settings.home.config / "credentials.json").exists()


def test_a_client_file_that_lasts_is_kept_for_the_next_time(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "client.json"
    installed = {
        "client_id": "x",
        "client_secret": "GOCSPX-x",
        "auth_uri": GOOGLE.auth_uri,
        "token_uri": GOOGLE.token_uri,
    }
    path.write_text(json.dumps({"installed": installed}))
    monkeypatch.setattr("gmailkit.auth.flow.sign_in", lambda *_, **__: _a_token())
    monkeypatch.setattr("gmailkit.auth.oauth.address_of", lambda *_: ME)
    kept = home.config / "credentials.json"
    assert login(Settings(home=home), client_file=path).client_file == kept
    assert kept.read_bytes() == path.read_bytes()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert login(Settings(home=home)).client_file is None


def _a_token():  # type: ignore[no-untyped-def]
    from gmailkit.auth.token import Token

    return Token(
        access_token=Secret("ya29.access-canary"),
        refresh_token=Secret("1//refresh-canary"),
        client_id="x",
        client_secret=Secret("GOCSPX-canary"),
        expiry=4600.0,
        scopes=(MODIFY,),
        granted_at=1000.0,
        refreshed_at=1000.0,
    )


class Drawer(KeyringBackend):
    """A keyring that works, or is locked."""

    name = "a drawer"
    priority = 5  # type: ignore[assignment]

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__()
        self.content: dict[tuple[str, str], str] = {}
        self.locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        return self.content.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringLocked("it is locked")
        self.content[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.content.pop((service, username), None)


@pytest.fixture
def at_google(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[[], SignedIn]:
    """Sign in at Google, whose part is not played; with whatever keyring is set."""
    home.config.mkdir(parents=True)
    installed = {"client_id": "x", "auth_uri": GOOGLE.auth_uri, "token_uri": GOOGLE.token_uri}
    (home.config / "credentials.json").write_text(json.dumps({"installed": installed}))
    monkeypatch.setattr("gmailkit.auth.flow.sign_in", lambda *_, **__: _a_token())
    monkeypatch.setattr("gmailkit.auth.oauth.address_of", lambda *_: ME)
    monkeypatch.setattr("gmailkit.auth.oauth.revoke", lambda *_: True)
    return lambda: login(Settings(home=home))


def test_the_keyring_is_used_where_there_is_one(
    home: Home, at_google: Callable[[], SignedIn]
) -> None:
    keyring.set_keyring(Drawer())
    assert at_google().account.keep == "keyring"
    assert KeyringKeep(home).load(ME) is not None
    assert FileKeep(home).load(ME) is None
    logout(Settings(home=home))
    assert KeyringKeep(home).load(ME) is None
    assert nothing_is_stored(home)


def test_a_keyring_that_takes_nothing_is_replaced_by_a_file(
    home: Home, at_google: Callable[[], SignedIn]
) -> None:
    keyring.set_keyring(Drawer(locked=True))
    assert at_google().account.keep == "file"
    assert FileKeep(home).load(ME) is not None


def test_a_change_of_store_leaves_no_copy_behind(
    home: Home, at_google: Callable[[], SignedIn]
) -> None:
    drawer = Drawer()
    keyring.set_keyring(drawer)
    at_google()
    drawer.locked = True
    assert at_google().account.keep == "file"
    assert drawer.content == {}
    drawer.locked = False
    assert at_google().account.keep == "keyring"
    assert FileKeep(home).load(ME) is None


def test_logout_revokes_and_forgets_everything_of_the_account(
    sandbox: Sandbox, settings: Settings
) -> None:
    by_browser(settings)
    by_browser(settings, address=ANN)
    token = FileKeep(settings.home).load(ME)
    assert token is not None
    home, endpoint = settings.home, sandbox.url
    for folder in (home.account_state(ME, endpoint), home.account_cache(ME, endpoint)):
        folder.mkdir(parents=True)
        (folder / "something").write_text("of me")

    signed_out = logout(settings, ME)
    assert (signed_out.address, signed_out.revoked) == (ME, True)
    assert sandbox.mail.grants.refresh(token.refresh_token) is None
    assert [a.address for a in Accounts(home).all()] == [ANN]
    assert not [p for p in home.data.parent.rglob("*") if p.name.startswith(ME)]
    assert FileKeep(home).load(ANN) is not None


def test_logout_without_a_server_forgets_all_the_same(sandbox: Sandbox, settings: Settings) -> None:
    by_browser(settings)
    sandbox.stop()
    assert logout(settings).revoked is False
    assert nothing_is_stored(settings.home)


def test_logout_of_a_dead_grant_counts_as_revoked(sandbox: Sandbox, settings: Settings) -> None:
    by_browser(settings)
    token = FileKeep(settings.home).load(ME)
    assert token is not None
    sandbox.mail.grants.revoke(token.refresh_token)
    assert logout(settings).revoked is True


def test_logout_works_when_the_token_file_is_open_to_others(settings: Settings) -> None:
    by_browser(settings)
    FileKeep(settings.home).path(ME).chmod(0o644)
    assert logout(settings).revoked is False
    assert nothing_is_stored(settings.home)


def test_logout_of_nobody_says_so(settings: Settings) -> None:
    with pytest.raises(SignInNeeded, match="Nobody"):
        logout(settings)


def test_whoami_tells_the_account_without_the_network(sandbox: Sandbox, settings: Settings) -> None:
    by_browser(settings, alias="home")
    asked = len(sandbox.requests)
    who = whoami(settings)
    assert (who.address, who.alias, who.source) == (ME, "home", "account")
    assert (who.scopes, who.purpose, who.endpoint) == ((MODIFY,), "modify", sandbox.url)
    assert who.expires_in is not None
    assert 3500 < who.expires_in <= 3599
    assert len(sandbox.requests) == asked


def test_whoami_asks_once_about_a_token_from_the_environment(sandbox: Sandbox, home: Home) -> None:
    token = Secret(sandbox.issue_token(ANN, [SEND, OPENID, EMAIL]))
    who = whoami(Settings(home=home, access_token=token, endpoint=sandbox.url))
    assert (who.address, who.alias, who.source) == (ANN, "", "environment")
    assert who.purpose == "send"
    assert who.endpoint == sandbox.url
    assert who.expires_in is not None
    assert 3500 < who.expires_in <= 3599
    assert sandbox.requests == [("GET", "/tokeninfo")]
    assert not home.data.exists()


def test_whoami_of_a_token_nobody_knows_leaves_the_rest_open(home: Home) -> None:
    with oauth_stub(token=GOOD) as server:
        token = Secret("token-0123456789")
        who = whoami(Settings(home=home, access_token=token, endpoint=server.url))
    assert (who.address, who.scopes, who.purpose, who.expires_in) == ("", (), "", None)


def test_what_a_browser_prints_does_not_reach_standard_output(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def chatty(_: str) -> bool:
        os.write(1, b"Opening in existing browser session.\n")
        return True

    monkeypatch.setattr(webbrowser, "open", chatty)
    assert open_in_browser("http://127.0.0.1/") is True
    print("data")
    output = capfd.readouterr()
    assert output.out == "data\n"
    assert "existing browser session" in output.err


def test_the_default_browser_is_the_users(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda address: visit(address).ok)
    assert login(settings).account.address == ME
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    with pytest.raises(SignInNeeded, match="No browser"):
        login(settings)


def test_whoami_of_a_token_that_cannot_be_checked_says_so(home: Home) -> None:
    given = Settings(home=home, access_token=Secret("token-0123456789"))
    with pytest.raises(Unreachable, match="could not be checked"):
        whoami(replace(given, endpoint="http://127.0.0.1:9"))


def test_whoami_of_a_token_nobody_accepts_says_so(sandbox: Sandbox, home: Home) -> None:
    given = Settings(home=home, access_token=Secret("token-0123456789"), endpoint=sandbox.url)
    with pytest.raises(SignInNeeded, match="not accepted"):
        whoami(given)
