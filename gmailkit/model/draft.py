"""Google's `users.drafts` resource."""

from __future__ import annotations

from gmailkit.model.ids import DraftId
from gmailkit.model.message import Message
from gmailkit.model.shape import Shape


class Draft(Shape, frozen=True, kw_only=True):
    """`id` stays; the message in it is another one, with another id, after each update."""

    id: DraftId
    message: Message | None = None


class DraftsPage(Shape, frozen=True, kw_only=True):
    drafts: tuple[Draft, ...] = ()
    next_page_token: str = ""
    result_size_estimate: int = 0  # often wrong: never shown, never trusted
