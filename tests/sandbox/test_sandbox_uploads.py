"""The three upload protocols."""

from __future__ import annotations

import json

import pytest
import requests

from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, Caller, base64url, letter, refusal

MAIL = {"Content-Type": "message/rfc822"}
CHUNK = 256 * 1024
BIG = letter(body="line\r\n" * 100_000)
OLD = letter(sender=ANN, to=ME)


def upload(caller: Caller, path: str, **more: object) -> requests.Response:
    return caller.call("POST", path, prefix="/upload", **more)


@pytest.mark.parametrize("prefix", ["/upload", "/resumable/upload"])
def test_media_is_the_message_alone(me: Caller, ann: Caller, prefix: str) -> None:
    response = me.call(
        "POST",
        "messages/send",
        prefix=prefix,
        params={"uploadType": "media"},
        data=BIG,
        headers=MAIL,
    )
    assert response.json()["labelIds"] == ["SENT"]
    [id] = ann.listed()
    assert ann.raw(id).endswith(BIG.partition(b"\r\n\r\n")[2])


def related(
    message: bytes, metadata: object, *, line: bytes = b"\r\n", kind: str = "message/rfc822"
) -> tuple[bytes, dict[str, str]]:
    """A multipart/related body and its header."""
    lines = [
        b"--=bound=",
        b"Content-Type: application/json; charset=UTF-8",
        b"",
        json.dumps(metadata).encode(),
        b"--=bound=",
        f"Content-Type: {kind}".encode(),
        b"Content-Transfer-Encoding: binary",
        b"",
        message,
        b"--=bound=--",
        b"",
    ]
    return line.join(lines), {"Content-Type": 'multipart/related; boundary="=bound="'}


@pytest.mark.parametrize("line", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
@pytest.mark.parametrize(
    "message",
    [OLD, OLD + b"\r\n\r\n", OLD.rstrip(), OLD + b"--=bound", OLD + b"\n\n"],
    ids=["plain", "blank lines at the end", "no line end", "half a delimiter", "LF at the end"],
)
def test_multipart_carries_fields_and_every_byte(
    sandbox: Sandbox, me: Caller, line: bytes, message: bytes
) -> None:
    sandbox.mail.put(ME, letter(), labels=("Work",))
    body, headers = related(message, {"labelIds": ["INBOX", "Label_1"]}, line=line)
    params = {"uploadType": "multipart"}
    response = upload(me, "messages", data=body, headers=headers, params=params)
    assert response.status_code == 200, response.text
    said = response.json()
    assert said["labelIds"] == ["INBOX", "Label_1"]
    assert me.raw(said["id"]) == message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        related(OLD, {"labels": []}),
        related(OLD, []),
        related(OLD, {}, kind="text/plain"),
        (related(OLD, {})[0], {"Content-Type": "multipart/related; boundary=other"}),
        (related(OLD, {})[0], {"Content-Type": "multipart/mixed; boundary==bound="}),
        (b"", {"Content-Type": "multipart/related; boundary=x"}),
        (b"--x\r\n\r\n--x--", {"Content-Type": "multipart/related; boundary=x"}),
        (related(OLD, {})[0].replace(b"application/json", b"text/plain"), related(b"", {})[1]),
    ],
    ids=["field", "list", "media", "boundary", "mixed", "empty", "one part", "no json"],
)
def test_a_malformed_multipart_is_refused(me: Caller, body: bytes, headers: dict[str, str]) -> None:
    params = {"uploadType": "multipart"}
    response = upload(me, "messages", data=body, headers=headers, params=params)
    assert refusal(response)[0] == 400
    assert me.listed() == []


@pytest.mark.parametrize("kind", ["text/plain", "application/json", ""])
def test_only_mail_is_taken(me: Caller, kind: str) -> None:
    response = upload(me, "messages/send", data=letter(), headers={"Content-Type": kind})
    assert refusal(response)[1] == "badContent"


def test_mail_is_not_taken_at_the_plain_address(me: Caller) -> None:
    response = me.call("POST", "messages/send", data=letter(), headers=MAIL)
    assert refusal(response)[0] == 400


def test_an_unknown_upload_type_is_refused(me: Caller) -> None:
    response = upload(
        me, "messages/send", data=letter(), headers=MAIL, params={"uploadType": "carrier"}
    )
    assert refusal(response)[0] == 400


def test_uploads_ask_for_the_same_scopes(sandbox: Sandbox, calls: object) -> None:
    caller = Caller(sandbox.url, sandbox.issue_token(ME, ["gmail.readonly"]))
    response = upload(caller, "messages/send", data=letter(), headers=MAIL)
    assert refusal(response)[:2] == (403, "insufficientPermissions")
    caller.close()


def begin(caller: Caller, size: int | None, path: str = "messages", **metadata: object) -> str:
    headers = {"X-Upload-Content-Type": "message/rfc822"}
    if size is not None:
        headers["X-Upload-Content-Length"] = str(size)
    response = upload(
        caller, path, json=metadata, headers=headers, params={"uploadType": "resumable"}
    )
    assert response.status_code == 200, response.text
    assert response.content == b""
    return response.headers["Location"]


