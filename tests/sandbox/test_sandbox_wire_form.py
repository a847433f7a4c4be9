"""How requests and answers are written: what a client meets that is used to Google's servers."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest
import requests

from discovery import google, methods, schema_of
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.shapes import answers, shapes
from sandbox_caller import ANN, ME, Caller, letter, refusal


def test_shapes_are_those_of_googles_document() -> None:
    schemas = google()["schemas"]
    declared = {
        name: {field: schema_of(rule) for field, rule in schemas[name]["properties"].items()}
        for name in shapes()
    }
    assert shapes() == declared
    described = {name: schema_of(method.get("response", {})) for name, method in methods(google())}
    assert answers() == {name: schema for name, schema in described.items() if schema}


@pytest.mark.parametrize(
    ("path", "fields", "named"),
    [
        ("messages", "messages/ID", "messages/ID"),
        ("messages", "message", "message"),
        ("messages", "messages(id,subject)", "messages/subject"),
        ("messages", "resultSizeEstimate/x", "resultSizeEstimate/x"),
        ("messages", "*/subject", "*/subject"),
        ("messages/abc", "payload/parts/parts/header", "payload/parts/parts/header"),
        ("labels", "label", "label"),
        ("settings/filters", "filters", "filters"),
    ],
)
def test_a_mask_with_a_field_that_the_answer_does_not_have_is_refused(
    me: Caller, path: str, fields: str, named: str
) -> None:
    response = me.get(path, fields=fields)
    code, reason, _, message = refusal(response)
    assert (code, reason, message) == (400, "invalidParameter", f"Invalid field selection {named}")
    assert response.json()["error"]["errors"][0]["location"] == "fields"


def test_a_refused_mask_keeps_the_call_from_happening(sandbox: Sandbox, me: Caller) -> None:
    id = sandbox.mail.put(ME, letter())
    assert me.call("POST", f"messages/{id}/trash", params={"fields": "Id"}).status_code == 400
    assert me.labels(id) == ["INBOX"]


def test_an_answer_is_indented_unless_asked_otherwise(sandbox: Sandbox, me: Caller) -> None:
    id = sandbox.mail.put(ME, letter(sender=f"Ann <{ANN}>"))
    plain = me.get(f"messages/{id}", format="metadata", prettyPrint="false").text
    pretty = me.get(f"messages/{id}", format="metadata").text
    assert pretty.startswith(f'{{\n  "id": "{id}",\n')
    assert plain.startswith(f'{{"id":"{id}",')
    assert json.loads(plain) == json.loads(pretty)
    assert f"Ann \\u003c{ANN}\\u003e" in plain
    assert refusal(me.get("profile", prettyPrint="no"))[0] == 400


@pytest.mark.parametrize(
    "said",
    [
        {"quotaUser": "q" * 41},
        {"$.xgafv": "3"},
        {"alt": "proto"},
        {"callback": "f"},
        {"upload_protocol": "raw"},
        {"fields": "historyId", "prettyPrint": "1"},
    ],
    ids=lambda said: next(iter(said)),
)
def test_what_cannot_be_of_a_standard_parameter_is_refused(me: Caller, said: Any) -> None:
    assert refusal(me.get("profile", **said))[0] == 400
    assert me.get("profile", **{"quotaUser": "q" * 40, "$.xgafv": "2"}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "agent", "packed"),
    [
        ("gzip, deflate", "something (gzip)", True),
        ("deflate, gzip;q=0.5", "gzip", True),
        ("gzip, deflate", "something", False),
        ("gzip;q=0", "something (gzip)", False),
        ("gzip;q=0.0, deflate", "something (gzip)", False),
        ("identity", "something (gzip)", False),
    ],
)
def test_only_who_asks_twice_gets_gzip(
    sandbox: Sandbox, me: Caller, accepted: str, agent: str, packed: bool
) -> None:
    id = sandbox.mail.put(ME, letter(body="the same words " * 1000))
    connection = http.client.HTTPConnection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    headers = {"Accept-Encoding": accepted, "User-Agent": agent}
    headers["Authorization"] = f"Bearer {me.token}"
    connection.request("GET", f"/gmail/v1/users/me/messages/{id}?format=raw", headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    assert (response.headers["Content-Encoding"] == "gzip") is packed
    assert json.loads(gzip.decompress(body) if packed else body)["id"] == id
    assert not packed or len(body) < 1000


def test_a_long_query_comes_as_the_body_of_a_post(sandbox: Sandbox, users: Any, me: Caller) -> None:
    """As Google's library sends it."""
    id = sandbox.mail.put(ME, letter(subject="needle"))
    query = " OR ".join(["subject:needle", *(f"subject:straw{n}" for n in range(100))])
    assert len(quote_plus(query)) > 2_048
    found = users.messages().list(userId="me", q=query).execute()
    assert [message["id"] for message in found["messages"]] == [id]
    assert sandbox.requests[-1] == ("GET", "/gmail/v1/users/me/messages")
    assert sandbox.mail.ids(ME) == [id]
    assert me.get("messages", q="x" * 9_000).status_code == 414


