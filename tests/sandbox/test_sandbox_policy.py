"""Who may use the app, and what ends a grant: each cause by itself, with Google's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import FakeClock
from gmailkit.errors import UsageError
from gmailkit.sandbox import Policy, Sandbox
from sandbox_caller import ANN, ME, Caller, refusal
from sandbox_client import EMAIL, LABELS, MODIFY, SEND, Client, failed

DAY = 86_400
PROFILE = "https://www.googleapis.com/auth/userinfo.profile"


@pytest.fixture
def client(timed: Sandbox, clients: Callable[[Sandbox], Client]) -> Client:
    """Of a sandbox whose time is `clock`."""
    return clients(timed)


def page(client: Client, user: str = ME, **changes: str) -> tuple[int, str]:
    """What a person sees instead of being sent back to the app: status and page."""
    form = {f"q.{name}": value for name, value in client.question(**changes).items()}
    response = client.session.post(
        f"{client.sandbox.url}/o/oauth2/v2/auth",
        data={**form, "user": user, "answer": "allow"},
        allow_redirects=False,
        timeout=30,
    )
    return response.status_code, response.text


def profile(client: Client, access_token: str) -> tuple[int, str, str, str]:
    caller = Caller(client.sandbox.url, access_token)
    try:
        return refusal(caller.get("profile"))
    finally:
        caller.close()


def test_a_testing_grant_says_that_it_dies_in_a_week_and_does(
    timed: Sandbox, clock: FakeClock, client: Client
) -> None:
    timed.testing = True
    said = client.tokens()
    assert said["refresh_token_expires_in"] == 7 * DAY
    for _ in range(7):
        clock.time += DAY - 1
        assert "refresh_token_expires_in" not in client.refresh(said["refresh_token"]).json()
    clock.time += 7
    assert failed(client.refresh(said["refresh_token"])) == (400, "invalid_grant")


def test_a_published_app_says_nothing_of_the_kind(clock: FakeClock, client: Client) -> None:
    said = client.tokens()
    assert "refresh_token_expires_in" not in said
    clock.time += 8 * DAY
    assert client.refresh(said["refresh_token"]).status_code == 200


def test_publishing_does_not_save_the_grants_of_testing(
    timed: Sandbox, clock: FakeClock, client: Client
) -> None:
    timed.testing = True
    refresh = client.tokens()["refresh_token"]
    timed.testing = False
    clock.time += 7 * DAY
    assert failed(client.refresh(refresh)) == (400, "invalid_grant")


def test_grants_of_identity_alone_outlive_testing(
    timed: Sandbox, clock: FakeClock, client: Client
) -> None:
    timed.testing = True
    said = client.tokens(scope="openid email profile")
    assert "refresh_token_expires_in" not in said
    clock.time += 8 * DAY
    assert client.refresh(said["refresh_token"]).json()["scope"] == f"openid {EMAIL} {PROFILE}"


def test_only_test_users_try_an_app_in_testing(timed: Sandbox, client: Client) -> None:
    timed.policy = Policy(testing=True, test_users=frozenset({"Ann@example.com"}))
    assert client.tokens(ANN)["access_token"]
    status, text = page(client, ME)
    assert status == 403
    assert "access_denied" in text
    timed.testing = False
    assert client.tokens(ME)["access_token"]


def test_a_project_in_testing_has_a_hundred_test_users(timed: Sandbox, client: Client) -> None:
    many = frozenset(f"u{n}@example.com" for n in range(101))
    with pytest.raises(UsageError, match="101 test users"):
        Policy(test_users=many)
    listed = Policy(testing=True, test_users=many - {"u0@example.com"})
    assert len(listed.test_users or ()) == 100
    Policy(test_users=listed.test_users | {"U7@EXAMPLE.COM"})  # an address in other letters

    while len(users := timed.mail.users.all()) < 101:
        timed.mail.add_user(f"u{len(users)}@example.com")
    timed.testing = True
    assert client.tokens(users[99].address)["access_token"]
    status, text = page(client, users[100].address)
    assert (status, "access_denied" in text) == (403, True)
    timed.testing = False
    assert client.tokens(users[100].address)["access_token"]


def test_an_internal_app_is_for_its_own_domain(timed: Sandbox, client: Client) -> None:
    timed.mail.add_user("zoe@elsewhere.test")
    timed.policy = Policy(internal_to="Example.com")
    assert client.tokens(ME)["access_token"]
    status, text = page(client, "zoe@elsewhere.test")
    assert status == 403
    assert "org_internal" in text


def test_an_absent_person_who_may_not_gets_the_page_too(timed: Sandbox, client: Client) -> None:
    timed.consent = ME
    timed.policy = Policy(testing=True, test_users=frozenset())
    assert client.authorize().status_code == 403


def test_an_administrator_blocks_the_app(timed: Sandbox, client: Client) -> None:
    said = client.tokens()
    timed.policy = Policy(blocked=True)
    asked = client.authorize()
    assert asked.status_code == 400
    assert "admin_policy_enforced" in asked.text
    assert failed(client.refresh(said["refresh_token"])) == (400, "admin_policy_enforced")
    assert profile(client, said["access_token"])[:2] == (403, "domainPolicy")
    timed.policy = Policy()
    assert client.profile(said["access_token"]) == 200


def test_a_deleted_client_gets_nothing(timed: Sandbox, client: Client) -> None:
    refresh = client.tokens()["refresh_token"]
    timed.policy = Policy(client_deleted=True)
    assert client.authorize().status_code == 401
    assert "deleted_client" in client.authorize().text
    assert failed(client.refresh(refresh)) == (401, "deleted_client")


def test_session_control_asks_for_a_new_sign_in(timed: Sandbox, client: Client) -> None:
    first, other = client.tokens(), client.tokens(ANN)
    timed.end_session(ME)
    response = client.refresh(first["refresh_token"])
    assert failed(response) == (400, "invalid_grant")
    assert response.json()["error_subtype"] == "invalid_rapt"
    assert client.refresh(other["refresh_token"]).status_code == 200
    again = client.tokens(prompt=None)["refresh_token"]
    assert client.refresh(again).status_code == 200


def test_a_new_password_ends_what_reaches_mail(timed: Sandbox, client: Client) -> None:
    mail, identity = client.tokens(), client.tokens(scope="openid email")
    other = client.tokens(ANN)
    timed.change_password(ME)
    assert failed(client.refresh(mail["refresh_token"])) == (400, "invalid_grant")
    assert "error_subtype" not in client.refresh(mail["refresh_token"]).json()
    assert client.profile(mail["access_token"]) == 401
    assert client.refresh(identity["refresh_token"]).status_code == 200
    assert client.refresh(other["refresh_token"]).status_code == 200


def test_the_user_disconnects_the_app(timed: Sandbox, client: Client) -> None:
    mine, other = client.tokens(), client.tokens(ANN)
    timed.disconnect(ME)
    assert failed(client.refresh(mine["refresh_token"])) == (400, "invalid_grant")
    assert client.profile(mine["access_token"]) == 401
    assert client.profile(other["access_token"]) == 200


def test_a_suspended_account_is_out_everywhere(timed: Sandbox, client: Client) -> None:
    said = client.tokens()
    timed.policy = Policy(suspended=frozenset({ME}))
    assert page(client)[0] == 403
    assert failed(client.refresh(said["refresh_token"])) == (400, "invalid_grant")
    assert profile(client, said["access_token"])[:2] == (403, "forbidden")


def test_an_account_without_gmail_signs_in_and_has_no_mail(timed: Sandbox, client: Client) -> None:
    timed.policy = Policy(without_mail=frozenset({ME}))
    code, reason, status, message = profile(client, client.tokens()["access_token"])
    assert (code, reason, status) == (400, "failedPrecondition", "FAILED_PRECONDITION")
    assert message == "Mail service not enabled"
    assert client.profile(client.tokens(ANN)["access_token"]) == 200


def test_six_months_without_use_end_a_grant(clock: FakeClock, client: Client) -> None:
    idle, used = (client.tokens()["refresh_token"] for _ in range(2))
    clock.time += 100 * DAY
    assert client.refresh(used).status_code == 200
    clock.time += 100 * DAY
    assert client.refresh(used).status_code == 200
    assert failed(client.refresh(idle)) == (400, "invalid_grant")


def test_a_dead_grant_does_not_join_a_new_one(clock: FakeClock, client: Client) -> None:
    client.tokens(scope=LABELS)
    clock.time += 200 * DAY
    back = client.press("allow", ME, scope=SEND, include_granted_scopes="true")
    assert back["scope"] == SEND


def test_a_second_sign_in_has_a_refresh_token_only_where_consent_is_asked_anew(
    client: Client,
) -> None:
    assert "refresh_token" in client.tokens(prompt=None)
    assert "refresh_token" not in client.tokens(prompt=None)
    assert "refresh_token" not in client.tokens(prompt="select_account")
    assert "refresh_token" in client.tokens(prompt="consent select_account")
    assert "refresh_token" in client.tokens(prompt=None, scope=f"{MODIFY} {LABELS}")


@pytest.mark.parametrize("jump", [-1, -DAY, -10 * 365 * DAY, 10 * 365 * DAY])
def test_a_clock_that_jumps_makes_no_token_immortal(
    timed: Sandbox, clock: FakeClock, client: Client, jump: int
) -> None:
    timed.testing = True
    clock.time += jump
    said = client.tokens()
    assert client.profile(said["access_token"]) == 200
    clock.time -= jump
    for _ in range(2):
        clock.time += 3600
    assert client.profile(said["access_token"]) == 401
    clock.time += 8 * DAY
    assert failed(client.refresh(said["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize("step", [-1.5, -60, 60], ids=str)
def test_a_step_of_the_clock_ends_no_young_token(
    clock: FakeClock, client: Client, step: float
) -> None:
    said = client.tokens()
    clock.time += step
    assert client.profile(said["access_token"]) == 200
    assert client.refresh(said["refresh_token"]).status_code == 200


def test_a_clock_set_back_does_not_make_the_newest_token_the_oldest(
    timed: Sandbox, clock: FakeClock, client: Client
) -> None:
    first = client.tokens()["refresh_token"]
    user = timed.mail.users.get(ME)
    for _ in range(99):
        timed.mail.grants.new_refresh(user.n, (MODIFY,))
    clock.time -= DAY
    newest = client.tokens()["refresh_token"]
    assert client.refresh(newest).status_code == 200
    assert failed(client.refresh(first)) == (400, "invalid_grant")


def test_the_policy_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    policy = Policy(testing=True, test_users=frozenset({ANN, ME}), internal_to="example.com")
    with Sandbox(path, sample=False) as sandbox:
        sandbox.policy = policy
    with Sandbox(path, sample=False) as sandbox:
        assert sandbox.policy == policy
        sandbox.testing = False
        assert sandbox.policy == replace(policy, testing=False)


def test_a_clock_set_back_makes_no_attachment_id_and_no_upload_immortal(
    timed: Sandbox, clock: FakeClock
) -> None:
    part = b"Content-Disposition: attachment; filename=a\r\n\r\n"
    clock.time += 10 * 365 * DAY
    id = timed.mail.put(ME, b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n" + part + b"x")
    caller = Caller(timed.url, timed.issue_token(ME, ["gmail.modify"]))
    body = caller.said(f"messages/{id}")["payload"]["body"]
    place = f"messages/{id}/attachments/{body['attachmentId']}"
    opened = caller.call(
        "POST", "messages/send", prefix="/upload", params={"uploadType": "resumable"}
    )
    assert caller.get(place).status_code == 200
    clock.time -= 10 * 365 * DAY
    caller.session.headers["Authorization"] = f"Bearer {timed.issue_token(ME, ['gmail.modify'])}"
    assert caller.get(place).status_code == 400
    assert caller.session.put(opened.headers["Location"], data=b"x").status_code == 404
    caller.close()
