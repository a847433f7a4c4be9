"""A search for a Message-ID or a moment takes no longer in a larger mailbox."""

from __future__ import annotations

import pytest

from fakes import FakeClock
from gmailkit.sandbox.state.messages import Arriving
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.users import User

FIRST = 1_700_000_000


def letter(number: int) -> bytes:
    """Every other one has no Message-ID."""
    name = f"Message-ID: <{number}@x>\r\n" if number % 2 else ""
    return f"From: a@x\r\nSubject: {number}\r\n{name}\r\nHello.\r\n".encode()


def mailbox_of(messages: int) -> tuple[State, User]:
    """One message a minute."""
    state = State(None, FakeClock(FIRST + 600_000))
    user = state.add_user("me@example.com")
    with state.database.change():
        for number in range(messages):
            arriving = Arriving(letter(number), ("INBOX",), (FIRST + 60 * number) * 1000)
            state.messages.add(user.n, arriving)
    return state, user


def steps_of(query: str, messages: int) -> tuple[int, int]:
    """How many messages are found, and the steps that SQLite takes for it."""
    state, user = mailbox_of(messages)
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    state.database._connection.set_progress_handler(count, 1)
    found, more = state.search.page(user, query=query, limit=10)
    state.database.close()
    assert not more
    return len(found), steps


@pytest.mark.parametrize(
    "query",
    [
        "rfc822msgid:7@x",
        "in:anywhere rfc822msgid:<7@x> subject:7",
        f"after:{FIRST + 418} before:{FIRST + 422}",
    ],
)
def test_a_larger_mailbox_costs_a_search_for_one_message_no_more(query: str) -> None:
    few, many = steps_of(query, 40), steps_of(query, 1_000)
    assert few[0] == many[0] == 1
    assert many[1] < 1.2 * few[1], "steps of SQLite"


def test_a_message_id_without_brackets_is_found_all_the_same() -> None:
    state, user = mailbox_of(3)
    raw = b"From: a@x\r\nMessage-ID: bare@x\r\n\r\nHello.\r\n"
    bare = state.messages.add(user.n, Arriving(raw, ("INBOX",), FIRST * 1000))
    found, _ = state.search.page(user, query="rfc822msgid:bare@x", limit=10)
    assert [each.id for each in found] == [bare.id]
    state.database.close()
