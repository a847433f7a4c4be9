"""users.messages: list and get."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gmailkit.sandbox import paging, resource
from gmailkit.sandbox.refusal import Refusal
from gmailkit.sandbox.resource import Format
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.scopes import FULL, METADATA, MODIFY, READONLY
from gmailkit.sandbox.state.messages import Stored

_READ = (FULL, METADATA, MODIFY, READONLY)


def list_messages(call: Call) -> dict[str, object]:
    labels = call.params.many("labelIds")
    call.state.labels.check_known(call.user.n, labels)
    return paging.search(call, "messages", _refs, labels=labels)


def get_message(call: Call) -> dict[str, object]:
    show = shown(call, resource.FORMATS)
    return show(call.message())


def shown(call: Call, formats: Sequence[Format]) -> Callable[[Stored], dict[str, object]]:
    """How a message is shown in the `format` that was asked for. Refuses 403 a format that gives
    more than gmail.metadata allows.
    """
    wanted = call.params.choice("format", formats, "full")
    format = next(known for known in formats if known == wanted)
    if call.only_metadata and format in ("full", "raw"):
        raise Refusal(403, f"Metadata scope doesn't allow format {format.upper()}")
    names = call.params.many("metadataHeaders")

    def show(stored: Stored) -> dict[str, object]:
        messages = call.state.messages
        reading = resource.Reading(
            stored, messages.labels(stored.n), messages.raw(stored.n), call.attachment_ids
        )
        return resource.message(reading, format=format, metadata_headers=names)

    return show


def _refs(found: Sequence[Stored]) -> list[dict[str, object]]:
    return [resource.ref(message) for message in found]


ROUTES = (
    Route(
        "messages.list",
        "GET",
        "messages",
        list_messages,
        _READ,
        ("q", "labelIds", "includeSpamTrash", "maxResults", "pageToken"),
    ),
    Route(
        "messages.get",
        "GET",
        "messages/{id}",
        get_message,
        _READ,
        ("format", "metadataHeaders"),
    ),
)
