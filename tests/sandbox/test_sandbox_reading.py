"""messages.get in its four formats, and attachments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, Caller, letter, refusal, unbase64url

NOON = datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)

MIXED = b"""\
Received: one
Received: two
From: =?utf-8?q?J=C3=B6rg?= <joerg@example.com>
To: me@example.com
Subject: A long
 folded\tsubject
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe & <tags> "quoted" it's
--inner
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGI+R3LDvMOfZTwvYj4=
--inner--
--outer
Content-Type: image/png; name="dot.png"
Content-Disposition: inline
Content-ID: <dot>
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--outer
Content-Type: text/plain
Content-Disposition: attachment; filename*=utf-8''%C3%BCber.txt

a named text
--outer
Content-Type: application/pdf

no name
--outer--
epilogue
""".replace(b"\n", b"\r\n")


@pytest.fixture
def mixed(sandbox: Sandbox) -> str:
    return sandbox.mail.put(ME, MIXED, labels=("INBOX", "UNREAD", "Work"), date=NOON)


def test_minimal_has_no_payload(sandbox: Sandbox, me: Caller, mixed: str) -> None:
    said = me.said(f"messages/{mixed}", format="minimal")
    assert set(said) == {
        *("id", "threadId", "labelIds", "snippet", "historyId", "internalDate", "sizeEstimate")
    }
    assert said["id"] == said["threadId"] == mixed
    assert said["labelIds"] == ["INBOX", "UNREAD", "Label_1"]
    assert said["internalDate"] == "1772366400123"
    assert said["historyId"].isdecimal()


def test_the_size_estimate_is_near_and_not_exact(me: Caller, mixed: str) -> None:
    estimate = me.said(f"messages/{mixed}", format="minimal")["sizeEstimate"]
    assert estimate != len(MIXED)
    assert abs(estimate - len(MIXED)) < 0.1 * len(MIXED)


def test_the_snippet_is_escaped_text(me: Caller, mixed: str) -> None:
    said = me.said(f"messages/{mixed}", format="minimal")
    assert said["snippet"] == "Grüße &amp; &lt;tags&gt; &quot;quoted&quot; it&#39;s"


def test_a_message_without_labels_has_no_label_ids(sandbox: Sandbox, me: Caller) -> None:
    id = sandbox.mail.put(ME, letter(), labels=())
    assert "labelIds" not in me.said(f"messages/{id}")


def test_metadata_has_headers_unfolded_and_no_parts(me: Caller, mixed: str) -> None:
    payload = me.said(f"messages/{mixed}", format="metadata")["payload"]
    assert set(payload) == {"headers", "mimeType"}
    assert payload["mimeType"] == "multipart/mixed"
    assert [h["value"] for h in payload["headers"] if h["name"] == "Received"] == ["one", "two"]
    assert {"name": "Subject", "value": "A long folded\tsubject"} in payload["headers"]
    assert payload["headers"][2]["value"] == "=?utf-8?q?J=C3=B6rg?= <joerg@example.com>"


def test_metadata_headers_choose_in_any_case(me: Caller, mixed: str) -> None:
    payload = me.said(
        f"messages/{mixed}", format="metadata", metadataHeaders=["SUBJECT", "from", "X-None"]
    )["payload"]
    assert [header["name"] for header in payload["headers"]] == ["From", "Subject"]
    none = me.said(f"messages/{mixed}", format="metadata", metadataHeaders="X-None")
    assert none["payload"] == {"mimeType": "multipart/mixed"}


def parts_of(part: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {part["partId"]: part}
    for inner in part.get("parts", []):
        found |= parts_of(inner)
    return found


def test_full_is_the_numbered_tree(me: Caller, mixed: str) -> None:
    for params in ({}, {"format": "full"}):
        parts = parts_of(me.said(f"messages/{mixed}", **params)["payload"])
        assert {id: part["mimeType"] for id, part in parts.items()} == {
            "": "multipart/mixed",
            "0": "multipart/alternative",
            "0.0": "text/plain",
            "0.1": "text/html",
            "1": "image/png",
            "2": "text/plain",
            "3": "application/pdf",
        }
    assert [part["filename"] for part in parts.values()] == [
        *("", "", "", "", "dot.png", "über.txt", "")
    ]
    assert parts[""]["body"] == parts["0"]["body"] == {"size": 0}


def test_text_arrives_decoded_and_as_utf8_whatever_its_header_says(me: Caller, mixed: str) -> None:
    parts = parts_of(me.said(f"messages/{mixed}")["payload"])
    plain = parts["0.0"]["body"]
    assert unbase64url(plain["data"]).decode() == 'Grüße & <tags> "quoted" it\'s'
    assert plain["size"] == len('Grüße & <tags> "quoted" it\'s'.encode())
    assert {"name": "Content-Type", "value": "text/plain; charset=iso-8859-1"} in parts["0.0"][
        "headers"
    ]
    assert unbase64url(parts["0.1"]["body"]["data"]).decode() == "<b>Grüße</b>"


@pytest.mark.parametrize(
    ("part", "content"),
    [("1", b"\x89PNG\r\n\x1a\n"), ("2", b"a named text"), ("3", b"no name")],
    ids=["image", "named text", "nameless file"],
)
def test_files_carry_an_attachment_id_instead_of_data(
    me: Caller, mixed: str, part: str, content: bytes
) -> None:
    body = parts_of(me.said(f"messages/{mixed}")["payload"])[part]["body"]
    assert set(body) == {"attachmentId", "size"}
    assert body["size"] == len(content)
    got = me.said(f"messages/{mixed}/attachments/{body['attachmentId']}")
    assert unbase64url(got["data"]) == content
    assert got["size"] == len(content)
    assert "attachmentId" not in got


def attachment_id(caller: Caller, id: str) -> str:
    return str(parts_of(caller.said(f"messages/{id}")["payload"])["1"]["body"]["attachmentId"])


def test_attachment_ids_differ_on_each_read_and_all_resolve(me: Caller, mixed: str) -> None:
    first, second = attachment_id(me, mixed), attachment_id(me, mixed)
    assert first != second
    assert len(first) > 200
    datas = [me.said(f"messages/{mixed}/attachments/{id}")["data"] for id in (first, second)]
    assert datas[0] == datas[1]


def test_an_attachment_id_is_for_its_own_message(sandbox: Sandbox, me: Caller, mixed: str) -> None:
    other = sandbox.mail.put(ME, MIXED)
    id = attachment_id(me, mixed)
    assert refusal(me.get(f"messages/{other}/attachments/{id}"))[0] == 400
    assert refusal(me.get(f"messages/{mixed}/attachments/made-up"))[0] == 400
    assert refusal(me.get(f"messages/abc/attachments/{id}"))[0] == 404


def test_an_old_attachment_id_is_refused(timed: Sandbox, clock: FakeClock) -> None:
    id = timed.mail.put(ME, MIXED)
    caller = Caller(timed.url, timed.issue_token(ME, ["gmail.readonly"]))
    old = attachment_id(caller, id)
    clock.time += 3600
    caller.session.headers["Authorization"] = f"Bearer {timed.issue_token(ME, ['gmail.modify'])}"
    code, _, _, message = refusal(caller.get(f"messages/{id}/attachments/{old}"))
    assert (code, message) == (400, "Invalid attachment token")
    assert caller.get(f"messages/{id}/attachments/{attachment_id(caller, id)}").status_code == 200
    caller.close()


def test_a_very_large_text_is_handed_out_as_an_attachment(sandbox: Sandbox, me: Caller) -> None:
    id = sandbox.mail.put(ME, letter(body="x" * 1_000_001))
    body = me.said(f"messages/{id}")["payload"]["body"]
    assert set(body) == {"attachmentId", "size"}


def test_a_plain_message_is_one_part_with_data(sandbox: Sandbox, me: Caller) -> None:
    id = sandbox.mail.put(ME, letter(body="Hi"))
    payload = me.said(f"messages/{id}")["payload"]
    assert payload["partId"] == ""
    assert "parts" not in payload
    assert unbase64url(payload["body"]["data"]) == b"Hi\r\n"


def test_a_forwarded_message_is_a_file_with_its_own_parts(sandbox: Sandbox, me: Caller) -> None:
    raw = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: message/rfc822\r\n\r\n" + letter(sender=ANN, body="inner") + b"--b--\r\n"
    )
    id = sandbox.mail.put(ME, raw)
    parts = parts_of(me.said(f"messages/{id}")["payload"])
    assert parts["0"]["mimeType"] == "message/rfc822"
    assert unbase64url(parts["0.0"]["body"]["data"]) == b"inner"
    file = me.said(f"messages/{id}/attachments/{parts['0']['body']['attachmentId']}")
    assert unbase64url(file["data"]) + b"\r\n" == letter(sender=ANN, body="inner")


def test_raw_is_every_byte_and_no_payload(me: Caller, mixed: str) -> None:
    said = me.said(f"messages/{mixed}", format="raw")
    assert unbase64url(said["raw"]) == MIXED
    assert "payload" not in said
    assert not set("+/") & set(said["raw"])


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n", b"no header at all", b"\0\xff\xfe", b"Subject: x", b"A: b\n\n\r\rbody\n"],
    ids=["empty", "line end", "text", "binary", "no blank line", "mixed line ends"],
)
def test_whatever_was_put_comes_back_and_can_be_read(
    sandbox: Sandbox, me: Caller, raw: bytes
) -> None:
    id = sandbox.mail.put(ME, raw)
    assert me.raw(id) == raw == sandbox.mail.raw(ME, id)
    for format in ("full", "metadata", "minimal"):
        assert me.said(f"messages/{id}", format=format)["id"] == id


def test_a_message_of_25_megabytes(sandbox: Sandbox, me: Caller) -> None:
    raw = letter() + bytes(range(256)) * 100_000
    id = sandbox.mail.put(ME, raw)
    assert me.raw(id) == raw


@pytest.mark.parametrize(
    "id", ["xyz", "ABC", "<a@b>", "1830000000000000000", "1a2b3c4d5e6f70812", "%20", "0x1f"]
)
def test_what_is_no_id_is_refused(me: Caller, id: str) -> None:
    code, reason, status, message = refusal(me.get(f"messages/{id}"))
    assert (code, reason, status) == (400, "invalidArgument", "INVALID_ARGUMENT")
    assert message == "Invalid id value"


def test_an_unknown_id_is_not_found(me: Caller) -> None:
    code, reason, status, message = refusal(me.get("messages/1a2b3c4d5e6f7081"))
    assert (code, reason, status) == (404, "notFound", "NOT_FOUND")
    assert message == "Requested entity was not found."


@pytest.mark.parametrize("format", ["FULL", "eml", ""])
def test_an_unknown_format_is_refused(me: Caller, mixed: str, format: str) -> None:
    assert refusal(me.get(f"messages/{mixed}", format=format))[0] == 400


def test_reading_changes_nothing(sandbox: Sandbox, me: Caller, mixed: str) -> None:
    before = me.said("profile")
    me.said(f"messages/{mixed}")
    assert me.said("profile") == before
    assert "UNREAD" in me.labels(mixed)


def test_the_profile_counts(sandbox: Sandbox, me: Caller, mixed: str) -> None:
    sandbox.mail.put(ME, letter(), labels=("TRASH",), thread=mixed)
    said = me.said("profile")
    assert (said["emailAddress"], said["messagesTotal"], said["threadsTotal"]) == (ME, 2, 1)
    assert int(said["historyId"]) > int(me.said(f"messages/{mixed}")["historyId"])
