"""The requests that leave: built by Google's library, rooted at one address, nothing extra."""

from __future__ import annotations

import json
import subprocess
import sys
from email import message_from_bytes, policy

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from fakes import ENDPOINT, USER
from gmailkit.client.client import Client
from gmailkit.errors import UsageError
from gmailkit.model.content import Content
from gmailkit.model.ids import LabelId
from gmailkit.wire.address import address_of
from gmailkit.wire.builder import Builder
from gmailkit.wire.call import Wire
from gmailkit.wire.discovery import described
from gmailkit.wire.http import CONNECT_TIMEOUT, IN_FLIGHT, READ_TIMEOUT, new_session
from gmailkit.wire.methods import METHODS, narrowest
from gmailkit.wire.upload import multipart

# Section 1 of the facts: method, price by the old table and by the new, narrowest scope. "?" was
# never seen in print.
FACTS = """
getProfile                                   1   1  metadata
stop                                        50  50  metadata
watch                                      100 100  metadata
drafts.create                               10  10  compose
drafts.delete                               10  10  compose
drafts.get                                   5  20  readonly
drafts.list                                  5   5  readonly
drafts.send                                100 100  compose
drafts.update                               15  15  compose
history.list                                 2   2  metadata
labels.create                                5   5  labels
labels.delete                                5   5  labels
labels.get                                   1   1  labels
labels.list                                  1   1  labels
labels.patch                                 ?   ?  labels
labels.update                                5   5  labels
messages.batchDelete                        50  50  mail.google.com
messages.batchModify                        50  50  modify
messages.delete                             10  10  mail.google.com
messages.get                                 5  20  metadata
messages.import                             25  25  insert
messages.insert                             25  25  insert
messages.list                                5   5  metadata
messages.modify                              5   5  modify
messages.send                              100 100  send
messages.trash                               5  20  modify
messages.untrash                             5   5  modify
messages.attachments.get                     5  20  readonly
settings.getAutoForwarding                   1   1  settings.basic
settings.getImap                             1   ?  settings.basic
settings.getLanguage                         ?   ?  settings.basic
settings.getPop                              1   ?  settings.basic
settings.getVacation                         1   1  settings.basic
settings.updateAutoForwarding                5   ?  settings.sharing
settings.updateImap                          5   ?  settings.basic
settings.updateLanguage                      ?   ?  settings.basic
settings.updatePop                         100 100  settings.basic
settings.updateVacation                      5   5  settings.basic
settings.cse.identities.create               ?   ?  settings.basic
settings.cse.identities.delete               ?   ?  settings.basic
settings.cse.identities.get                  ?   ?  settings.basic
settings.cse.identities.list                 ?   ?  settings.basic
settings.cse.identities.patch                ?   ?  settings.basic
settings.cse.keypairs.create                 ?   ?  settings.basic
settings.cse.keypairs.disable                ?   ?  settings.basic
settings.cse.keypairs.enable                 ?   ?  settings.basic
settings.cse.keypairs.get                    ?   ?  settings.basic
settings.cse.keypairs.list                   ?   ?  settings.basic
settings.cse.keypairs.obliterate             ?   ?  settings.basic
settings.delegates.create                  100 100  settings.sharing
settings.delegates.delete                    5   ?  settings.sharing
settings.delegates.get                       1   ?  settings.basic
settings.delegates.list                      1   ?  settings.basic
settings.filters.create                      5   5  settings.basic
settings.filters.delete                      5   5  settings.basic
settings.filters.get                         1   1  settings.basic
settings.filters.list                        1   1  settings.basic
settings.forwardingAddresses.create        100 100  settings.sharing
settings.forwardingAddresses.delete          5   ?  settings.sharing
settings.forwardingAddresses.get             1   ?  settings.basic
settings.forwardingAddresses.list            1   ?  settings.basic
settings.sendAs.create                     100 100  settings.sharing
settings.sendAs.delete                       5   ?  settings.sharing
settings.sendAs.get                          1   ?  settings.basic
settings.sendAs.list                         1   ?  settings.basic
settings.sendAs.patch                        ?   ?  settings.basic
settings.sendAs.update                     100 100  settings.basic
settings.sendAs.verify                     100 100  settings.sharing
settings.sendAs.smimeInfo.delete             ?   ?  settings.basic
settings.sendAs.smimeInfo.get                ?   ?  settings.basic
settings.sendAs.smimeInfo.insert             ?   ?  settings.basic
settings.sendAs.smimeInfo.list               ?   ?  settings.basic
settings.sendAs.smimeInfo.setDefault         ?   ?  settings.basic
threads.delete                              20  20  mail.google.com
threads.get                                 10  40  metadata
threads.list                                10  10  metadata
threads.modify                              10  10  modify
threads.trash                               10  20  modify
threads.untrash                             10   ?  modify
"""
BUILDER = Builder(ENDPOINT)  # reads Google's document once
ROWS = [line.split() for line in FACTS.strip().splitlines()]


