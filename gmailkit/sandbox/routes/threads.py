"""users.threads. Labels and the trash belong to messages: a change acts on those there are now."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gmailkit.sandbox import paging, resource, tree
from gmailkit.sandbox.refusal import not_found
from gmailkit.sandbox.resource import Format
from gmailkit.sandbox.route import Call, Route, check_id
from gmailkit.sandbox.routes.changes import asked, takers
from gmailkit.sandbox.routes.messages import shown
from gmailkit.sandbox.scopes import FULL, METADATA, MODIFY, READONLY
from gmailkit.sandbox.state.messages import Stored
from gmailkit.sandbox.state.system_labels import TRASH

_READ = (FULL, METADATA, MODIFY, READONLY)
_FORMATS: tuple[Format, ...] = ("full", "metadata", "minimal")


def list_threads(call: Call) -> dict[str, object]:
    """Threads with at least one message that answers the question by itself."""

    def show(hits: Sequence[Stored]) -> list[dict[str, object]]:
        return [_summary(call, hit.thread) for hit in hits]

    labels = call.params.many("labelIds")
    call.state.labels.check_known(call.user.n, labels)
    return paging.search(call, "threads", show, labels=labels, threads=True)


def get_thread(call: Call) -> dict[str, object]:
    """Every message, oldest first, in spam and trash too."""
    show = shown(call, _FORMATS)
    messages = _messages(call)
    return {
        "id": messages[0].thread,
        "historyId": _history(messages),
        "messages": [show(message) for message in messages],
    }


def modify(call: Call) -> dict[str, object]:
    add, remove = asked(call)
    return _relabel(call, takers(call, _messages(call), add), add, remove)


def trash(call: Call) -> dict[str, object]:
    return _relabel(call, _messages(call), [TRASH], [])


def untrash(call: Call) -> dict[str, object]:
    return _relabel(call, _messages(call), [], [TRASH])


def delete(call: Call) -> None:
    call.state.messages.remove(call.user.n, _messages(call))


def _messages(call: Call) -> list[Stored]:
    """Refuses 400 what is no id, 404 an unknown one."""
    messages = call.state.messages.of_thread(call.user.n, check_id(call.path["id"]))
    if not messages:
        raise not_found()
    return messages


def _summary(call: Call, thread: str) -> dict[str, object]:
    messages = call.state.messages.of_thread(call.user.n, thread)
    newest = tree.read(call.state.messages.raw(messages[-1].n))
    return {
        "id": thread,
        "snippet": resource.snippet(newest),
        "historyId": _history(messages),
    }


def _history(messages: Sequence[Stored]) -> str:
    return str(max(message.history for message in messages))


def _relabel(
    call: Call, messages: Sequence[Stored], add: Collection[str], remove: Collection[str]
) -> dict[str, object]:
    """Open: what such an answer holds of the thread. Here its id and all its messages, in short."""
    call.state.messages.relabel(call.user.n, messages, add, remove)
    now = _messages(call)
    labels = call.state.messages.labels
    return {
        "id": now[0].thread,
        "messages": [resource.short(message, labels(message.n)) for message in now],
    }


ROUTES = (
    Route(
        "threads.list",
        "GET",
        "threads",
        list_threads,
        _READ,
        ("q", "labelIds", "includeSpamTrash", "maxResults", "pageToken"),
    ),
    Route("threads.get", "GET", "threads/{id}", get_thread, _READ, ("format", "metadataHeaders")),
    Route(
        "threads.modify",
        "POST",
        "threads/{id}/modify",
        modify,
        (FULL, MODIFY),
        fields=("addLabelIds", "removeLabelIds"),
    ),
    Route("threads.trash", "POST", "threads/{id}/trash", trash, (FULL, MODIFY)),
    Route("threads.untrash", "POST", "threads/{id}/untrash", untrash, (FULL, MODIFY)),
    Route("threads.delete", "DELETE", "threads/{id}", delete, (FULL,)),
)
