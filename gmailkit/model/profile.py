"""Google's `users.getProfile` answer."""

from __future__ import annotations

from gmailkit.model.shape import Shape


class Profile(Shape, frozen=True, kw_only=True):
    """Whose mailbox it is, and its totals. `history_id` is where a later sync may start."""

    email_address: str
    messages_total: int = 0
    threads_total: int = 0
    history_id: int = 0
