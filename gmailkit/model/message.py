"""Google's `users.messages` resource (Gmail API reference, REST Resource: users.messages)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from gmailkit.model.ids import LabelId, MessageId, ThreadId
from gmailkit.model.shape import Shape


class Header(Shape, frozen=True, kw_only=True):
    name: str = ""
    value: str = ""


class PartBody(Shape, frozen=True, kw_only=True):
    """`data` is base64url; `size` is bytes after transfer decoding."""

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


class Message(Shape, frozen=True, kw_only=True):
    """A message as Gmail answers it; what is filled depends on the `format` asked for.

    internal_date is epoch milliseconds UTC, size_estimate bytes (approximate), raw base64url.
    """

    id: MessageId
    thread_id: ThreadId = ThreadId("")
    label_ids: tuple[LabelId, ...] = ()
    snippet: str = ""  # HTML-escaped
    history_id: int = 0
    internal_date: int = 0
    size_estimate: int = 0
    payload: Part | None = None
    raw: str = ""

    @property
    def date(self) -> datetime:
        """When Gmail received or sent it."""
        return datetime.fromtimestamp(self.internal_date / 1000, UTC)

    def header(self, name: str) -> str:
        """The first header of that name (any case), or ""; as Gmail gave it, maybe encoded."""
        headers = self.payload.headers if self.payload else ()
        return next((h.value for h in headers if h.name.lower() == name.lower()), "")


class MessageRef(Shape, frozen=True, kw_only=True):
    """What a listing holds."""

    id: MessageId
    thread_id: ThreadId = ThreadId("")


class MessagePage(Shape, frozen=True, kw_only=True):
    messages: tuple[MessageRef, ...] = ()
    next_page_token: str = ""
    result_size_estimate: int = 0  # often wrong: never shown, never trusted