def chunk(caller: Caller, session: str, part: bytes, said: str) -> requests.Response:
    headers = {"Content-Range": said} if said else {}
    return caller.session.put(session, data=part, headers=headers, timeout=30)


def test_resumable_in_chunks(me: Caller) -> None:
    raw = letter(sender=ANN, body="line\r\n" * 100_000)
    session = begin(me, len(raw), labelIds=["INBOX"])
    for start in range(0, len(raw), CHUNK):
        part = raw[start : start + CHUNK]
        end = start + len(part)
        response = chunk(me, session, part, f"bytes {start}-{end - 1}/{len(raw)}")
        if end < len(raw):
            assert response.status_code == 308
            assert response.headers["Range"] == f"bytes=0-{end - 1}"
    assert response.json()["labelIds"] == ["INBOX"]
    assert me.raw(response.json()["id"]) == raw


def test_resumable_at_once(me: Caller, ann: Caller) -> None:
    session = begin(me, len(BIG), "messages/send")
    assert chunk(me, session, BIG, "").json()["labelIds"] == ["SENT"]
    assert len(ann.listed()) == 1


def test_an_upload_of_unknown_length(me: Caller) -> None:
    session = begin(me, None)
    first = chunk(me, session, OLD + b"x" * (CHUNK - len(OLD)), f"bytes 0-{CHUNK - 1}/*")
    assert first.status_code == 308
    last = chunk(me, session, b"end", f"bytes {CHUNK}-{CHUNK + 2}/{CHUNK + 3}")
    assert me.raw(last.json()["id"]).endswith(b"xend")


def test_an_interrupted_upload_tells_where_to_go_on(me: Caller) -> None:
    session = begin(me, len(BIG), "messages/send")
    assert "Range" not in chunk(me, session, b"", f"bytes */{len(BIG)}").headers
    chunk(me, session, BIG[:CHUNK], f"bytes 0-{CHUNK - 1}/{len(BIG)}")
    asked = chunk(me, session, b"", f"bytes */{len(BIG)}")
    assert (asked.status_code, asked.headers["Range"]) == (308, f"bytes=0-{CHUNK - 1}")
    rest = chunk(me, session, BIG[CHUNK:], f"bytes {CHUNK}-{len(BIG) - 1}/{len(BIG)}")
    assert rest.status_code == 200


def test_a_lost_last_answer_can_be_asked_for_without_sending_twice(
    sandbox: Sandbox, me: Caller, ann: Caller
) -> None:
    session = begin(me, len(BIG), "messages/send")
    sandbox.faults.next(0, when="after", method="messages.send")
    with pytest.raises(requests.ConnectionError):
        chunk(me, session, BIG, "")
    asked = chunk(me, session, b"", f"bytes */{len(BIG)}")
    assert asked.json()["labelIds"] == ["SENT"]
    assert len(ann.listed()) == 1


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (b"x" * 1000, "bytes 0-999/5000"),
        (b"x" * CHUNK, f"bytes 0-{CHUNK}/{CHUNK * 4}"),
        (b"x" * CHUNK, f"bytes 10-{CHUNK + 9}/{CHUNK * 4}"),
        (b"x" * CHUNK, f"bytes 0-{CHUNK - 1}/{CHUNK * 5}"),
        (b"x" * CHUNK * 5, f"bytes 0-{CHUNK * 5 - 1}/*"),
        (b"x", "from the start"),
    ],
    ids=["odd size", "wrong end", "gap", "other total", "too much", "no range"],
)
def test_a_chunk_that_does_not_fit_is_refused(me: Caller, part: bytes, said: str) -> None:
    session = begin(me, CHUNK * 4)
    assert refusal(chunk(me, session, part, said))[0] == 400
    assert chunk(me, session, b"", "bytes */*").status_code == 308


def test_a_session_is_its_owners_and_its_addresss(me: Caller, ann: Caller) -> None:
    session = begin(me, 10)
    assert chunk(ann, session, b"x" * 10, "").status_code == 404
    elsewhere = session.replace("/messages?", "/messages/send?")
    assert chunk(me, elsewhere, b"x" * 10, "").status_code == 404
    assert chunk(me, session + "x", b"x" * 10, "").status_code == 404


def test_a_session_that_begins_wrong_is_refused_at_once(me: Caller) -> None:
    params = {"uploadType": "resumable"}
    for headers, body, code in (
        ({"X-Upload-Content-Type": "text/plain"}, {}, 400),
        ({"X-Upload-Content-Length": "157286401"}, {}, 413),
        ({}, {"label": "x"}, 400),
    ):
        response = upload(me, "messages", json=body, headers=headers, params=params)
        assert refusal(response)[0] == code


def test_a_json_message_is_sent_the_same(me: Caller, ann: Caller) -> None:
    assert me.post("messages/send", {"raw": base64url(BIG)}).status_code == 200
    assert len(ann.listed()) == 1
