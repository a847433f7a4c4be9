"""Google's own unmodified library drives threads, drafts, history, watch and batches."""

from __future__ import annotations

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from google_library import check, discovery, status_of
from sandbox_caller import ANN, ME, base64url, letter

pytest.importorskip("googleapiclient")
SCHEMAS = discovery()["schemas"]
TOPIC = {"topicName": "projects/gmailkit-sandbox/topics/mail"}


def media(raw: bytes, *, resumable: bool) -> Any:
    from googleapiclient.http import MediaIoBaseUpload

    return MediaIoBaseUpload(
        BytesIO(raw), "message/rfc822", chunksize=256 * 1024, resumable=resumable
    )


def test_a_thread_is_changed_and_deleted_with_the_library(sandbox: Sandbox, users: Any) -> None:
    ids = [sandbox.mail.put(ME, letter(sender=ANN), thread="x") for _ in range(2)]
    threads, me = users.threads(), {"userId": "me", "id": ids[0]}
    listed = threads.list(userId="me", q="from:ann", labelIds=["INBOX"]).execute()
    check("ListThreadsResponse", listed, SCHEMAS)
    assert [thread["id"] for thread in listed["threads"]] == [ids[0]]
    changed = threads.modify(**me, body={"addLabelIds": ["STARRED"]}).execute()
    check("Thread", changed, SCHEMAS)
    assert threads.trash(**me).execute()["messages"][1]["labelIds"] == ["TRASH", "STARRED"]
    assert threads.untrash(**me).execute()["id"] == ids[0]
    for format in ("full", "metadata", "minimal"):
        got = threads.get(**me, format=format, metadataHeaders=["From"]).execute()
        check("Thread", got, SCHEMAS)
        assert [message["labelIds"] for message in got["messages"]] == [["STARRED"]] * 2
    assert threads.delete(**me).execute() == ""
    assert status_of(threads.get(**me)) == (404, "Requested entity was not found.")


@pytest.mark.parametrize("resumable", [False, True], ids=["multipart", "resumable"])
def test_a_draft_is_uploaded_replaced_and_sent_with_the_library(
    sandbox: Sandbox, users: Any, users_of: Callable[..., Any], resumable: bool
) -> None:
    bodies = [f"{word}\r\n" * 60_000 for word in ("first", "second", "third")]
    first, second, third = (media(letter(body=b), resumable=resumable) for b in bodies)
    drafts = users.drafts()
    sandbox.mail.put(ME, letter(sender=ANN, more=[("Message-ID", "<a@b.example>")]))

    made = drafts.create(userId="me", body={}, media_body=first).execute()
    check("Draft", made, SCHEMAS)
    id, ids = made["id"], [made["message"]["id"]]
    new = drafts.update(userId="me", id=id, body={"id": id}, media_body=second).execute()
    ids.append(new["message"]["id"])
    assert new["id"] == id
    got = drafts.get(userId="me", id=id, format="raw").execute()
    check("Draft", got, SCHEMAS)
    assert base64.urlsafe_b64decode(got["message"]["raw"]) == letter(body=bodies[1])
    sent = drafts.send(userId="me", body={"id": id}, media_body=third).execute()
    check("Message", sent, SCHEMAS)
    assert sent["labelIds"] == ["SENT"]
    assert len({*ids, sent["id"]}) == 3
    assert status_of(drafts.get(userId="me", id=id))[0] == 404

    hers = users_of(ANN, "gmail.readonly")
    [hit] = hers.messages().list(userId="me", q="third").execute()["messages"]
    arrived = sandbox.mail.raw(ANN, hit["id"])
    assert arrived.partition(b"\r\n\r\n")[2] == letter(body=bodies[2]).partition(b"\r\n\r\n")[2]


def test_an_uploaded_draft_joins_a_thread(sandbox: Sandbox, users: Any) -> None:
    parent = "<a@b.example>"
    id = sandbox.mail.put(ME, letter(sender=ANN, more=[("Message-ID", parent)]))
    raw = letter(subject="Re: Hello", more=[("References", parent), ("In-Reply-To", parent)])
    for resumable in (False, True):
        made = (
            users.drafts()
            .create(
                userId="me",
                body={"message": {"threadId": id}},
                media_body=media(raw, resumable=resumable),
            )
            .execute()
        )
        assert made["message"]["threadId"] == id
    assert len(users.threads().get(userId="me", id=id).execute()["messages"]) == 3


