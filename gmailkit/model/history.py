"""Google's `users.history` resource: what changed in the mailbox, record by record."""

from __future__ import annotations

from typing import Literal

from gmailkit.model.ids import LabelId
from gmailkit.model.message import Message
from gmailkit.model.shape import Shape

HistoryType = Literal["messageAdded", "messageDeleted", "labelAdded", "labelRemoved"]


class HistoryMessageAdded(Shape, frozen=True, kw_only=True):
    message: Message | None = None


class HistoryMessageDeleted(Shape, frozen=True, kw_only=True):
    """Gone for good; trashing is a label TRASH that was added."""

    message: Message | None = None


class HistoryLabelAdded(Shape, frozen=True, kw_only=True):
    message: Message | None = None
    label_ids: tuple[LabelId, ...] = ()


class HistoryLabelRemoved(Shape, frozen=True, kw_only=True):
    message: Message | None = None
    label_ids: tuple[LabelId, ...] = ()


class History(Shape, frozen=True, kw_only=True):
    """One record; ids ascend, with gaps.

    Messages have id, thread_id and mostly label_ids, which are those of the time of the answer,
    not of the change. `messages` repeats what the typed lists say; with no typed list there is
    nothing to do. One change may stand in several records: apply them so that twice does no harm.
    """

    id: int = 0
    messages: tuple[Message, ...] = ()
    messages_added: tuple[HistoryMessageAdded, ...] = ()
    messages_deleted: tuple[HistoryMessageDeleted, ...] = ()
    labels_added: tuple[HistoryLabelAdded, ...] = ()
    labels_removed: tuple[HistoryLabelRemoved, ...] = ()


class HistoryPage(Shape, frozen=True, kw_only=True):
    """The top-level `history_id` is the mailbox at the time of the answer."""

    history: tuple[History, ...] = ()
    next_page_token: str = ""
    history_id: int = 0
