"""users.labels."""

from __future__ import annotations

from dataclasses import replace

from gmailkit.sandbox.palette import PALETTE
from gmailkit.sandbox.parameters import Body, choice
from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.scopes import FULL, LABELS, METADATA, MODIFY, READONLY
from gmailkit.sandbox.state.labels import UserLabel
from gmailkit.sandbox.state.system_labels import HIDDEN, PLACE, SYSTEM

_WRITE = (FULL, LABELS, MODIFY)
_READ = (FULL, LABELS, METADATA, MODIFY, READONLY)
_FIELDS = (
    "id name messageListVisibility labelListVisibility type color "
    "messagesTotal messagesUnread threadsTotal threadsUnread"
).split()
_MESSAGE_LIST = ("show", "hide")
_LABEL_LIST = ("labelShow", "labelShowIfUnread", "labelHide")


def list_labels(call: Call) -> dict[str, object]:
    own = [_user(label) for label in call.state.labels.all(call.user.n)]
    return {"labels": [*map(_system, SYSTEM), *own]}


def get_label(call: Call) -> dict[str, object]:
    id = call.path["id"]
    said = _system(id) if id in PLACE else _user(call.state.labels.get(call.user.n, id))
    counts = call.state.labels.counts(call.user.n, id)
    return said | {
        "messagesTotal": counts.messages,
        "messagesUnread": counts.unread,
        "threadsTotal": counts.threads,
        "threadsUnread": counts.threads_unread,
    }


def create_label(call: Call) -> dict[str, object]:
    return _user(call.state.labels.add(call.user.n, _read(call.body)))


def update_label(call: Call) -> dict[str, object]:
    """The whole label becomes what the body says: what it leaves out falls back or goes."""
    old = _own(call)
    new = replace(_read(call.body), id=old.id)
    call.state.labels.replace(call.user.n, new)
    return _user(new)


def patch_label(call: Call) -> dict[str, object]:
    """What the body leaves out (or gives as null) stays."""
    old = _own(call)
    background, text = _colors(call.body)
    new = replace(
        old,
        name=call.body.text("name", old.name),
        message_list=choice(call.body, "messageListVisibility", _MESSAGE_LIST, old.message_list),
        label_list=choice(call.body, "labelListVisibility", _LABEL_LIST, old.label_list),
        background=background or old.background,
        text=text or old.text,
    )
    call.state.labels.replace(call.user.n, new)
    return _user(new)


def delete_label(call: Call) -> None:
    if call.path["id"] in PLACE:
        raise invalid("Invalid delete request")
    call.state.labels.remove(call.user.n, call.path["id"])


def _own(call: Call) -> UserLabel:
    if call.path["id"] in PLACE:
        raise invalid("Invalid update request for a system label")
    label = call.state.labels.get(call.user.n, call.path["id"])
    if call.body.has("id") and call.body.text("id") != label.id:
        raise invalid("Label ID in body and URL do not match")
    return label


def _read(body: Body) -> UserLabel:
    background, text = _colors(body)
    return UserLabel(
        name=body.text("name"),
        message_list=choice(body, "messageListVisibility", _MESSAGE_LIST, "show"),
        label_list=choice(body, "labelListVisibility", _LABEL_LIST, "labelShow"),
        background=background,
        text=text,
    )


def _colors(body: Body) -> tuple[str | None, str | None]:
    """Both or none, each from the palette. Open: upper case letters. Refused here."""
    color = body.inner("color", ("backgroundColor", "textColor"))
    if color is None:
        return None, None
    background, text = color.text("backgroundColor"), color.text("textColor")
    for code in (background, text):
        if code not in PALETTE:
            raise invalid(f"Label color {code} is not on the allowed color palette")
    return background, text


def _system(id: str) -> dict[str, object]:
    said: dict[str, object] = {"id": id, "name": id, "type": "system"}
    if id in HIDDEN:
        said |= {"messageListVisibility": "hide", "labelListVisibility": "labelHide"}
    return said


def _user(label: UserLabel) -> dict[str, object]:
    said: dict[str, object] = {
        "id": label.id,
        "name": label.name,
        "messageListVisibility": label.message_list,
        "labelListVisibility": label.label_list,
        "type": "user",
    }
    if label.background and label.text:
        said["color"] = {"backgroundColor": label.background, "textColor": label.text}
    return said


ROUTES = (
    Route("labels.list", "GET", "labels", list_labels, _READ),
    Route("labels.get", "GET", "labels/{id}", get_label, _READ),
    Route("labels.create", "POST", "labels", create_label, _WRITE, fields=_FIELDS),
    Route("labels.update", "PUT", "labels/{id}", update_label, _WRITE, fields=_FIELDS),
    Route("labels.patch", "PATCH", "labels/{id}", patch_label, _WRITE, fields=_FIELDS),
    Route("labels.delete", "DELETE", "labels/{id}", delete_label, _WRITE),
)
