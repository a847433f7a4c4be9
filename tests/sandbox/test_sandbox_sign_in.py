"""OAuth as a client and a person meet it, over real HTTP."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from fakes import FakeClock
from gmailkit.errors import UsageError
from gmailkit.sandbox import Consent, Sandbox
from sandbox_caller import ANN, ME
from sandbox_client import (
    CHALLENGE,
    EMAIL,
    LABELS,
    MODIFY,
    REDIRECT,
    SEND,
    VERIFIER,
    Client,
    answer,
    failed,
)


def test_the_client_file_has_the_shape_of_googles(sandbox: Sandbox, client: Client) -> None:
    assert set(client.file) == {
        *("client_id", "project_id", "auth_uri", "token_uri", "auth_provider_x509_cert_url"),
        *("client_secret", "redirect_uris", "revoke_uri", "tokeninfo_uri"),
    }
    assert re.fullmatch(r"\d+-sandbox\.apps\.googleusercontent\.com", client.file["client_id"])
    assert client.file["client_secret"].startswith("GOCSPX-sandbox-")
    assert client.file["redirect_uris"] == ["http://localhost"]
    json.dumps(sandbox.client_file())


def test_a_person_signs_in_and_gets_tokens(client: Client) -> None:
    back = client.press("allow", ME)
    assert back["state"] == "a state &="
    assert back["scope"] == MODIFY
    said = client.exchange(back["code"]).json()
    assert said["token_type"] == "Bearer"
    assert said["expires_in"] == 3599
    assert said["scope"] == MODIFY
    assert said["refresh_token"]
    assert "id_token" not in said
    assert client.profile(said["access_token"]) == 200


def test_the_page_offers_every_user_and_the_hinted_one_is_chosen(client: Client) -> None:
    page = client.authorize(login_hint=ANN)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "no-referrer" in page.headers["Referrer-Policy"]
    assert set(re.findall(r'name="user" value="([^"]+)"', page.text)) == {
        *(ME, ANN, "bob@example.com", "carla@example.com")
    }
    assert re.findall(r'value="([^"]+)" checked', page.text) == [ANN]


def test_the_page_escapes_what_it_was_asked(client: Client) -> None:
    page = client.authorize(state='"><script>alert(1)</script>')
    assert "<script>" not in page.text


def test_one_scope_has_no_box_and_several_have_one_each(client: Client) -> None:
    assert "checkbox" not in client.authorize().text
    page = client.authorize(scope=f"openid email {MODIFY} {LABELS}").text
    assert re.findall(r'type="checkbox" name="s\.([^"]+)"', page) == [MODIFY, LABELS]
    assert 'type="checkbox" name="s.' in page
    assert not re.search(r'type="checkbox"[^>]*checked', page)


def test_only_what_was_ticked_is_granted(client: Client) -> None:
    scope = f"openid email {SEND} {LABELS}"
    said = client.exchange(client.press("allow", ME, SEND, scope=scope)["code"]).json()
    assert said["scope"].split() == ["openid", EMAIL, SEND]
    info = client.info(said["access_token"]).json()
    assert info["scope"] == said["scope"]


def test_nothing_ticked_is_a_refusal(client: Client) -> None:
    back = client.press("allow", ME, scope=f"{SEND} {LABELS}")
    assert back == {"error": "access_denied", "state": "a state &="}


def test_a_scope_that_was_not_asked_for_cannot_be_ticked(client: Client) -> None:
    back = client.press("allow", ME, SEND, "https://mail.google.com/", scope=f"{SEND} {LABELS}")
    assert back["scope"] == SEND


def test_deny_says_access_denied(client: Client) -> None:
    assert client.press("deny", ME) == {"error": "access_denied", "state": "a state &="}


def test_consent_without_a_person(sandbox: Sandbox, client: Client) -> None:
    sandbox.consent = ME
    said = client.exchange(answer(client.authorize())["code"]).json()
    profile = client.session.get(
        f"{sandbox.url}/gmail/v1/users/me/profile",
        headers={"Authorization": f"Bearer {said['access_token']}"},
        timeout=30,
    )
    assert profile.json()["emailAddress"] == ME


@pytest.mark.parametrize(
    ("hint", "who"), [(ANN, ANN), ("nobody@example.com", ME)], ids=["a user", "nobody"]
)
def test_a_login_hint_wins_over_the_consenting_user(
    clients: Callable[[Sandbox], Client], hint: str, who: str
) -> None:
    with Sandbox(sample=False, consent=ME) as sandbox:
        client = clients(sandbox)
        back = answer(client.authorize(login_hint=hint, scope=f"openid email {MODIFY}"))
        token = client.exchange(back["code"]).json()["access_token"]
        assert client.info(token).json()["email"] == who


def test_the_absent_person_may_leave_boxes_unticked_or_refuse(
    sandbox: Sandbox, client: Client
) -> None:
    sandbox.consent = Consent(ME, withheld=frozenset({LABELS}))
    assert answer(client.authorize(scope=f"{SEND} {LABELS}"))["scope"] == SEND
    sandbox.consent = Consent(ME, denied=True)
    assert answer(client.authorize())["error"] == "access_denied"


def test_consent_of_a_stranger_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"no user nobody@example\.com"):
        Sandbox(sample=False, consent="nobody@example.com")


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost",
        "http://localhost:8080/",
        "http://127.0.0.1:1/any/path",
        "http://[::1]:4000/",
    ],
)
def test_loopback_redirects_are_taken(client: Client, uri: str) -> None:
    assert client.authorize(redirect_uri=uri).status_code == 200


@pytest.mark.parametrize(
    "uri",
    [
        "https://127.0.0.1:8080/",
        "http://example.com/",
        "http://127.0.0.1.example.com/",
        "http://localhost@example.com/",
        "http://me@localhost/",
        "http://127.0.0.1:8080/#fragment",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1\\@example.com/",
        "urn:ietf:wg:oauth:2.0:oob",
        "",
        None,
    ],
)
def test_other_redirects_get_a_page_and_no_redirect(client: Client, uri: str | None) -> None:
    response = client.authorize(redirect_uri=uri)
    assert response.status_code == 400
    assert "Location" not in response.headers


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"client_id": "somebody-else"}, 401),
        ({"response_type": "token"}, 400),
        ({"scope": None}, 400),
        ({"scope": "gmail.everything"}, 400),
        ({"code_challenge": "short"}, 400),
        ({"code_challenge": None}, 400),
        ({"code_challenge_method": "S512"}, 400),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_wrong_question_is_not_put_to_a_person(
    client: Client, change: dict[str, str | None], status: int
) -> None:
    assert client.authorize(**change).status_code == status


def test_the_posted_answer_is_checked_like_the_question(client: Client) -> None:
    form = {f"q.{name}": value for name, value in client.question().items()}
    form |= {"q.redirect_uri": "http://example.com/", "user": ME, "answer": "allow"}
    address = f"{client.sandbox.url}/o/oauth2/v2/auth"
    response = client.session.post(address, data=form, allow_redirects=False, timeout=30)
    assert response.status_code == 400


def test_a_code_works_once(client: Client) -> None:
    code = client.press("allow", ME)["code"]
    assert client.exchange(code).status_code == 200
    assert failed(client.exchange(code)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1:54321/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": None}, "redirect_uri_mismatch"),
        ({"code": "4/0wrong"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
    ids=["verifier", "challenge as verifier", "no verifier", "uri", "no uri", "code", "grant"],
)
def test_an_exchange_that_does_not_fit_is_refused(
    client: Client, change: dict[str, str | None], error: str
) -> None:
    code = client.press("allow", ME)["code"]
    assert failed(client.exchange(code, **change)) == (400, error)


def test_a_failed_exchange_uses_the_code_up(client: Client) -> None:
    code = client.press("allow", ME)["code"]
    client.exchange(code, code_verifier="w" * 43)
    assert failed(client.exchange(code)) == (400, "invalid_grant")


def test_a_code_dies_after_ten_minutes(
    timed: Sandbox, clock: FakeClock, clients: Callable[[Sandbox], Client]
) -> None:
    client = clients(timed)
    early, late = (client.press("allow", ME)["code"] for _ in range(2))
    clock.time += 599
    assert client.exchange(early).status_code == 200
    clock.time += 1
    assert failed(client.exchange(late)) == (400, "invalid_grant")


def test_pkce_may_be_left_out_or_plain(client: Client) -> None:
    without = client.press("allow", ME, code_challenge=None, code_challenge_method=None)
    assert client.exchange(without["code"], code_verifier=None).status_code == 200
    plain = client.press("allow", ME, code_challenge=VERIFIER, code_challenge_method="plain")
    assert client.exchange(plain["code"]).status_code == 200


@pytest.mark.parametrize("field", ["client_id", "client_secret"])
@pytest.mark.parametrize("value", ["wrong", None])
def test_a_wrong_client_is_refused_everywhere(
    client: Client, field: str, value: str | None
) -> None:
    code = client.press("allow", ME)["code"]
    assert failed(client.exchange(code, **{field: value})) == (401, "invalid_client")
    said = client.tokens()
    wrong: dict[str, str | None] = {field: value, "refresh_token": said["refresh_token"]}
    assert failed(client.token(grant_type="refresh_token", **wrong)) == (401, "invalid_client")


def basic(client: Client, secret: str, **form: str) -> requests.Response:
    return client.session.post(
        client.file["token_uri"], data=form, auth=(client.file["client_id"], secret), timeout=30
    )


def test_the_client_may_show_itself_by_a_basic_header(client: Client) -> None:
    refresh = client.tokens()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    secret = client.file["client_secret"]
    assert basic(client, secret, **form).status_code == 200
    assert failed(basic(client, "wrong", **form)) == (401, "invalid_client")
    both = basic(client, secret, **form, client_secret=secret)
    assert failed(both) == (401, "invalid_client")


def test_the_token_endpoint_takes_forms_only(client: Client) -> None:
    response = client.session.post(client.file["token_uri"], json={}, timeout=30)
    assert failed(response) == (400, "invalid_request")


def test_refresh_gives_a_new_access_token_and_no_new_refresh_token(client: Client) -> None:
    first = client.tokens()
    again = client.refresh(first["refresh_token"]).json()
    assert again["access_token"] != first["access_token"]
    assert "refresh_token" not in again
    assert again["scope"] == MODIFY
    assert client.profile(again["access_token"]) == client.profile(first["access_token"]) == 200


def test_refresh_can_narrow_the_scopes_but_not_widen_them(client: Client) -> None:
    said = client.tokens(scope=f"{MODIFY} {LABELS}")
    narrow = client.refresh(said["refresh_token"], scope=LABELS).json()
    assert narrow["scope"] == LABELS
    assert client.profile(narrow["access_token"]) == 403
    wide = client.refresh(said["refresh_token"], scope=f"{LABELS} {SEND}")
    assert failed(wide) == (400, "invalid_scope")


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(client: Client) -> None:
    said = client.tokens()
    assert failed(client.refresh(said["access_token"])) == (400, "invalid_grant")
    assert client.profile(said["refresh_token"]) == 401


def test_an_access_token_expires_and_the_refresh_token_does_not(
    timed: Sandbox, clock: FakeClock, clients: Callable[[Sandbox], Client]
) -> None:
    client = clients(timed)
    said = client.tokens()
    clock.time += 3598
    assert client.profile(said["access_token"]) == 200
    assert client.info(said["access_token"]).json()["expires_in"] == "1"
    clock.time += 1
    assert client.profile(said["access_token"]) == 401
    assert failed(client.info(said["access_token"])) == (400, "invalid_token")
    clock.time += 86_400 * 100
    assert client.refresh(said["refresh_token"]).status_code == 200


@pytest.mark.parametrize("shown", ["access_token", "refresh_token"])
def test_revoking_any_token_ends_the_whole_grant(client: Client, shown: str) -> None:
    first, second = client.tokens(), client.tokens(scope=SEND)
    other = client.tokens(ANN)
    address = client.file["revoke_uri"]
    revoked = client.session.post(address, data={"token": first[shown]}, timeout=30)
    assert revoked.status_code == 200
    for said in (first, second):
        assert failed(client.refresh(said["refresh_token"])) == (400, "invalid_grant")
        assert failed(client.info(said["access_token"])) == (400, "invalid_token")
    assert client.profile(other["access_token"]) == 200
    again = client.session.post(address, data={"token": first[shown]}, timeout=30)
    assert failed(again) == (400, "invalid_token")


def test_tokeninfo_tells_who_and_what(client: Client) -> None:
    said = client.tokens(scope=f"openid email {MODIFY}")
    info = client.info(said["access_token"]).json()
    assert info["aud"] == info["azp"] == client.file["client_id"]
    assert info["scope"].split() == ["openid", EMAIL, MODIFY]
    assert info["email"] == ME
    assert info["exp"].isdecimal()
    assert 3590 < int(info["expires_in"]) <= 3599


def test_tokeninfo_keeps_the_address_to_itself_unless_granted(client: Client) -> None:
    assert "email" not in client.info(client.tokens()["access_token"]).json()
    assert failed(client.info("made-up")) == (400, "invalid_token")


def test_an_id_token_comes_with_openid(client: Client) -> None:
    said = client.tokens(scope=f"openid email {MODIFY}")
    _, claims, _ = said["id_token"].split(".")
    read = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert read["email"] == ME
    assert read["aud"] == client.file["client_id"]


def test_the_hundred_and_first_refresh_token_drops_the_oldest(
    timed: Sandbox, clock: FakeClock, clients: Callable[[Sandbox], Client]
) -> None:
    client = clients(timed)
    first = client.tokens()["refresh_token"]
    clock.time += 1
    second = client.tokens()["refresh_token"]
    user = timed.mail.users.get(ME)
    for _ in range(99):
        clock.time += 1
        timed.mail.grants.new_refresh(user.n, (MODIFY,))
    assert failed(client.refresh(first)) == (400, "invalid_grant")
    assert client.refresh(second).status_code == 200


def test_earlier_grants_join_when_asked_to(client: Client) -> None:
    client.tokens(scope=LABELS)
    alone = client.exchange(client.press("allow", ME, scope=SEND)["code"]).json()
    assert alone["scope"] == SEND
    back = client.press("allow", ME, scope=SEND, include_granted_scopes="true")
    assert set(client.exchange(back["code"]).json()["scope"].split()) == {SEND, LABELS}


def test_googles_own_flow_signs_in(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from google_auth_oauthlib.flow import InstalledAppFlow

    sandbox.consent = ME
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    flow = InstalledAppFlow.from_client_config(
        sandbox.client_file(), [MODIFY], redirect_uri=REDIRECT
    )
    url, state = flow.authorization_url(access_type="offline", prompt="consent")
    back = client.session.get(url, allow_redirects=False, timeout=30).headers["Location"]
    assert parse_qs(urlsplit(back).query)["state"] == [state]
    token = flow.fetch_token(authorization_response=back)
    flow.oauth2session.close()
    assert token["refresh_token"]
    assert client.profile(token["access_token"]) == 200


def test_the_state_file_holds_no_token(tmp_path: Any, clients: Callable[[Sandbox], Client]) -> None:
    path = tmp_path / "state.sqlite3"
    with Sandbox(path, sample=False) as sandbox:
        said = clients(sandbox).tokens()
        held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert said["access_token"].encode() not in held
    assert said["refresh_token"].encode() not in held
