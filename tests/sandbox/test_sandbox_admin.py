"""/__admin__ with plain HTTP, as a test in another language would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from imaplib import IMAP4_SSL
from typing import Any

import pytest
import requests

from gmailkit.sandbox import Policy, Sandbox
from gmailkit.sandbox.admin_routes import ROUTES
from sandbox_caller import ME, base64url, letter, refusal, unbase64url

MAIL = letter(sender="ann@example.com", to=ME)


@pytest.fixture
def served() -> Iterator[Sandbox]:
    with Sandbox(sample=False, admin=True) as running:
        yield running


Ask = Callable[..., Any]


@pytest.fixture
def ask(served: Sandbox) -> Ask:
    """The JSON of a request that must succeed."""

    def asking(verb: str, path: str, body: object = None, **more: Any) -> Any:
        response = raw_ask(served, verb, path, json=body, **more)
        assert response.status_code == 200, response.text
        return response.json()

    return asking


def raw_ask(served: Sandbox, verb: str, path: str, **more: Any) -> requests.Response:
    headers = {"X-Sandbox-Secret": served.admin_secret, **more.pop("headers", {})}
    url = f"{served.url}/__admin__/{path}"
    return requests.request(verb, url, headers=headers, timeout=30, **more)


def gmail(served: Sandbox, token: str, path: str = "profile") -> requests.Response:
    return requests.get(
        f"{served.url}/gmail/v1/users/me/{path}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )


def test_it_is_not_there_unless_asked_for(sandbox: Sandbox) -> None:
    assert sandbox.admin_secret == ""
    url = f"{sandbox.url}/__admin__/users"
    assert requests.get(url, headers={"X-Sandbox-Secret": ""}, timeout=30).status_code == 404


@pytest.mark.parametrize("secret", [None, "", "guessed", "ü"])
def test_it_asks_for_the_secret_of_this_run(served: Sandbox, secret: str | None) -> None:
    headers = {} if secret is None else {"X-Sandbox-Secret": secret.encode()}
    url = f"{served.url}/__admin__/reset"
    assert refusal(requests.post(url, headers=headers, timeout=30))[0] == 403


def test_a_web_page_is_turned_away_even_with_the_secret(served: Sandbox) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        assert raw_ask(served, "GET", "users", headers=headers).status_code == 421


def test_users(served: Sandbox, ask: Ask) -> None:
    made = ask("POST", "users", {"address": "dora@example.com", "name": "Dora"})
    assert made == {"address": "dora@example.com", "name": "Dora"}
    assert made in ask("GET", "users")["users"]
    assert served.mail.users.get("dora@example.com").name == "Dora"


@pytest.mark.parametrize("form", ["rfc822", "json"])
def test_mail_is_delivered_and_read(ask: Ask, form: str) -> None:
    if form == "json":
        id = ask("POST", "messages", {"user": ME, "raw": base64url(MAIL)})["id"]
    else:
        kind = {"Content-Type": "message/rfc822"}
        id = ask("POST", f"messages?user={ME}", data=MAIL, headers=kind)["id"]
    assert ask("GET", f"messages?user={ME}")["messages"] == [
        {"id": id, "labels": ["CATEGORY_PERSONAL", "INBOX", "UNREAD"]}
    ]
    read = ask("GET", f"messages/{id}?user={ME}")
    assert b"A few words." in unbase64url(read["raw"])
    assert b"Received:" in unbase64url(read["raw"]), "as mail from outside"


def test_mail_with_labels_is_put_as_it_is(ask: Ask) -> None:
    said = {"user": ME, "raw": base64url(MAIL), "labels": ["STARRED", "Work"]}
    read = ask("GET", f"messages/{ask('POST', 'messages', said)['id']}?user={ME}")
    assert (unbase64url(read["raw"]), read["labels"]) == (MAIL, ["STARRED", "Work"])


def test_spam_can_be_delivered(ask: Ask) -> None:
    ask("POST", "messages", {"user": ME, "raw": base64url(MAIL), "spam": True})
    assert "SPAM" in ask("GET", f"messages?user={ME}")["messages"][0]["labels"]


def test_a_token_requests_and_the_meter(served: Sandbox, ask: Ask) -> None:
    token = ask("POST", "tokens", {"user": ME, "scopes": ["gmail.readonly"]})["access_token"]
    assert gmail(served, token).json()["emailAddress"] == ME
    asked = [{"verb": "GET", "path": "/gmail/v1/users/me/profile"}]
    assert ask("GET", "requests")["requests"] == asked, "its own requests are not among them"
    assert ask("GET", f"meter?user={ME}") == {
        "units": 1,
        "calls": 1,
        "rejections": 0,
        "most_in_minute": 1,
        "by_method": {"getProfile": {"calls": 1, "units": 1}},
    }


def test_a_lasting_token_outlives_its_hour(served: Sandbox, ask: Ask) -> None:
    tokens = [ask("POST", "tokens", {"user": ME, "lasting": lasts}) for lasts in (False, True)]
    ask("POST", "clock", {"advance": 370 * 86_400})
    statuses = [gmail(served, token["access_token"]).status_code for token in tokens]
    assert statuses == [401, 200]


def test_limits_are_set_and_lifted(served: Sandbox, ask: Ask) -> None:
    token = ask("POST", "tokens", {"user": ME})["access_token"]
    said = ask("PUT", "limits", {"units_per_minute": 1, "project_units_per_minute": None})
    assert (said["units_per_minute"], said["project_units_per_minute"]) == (1, None)
    assert (said["prices"], said["latency"]) == ("new", 0)
    assert [gmail(served, token).status_code for _ in range(2)] == [200, 429]
    assert ask("DELETE", "limits")["units_per_minute"] is None
    assert gmail(served, token).status_code == 200
    ask("PUT", "limits", {"prices": "old", "latency": 0.001})
    assert ask("GET", "limits") == {
        "prices": "old",
        "units_per_minute": 6000,
        "project_units_per_minute": 1_200_000,
        "in_flight": None,
        "sends_per_day": None,
        "recipients_per_day": 500,
        "units_per_second": None,
        "form": "RESOURCE_EXHAUSTED",
        "imap_sessions": 15,
        "imap_download_per_day": 2_500_000_000,
        "imap_upload_per_day": 500_000_000,
        "pop3_download_per_day": 1_250_000_000,
        "latency": 0.001,
    }


def test_mail_programs_get_a_password_and_see_what_is_shown(served: Sandbox, ask: Ask) -> None:
    ask("PUT", "hidden", {"user": ME, "labels": ["ALL", "Secret"]})
    password = ask("POST", "appPasswords", {"user": ME})["app_password"]
    with IMAP4_SSL("localhost", served.imap_port, ssl_context=served.trust()) as client:
        client.login(ME, password)
        listed = b"".join(line for line in client.list()[1] if isinstance(line, bytes))
    assert b"\\Sent" in listed and b"\\All" not in listed and b"Secret" not in listed


def test_a_hundred_test_users_are_the_most(served: Sandbox, ask: Ask) -> None:
    many = [f"u{n}@example.com" for n in range(101)]
    refused = raw_ask(served, "PUT", "policy", json={"test_users": many})
    assert (refused.status_code, "101 test users" in refused.text) == (400, True)
    assert len(ask("PUT", "policy", {"test_users": many[1:]})["test_users"]) == 100


def test_a_stranger_spends(served: Sandbox, ask: Ask) -> None:
    token = ask("POST", "tokens", {"user": ME})["access_token"]
    ask("PUT", "limits", {"units_per_minute": 100})
    ask("POST", "strangers", {"user": ME, "units_per_second": 10})
    ask("POST", "clock", {"advance": 20})
    assert gmail(served, token).status_code == 429


def test_the_clock_moves(served: Sandbox, ask: Ask) -> None:
    set = ask("POST", "clock", {"set": "2031-06-01T12:00:00Z"})
    assert set["now"].startswith("2031-06-01T12:00:0")
    assert ask("POST", "clock", {"advance": 3600.5})["now"].startswith("2031-06-01T13:00:0")
    assert ask("GET", "clock")["now"].startswith("2031-06-01T13:00:0")


def test_faults_are_ordered_and_called_off(served: Sandbox, ask: Ask) -> None:
    token = ask("POST", "tokens", {"user": ME})["access_token"]
    waiting = ["503:getProfile:1"]
    assert ask("POST", "faults", {"order": "503:getProfile"})["waiting"] == waiting
    assert gmail(served, token).status_code == 503
    chance = {"rate": 1, "seed": 3, "kinds": ["500"], "method": "labels.list"}
    assert ask("POST", "faults", chance)["waiting"] == ["500:labels.list:100%"]
    assert gmail(served, token, "labels").status_code == 500
    fired = {"503:getProfile": 1, "500:labels.list": 1}
    assert ask("GET", "faults") == {"waiting": ["500:labels.list:100%"], "fired": fired}
    assert ask("DELETE", "faults") == {"waiting": [], "fired": fired}
    ask("POST", "faults", {"rate": 0.5})
    assert len(served.faults.orders) == 1


def test_the_client_file_is_the_one_to_sign_in_with(served: Sandbox, ask: Ask) -> None:
    assert ask("GET", "client") == served.client_file()


def test_reset_starts_over(served: Sandbox, ask: Ask) -> None:
    ask("POST", "messages", {"user": ME, "raw": base64url(MAIL)})
    ask("POST", "reset")
    assert ask("GET", f"messages?user={ME}") == {"messages": []}


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "words"),
    [
        ("GET", "nothing", None, 404, "has no GET"),
        ("GET", "", None, 404, "has no GET"),
        ("PATCH", "users", None, 404, "has no PATCH"),
        ("GET", "messages/1/2?user=me@example.com", None, 404, "has no GET"),
        ("POST", "users", {"adress": "x@example.com"}, 400, "adress"),
        ("POST", "users", {}, 400, "address is missing"),
        ("POST", "users", {"address": ME}, 400, "already has"),
        ("GET", "messages?user=nobody@example.com", None, 400, "no user nobody"),
        ("GET", "messages?box=me@example.com", None, 400, "box"),
        ("GET", "messages/123?user=me@example.com", None, 404, "has no message 123"),
        ("POST", "messages", {"user": ME, "raw": "no+base64url"}, 400, "Base64 decoding failed"),
        ("POST", "messages", {"user": ME}, 400, "raw is missing"),
        ("PUT", "limits", {"units_per_minute": -1}, 400, "0 or more"),
        ("PUT", "limits", {"units_per_minute": "many"}, 400, "units_per_minute"),
        ("PUT", "limits", {"prices": "older"}, 400, "prices"),
        ("POST", "clock", {"advance": -1}, 400, "forward"),
        ("POST", "clock", {"advance": "1"}, 400, "TYPE_DOUBLE"),
        ("POST", "clock", {}, 400, "advance is missing"),
        ("POST", "clock", {"set": "noon"}, 400, "'noon' is no time"),
        ("POST", "clock", {"set": "2026-06-01T12:00:00"}, 400, "is no time"),
        ("POST", "faults", {"order": "5O3"}, 400, "no fault '5O3'"),
        ("POST", "faults", {"rate": 2}, 400, "no share"),
        ("POST", "tokens", {"user": ME, "scopes": ["gmail.all"]}, 400, "no scope"),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_shape_of_the_api(
    served: Sandbox, verb: str, path: str, body: object, status: int, words: str
) -> None:
    code, _, _, message = refusal(raw_ask(served, verb, path, json=body))
    assert code == status
    assert words in message


def test_each_command_is_tested_and_documented(request: pytest.FixtureRequest) -> None:
    here = request.path.read_text()
    document = (request.config.rootpath / "docs" / "sandbox.md").read_text()
    for verb, path in ROUTES:
        resource = path.partition("/")[0]
        assert f'"{verb}", "{resource}' in here or f'"{verb}", f"{resource}' in here, (verb, path)
        assert f"`{verb} {path.replace('{id}', 'ID')}`" in document, (verb, path)


def test_delegated_scopes_are_the_whole_list(ask: Ask, served: Sandbox) -> None:
    id = ask("POST", "serviceAccounts", {"name": "nightly"})["client_id"]
    for scopes in (["gmail.readonly"], ["gmail.send"], []):
        ask("PUT", "delegations", {"client_id": id, "scopes": scopes})
        given = served.mail.service_accounts.delegated(id)
        assert [scope.rpartition("/")[2] for scope in given] == scopes


def test_the_policy_is_set_as_a_whole(ask: Ask, served: Sandbox) -> None:
    set_ = ask("PUT", "policy", {"testing": True, "suspended": ["ann@example.com"]})
    assert (set_["testing"], set_["suspended"], set_["test_users"]) == (
        True,
        ["ann@example.com"],
        None,
    )
    assert served.policy == Policy(testing=True, suspended=frozenset({"ann@example.com"}))
    ask("PUT", "policy", {"blocked": True})
    assert ask("GET", "policy")["blocked"] is True
    assert served.policy == Policy(blocked=True)


def test_answers_end_with_a_line_end(served: Sandbox) -> None:
    assert raw_ask(served, "GET", "clock").text.endswith("}\n")
