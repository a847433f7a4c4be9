"""Profile, watch, messages and threads: each method once."""

from __future__ import annotations

from client.calls import RAW, call
from gmailkit.model.ids import LabelId, MessageId, ThreadId
from gmailkit.model.message import (
    ClassificationLabelFieldValue,
    ClassificationLabelValue,
    Header,
    Message,
    MessageRef,
    Part,
    PartBody,
)
from gmailkit.model.profile import Profile
from gmailkit.model.shape import from_millis
from gmailkit.model.thread import Thread
from gmailkit.model.watch import WatchResponse

A, B = MessageId("18c2f0a1b2c3d4e5"), MessageId("18c2f0a1b2c3d4e6")
T = ThreadId(A)
INBOX, UNREAD, WORK = LabelId("INBOX"), LabelId("UNREAD"), LabelId("Label_7")

SECRECY = ClassificationLabelValue(
    label_id="secrecy", fields=(ClassificationLabelFieldValue(field_id="f", selection="high"),)
)
SECRECY_JSON = {"labelId": "secrecy", "fields": [{"fieldId": "f", "selection": "high"}]}

CHANGED = {"id": A, "threadId": T, "labelIds": ["INBOX", "Label_7"]}
CHANGED_MESSAGE = Message(id=A, thread_id=T, label_ids=(INBOX, WORK))
PUT = {"id": A, "threadId": T, "labelIds": ["INBOX"]}
PUT_MESSAGE = Message(id=A, thread_id=T, label_ids=(INBOX,))
THREAD = {"id": T, "historyId": "812", "messages": [PUT]}
THREAD_OBJECT = Thread(id=T, history_id=812, messages=(PUT_MESSAGE,))
FULL = {
    "id": A,
    "threadId": T,
    "labelIds": ["INBOX", "UNREAD"],
    "snippet": "Tom &amp; Ann",
    "historyId": "18446744073709551615",
    "internalDate": "1700000000123",
    "sizeEstimate": 5120,
    "payload": {
        "partId": "",
        "mimeType": "multipart/mixed",
        "filename": "",
        "headers": [{"name": "Subject", "value": "Hi"}],
        "body": {"size": 0},
        "parts": [
            {
                "partId": "0",
                "mimeType": "application/pdf",
                "filename": "a.pdf",
                "body": {"attachmentId": "ANGjdJ8", "size": 4000},
            }
        ],
    },
}
FULL_MESSAGE = Message(
    id=A,
    thread_id=T,
    label_ids=(INBOX, UNREAD),
    snippet="Tom &amp; Ann",
    history_id=18446744073709551615,
    internal_date=from_millis(1700000000123),
    size_estimate=5120,
    payload=Part(
        mime_type="multipart/mixed",
        headers=(Header(name="Subject", value="Hi"),),
        parts=(
            Part(
                part_id="0",
                mime_type="application/pdf",
                filename="a.pdf",
                body=PartBody(attachment_id="ANGjdJ8", size=4000),
            ),
        ),
    ),
)
BIG_PAGE = {"maxResults": ["500"]}

USER = (
    call(
        "getProfile",
        lambda c: c.get_profile(),
        "GET /profile",
        answer={"emailAddress": "me@example.com", "messagesTotal": 9, "historyId": "812"},
        gives=Profile(email_address="me@example.com", messages_total=9, history_id=812),
    ),
    call(
        "watch",
        lambda c: c.watch(
            "projects/p/topics/t", label_ids=[INBOX], label_filter_behavior="exclude"
        ),
        "POST /watch",
        body={
            "topicName": "projects/p/topics/t",
            "labelIds": ["INBOX"],
            "labelFilterBehavior": "exclude",
        },
        answer={"historyId": "812", "expiration": "1700604800000"},
        gives=WatchResponse(history_id=812, expiration=from_millis(1700604800000)),
    ),
    call("stop", lambda c: c.stop(), "POST /stop"),
)

