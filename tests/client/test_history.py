"""What changed since: nothing is taken for "no changes", and no cursor is given too early."""

from __future__ import annotations

import pytest
import responses
from responses import matchers

from fakes import USER, FakeClock
from gmailkit.client.client import Client
from gmailkit.client.history import PAUSES
from gmailkit.errors import NotFound

URL = f"{USER}/history"


def page(*ids: int, token: str = "", now: int = 900) -> dict[str, object]:
    answer: dict[str, object] = {"historyId": str(now)}
    if ids:
        answer["history"] = [{"id": str(id)} for id in ids]
    return answer | ({"nextPageToken": token} if token else {})


def tokens(net: responses.RequestsMock) -> list[str]:
    """The pages that were asked for, in their order."""
    return [call.request.params.get("pageToken", "") for call in net.calls]  # type: ignore[attr-defined]


def test_the_cursor_is_that_of_the_last_page_and_comes_after_the_last_record(
    client: Client, net: responses.RequestsMock
) -> None:
    net.get(URL, json=page(1, 2, token="two", now=900))
    net.get(URL, json=page(3, now=905))
    changes = client.history.list(812)
    seen = []
    for record in changes:
        assert changes.history_id is None, "a cursor before the last record was given"
        seen.append(record.id)
    assert (seen, changes.history_id) == ([1, 2, 3], 905)
    assert tokens(net) == ["", "two"]


def test_no_changes_is_an_empty_end_with_a_cursor(
    client: Client, net: responses.RequestsMock, clock: FakeClock
) -> None:
    net.get(URL, json=page(now=901))
    changes = client.history.list(812)
    assert list(changes) == []
    assert (changes.history_id, clock.slept) == (901, [])


def test_a_page_with_a_successor_but_no_records_is_asked_for_again(
    client: Client, net: responses.RequestsMock, clock: FakeClock
) -> None:
    net.get(URL, json=page(1, token="two"))
    net.get(URL, json=page(token="odd"))
    net.get(URL, json=page(2, token="three"))
    net.get(URL, json=page(3, now=905))
    changes = client.history.list(812)
    assert [record.id for record in changes] == [1, 2, 3]
    assert tokens(net) == ["", "two", "two", "three"]
    assert clock.slept == [PAUSES[0]]
    assert (changes.history_id, changes.gap) == (905, False)


def test_a_page_that_stays_empty_is_passed_over_by_its_token(
    client: Client, net: responses.RequestsMock, clock: FakeClock
) -> None:
    for _ in range(1 + len(PAUSES)):
        net.get(URL, json=page(token="two"))
    net.get(URL, json=page(7, now=905))
    changes = client.history.list(812)
    assert [record.id for record in changes] == [7]
    assert tokens(net) == [""] * (1 + len(PAUSES)) + ["two"]
    assert clock.slept == list(PAUSES)
    assert (changes.history_id, changes.gap) == (905, True)


def test_a_cut_listing_has_no_cursor(client: Client, net: responses.RequestsMock) -> None:
    net.get(URL, json=page(1, 2, 3))
    changes = client.history.list(812, limit=2)
    assert len(list(changes)) == 2
    assert (changes.cut, changes.history_id) == (True, None)


def test_a_limit_that_leaves_nothing_out_keeps_the_cursor(
    client: Client, net: responses.RequestsMock
) -> None:
    net.get(URL, json=page(1, 2, now=905))
    changes = client.history.list(812, limit=2)
    assert len(list(changes)) == 2
    assert (changes.cut, changes.history_id) == (False, 905)


def test_a_record_that_comes_twice_is_given_once(
    client: Client, net: responses.RequestsMock
) -> None:
    net.get(URL, json=page(1, 2, token="two"))
    net.get(URL, json=page(2, 3))
    assert [record.id for record in client.history.list(812)] == [1, 2, 3]


def test_two_records_of_one_id_are_both_given(client: Client, net: responses.RequestsMock) -> None:
    added = {"id": "2", "messagesAdded": [{"message": {"id": "a", "threadId": "a"}}]}
    gone = {"id": "2", "messagesDeleted": [{"message": {"id": "b", "threadId": "b"}}]}
    net.get(URL, json={"historyId": "905", "history": [added, gone, added]})
    records = list(client.history.list(1))
    assert [len(each.messages_added) for each in records] == [1, 0]
    assert [len(each.messages_deleted) for each in records] == [0, 1]


def test_history_that_is_gone_says_that_a_full_sync_is_needed(
    client: Client, net: responses.RequestsMock
) -> None:
    body = {"error": {"code": 404, "message": "Requested entity was not found."}}
    match = matchers.query_param_matcher({"startHistoryId": "1"}, strict_match=False)
    net.get(URL, status=404, json=body, match=[match])
    with pytest.raises(NotFound, match="history") as caught:
        list(client.history.list(1))
    assert caught.value.method == "history.list"
    assert "anew" in caught.value.hint
