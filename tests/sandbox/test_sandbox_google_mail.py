"""Google's own unmodified library drives threads, drafts, history, watch and batches."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import pytest

from discovery import google, methods
from gmailkit.sandbox import Sandbox
from google_library import Driver, status_of
from sandbox_caller import ANN, ME, base64url, letter, unbase64url

TOPIC = {"topicName": "projects/gmailkit-sandbox/topics/mail"}


def media(raw: bytes, *, resumable: bool) -> Any:
    from googleapiclient.http import MediaIoBaseUpload

    return MediaIoBaseUpload(
        BytesIO(raw), "message/rfc822", chunksize=256 * 1024, resumable=resumable
    )


@pytest.fixture
def drive(sandbox: Sandbox) -> Iterator[Driver]:
    driver = Driver(sandbox, "https://mail.google.com/")
    yield driver
    driver.close()


def test_the_library_drives_every_mail_method(sandbox: Sandbox, drive: Driver) -> None:
    start = drive("getProfile")["historyId"]
    drive_labels(drive)
    drive_messages(drive)
    drive_attachments(drive)
    drive_threads(sandbox, drive)
    drive_drafts(drive)
    drive_history(drive, start)
    drive_watch(sandbox, drive)
    mail = {name for name, _ in methods(google()) if not name.startswith("settings.")}
    assert drive.driven == mail


def drive_labels(drive: Driver) -> None:
    color = {"backgroundColor": "#16a766", "textColor": "#ffffff"}
    made = drive("labels.create", body={"name": "Wörk", "color": color})
    id = made["id"]
    counts = ("messagesTotal", "messagesUnread", "threadsTotal", "threadsUnread")
    assert drive("labels.get", id=id) == made | dict.fromkeys(counts, 0)
    twice = drive.refusal("labels.create", body={"name": "wÖrk"})
    assert twice == (409, "Label name exists or conflicts")
    assert drive("labels.patch", id=id, body={"name": "Job"})["color"] == color
    replaced = drive("labels.update", id=id, body={"name": "Job"})
    assert "color" not in replaced
    assert drive("labels.list")["labels"][-1] == replaced
    drive("labels.delete", id=id)
    assert drive.refusal("labels.get", id=id) == (404, "Requested entity was not found.")


def drive_messages(drive: Driver) -> None:
    work = drive("labels.create", body={"name": "Work"})["id"]
    raw = base64url(letter(sender=ANN, more=[("Message-ID", "<one@b.example>")]))
    [one, two] = (drive(f"messages.{way}", body={"raw": raw}) for way in ("insert", "import"))
    assert one["id"] == two["id"]
    id = one["id"]
    for format in ("minimal", "metadata", "full", "raw"):
        got = drive("messages.get", id=id, format=format)
        assert got["threadId"] == one["threadId"]
    assert drive("messages.modify", id=id, body={"addLabelIds": [work]})["labelIds"] == [work]
    drive("messages.batchModify", body={"ids": [id], "addLabelIds": ["STARRED"]})
    refused = drive.refusal("messages.modify", id=id, body={"addLabelIds": ["Work"]})
    assert refused == (400, "Invalid label: Work")
    assert drive("messages.trash", id=id)["labelIds"] == ["TRASH", "STARRED", work]
    assert drive("messages.list", labelIds=[work]) == {"resultSizeEstimate": 0}
    assert drive("messages.untrash", id=id)["labelIds"] == ["STARRED", work]
    assert [m["id"] for m in drive("messages.list", labelIds=["STARRED", work])["messages"]] == [id]
    drive("messages.delete", id=id)
    assert drive.refusal("messages.get", id=id)[0] == 404
    others = [drive("messages.insert", body={"raw": raw})["id"] for _ in range(3)]
    listed = drive.pages("messages.list", "messages", maxResults=2)
    assert {m["id"] for m in listed} == set(others)
    drive("messages.batchDelete", body={"ids": others})
    assert drive("messages.list") == {"resultSizeEstimate": 0}


def drive_attachments(drive: Driver) -> None:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = ME, "Report"
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="r.pdf")
    sent = drive("messages.send", body={"raw": base64url(mail.as_bytes())})
    assert sent["labelIds"] == ["SENT", "INBOX", "UNREAD"]
    [part] = drive("messages.get", id=sent["id"])["payload"]["parts"]
    where = {"messageId": sent["id"], "id": part["body"]["attachmentId"]}
    assert unbase64url(drive("messages.attachments.get", **where)["data"]) == b"%PDF"
    refused = drive.refusal("messages.attachments.get", messageId=sent["id"], id="made-up")
    assert refused == (400, "Invalid attachment token")


def drive_threads(sandbox: Sandbox, drive: Driver) -> None:
    id, _ = (sandbox.mail.put(ME, letter(sender=ANN), thread="x") for _ in range(2))
    [listed] = drive("threads.list", q="from:ann", labelIds=["INBOX"])["threads"]
    assert listed["id"] == id
    drive("threads.modify", id=id, body={"addLabelIds": ["STARRED"]})
    trashed = drive("threads.trash", id=id)
    assert [message["labelIds"] for message in trashed["messages"]] == [["TRASH", "STARRED"]] * 2
    assert drive("threads.untrash", id=id)["id"] == id
    for format in ("full", "metadata", "minimal"):
        got = drive("threads.get", id=id, format=format, metadataHeaders=["From"])
        assert [message["labelIds"] for message in got["messages"]] == [["STARRED"]] * 2
    drive("threads.delete", id=id)
    assert drive.refusal("threads.get", id=id) == (404, "Requested entity was not found.")


def drive_drafts(drive: Driver) -> None:
    raws = [base64url(letter(subject=f"Number {n}")) for n in range(5)]
    ids = [drive("drafts.create", body={"message": {"raw": raw}})["id"] for raw in raws]
    listed = drive.pages("drafts.list", "drafts", maxResults=2)
    assert {draft["id"] for draft in listed} == set(ids)
    old = drive("drafts.get", id=ids[0], format="minimal")["message"]
    new = drive("drafts.update", id=ids[0], body={"message": {"raw": raws[1]}})
    assert new["message"]["id"] != old["id"]
    assert len(drive("drafts.list", q="subject:number")["drafts"]) == 5
    assert drive("drafts.send", body={"id": ids[0]})["labelIds"] == ["SENT"]
    assert drive.refusal("drafts.send", body={"id": ids[0]})[0] == 404
    drive("drafts.delete", id=ids[1])
    assert drive.refusal("drafts.get", id=ids[1])[0] == 404


def drive_history(drive: Driver, start: str) -> None:
    records = drive.pages("history.list", "history", startHistoryId=start, maxResults=7)
    kinds = {kind for record in records for kind in record} - {"id", "messages"}
    assert kinds == {"messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved"}
    assert drive.refusal("history.list", startHistoryId="1")[0] == 404


def drive_watch(sandbox: Sandbox, drive: Driver) -> None:
    said = drive("watch", body=TOPIC | {"labelIds": ["INBOX"]})
    told = {"emailAddress": ME, "historyId": int(said["historyId"])}
    assert sandbox.mail.notifications(ME) == [told]
    drive("stop")
    sandbox.deliver(ME, letter(sender=ANN))
    assert sandbox.mail.notifications(ME) == [told]
    assert drive.refusal("watch", body={"topicName": "mail"})[0] == 400


@pytest.mark.parametrize("resumable", [False, True], ids=["multipart", "resumable"])
def test_a_draft_is_uploaded_replaced_and_sent_with_the_library(
    sandbox: Sandbox, users: Any, users_of: Callable[..., Any], resumable: bool
) -> None:
    bodies = [f"{word}\r\n" * 60_000 for word in ("first", "second", "third")]
    first, second, third = (media(letter(body=b), resumable=resumable) for b in bodies)
    drafts = users.drafts()
    sandbox.mail.put(ME, letter(sender=ANN, more=[("Message-ID", "<a@b.example>")]))

    made = drafts.create(userId="me", body={}, media_body=first).execute()
    id, ids = made["id"], [made["message"]["id"]]
    new = drafts.update(userId="me", id=id, body={"id": id}, media_body=second).execute()
    ids.append(new["message"]["id"])
    assert new["id"] == id
    got = drafts.get(userId="me", id=id, format="raw").execute()
    assert base64.urlsafe_b64decode(got["message"]["raw"]) == letter(body=bodies[1])
    sent = drafts.send(userId="me", body={"id": id}, media_body=third).execute()
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
