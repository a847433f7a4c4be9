"""Conversations in lists: what a line says of them, and what it costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gmailkit.errors import NotFound, QueryError, UsageError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.services.counting import count

ME = "me@example.com"
START = datetime(2026, 1, 1, tzinfo=UTC)


def put(sandbox: Sandbox, number: int, thread: str, *labels: str) -> str:
    raw = f"From: J {number} <j{number}@example.com>\r\nSubject: No {number}\r\n\r\nBody\r\n"
    date = START + timedelta(minutes=number)
    return sandbox.mail.put(ME, raw.encode(), date=date, thread=thread, labels=labels or ("INBOX",))


def threads_read(sandbox: Sandbox) -> int:
    return sandbox.meter.by_method(ME).get("threads.get", (0, 0))[0]


def test_a_line_is_of_the_whole_conversation(sandbox: Sandbox, gmail: Gmail) -> None:
    put(sandbox, 1, "a")
    put(sandbox, 2, "b")
    newest = put(sandbox, 3, "a", "SENT", "UNREAD")
    first, second = gmail.conversations()
    assert (first.count, first.newest, first.date) == (2, newest, START + timedelta(minutes=3))
    assert [each.email for each in first.people] == ["j1@example.com", "j3@example.com"]
    assert (first.subject, first.unread, second.unread) == ("No 1", True, False)
    assert set(first.labels) == {"INBOX", "SENT", "UNREAD"}


def test_a_conversation_is_found_by_any_of_its_messages(sandbox: Sandbox, gmail: Gmail) -> None:
    put(sandbox, 1, "a")
    put(sandbox, 2, "a")
    (found,) = gmail.conversations("from:j1")
    assert found.count == 2


def test_what_lies_in_trash_does_not_count(sandbox: Sandbox, gmail: Gmail) -> None:
    kept = put(sandbox, 1, "a")
    put(sandbox, 2, "a", "TRASH")
    (found,) = gmail.conversations()
    assert (found.count, found.newest) == (1, kept)


def test_a_conversation_is_read_again_only_when_it_changed(sandbox: Sandbox, gmail: Gmail) -> None:
    put(sandbox, 1, "a")
    put(sandbox, 2, "b")
    before = list(gmail.conversations())
    assert list(gmail.conversations()) == before
    assert threads_read(sandbox) == 2
    put(sandbox, 3, "a")
    assert [each.count for each in gmail.conversations()] == [2, 1]
    assert threads_read(sandbox) == 3
    gmail.label("from:j2", add=["STARRED"])
    assert "STARRED" in list(gmail.conversations())[1].labels
    assert threads_read(sandbox) == 4


def test_a_label_that_was_renamed_has_its_new_name(sandbox: Sandbox, gmail: Gmail) -> None:
    put(sandbox, 1, "a")
    gmail.label("from:j1", add=["Old"], create=True)
    assert "Old" in next(gmail.conversations()).labels
    gmail.rename_label("Old", "New")
    assert "New" in next(gmail.conversations()).labels


def test_headers_of_a_conversation_are_kept_for_a_list_of_its_messages(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    for number in range(3):
        put(sandbox, number, "a")
    assert next(gmail.conversations()).count == 3
    assert len(list(gmail.search())) == 3
    assert "messages.get" not in sandbox.meter.by_method(ME)


def test_a_conversation_that_went_meanwhile_is_left_out(sandbox: Sandbox, gmail: Gmail) -> None:
    put(sandbox, 1, "a")
    sandbox.faults.next(404, reason="notFound", method="threads.get", times=1)
    assert list(gmail.conversations()) == []


def test_slips_are_refused_as_in_any_search(gmail: Gmail) -> None:
    with pytest.raises(QueryError):
        gmail.conversations("form:ann")
    with pytest.raises(NotFound):
        gmail.conversations("label:nowhere")
    with pytest.raises(UsageError):
        gmail.conversations(limit=0)


def test_a_count_is_exact_as_far_as_it_goes(sandbox: Sandbox, gmail: Gmail) -> None:
    for number in range(4):
        put(sandbox, number, f"{number % 2}")
    assert (str(gmail.count()), str(gmail.count_conversations())) == ("4", "2")
    assert str(gmail.count("from:nobody")) == "0"
    assert str(count(range(3_000))) == "at least 2,000"
    assert str(count(range(1_999))) == "1,999"


def test_labelled_messages_are_read_each_time(sandbox: Sandbox, gmail: Gmail) -> None:
    id = put(sandbox, 1, "a")
    ((envelope, names),) = gmail.search_labelled()
    assert (envelope.id, names) == (id, ("INBOX",))
    gmail.label("from:j1", add=["STARRED"])
    ((_, names),) = gmail.search_labelled()
    assert set(names) == {"INBOX", "STARRED"}
