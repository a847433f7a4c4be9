"""A service account acts for a user, over real HTTP; and every way in which it may not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from fakes import ImpatientClock
from gmailkit.auth.credential import credential_for
from gmailkit.auth.delegation import check_subject
from gmailkit.auth.scopes import FULL, MODIFY, PURPOSES, READONLY, SEND, SETTINGS, SHARING
from gmailkit.auth.service_account import ServiceAccountCredential, delegated_scopes
from gmailkit.config import Settings
from gmailkit.errors import GmailKitError, Refused, SignInNeeded, Unreachable, UsageError
from gmailkit.model.service import Service
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from oauth_stub import Reply, oauth_stub

ANN = "ann@example.com"
DAY = 86400


@dataclass
class Clock(ImpatientClock):
    """The real time and a bit."""

    ahead: float = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(sample=False) as running:
        yield running


@pytest.fixture(scope="module")
def key(server: Sandbox) -> dict[str, Any]:
    """A service account that may act for everybody with gmail.modify."""
    made: dict[str, Any] = server.add_service_account()
    server.delegate(made["client_id"], [MODIFY])
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


def acting(
    folder: Path, key: dict[str, Any], clock: Clock, subject: str = ANN, *scopes: str
) -> ServiceAccountCredential:
    path = folder / "key.json"
    path.write_text(json.dumps(key))
    path.chmod(0o600)
    origin = key["token_uri"].removesuffix("/token")
    return ServiceAccountCredential(
        path, subject=subject, scopes=scopes or (MODIFY,), service=Service.at(origin), clock=clock
    )


def tokens_given(server: Sandbox) -> int:
    return server.requests.count(("POST", "/token"))


def whose(server: Sandbox, token: str) -> str:
    answer = requests.get(
        f"{server.url}/gmail/v1/users/me/profile",
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    return str(answer.json().get("emailAddress"))


def test_it_acts_for_the_subject(
    server: Sandbox, key: dict[str, Any], tmp_path: Path, clock: Clock
) -> None:
    credential = acting(tmp_path, key, clock)
    before = tokens_given(server)
    assert whose(server, credential.bearer()) == ANN
    assert credential.bearer() == credential.bearer()
    assert tokens_given(server) == before + 1
    assert (credential.address, credential.granted) == (ANN, {MODIFY})
    assert credential.client_id == key["client_id"]


def test_a_token_is_replaced_five_minutes_before_it_ends_and_after_a_401(
    server: Sandbox, key: dict[str, Any], tmp_path: Path
) -> None:
    clock = Clock()
    credential = acting(tmp_path, key, clock)
    first = credential.bearer()
    clock.ahead = 3599 - 300 - 20
    assert credential.bearer() == first
    clock.ahead = 0
    second = credential.renew(first)
    assert second != first
    assert credential.renew(first) == second  # a second thread with a 401 for the same token


def test_a_token_that_is_due_is_asked_for(tmp_path: Path, key: dict[str, Any]) -> None:
    reply: Reply = (200, {"access_token": "ya29.stub-acting-1", "expires_in": 600})
    with oauth_stub(token=reply) as stub:
        clock = Clock()
        credential = acting(tmp_path, {**key, "token_uri": f"{stub.url}/token"}, clock)
        for ahead, asked in ((0, 1), (295, 1), (305, 2), (305 - DAY, 3), (3650 * DAY, 4)):
            clock.ahead = ahead
            for _ in range(3):
                credential.bearer()
            assert len(stub.seen) == asked, ahead


def test_a_lifetime_that_is_no_number_is_an_hour(tmp_path: Path, key: dict[str, Any]) -> None:
    reply: Reply = (200, {"access_token": "ya29.stub-acting-1", "expires_in": "soon"})
    with oauth_stub(token=reply) as stub:
        clock = Clock()
        credential = acting(tmp_path, {**key, "token_uri": f"{stub.url}/token"}, clock)
        for ahead, asked in ((0, 1), (3000, 1), (3600, 2)):
            clock.ahead = ahead
            credential.bearer()
            assert len(stub.seen) == asked, ahead


def test_many_threads_get_one_token(
    server: Sandbox, key: dict[str, Any], tmp_path: Path, clock: Clock
) -> None:
    credential, got = acting(tmp_path, key, clock), []
    before = tokens_given(server)
    threads = [threading.Thread(target=lambda: got.append(credential.bearer())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(set(got))) == (8, 1)
    assert tokens_given(server) == before + 1


def test_without_delegation_it_says_what_the_administrator_has_to_enter(
    server: Sandbox, key: dict[str, Any], tmp_path: Path, clock: Clock
) -> None:
    scopes = delegated_scopes("admin")
    with pytest.raises(Refused) as caught:
        acting(tmp_path, key, clock, ANN, *scopes).bearer()
    said = caught.value.hint
    assert f"Client ID: {key['client_id']}\n" in said
    assert f"OAuth scopes: {READONLY},{SETTINGS},{SHARING}\n" in said
    assert "Security > Access and data control > API controls" in said
    assert "Manage domain-wide delegation" in said
    assert "24 hours" in said
    assert caught.value.needs == scopes
    assert ANN in caught.value.message
    server.delegate(key["client_id"], [MODIFY, *scopes])
    assert acting(tmp_path, key, clock, ANN, *scopes).bearer()


def test_somebody_unknown_is_named(key: dict[str, Any], tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(SignInNeeded, match=r"no active account nobody@example\.com"):
        acting(tmp_path, key, clock, "nobody@example.com").bearer()


@pytest.mark.parametrize("change", [{"private_key_id": "0" * 40}, {}], ids=["id", "key"])
def test_a_key_that_was_deleted_is_told_from_other_causes(
    server: Sandbox, key: dict[str, Any], tmp_path: Path, clock: Clock, change: dict[str, str]
) -> None:
    other = server.add_service_account(f"other{len(change)}")
    gone = {**key, **(change or {"private_key": other["private_key"]})}
    with pytest.raises(SignInNeeded, match="probably deleted there") as caught:
        acting(tmp_path, gone, clock).bearer()
    assert key["client_email"] in caught.value.hint


def test_a_service_account_that_was_deleted_is_named(
    key: dict[str, Any], tmp_path: Path, clock: Clock
) -> None:
    gone = {**key, "client_email": "gone@demo.iam.gserviceaccount.com"}
    with pytest.raises(SignInNeeded, match=r"gone@demo\.iam\S+ no longer exists"):
        acting(tmp_path, gone, clock).bearer()


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (DAY, "clock is wrong, it is (1 day|23 h) ahead"),
        (-2 * 3600, "clock is wrong, it is 2 h behind"),
        (3650 * DAY, "clock is wrong, it is 36(50|49) days"),
    ],
    ids=["a day ahead", "two hours behind", "ten years ahead"],
)
def test_a_wrong_clock_is_named_with_figures(
    server: Sandbox, key: dict[str, Any], tmp_path: Path, ahead: float, words: str
) -> None:
    before = tokens_given(server)
    with pytest.raises(SignInNeeded, match=words) as caught:
        acting(tmp_path, key, Clock(ahead)).bearer()
    assert "NTP" in caught.value.hint
    assert tokens_given(server) == before + 1


@pytest.mark.parametrize("ahead", [25, -25, -3000])
def test_a_clock_that_is_a_little_off_does_no_harm(
    server: Sandbox, key: dict[str, Any], tmp_path: Path, ahead: float
) -> None:
    assert whose(server, acting(tmp_path, key, Clock(ahead)).bearer()) == ANN


@pytest.mark.parametrize("subject", ["bob@gmail.com", "bob@GoogleMail.com"])
def test_gmail_com_is_refused_before_anything_is_sent(
    server: Sandbox, key: dict[str, Any], tmp_path: Path, clock: Clock, subject: str
) -> None:
    before = len(server.requests)
    with pytest.raises(Refused, match="Google Workspace") as caught:
        acting(tmp_path, key, clock, subject)
    assert caught.value.hint.endswith(f"gmailkit login {subject}")
    assert len(server.requests) == before


@pytest.mark.parametrize("subject", ["", "ann", "@example.com", "ann@", "a b@x.org", "a@b@c.org"])
def test_what_is_no_address_is_refused(subject: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        check_subject(subject)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        ((401, {"error": "unauthorized_client"}), Refused, "may not act for"),
        ((403, {"error": "access_denied"}), GmailKitError, "access_denied"),
        ((400, {"error": "invalid_scope"}), Refused, "does not know a permission"),
        ((400, {"error": "admin_policy_enforced"}), Refused, "organisation does not allow"),
        ((400, {"error": "invalid_grant"}), SignInNeeded, "gives the service account no token"),
        ((502, "<html>Bad gateway</html>"), Unreachable, "in trouble .502"),
        ((429, {"error": "rate_limit_exceeded"}), Unreachable, "in trouble .429"),
        ((200, "<html>Please accept our terms</html>"), Unreachable, "in trouble .200"),
        ((307, "http://127.0.0.1:9/token"), Unreachable, "in trouble .307"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, tuple) else "",
)
def test_every_refusal_is_a_sentence_with_a_next_step(
    key: dict[str, Any],
    tmp_path: Path,
    clock: Clock,
    reply: Reply,
    kind: type[GmailKitError],
    words: str,
) -> None:
    with oauth_stub(token=reply) as stub, pytest.raises(kind, match=words) as caught:
        acting(tmp_path, {**key, "token_uri": f"{stub.url}/token"}, clock).bearer()
    assert caught.value.hint
    assert caught.value.message.endswith(".")


def test_a_damaged_key_is_said_and_not_shown(
    key: dict[str, Any], tmp_path: Path, clock: Clock
) -> None:
    broken = {
        **key,
        "private_key": "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
    }
    with pytest.raises(UsageError, match="is damaged") as caught:
        acting(tmp_path, broken, clock).bearer()
    assert caught.value.__cause__ is None
    assert "canary" not in repr(caught.value.__context__)


@pytest.mark.parametrize(
    ("accepted", "purpose"),
    [({SHARING}, "admin"), ({SEND, MODIFY}, "modify"), ({SETTINGS}, "restore")],
)
def test_a_missing_permission_names_the_purpose_to_ask_for(
    key: dict[str, Any], tmp_path: Path, clock: Clock, accepted: set[str], purpose: str
) -> None:
    said = acting(tmp_path, key, clock).how_to_allow(frozenset(accepted))
    assert f"'{purpose}'" in said
    assert "GMAILKIT_PURPOSE" in said


def test_no_purpose_needs_the_address_to_be_told() -> None:
    asked = {scope for purpose in PURPOSES for scope in delegated_scopes(purpose)}
    assert asked == {READONLY, MODIFY, SEND, SETTINGS, SHARING, FULL}


def test_the_environment_can_hold_all_of_it(
    server: Sandbox, key: dict[str, Any], tmp_path: Path, home: Home
) -> None:
    acting(tmp_path, key, Clock())
    env = {
        "GMAILKIT_HOME": str(home.data.parent),
        "GMAILKIT_SERVICE_ACCOUNT": str(tmp_path / "key.json"),
        "GMAILKIT_SUBJECT": ANN,
    }
    credential = credential_for(Settings.load(env))
    assert whose(server, credential.bearer()) == ANN
    assert credential.service.endpoint == server.url
    read = credential_for(Settings.load({**env, "GMAILKIT_PURPOSE": "read"}))
    assert read.granted == {READONLY}
    with pytest.raises(UsageError, match="no purpose 'rule'"):
        credential_for(Settings.load({**env, "GMAILKIT_PURPOSE": "rule"}))
    del env["GMAILKIT_SUBJECT"]
    with pytest.raises(UsageError, match="not whom to act for") as caught:
        credential_for(Settings.load(env))
    assert "GMAILKIT_SUBJECT" in caught.value.hint
    assert not home.data.exists()


def test_the_assertion_and_the_key_are_secrets(
    key: dict[str, Any], tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        token = acting(tmp_path, key, clock).bearer()
    assert isinstance(token, Secret)
    assert caplog.records
    for secret in (token, "eyJ", *key["private_key"].splitlines()[1:-1]):
        assert secret not in caplog.text
