"""Who gets in: tokens, scopes, mailboxes, names of parameters, hosts."""

from __future__ import annotations

import http.client
from collections.abc import Callable

import pytest
import requests

from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, Caller, base64url, letter, refusal

# Copied from the table of methods in Google's reference, not from the sandbox.
SCOPES = {
    "getProfile": "FULL compose metadata modify readonly",
    "stop": "FULL metadata modify readonly",
    "watch": "FULL metadata modify readonly",
    "drafts.create": "FULL compose modify",
    "drafts.delete": "FULL compose modify",
    "drafts.get": "FULL compose modify readonly",
    "drafts.list": "FULL compose modify readonly",
    "drafts.send": "FULL compose modify",
    "drafts.update": "FULL compose modify",
    "history.list": "FULL metadata modify readonly",
    "threads.delete": "FULL",
    "threads.get": "FULL metadata modify readonly",
    "threads.list": "FULL metadata modify readonly",
    "threads.modify": "FULL modify",
    "threads.trash": "FULL modify",
    "threads.untrash": "FULL modify",
    "labels.create": "FULL labels modify",
    "labels.delete": "FULL labels modify",
    "labels.get": "FULL labels metadata modify readonly",
    "labels.list": "FULL labels metadata modify readonly",
    "labels.patch": "FULL labels modify",
    "labels.update": "FULL labels modify",
    "messages.batchDelete": "FULL",
    "messages.batchModify": "FULL modify",
    "messages.delete": "FULL",
    "messages.get": "FULL metadata modify readonly",
    "messages.import": "FULL insert modify",
    "messages.insert": "FULL insert modify",
    "messages.list": "FULL metadata modify readonly",
    "messages.modify": "FULL modify",
    "messages.send": "FULL compose modify send",
    "messages.trash": "FULL modify",
    "messages.untrash": "FULL modify",
    "messages.attachments.get": "FULL modify readonly",
}
PLACES = {
    "getProfile": ("GET", "profile"),
    "stop": ("POST", "stop"),
    "watch": ("POST", "watch"),
    "drafts.create": ("POST", "drafts"),
    "drafts.delete": ("DELETE", "drafts/r1"),
    "drafts.get": ("GET", "drafts/r1"),
    "drafts.list": ("GET", "drafts"),
    "drafts.send": ("POST", "drafts/send"),
    "drafts.update": ("PUT", "drafts/r1"),
    "history.list": ("GET", "history"),
    "threads.delete": ("DELETE", "threads/abc"),
    "threads.get": ("GET", "threads/abc"),
    "threads.list": ("GET", "threads"),
    "threads.modify": ("POST", "threads/abc/modify"),
    "threads.trash": ("POST", "threads/abc/trash"),
    "threads.untrash": ("POST", "threads/abc/untrash"),
    "labels.create": ("POST", "labels"),
    "labels.delete": ("DELETE", "labels/Label_1"),
    "labels.get": ("GET", "labels/Label_1"),
    "labels.list": ("GET", "labels"),
    "labels.patch": ("PATCH", "labels/Label_1"),
    "labels.update": ("PUT", "labels/Label_1"),
    "messages.batchDelete": ("POST", "messages/batchDelete"),
    "messages.batchModify": ("POST", "messages/batchModify"),
    "messages.delete": ("DELETE", "messages/abc"),
    "messages.get": ("GET", "messages/abc"),
    "messages.import": ("POST", "messages/import"),
    "messages.insert": ("POST", "messages"),
    "messages.list": ("GET", "messages"),
    "messages.modify": ("POST", "messages/abc/modify"),
    "messages.send": ("POST", "messages/send"),
    "messages.trash": ("POST", "messages/abc/trash"),
    "messages.untrash": ("POST", "messages/abc/untrash"),
    "messages.attachments.get": ("GET", "messages/abc/attachments/x"),
}
KINDS = "modify readonly metadata compose send insert labels settings.basic settings.sharing"
ALL = ("FULL", *KINDS.split())