@pytest.mark.parametrize(("name", "old", "new", "scope"), ROWS, ids=[row[0] for row in ROWS])
def test_prices_and_scopes_are_those_of_the_facts(
    name: str, old: str, new: str, scope: str
) -> None:
    """A price that is not known is that of the other table, or of the closest sibling, or 5."""
    method = METHODS[name]
    sibling = {"settings.sendAs.patch": "100"}.get(name, "5")
    known = [price for price in (new, old) if price != "?"] or [sibling]
    assert method.new == int(known[0])
    assert method.old == int(known[-1])
    assert method.printed == ("?" not in (old, new))
    assert narrowest(Builder(ENDPOINT).scopes(name)).removeprefix("gmail.") == scope


def test_every_method_has_a_row() -> None:
    assert len(ROWS) == 79
    assert {row[0] for row in ROWS} == set(METHODS)


def test_what_may_be_repeated_adds_nothing_and_sends_nothing() -> None:
    once = {m.name for m in METHODS.values() if not m.replayable}
    assert once == {
        "drafts.create",
        "drafts.send",
        "labels.create",
        "messages.import",
        "messages.insert",
        "messages.send",
        "settings.cse.identities.create",
        "settings.cse.keypairs.create",
        "settings.delegates.create",
        "settings.filters.create",
        "settings.forwardingAddresses.create",
        "settings.sendAs.create",
        "settings.sendAs.smimeInfo.insert",
        "settings.sendAs.verify",
    }


def test_one_address_is_the_root_of_calls_and_uploads() -> None:
    builder = Builder("http://127.0.0.1:8025/")
    get = builder.build("messages.get", {"id": "18c", "format": "raw"})
    assert (get.verb, get.body) == ("GET", None)
    assert get.url.startswith("http://127.0.0.1:8025/gmail/v1/users/me/messages/18c?")
    letter = Content.of(b"To: a@b.c\r\n\r\n")
    for body, form in ((None, "media"), ({"threadId": "1"}, "multipart")):
        send = builder.build("messages.send", {}, body=body, media=letter)
        there = "http://127.0.0.1:8025/upload/gmail/v1/users/me/messages/send?"
        assert send.url.startswith(there)
        assert f"uploadType={form}" in send.url


def every_parameter(name: str) -> dict[str, object]:
    """Of a method: something for each."""
    some = {"boolean": False, "integer": 7, "string": "a/b é&+"}
    given: dict[str, object] = {}
    for key, takes in described(name)["parameters"].items():
        one = takes.get("enum", [some[takes["type"]]])[-1]
        given[key] = [one, one] if takes.get("repeated") else one
    return given


@pytest.mark.parametrize("name", METHODS)
def test_a_call_is_built_as_by_googles_library(name: str) -> None:
    every = {**every_parameter(name), "fields": "a(b,c),d", "quotaUser": "é"}
    needed = {key: every[key] for key in described(name)["parameterOrder"]}
    body = {"a": ["é", 1, None]} if "request" in described(name) else None
    for params in (every, needed):
        assert BUILDER.build(name, params, body=body) == BUILDER._built(name, params, body)
        assert address_of(name, params)


@given(
    st.text(st.characters(codec="utf-8")),
    st.lists(st.text("aé &+/%")),
    st.integers(),
    st.booleans(),
)
def test_whatever_is_asked_for_is_addressed_as_by_googles_library(
    q: str, label_ids: list[str], most: int, spam: bool
) -> None:
    params = {"q": q, "labelIds": label_ids, "maxResults": most, "includeSpamTrash": spam}
    assert address_of("messages.list", params)
    assert BUILDER.build("messages.list", params) == BUILDER._built("messages.list", params)