def test_drafts_are_listed_and_deleted_with_the_library(users: Any) -> None:
    drafts = users.drafts()
    for n in range(5):
        raw = base64url(letter(subject=f"Number {n}"))
        drafts.create(userId="me", body={"message": {"raw": raw}}).execute()
    request, found = drafts.list(userId="me", maxResults=2), []
    while request is not None:
        page = request.execute()
        check("ListDraftsResponse", page, SCHEMAS)
        found += [draft["id"] for draft in page["drafts"]]
        request = drafts.list_next(request, page)
    assert len(set(found)) == 5
    assert drafts.delete(userId="me", id=found[0]).execute() == ""
    assert len(drafts.list(userId="me", q="subject:number").execute()["drafts"]) == 4
    assert status_of(drafts.send(userId="me", body={"id": found[0]}))[0] == 404


def test_history_is_paged_with_the_library(sandbox: Sandbox, users: Any) -> None:
    start = users.getProfile(userId="me").execute()["historyId"]
    id = sandbox.mail.put(ME, letter(), labels=("INBOX",))
    users.messages().modify(userId="me", id=id, body={"addLabelIds": ["STARRED"]}).execute()
    users.messages().trash(userId="me", id=id).execute()
    users.messages().delete(userId="me", id=id).execute()
    request = users.history().list(userId="me", startHistoryId=start, maxResults=2)
    kinds: list[str] = []
    while request is not None:
        page = request.execute()
        check("ListHistoryResponse", page, SCHEMAS)
        for record in page["history"]:
            kinds += set(record) - {"id", "messages"}
        request = users.history().list_next(request, page)
    assert kinds == [
        *("messagesAdded", "labelsAdded", "labelsAdded", "labelsRemoved", "messagesDeleted")
    ]
    sandbox.mail.expire_history(ME)
    assert status_of(users.history().list(userId="me", startHistoryId=start))[0] == 404


def test_a_mailbox_is_watched_with_the_library(sandbox: Sandbox, users: Any) -> None:
    said = users.watch(userId="me", body=TOPIC | {"labelIds": ["INBOX"]}).execute()
    check("WatchResponse", said, SCHEMAS)
    assert sandbox.mail.notifications(ME) == [
        {"emailAddress": ME, "historyId": int(said["historyId"])}
    ]
    assert users.stop(userId="me").execute() == ""
    assert status_of(users.watch(userId="me", body={"topicName": "mail"}))[0] == 400


def test_the_librarys_batch(sandbox: Sandbox, service_of: Callable[..., Any], users: Any) -> None:
    from googleapiclient.errors import HttpError

    ids = [sandbox.mail.put(ME, letter(subject=f"Number {n}")) for n in range(20)]
    answers: dict[str, Any] = {}

    def take(id: str, answer: Any, error: Any) -> None:
        answers[id] = error or answer

    batch = service_of().new_batch_http_request(callback=take)
    for id in ids:
        batch.add(users.messages().get(userId="me", id=id, format="metadata"), request_id=id)
    batch.add(users.messages().get(userId="me", id="abc"), request_id="gone")
    batch.add(users.labels().create(userId="me", body={"name": "Wörk"}), request_id="label")
    gone = users.messages().delete(userId="me", id=sandbox.mail.put(ME, letter()))
    batch.add(gone, request_id="deleted")
    batch.execute()

    for n, id in enumerate(ids):
        check("Message", answers[id], SCHEMAS)
        subject = {"name": "Subject", "value": f"Number {n}"}
        assert answers[id]["id"] == id
        assert subject in answers[id]["payload"]["headers"]
    assert isinstance(answers["gone"], HttpError)
    assert answers["gone"].resp.status == 404
    assert answers["label"]["name"] == "Wörk"
    assert answers["deleted"] == ""
    assert sorted(sandbox.mail.ids(ME)) == sorted(ids)


def test_the_library_is_told_when_its_batch_is_too_large(
    service_of: Callable[..., Any], users: Any
) -> None:
    from googleapiclient.errors import BatchError, HttpError

    batch = service_of().new_batch_http_request()
    for _ in range(101):
        batch.add(users.labels().list(userId="me"))
    with pytest.raises((BatchError, HttpError), match="Inner request count exceeds the limit"):
        batch.execute()
