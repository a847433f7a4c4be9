"""users.labels."""

from __future__ import annotations

from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.palette import PALETTE
from sandbox_caller import ANN, ME, Caller, letter, refusal

COLOR = {"backgroundColor": "#16a766", "textColor": "#ffffff"}


def create(caller: Caller, name: str, **more: object) -> dict[str, Any]:
    response = caller.post("labels", {"name": name, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def names(caller: Caller) -> list[str]:
    return [la["name"] for la in caller.said("labels")["labels"] if la["type"] == "user"]


def test_system_labels_come_first_and_without_counts(me: Caller) -> None:
    create(me, "Aardvark")
    labels = me.said("labels")["labels"]
    assert labels[-1]["name"] == "Aardvark"
    system = {label["id"]: label for label in labels[:-1]}
    assert {"INBOX", "SENT", "DRAFT", "UNREAD", "STARRED", "IMPORTANT", "SPAM", "TRASH"} <= set(
        system
    )
    assert system["INBOX"] == {"id": "INBOX", "name": "INBOX", "type": "system"}
    assert system["CATEGORY_SOCIAL"]["labelListVisibility"] == "labelHide"
    assert not any("messagesTotal" in label for label in labels)


def test_a_label_is_made_with_its_defaults(me: Caller) -> None:
    made = create(me, "Work/Big project")
    assert made == {
        "id": "Label_1",
        "name": "Work/Big project",
        "messageListVisibility": "show",
        "labelListVisibility": "labelShow",
        "type": "user",
    }
    assert me.said("labels")["labels"][-1] == made


def test_a_label_is_made_as_asked(me: Caller) -> None:
    asked = {
        "messageListVisibility": "hide",
        "labelListVisibility": "labelShowIfUnread",
        "color": COLOR,
    }
    made = create(me, "Quiet", **asked)
    assert asked.items() <= made.items()
    got = me.said(f"labels/{made['id']}")
    assert asked.items() <= got.items()


def test_labels_get_alone_counts(sandbox: Sandbox, me: Caller) -> None:
    first = sandbox.mail.put(ME, letter(), labels=("Work", "UNREAD"))
    sandbox.mail.put(ME, letter(), labels=("Work", "UNREAD"), thread=first)
    sandbox.mail.put(ME, letter(), labels=("Work",))
    sandbox.mail.put(ANN, letter(), labels=("Work",))
    said = me.said("labels/Label_1")
    counts = {key: said[key] for key in said if "Total" in key or "Unread" in key}
    assert counts == {
        "messagesTotal": 3,
        "messagesUnread": 2,
        "threadsTotal": 2,
        "threadsUnread": 1,
    }
    assert me.said("labels/UNREAD")["messagesTotal"] == 2
    assert me.said("labels/SPAM")["messagesTotal"] == 0


def test_an_unknown_label_is_not_found(me: Caller) -> None:
    for verb in ("GET", "DELETE"):
        assert refusal(me.call(verb, "labels/Label_77"))[:2] == (404, "notFound")
    for verb in ("PUT", "PATCH"):
        body = {"name": "x"}
        assert refusal(me.call(verb, "labels/Label_77", json=body))[:2] == (404, "notFound")


@pytest.mark.parametrize("name", ["Work", "work", "WORK"])
def test_a_name_exists_once_in_any_case(me: Caller, name: str) -> None:
    create(me, "Work")
    code, reason, _, message = refusal(me.post("labels", {"name": name}))
    assert (code, reason, message) == (409, "aborted", "Label name exists or conflicts")


def test_case_folding_reaches_beyond_ascii(me: Caller) -> None:
    create(me, "Straße Ä")
    assert refusal(me.post("labels", {"name": "STRASSE ä"}))[0] == 409


def test_a_child_does_not_need_its_parent_but_must_not_contradict_it(me: Caller) -> None:
    create(me, "A/b/C")
    create(me, "A")
    create(me, "A/b")
    assert refusal(me.post("labels", {"name": "a/other"}))[0] == 409
    assert names(me) == ["A/b/C", "A", "A/b"]


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", " Work", "Work ", "A//B", "/A", "A/", "A / B", "A/ B", "^i", "^x/y"),
        *("inbox", "Inbox", "SPAM", "trash", "Bin", "unread", "Starred", "important", "sent"),
        *("drafts", "Chat", "chats", "AllMail", "archive", "muted", "todo", "Buzz"),
        *("category_social", "[Gmail]", "[gmail]/Sent Mail", "tab\there", "line\nend", "\0"),
        "x" * 226,
        "\ud800",
    ],
    ids=lambda name: repr(name)[:20],
)
def test_names_gmail_does_not_take(me: Caller, name: str) -> None:
    code, reason, _, message = refusal(me.post("labels", {"name": name}))
    assert (code, reason, message) == (400, "invalidArgument", "Invalid label name")
    assert names(me) == []


@pytest.mark.parametrize(
    "name", ["x" * 225, "Inbox/Sub", "日本語", "a.b & c [d]", "🎉", "[Imap]/Sent", "Sent mail"]
)
def test_names_gmail_takes(me: Caller, name: str) -> None:
    create(me, name)
    assert names(me) == [name]


def test_a_label_without_a_name_is_refused(me: Caller) -> None:
    assert refusal(me.post("labels", {}))[3] == "Invalid label name"
    assert refusal(me.post("labels"))[3] == "Invalid label name"


