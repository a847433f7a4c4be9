"""What lists of client-side encryption share: they come in pages of 20."""

from __future__ import annotations

from gmailkit.sandbox.paging import Pages
from gmailkit.sandbox.route import Call

PAGE_PARAMS = ("pageSize", "pageToken")
_DEFAULT = 20
_MOST = 100  # Open


def page(call: Call, name: str, found: list[dict[str, object]]) -> dict[str, object]:
    """The part of a list that pageSize and pageToken ask for."""
    pages = Pages.of(call, name)
    start = next(iter(pages.place(call.params.text("pageToken"))), 0)
    end = start + call.params.number("pageSize", _DEFAULT, most=_MOST)
    said: dict[str, object] = {name: found[start:end]} if found[start:end] else {}
    return said | ({"nextPageToken": pages.token(end)} if found[end:] else {})
