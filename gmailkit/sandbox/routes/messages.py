"""users.messages: list and get."""

from __future__ import annotations

import hashlib

from gmailkit.sandbox import resource, signed
from gmailkit.sandbox.refusal import Refusal, invalid
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.scopes import FULL, METADATA, MODIFY, READONLY
from gmailkit.sandbox.state.messages import Stored

MAX_RESULTS = 500
DEFAULT_RESULTS = 100
_READ = (FULL, METADATA, MODIFY, READONLY)
_PAGE = "page"


def list_messages(call: Call) -> dict[str, object]:
    if call.only_metadata and call.params.has("q"):
        raise Refusal(403, "Metadata scope does not support 'q' parameter")
    query = call.params.text("q")
    labels = call.params.many("labelIds")
    spam_trash = call.params.flag("includeSpamTrash")
    call.state.labels.check_known(call.user.n, labels)
    listing = _listing(call.user.n, query, labels, spam_trash)
    found, more = call.state.search.page(
        call.user,
        query=query,
        labels=labels,
        # Open: whether labelIds=TRASH alone reaches the trash. It does not here.
        spam_trash=spam_trash,
        after=_place(call, listing),
        limit=call.params.number("maxResults", DEFAULT_RESULTS, most=MAX_RESULTS),
    )
    said: dict[str, object] = {}
    if found:
        said["messages"] = [{"id": m.id, "threadId": m.thread} for m in found]
    if more:
        said["nextPageToken"] = _token(call, listing, found[-1])
    # As unreliable as Gmail's: often 201, or the length of the page.
    said["resultSizeEstimate"] = 201 if more else len(found)
    return said


def get_message(call: Call) -> dict[str, object]:
    chosen = call.params.choice("format", resource.FORMATS, "full")
    if call.only_metadata and chosen in ("full", "raw"):
        raise Refusal(403, f"Metadata scope doesn't allow format {chosen.upper()}")
    stored = call.message()
    reading = resource.Reading(
        stored,
        call.state.messages.labels(stored.n),
        call.state.messages.raw(stored.n),
        call.attachment_ids,
    )
    return resource.message(
        reading,
        format=next(known for known in resource.FORMATS if known == chosen),
        metadata_headers=call.params.many("metadataHeaders"),
    )


def _listing(user: int, query: str, labels: tuple[str, ...], spam_trash: bool) -> str:
    """What a page token is good for: this mailbox and this question."""
    asked = repr((user, query, labels, spam_trash))
    return hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()[:16]


def _token(call: Call, listing: str, last: Stored) -> str:
    return signed.seal(call.state.signing_key, _PAGE, [listing, last.date_ms, last.n])


def _place(call: Call, listing: str) -> tuple[int, int] | None:
    token = call.params.text("pageToken")
    if not token:
        return None
    match signed.unseal(call.state.signing_key, _PAGE, token):
        case [str(origin), int(date_ms), int(n)] if origin == listing:
            return date_ms, n
    raise invalid("Invalid pageToken")


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
