"""users.messages: label changes, trash, deletion."""

from __future__ import annotations

from collections.abc import Collection

from gmailkit.sandbox import resource
from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.route import Call, Route, check_id
from gmailkit.sandbox.scopes import FULL, MODIFY
from gmailkit.sandbox.state.messages import Stored
from gmailkit.sandbox.state.system_labels import DRAFT, FIXED, PLACE, TRASH

MAX_LABELS = 100
MAX_IDS = 1000
_CLASSIFICATION = ("addClassificationLabels", "removeClassificationLabelIds")


def modify(call: Call) -> dict[str, object]:
    add, remove = asked(call)
    message = call.message()
    if DRAFT in call.state.messages.labels(message.n) and _user_labels(add):
        raise invalid("Unable to modify a draft's labels")
    return _relabel(call, message, add, remove)


def batch_modify(call: Call) -> None:
    """Unknown ids are passed over, and drafts too: the method promises nothing per id."""
    messages = _named(call)
    add, remove = asked(call)
    call.state.messages.relabel(call.user.n, takers(call, messages, add), add, remove)


def trash(call: Call) -> dict[str, object]:
    return _relabel(call, call.message(), [TRASH], [])


def untrash(call: Call) -> dict[str, object]:
    """INBOX does not come back."""
    return _relabel(call, call.message(), [], [TRASH])


def delete(call: Call) -> None:
    call.state.messages.remove(call.user.n, [call.message()])


def batch_delete(call: Call) -> None:
    call.state.messages.remove(call.user.n, _named(call))


def _relabel(
    call: Call, message: Stored, add: Collection[str], remove: Collection[str]
) -> dict[str, object]:
    call.state.messages.relabel(call.user.n, [message], add, remove)
    return resource.short(message, call.state.messages.labels(message.n))


def takers(call: Call, messages: list[Stored], add: Collection[str]) -> list[Stored]:
    """Those of `messages` that the labels to `add` can be put on: user labels on no draft."""
    if not _user_labels(add):
        return messages
    carried = call.state.messages.labels_of_many(messages)
    return [message for message in messages if DRAFT not in carried[message.n]]


def asked(call: Call) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels to add and to remove. Refuses 400."""
    add, remove = call.body.texts("addLabelIds"), call.body.texts("removeLabelIds")
    if any(call.body.has(name) for name in _CLASSIFICATION):
        raise invalid("Invalid classification label: the organization has none")
    if len(add) > MAX_LABELS or len(remove) > MAX_LABELS:
        raise invalid(f"Too many labels: at most {MAX_LABELS} can be added or removed at once")
    if not add and not remove:
        raise invalid("No label add or removes specified")
    if set(add) & set(remove):
        raise invalid("Cannot both add and remove the same label")
    for label in (*add, *remove):
        if label in FIXED:
            raise invalid(f"Cannot add or remove {label} label")
    call.state.labels.check_known(call.user.n, (*add, *remove))
    return add, remove


def _named(call: Call) -> list[Stored]:
    ids = call.body.texts("ids")
    if not ids:
        raise invalid("No message ids specified")
    if len(ids) > MAX_IDS:
        raise invalid(f"Too many ids: at most {MAX_IDS} in one request")
    found = (call.state.messages.find(call.user.n, check_id(id)) for id in dict.fromkeys(ids))
    return [message for message in found if message is not None]


def _user_labels(labels: Collection[str]) -> list[str]:
    return [label for label in labels if label not in PLACE]


ROUTES = (
    Route(
        "messages.modify",
        "POST",
        "messages/{id}/modify",
        modify,
        (FULL, MODIFY),
        fields=("addLabelIds", "removeLabelIds", *_CLASSIFICATION),
    ),
    Route(
        "messages.batchModify",
        "POST",
        "messages/batchModify",
        batch_modify,
        (FULL, MODIFY),
        fields=("ids", "addLabelIds", "removeLabelIds", *_CLASSIFICATION),
    ),
    Route("messages.trash", "POST", "messages/{id}/trash", trash, (FULL, MODIFY)),
    Route("messages.untrash", "POST", "messages/{id}/untrash", untrash, (FULL, MODIFY)),
    Route("messages.delete", "DELETE", "messages/{id}", delete, (FULL,)),
    Route(
        "messages.batchDelete",
        "POST",
        "messages/batchDelete",
        batch_delete,
        (FULL,),
        fields=("ids",),
    ),
)