def test_a_call_that_is_no_upload_does_not_load_googles_library() -> None:
    code = """
import sys
from gmailkit.wire.address import address_of
from gmailkit.wire.builder import Builder
builder = Builder("http://127.0.0.1:1")
builder.build("history.list", {"startHistoryId": "1"})
builder.build("labels.create", {}, body={"name": "Receipts"})
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "gmailkit.wire.discovery" in done.stdout.split()
    assert {"googleapiclient.discovery", "google.auth", "httplib2"}.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("params", "told"),
    [({"id": "1", "colour": "red"}, "colour"), ({"id": "1", "format": "pdf"}, "pdf"), ({}, "id")],
)
def test_a_wrong_parameter_is_a_usage_error(params: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=rf"^messages\.get.*{told}"):
        BUILDER.build("messages.get", params)


def test_an_unknown_method_is_a_usage_error() -> None:
    for name in ("messages.import_", "messages.snooze", "mail.get", "", "users.messages.get"):
        with pytest.raises(UsageError, match="Gmail has no method"):
            Builder(ENDPOINT).build(name, {})


@given(st.binary(max_size=2000), st.dictionaries(st.text(), st.text(), max_size=3))
def test_the_message_goes_through_the_upload_form_untouched(
    raw: bytes, metadata: dict[str, str]
) -> None:
    kind, body = multipart(metadata, raw)
    boundary = kind.split('boundary="')[1].rstrip('"').encode()
    first, second = body.split(b"\r\n--" + boundary)[:2]
    assert json.loads(first.partition(b"\r\n\r\n")[2]) == metadata
    assert second.partition(b"\r\n\r\n")[2] == raw
    assert body.endswith(b"\r\n--" + boundary + b"--\r\n")


def test_the_upload_form_is_mime_to_others_too() -> None:
    kind, body = multipart({"threadId": "1"}, b"Subject: x\r\n\r\nhello\r\n")
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    parts = list(message_from_bytes(head + body, policy=policy.default).iter_parts())
    assert [part.get_content_type() for part in parts] == ["application/json", "message/rfc822"]


def test_every_request_has_time_limits_and_the_token_only_in_its_header(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.get(f"{USER}/messages", json={})
    assert list(Client(wire).messages.list(q="from:ann", label_ids=[LabelId("INBOX")])) == []
    request = net.calls[0].request
    assert request.req_kwargs["timeout"] == (CONNECT_TIMEOUT, READ_TIMEOUT)  # type: ignore[attr-defined]
    assert request.headers["authorization"] == "Bearer token-one"
    assert "token" not in str(request.url).replace("nextPageToken", "").replace("pageToken", "")
    assert "gmailkit" in str(request.headers["user-agent"])


def test_spam_and_trash_are_asked_for_only_when_wanted(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.get(f"{USER}/messages", json={})
    list(Client(wire).messages.list())
    list(Client(wire).messages.list(include_spam_trash=True))
    first, second = (str(call.request.url) for call in net.calls)
    assert "includeSpamTrash" not in first
    assert "includeSpamTrash=true" in second


def test_a_page_token_leads_to_the_next_page_and_no_id_comes_twice(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.get(
        f"{USER}/messages",
        json={"messages": [{"id": "a"}, {"id": "b"}], "nextPageToken": "two"},
    )
    net.get(f"{USER}/messages", json={"messages": [{"id": "b"}, {"id": "c"}]})
    assert [ref.id for ref in Client(wire).messages.list()] == ["a", "b", "c"]
    assert "pageToken=two" in str(net.calls[1].request.url)


def test_an_empty_page_with_a_token_is_not_the_end(wire: Wire, net: responses.RequestsMock) -> None:
    net.get(f"{USER}/messages", json={"nextPageToken": "two"})
    net.get(f"{USER}/messages", json={"messages": [{"id": "a"}]})
    assert [ref.id for ref in Client(wire).messages.list()] == ["a"]


def test_the_session_keeps_enough_connections_and_spares_loopback_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with new_session() as session:
        for adapter in session.adapters.values():
            assert adapter._pool_maxsize >= IN_FLIGHT  # type: ignore[attr-defined]
        with pytest.raises(requests.ConnectionError) as caught:
            session.get("http://127.0.0.1:9/", timeout=5)
    assert "proxy" not in str(caught.value).lower()
