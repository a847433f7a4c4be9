"""users.drafts. The draft's id stays; its message gets another id with every update and on sending.

A draft is mail only when it is sent: until then nobody looks at its recipients or attachments.
"""

from __future__ import annotations

from collections.abc import Sequence

from gmailkit.sandbox import deliver, headers, paging, payload, resource
from gmailkit.sandbox.parameters import NOTHING, Body
from gmailkit.sandbox.refusal import invalid, not_found
from gmailkit.sandbox.route import MESSAGE_FIELDS, Call, Route
from gmailkit.sandbox.routes.messages import shown
from gmailkit.sandbox.routes.sending import MAX_SEND
from gmailkit.sandbox.scopes import COMPOSE, FULL, MODIFY, READONLY
from gmailkit.sandbox.state.drafts import Draft
from gmailkit.sandbox.state.messages import Stored
from gmailkit.sandbox.state.system_labels import DRAFT

_READ = (FULL, COMPOSE, MODIFY, READONLY)
_WRITE = (FULL, COMPOSE, MODIFY)
_FIELDS = ("id", "message")


def list_drafts(call: Call) -> dict[str, object]:
    def show(found: Sequence[Stored]) -> list[dict[str, object]]:
        drafts = call.state.drafts.of(found)
        return [{"id": draft.id, "message": resource.ref(draft.message)} for draft in drafts]

    return paging.search(call, "drafts", show, labels=(DRAFT,))


def get_draft(call: Call) -> dict[str, object]:
    show = shown(call, resource.FORMATS)
    draft = _draft(call, call.path["id"])
    return {"id": draft.id, "message": show(draft.message)}


def create_draft(call: Call) -> dict[str, object]:
    raw = _raw(call)
    with call.state.database.change():
        thread = deliver.conversation(
            call.state, call.user, headers.read(raw), _message(call).text("threadId")
        )
        made = call.state.drafts.create(call.user.n, raw, date_ms=call.now_ms, thread=thread)
    return _said(call, made)


def update_draft(call: Call) -> dict[str, object]:
    """The whole message is replaced, its thread too."""
    draft = _draft(call, call.path["id"])
    if call.body.text("id", draft.id) != draft.id:
        raise invalid("Draft ID in body and URL do not match")
    with call.state.database.change():
        return _said(call, _replaced(call, draft, _raw(call)))


def send_draft(call: Call) -> dict[str, object]:
    """As stored, or with the message in the body, which replaces it first. A refused send leaves
    the stored draft as it was.

    Open: whether a message without a draft's id is sent all the same (the schema says the id is
    required), and whether one without `raw` (as drafts.create answers) is a new one. Neither here.
    """
    id = call.body.text("id")
    if not id:
        raise invalid("Missing draft id")
    with call.state.database.change():
        draft = _draft(call, id)
        if call.media is not None or _message(call).has("raw"):
            draft = _replaced(call, draft, _raw(call))
        message = draft.message
        raw = call.state.messages.raw(message.n)
        sent = deliver.send_in(call.state, call.user, raw, message.thread, addressed=call.addressed)
        call.state.messages.remove(call.user.n, [message])
    return resource.short(sent, call.state.messages.labels(sent.n))


def delete_draft(call: Call) -> None:
    """For good: it does not pass through the Trash."""
    call.state.messages.remove(call.user.n, [_draft(call, call.path["id"]).message])


def _draft(call: Call, id: str) -> Draft:
    draft = call.state.drafts.find(call.user.n, id)
    if draft is None:
        raise not_found()
    return draft


def _message(call: Call) -> Body:
    return call.body.inner("message", MESSAGE_FIELDS) or NOTHING


def _raw(call: Call) -> bytes:
    raw = payload.read(_message(call), call.media, most=MAX_SEND)
    if b"\0" in raw:
        raise invalid("Invalid message: it holds NUL bytes")
    return headers.crlf(raw)


def _replaced(call: Call, draft: Draft, raw: bytes) -> Draft:
    """In the thread that is asked for, by the same conditions as when sending; a thread that the
    draft has for itself is kept when asked for.
    """
    state, user = call.state, call.user
    wanted = _message(call).text("threadId")
    thread = deliver.conversation(state, user, headers.read(raw), wanted)
    if wanted == draft.message.thread and len(state.messages.of_thread(user.n, wanted)) == 1:
        thread = wanted
    return state.drafts.replace(draft, raw, date_ms=call.now_ms, thread=thread)


def _said(call: Call, draft: Draft) -> dict[str, object]:
    labels = call.state.messages.labels(draft.message.n)
    return {"id": draft.id, "message": resource.short(draft.message, labels)}


ROUTES = (
    Route(
        "drafts.list",
        "GET",
        "drafts",
        list_drafts,
        _READ,
        ("q", "includeSpamTrash", "maxResults", "pageToken"),
    ),
    Route("drafts.get", "GET", "drafts/{id}", get_draft, _READ, ("format",)),
    Route("drafts.create", "POST", "drafts", create_draft, _WRITE, fields=_FIELDS, upload=MAX_SEND),
    Route(
        "drafts.update",
        "PUT",
        "drafts/{id}",
        update_draft,
        _WRITE,
        fields=_FIELDS,
        upload=MAX_SEND,
    ),
    Route(
        "drafts.send",
        "POST",
        "drafts/send",
        send_draft,
        _WRITE,
        fields=_FIELDS,
        upload=MAX_SEND,
    ),
    Route("drafts.delete", "DELETE", "drafts/{id}", delete_draft, _WRITE),
)
