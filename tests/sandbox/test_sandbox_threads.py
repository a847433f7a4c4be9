"""users.threads: the effect is read back by another method."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, Caller, letter, refusal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FULL = "https://mail.google.com/"


@pytest.fixture
def put(sandbox: Sandbox) -> Callable[..., str]:
    """A message in a thread; minutes after noon."""

    def make(thread: str, minute: int, *labels: str, body: str = "Words", sender: str = ANN) -> str:
        raw = letter(sender=sender, subject=thread, body=body)
        date = NOON + timedelta(minutes=minute)
        return sandbox.mail.put(ME, raw, labels=labels, date=date, thread=thread)

    return make


def listed(caller: Caller, **params: object) -> list[str]:
    """Thread ids, page after page."""
    found: list[str] = []
    while True:
        page = caller.said("threads", **params)
        found += [thread["id"] for thread in page.get("threads", [])]
        if "nextPageToken" not in page:
            return found
        params["pageToken"] = page["nextPageToken"]


@pytest.fixture
def pair(put: Callable[..., str]) -> list[str]:
    """A thread of two messages; its id is the first one's."""
    return [put("one", 0, "INBOX", "UNREAD"), put("one", 9, "SENT", body="Newest", sender=ME)]


def test_threads_are_listed_by_their_newest_message_with_snippet_and_history(
    me: Caller, put: Callable[..., str], pair: list[str]
) -> None:
    other = put("two", 5, "INBOX")
    said = me.said("threads")
    assert [thread["id"] for thread in said["threads"]] == [pair[0], other]
    first = said["threads"][0]
    assert set(first) == {"id", "snippet", "historyId"}
    assert first["snippet"] == "Newest"
    newest = me.said(f"messages/{pair[1]}", format="minimal")
    assert first["historyId"] == newest["historyId"]
    assert said["resultSizeEstimate"] == 2


def test_a_thread_is_found_by_any_one_message_and_words_do_not_meet_across_it(
    me: Caller, put: Callable[..., str]
) -> None:
    first = put("one", 0, "INBOX", body="apple")
    put("one", 1, "INBOX", body="pear")
    assert listed(me, q="apple") == listed(me, q="-apple") == listed(me, q="pear") == [first]
    assert listed(me, q="apple pear") == []
    assert listed(me, q="-apple -pear") == []
    assert me.said("threads", q="(broken") == {"resultSizeEstimate": 0}


def test_label_ids_have_to_stand_on_one_message(me: Caller, pair: list[str]) -> None:
    assert listed(me, labelIds="UNREAD") == listed(me, labelIds="SENT") == [pair[0]]
    assert listed(me, labelIds=["INBOX", "UNREAD"]) == [pair[0]]
    assert listed(me, labelIds=["INBOX", "SENT"]) == []
    assert "Invalid label: Work" in refusal(me.get("threads", labelIds="Work"))[3]


@pytest.mark.parametrize("query", ["", "words"])
def test_pages_name_every_thread_once(me: Caller, put: Callable[..., str], query: str) -> None:
    """Threads whose messages lie on both sides of a page's edge too."""
    for minute in range(30):
        put(f"thread {minute % 7}", minute, "INBOX")
    whole = listed(me, q=query)
    assert len(whole) == len(set(whole)) == 7
    for size in (1, 2, 3, 6, 7):
        assert listed(me, q=query, maxResults=size) == whole


def test_a_page_token_is_good_for_its_own_question(me: Caller, put: Callable[..., str]) -> None:
    for minute in range(3):
        put(str(minute), minute, "INBOX")
    token = me.said("threads", maxResults=1)["nextPageToken"]
    others: list[tuple[str, dict[str, str]]] = [
        ("threads", {"q": "x"}),
        ("threads", {"includeSpamTrash": "true"}),
        ("messages", {}),
    ]
    for path, params in others:
        assert "pageToken" in refusal(me.get(path, pageToken=token, **params))[3]
    assert refusal(me.get("threads", pageToken="made-up"))[0] == 400


def test_spam_and_trash_are_left_out_unless_asked_for(me: Caller, put: Callable[..., str]) -> None:
    spam, trashed = put("spam", 0, "SPAM"), put("gone", 1, "TRASH")
    mixed = put("mixed", 2, "TRASH")
    put("mixed", 3, "INBOX")
    assert listed(me) == [mixed]
    assert listed(me, includeSpamTrash="true") == [mixed, trashed, spam]
    assert listed(me, q="in:trash") == [mixed, trashed]


def test_a_thread_is_read_oldest_first_in_three_formats(me: Caller, pair: list[str]) -> None:
    said = me.said(f"threads/{pair[0]}")
    assert [message["id"] for message in said["messages"]] == pair
    assert said["historyId"] == me.said("profile")["historyId"]
    for format in ("full", "metadata", "minimal"):
        messages = me.said(f"threads/{pair[0]}", format=format)["messages"]
        assert messages == [me.said(f"messages/{id}", format=format) for id in pair]
    named = me.said(f"threads/{pair[0]}", format="metadata", metadataHeaders=["subject"])
    assert named["messages"][0]["payload"]["headers"] == [{"name": "Subject", "value": "one"}]
    assert refusal(me.get(f"threads/{pair[0]}", format="raw"))[0] == 400


