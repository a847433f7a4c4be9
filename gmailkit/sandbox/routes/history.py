"""users.history.list."""

from __future__ import annotations

from collections.abc import Sequence

from gmailkit.sandbox import paging, resource
from gmailkit.sandbox.paging import Pages
from gmailkit.sandbox.refusal import invalid, not_found
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.scopes import FULL, METADATA, MODIFY, READONLY
from gmailkit.sandbox.state.history import KINDS, Kind, Record

_LISTS: dict[Kind, str] = {
    "messageAdded": "messagesAdded",
    "messageDeleted": "messagesDeleted",
    "labelAdded": "labelsAdded",
    "labelRemoved": "labelsRemoved",
}


def list_history(call: Call) -> dict[str, object]:
    start, kinds, label = _start(call), _kinds(call), call.params.text("labelId")
    if label:
        call.state.labels.check_known(call.user.n, (label,))
    log, user = call.state.history, call.user.n
    pages, most = Pages.of(call, "history", start, kinds, label), paging.limit(call)
    after = next(iter(pages.place(call.params.text("pageToken"))), start)
    if not log.reaches(user, start):
        raise not_found()
    said: dict[str, object] = {"historyId": str(log.current(user))}
    if log.take_hollow(user):
        return said | {"nextPageToken": pages.token(after)}
    found = log.page(user, after=after, kinds=kinds, label=label, limit=most + 1)
    if found:
        said["history"] = [_shown(call, record) for record in found[:most]]
    if len(found) > most:
        said["nextPageToken"] = pages.token(found[most - 1].id)
    return said


def _start(call: Call) -> int:
    text = call.params.text("startHistoryId")
    if not text:
        raise invalid("Missing required parameter: startHistoryId")
    if not (text.isascii() and text.isdecimal()) or int(text) >= 1 << 64:
        raise invalid(f"Invalid value at 'start_history_id' (TYPE_UINT64), \"{text}\"")
    return min(int(text), (1 << 63) - 1)  # SQLite's largest, which no mailbox reaches


def _kinds(call: Call) -> Sequence[str]:
    kinds = call.params.many("historyTypes")
    for kind in kinds:
        if kind not in KINDS:
            raise invalid(f"Invalid value at 'history_types' (TYPE_ENUM), \"{kind}\"")
    return kinds or KINDS


def _shown(call: Call, record: Record) -> dict[str, object]:
    """The message's labels are those of this moment, and none where it is gone: the guides leave
    open what they are, and they are not to be relied on.
    """
    change = record.change
    ref: dict[str, object] = {"id": change.message, "threadId": change.thread}
    stored = call.state.messages.find(call.user.n, change.message)
    message = resource.short(stored, call.state.messages.labels(stored.n)) if stored else ref
    changed: dict[str, object] = {"message": message}
    if change.kind in ("labelAdded", "labelRemoved"):
        changed["labelIds"] = list(change.labels)
    return {"id": str(record.id), "messages": [ref], _LISTS[change.kind]: [changed]}


ROUTES = (
    Route(
        "history.list",
        "GET",
        "history",
        list_history,
        (FULL, METADATA, MODIFY, READONLY),
        ("startHistoryId", "historyTypes", "labelId", "maxResults", "pageToken"),
    ),
)
