"""users.watch and users.stop: what would be published is kept for tests to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, Caller, letter, refusal

TOPIC = "projects/gmailkit-sandbox/topics/mail"
WEEK = 7 * 86_400


@pytest.fixture
def told(timed: Sandbox, clock: FakeClock) -> Callable[[], list[int]]:
    """The history ids published since the last look; a look takes a second."""
    seen = 0

    def look() -> list[int]:
        nonlocal seen
        clock.time += 1
        found = timed.mail.notifications(ME)
        assert all(set(one) == {"emailAddress", "historyId"} for one in found)
        assert {one["emailAddress"] for one in found} <= {ME}
        new, seen = found[seen:], len(found)
        return [int(str(one["historyId"])) for one in new]

    return look


@pytest.fixture
def watcher(timed: Sandbox) -> Any:
    caller = Caller(timed.url, timed.issue_token(ME, ["gmail.modify"]))
    yield caller
    caller.close()


def watch(caller: Caller, **more: object) -> dict[str, str]:
    response = caller.post("watch", {"topicName": TOPIC, **more})
    assert response.status_code == 200, response.text
    said: dict[str, str] = response.json()
    return said


def test_a_watch_tells_at_once_and_after_each_change(
    timed: Sandbox, clock: FakeClock, watcher: Caller, told: Callable[[], list[int]]
) -> None:
    timed.mail.put(ME, letter())
    assert told() == []
    said = watch(watcher)
    assert said["historyId"] == watcher.said("profile")["historyId"]
    assert int(said["expiration"]) == round((clock.time + WEEK) * 1000)
    assert told() == [int(said["historyId"])]
    id = timed.mail.put(ME, letter())
    changed = int(watcher.said(f"messages/{id}")["historyId"])
    assert told() == [changed]
    assert watcher.said("history", startHistoryId=said["historyId"])["historyId"] == str(changed)


def test_no_more_than_one_a_second_is_told(
    timed: Sandbox, clock: FakeClock, watcher: Caller, told: Callable[[], list[int]]
) -> None:
    watch(watcher)
    told()
    for _ in range(5):
        timed.mail.put(ME, letter())
    first, *rest = told()
    assert rest == []
    assert first < int(watcher.said("profile")["historyId"])
    timed.mail.put(ME, letter())
    assert len(told()) == 1


def test_others_mail_is_not_told(
    timed: Sandbox, watcher: Caller, told: Callable[[], list[int]]
) -> None:
    watch(watcher)
    told()
    timed.mail.put(ANN, letter())
    assert told() == timed.mail.notifications(ANN) == []


def test_a_watch_ends_after_a_week_or_when_it_is_stopped(
    timed: Sandbox, clock: FakeClock, watcher: Caller, told: Callable[[], list[int]]
) -> None:
    watch(watcher)
    told()
    response = watcher.post("stop")
    assert (response.status_code, response.content) == (204, b"")
    timed.mail.put(ME, letter())
    assert told() == []
    assert watcher.post("stop").status_code == 204
    watch(watcher)
    told()
    clock.time += WEEK - 5
    timed.mail.put(ME, letter())
    assert len(told()) == 1
    clock.time += 5
    timed.mail.put(ME, letter())
    assert told() == []


def test_a_new_watch_takes_the_place_of_the_old_one(
    timed: Sandbox, watcher: Caller, told: Callable[[], list[int]]
) -> None:
    watch(watcher, labelIds=["SPAM"])
    told()
    watch(watcher)
    told()
    timed.mail.put(ME, letter())
    assert len(told()) == 1


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({"labelIds": ["INBOX"]}, [True, False, True, True]),
        ({"labelIds": ["INBOX"], "labelFilterBehavior": "include"}, [True, False, True, True]),
        ({"labelIds": ["INBOX"], "labelFilterBehavior": "exclude"}, [False, True, False, False]),
        ({"labelIds": ["INBOX"], "labelFilterAction": "exclude"}, [False, True, False, False]),
        (
            {
                "labelIds": ["INBOX"],
                "labelFilterAction": "exclude",
                "labelFilterBehavior": "include",
            },
            [True, False, True, True],
        ),
        ({"labelIds": ["STARRED", "SPAM"]}, [False, False, True, False]),
        ({"labelIds": []}, [True, True, True, True]),
    ],
    ids=["default", "include", "exclude", "old exclude", "behaviour wins", "either", "none"],
)
def test_labels_choose_what_is_told(
    timed: Sandbox,
    watcher: Caller,
    told: Callable[[], list[int]],
    filter: dict[str, object],
    expected: list[bool],
) -> None:
    watch(watcher, **filter)
    told()
    id = timed.mail.put(ME, letter(), labels=("INBOX",))
    heard = [bool(told())]
    timed.mail.put(ME, letter(), labels=())
    heard.append(bool(told()))
    watcher.post(f"messages/{id}/modify", {"addLabelIds": ["STARRED"]})
    heard.append(bool(told()))
    watcher.post(
        f"messages/{id}/modify", {"removeLabelIds": ["STARRED"], "addLabelIds": ["UNREAD"]}
    )
    told()
    watcher.post(f"messages/{id}/modify", {"removeLabelIds": ["INBOX"]})
    heard.append(bool(told()))
    assert heard == expected


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"topicName": ""},
        {"topicName": "mail"},
        {"topicName": "projects/gmailkit-sandbox/topics/"},
        {"topicName": "projects/gmailkit-sandbox/subscriptions/mail"},
        {"topicName": "projects/somebody-else/topics/mail"},
        {"topicName": TOPIC + "/more"},
        {"topicName": TOPIC, "labelIds": ["Work"]},
        {"topicName": TOPIC, "labelIds": "INBOX"},
        {"topicName": TOPIC, "labelFilterBehavior": "INCLUDE"},
        {"topicName": TOPIC, "labelFilterAction": "some"},
        {"topicName": TOPIC, "labels": []},
    ],
)
def test_a_watch_that_cannot_be_is_refused(
    sandbox: Sandbox, me: Caller, body: dict[str, object]
) -> None:
    assert refusal(me.post("watch", body))[:2] == (400, "invalidArgument")
    sandbox.mail.put(ME, letter())
    assert sandbox.mail.notifications(ME) == []


def test_scopes_for_other_work_do_not_watch(calls: Callable[..., Caller]) -> None:
    assert watch(calls(ME, "gmail.metadata"))["historyId"]
    for path in ("watch", "stop"):
        response = calls(ME, "gmail.compose").post(path, {})
        assert refusal(response)[:2] == (403, "insufficientPermissions")
