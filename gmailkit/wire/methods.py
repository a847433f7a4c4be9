"""What Google's discovery document does not say about its methods: the price, and whether a
request may be repeated when nobody knows if the first one arrived.

Prices in quota units from Google's quota page, both tables: `old` for projects used between
2025-11 and 2026-04, `new` for all since 2026-05-01. Paths, parameters and scopes stand in the
discovery document that google-api-python-client bundles, and are not repeated here.
"""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.errors import UsageError


@dataclass(frozen=True, slots=True)
class Method:
    """`name` is Google's, without `gmail.users.`; `replayable`: twice has the effect of once."""

    name: str
    old: int
    new: int
    replayable: bool


_TABLE = (
    Method("getProfile", 1, 1, True),
    Method("labels.create", 5, 5, False),
    Method("labels.delete", 5, 5, True),
    Method("labels.get", 1, 1, True),
    Method("labels.list", 1, 1, True),
    Method("labels.patch", 5, 5, True),  # Open: in neither table; priced as its sibling `update`
    Method("labels.update", 5, 5, True),
    Method("messages.attachments.get", 5, 20, True),
    Method("messages.batchModify", 50, 50, True),
    Method("messages.get", 5, 20, True),
    Method("messages.list", 5, 5, True),
    Method("messages.modify", 5, 5, True),
    Method("messages.send", 100, 100, False),
    Method("messages.trash", 5, 20, True),
    Method("messages.untrash", 5, 5, True),
)
METHODS = {method.name: method for method in _TABLE}


def find(name: str) -> Method:
    """The method of that name; UsageError for one gmailkit does not wrap yet."""
    try:
        return METHODS[name]
    except KeyError:
        raise UsageError(
            f"gmailkit does not know the Gmail method {name!r}.",
            hint=f"It knows {', '.join(METHODS)}.",
        ) from None