def test_metadata_alone_reads_no_bodies_and_does_not_search(
    calls: Callable[..., Caller], pair: list[str]
) -> None:
    poor = calls(ME, "gmail.metadata", "gmail.readonly")
    assert len(poor.said(f"threads/{pair[0]}", format="metadata")["messages"]) == 2
    assert listed(poor, labelIds="UNREAD") == [pair[0]]
    for response in (poor.get(f"threads/{pair[0]}"), poor.get("threads", q="")):
        code, _, _, message = refusal(response)
        assert code == 403
        assert message.startswith("Metadata scope")


def test_modify_acts_on_the_messages_there_are(
    sandbox: Sandbox, me: Caller, put: Callable[..., str], pair: list[str]
) -> None:
    label = me.post("labels", {"name": "Work"}).json()["id"]
    body = {"addLabelIds": [label, "STARRED"], "removeLabelIds": ["UNREAD"]}
    said = me.post(f"threads/{pair[0]}/modify", body).json()
    assert [message["labelIds"] for message in said["messages"]] == [
        ["INBOX", "STARRED", label],
        ["SENT", "STARRED", label],
    ]
    assert [me.labels(id) for id in pair] == [m["labelIds"] for m in said["messages"]]
    later = put("one", 20, "INBOX")
    assert me.said(f"messages/{later}")["threadId"] == pair[0]
    assert me.labels(later) == ["INBOX"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"addLabelIds": ["SENT"]}, "SENT"),
        ({"addLabelIds": ["Nothing"]}, "Invalid label: Nothing"),
        ({"addLabelIds": ["STARRED"] * 101}, "Too many"),
        ({"addClassificationLabels": []}, "addClassificationLabels"),
        ({}, "No label"),
    ],
    ids=["fixed", "unknown", "too many", "classification", "nothing"],
)
def test_a_refused_change_of_a_thread_changes_nothing(
    me: Caller, pair: list[str], body: dict[str, Any], word: str
) -> None:
    code, _, _, message = refusal(me.post(f"threads/{pair[0]}/modify", body))
    assert code == 400
    assert word in message
    assert [me.labels(id) for id in pair] == [["INBOX", "UNREAD"], ["SENT"]]


def test_a_thread_goes_to_the_trash_and_back_without_its_inbox(me: Caller, pair: list[str]) -> None:
    said = me.post(f"threads/{pair[0]}/trash").json()
    assert [message["labelIds"] for message in said["messages"]] == [
        ["TRASH", "UNREAD"],
        ["SENT", "TRASH"],
    ]
    assert listed(me) == me.listed() == []
    me.post(f"threads/{pair[0]}/untrash")
    assert [me.labels(id) for id in pair] == [["UNREAD"], ["SENT"]]
    assert listed(me) == [pair[0]]


def test_a_draft_in_a_thread_takes_no_user_label(
    me: Caller, put: Callable[..., str], pair: list[str]
) -> None:
    draft = put("one", 10, "DRAFT")
    label = me.post("labels", {"name": "Work"}).json()["id"]
    me.post(f"threads/{pair[0]}/modify", {"addLabelIds": [label]})
    assert [me.labels(id) for id in (*pair, draft)] == [
        ["INBOX", "UNREAD", label],
        ["SENT", label],
        ["DRAFT"],
    ]


def test_deletion_is_for_good_and_needs_the_full_scope(
    me: Caller, calls: Callable[..., Caller], put: Callable[..., str], pair: list[str]
) -> None:
    other = put("two", 1, "INBOX")
    response = me.call("DELETE", f"threads/{pair[0]}")
    assert refusal(response)[:2] == (403, "insufficientPermissions")
    full = calls(ME, FULL)
    response = full.call("DELETE", f"threads/{pair[0]}")
    assert (response.status_code, response.content) == (204, b"")
    assert me.listed(includeSpamTrash="true") == [other]
    assert refusal(full.call("DELETE", f"threads/{pair[0]}"))[0] == 404


@pytest.mark.parametrize(
    ("verb", "path"),
    [("GET", ""), ("POST", "/modify"), ("POST", "/trash"), ("POST", "/untrash"), ("DELETE", "")],
)
def test_what_is_no_thread_is_refused(
    calls: Callable[..., Caller], pair: list[str], verb: str, path: str
) -> None:
    full = calls(ME, FULL)
    body = {"addLabelIds": ["STARRED"]} if path == "/modify" else None
    for id, code in (("XYZ", 400), (pair[1], 404), ("1a2b3c4d5e6f7081", 404)):
        assert refusal(full.call(verb, f"threads/{id}{path}", json=body))[0] == code
