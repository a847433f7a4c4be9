"""Google's `users.messages` resource (Gmail API reference, REST Resource: users.messages)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal

from gmailkit.model.ids import LabelId, MessageId, ThreadId
from gmailkit.model.shape import EPOCH, Millis, Shape

Format = Literal["minimal", "full", "raw", "metadata"]
InternalDateSource = Literal["receivedTime", "dateHeader"]


class Header(Shape, frozen=True, kw_only=True):
    name: str = ""
    value: str = ""


class PartBody(Shape, frozen=True, kw_only=True):
    """`data` is base64url; `size` is bytes after transfer decoding.

    `attachment_id` is short-lived and another one in each answer: never store or compare it.
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"data"})

    attachment_id: str = ""
    size: int = 0
    data: str = ""


class Part(Shape, frozen=True, kw_only=True):
    """A node of the MIME tree as Gmail shows it; the root has `part_id` ""."""

    part_id: str = ""
    mime_type: str = ""
    filename: str = ""
    headers: tuple[Header, ...] = ()
    body: PartBody = PartBody()
    parts: tuple[Part, ...] = ()

    def walk(self) -> Iterator[Part]:
        """This part and all below it, outermost first."""
        yield self
        for part in self.parts:
            yield from part.walk()


class ClassificationLabelFieldValue(Shape, frozen=True, kw_only=True):
    """The choice made in one field of a classification label (ids of the Drive Labels API)."""

    field_id: str = ""
    selection: str = ""


class ClassificationLabelValue(Shape, frozen=True, kw_only=True):
    """A classification label on a message, of Google Workspace alone; at most 20 in a request."""

    label_id: str = ""
    fields: tuple[ClassificationLabelFieldValue, ...] = ()


class Message(Shape, frozen=True, kw_only=True):
    """A message as Gmail answers it; what is filled depends on the `format` asked for.

    internal_date is when Gmail received or sent it, in UTC; size_estimate bytes (approximate),
    raw base64url, snippet HTML-escaped.
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"raw", "snippet"})

    id: MessageId
    thread_id: ThreadId = ThreadId("")
    label_ids: tuple[LabelId, ...] = ()
    snippet: str = ""
    history_id: int = 0
    internal_date: Millis | None = None
    size_estimate: int = 0
    payload: Part | None = None
    raw: str = ""
    classification_label_values: tuple[ClassificationLabelValue, ...] = ()

    @property
    def date(self) -> datetime:
        """`internal_date`; the epoch where an answer lacks it, since Gmail leaves out zeros."""
        return self.internal_date or EPOCH

    def header(self, name: str) -> str:
        """The first header of that name (any case), or ""; as Gmail gave it, maybe encoded."""
        headers = self.payload.headers if self.payload else ()
        return next((h.value for h in headers if h.name.lower() == name.lower()), "")


class MessageRef(Shape, frozen=True, kw_only=True):
    """What a listing holds of a message."""

    id: MessageId
    thread_id: ThreadId = ThreadId("")


class MessagesPage(Shape, frozen=True, kw_only=True):
    messages: tuple[MessageRef, ...] = ()
    next_page_token: str = ""
    result_size_estimate: int = 0  # often wrong: never shown, never trusted


class ModifyMessageRequest(Shape, frozen=True, kw_only=True):
    """At most 100 labels to add and 100 to remove."""

    add_label_ids: tuple[LabelId, ...] = ()
    remove_label_ids: tuple[LabelId, ...] = ()
    add_classification_labels: tuple[ClassificationLabelValue, ...] = ()
    remove_classification_label_ids: tuple[str, ...] = ()


class BatchModifyMessagesRequest(ModifyMessageRequest, frozen=True, kw_only=True):
    """The same for `ids`, at most 1,000."""

    ids: tuple[str, ...] = ()


class BatchDeleteMessagesRequest(Shape, frozen=True, kw_only=True):
    ids: tuple[str, ...] = ()
