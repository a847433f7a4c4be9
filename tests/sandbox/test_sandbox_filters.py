"""users.settings.filters, and what filters do to mail that arrives."""

from __future__ import annotations

from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.routes.settings import filters
from sandbox_caller import ANN, BOB, CARLA, ME, Caller, base64url, letter, refusal

PATH = "settings/filters"
STAR = {"addLabelIds": ["STARRED"]}


def create(
    caller: Caller, criteria: dict[str, Any], action: dict[str, Any] = STAR
) -> dict[str, Any]:
    response = caller.post(PATH, {"criteria": criteria, "action": action})
    assert response.status_code == 200, response.text
    made: dict[str, Any] = response.json()
    return made


def refused(caller: Caller, criteria: object, action: object = STAR) -> str:
    code, _, _, message = refusal(caller.post(PATH, {"criteria": criteria, "action": action}))
    assert code == 400
    return message


def arrives(sandbox: Sandbox, raw: bytes) -> set[str]:
    return sandbox.mail.labels_of(ME, sandbox.deliver(ME, raw))


def test_a_filter_is_made_read_listed_and_deleted(owner: Caller, ann: Caller) -> None:
    assert owner.said(PATH) == {}
    made = create(owner, {"from": ANN, "subject": "  big   news "})
    assert made["id"].startswith("ANe1Bm")
    assert made["criteria"] == {"from": ANN, "subject": "big news"}
    assert owner.said(f"{PATH}/{made['id']}") == made
    other = create(owner, {"from": BOB})
    assert owner.said(PATH) == {"filter": [made, other]}
    assert ann.said(PATH) == {}
    assert owner.call("DELETE", f"{PATH}/{made['id']}").status_code == 204
    assert owner.said(PATH) == {"filter": [other]}
    for verb in ("GET", "DELETE"):
        assert refusal(owner.call(verb, f"{PATH}/{made['id']}"))[:2] == (404, "notFound")


def test_an_identical_filter_exists_already(owner: Caller) -> None:
    create(owner, {"subject": "news"})
    assert refused(owner, {"subject": " news "}) == "Filter already exists"
    create(owner, {"subject": "news"}, {"removeLabelIds": ["INBOX"]})
    create(owner, {"subject": "News"})


@pytest.mark.parametrize(
    ("criteria", "action", "word"),
    [
        ({}, STAR, "criteria are empty"),
        (None, STAR, "criteria are empty"),
        ({"from": "  ", "hasAttachment": False}, STAR, "criteria are empty"),
        ({"excludeChats": True}, STAR, "criteria are empty"),
        ({"from": ANN}, {}, "action is empty"),
        ({"from": ANN}, {"addLabelIds": []}, "action is empty"),
        ({"from": ANN}, {"addLabelIds": ["Work"]}, "Invalid label: Work"),
        ({"from": ANN}, {"removeLabelIds": ["Label_9"]}, "Invalid label: Label_9"),
        ({"from": ANN}, {"addLabelIds": ["SENT"]}, "SENT"),
        ({"from": ANN}, {"addLabelIds": ["SPAM"]}, "SPAM"),
        ({"from": ANN}, {"removeLabelIds": ["STARRED"]}, "STARRED"),
        ({"from": ANN}, {"addLabelIds": ["IMPORTANT"], "removeLabelIds": ["IMPORTANT"]}, "both"),
        ({"from": ANN}, {"addLabelIds": ["Label_1", "Label_2"]}, "user labels"),
        ({"from": ANN}, {"forward": BOB}, "Unrecognized forwarding address"),
        ({"size": 10}, STAR, "sizeComparison"),
        ({"sizeComparison": "larger"}, STAR, "sizeComparison"),
        ({"size": -1, "sizeComparison": "larger"}, STAR, "sizeComparison"),
        ({"size": 10, "sizeComparison": "bigger"}, STAR, "TYPE_ENUM"),
        ({"size": "much", "sizeComparison": "larger"}, STAR, "size"),
        ({"sender": ANN}, STAR, "Unknown name"),
        ({"from": ANN}, {"add": ["STARRED"]}, "Unknown name"),
    ],
)
def test_what_is_no_filter_is_refused(
    sandbox: Sandbox, owner: Caller, criteria: object, action: object, word: str
) -> None:
    user = sandbox.mail.users.get(ME)
    sandbox.mail.labels.ids_of(user.n, ["A", "B"])
    assert word in refused(owner, criteria, action)
    assert owner.said(PATH) == {}


