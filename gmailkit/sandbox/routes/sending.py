"""users.messages: send, insert and import, the methods that take a whole message."""

from __future__ import annotations

from gmailkit.sandbox import deliver, payload, resource, restore
from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.route import MESSAGE_FIELDS, Call, Route
from gmailkit.sandbox.scopes import COMPOSE, FULL, INSERT, MODIFY, SEND
from gmailkit.sandbox.state.messages import Stored

MAX_SEND = 36_700_160
MAX_INSERT = 157_286_400
_SOURCES = ("receivedTime", "dateHeader")


def send(call: Call) -> dict[str, object]:
    """`labelIds` in the request are ignored."""
    _check_no_classification(call)
    raw = payload.read(call.body, call.media, most=MAX_SEND)
    thread = call.body.text("threadId")
    sent = deliver.send(call.state, call.user, raw, thread=thread, addressed=call.addressed)
    return _said(call, sent)


def insert(call: Call) -> dict[str, object]:
    return _restore(call, merge=False, source="receivedTime")


def import_(call: Call) -> dict[str, object]:
    return _restore(call, merge=True, source="dateHeader")


def _restore(call: Call, *, merge: bool, source: str) -> dict[str, object]:
    _check_no_classification(call)
    wanted = restore.Wanted(
        raw=payload.read(call.body, call.media, most=MAX_INSERT),
        labels=call.body.texts("labelIds"),
        thread=call.body.text("threadId"),
        by_header=call.params.choice("internalDateSource", _SOURCES, source) == "dateHeader",
        merge=merge,
    )
    call.params.flag("neverMarkSpam"), call.params.flag("processForCalendar")  # spam is not sought
    if call.params.flag("deleted"):
        raise invalid("The sandbox keeps no Vault: deleted=true is not supported")
    return _said(call, restore.add(call.state, call.user, wanted))


def _check_no_classification(call: Call) -> None:
    if call.body.has("classificationLabelValues"):
        raise invalid("Invalid classification label: the organization has none")


def _said(call: Call, stored: Stored) -> dict[str, object]:
    return resource.short(stored, call.state.messages.labels(stored.n))


_PARAMS = ("internalDateSource", "deleted")
ROUTES = (
    Route(
        "messages.send",
        "POST",
        "messages/send",
        send,
        (FULL, COMPOSE, MODIFY, SEND),
        fields=MESSAGE_FIELDS,
        upload=MAX_SEND,
    ),
    Route(
        "messages.insert",
        "POST",
        "messages",
        insert,
        (FULL, INSERT, MODIFY),
        params=_PARAMS,
        fields=MESSAGE_FIELDS,
        upload=MAX_INSERT,
    ),
    Route(
        "messages.import",
        "POST",
        "messages/import",
        import_,
        (FULL, INSERT, MODIFY),
        params=(*_PARAMS, "neverMarkSpam", "processForCalendar"),
        fields=MESSAGE_FIELDS,
        upload=MAX_INSERT,
    ),
)