def test_the_palette_has_113_colours() -> None:
    assert len(PALETTE) == 113


@pytest.mark.parametrize(
    "color",
    [
        {"backgroundColor": "#16a766"},
        {"textColor": "#ffffff"},
        {"backgroundColor": "#123456", "textColor": "#ffffff"},
        {"backgroundColor": "#16a766", "textColor": "white"},
        {"backgroundColor": "#16A766", "textColor": "#ffffff"},
        {},
    ],
    ids=["no text", "no background", "own colour", "a word", "upper case", "empty"],
)
def test_colours_come_in_pairs_from_the_palette(me: Caller, color: dict[str, str]) -> None:
    code, _, _, message = refusal(me.post("labels", {"name": "x", "color": color}))
    assert code == 400
    assert "palette" in message
    assert names(me) == []


@pytest.mark.parametrize(
    "body",
    [{"messageListVisibility": "no"}, {"labelListVisibility": "show"}, {"color": "#000000"}],
    ids=lambda body: next(iter(body)),
)
def test_other_words_are_refused(me: Caller, body: dict[str, object]) -> None:
    assert refusal(me.post("labels", {"name": "x", **body}))[0] == 400


def test_patch_changes_what_is_said_and_keeps_the_rest(me: Caller) -> None:
    made = create(me, "Work", color=COLOR, messageListVisibility="hide")
    path = f"labels/{made['id']}"
    assert me.call("PATCH", path, json={"name": "Job"}).json() == made | {"name": "Job"}
    assert me.call("PATCH", path, json={"color": None}).json()["color"] == COLOR
    other = {"backgroundColor": "#000000", "textColor": "#ffffff"}
    said = me.call("PATCH", path, json={"color": other}).json()
    assert said == made | {"name": "Job", "color": other}
    assert me.said(path).items() >= said.items()


def test_update_replaces_all_so_colour_and_visibility_go(me: Caller) -> None:
    made = create(me, "Work", color=COLOR, messageListVisibility="hide")
    said = me.call("PUT", f"labels/{made['id']}", json={"name": "Work"}).json()
    assert said == {
        "id": made["id"],
        "name": "Work",
        "messageListVisibility": "show",
        "labelListVisibility": "labelShow",
        "type": "user",
    }
    assert refusal(me.call("PUT", f"labels/{made['id']}", json={}))[0] == 400


def test_a_rename_keeps_id_and_mail_and_does_not_touch_children(
    sandbox: Sandbox, me: Caller
) -> None:
    id = sandbox.mail.put(ME, letter(), labels=("Work", "Work/Sub"))
    me.call("PATCH", "labels/Label_1", json={"name": "Job"})
    assert names(me) == ["Job", "Work/Sub"]
    assert me.listed(q="label:job") == [id]
    assert sandbox.mail.labels_of(ME, id) == {"Job", "Work/Sub"}
    case_only = me.call("PATCH", "labels/Label_1", json={"name": "JOB"})
    assert case_only.json()["name"] == "JOB"


def test_a_rename_onto_another_label_conflicts(me: Caller) -> None:
    create(me, "A")
    second = create(me, "B")
    for verb in ("PATCH", "PUT"):
        response = me.call(verb, f"labels/{second['id']}", json={"name": "a"})
        assert refusal(response)[0] == 409
    assert names(me) == ["A", "B"]


def test_the_id_in_the_body_must_fit_the_address(me: Caller) -> None:
    made = create(me, "A")
    for verb in ("PATCH", "PUT"):
        response = me.call(verb, f"labels/{made['id']}", json={"id": "Label_9", "name": "A"})
        assert refusal(response)[0] == 400
        fits = me.call(verb, f"labels/{made['id']}", json={"id": made["id"], "name": "A"})
        assert fits.status_code == 200


@pytest.mark.parametrize("id", ["INBOX", "CATEGORY_SOCIAL"])
def test_system_labels_can_be_neither_changed_nor_deleted(me: Caller, id: str) -> None:
    assert refusal(me.call("DELETE", f"labels/{id}"))[0] == 400
    assert refusal(me.call("PATCH", f"labels/{id}", json={"name": "x"}))[0] == 400
    assert refusal(me.call("PUT", f"labels/{id}", json={"name": "x"}))[0] == 400


def test_a_deleted_label_leaves_the_mail_and_its_children(sandbox: Sandbox, me: Caller) -> None:
    id = sandbox.mail.put(ME, letter(), labels=("INBOX", "Work", "Work/Sub"))
    before = int(me.said(f"messages/{id}")["historyId"])
    response = me.call("DELETE", "labels/Label_1")
    assert (response.status_code, response.content) == (204, b"")
    assert me.labels(id) == ["INBOX", "Label_2"]
    assert names(me) == ["Work/Sub"]
    assert int(me.said(f"messages/{id}")["historyId"]) > before


def test_a_label_made_again_has_a_new_id(me: Caller) -> None:
    first = create(me, "Work")
    me.call("DELETE", f"labels/{first['id']}")
    assert create(me, "Work")["id"] != first["id"]


def test_each_mailbox_has_its_own_labels(me: Caller, ann: Caller) -> None:
    mine = create(me, "Work")
    assert names(ann) == []
    assert refusal(ann.call("DELETE", f"labels/{mine['id']}"))[0] == 404
    create(ann, "Work")
