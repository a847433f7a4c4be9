"""Label changes, trash, deletion: the effect is read back by another method."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, Caller, letter, refusal


@pytest.fixture
def id(sandbox: Sandbox) -> str:
    return sandbox.mail.put(ME, letter(sender=ANN), labels=("INBOX", "UNREAD", "Work"))


def modify(caller: Caller, id: str, add: list[str], remove: list[str]) -> dict[str, object]:
    response = caller.post(f"messages/{id}/modify", {"addLabelIds": add, "removeLabelIds": remove})
    assert response.status_code == 200, response.text
    answer: dict[str, object] = response.json()
    return answer


def test_modify_answers_with_ids_and_labels_and_they_stay(me: Caller, id: str) -> None:
    said = modify(me, id, ["STARRED", "Label_1"], ["UNREAD"])
    assert said == {"id": id, "threadId": id, "labelIds": ["INBOX", "STARRED", "Label_1"]}
    assert me.labels(id) == ["INBOX", "STARRED", "Label_1"]


def test_the_last_label_leaves_no_label_ids(me: Caller, id: str) -> None:
    assert modify(me, id, [], ["INBOX", "UNREAD", "Label_1"]) == {"id": id, "threadId": id}


def test_a_change_moves_the_history_on_and_an_empty_one_does_not(me: Caller, id: str) -> None:
    def stamps() -> tuple[int, int]:
        message = me.said(f"messages/{id}", format="minimal")
        return int(message["historyId"]), int(me.said("profile")["historyId"])

    start = stamps()
    modify(me, id, ["INBOX"], ["STARRED"])  # both are so already
    assert stamps() == start
    modify(me, id, ["STARRED"], [])
    assert stamps() > start
    assert stamps()[0] == stamps()[1]


def test_what_is_trashed_cannot_be_put_into_the_inbox_in_one_breath(me: Caller, id: str) -> None:
    modify(me, id, [], ["INBOX"])
    modify(me, id, ["INBOX", "TRASH"], [])
    assert me.labels(id) == ["TRASH", "UNREAD", "Label_1"]


@pytest.mark.parametrize("label", ["TRASH", "SPAM"])
def test_adding_trash_or_spam_takes_it_out_of_the_inbox(me: Caller, id: str, label: str) -> None:
    modify(me, id, [label], [])
    assert me.labels(id) == [label, "UNREAD", "Label_1"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"addLabelIds": ["SENT"]}, "SENT"),
        ({"addLabelIds": ["DRAFT"]}, "DRAFT"),
        ({"addLabelIds": ["CHAT"]}, "CHAT"),
        ({"removeLabelIds": ["SENT"]}, "SENT"),
        ({"removeLabelIds": ["DRAFT"]}, "DRAFT"),
        ({"addLabelIds": ["YELLOW_STAR"]}, "YELLOW_STAR"),
        ({"addLabelIds": ["Work"]}, "Invalid label: Work"),
        ({"removeLabelIds": ["Label_2"]}, "Invalid label: Label_2"),
        ({"addLabelIds": ["CATEGORY_NEW"]}, "Invalid label: CATEGORY_NEW"),
        ({}, "No label"),
        ({"addLabelIds": [], "removeLabelIds": []}, "No label"),
        ({"addLabelIds": ["STARRED"], "removeLabelIds": ["STARRED"]}, "both"),
        ({"addLabelIds": ["STARRED"] * 101}, "Too many"),
        ({"removeLabelIds": ["STARRED"] * 101}, "Too many"),
        ({"addLabelIds": "STARRED"}, "addLabelIds"),
        ({"addLabelIds": [1]}, "addLabelIds"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else "",
)
def test_a_refused_change_changes_nothing(
    sandbox: Sandbox, me: Caller, id: str, body: dict[str, object], word: str
) -> None:
    with_good = dict(body)
    if isinstance(body.get("addLabelIds"), list) and len(body["addLabelIds"]) == 1:  # type: ignore[arg-type]
        with_good["addLabelIds"] = ["IMPORTANT", *body["addLabelIds"]]  # type: ignore[misc]
    for path, more in (
        (f"messages/{id}/modify", {}),
        ("messages/batchModify", {"ids": [id]}),
    ):
        code, reason, _, message = refusal(me.post(path, with_good | more))
        assert (code, reason) == (400, "invalidArgument")
        assert word in message
    assert me.labels(id) == ["INBOX", "UNREAD", "Label_1"]


def test_a_hundred_labels_each_way_are_fine(sandbox: Sandbox, me: Caller, id: str) -> None:
    names = [f"L{n}" for n in range(200)]
    other = sandbox.mail.put(ME, letter(), labels=names)
    ids = [label for label in me.labels(other) if label.startswith("Label_")]
    modify(me, other, ["STARRED"], ids[:100])
    modify(me, other, ids[:100], ids[100:])
    assert set(me.labels(other)) == {"STARRED", *ids[:100]}


def test_user_labels_cannot_be_put_on_drafts(sandbox: Sandbox, me: Caller, id: str) -> None:
    draft = sandbox.mail.put(ME, letter(), labels=("DRAFT",))
    assert refusal(me.post(f"messages/{draft}/modify", {"addLabelIds": ["Label_1"]}))[0] == 400
    both = {"ids": [draft, id], "addLabelIds": ["Label_1", "STARRED"]}
    assert me.post("messages/batchModify", both).status_code == 204
    assert me.labels(draft) == ["DRAFT"]
    assert "STARRED" in me.labels(id)


def test_batch_modify_changes_all_and_answers_nothing(sandbox: Sandbox, me: Caller) -> None:
    ids = [sandbox.mail.put(ME, letter()) for _ in range(3)]
    body = {"ids": ids[:2], "addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]}
    response = me.post("messages/batchModify", body)
    assert (response.status_code, response.content) == (204, b"")
    assert [me.labels(id) for id in ids] == [["STARRED"], ["STARRED"], ["INBOX"]]


def test_batch_modify_passes_over_unknown_ids_and_repeats(
    sandbox: Sandbox, me: Caller, ann: Caller, id: str
) -> None:
    hers = sandbox.mail.put(ANN, letter())
    body = {"ids": [id, id, "1a2b3c4d5e6f7081", hers], "addLabelIds": ["STARRED"]}
    assert me.post("messages/batchModify", body).status_code == 204
    assert "STARRED" in me.labels(id)
    assert "STARRED" not in ann.labels(hers)


@pytest.mark.parametrize(
    "ids", [[], ["xyz"], ["1a"] * 1001, "1a", None], ids=["none", "no id", "1001", "text", "null"]
)
@pytest.mark.parametrize("method", ["batchModify", "batchDelete"])
def test_a_batch_of_wrong_ids_is_refused_whole(
    calls: Callable[..., Caller], sandbox: Sandbox, method: str, ids: object
) -> None:
    full = calls(ME, "https://mail.google.com/")
    good = sandbox.mail.put(ME, letter())
    if isinstance(ids, list) and ids and len(ids) < 1000:
        ids = [good, *ids]
    body: dict[str, object] = {"ids": ids}
    if method == "batchModify":
        body["addLabelIds"] = ["STARRED"]
    assert refusal(full.post(f"messages/{method}", body))[0] == 400
    assert full.labels(good) == ["INBOX"]


def test_a_batch_of_a_thousand_is_fine_and_quick(sandbox: Sandbox, me: Caller) -> None:
    id = sandbox.mail.put(ME, letter())
    body = {"ids": [id, *(f"{n:x}" for n in range(999))], "addLabelIds": ["STARRED"]}
    assert me.post("messages/batchModify", body).status_code == 204
    assert "STARRED" in me.labels(id)


def test_trash_and_untrash(sandbox: Sandbox, me: Caller, id: str) -> None:
    trashed = me.post(f"messages/{id}/trash").json()
    assert trashed["labelIds"] == ["TRASH", "UNREAD", "Label_1"]
    assert me.listed() == []
    assert me.listed(q="in:trash") == [id]
    back = me.post(f"messages/{id}/untrash").json()
    assert back["labelIds"] == ["UNREAD", "Label_1"]
    assert me.listed() == [id]


@pytest.mark.parametrize("method", ["modify", "trash", "untrash"])
def test_ids_are_checked_before_anything(me: Caller, method: str) -> None:
    body = {"addLabelIds": ["STARRED"]} if method == "modify" else None
    assert refusal(me.post(f"messages/xyz/{method}", body))[3] == "Invalid id value"
    assert refusal(me.post(f"messages/1a2b3c4d5e6f7081/{method}", body))[0] == 404


def test_deletion_is_for_good(sandbox: Sandbox, calls: Callable[..., Caller], id: str) -> None:
    full = calls(ME, "https://mail.google.com/")
    others = [sandbox.mail.put(ME, letter()) for _ in range(2)]
    response = full.call("DELETE", f"messages/{id}")
    assert (response.status_code, response.content) == (204, b"")
    assert refusal(full.get(f"messages/{id}"))[0] == 404
    assert refusal(full.call("DELETE", f"messages/{id}"))[0] == 404
    assert full.post("messages/batchDelete", {"ids": [*others, id]}).status_code == 204
    assert full.listed(includeSpamTrash="true") == []
    assert full.said("labels/Label_1")["messagesTotal"] == 0


def test_the_history_remembers_every_change_in_order(
    sandbox: Sandbox, calls: Callable[..., Caller]
) -> None:
    full = calls(ME, "https://mail.google.com/")
    id = sandbox.mail.put(ME, letter(), labels=("INBOX",))
    modify(full, id, ["STARRED"], ["INBOX"])
    full.post(f"messages/{id}/trash")
    full.call("DELETE", f"messages/{id}")
    rows = sandbox.mail.database.rows("SELECT * FROM history ORDER BY user, id")
    assert [(row["message"], row["kind"], json.loads(row["labels"])) for row in rows] == [
        (id, "messageAdded", ["INBOX"]),
        (id, "labelAdded", ["STARRED"]),
        (id, "labelRemoved", ["INBOX"]),
        (id, "labelAdded", ["TRASH"]),
        (id, "messageDeleted", []),
    ]
    assert full.said("profile")["historyId"] == str(rows[-1]["id"])
