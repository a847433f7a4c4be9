"""Google's `users.threads` resource: a conversation."""

from __future__ import annotations

from typing import ClassVar, Literal

from gmailkit.model.ids import LabelId, ThreadId
from gmailkit.model.message import Message
from gmailkit.model.shape import Shape

ThreadFormat = Literal["full", "metadata", "minimal"]  # no raw


class Thread(Shape, frozen=True, kw_only=True):
    """`messages`, oldest first, stand in the answer of `threads.get` alone.

    `snippet` (of the newest message, HTML-escaped) stands in listings alone.
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"snippet"})

    id: ThreadId
    snippet: str = ""
    history_id: int = 0
    messages: tuple[Message, ...] = ()


class ThreadsPage(Shape, frozen=True, kw_only=True):
    threads: tuple[Thread, ...] = ()
    next_page_token: str = ""
    result_size_estimate: int = 0  # often wrong: never shown, never trusted


class ModifyThreadRequest(Shape, frozen=True, kw_only=True):
    """At most 100 labels to add and 100 to remove."""

    add_label_ids: tuple[LabelId, ...] = ()
    remove_label_ids: tuple[LabelId, ...] = ()