def scope(kind: str) -> str:
    return "https://mail.google.com/" if kind == "FULL" else f"gmail.{kind}"


@pytest.mark.parametrize("method", SCOPES)
def test_each_method_takes_exactly_its_scopes(calls: Callable[..., Caller], method: str) -> None:
    verb, path = PLACES[method]
    accepted = set()
    for kind in ALL:
        response = calls(ME, scope(kind)).call(verb, path)
        if response.status_code != 403:
            accepted.add(kind)
            continue
        error = response.json()["error"]
        if "Metadata scope" in error["message"]:
            accepted.add(kind)  # let in, and then held back for another reason
            continue
        assert error["status"] == "PERMISSION_DENIED"
        assert error["errors"][0]["reason"] == "insufficientPermissions"
        assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert accepted == set(SCOPES[method].split())


@pytest.mark.parametrize(
    "authorization",
    [None, "Bearer made-up", "Bearer ", "Basic bWU6bWU=", "made-up"],
    ids=["none", "unknown", "empty", "basic", "no kind"],
)
def test_without_a_good_token_nobody_gets_in(sandbox: Sandbox, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    response = requests.get(f"{sandbox.url}/gmail/v1/users/me/profile", headers=headers, timeout=30)
    code, reason, status, _ = refusal(response)
    assert (code, reason, status) == (401, "authError", "UNAUTHENTICATED")
    assert response.json()["error"]["errors"][0]["message"] == "Invalid Credentials"
    assert "WWW-Authenticate" in response.headers


def test_a_token_in_the_address_is_not_taken(sandbox: Sandbox, me: Caller) -> None:
    url = f"{sandbox.url}/gmail/v1/users/me/profile"
    response = requests.get(url, params={"access_token": me.token}, timeout=30)
    assert response.status_code == 401


def test_a_token_expires_by_the_given_clock(timed: Sandbox, clock: FakeClock) -> None:
    caller = Caller(timed.url, timed.issue_token(ME, ["gmail.readonly"]))
    assert caller.get("profile").status_code == 200
    clock.time += 3599
    assert caller.get("profile").status_code == 401
    caller.close()


def test_a_mailbox_answers_to_me_and_its_own_address(me: Caller) -> None:
    for user in ("me", ME, "ME@Example.com"):
        assert me.call("GET", "profile", user=user).json()["emailAddress"] == ME


@pytest.mark.parametrize("user", [ANN, "nobody@example.com", "123"])
def test_nobody_reads_another_mailbox(me: Caller, user: str) -> None:
    code, reason, _, message = refusal(me.call("GET", "profile", user=user))
    assert (code, reason, message) == (403, "forbidden", f"Delegation denied for {ME}")


@pytest.mark.parametrize("extra", [(), ("gmail.readonly",), ("https://mail.google.com/",)])
def test_the_metadata_scope_restricts_whatever_else_the_token_has(
    sandbox: Sandbox, calls: Callable[..., Caller], extra: tuple[str, ...]
) -> None:
    id = sandbox.mail.put(ME, letter(sender=ANN))
    caller = calls(ME, "gmail.metadata", *extra)
    assert caller.listed() == [id]
    for query in ("", "from:ann"):
        code, reason, _, message = refusal(caller.get("messages", q=query))
        assert (code, reason) == (403, "forbidden")
        assert message == "Metadata scope does not support 'q' parameter"
    for allowed in ("minimal", "metadata"):
        assert caller.get(f"messages/{id}", format=allowed).status_code == 200
    for refused in ({}, {"format": "full"}, {"format": "raw"}):
        code, _, _, message = refusal(caller.get(f"messages/{id}", **refused))
        assert code == 403
        assert message.startswith("Metadata scope doesn't allow format")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("messages", {"query": "x"}),
        ("messages", {"maxresults": "5"}),
        ("profile", {"format": "full"}),
        ("labels", {"labelIds": "INBOX"}),
    ],
)
def test_a_misspelt_parameter_is_refused(me: Caller, path: str, params: dict[str, str]) -> None:
    code, _, status, message = refusal(me.get(path, **params))
    assert (code, status) == (400, "INVALID_ARGUMENT")
    assert f'Unknown name "{next(iter(params))}"' in message


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("messages/send", {"Raw": base64url(letter())}),
        ("messages/send", {"raw": base64url(letter()), "thread_id": "abc"}),
        ("labels", {"name": "x", "colour": {}}),
        ("labels", {"name": "x", "color": {"background": "#000000", "textColor": "#ffffff"}}),
        ("messages/batchModify", {"messageIds": ["abc"]}),
        ("messages/abc/trash", {"id": "abc"}),
    ],
)
def test_a_misspelt_field_is_refused(me: Caller, path: str, body: dict[str, object]) -> None:
    code, _, _, message = refusal(me.post(path, body))
    assert code == 400
    assert "Unknown name" in message


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff", "application/json"),
        (b'{"name": "x"}', "text/plain"),
        (b'{"name": 5}', "application/json"),
        (b'{"name": "x", "color": []}', "application/json"),
    ],
    ids=["cut", "list", "deep", "no text", "not declared", "number for text", "list for object"],
)
def test_a_body_of_the_wrong_form_is_refused(me: Caller, body: bytes, kind: str) -> None:
    response = me.call("POST", "labels", data=body, headers={"Content-Type": kind})
    assert refusal(response)[0] == 400


