"""Uploads in chunks: what is sent after which trouble, and what is never sent twice."""

from __future__ import annotations

import io
import os
import re
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from urllib3.exceptions import ProtocolError

from fakes import ENDPOINT, FakeClock
from gmailkit.errors import NotFound, ServerFault, TryLater, Unreachable, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.content import Content
from gmailkit.model.ids import LabelId
from gmailkit.model.message import Message
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.fault import Fault
from gmailkit.wire import resumable
from gmailkit.wire.call import Wire
from gmailkit.wire.upload import SMALL, Media, form_of

UPLOADS = f"{ENDPOINT}/upload/gmail/v1/users/me/messages"
SESSION = f"{ENDPOINT}/upload/session?upload_id=1"
LOST = requests.ConnectionError(ProtocolError("Connection aborted."))
CHUNK = 256 << 10
HEAD = b"From: me@example.com\r\nTo: ann@example.com\r\nSubject: large\r\n\r\n"


@pytest.fixture
def letter(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Of three chunks, the last one short; larger than what goes in one request."""
    monkeypatch.setattr(resumable, "CHUNK", CHUNK)
    monkeypatch.setattr("gmailkit.wire.upload.SMALL", 2 * CHUNK)
    return HEAD + b"0123456789abcd\r\n" * (CHUNK // 8)


def send(wire: Wire, letter: Media, method: str = "messages.send") -> Message:
    return wire.call(method, Message, body={}, media=letter)


def opens(net: responses.RequestsMock, method: str = "send", session: str = SESSION) -> None:
    net.post(f"{UPLOADS}/{method}".rstrip("/"), headers={"Location": session})


def takes(net: responses.RequestsMock, upto: int) -> None:
    net.put(SESSION, status=308, headers={"Range": f"bytes=0-{upto - 1}"} if upto else {})


def ends(net: responses.RequestsMock) -> None:
    net.put(SESSION, json={"id": "1"})


def ranges(net: responses.RequestsMock) -> list[str]:
    return [str(call.request.headers.get("content-range", "opened")) for call in net.calls]


def sent(net: responses.RequestsMock) -> bytes:
    """What the server has, as the ranges say."""
    whole = bytearray()
    for call in net.calls:
        if place := re.match(r"bytes (\d+)-", str(call.request.headers.get("content-range", ""))):
            whole[int(place[1]) :] = call.request.body  # type: ignore[assignment]
    return bytes(whole)


@pytest.mark.parametrize(
    ("size", "body", "form"),
    [
        (0, None, "media"),
        (SMALL, {}, "media"),
        (SMALL, {"threadId": "1"}, "multipart"),
        (SMALL + 1, None, "resumable"),
        (SMALL + 1, {"threadId": "1"}, "resumable"),
    ],
)
def test_the_form_follows_from_size_and_company(size: int, body: object, form: str) -> None:
    assert form_of(size, body) == form


def test_a_small_message_without_company_is_the_whole_request(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.post(f"{UPLOADS}/send", json={"id": "1"})
    assert send(wire, b"To: a@b.c\r\n\r\n\xff").id == "1"
    request = net.calls[0].request
    assert request.body == b"To: a@b.c\r\n\r\n\xff"
    assert request.headers["content-type"] == "message/rfc822"
    assert request.headers["content-length"] == "14"


def test_a_large_message_goes_in_chunks(
    wire: Wire, net: responses.RequestsMock, letter: bytes
) -> None:
    opens(net)
    takes(net, CHUNK)
    takes(net, 2 * CHUNK)
    ends(net)
    assert wire.call("messages.send", Message, body={"threadId": "7"}, media=letter).id == "1"
    first = net.calls[0].request
    assert "uploadType=resumable" in str(first.url)
    assert first.body == b'{"threadId":"7"}'
    assert first.headers["x-upload-content-type"] == "message/rfc822"
    assert first.headers["x-upload-content-length"] == str(len(letter))
    size = len(letter)
    assert ranges(net) == [
        "opened",
        f"bytes 0-{CHUNK - 1}/{size}",
        f"bytes {CHUNK}-{2 * CHUNK - 1}/{size}",
        f"bytes {2 * CHUNK}-{size - 1}/{size}",
    ]
    assert sent(net) == letter
    assert {call.request.headers["authorization"] for call in net.calls} == {"Bearer token-one"}


def test_after_a_break_it_goes_on_where_the_server_is(
    wire: Wire, net: responses.RequestsMock, letter: bytes
) -> None:
    opens(net)
    takes(net, CHUNK)
    net.put(SESSION, body=LOST)
    takes(net, CHUNK + 1000)  # a part of the chunk had arrived
    takes(net, 2 * CHUNK + 1000 - 1000)
    ends(net)
    assert send(wire, letter).id == "1"
    assert ranges(net)[3] == f"bytes */{len(letter)}"
    assert ranges(net)[4].startswith(f"bytes {CHUNK + 1000}-")
    assert sent(net) == letter


@pytest.mark.parametrize("trouble", [LOST, 500, 503], ids=["break", "500", "503"])
def test_a_send_whose_answer_is_lost_learns_that_it_was_done(
    wire: Wire, net: responses.RequestsMock, letter: bytes, trouble: object
) -> None:
    opens(net)
    takes(net, CHUNK)
    takes(net, 2 * CHUNK)
    if isinstance(trouble, int):
        net.put(SESSION, status=trouble)
    else:
        net.put(SESSION, body=trouble)
    ends(net)
    assert send(wire, letter).id == "1"
    assert ranges(net)[-1] == f"bytes */{len(letter)}"


@pytest.mark.parametrize("gone", [404, 410])
def test_a_session_that_is_gone_before_the_end_is_begun_anew(
    wire: Wire, net: responses.RequestsMock, letter: bytes, gone: int
) -> None:
    opens(net)
    takes(net, CHUNK)
    net.put(SESSION, status=gone)
    opens(net)
    takes(net, CHUNK)
    takes(net, 2 * CHUNK)
    ends(net)
    assert send(wire, letter).id == "1"
    assert ranges(net).count("opened") == 2


@pytest.mark.parametrize("method", ["send", "insert"])
def test_a_session_that_is_gone_after_the_last_chunk_left_is_not(
    wire: Wire, net: responses.RequestsMock, letter: bytes, method: str
) -> None:
    opens(net, "" if method == "insert" else method)
    takes(net, CHUNK)
    takes(net, 2 * CHUNK)
    net.put(SESSION, body=LOST)
    net.put(SESSION, status=404)
    with pytest.raises(Unreachable, match="no longer knows") as caught:
        send(wire, letter, f"messages.{method}")
    assert caught.value.sent == "maybe"
    assert ranges(net).count("opened") == 1


@pytest.mark.parametrize(("chunks", "told"), [(0, "no"), (1, "no"), (2, "maybe")])
def test_what_breaks_for_good_says_whether_the_last_byte_left(
    wire: Wire, net: responses.RequestsMock, letter: bytes, chunks: int, told: str
) -> None:
    opens(net)
    for number in range(chunks):
        takes(net, (number + 1) * CHUNK)
    net.put(SESSION, body=LOST)
    with pytest.raises(Unreachable) as caught:
        send(wire, letter)
    assert caught.value.sent == told


RATE = {"error": {"code": 429, "message": "slow", "errors": [{"reason": "rateLimitExceeded"}]}}


@pytest.mark.parametrize(
    "refusal",
    [
        {"status": 429, "json": RATE},
        {"status": 429, "json": RATE, "headers": {"Retry-After": "7200"}},
        {"status": 401},
        {"status": 403},
        {"status": 503},
        {"body": LOST},
    ],
    ids=["429", "a-long-pause", "401", "403", "503", "break"],
)
def test_a_send_whose_outcome_cannot_be_learned_may_have_left(
    wire: Wire, net: responses.RequestsMock, letter: bytes, refusal: dict[str, Any]
) -> None:
    opens(net)
    takes(net, CHUNK)
    takes(net, 2 * CHUNK)
    net.put(SESSION, body=LOST)
    net.put(SESSION, **refusal)
    with pytest.raises(Unreachable) as caught:
        send(wire, letter)
    assert (caught.value.sent, caught.value.maybe_done) == ("maybe", True)
    assert "look before another try" in caught.value.hint


def test_a_status_that_is_refused_before_the_last_chunk_is_that_refusal(
    wire: Wire, net: responses.RequestsMock, letter: bytes
) -> None:
    opens(net)
    net.put(SESSION, body=LOST)
    net.put(SESSION, status=429, json=RATE)
    with pytest.raises(TryLater) as caught:
        send(wire, letter)
    assert not caught.value.maybe_done


@pytest.mark.parametrize(
    ("method", "verb", "path"),
    [
        ("messages.send", "POST", "messages/send"),
        ("messages.insert", "POST", "messages"),
        ("drafts.update", "PUT", "drafts/7"),
    ],
)
def test_what_gmail_has_not_is_said_after_one_upload(
    wire: Wire, net: responses.RequestsMock, letter: bytes, method: str, verb: str, path: str
) -> None:
    missing = {"error": {"code": 404, "message": "no", "errors": [{"reason": "notFound"}]}}
    net.add(verb, f"{UPLOADS.removesuffix('messages')}{path}", headers={"Location": SESSION})
    takes(net, CHUNK)
    takes(net, 2 * CHUNK)
    net.put(SESSION, status=404, json=missing)
    id = {"id": "7"} if method == "drafts.update" else {}
    with pytest.raises(NotFound):
        wire.call(method, Message, body={}, media=letter, **id)
    assert ranges(net).count("opened") == 1


@pytest.mark.parametrize("said", [{}, {"json": {"error": {"status": "NOT_FOUND"}}}])
def test_a_session_that_is_always_gone_is_given_up(
    wire: Wire, net: responses.RequestsMock, letter: bytes, said: dict[str, Any]
) -> None:
    opens(net)
    net.put(SESSION, status=404, **said)
    with pytest.raises(NotFound if said else Unreachable):
        send(wire, letter)
    assert ranges(net).count("opened") == resumable.SESSIONS


def test_an_answer_that_is_late_is_waited_for(
    wire: Wire, net: responses.RequestsMock, letter: bytes, clock: FakeClock
) -> None:
    opens(net)
    takes(net, CHUNK)
    takes(net, 2 * CHUNK)
    takes(net, len(letter))
    takes(net, len(letter))
    ends(net)
    assert send(wire, letter).id == "1"
    assert ranges(net)[-2:] == [f"bytes */{len(letter)}"] * 2
    assert clock.slept


def test_an_answer_that_never_comes_leaves_the_outcome_open(
    wire: Wire, net: responses.RequestsMock, letter: bytes
) -> None:
    opens(net)
    takes(net, len(letter))
    with pytest.raises(Unreachable, match="does not get on") as caught:
        send(wire, letter)
    assert (caught.value.sent, caught.value.maybe_done) == ("maybe", True)


def test_a_server_that_takes_nothing_is_given_up(
    wire: Wire, net: responses.RequestsMock, letter: bytes, clock: FakeClock
) -> None:
    opens(net)
    takes(net, 0)
    with pytest.raises(Unreachable, match="does not get on") as caught:
        send(wire, letter)
    assert caught.value.sent == "no"
    assert len(net.calls) == 1 + resumable.TRIES
    assert len(clock.slept) == resumable.TRIES - 1


@pytest.mark.parametrize(
    "session", ["", "https://elsewhere.test/upload", f"http{ENDPOINT.removeprefix('https')}/u"]
)
def test_the_token_goes_to_no_other_address(
    wire: Wire, net: responses.RequestsMock, letter: bytes, session: str
) -> None:
    opens(net, session=session)
    with pytest.raises(ServerFault, match="no address"):
        send(wire, letter)
    assert len(net.calls) == 1


def test_too_large_a_message_is_refused_before_anything_is_sent(
    wire: Wire, net: responses.RequestsMock, tmp_path: Path
) -> None:
    path = tmp_path / "large.eml"
    path.touch()
    os.truncate(path, 36_700_161)
    with pytest.raises(UsageError, match=r"36\.7 MB"):
        send(wire, path)
    assert not net.calls


def test_a_file_that_is_not_there_is_named(wire: Wire, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no\.eml"):
        send(wire, tmp_path / "no.eml")


def test_a_file_that_shrinks_meanwhile_is_said(
    wire: Wire, net: responses.RequestsMock, letter: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "shrinks.eml"
    path.write_bytes(letter)
    opens(net)

    def shrink(_: object) -> tuple[int, dict[str, str], str]:
        os.truncate(path, CHUNK + 10)
        return 308, {"Range": f"bytes=0-{CHUNK - 1}"}, ""

    net.add_callback("PUT", SESSION, callback=shrink)
    with pytest.raises(UsageError, match="shorter"):
        send(wire, path)


@pytest.mark.parametrize("body", [{}, {"threadId": "7"}], ids=["media", "multipart"])
@pytest.mark.parametrize("size", [10, 100_000], ids=["shorter", "longer"])
def test_a_small_file_that_changes_meanwhile_is_not_sent(
    wire: Wire, net: responses.RequestsMock, tmp_path: Path, body: dict[str, str], size: int
) -> None:
    path = tmp_path / "changes.eml"
    path.write_bytes(HEAD)
    with path.open("rb") as file:
        content = Content(file, len(HEAD))
        os.truncate(path, size)
        with pytest.raises(UsageError, match="shorter or longer"):
            wire.call("messages.send", Message, body=body, media=content)
    assert not net.calls


def spoil(sandbox: Sandbox, number: int, kind: str) -> None:
    """The upload's request of that number, from 0, and no other."""
    take, seen = sandbox.faults.take, count()

    def sometimes(method: str) -> Fault | None:
        return take(method) if method == "messages.insert" and next(seen) == number else None

    sandbox.faults.next(kind)
    sandbox.faults.take = sometimes  # type: ignore[method-assign]


class Pipe(io.RawIOBase):
    """Can be read once, and nobody knows how long it is."""

    def __init__(self, content: bytes) -> None:
        self._rest = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._rest.read(min(size, 1000))


@pytest.mark.parametrize("kind", ["bytes", "path", "file", "pipe", "content"])
def test_any_source_arrives_whole(
    gmail: Gmail, sandbox: Sandbox, letter: bytes, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "letter.eml"
    path.write_bytes(letter)
    with path.open("rb") as file:
        given: dict[str, Media] = {
            "bytes": letter,
            "path": path,
            "file": file,
            "pipe": Pipe(letter),  # type: ignore[dict-item]
            "content": Content.of(letter),
        }
        answer = gmail.call("messages.insert", media=given[kind])
    assert sandbox.mail.raw("me@example.com", str(answer["id"])) == letter


@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "reset-after", "503", "truncate"])
@pytest.mark.parametrize("spoilt", range(4))
def test_one_trouble_at_any_request_ends_in_one_message(
    gmail: Gmail, sandbox: Sandbox, letter: bytes, kind: str, spoilt: int
) -> None:
    spoil(sandbox, spoilt, kind)
    answer = gmail.call("messages.insert", media=letter, body={"labelIds": ["INBOX"]})
    assert sandbox.faults.waiting == 0
    assert [ref.id for ref in gmail.messages.list()] == [answer["id"]]
    assert gmail.raw(str(answer["id"])) == letter


def test_a_send_over_a_flaky_line_is_sent_once(
    gmail: Gmail, sandbox: Sandbox, letter: bytes
) -> None:
    for seed in range(6):
        sandbox.faults.rate(0.3, seed=seed, method="messages.send")
        gmail.messages.send(letter)
        sandbox.faults.clear()
    assert len(list(gmail.messages.list(label_ids=[LabelId("SENT")]))) == 6
