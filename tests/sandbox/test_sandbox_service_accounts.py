"""Service accounts with domain-wide delegation, by Google's own library and by hand-made JWTs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from google.auth import crypt, jwt
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from gmailkit.errors import UsageError
from gmailkit.sandbox import Policy, Sandbox
from sandbox_caller import ANN, ME, Caller, refusal

AUTH = "https://www.googleapis.com/auth/"
MODIFY = f"{AUTH}gmail.modify"
SHARING = f"{AUTH}gmail.settings.sharing"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture
def key(sandbox: Sandbox) -> dict[str, Any]:
    """A service account that may act for everybody with gmail.modify."""
    made = sandbox.add_service_account()
    sandbox.delegate(str(made["client_id"]), [MODIFY])
    return made


def claims(key: Mapping[str, Any], **changes: object) -> dict[str, object]:
    now = int(time.time())
    said = {
        "iss": key["client_email"],
        "sub": ANN,
        "aud": key["token_uri"],
        "scope": MODIFY,
        "iat": now,
        "exp": now + 3600,
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}


def signed(
    key: Mapping[str, Any], said: Mapping[str, object], *, kid: str | None = None, **header: str
) -> str:
    signer = crypt.RSASigner.from_service_account_info(key)  # type: ignore[no-untyped-call]
    encoded: bytes = jwt.encode(  # type: ignore[no-untyped-call]
        signer, said, header=header or None, key_id=kid
    )
    return encoded.decode()


def post(key: Mapping[str, Any], assertion: str) -> requests.Response:
    form = {"grant_type": GRANT_TYPE, "assertion": assertion}
    return requests.post(key["token_uri"], data=form, timeout=30)


def ask(key: Mapping[str, Any], **changes: object) -> requests.Response:
    return post(key, signed(key, claims(key, **changes)))


def google(key: Mapping[str, Any], *scopes: str, subject: str | None = ANN) -> Any:
    credentials: Any = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
        key, scopes=scopes, subject=subject
    )
    with requests.Session() as session:
        credentials.refresh(Request(session))  # type: ignore[no-untyped-call]
    return credentials


def profile(sandbox: Sandbox, token: str) -> requests.Response:
    caller = Caller(sandbox.url, token)
    try:
        return caller.get("profile")
    finally:
        caller.close()


def test_the_key_file_has_the_shape_of_googles(sandbox: Sandbox) -> None:
    key: dict[str, Any] = sandbox.add_service_account("robot")
    assert key["type"] == "service_account"
    assert key["token_uri"] == f"{sandbox.url}/token"
    assert key["client_email"] == "robot@gmailkit-sandbox.iam.gserviceaccount.com"
    assert key["client_id"].isdigit()
    assert key["private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")
    assert key["universe_domain"] == "googleapis.com"
    assert set(key) == {
        *("type", "project_id", "private_key_id", "private_key", "client_email", "client_id"),
        *("auth_uri", "token_uri", "auth_provider_x509_cert_url", "universe_domain"),
    }


def test_googles_library_acts_for_a_user(sandbox: Sandbox, key: dict[str, Any]) -> None:
    token = google(key, MODIFY).token
    assert profile(sandbox, token).json()["emailAddress"] == ANN


def test_the_reply_has_no_refresh_token(key: dict[str, Any]) -> None:
    said = ask(key).json()
    assert set(said) == {"access_token", "expires_in", "scope", "token_type"}
    assert (said["scope"], said["token_type"]) == (MODIFY, "Bearer")
    assert said["expires_in"] == 3599


def test_googles_library_hears_that_nothing_was_delegated(sandbox: Sandbox) -> None:
    with pytest.raises(RefreshError, match="unauthorized_client"):
        google(sandbox.add_service_account(), MODIFY)


def test_only_the_mailbox_of_the_subject_answers(sandbox: Sandbox, key: dict[str, Any]) -> None:
    caller = Caller(sandbox.url, ask(key).json()["access_token"])
    code, _, _, message = refusal(caller.call("GET", "profile", user=ME))
    caller.close()
    assert (code, message) == (403, f"Delegation denied for {ANN}")


@pytest.mark.parametrize(
    "asked", [f"{MODIFY} {SHARING}", SHARING], ids=["one of two", "none of one"]
)
def test_every_scope_must_be_on_the_administrators_list(key: dict[str, Any], asked: str) -> None:
    response = ask(key, scope=asked)
    assert response.status_code == 401
    assert response.json()["error"] == "unauthorized_client"
    assert "not authorized for any of the scopes requested" in response.json()["error_description"]


def test_what_the_administrator_enters_replaces_what_was_there(
    sandbox: Sandbox, key: dict[str, Any]
) -> None:
    sandbox.delegate(key["client_id"], ["gmail.settings.sharing"])
    assert ask(key).json()["error"] == "unauthorized_client"
    assert ask(key, scope=SHARING).status_code == 200
    sandbox.undelegate(key["client_id"])
    assert ask(key, scope=SHARING).json()["error"] == "unauthorized_client"


def test_a_list_holds_for_its_own_client_alone(sandbox: Sandbox, key: dict[str, Any]) -> None:
    assert ask(sandbox.add_service_account("other")).json()["error"] == "unauthorized_client"


def test_without_a_subject_the_account_has_a_token_and_no_mailbox(
    sandbox: Sandbox, key: dict[str, Any]
) -> None:
    token = google(key, MODIFY, subject=None).token
    code, reason, status, message = refusal(profile(sandbox, token))
    assert (code, reason, status) == (400, "failedPrecondition", "FAILED_PRECONDITION")
    assert message == "Precondition check failed."


def info(sandbox: Sandbox, token: str) -> dict[str, str]:
    said: dict[str, str] = requests.get(
        f"{sandbox.url}/tokeninfo", params={"access_token": token}, timeout=30
    ).json()
    return said


def test_tokeninfo_names_the_service_account_as_the_client(
    sandbox: Sandbox, key: dict[str, Any]
) -> None:
    email = f"{AUTH}userinfo.email"
    sandbox.delegate(key["client_id"], [MODIFY, email])
    acting = info(sandbox, google(key, MODIFY, email).token)
    assert (acting["aud"], acting["email"]) == (key["client_id"], ANN)
    alone = info(sandbox, google(key, MODIFY, email, subject=None).token)
    assert alone["aud"] == key["client_id"]
    assert "email" not in alone


def test_a_users_password_and_apps_are_not_the_service_accounts_affair(
    sandbox: Sandbox, key: dict[str, Any]
) -> None:
    token = ask(key).json()["access_token"]
    sandbox.change_password(ANN)
    sandbox.disconnect(ANN)
    sandbox.policy = Policy(blocked=True, client_deleted=True, testing=True)
    assert profile(sandbox, token).status_code == 200
    assert ask(key).status_code == 200
    sandbox.policy = Policy(suspended=frozenset({ANN}))
    assert ask(key).json()["error"] == "invalid_grant"


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "a stranger as subject": ({"sub": "nobody@example.com"}, "invalid_grant"),
    "a number as subject": ({"sub": 7}, "invalid_grant"),
    "another account's name": ({"iss": "x@y.iam.gserviceaccount.com"}, "invalid_grant"),
    "another audience": ({"aud": "https://accounts.google.com/o/oauth2/token"}, "invalid_grant"),
    "no audience": ({"aud": None}, "invalid_grant"),
    "a time that is no whole number": ({"iat": time.time()}, "invalid_grant"),
    "expired": ({"iat": 1_700_000_000, "exp": 1_700_003_600}, "invalid_grant"),
    "longer than an hour": ({"exp": 2**40}, "invalid_grant"),
    "no times": ({"iat": None, "exp": None}, "invalid_grant"),
    "no scope": ({"scope": None}, "invalid_scope"),
    "a made-up scope": ({"scope": f"{AUTH}gmail.everything"}, "invalid_scope"),
}


@pytest.mark.parametrize(("changes", "error"), REFUSED.values(), ids=REFUSED)
def test_claims_that_are_refused(
    key: dict[str, Any], changes: dict[str, object], error: str
) -> None:
    response = ask(key, **changes)
    assert (response.status_code, response.json()["error"]) == (400, error)


def test_an_hour_and_a_second_is_too_long(key: dict[str, Any]) -> None:
    now = int(time.time())
    assert ask(key, iat=now, exp=now + 3601).json()["error"] == "invalid_grant"
    assert ask(key, iat=now, exp=now + 3600).status_code == 200


def test_a_clock_that_goes_ahead_is_refused(key: dict[str, Any]) -> None:
    ahead = int(time.time()) + 600
    response = ask(key, iat=ahead, exp=ahead + 600)
    assert response.json()["error"] == "invalid_grant"
    assert "reasonable timeframe" in response.json()["error_description"]


def test_a_key_that_the_account_does_not_have_is_refused(key: dict[str, Any]) -> None:
    response = post(key, signed(key, claims(key), kid="0" * 40))
    assert response.json()["error_description"] == "Invalid JWT Signature."


def test_another_accounts_signature_is_refused(sandbox: Sandbox, key: dict[str, Any]) -> None:
    other = sandbox.add_service_account("other")
    for kid in (str(other["private_key_id"]), key["private_key_id"]):
        response = post(key, signed(other, claims(key), kid=kid))
        assert response.json()["error"] == "invalid_grant"
        assert response.json()["error_description"] == "Invalid JWT Signature."


def test_changed_claims_and_unsigned_ones_are_refused(key: dict[str, Any]) -> None:
    header, _, signature = signed(key, claims(key)).split(".")
    _, changed, _ = signed(key, claims(key, sub=ME)).split(".")
    assert post(key, f"{header}.{changed}.{signature}").json()["error"] == "invalid_grant"
    for algorithm in ("none", "HS256"):
        response = post(key, signed(key, claims(key), alg=algorithm))
        assert response.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "assertion", ["", "a.b", "a.b.c", "e30.e30.!", "e30.W10.e30", "é.é.é", "e30.e30.e30.e30"]
)
def test_what_is_no_jwt_is_an_invalid_request_or_grant(key: dict[str, Any], assertion: str) -> None:
    response = post(key, assertion)
    assert response.status_code == 400
    assert response.json()["error"] in ("invalid_request", "invalid_grant")


def test_a_name_is_given_once(sandbox: Sandbox) -> None:
    sandbox.add_service_account("robot")
    with pytest.raises(UsageError, match="already has a service account robot"):
        sandbox.add_service_account("robot")


def test_an_administrator_cannot_enter_what_gmail_does_not_have(sandbox: Sandbox) -> None:
    with pytest.raises(UsageError, match="no scope https:"):
        sandbox.delegate("1", ["https://gmail.everything"])
