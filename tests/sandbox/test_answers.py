"""The referee itself: an answer with one thing wrong does not pass."""

from __future__ import annotations

from typing import Any

import pytest

from answers import wrong_answer

PART: dict[str, Any] = {"partId": "", "body": {"size": 3, "data": "AA-_"}}


def test_a_good_answer_passes() -> None:
    message = {"id": "a", "historyId": "5", "labelIds": ["INBOX"], "payload": PART}
    assert wrong_answer("messages.get", message) == []
    assert wrong_answer("messages.delete", None) == []


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("getProfile", {"messageTotal": 1}),
        ("getProfile", {"historyId": 1}),
        ("getProfile", {"messagesTotal": "1"}),
        ("getProfile", {"messagesTotal": True}),
        ("getProfile", {"messagesTotal": 2**31}),
        ("messages.list", {"messages": []}),
        ("messages.list", {"messages": [{"ID": "a"}]}),
        ("messages.get", {"labelIds": "INBOX"}),
        ("messages.get", {"raw": "AA+/"}),
        ("messages.get", {"raw": "AAA"}),
        ("messages.get", {"payload": PART | {"parts": [{"header": []}]}}),
        ("labels.get", {"type": "System"}),
        ("settings.getVacation", {"enableAutoReply": False}),
        ("settings.filters.list", {"filters": [{"id": "a"}]}),
        ("settings.cse.keypairs.get", {"disableTime": "yesterday"}),
        ("messages.get", None),
        ("messages.delete", {}),
    ],
    ids=str,
)
def test_a_wrong_one_is_told(method: str, said: Any) -> None:
    assert len(wrong_answer(method, said)) == 1
