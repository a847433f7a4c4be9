"""messages.list: order, paging, labels, spam and trash, queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, BOB, ME, Caller, letter, refusal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def fill(sandbox: Sandbox, count: int, *labels: str) -> list[str]:
    """`count` messages a minute apart; their ids, newest first."""
    put = [
        sandbox.mail.put(
            ME,
            letter(sender=ANN, subject=f"Number {n}"),
            labels=labels or ("INBOX",),
            date=NOON + timedelta(minutes=n),
        )
        for n in range(count)
    ]
    return put[::-1]


def test_an_empty_mailbox_has_no_messages_key(me: Caller) -> None:
    assert me.said("messages") == {"resultSizeEstimate": 0}


def test_the_newest_internal_date_comes_first_whatever_was_put_last(
    sandbox: Sandbox, me: Caller
) -> None:
    new = sandbox.mail.put(ME, letter(), date=NOON)
    old = sandbox.mail.put(ME, letter(), date=NOON - timedelta(days=9))
    middle = sandbox.mail.put(ME, letter(), date=NOON - timedelta(days=1))
    assert me.listed() == [new, middle, old]


def test_a_listing_holds_ids_and_thread_ids_alone(sandbox: Sandbox, me: Caller) -> None:
    id = sandbox.mail.put(ME, letter())
    assert me.said("messages")["messages"] == [{"id": id, "threadId": id}]


def test_pages_cover_everything_once(sandbox: Sandbox, me: Caller) -> None:
    ids = fill(sandbox, 23)
    assert me.listed(maxResults=5) == ids
    assert me.listed(maxResults=5, q="from:ann") == ids
    last = me.said("messages", maxResults=23)
    assert "nextPageToken" not in last


def test_messages_of_the_same_moment_are_paged_without_loss(sandbox: Sandbox, me: Caller) -> None:
    ids = {sandbox.mail.put(ME, letter(), date=NOON) for _ in range(9)}
    listed = me.listed(maxResults=2)
    assert len(listed) == 9
    assert set(listed) == ids


def test_a_page_is_a_hundred_by_default(sandbox: Sandbox, me: Caller) -> None:
    fill(sandbox, 101)
    page = me.said("messages")
    assert len(page["messages"]) == 100
    assert page["resultSizeEstimate"] == 201


def test_new_mail_does_not_shift_the_pages(sandbox: Sandbox, me: Caller) -> None:
    ids = fill(sandbox, 4)
    page = me.said("messages", maxResults=2)
    sandbox.mail.put(ME, letter(), date=NOON + timedelta(days=1))
    rest = me.said("messages", maxResults=2, pageToken=page["nextPageToken"])
    assert [message["id"] for message in rest["messages"]] == ids[2:]


@pytest.mark.parametrize(
    "change",
    [{"q": "subject:number"}, {"labelIds": "INBOX"}, {"includeSpamTrash": "true"}],
    ids=lambda change: next(iter(change)),
)
def test_a_page_token_is_good_for_its_own_question_only(
    sandbox: Sandbox, me: Caller, change: dict[str, str]
) -> None:
    fill(sandbox, 5)
    token = me.said("messages", maxResults=2)["nextPageToken"]
    assert refusal(me.get("messages", pageToken=token, **change))[3] == "Invalid pageToken"
    assert me.get("messages", pageToken=token, maxResults=1).status_code == 200


def test_a_page_token_of_another_mailbox_or_a_made_up_one_is_refused(
    sandbox: Sandbox, me: Caller, ann: Caller
) -> None:
    fill(sandbox, 5)
    token = me.said("messages", maxResults=2)["nextPageToken"]
    assert refusal(ann.get("messages", pageToken=token))[3] == "Invalid pageToken"
    for made_up in ("12345", "é", token[:-1], token + "A"):
        code, reason, _, message = refusal(me.get("messages", pageToken=made_up))
        assert (code, reason, message) == (400, "invalidArgument", "Invalid pageToken")


@pytest.mark.parametrize("count", ["0", "-1", "501", "x", "", "1.5", "٣", "9" * 5000])
def test_max_results_lies_between_1_and_500(me: Caller, count: str) -> None:
    assert refusal(me.get("messages", maxResults=count))[0] == 400


def test_a_page_can_hold_500(sandbox: Sandbox, me: Caller) -> None:
    fill(sandbox, 3)
    assert len(me.said("messages", maxResults=500)["messages"]) == 3


def test_label_ids_must_all_be_carried(sandbox: Sandbox, me: Caller) -> None:
    both = sandbox.mail.put(ME, letter(), labels=("INBOX", "Work"), date=NOON)
    one = sandbox.mail.put(ME, letter(), labels=("INBOX",), date=NOON - timedelta(hours=1))
    assert me.listed(labelIds=["INBOX"]) == [both, one]
    assert me.listed(labelIds=["INBOX", "Label_1"]) == [both]
    assert me.listed(labelIds=["Label_1"], q="label:work") == [both]
    assert me.listed(labelIds=["Label_1"], q="subject:nothing") == []


@pytest.mark.parametrize("label", ["Work", "Label_9", "inbox", ""])
def test_a_name_or_unknown_id_is_no_label_id(sandbox: Sandbox, me: Caller, label: str) -> None:
    sandbox.mail.put(ME, letter(), labels=("Work",))
    code, _, _, message = refusal(me.get("messages", labelIds=label))
    assert (code, message) == (400, f"Invalid label: {label}")


def test_spam_and_trash_show_only_when_asked_for(sandbox: Sandbox, me: Caller) -> None:
    spam = sandbox.mail.put(ME, letter(), labels=("SPAM",), date=NOON)
    trash = sandbox.mail.put(ME, letter(), labels=("TRASH", "Work"), date=NOON - timedelta(hours=1))
    plain = sandbox.mail.put(ME, letter(), labels=(), date=NOON - timedelta(hours=2))
    assert me.listed() == [plain]
    assert me.listed(includeSpamTrash="true") == [spam, trash, plain]
    assert me.listed(labelIds="Label_1") == []
    assert me.listed(labelIds="Label_1", includeSpamTrash="true") == [trash]
    assert me.listed(q="in:anywhere") == [spam, trash, plain]
    assert me.listed(q="in:spam") == [spam]
    assert me.listed(q="in:trash") == [trash]
    assert me.listed(q="subject:hello") == [plain]


@pytest.mark.parametrize("flag", ["TRUE", "1", "yes", ""])
def test_a_flag_is_true_or_false(me: Caller, flag: str) -> None:
    assert refusal(me.get("messages", includeSpamTrash=flag))[0] == 400


def test_a_query_sees_words_labels_dates_and_size(sandbox: Sandbox, me: Caller) -> None:
    bill = sandbox.mail.put(
        ME,
        letter(sender="Acme Billing <billing@acme.example>", subject="Your invoice", to=ME),
        labels=("INBOX", "UNREAD", "Big Project"),
        date=NOON,
    )
    chat = sandbox.mail.put(
        ME, letter(sender=BOB, body="lunch? " * 400), date=NOON - timedelta(days=40)
    )
    assert me.listed(q="from:billing") == [bill]
    assert me.listed(q="from:bob OR subject:invoice") == [bill, chat]
    assert me.listed(q="is:unread to:me") == [bill]
    assert me.listed(q="label:big-project") == [bill]
    assert me.listed(q="lunch -invoice") == [chat]
    assert me.listed(q="larger:2K") == [chat]
    assert me.listed(q=f"after:{int(NOON.timestamp())}") == [bill]
    assert me.listed(q=f"before:{int(NOON.timestamp())}") == [chat]


def test_a_query_follows_label_changes(sandbox: Sandbox, me: Caller) -> None:
    id = sandbox.mail.put(ME, letter(), labels=("INBOX", "UNREAD"))
    assert me.listed(q="is:unread") == [id]
    assert me.post(f"messages/{id}/modify", {"removeLabelIds": ["UNREAD"]}).status_code == 200
    assert me.listed(q="is:unread") == []
    assert me.listed(q="is:read") == [id]


@pytest.mark.parametrize("query", ["fron:ann", "from:(ann", '"open', "newer_than:x", "is:nothing"])
def test_a_malformed_query_finds_nothing_and_is_no_error(
    sandbox: Sandbox, me: Caller, query: str
) -> None:
    sandbox.mail.put(ME, letter(sender=ANN))
    assert me.said("messages", q=query) == {"resultSizeEstimate": 0}


def test_an_empty_query_filters_nothing(sandbox: Sandbox, me: Caller) -> None:
    assert len(fill(sandbox, 2)) == len(me.listed(q=" ")) == 2


def test_states_without_a_label_are_found_and_not_shown(sandbox: Sandbox, me: Caller) -> None:
    muted = sandbox.mail.put(ME, letter(), labels=("MUTED",))
    assert me.listed(q="is:muted") == [muted]
    assert me.labels(muted) == []
    assert refusal(me.get("messages", labelIds="MUTED"))[0] == 400


def test_a_mailbox_holds_its_own_mail_only(sandbox: Sandbox, me: Caller, ann: Caller) -> None:
    mine, hers = sandbox.mail.put(ME, letter()), sandbox.mail.put(ANN, letter())
    assert (me.listed(), ann.listed()) == ([mine], [hers])
    assert refusal(me.get(f"messages/{hers}"))[0] == 404


def test_partial_answers(sandbox: Sandbox, me: Caller) -> None:
    [second, first] = fill(sandbox, 2)
    page = me.said("messages", fields="messages/id,nextPageToken")
    assert page == {"messages": [{"id": second}, {"id": first}]}
    one = me.said(f"messages/{first}", fields="id,payload(headers(name),mimeType)")
    assert set(one) == {"id", "payload"}
    assert set(one["payload"]) == {"headers", "mimeType"}
    assert set(one["payload"]["headers"][0]) == {"name"}
    assert me.said("messages", fields="*/threadId")["messages"][0] == {"threadId": second}
    assert me.said("messages", fields="*") == me.said("messages")


@pytest.mark.parametrize("fields", ["messages(", "messages/", ",", "a b", "messages)", "(id)"])
def test_a_malformed_field_mask_is_refused(me: Caller, fields: str) -> None:
    code, reason, _, _ = refusal(me.get("messages", fields=fields))
    assert (code, reason) == (400, "invalidParameter")