def test_there_are_at_most_a_thousand(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    assert filters.MAX_FILTERS == 1000
    monkeypatch.setattr(filters, "MAX_FILTERS", 2)
    create(owner, {"from": ANN})
    create(owner, {"from": BOB})
    assert "Too many filters" in refused(owner, {"from": CARLA})


def test_at_most_twenty_forward(sandbox: Sandbox, owner: Caller, admin: Caller) -> None:
    admin.post("settings/forwardingAddresses", {"forwardingEmail": BOB})
    sandbox.mail.confirm(ME, BOB)
    for number in range(20):
        create(owner, {"subject": f"s{number}"}, {"forward": BOB})
    assert "forward" in refused(owner, {"subject": "one more"}, {"forward": BOB})
    create(owner, {"subject": "one more"})


LETTER = letter(
    sender=f"Ann Keller <{ANN}>",
    to=f"Mira <{ME}>",
    subject="The big news, today",
    more=[("Cc", CARLA)],
)


@pytest.mark.parametrize(
    ("criteria", "met"),
    [
        ({"from": ANN}, True),
        ({"from": "ann"}, True),
        ({"from": "keller"}, True),
        ({"from": "kell"}, False),
        ({"from": BOB}, False),
        ({"to": "me@"}, True),
        ({"to": "carla"}, True),
        ({"to": "Mira"}, True),
        ({"to": ANN}, False),
        ({"subject": "BIG news"}, True),
        ({"subject": "news big"}, False),
        ({"query": "subject:today -from:bob"}, True),
        ({"query": "is:unread in:inbox"}, True),
        ({"query": "has:attachment"}, False),
        ({"negatedQuery": "has:attachment"}, True),
        ({"negatedQuery": "few words"}, False),
        ({"from": "ann", "negatedQuery": "subject:today"}, False),
        ({"hasAttachment": True}, False),
        ({"from": "ann", "hasAttachment": False}, True),
        ({"size": 100, "sizeComparison": "larger"}, True),
        ({"size": 100, "sizeComparison": "smaller"}, False),
        ({"size": 100_000, "sizeComparison": "smaller"}, True),
        ({"from": "ann", "size": 100_000, "sizeComparison": "larger"}, False),
        ({"from": "ann", "excludeChats": True}, True),
        ({"from": "@"}, False),
    ],
    ids=str,
)
def test_all_criteria_have_to_be_met(
    sandbox: Sandbox, owner: Caller, criteria: dict[str, Any], met: bool
) -> None:
    create(owner, criteria)
    assert ("STARRED" in arrives(sandbox, LETTER)) is met


def test_filters_act_on_what_arrives_and_never_on_stored_mail(
    sandbox: Sandbox, owner: Caller, ann: Caller
) -> None:
    before = sandbox.deliver(ME, LETTER)
    put = sandbox.mail.put(ME, LETTER)
    label = owner.post("labels", {"name": "News"}).json()["id"]
    create(owner, {"from": ANN}, {"addLabelIds": [label], "removeLabelIds": ["INBOX", "UNREAD"]})
    ann.sent(letter(to=ME))
    after = next(id for id in sandbox.mail.ids(ME) if id not in (before, put))
    assert sandbox.mail.labels_of(ME, after) == {"News", "CATEGORY_PERSONAL"}
    assert sandbox.mail.labels_of(ME, before) == {"INBOX", "UNREAD", "CATEGORY_PERSONAL"}
    assert sandbox.mail.labels_of(ME, put) == {"INBOX"}
    assert owner.listed(q="label:news") == [after]


@pytest.mark.parametrize("method", ["messages", "messages/import"])
def test_mail_that_is_inserted_or_imported_passes_no_filter(owner: Caller, method: str) -> None:
    create(owner, {"from": ANN})
    body = {"raw": base64url(LETTER), "labelIds": ["INBOX"]}
    assert owner.post(method, body).json()["labelIds"] == ["INBOX"]


def test_actions_of_several_filters_add_up(sandbox: Sandbox, owner: Caller) -> None:
    create(owner, {"from": "ann"}, {"addLabelIds": ["STARRED", "IMPORTANT"]})
    create(owner, {"subject": "news"}, {"addLabelIds": ["CATEGORY_UPDATES"]})
    create(owner, {"query": "today"}, {"removeLabelIds": ["IMPORTANT", "UNREAD"]})
    assert arrives(sandbox, LETTER) == {"INBOX", "STARRED", "CATEGORY_UPDATES"}


def test_a_filter_can_delete(sandbox: Sandbox, owner: Caller) -> None:
    create(owner, {"from": "ann"}, {"addLabelIds": ["TRASH"]})
    assert arrives(sandbox, LETTER) == {"TRASH", "UNREAD", "CATEGORY_PERSONAL"}


def test_never_send_it_to_spam(sandbox: Sandbox, owner: Caller) -> None:
    def junk() -> set[str]:
        return sandbox.mail.labels_of(ME, sandbox.deliver(ME, LETTER, spam=True))

    create(owner, {"from": "ann"})
    assert junk() == {"SPAM", "UNREAD", "STARRED"}
    create(owner, {"from": "ann"}, {"removeLabelIds": ["SPAM"]})
    assert junk() == {"INBOX", "UNREAD", "STARRED"}


def test_mail_to_oneself_passes_filters_too(owner: Caller) -> None:
    create(owner, {"to": "me"}, {"addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]})
    assert set(owner.sent(letter(to=ME))["labelIds"]) == {"SENT", "STARRED", "UNREAD"}
    assert owner.sent(letter(to=ANN))["labelIds"] == ["SENT"]


def test_a_deleted_label_is_not_added(sandbox: Sandbox, owner: Caller) -> None:
    label = owner.post("labels", {"name": "News"}).json()["id"]
    create(owner, {"from": "ann"}, {"addLabelIds": [label]})
    owner.call("DELETE", f"labels/{label}")
    assert arrives(sandbox, LETTER) == {"INBOX", "UNREAD", "CATEGORY_PERSONAL"}


def test_a_query_that_cannot_be_read_finds_nothing(sandbox: Sandbox, owner: Caller) -> None:
    create(owner, {"query": "after:never"})
    assert "STARRED" not in arrives(sandbox, LETTER)
