"""Google's own unmodified client library as referee of the wire form."""

from __future__ import annotations

import base64
from collections.abc import Callable
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import pytest

from discovery import google, methods
from gmailkit.sandbox import Sandbox
from google_library import status_of
from sandbox_caller import ANN, ME, Caller, letter


def message() -> EmailMessage:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = ANN, "Report"
    mail.set_content("Attached.")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="r.pdf")
    return mail


def test_a_day_with_the_library(users: Any, users_of: Callable[..., Any]) -> None:
    assert users.getProfile(userId="me").execute()["emailAddress"] == ME
    label = users.labels().create(userId="me", body={"name": "Work"}).execute()
    raw = base64.urlsafe_b64encode(message().as_bytes()).decode()
    sent = users.messages().send(userId="me", body={"raw": raw}).execute()
    assert sent["labelIds"] == ["SENT"]

    hers = users_of(ANN, "gmail.modify")
    found = hers.messages().list(userId="me", q="has:attachment filename:pdf").execute()
    [hit] = found["messages"]
    got = hers.messages().get(userId="me", id=hit["id"]).execute()
    [_, file] = got["payload"]["parts"]
    attachment = (
        hers.messages()
        .attachments()
        .get(userId="me", messageId=hit["id"], id=file["body"]["attachmentId"])
        .execute()
    )
    assert base64.urlsafe_b64decode(attachment["data"]) == b"%PDF"

    change = {"addLabelIds": [label["id"]], "removeLabelIds": []}
    users.messages().modify(userId="me", id=sent["id"], body=change).execute()
    batch = {"ids": [sent["id"]], "addLabelIds": ["STARRED"]}
    assert users.messages().batchModify(userId="me", body=batch).execute() == ""
    assert users.labels().get(userId="me", id=label["id"]).execute()["messagesTotal"] == 1
    users.messages().trash(userId="me", id=sent["id"]).execute()
    assert users.messages().list(userId="me").execute() == {"resultSizeEstimate": 0}
    users.messages().untrash(userId=ME, id=sent["id"]).execute()
    users.labels().patch(userId="me", id=label["id"], body={"name": "Job"}).execute()
    users.labels().update(userId="me", id=label["id"], body={"name": "Done"}).execute()
    assert users.labels().delete(userId="me", id=label["id"]).execute() == ""
    assert users.messages().delete(userId="me", id=sent["id"]).execute() == ""
    assert status_of(users.messages().get(userId="me", id=sent["id"]))[0] == 404


@pytest.mark.parametrize("resumable", [False, True], ids=["multipart", "resumable"])
@pytest.mark.parametrize("method", ["send", "insert", "import_"])
def test_uploads_of_the_library_arrive_byte_for_byte(
    sandbox: Sandbox, users: Any, method: str, resumable: bool
) -> None:
    from googleapiclient.http import MediaIoBaseUpload, MediaUpload

    raw = letter(sender=ME, body="line\r\n" * 60_000 + "Boundary-like --===\r\n\r\n")
    media: MediaUpload = MediaIoBaseUpload(
        BytesIO(raw), "message/rfc822", chunksize=256 * 1024, resumable=resumable
    )
    call = getattr(users.messages(), method)
    said = call(userId="me", body={"labelIds": ["STARRED"]}, media_body=media).execute()
    stored = sandbox.mail.raw(ME, said["id"])
    if method == "send":
        assert stored.partition(b"\r\n\r\n")[2] == raw.partition(b"\r\n\r\n")[2]
    else:
        assert stored == raw
        assert said["labelIds"] == ["STARRED"]


def test_a_media_upload_without_fields(users: Any) -> None:
    from googleapiclient.http import MediaIoBaseUpload

    media = MediaIoBaseUpload(BytesIO(letter()), "message/rfc822")
    assert users.messages().send(userId="me", media_body=media).execute()["labelIds"] == ["SENT"]


def test_the_library_pages(sandbox: Sandbox, users: Any) -> None:
    ids = {sandbox.mail.put(ME, letter()) for _ in range(7)}
    request = users.messages().list(userId="me", maxResults=3)
    found: list[str] = []
    while request is not None:
        answer = request.execute()
        found += [message["id"] for message in answer["messages"]]
        request = users.messages().list_next(request, answer)
    assert len(found) == 7
    assert set(found) == ids


def test_the_library_reads_the_refusals(users: Any, users_of: Callable[..., Any]) -> None:
    from googleapiclient.errors import HttpError

    reader = users_of(ME, "gmail.readonly")
    call = reader.labels().create(userId="me", body={"name": "x"})
    with pytest.raises(HttpError) as caught:
        call.execute()
    assert caught.value.resp.status == 403
    assert caught.value.error_details[0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert status_of(users.messages().get(userId="me", id="xyz")) == (400, "Invalid id value")
    assert status_of(users.getProfile(userId=ANN))[0] == 403
    users.labels().create(userId="me", body={"name": "Work"}).execute()
    twice = users.labels().create(userId="me", body={"name": "work"})
    assert status_of(twice) == (409, "Label name exists or conflicts")


def test_an_expired_token_is_refreshed_by_the_library(sandbox: Sandbox) -> None:
    from google.oauth2.credentials import Credentials
    from googleapiclient.discovery import build_from_document

    file: Any = sandbox.client_file()["installed"]
    scopes = ["https://www.googleapis.com/auth/gmail.modify"]
    user = sandbox.mail.users.get(ME)
    credentials = Credentials(
        token="stale",
        refresh_token=sandbox.mail.grants.new_refresh(user.n, scopes),
        token_uri=file["token_uri"],
        client_id=file["client_id"],
        client_secret=file["client_secret"],
        scopes=scopes,
    )
    document = google() | {"rootUrl": f"{sandbox.url}/", "baseUrl": f"{sandbox.url}/"}
    with build_from_document(document, credentials=credentials) as service:
        assert service.users().getProfile(userId="me").execute()["emailAddress"] == ME
    assert credentials.token != "stale"
    assert credentials.granted_scopes == scopes


def test_every_message_of_the_sample_fits_the_document_in_every_format() -> None:
    """It has every kind of message and label; `every_answer_fits` looks at the answers."""
    with Sandbox() as sandbox:
        me = Caller(sandbox.url, sandbox.issue_token(ME, ["gmail.modify"]))
        assert len(me.said("labels")["labels"]) > 20
        me.said("labels/Label_1")
        ids = me.listed(maxResults=500, includeSpamTrash="true")
        for place, id in enumerate(ids):
            me.said(f"messages/{id}", format=("full", "metadata", "minimal", "raw")[place % 4])
        me.close()


def test_the_sandbox_has_the_paths_and_uploads_of_the_discovery_document() -> None:
    from gmailkit.sandbox.routes import all_routes

    document = google()
    declared = dict(methods(document))
    assert sorted(route.name for route in all_routes()) == sorted(declared)
    for route in all_routes():
        method = declared[route.name]
        path = method["path"].removeprefix("gmail/v1/users/{userId}/")
        assert (route.verb, route.path) == (method["httpMethod"], path), route.name
        named = {"userId", *(s[1 : s.index("}")] for s in route.segments if s.startswith("{"))}
        assert named | set(route.params) == set(method["parameters"]), route.name
        assert set(route.scopes) == {s for s in method["scopes"] if "addons" not in s}, route.name
        size = int(method.get("mediaUpload", {}).get("maxSize", "0"))
        assert route.upload == size, route.name
        fields = document["schemas"].get(method.get("request", {}).get("$ref"), {})
        assert set(route.fields) == set(fields.get("properties", {})), route.name
