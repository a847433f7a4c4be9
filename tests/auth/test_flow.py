"""The sign-in over real HTTP, against a server that can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import socket
import webbrowser
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
import responses

from fakes import FakeClock
from gmailkit.auth.client_file import ClientFile
from gmailkit.auth.flow import sign_in
from gmailkit.auth.scopes import MODIFY, PURPOSES, READONLY, SETTINGS
from gmailkit.auth.token import Token
from gmailkit.errors import CannotDo, GmailKitError, Refused, ServerFault, SignInNeeded, UsageError
from gmailkit.model.service import GOOGLE, Service
from gmailkit.secret import Secret
from oauth_stub import GOOD, OAuthStub, oauth_stub

CODE = "4/stub-authorisation-code-0123456789"


@pytest.fixture
def server() -> Iterator[OAuthStub]:
    with oauth_stub(token=GOOD) as stub:
        yield stub


def client_of(server: OAuthStub) -> ClientFile:
    return ClientFile("stub-client", Secret("GOCSPX-stub-secret"), Service.at(server.url))


def asked(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def redirect(address: str, **fields: str) -> str:
    """Where the browser would end, with our state unless another is given."""
    question = asked(address)
    return f"{question['redirect_uri']}?{urlencode({'state': question['state'], **fields})}"


def visit(address: str) -> requests.Response:
    return requests.get(address, timeout=10)


def consenting(address: str) -> None:
    visit(redirect(address, code=CODE))


def by_browser(
    server: OAuthStub,
    browser: Callable[[str], object] = consenting,
    scopes: tuple[str, ...] = (MODIFY,),
) -> Token:
    return sign_in(client_of(server), scopes, open_browser=browser, paste=None)


def test_consent_in_the_browser_gives_a_token(server: OAuthStub) -> None:
    token = by_browser(server)
    assert token.access_token == GOOD[1]["access_token"]  # type: ignore[index]
    assert token.refresh_token == GOOD[1]["refresh_token"]  # type: ignore[index]
    assert token.scopes == (MODIFY,)
    assert token.expiry is not None
    assert token.expiry - token.granted_at == pytest.approx(3599)
    assert "stub-access-token" not in repr(token)
    assert "stub-refresh-token" not in repr(token)


def test_the_request_is_pkce_with_consent_and_offline_access(server: OAuthStub) -> None:
    addresses: list[str] = []

    def browser(address: str) -> None:
        addresses.append(address)
        consenting(address)

    sign_in(
        client_of(server), (MODIFY,), open_browser=browser, paste=None, login_hint="me@example.com"
    )
    question = asked(addresses[0])
    assert addresses[0].startswith(f"{server.url}/o/oauth2/v2/auth?")
    assert question["response_type"] == "code"
    assert question["prompt"] == "consent"
    assert question["access_type"] == "offline"
    assert question["login_hint"] == "me@example.com"
    assert question["scope"] == MODIFY
    assert question["code_challenge_method"] == "S256"
    assert len(question["state"]) >= 43
    assert "GOCSPX" not in addresses[0]

    path, form, headers = server.seen[0]
    assert path == "/token"
    assert "Authorization" not in headers
    assert form["client_id"] == "stub-client"
    assert form["client_secret"] == "GOCSPX-stub-secret"
    assert form["redirect_uri"] == question["redirect_uri"]
    assert len(form["code_verifier"]) >= 43
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == question["code_challenge"]


def test_the_result_page_holds_no_code(server: OAuthStub) -> None:
    pages: list[requests.Response] = []
    by_browser(server, lambda address: pages.append(visit(redirect(address, code=CODE))))
    page = pages[0]
    assert page.status_code == 200
    assert CODE not in page.text
    assert CODE not in page.url  # the browser was led on to an address without it
    for reply in (page, page.history[0]):
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in reply.headers
        assert "Server" not in reply.headers


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(lambda a: visit(redirect(a, state="guess", code="x")), id="wrong state"),
        pytest.param(lambda a: visit(asked(a)["redirect_uri"] + "?code=x"), id="no state"),
        pytest.param(lambda a: visit(redirect(a, error="access_denied", state="x")), id="error"),
        pytest.param(lambda a: visit(redirect(a)), id="no code"),
        pytest.param(lambda a: visit(redirect(a, code="x") + "&state=y"), id="two states"),
    ],
)
def test_a_wrong_answer_is_turned_away_and_the_waiting_goes_on(
    server: OAuthStub, hostile: Callable[[str], requests.Response]
) -> None:
    statuses: list[int] = []

    def browser(address: str) -> None:
        statuses.append(hostile(address).status_code)
        consenting(address)

    assert by_browser(server, browser).scopes == (MODIFY,)
    assert statuses == [400]
    assert [form["code"] for _, form, _ in server.seen] == [CODE]


def test_a_code_is_used_once(server: OAuthStub) -> None:
    statuses: list[int] = []

    def browser(address: str) -> None:
        consenting(address)
        statuses.append(visit(redirect(address, code="4/another-code")).status_code)

    by_browser(server, browser)
    assert statuses == [400]
    assert [form["code"] for _, form, _ in server.seen] == [CODE]


def test_denied_consent_is_refused(server: OAuthStub) -> None:
    with pytest.raises(Refused, match="not allowed") as caught:
        by_browser(server, lambda address: visit(redirect(address, error="access_denied")))
    assert caught.value.exit_code == 5
    assert server.seen == []


def test_a_closed_door_is_not_opened_again(server: OAuthStub) -> None:
    doors: list[int] = []

    def browser(address: str) -> None:
        doors.append(urlsplit(asked(address)["redirect_uri"]).port or 0)
        consenting(address)

    by_browser(server, browser)
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", doors[0])):
        pass


def test_nobody_signing_in_ends_with_the_time() -> None:
    class HastyClock(FakeClock):
        def monotonic(self) -> float:
            self.time += 100
            return self.time

    with oauth_stub() as server, pytest.raises(SignInNeeded, match="Nobody signed in within 300"):
        sign_in(
            client_of(server),
            (MODIFY,),
            open_browser=lambda _: None,
            paste=None,
            clock=HastyClock(),
        )


def test_partial_consent_gives_what_was_granted() -> None:
    reply = {**GOOD[1], "scope": READONLY}  # type: ignore[dict-item]
    with oauth_stub(token=(200, reply)) as server:
        token = by_browser(server, scopes=PURPOSES["settings"])
    assert token.scopes == (READONLY,)
    assert SETTINGS not in token.scopes


def test_a_consent_to_nothing_useful_is_refused() -> None:
    reply = {**GOOD[1], "scope": "openid https://www.googleapis.com/auth/userinfo.email"}  # type: ignore[dict-item]
    with oauth_stub(token=(200, reply)) as server, pytest.raises(Refused) as caught:
        by_browser(server, scopes=PURPOSES["send"])
    assert "Sending mail will not work" in caught.value.message
    assert caught.value.hint.endswith("gmailkit login --for send")


def test_a_reply_without_scope_means_all_that_was_asked_for() -> None:
    reply = {key: value for key, value in GOOD[1].items() if key != "scope"}  # type: ignore[attr-defined]
    with oauth_stub(token=(200, reply)) as server:
        assert by_browser(server).scopes == (MODIFY,)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        ((400, {"error": "invalid_grant"}), SignInNeeded, "did not take the code"),
        ((401, {"error": "invalid_client"}), UsageError, "does not know the client"),
        ((400, {"error": "redirect_uri_mismatch"}), UsageError, "wrong type"),
        ((400, {"error": "admin_policy_enforced"}), Refused, "administrator"),
        ((403, {"error": "org_internal"}), Refused, "members of its own organisation"),
        ((400, {"error": "invalid_scope", "error_description": "bad"}), Refused, "permission"),
        ((400, {"error": "unauthorized_client"}), Refused, "may not use"),
        ((400, {"error": "strange_thing"}), ServerFault, "strange_thing"),
        ((502, "<html>Bad gateway</html>"), ServerFault, "502"),
        ((200, "<html>Welcome to this network</html>"), ServerFault, "unreadable"),
        ((200, {"token_type": "Bearer"}), ServerFault, "missing_token"),
        ((307, "http://127.0.0.1:9/elsewhere"), ServerFault, "redirect"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, tuple) else "",
)
def test_each_refusal_of_the_token_endpoint_is_a_sentence(
    reply: tuple[int, object], kind: type[GmailKitError], words: str
) -> None:
    with oauth_stub(token=reply) as server, pytest.raises(kind, match=words) as caught:
        by_browser(server)
    assert CODE not in caught.value.message + caught.value.hint
    assert caught.value.hint


def test_no_browser_takes_the_pasted_address(server: OAuthStub) -> None:
    texts: list[str] = []

    def paste(text: str) -> str:
        texts.append(text)
        return f"  {redirect(text, code=CODE)}\n"

    token = sign_in(client_of(server), (MODIFY,), open_browser=None, paste=paste)
    assert token.scopes == (MODIFY,)
    assert texts[0].startswith(f"{server.url}/o/oauth2/v2/auth?")


def test_a_browser_that_does_not_open_falls_back_to_pasting(server: OAuthStub) -> None:
    token = sign_in(
        client_of(server),
        (MODIFY,),
        open_browser=lambda _: False,
        paste=lambda text: redirect(text, code=CODE),
    )
    assert token.scopes == (MODIFY,)


def test_without_browser_and_paste_the_way_out_is_named(server: OAuthStub) -> None:
    with pytest.raises(SignInNeeded, match="No browser") as caught:
        sign_in(client_of(server), (MODIFY,), open_browser=lambda _: False, paste=None)
    assert "--no-browser" in caught.value.hint


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda a: "", "Nothing was pasted"),
        (lambda a: CODE, "not the whole address"),
        (lambda a: redirect(a, state="other", code=CODE), "another sign-in"),
        (lambda a: redirect(a), "no code"),
        (lambda a: a, "does not begin with"),
        (lambda a: "http://127.0.0.1:1/x?code=1&state=2", "does not begin with"),
        (lambda a: redirect(a, code=CODE).split("?")[0] + "?%ff", "no answer"),
    ],
    ids=["empty", "bare code", "wrong state", "no code", "consent page", "other port", "garbage"],
)
def test_a_wrong_paste_is_explained_and_asked_again(
    server: OAuthStub, wrong: Callable[[str], str], words: str
) -> None:
    texts: list[str] = []

    def paste(text: str) -> str:
        texts.append(text)
        return wrong(texts[0]) if len(texts) == 1 else redirect(texts[0], code=CODE)

    assert sign_in(client_of(server), (MODIFY,), open_browser=None, paste=paste)
    assert words in texts[1]


def test_a_pasted_denial_is_refused(server: OAuthStub) -> None:
    with pytest.raises(Refused):
        sign_in(
            client_of(server),
            (MODIFY,),
            open_browser=None,
            paste=lambda a: redirect(a, error="access_denied"),
        )


def test_wrong_pastes_come_to_an_end(server: OAuthStub) -> None:
    texts: list[str] = []
    with pytest.raises(UsageError, match="after 5 tries"):
        sign_in(
            client_of(server), (MODIFY,), open_browser=None, paste=lambda a: texts.append(a) or "x"
        )
    assert len(texts) == 5


def test_pasting_too_late_is_too_late(server: OAuthStub) -> None:
    clock = FakeClock()

    def slowly(address: str) -> str:
        clock.sleep(301)
        return redirect(address, code=CODE)

    with pytest.raises(SignInNeeded, match="too long"):
        sign_in(client_of(server), (MODIFY,), open_browser=None, paste=slowly, clock=clock)


def test_nothing_secret_reaches_the_logs_and_nothing_at_all_the_output(
    server: OAuthStub, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        token = by_browser(server)
    verifier = server.seen[0][1]["code_verifier"]
    assert "Requesting url" in caplog.text  # the libraries did talk
    for secret in (token.access_token, token.refresh_token, token.client_secret, CODE, verifier):
        assert secret not in caplog.text
    assert capfd.readouterr() == ("", "")


def test_the_environment_stays_as_it_was_and_proxies_are_not_asked(
    server: OAuthStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody answers there
    before = dict(os.environ)
    seen: list[dict[str, str]] = []

    def browser(address: str) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.get(redirect(address, code=CODE), timeout=10)

    server.replies["/token"] = lambda _: (seen.append(dict(os.environ)), GOOD)[1]
    by_browser(server, browser)
    assert seen == [before]  # not even for the moment of the exchange


def test_google_is_spoken_to_over_https_and_nothing_else() -> None:
    client = ClientFile("id.apps.googleusercontent.com", Secret("GOCSPX-stub-secret"), GOOGLE)
    with responses.RequestsMock() as google:
        google.post(GOOGLE.token_uri, json=GOOD[1])
        token = sign_in(
            client, (MODIFY,), open_browser=None, paste=lambda a: redirect(a, code=CODE)
        )
        assert [call.request.url for call in google.calls] == [GOOGLE.token_uri]
    assert token.access_token == GOOD[1]["access_token"]  # type: ignore[index]


def test_a_browser_that_breaks_counts_as_none(server: OAuthStub) -> None:
    def broken(_: str) -> None:
        raise webbrowser.Error("could not locate runnable browser")

    with pytest.raises(SignInNeeded, match="No browser"):
        by_browser(server, broken)


def test_a_machine_without_loopback_says_so(
    server: OAuthStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_address(*_: object) -> None:
        raise OSError(99, "Cannot assign requested address")

    monkeypatch.setattr(socket.socket, "bind", no_address)
    with pytest.raises(CannotDo, match="Cannot listen") as caught:
        sign_in(client_of(server), (MODIFY,), open_browser=consenting, paste=None)
    assert "--no-browser" in caught.value.hint


def test_an_interruption_shuts_the_door(server: OAuthStub) -> None:
    doors: list[int] = []

    def interrupted(address: str) -> None:
        doors.append(urlsplit(asked(address)["redirect_uri"]).port or 0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        by_browser(server, interrupted)
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", doors[0])):
        pass
