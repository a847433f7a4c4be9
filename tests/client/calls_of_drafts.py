"""Labels, drafts and history: each method once."""

from __future__ import annotations

from client.calls import RAW, call
from client.calls_of_mail import (
    BIG_PAGE,
    INBOX,
    PUT,
    PUT_MESSAGE,
    SECRECY,
    SECRECY_JSON,
    UNREAD,
    WORK,
    A,
    B,
    T,
)
from gmailkit.model.draft import Draft
from gmailkit.model.history import (
    History,
    HistoryLabelAdded,
    HistoryLabelRemoved,
    HistoryMessageAdded,
    HistoryMessageDeleted,
)
from gmailkit.model.ids import DraftId, LabelId
from gmailkit.model.label import Label, LabelColor
from gmailkit.model.message import Message

D = DraftId("r-42")
DRAFT = {"id": D, "message": {"id": B, "threadId": T, "labelIds": ["DRAFT"]}}
DRAFT_OBJECT = Draft(id=D, message=Message(id=B, thread_id=T, label_ids=(LabelId("DRAFT"),)))
LABEL = {
    "id": "Label_7",
    "name": "Work",
    "type": "user",
    "messageListVisibility": "show",
    "labelListVisibility": "labelShowIfUnread",
    "color": {"textColor": "#ffffff", "backgroundColor": "#16a766"},
}
GREEN = LabelColor(text_color="#ffffff", background_color="#16a766")
LABEL_OBJECT = Label(
    id=WORK,
    name="Work",
    type="user",
    message_list_visibility="show",
    label_list_visibility="labelShowIfUnread",
    color=GREEN,
)
LABELS = (
    call(
        "labels.list",
        lambda c: c.labels.list(),
        "GET /labels",
        answer={"labels": [{"id": "INBOX", "name": "INBOX", "type": "system"}, LABEL]},
        gives=(Label(id=INBOX, name="INBOX", type="system"), LABEL_OBJECT),
    ),
    call(
        "labels.get",
        lambda c: c.labels.get(WORK),
        "GET /labels/Label_7",
        answer={"id": "Label_7", "name": "Work", "messagesTotal": 3, "threadsUnread": 1},
        gives=Label(id=WORK, name="Work", messages_total=3, threads_unread=1),
    ),
    call(
        "labels.create",
        lambda c: c.labels.create(
            "Work",
            color=GREEN,
            message_list_visibility="show",
            label_list_visibility="labelShowIfUnread",
        ),
        "POST /labels",
        body={name: value for name, value in LABEL.items() if name not in ("id", "type")},
        answer=LABEL,
        gives=LABEL_OBJECT,
    ),
    call(
        "labels.patch",
        lambda c: c.labels.patch(WORK, color=GREEN, label_list_visibility="labelHide"),
        "PATCH /labels/Label_7",
        body={"color": LABEL["color"], "labelListVisibility": "labelHide"},
        answer=LABEL,
        gives=LABEL_OBJECT,
    ),
    call(
        "labels.update",
        lambda c: c.labels.update(LABEL_OBJECT),
        "PUT /labels/Label_7",
        body=LABEL,
        answer=LABEL,
        gives=LABEL_OBJECT,
    ),
    call("labels.delete", lambda c: c.labels.delete(WORK), "DELETE /labels/Label_7"),
)

DRAFTS = (
    call(
        "drafts.list",
        lambda c: list(c.drafts.list(q="to:bob", include_spam_trash=True, page_token="next")),
        "GET /drafts",
        query={
            "q": ["to:bob"],
            "includeSpamTrash": ["true"],
            "pageToken": ["next"],
            **BIG_PAGE,
        },
        answer={"drafts": [{"id": D, "message": {"id": B, "threadId": T}}]},
        gives=[Draft(id=D, message=Message(id=B, thread_id=T))],
    ),
    call(
        "drafts.get",
        lambda c: c.drafts.get(D, format="raw"),
        f"GET /drafts/{D}",
        query={"format": ["raw"]},
        answer={"id": D, "message": {"id": B, "threadId": T, "raw": "SGk="}},
        gives=Draft(id=D, message=Message(id=B, thread_id=T, raw="SGk=")),
    ),
    call(
        "drafts.create",
        lambda c: c.drafts.create(RAW, thread_id=T, classification_label_values=[SECRECY]),
        "POST /drafts",
        upload=True,
        body={"message": {"threadId": T, "classificationLabelValues": [SECRECY_JSON]}},
        answer=DRAFT,
        gives=DRAFT_OBJECT,
    ),
    call(
        "drafts.update",
        lambda c: c.drafts.update(D, RAW),
        f"PUT /drafts/{D}",
        upload=True,
        answer=DRAFT,
        gives=DRAFT_OBJECT,
    ),
    call(
        "drafts.send",
        lambda c: c.drafts.send(D),
        "POST /drafts/send",
        body={"id": D},
        answer=PUT,
        gives=PUT_MESSAGE,
    ),
    call(
        "drafts.send",
        lambda c: c.drafts.send(D, RAW, thread_id=T),
        "POST /drafts/send",
        upload=True,
        body={"id": D, "message": {"threadId": T}},
        answer=PUT,
        gives=PUT_MESSAGE,
    ),
    call("drafts.delete", lambda c: c.drafts.delete(D), f"DELETE /drafts/{D}"),
)

HISTORY = (
    call(
        "history.list",
        lambda c: list(
            c.history.list(
                812,
                history_types=["messageAdded", "labelRemoved"],
                label_id=INBOX,
                max_results=9,
                page_token="next",
            )
        ),
        "GET /history",
        query={
            "startHistoryId": ["812"],
            "historyTypes": ["messageAdded", "labelRemoved"],
            "labelId": ["INBOX"],
            "maxResults": ["9"],
            "pageToken": ["next"],
        },
        answer={
            "history": [
                {
                    "id": "815",
                    "messages": [{"id": A, "threadId": T}],
                    "messagesAdded": [{"message": PUT}],
                    "messagesDeleted": [{"message": {"id": B}}],
                    "labelsAdded": [{"message": {"id": A}, "labelIds": ["Label_7"]}],
                    "labelsRemoved": [{"message": {"id": A}, "labelIds": ["UNREAD"]}],
                }
            ],
            "historyId": "820",
        },
        gives=[
            History(
                id=815,
                messages=(Message(id=A, thread_id=T),),
                messages_added=(HistoryMessageAdded(message=PUT_MESSAGE),),
                messages_deleted=(HistoryMessageDeleted(message=Message(id=B)),),
                labels_added=(HistoryLabelAdded(message=Message(id=A), label_ids=(WORK,)),),
                labels_removed=(HistoryLabelRemoved(message=Message(id=A), label_ids=(UNREAD,)),),
            )
        ],
    ),
)

CALLS = (*LABELS, *DRAFTS, *HISTORY)
