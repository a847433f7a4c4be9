"""messages.insert and messages.import."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, Caller, base64url, letter, refusal

DATED = [("Date", "Mon, 02 Jan 2006 15:04:05 -0700"), ("Message-ID", "<one@example.org>")]
DATE_MS = "1136239445000"
OLD = letter(sender=ANN, to=ME, more=DATED)
METHODS = {"insert": "messages", "import": "messages/import"}


def put(caller: Caller, method: str, raw: bytes, **body: object) -> dict[str, object]:
    response = caller.post(METHODS[method], {"raw": base64url(raw), **body})
    assert response.status_code == 200, response.text
    answer: dict[str, object] = response.json()
    return answer


def internal_date(caller: Caller, id: object) -> str:
    return str(caller.said(f"messages/{id}", format="minimal")["internalDate"])


@pytest.mark.parametrize("method", METHODS)
def test_it_arrives_byte_for_byte_with_its_labels_and_reaches_nobody(
    sandbox: Sandbox, me: Caller, ann: Caller, method: str
) -> None:
    sandbox.mail.put(ME, letter(), labels=("Work",))
    said = put(me, method, OLD, labelIds=["INBOX", "SENT", "UNREAD", "TRASH", "Label_1"])
    assert said["labelIds"] == ["SENT", "INBOX", "TRASH", "UNREAD", "Label_1"]
    assert me.raw(str(said["id"])) == OLD
    assert ann.listed() == []


@pytest.mark.parametrize("method", METHODS)
def test_without_labels_it_is_archived_and_read(me: Caller, method: str) -> None:
    assert "labelIds" not in put(me, method, OLD)


@pytest.mark.parametrize(
    ("method", "source", "by_header"),
    [
        ("insert", None, False),
        ("import", None, True),
        ("insert", "dateHeader", True),
        ("import", "receivedTime", False),
    ],
)
def test_the_internal_date_has_its_source(
    timed: Sandbox, clock: FakeClock, method: str, source: str | None, by_header: bool
) -> None:
    caller = Caller(timed.url, timed.issue_token(ME, ["gmail.modify"]))
    params = {"internalDateSource": source} if source else {}
    response = caller.call("POST", METHODS[method], json={"raw": base64url(OLD)}, params=params)
    date = internal_date(caller, response.json()["id"])
    assert date == (DATE_MS if by_header else str(int(clock.time * 1000)))
    caller.close()


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 2006 15:04:05 +0000"])
def test_an_unreadable_date_falls_back_to_now(timed: Sandbox, clock: FakeClock, date: str) -> None:
    caller = Caller(timed.url, timed.issue_token(ME, ["gmail.modify"]))
    said = put(caller, "import", letter(sender=ANN, more=[("Date", date)]))
    assert internal_date(caller, said["id"]) == str(int(clock.time * 1000))
    caller.close()


def test_a_date_without_a_known_zone_is_utc(me: Caller) -> None:
    said = put(me, "import", letter(sender=ANN, more=[("Date", "2 Jan 2006 22:04:05 -0000")]))
    assert internal_date(me, said["id"]) == DATE_MS


@pytest.mark.parametrize("method", METHODS)
def test_bare_line_feeds_become_crlf(me: Caller, method: str) -> None:
    said = put(me, method, OLD.replace(b"\r\n", b"\n"))
    assert me.raw(str(said["id"])) == OLD


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (letter(sender=ANN, body="a\0b"), "NUL"),
        (letter(), "From header required"),
        (b"just text\r\n", "no header fields"),
        (b"Subject: Gr\xfc\xdfe\r\nFrom: ann@example.com\r\n\r\nx", "8-bit"),
        (b"", "'raw' RFC822 payload"),
    ],
    ids=["NUL", "no From", "no header", "8-bit header", "empty"],
)
@pytest.mark.parametrize("method", METHODS)
def test_broken_mail_is_refused(me: Caller, method: str, raw: bytes, word: str) -> None:
    code, _, _, message = refusal(me.post(METHODS[method], {"raw": base64url(raw)}))
    assert code == 400
    assert word in message
    assert me.listed(includeSpamTrash="true") == []


@pytest.mark.parametrize("label", ["DRAFT", "CHAT", "YELLOW_STAR", "Work", "Label_9"])
@pytest.mark.parametrize("method", METHODS)
def test_labels_that_cannot_be_given_refuse_the_whole(me: Caller, method: str, label: str) -> None:
    body = {"raw": base64url(OLD), "labelIds": ["INBOX", label]}
    code, _, _, message = refusal(me.post(METHODS[method], body))
    assert code == 400
    assert label in message
    assert me.listed() == []


def test_an_import_of_the_same_message_merges_labels(me: Caller) -> None:
    first = put(me, "import", OLD, labelIds=["INBOX"])
    again = put(me, "import", OLD, labelIds=["STARRED"])
    assert again["id"] == first["id"]
    assert again["labelIds"] == ["INBOX", "STARRED"]
    assert me.listed() == [first["id"]]


def test_inserts_pile_up_and_so_do_imports_without_a_message_id(me: Caller) -> None:
    inserted = {put(me, "insert", OLD)["id"] for _ in range(2)}
    nameless = letter(sender=ANN)
    imported = {put(me, "import", nameless)["id"] for _ in range(2)}
    assert len(inserted | imported) == 4


def test_only_an_import_joins_a_conversation_by_itself(me: Caller) -> None:
    first = put(me, "import", OLD)
    reply = letter(sender=ME, subject="Re: Hello", more=[("References", "<one@example.org>")])
    assert put(me, "import", reply)["threadId"] == first["threadId"]
    single = put(me, "insert", reply)
    assert single["threadId"] == single["id"]
    assert put(me, "insert", reply, threadId=first["threadId"])["threadId"] == first["threadId"]


@pytest.mark.parametrize(("thread", "code"), [("1a2b3c4d5e6f7081", 404), ("xyz", 400)])
def test_a_thread_must_be_there(me: Caller, thread: str, code: int) -> None:
    body = {"raw": base64url(OLD), "threadId": thread}
    assert refusal(me.post("messages", body))[0] == code


def test_an_insert_scope_can_insert_and_not_read_back(calls: Callable[..., Caller]) -> None:
    caller = calls(ME, "gmail.insert")
    id = put(caller, "insert", OLD)["id"]
    assert refusal(caller.get(f"messages/{id}"))[0] == 403


def test_parameters_of_import_only(me: Caller) -> None:
    body = {"raw": base64url(OLD)}
    params = {"neverMarkSpam": "true", "processForCalendar": "false"}
    assert me.call("POST", "messages/import", json=body, params=params).status_code == 200
    assert refusal(me.call("POST", "messages", json=body, params=params))[0] == 400
    vault = me.call("POST", "messages", json=body, params={"deleted": "true"})
    assert "Vault" in refusal(vault)[3]
