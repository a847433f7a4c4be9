"""users.drafts: the draft's id stays, its message's does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email import message_from_bytes
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, Caller, base64url, letter, refusal

UNFINISHED = b"Subject: Half\r\n\r\nDear"
Draft = Mapping[str, Any]


def create(caller: Caller, raw: bytes = UNFINISHED, **message: str) -> Draft:
    return said(caller.post("drafts", {"message": {"raw": base64url(raw), **message}}))


def update(caller: Caller, id: str, raw: bytes, **message: str) -> Draft:
    body = {"message": {"raw": base64url(raw), **message}}
    return said(caller.call("PUT", f"drafts/{id}", json=body))


def said(response: Any) -> Draft:
    assert response.status_code == 200, response.text
    answer: Draft = response.json()
    return answer


def drafts_of(caller: Caller, **params: object) -> list[str]:
    return [draft["id"] for draft in caller.said("drafts", **params).get("drafts", [])]


def reply(caller: Caller, parent: str, *, subject: str = "Re: Plan", to: str = ANN) -> bytes:
    """A reply to message `parent` of `caller`."""
    id = str(message_from_bytes(caller.raw(parent))["Message-ID"])
    return letter(to=to, subject=subject, more=[("References", id), ("In-Reply-To", id)])


def test_a_draft_needs_no_recipient_and_is_kept_as_it_is(me: Caller) -> None:
    draft = create(me, UNFINISHED.replace(b"\r\n", b"\n"))
    message = draft["message"]
    assert re.fullmatch(r"r-?\d+", draft["id"])
    assert message == {"id": message["id"], "threadId": message["id"], "labelIds": ["DRAFT"]}
    assert me.raw(message["id"]) == UNFINISHED
    assert me.listed(q="in:draft half") == [message["id"]]
    assert me.listed() == [message["id"]]


def test_labels_of_a_new_draft_are_ignored(me: Caller) -> None:
    body = {"message": {"raw": base64url(UNFINISHED), "labelIds": ["INBOX", "Label_9"]}}
    assert said(me.post("drafts", body))["message"]["labelIds"] == ["DRAFT"]


@pytest.mark.parametrize("format", ["minimal", "metadata", "full", "raw"])
def test_a_draft_is_read_in_the_formats_of_a_message(
    calls: Callable[..., Caller], me: Caller, format: str
) -> None:
    draft = create(me, letter(more=[("Bcc", "secret@example.com")]))
    reader = calls(ME, "gmail.readonly")
    got = reader.said(f"drafts/{draft['id']}", format=format)
    assert got["id"] == draft["id"]
    assert got["message"] == reader.said(f"messages/{draft['message']['id']}", format=format)


def test_an_update_replaces_the_message_and_its_id(me: Caller) -> None:
    draft = create(me)
    before = me.said("profile")["historyId"]
    new = update(me, draft["id"], letter(subject="Whole"))
    assert new["id"] == draft["id"]
    assert new["message"]["id"] != draft["message"]["id"]
    assert me.listed() == [new["message"]["id"]]
    assert drafts_of(me) == [draft["id"]]
    assert refusal(me.get(f"messages/{draft['message']['id']}"))[0] == 404
    assert me.said(f"drafts/{draft['id']}")["message"]["snippet"] == "A few words."
    churn = me.said("history", startHistoryId=before)["history"]
    assert [set(record) - {"id", "messages"} for record in churn] == [
        {"messagesDeleted"},
        {"messagesAdded"},
    ]


def test_a_sent_draft_is_gone_and_a_new_message_is_there(me: Caller, ann: Caller) -> None:
    draft = create(me, letter(subject="Whole", more=[("Message-ID", "<own@example.com>")]))
    sent = said(me.post("drafts/send", {"id": draft["id"]}))
    assert sent["labelIds"] == ["SENT"]
    assert sent["id"] != draft["message"]["id"]
    assert me.listed() == [sent["id"]]
    assert drafts_of(me) == []
    assert refusal(me.get(f"drafts/{draft['id']}"))[0] == 404
    assert refusal(me.post("drafts/send", {"id": draft["id"]}))[0] == 404
    assert b"own@example.com" not in me.raw(sent["id"])
    [arrived] = ann.listed()
    assert ann.raw(arrived).endswith(b"A few words.\r\n")


def test_what_drafts_create_answered_sends_the_draft_as_stored(me: Caller, ann: Caller) -> None:
    said(me.post("drafts/send", create(me, letter(subject="Whole"))))
    assert len(ann.listed(q="subject:whole")) == 1


def test_a_new_message_in_the_body_is_what_is_sent(me: Caller, ann: Caller) -> None:
    draft = create(me)
    new = {"id": draft["id"], "message": {"raw": base64url(letter(subject="Other"))}}
    sent = said(me.post("drafts/send", new))
    assert me.listed() == [sent["id"]]
    assert len(ann.listed(q="subject:other")) == 1


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (UNFINISHED, "Recipient address required"),
        (letter(to="nobody"), "Invalid To header"),
        (letter().replace(b"few", b"f\0w"), "NUL"),
    ],
    ids=["nobody", "no address", "NUL"],
)
def test_a_refused_send_leaves_the_draft_as_it_was(me: Caller, raw: bytes, word: str) -> None:
    draft = create(me)
    for message in ({}, {"message": {"raw": base64url(raw)}}):
        code, _, _, text = refusal(me.post("drafts/send", {"id": draft["id"], **message}))
        assert code == 400
    assert word in text
    assert (
        me.said(f"drafts/{draft['id']}", format="minimal")["message"]["id"]
        == (draft["message"]["id"])
    )
    assert me.raw(draft["message"]["id"]) == UNFINISHED


def test_a_deleted_draft_does_not_pass_through_the_trash(me: Caller) -> None:
    draft = create(me)
    response = me.call("DELETE", f"drafts/{draft['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert me.listed(includeSpamTrash="true") == drafts_of(me, includeSpamTrash="true") == []
    assert refusal(me.call("DELETE", f"drafts/{draft['id']}"))[0] == 404


def test_a_draft_goes_with_its_message(calls: Callable[..., Caller]) -> None:
    full = calls(ME, "https://mail.google.com/")
    draft = create(full)
    full.call("DELETE", f"messages/{draft['message']['id']}")
    assert drafts_of(full) == []
    assert refusal(full.get(f"drafts/{draft['id']}"))[0] == 404


def test_drafts_are_listed_by_query_and_page(me: Caller) -> None:
    ids = [create(me, letter(subject=f"Number {n}"))["id"] for n in range(5)][::-1]
    me.sent(letter(subject="Number 3"))
    listing = me.said("drafts", maxResults=3)
    assert [draft["id"] for draft in listing["drafts"]] == ids[:3]
    assert all(set(draft["message"]) == {"id", "threadId"} for draft in listing["drafts"])
    rest = me.said("drafts", maxResults=3, pageToken=listing["nextPageToken"])
    assert [draft["id"] for draft in rest["drafts"]] == ids[3:]
    assert "nextPageToken" not in rest
    assert drafts_of(me, q="subject:3") == [ids[1]]
    assert me.said("drafts", q="subject:9") == {"resultSizeEstimate": 0}
    assert refusal(me.get("messages", pageToken=listing["nextPageToken"]))[0] == 400


def test_a_trashed_draft_is_listed_when_asked_for(me: Caller) -> None:
    draft = create(me)
    me.post(f"messages/{draft['message']['id']}/trash")
    assert drafts_of(me) == []
    assert drafts_of(me, includeSpamTrash="true") == drafts_of(me, q="in:trash") == [draft["id"]]


def test_mail_that_is_put_into_drafts_is_a_draft(sandbox: Sandbox, me: Caller) -> None:
    id = sandbox.mail.put(ME, letter(), labels=("DRAFT",))
    [draft] = me.said("drafts")["drafts"]
    assert draft["message"]["id"] == id


def test_an_import_is_no_second_copy_of_a_draft(me: Caller) -> None:
    raw = letter(sender=ME, more=[("Message-ID", "<own@example.com>")])
    draft = create(me, raw)
    body = {"raw": base64url(raw), "labelIds": ["INBOX"]}
    imported = said(me.post("messages/import", body))
    assert imported["id"] != draft["message"]["id"]
    assert me.labels(draft["message"]["id"]) == ["DRAFT"]


def test_a_draft_joins_a_thread_by_the_three_conditions_and_is_sent_in_it(
    me: Caller, ann: Caller
) -> None:
    ann.sent(letter(to=ME, subject="Plan"))
    [parent] = me.listed()
    draft = create(me, reply(me, parent), threadId=parent)
    assert draft["message"]["threadId"] == parent
    again = update(me, draft["id"], reply(me, parent), threadId=parent)
    assert again["message"]["threadId"] == parent
    assert len(me.said(f"threads/{parent}")["messages"]) == 2
    sent = said(me.post("drafts/send", {"id": draft["id"]}))
    assert [m["id"] for m in me.said(f"threads/{parent}")["messages"]] == [parent, sent["id"]]


@pytest.mark.parametrize("missing", ["subject", "headers", "thread id"])
def test_a_condition_that_is_missing_leaves_a_draft_alone(
    me: Caller, ann: Caller, missing: str
) -> None:
    ann.sent(letter(to=ME, subject="Plan"))
    [parent] = me.listed()
    raw = reply(me, parent, subject="Re: Other" if missing == "subject" else "Re: Plan")
    if missing == "headers":
        raw = letter(subject="Re: Plan")
    asked = {} if missing == "thread id" else {"threadId": parent}
    draft = create(me, raw, **asked)
    assert draft["message"]["threadId"] == draft["message"]["id"]
    sent = said(me.post("drafts/send", {"id": draft["id"]}))
    assert sent["threadId"] != parent


def test_an_update_leaves_the_thread_unless_it_is_named_again(me: Caller, ann: Caller) -> None:
    ann.sent(letter(to=ME, subject="Plan"))
    [parent] = me.listed()
    draft = create(me, reply(me, parent), threadId=parent)
    new = update(me, draft["id"], reply(me, parent))
    assert new["message"]["threadId"] == new["message"]["id"]
    alone = new["message"]["threadId"]
    assert update(me, draft["id"], letter(), threadId=alone)["message"]["threadId"] == alone


@pytest.mark.parametrize(("thread", "code"), [("1a2b3c4d5e6f7081", 404), ("xyz", 400)])
def test_a_thread_that_is_not_there_refuses_the_draft(me: Caller, thread: str, code: int) -> None:
    body = {"message": {"raw": base64url(UNFINISHED), "threadId": thread}}
    assert refusal(me.post("drafts", body))[0] == code
    draft = create(me)
    assert refusal(me.call("PUT", f"drafts/{draft['id']}", json=body))[0] == code
    assert me.listed() == [draft["message"]["id"]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": {}},
        {"message": {"raw": ""}},
        {"message": {"raw": "a+b="}},
        {"raw": "eA"},
        {"message": "x"},
    ],
    ids=["nothing", "empty", "no raw", "base64", "misplaced", "no message"],
)
def test_a_draft_needs_a_message(me: Caller, body: dict[str, object]) -> None:
    draft = create(me)
    for verb, path in (("POST", "drafts"), ("PUT", f"drafts/{draft['id']}")):
        assert refusal(me.call(verb, path, json=body))[0] == 400
    assert me.listed() == [draft["message"]["id"]]


def test_names_that_are_no_draft_are_refused(me: Caller) -> None:
    draft = create(me)
    body = {"message": {"raw": base64url(UNFINISHED)}}
    for verb in ("GET", "PUT", "DELETE"):
        said_too = body if verb == "PUT" else None
        response = me.call(verb, f"drafts/{draft['message']['id']}", json=said_too)
        assert refusal(response)[0] == 404
    assert refusal(me.post("drafts/send", body))[0] == 400
    other = me.call("PUT", f"drafts/{draft['id']}", json={"id": "r1", **body})
    assert refusal(other)[0] == 400
    assert refusal(me.get(f"drafts/{draft['id']}", format="all"))[0] == 400


def test_a_draft_of_somebody_else_is_nobodys(me: Caller, ann: Caller) -> None:
    draft = create(me)
    assert refusal(ann.get(f"drafts/{draft['id']}"))[0] == 404
    assert refusal(ann.post("drafts/send", {"id": draft["id"]}))[0] == 404


@pytest.mark.parametrize("scope", ["gmail.send", "gmail.metadata", "gmail.insert"])
def test_scopes_for_other_work_reach_no_draft(
    calls: Callable[..., Caller], me: Caller, scope: str
) -> None:
    draft = create(me)
    response = calls(ME, scope).post("drafts/send", {"id": draft["id"]})
    assert refusal(response)[:2] == (403, "insufficientPermissions")
    assert refusal(calls(ME, "gmail.readonly").call("DELETE", f"drafts/{draft['id']}"))[0] == 403
    assert drafts_of(me) == [draft["id"]]


def test_a_restart_keeps_drafts(tmp_path: Any) -> None:
    file = tmp_path / "state.sqlite3"
    with Sandbox(file, sample=False) as sandbox:
        caller = Caller(sandbox.url, sandbox.issue_token(ME, ["gmail.modify"]))
        draft = create(caller)
        caller.close()
    with Sandbox(file, sample=False) as sandbox:
        caller = Caller(sandbox.url, sandbox.issue_token(ME, ["gmail.modify"]))
        assert drafts_of(caller) == [draft["id"]]
        caller.close()
