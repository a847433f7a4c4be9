"""Spam and trash are emptied after thirty days."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from sandbox_caller import ME, Caller, letter, refusal

DAY = 86_400


class Mailbox:
    """me@example.com, whose token is renewed as time passes."""

    def __init__(self, sandbox: Sandbox, clock: FakeClock) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.caller = self._caller()

    def after(self, days: float) -> Caller:
        self.clock.time += days * DAY
        self.caller.close()
        self.caller = self._caller()
        return self.caller

    def _caller(self) -> Caller:
        return Caller(self.sandbox.url, self.sandbox.issue_token(ME, ["gmail.modify"]))


@pytest.fixture
def mailbox(timed: Sandbox, clock: FakeClock) -> Iterator[Mailbox]:
    made = Mailbox(timed, clock)
    yield made
    made.caller.close()


@pytest.mark.parametrize("label", ["TRASH", "SPAM"])
def test_what_lies_there_for_thirty_days_is_gone(mailbox: Mailbox, label: str) -> None:
    put = mailbox.sandbox.mail.put(ME, letter(), labels=[label])
    moved = mailbox.sandbox.mail.put(ME, letter())
    mailbox.after(1).post(f"messages/{moved}/modify", {"addLabelIds": [label]})
    assert mailbox.after(28.9).labels(put) == [label]
    me = mailbox.after(0.1)
    since = me.said("profile")["historyId"]
    assert refusal(me.get(f"messages/{put}"))[0] == 404
    assert me.listed(includeSpamTrash="true") == [moved]
    me = mailbox.after(1)
    [record] = me.said("history", startHistoryId=since)["history"]
    assert record["messagesDeleted"][0]["message"]["id"] == moved


TAKEN_OUT: dict[str, Callable[[str], tuple[str, object]]] = {
    "untrash": lambda id: (f"messages/{id}/untrash", None),
    "modify": lambda id: (f"messages/{id}/modify", {"removeLabelIds": ["TRASH"]}),
    "batch": lambda id: ("messages/batchModify", {"ids": [id], "removeLabelIds": ["TRASH"]}),
}


@pytest.mark.parametrize("way", TAKEN_OUT)
def test_what_was_taken_out_stays_and_its_days_begin_anew(mailbox: Mailbox, way: str) -> None:
    id = mailbox.sandbox.mail.put(ME, letter(), labels=["TRASH"])
    mailbox.after(20).post(*TAKEN_OUT[way](id))
    assert mailbox.after(20).labels(id) == []
    mailbox.caller.post(f"messages/{id}/trash")
    assert mailbox.after(20).labels(id) == ["TRASH"]
    assert mailbox.after(10).get(f"messages/{id}").status_code == 404


def test_other_labels_in_the_trash_buy_no_time(mailbox: Mailbox) -> None:
    id = mailbox.sandbox.mail.put(ME, letter(), labels=["TRASH"])
    mailbox.after(20).post(f"messages/{id}/modify", {"addLabelIds": ["STARRED", "TRASH"]})
    assert mailbox.after(10).get(f"messages/{id}").status_code == 404
