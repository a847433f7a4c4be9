"""Changes of whole conversations: which messages are meant, and which of them is answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from gmailkit.config import Settings
from gmailkit.errors import NotFound, UsageError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

Put = Callable[..., str]
START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def put(sandbox: Sandbox) -> Put:
    """Puts a message of somebody into a conversation, each a minute after the one before."""

    minutes = count()

    def one(who: str, thread: str, *labels: str) -> str:
        date = START + timedelta(minutes=next(minutes))
        raw = letter(f"About {thread}", sender=f"{who}@example.com")
        return sandbox.mail.put(ME, raw, date=date, thread=thread, labels=labels or ("INBOX",))

    return one


@pytest.fixture(params=["listed", "read"])
def both(request: pytest.FixtureRequest, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found in either way, whichever costs less; beside other mail."""
    put("other", "other")
    listed = request.param == "listed"
    monkeypatch.setattr("gmailkit.services.whole.mates_by_listing", lambda *_: listed)


def calls(sandbox: Sandbox, method: str) -> int:
    return sandbox.meter.by_method(ME).get(method, (0, 0))[0]


def test_the_conversations_of_what_matches_change_whole(
    sandbox: Sandbox, gmail: Gmail, put: Put, both: None
) -> None:
    plan = [put("ann", "plan"), put("bob", "plan"), put("me", "plan", "SENT")]
    put("bob", "lunch")
    planned = gmail.plan_label("from:ann", add="STARRED", threads=True)
    assert sorted(planned.ids) == sorted(plan)
    assert (planned.conversations, planned.match, planned.why) == (1, 1, "from:ann")
    assert gmail.apply(planned).count == 3
    assert sorted(gmail.ids("is:starred")) == sorted(plan)
    gmail.undo()
    assert list(gmail.ids("is:starred")) == []


def test_what_of_a_conversation_lies_in_trash_stays_there(
    gmail: Gmail, put: Put, both: None
) -> None:
    kept, _, spam = put("ann", "plan"), put("bob", "plan", "TRASH"), put("eve", "plan", "SPAM")
    whole = [put("eve", "bait", "SPAM"), put("ann", "bait", "SPAM")]
    assert gmail.plan_verb("read", "from:ann", threads=True).ids == (kept,)
    found = gmail.plan_verb("read", "from:eve in:spam", threads=True)
    assert sorted(found.ids) == sorted([kept, spam, *whole])  # what matches is always meant
    assert (found.conversations, found.match) == (2, 2)


def test_untrash_and_deleting_are_about_what_of_a_conversation_lies_in_trash(
    gmail: Gmail, put: Put, both: None
) -> None:
    put("ann", "plan")
    trashed = [put("bob", "plan", "TRASH"), put("ann", "plan", "TRASH")]
    thread = gmail.thread_of(trashed[0])
    for plan in (
        gmail.plan_verb("untrash", "from:bob", threads=True),
        gmail.plan_verb("untrash", ids=[thread], threads=True),
    ):
        assert sorted(plan.ids) == sorted(trashed)
        assert plan.conversations == 1
    assert gmail.plan_verb("unspam", ids=[thread], threads=True).ids == ()


def test_ids_may_be_those_of_conversations_or_of_messages(
    gmail: Gmail, put: Put, both: None
) -> None:
    plan = [put("ann", "plan"), put("bob", "plan")]
    lunch = [put("ann", "lunch"), put("bob", "lunch")]
    thread = gmail.thread_of(plan[1])
    found = gmail.plan_verb("archive", ids=[thread, lunch[1], lunch[0]], threads=True)
    assert sorted(found.ids) == sorted([*plan, *lunch])
    assert (found.conversations, found.match) == (2, None)
    assert sorted(gmail.messages_of(ids=[thread])) == sorted(plan)


def test_a_message_that_is_named_is_meant_though_it_lies_in_trash(
    gmail: Gmail, put: Put, both: None
) -> None:
    plan = [put("ann", "plan"), put("bob", "plan", "TRASH"), put("eve", "plan", "TRASH")]
    found = gmail.plan_verb("star", ids=[plan[1]], threads=True)
    assert (sorted(found.ids), found.gone) == (sorted(plan[:2]), ())


def test_a_conversation_that_went_since_it_was_looked_at_is_named(
    gmail: Gmail, put: Put, settings_for: Callable[..., Settings]
) -> None:
    kept, lost = put("ann", "plan"), put("ann", "lunch")
    assert len(list(gmail.search("from:ann"))) == 2
    with Gmail(settings=settings_for(purpose="full")) as another:
        another.messages.delete(lost)
    found = gmail.plan_verb("star", ids=[kept, lost], threads=True)
    assert (found.ids, found.gone) == ((kept,), (lost,))


def test_what_is_no_conversation_is_named_and_the_others_are_done(gmail: Gmail, put: Put) -> None:
    plan = put("ann", "plan")
    found = gmail.plan_verb("star", ids=[plan, "18c2f0a1b2c3d4e5"], threads=True)
    assert (found.ids, found.gone, found.conversations) == ((plan,), ("18c2f0a1b2c3d4e5",), 1)
    with pytest.raises(NotFound, match="18c2f0a1b2c3d4e5"):
        gmail.messages_of(ids=[plan, "18c2f0a1b2c3d4e5"])


def test_the_cheapest_way_is_taken(sandbox: Sandbox, gmail: Gmail, put: Put) -> None:
    put("ann", "plan")
    gmail.plan_verb("star", "from:ann", threads=True)
    assert calls(sandbox, "threads.get") == 0
    for number in range(4_001):  # nine pages for 45 units, and one conversation for 40
        put("other", f"other {number}")
    gmail.plan_verb("star", "from:ann", threads=True)
    assert calls(sandbox, "threads.get") == 1


def test_an_answer_to_a_conversation_answers_the_newest_that_somebody_else_wrote(
    gmail: Gmail, put: Put
) -> None:
    put("ann", "plan")
    newest = put("bob", "plan")
    put("me", "plan", "SENT")
    put("me+draft", "plan", "DRAFT")
    put("eve", "plan", "SPAM")
    assert gmail.to_answer(gmail.thread_of(newest)) == newest


def test_where_nobody_else_wrote_ones_own_newest_is_answered(gmail: Gmail, put: Put) -> None:
    put("me", "plan", "SENT")
    newest = put("me", "plan", "SENT")
    draft = put("me", "alone", "DRAFT")
    assert gmail.to_answer(gmail.thread_of(newest)) == newest
    with pytest.raises(UsageError, match="nobody has got yet"):
        gmail.to_answer(gmail.thread_of(draft))
