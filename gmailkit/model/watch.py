"""Push notifications of `users.watch` (Gmail API guide "Configure push notifications")."""

from __future__ import annotations

from typing import Literal

from gmailkit.model.ids import LabelId
from gmailkit.model.shape import Millis, Open, Shape

LabelFilterBehavior = Literal["include", "exclude"]


class WatchRequest(Shape, frozen=True, kw_only=True):
    """`label_filter_action` is deprecated by Google (wrong in some cases), and not offered."""

    topic_name: str = ""
    label_ids: tuple[LabelId, ...] = ()
    label_filter_behavior: Open[LabelFilterBehavior] | None = None
    label_filter_action: Open[LabelFilterBehavior] | None = None


class WatchResponse(Shape, frozen=True, kw_only=True):
    """Notifications begin after `history_id` and end at `expiration`, 7 days later at most."""

    history_id: int = 0
    expiration: Millis | None = None
