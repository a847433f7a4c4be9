"""users.history.list: what changed since an id, in order, as long as Gmail remembers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, Caller, letter, refusal

FULL = "https://mail.google.com/"
WEEK = 7 * 86_400
LISTS = ("messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved")


@pytest.fixture
def full(calls: Callable[..., Caller]) -> Caller:
    return calls(ME, FULL)


@pytest.fixture
def aged(timed: Sandbox) -> Iterator[Caller]:
    """me@example.com in the sandbox whose time is `clock`; its tokens die as they do."""

    class Fresh(Caller):
        def call(self, *args: Any, **more: Any) -> Any:
            token = timed.issue_token(ME, [FULL])
            self.session.headers["Authorization"] = f"Bearer {token}"
            return super().call(*args, **more)

    caller = Fresh(timed.url, "")
    yield caller
    caller.close()


def now(caller: Caller) -> str:
    id: str = caller.said("profile")["historyId"]
    return id


def since(caller: Caller, start: str, **params: object) -> list[dict[str, Any]]:
    """The records, page after page."""
    found: list[dict[str, Any]] = []
    while True:
        page = caller.said("history", startHistoryId=start, **params)
        found += page.get("history", [])
        if "nextPageToken" not in page:
            return found
        params["pageToken"] = page["nextPageToken"]


def changes(records: list[dict[str, Any]]) -> list[tuple[str, str, list[str]]]:
    """Kind, message and labels of each."""
    found = []
    for record in records:
        for kind in LISTS:
            for change in record.get(kind, []):
                found.append((kind, change["message"]["id"], change.get("labelIds", [])))
    return found


def churn(sandbox: Sandbox, full: Caller) -> str:
    """A message that goes through every kind of change, and is gone."""
    id = sandbox.mail.put(ME, letter(sender=ANN), labels=("INBOX", "UNREAD"))
    body = {"addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD"]}
    full.post(f"messages/{id}/modify", body)
    full.post(f"messages/{id}/trash")
    full.call("DELETE", f"messages/{id}")
    return id


def test_every_change_is_a_record_in_ascending_order(sandbox: Sandbox, full: Caller) -> None:
    start = now(full)
    id = churn(sandbox, full)
    records = since(full, start)
    assert changes(records) == [
        ("messagesAdded", id, []),
        ("labelsAdded", id, ["STARRED"]),
        ("labelsRemoved", id, ["UNREAD"]),
        ("labelsAdded", id, ["TRASH"]),
        ("labelsRemoved", id, ["INBOX"]),
        ("messagesDeleted", id, []),
    ]
    ids = [int(record["id"]) for record in records]
    assert ids == sorted(set(ids))
    assert int(start) < ids[0]
    assert now(full) == str(ids[-1])
    assert all(record["messages"] == [{"id": id, "threadId": id}] for record in records)


def test_ids_have_gaps_that_differ_from_mailbox_to_mailbox(sandbox: Sandbox) -> None:
    for address in (ME, ANN):
        for _ in range(20):
            sandbox.mail.put(address, letter())
    ids: dict[str, list[int]] = {}
    for address in (ME, ANN):
        caller = Caller(sandbox.url, sandbox.issue_token(address, ["gmail.readonly"]))
        listed = caller.listed()[::-1]
        ids[address] = [int(caller.said(f"messages/{id}")["historyId"]) for id in listed]
        caller.close()
    steps = {after - before for before, after in zip(ids[ME], ids[ME][1:], strict=False)}
    assert min(steps) > 1
    assert len(steps) > 3
    assert ids[ME] != ids[ANN]


def test_a_message_of_a_record_carries_its_labels_of_now(sandbox: Sandbox, full: Caller) -> None:
    start = now(full)
    id = sandbox.mail.put(ME, letter(), labels=("INBOX", "UNREAD"))
    full.post(f"messages/{id}/modify", {"removeLabelIds": ["UNREAD"]})
    added, removed = since(full, start)
    message = {"id": id, "threadId": id, "labelIds": ["INBOX"]}
    assert added["messagesAdded"] == [{"message": message}]
    assert removed["labelsRemoved"] == [{"message": message, "labelIds": ["UNREAD"]}]


def test_nothing_new_is_an_id_alone(full: Caller) -> None:
    start = now(full)
    assert full.said("history", startHistoryId=start) == {"historyId": start}


@pytest.mark.parametrize("kind", ["messageAdded", "messageDeleted", "labelAdded", "labelRemoved"])
def test_types_choose_records(sandbox: Sandbox, full: Caller, kind: str) -> None:
    start = now(full)
    churn(sandbox, full)
    whole = since(full, start)
    chosen = since(full, start, historyTypes=kind)
    field = kind.replace("message", "messages").replace("label", "labels")
    assert chosen == [record for record in whole if field in record]
    assert chosen
    both = since(full, start, historyTypes=[kind, "labelAdded"])
    assert both == [record for record in whole if field in record or "labelsAdded" in record]


def test_a_label_shows_changes_of_messages_that_carry_it_now(
    sandbox: Sandbox, full: Caller
) -> None:
    start = now(full)
    kept = sandbox.mail.put(ME, letter(), labels=("INBOX", "Work"))
    lost = sandbox.mail.put(ME, letter(), labels=("INBOX", "Work"))
    full.post(f"messages/{lost}/modify", {"removeLabelIds": ["Label_1"]})
    assert changes(since(full, start, labelId="Label_1")) == [("messagesAdded", kept, [])]
    response = full.get("history", startHistoryId=start, labelId="Work")
    assert "Invalid label: Work" in refusal(response)[3]


def test_pages_follow_one_another_without_loss(sandbox: Sandbox, full: Caller) -> None:
    start = now(full)
    for _ in range(3):
        churn(sandbox, full)
    whole = since(full, start)
    for size in (1, 5, 17, 18, 500):
        assert since(full, start, maxResults=size) == whole
    page = full.said("history", startHistoryId=start, maxResults=5)
    assert page["historyId"] == now(full)
    for params in ({"startHistoryId": now(full)}, {"historyTypes": "labelAdded"}):
        asked = {"startHistoryId": start, "pageToken": page["nextPageToken"]} | params
        assert "pageToken" in refusal(full.get("history", **asked))[3]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, 400),
        ({"startHistoryId": ""}, 400),
        ({"startHistoryId": "1a"}, 400),
        ({"startHistoryId": "-5"}, 400),
        ({"startHistoryId": "99999999999999999999999"}, 400),
        ({"startHistoryId": "18446744073709551615"}, 404),
        ({"startHistoryId": "0"}, 404),
        ({"startHistoryId": "1"}, 404),
        ({"startHistoryId": "START", "historyTypes": "messagesAdded"}, 400),
        ({"startHistoryId": "START", "maxResults": "501"}, 400),
        ({"startHistoryId": "START", "labelIds": "INBOX"}, 400),
    ],
)
def test_a_question_without_sense_is_refused(
    full: Caller, params: dict[str, str], code: int
) -> None:
    start = now(full)
    asked = {name: start if value == "START" else value for name, value in params.items()}
    assert refusal(full.get("history", **asked))[0] == code


def test_an_id_of_the_future_or_of_another_mailbox_is_not_found(
    sandbox: Sandbox, full: Caller, ann: Caller
) -> None:
    for _ in range(10):
        sandbox.mail.put(ANN, letter())
        sandbox.mail.put(ME, letter())
    theirs, mine = int(now(ann)), int(now(full))
    assert theirs != mine
    for strange in (mine + 1, mine + 1000, theirs):
        code, reason, _, message = refusal(full.get("history", startHistoryId=strange))
        assert (code, reason) == (404, "notFound")
        assert message == "Requested entity was not found."


def test_an_id_is_good_for_a_week(timed: Sandbox, clock: FakeClock, aged: Caller) -> None:
    start = now(aged)
    id = timed.mail.put(ME, letter())
    clock.time += WEEK - 1
    assert changes(since(aged, start)) == [("messagesAdded", id, [])]
    clock.time += 2
    assert refusal(aged.get("history", startHistoryId=start))[0] == 404


def test_in_a_quiet_mailbox_the_profile_gives_a_good_id_and_the_newest_message_does_not(
    timed: Sandbox, clock: FakeClock, aged: Caller
) -> None:
    id = timed.mail.put(ME, letter())
    clock.time += WEEK + 1
    newest = aged.said(f"messages/{id}", format="minimal")["historyId"]
    assert refusal(aged.get("history", startHistoryId=newest))[0] == 404
    start = now(aged)
    assert start == now(aged)
    assert aged.said("history", startHistoryId=start) == {"historyId": start}


def test_a_test_may_order_that_everything_is_too_old(sandbox: Sandbox, full: Caller) -> None:
    start = now(full)
    id = sandbox.mail.put(ME, letter())
    sandbox.mail.expire_history(ME)
    for old in (start, full.said(f"messages/{id}")["historyId"]):
        assert refusal(full.get("history", startHistoryId=old))[0] == 404
    fresh = now(full)
    assert int(fresh) > int(start)
    other = sandbox.mail.put(ME, letter())
    assert changes(since(full, fresh)) == [("messagesAdded", other, [])]


def test_a_page_may_come_without_its_records_by_order(sandbox: Sandbox, full: Caller) -> None:
    start = now(full)
    churn(sandbox, full)
    whole = since(full, start)
    sandbox.mail.hollow_history(ME, times=2)
    for _ in range(2):
        hollow = full.said("history", startHistoryId=start)
        assert set(hollow) == {"historyId", "nextPageToken"}
    assert since(full, start) == whole
    assert since(full, start, pageToken=hollow["nextPageToken"]) == whole


def test_a_deleted_label_is_taken_from_its_messages_in_the_history(
    sandbox: Sandbox, full: Caller
) -> None:
    id = sandbox.mail.put(ME, letter(), labels=("INBOX", "Work"))
    start = now(full)
    full.call("DELETE", "labels/Label_1")
    assert changes(since(full, start)) == [("labelsRemoved", id, ["Label_1"])]
    assert full.said(f"messages/{id}")["historyId"] == now(full)


def test_metadata_is_enough_and_other_scopes_are_not(calls: Callable[..., Caller]) -> None:
    poor = calls(ME, "gmail.metadata")
    assert since(poor, now(poor)) == []
    response = calls(ME, "gmail.labels").get("history", startHistoryId="1")
    assert refusal(response)[:2] == (403, "insufficientPermissions")