def test_standard_parameters_are_taken_everywhere(me: Caller) -> None:
    said = me.said("profile", alt="json", prettyPrint="false", quotaUser="a", key="b")
    assert said["emailAddress"] == ME
    assert refusal(me.get("profile", alt="media"))[0] == 400


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "nothing"),
        ("PUT", "profile"),
        ("GET", "messages/abc/modify"),
        ("POST", "messages/abc"),
        ("GET", ""),
    ],
)
def test_an_address_that_is_no_method_is_a_404_page(me: Caller, verb: str, path: str) -> None:
    response = me.call(verb, path)
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_upload_addresses_exist_for_upload_methods_only(me: Caller) -> None:
    assert me.call("GET", "profile", prefix="/upload").status_code == 404
    assert me.call("POST", "labels", prefix="/upload").status_code == 404


def ask(sandbox: Sandbox, headers: dict[str, str], method: str = "GET") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    try:
        connection.putrequest(method, "/", skip_host=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "localhost:9999", "[::1]:80", "127.0.0.1:1"]
)
def test_loopback_hosts_are_answered(sandbox: Sandbox, host: str) -> None:
    assert ask(sandbox, {"Host": host}) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example:80"},
        {"Host": "192.168.0.1"},
        {"Host": "[::ffff"},
        {"Host": "me@127.0.0.1.evil.example"},
        {"Host": "127.0.0.1", "Origin": "https://evil.example"},
        {"Host": "127.0.0.1", "Origin": "null"},
    ],
    ids=lambda headers: " ".join(headers.values()) or "no host",
)
def test_other_hosts_and_origins_are_turned_away(sandbox: Sandbox, headers: dict[str, str]) -> None:
    assert ask(sandbox, headers) == 421
    assert ask(sandbox, headers, "POST") == 421
    assert sandbox.requests == []


def test_the_home_page_names_the_users(sandbox: Sandbox) -> None:
    page = requests.get(sandbox.url, timeout=30)
    assert ME in page.text


def test_requests_are_noted_without_what_may_hold_a_token(sandbox: Sandbox, me: Caller) -> None:
    me.get("messages", q="secret words")
    requests.get(f"{sandbox.url}/tokeninfo?access_token={me.token}", timeout=30)
    assert sandbox.requests == [
        ("GET", "/gmail/v1/users/me/messages"),
        ("GET", "/tokeninfo"),
    ]