@pytest.mark.parametrize("verb", ["PATCH", "put", "DELETE"])
def test_a_post_may_stand_for_another_verb(sandbox: Sandbox, me: Caller, verb: str) -> None:
    made = me.post("labels", {"name": "Work"}).json()
    body = {} if verb == "DELETE" else {"json": {"name": "Job"}}
    header = {"X-HTTP-Method-Override": verb}
    response = me.call("POST", f"labels/{made['id']}", headers=header, **body)
    assert response.status_code == (204 if verb == "DELETE" else 200)
    names = {label["name"] for label in me.said("labels")["labels"] if label["type"] == "user"}
    assert names == (set() if verb == "DELETE" else {"Job"})


@pytest.mark.parametrize("verb", ["HEAD", "OPTIONS", "PUT", "PATCH"])
def test_a_verb_that_a_method_does_not_have_is_no_method(me: Caller, verb: str) -> None:
    assert me.call(verb, "messages").status_code == 404


@pytest.mark.parametrize("path", ["messages/", "labels//", "/messages", "Messages", "messages;a=b"])
def test_a_path_is_taken_as_it_is(me: Caller, path: str) -> None:
    assert me.get(path).status_code == 404


@pytest.mark.parametrize("name", ["settings/sendAs/", "settings/delegates/"])
@pytest.mark.parametrize("address", ["a@example.com", "a+b%40example.com"], ids=["at", "plus"])
def test_an_address_in_a_path_is_percent_encoded(
    sandbox: Sandbox, admin: Caller, name: str, address: str
) -> None:
    def ask(address: str) -> requests.Response:
        url = f"{sandbox.url}/gmail/v1/users/{ME}/{name}{address}"
        return admin.session.get(url, timeout=30)

    assert ask(address).headers["Content-Type"].startswith("text/html")
    encoded = address.replace("@", "%40").replace("+", "%2B")
    assert refusal(ask(encoded))[:2] == (404, "notFound")


def test_deletion_answers_204_without_a_body(
    sandbox: Sandbox, calls: Callable[..., Caller]
) -> None:
    mine = calls(ME, "https://mail.google.com/")
    id = sandbox.mail.put(ME, letter())
    response = mine.call("DELETE", f"messages/{id}")
    assert (response.status_code, response.content) == (204, b"")
    assert "Content-Type" not in response.headers


def test_an_error_has_all_its_parts(me: Caller) -> None:
    response = me.get("messages/abc")
    assert response.headers["Content-Type"] == "application/json; charset=UTF-8"
    said = "Requested entity was not found."
    assert response.json() == {
        "error": {
            "code": 404,
            "message": said,
            "errors": [{"message": said, "domain": "global", "reason": "notFound"}],
            "status": "NOT_FOUND",
        }
    }


def test_a_page_without_a_token_asks_for_none(sandbox: Sandbox) -> None:
    """A browser gets no more than a program: there are no cookies and no sessions."""
    response = requests.get(f"{sandbox.url}/gmail/v1/users/me/messages", timeout=30)
    assert response.status_code == 401
    assert "Set-Cookie" not in response.headers