MESSAGES = (
    call(
        "messages.list",
        lambda c: list(
            c.messages.list(
                q="from:ann", label_ids=[INBOX, WORK], include_spam_trash=True, page_token="next"
            )
        ),
        "GET /messages",
        query={
            "q": ["from:ann"],
            "labelIds": ["INBOX", "Label_7"],
            "includeSpamTrash": ["true"],
            "pageToken": ["next"],
            "fields": ["messages(id,threadId),nextPageToken"],
            **BIG_PAGE,
        },
        answer={"messages": [{"id": A, "threadId": T}], "resultSizeEstimate": 201},
        gives=[MessageRef(id=A, thread_id=T)],
    ),
    call(
        "messages.get",
        lambda c: c.messages.get(A, format="metadata", metadata_headers=["From", "To"]),
        f"GET /messages/{A}",
        query={"format": ["metadata"], "metadataHeaders": ["From", "To"]},
        answer=FULL,
        gives=FULL_MESSAGE,
    ),
    call(
        "messages.send",
        lambda c: c.messages.send(RAW, thread_id=T, classification_label_values=[SECRECY]),
        "POST /messages/send",
        upload=True,
        body={"threadId": T, "classificationLabelValues": [SECRECY_JSON]},
        answer=PUT,
        gives=PUT_MESSAGE,
    ),
    call(
        "messages.insert",
        lambda c: c.messages.insert(
            RAW,
            label_ids=[INBOX],
            thread_id=T,
            internal_date_source="dateHeader",
            deleted=True,
            classification_label_values=[SECRECY],
        ),
        "POST /messages",
        upload=True,
        query={"internalDateSource": ["dateHeader"], "deleted": ["true"]},
        body={"labelIds": ["INBOX"], "threadId": T, "classificationLabelValues": [SECRECY_JSON]},
        answer=PUT,
        gives=PUT_MESSAGE,
    ),
    call(
        "messages.import",
        lambda c: c.messages.import_(
            RAW,
            label_ids=[INBOX],
            internal_date_source="receivedTime",
            never_mark_spam=True,
            process_for_calendar=True,
            deleted=True,
        ),
        "POST /messages/import",
        upload=True,
        query={
            "internalDateSource": ["receivedTime"],
            "neverMarkSpam": ["true"],
            "processForCalendar": ["true"],
            "deleted": ["true"],
        },
        body={"labelIds": ["INBOX"]},
        answer=PUT,
        gives=PUT_MESSAGE,
    ),
    call(
        "messages.modify",
        lambda c: c.messages.modify(
            A,
            add_label_ids=[WORK],
            remove_label_ids=[UNREAD],
            add_classification_labels=[SECRECY],
            remove_classification_label_ids=["old"],
        ),
        f"POST /messages/{A}/modify",
        body={
            "addLabelIds": ["Label_7"],
            "removeLabelIds": ["UNREAD"],
            "addClassificationLabels": [SECRECY_JSON],
            "removeClassificationLabelIds": ["old"],
        },
        answer=CHANGED,
        gives=CHANGED_MESSAGE,
    ),
    call(
        "messages.batchModify",
        lambda c: c.messages.batch_modify(
            [A, B],
            add_label_ids=[WORK],
            remove_label_ids=[UNREAD],
            add_classification_labels=[SECRECY],
            remove_classification_label_ids=["old"],
        ),
        "POST /messages/batchModify",
        body={
            "ids": [A, B],
            "addLabelIds": ["Label_7"],
            "removeLabelIds": ["UNREAD"],
            "addClassificationLabels": [SECRECY_JSON],
            "removeClassificationLabelIds": ["old"],
        },
    ),
    call(
        "messages.trash",
        lambda c: c.messages.trash(A),
        f"POST /messages/{A}/trash",
        answer=CHANGED,
        gives=CHANGED_MESSAGE,
    ),
    call(
        "messages.untrash",
        lambda c: c.messages.untrash(A),
        f"POST /messages/{A}/untrash",
        answer=CHANGED,
        gives=CHANGED_MESSAGE,
    ),
    call("messages.delete", lambda c: c.messages.delete(A), f"DELETE /messages/{A}"),
    call(
        "messages.batchDelete",
        lambda c: c.messages.batch_delete([A, B]),
        "POST /messages/batchDelete",
        body={"ids": [A, B]},
    ),
    call(
        "messages.attachments.get",
        lambda c: c.messages.attachments.get(A, "ANGjdJ8-_x"),
        f"GET /messages/{A}/attachments/ANGjdJ8-_x",
        answer={"size": 3, "data": "_-8A"},
        gives=b"\xff\xef\x00",
    ),
)

THREADS = (
    call(
        "threads.list",
        lambda c: list(
            c.threads.list(
                q="is:unread",
                label_ids=[WORK],
                include_spam_trash=True,
                max_results=50,
                page_token="next",
            )
        ),
        "GET /threads",
        query={
            "q": ["is:unread"],
            "labelIds": ["Label_7"],
            "includeSpamTrash": ["true"],
            "maxResults": ["50"],
            "pageToken": ["next"],
        },
        answer={"threads": [{"id": T, "snippet": "Hi", "historyId": "812"}]},
        gives=[Thread(id=T, snippet="Hi", history_id=812)],
    ),
    call(
        "threads.get",
        lambda c: c.threads.get(T, format="metadata", metadata_headers=["Subject"]),
        f"GET /threads/{T}",
        query={"format": ["metadata"], "metadataHeaders": ["Subject"]},
        answer={"id": T, "historyId": "812", "messages": [FULL]},
        gives=Thread(id=T, history_id=812, messages=(FULL_MESSAGE,)),
    ),
    call(
        "threads.modify",
        lambda c: c.threads.modify(T, add_label_ids=[WORK], remove_label_ids=[INBOX]),
        f"POST /threads/{T}/modify",
        body={"addLabelIds": ["Label_7"], "removeLabelIds": ["INBOX"]},
        answer=THREAD,
        gives=THREAD_OBJECT,
    ),
    call(
        "threads.trash",
        lambda c: c.threads.trash(T),
        f"POST /threads/{T}/trash",
        answer=THREAD,
        gives=THREAD_OBJECT,
    ),
    call(
        "threads.untrash",
        lambda c: c.threads.untrash(T),
        f"POST /threads/{T}/untrash",
        answer=THREAD,
        gives=THREAD_OBJECT,
    ),
    call("threads.delete", lambda c: c.threads.delete(T), f"DELETE /threads/{T}"),
)

CALLS = (*USER, *MESSAGES, *THREADS)
