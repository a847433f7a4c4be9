"""users.settings.filters."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from gmailkit.sandbox import forwarding
from gmailkit.sandbox.filtering import ACTION, CRITERIA
from gmailkit.sandbox.parameters import NOTHING, Body, choice
from gmailkit.sandbox.refusal import invalid, not_found
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import BASIC, READ, said
from gmailkit.sandbox.state.system_labels import (
    CATEGORIES,
    IMPORTANT,
    INBOX,
    PLACE,
    SPAM,
    STARRED,
    TRASH,
    UNREAD,
)

MAX_FILTERS = 1000
MAX_FORWARDING = 20  # Open: 20 or 40, by the version of Google's page
# Open: Gmail's other system labels. Its guide names these for a filter; others are refused here.
_ADDED = frozenset((STARRED, TRASH, IMPORTANT, *CATEGORIES))
_REMOVED = frozenset((INBOX, UNREAD, IMPORTANT, SPAM))
_COMPARISONS = ("unspecified", "smaller", "larger")
_PATH = "settings/filters"


def list_filters(call: Call) -> dict[str, object]:
    kept = call.state.settings.all(call.user.n, "filter")
    return said({"filter": [{"id": id, **value} for id, value in kept.items()]})


def get_filter(call: Call) -> dict[str, object]:
    id = call.path["id"]
    kept = call.state.settings.find(call.user.n, "filter", id)
    if kept is None:
        raise not_found()
    return {"id": id, **kept}


def create_filter(call: Call) -> dict[str, object]:
    new: dict[str, object] = {
        "criteria": _criteria(call.body.inner("criteria", CRITERIA) or NOTHING),
        "action": _action(call, call.body.inner("action", ACTION) or NOTHING),
    }
    with call.state.database.change():
        present = list(call.state.settings.all(call.user.n, "filter").values())
        if new in present:
            raise invalid("Filter already exists")
        if len(present) >= MAX_FILTERS:
            raise invalid(f"Too many filters: at most {MAX_FILTERS}")
        if _forwards(new) and sum(map(_forwards, present)) >= MAX_FORWARDING:
            raise invalid(f"Too many filters that forward: at most {MAX_FORWARDING}")
        id = "ANe1Bm" + secrets.token_urlsafe(24)
        call.state.settings.put(call.user.n, "filter", new, key=id)
    return {"id": id, **new}


def delete_filter(call: Call) -> None:
    if not call.state.settings.remove(call.user.n, "filter", call.path["id"]):
        raise not_found()


def _criteria(body: Body) -> dict[str, object]:
    """Open: excludeChats alone is no criterion; it would let everything through."""
    texts = {name: body.text(name).strip() for name in ("from", "to", "query", "negatedQuery")}
    found = said(
        {
            **texts,
            "subject": " ".join(body.text("subject").split()),
            "hasAttachment": body.flag("hasAttachment"),
            **_size(body),
        }
    )
    if not found:
        raise invalid("Invalid filter: the criteria are empty")
    return found | said({"excludeChats": body.flag("excludeChats")})


def _size(body: Body) -> dict[str, object]:
    size = body.number("size")
    comparison = choice(body, "sizeComparison", _COMPARISONS, "unspecified")
    if size is None and comparison == "unspecified":
        return {}
    if size is None or not 0 <= size < 2**31 or comparison == "unspecified":
        raise invalid("Invalid filter: size and sizeComparison are required together")
    return {"size": size, "sizeComparison": comparison}


def _action(call: Call, body: Body) -> dict[str, object]:
    add = tuple(dict.fromkeys(body.texts("addLabelIds")))
    remove = tuple(dict.fromkeys(body.texts("removeLabelIds")))
    _check_labels(call, add, remove)
    forward = body.text("forward").strip()
    if forward:
        forwarding.check_accepted(call.state, call.user, forward)
    found = said({"addLabelIds": list(add), "removeLabelIds": list(remove), "forward": forward})
    if not found:
        raise invalid("Invalid filter: the action is empty")
    return found


def _check_labels(call: Call, add: Sequence[str], remove: Sequence[str]) -> None:
    call.state.labels.check_known(call.user.n, (*add, *remove))
    for label in add:
        if label in PLACE and label not in _ADDED:
            raise invalid(f"Invalid label {label} in AddLabelIds")
    for label in remove:
        if label not in _REMOVED:
            raise invalid(f"Invalid label {label} in RemoveLabelIds")
    if both := [label for label in add if label in remove]:
        raise invalid(f"Cannot both add and remove label {both[0]}")
    if sum(label not in PLACE for label in add) > 1:
        raise invalid("Too many user labels in the action: at most one")


def _forwards(kept: dict[str, object]) -> bool:
    action = kept["action"]
    return isinstance(action, dict) and "forward" in action


ROUTES = (
    Route("settings.filters.list", "GET", _PATH, list_filters, READ),
    Route("settings.filters.get", "GET", f"{_PATH}/{{id}}", get_filter, READ),
    Route(
        "settings.filters.create",
        "POST",
        _PATH,
        create_filter,
        BASIC,
        fields=("id", "criteria", "action"),
    ),
    Route("settings.filters.delete", "DELETE", f"{_PATH}/{{id}}", delete_filter, BASIC),
)
