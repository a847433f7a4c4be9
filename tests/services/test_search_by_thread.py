"""Several hits of one conversation are read in one call; the result is the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gmailkit.gmail import Gmail
from gmailkit.model.envelope import Envelope
from gmailkit.model.message import MessageRef
from gmailkit.sandbox import Sandbox
from gmailkit.services.search import envelope_of

ME = "me@example.com"
START = datetime(2026, 1, 1, tzinfo=UTC)


def put(sandbox: Sandbox, number: int, thread: str, label: str = "INBOX") -> str:
    raw = f"From: j{number}@example.com\r\nSubject: {number}\r\n\r\nBody\r\n".encode()
    date = START + timedelta(minutes=number)
    return sandbox.mail.put(ME, raw, date=date, thread=thread, labels=[label])


def calls(sandbox: Sandbox) -> dict[str, int]:
    """How often each reading method was called."""
    counted = sandbox.meter.by_method(ME)
    return {name: counted[name][0] for name in ("messages.get", "threads.get") if name in counted}


def one_by_one(gmail: Gmail, ids: list[str]) -> list[Envelope]:
    headers = ("From", "To", "Cc", "Subject", "Message-ID", "List-Id")
    return [
        envelope_of(gmail.messages.get(id, format="metadata", metadata_headers=headers))
        for id in ids
    ]


def test_the_hits_of_a_conversation_are_one_call_and_come_in_their_order(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    threads = ["a", "b", "a", "c", "a", "b"]
    ids = [put(sandbox, number, thread) for number, thread in enumerate(threads)]
    found = list(gmail.search())
    assert [envelope.id for envelope in found] == ids[::-1]
    assert calls(sandbox) == {"threads.get": 2, "messages.get": 1}
    assert found == one_by_one(gmail, ids[::-1])


def test_what_a_thread_shows_besides_is_kept_too(sandbox: Sandbox, gmail: Gmail) -> None:
    for number in range(3):
        put(sandbox, number, "a", "INBOX" if number else "Work")
    assert len(list(gmail.search("in:inbox"))) == 2
    assert len(list(gmail.search("label:Work"))) == 1
    assert calls(sandbox) == {"threads.get": 1}


def test_a_message_known_already_makes_no_thread_of_the_other(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    put(sandbox, 1, "a")
    list(gmail.search())
    put(sandbox, 2, "a")
    assert len(list(gmail.search())) == 2
    assert calls(sandbox) == {"messages.get": 2}


def test_what_a_thread_does_not_show_is_read_by_itself(
    sandbox: Sandbox, gmail: Gmail, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [put(sandbox, number, "a") for number in range(3)]
    threads, whole = gmail.threads, gmail.threads.get

    def without_the_newest(id: str, **options: object) -> object:
        thread = whole(id, **options)  # type: ignore[arg-type]
        return type(thread)(id=thread.id, messages=thread.messages[:-1])

    monkeypatch.setattr(threads, "get", without_the_newest)
    assert [envelope.id for envelope in gmail.search()] == ids[::-1]
    assert calls(sandbox) == {"threads.get": 1, "messages.get": 1}


def test_a_conversation_that_is_gone_is_left_out(
    sandbox: Sandbox, gmail: Gmail, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = put(sandbox, 1, "a")
    refs = [*gmail.messages.list(), *(MessageRef(id=each, thread_id="f00") for each in ("1", "2"))]  # type: ignore[arg-type]
    monkeypatch.setattr(gmail.messages, "list", lambda **_: iter(refs))
    assert [envelope.id for envelope in gmail.search()] == [kept]
