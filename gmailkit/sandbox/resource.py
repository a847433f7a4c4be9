"""A stored message as the JSON of Gmail's `Message` resource, in the four formats."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gmailkit.sandbox import tree
from gmailkit.sandbox.attachment_ids import AttachmentIds
from gmailkit.sandbox.state.messages import Stored
from gmailkit.sandbox.tree import Part

Format = Literal["minimal", "metadata", "full", "raw"]
FORMATS: tuple[Format, ...] = ("minimal", "metadata", "full", "raw")
SNIPPET_LENGTH = 200
# Open: from which size a text part is handed out as an attachment instead of data.
MAX_INLINE = 1_000_000


def base64url(content: bytes) -> str:
    """Padded, as Gmail usually does."""
    return base64.urlsafe_b64encode(content).decode("ascii")


@dataclass(frozen=True, slots=True)
class Reading:
    """What it takes to show one message."""

    stored: Stored
    labels: Sequence[str]
    raw: bytes
    attachment_ids: AttachmentIds


def ref(stored: Stored) -> dict[str, object]:
    return {"id": stored.id, "threadId": stored.thread}


def short(stored: Stored, labels: Sequence[str]) -> dict[str, object]:
    """What changes of a message are answered with; no `labelIds` where there is none."""
    said = ref(stored)
    if labels:
        said["labelIds"] = list(labels)
    return said


def message(
    reading: Reading, *, format: Format, metadata_headers: Iterable[str] = ()
) -> dict[str, object]:
    stored = reading.stored
    said = short(stored, reading.labels)
    root = tree.read(reading.raw)
    said["snippet"] = snippet(root)
    if format == "full":
        said["payload"] = _part(root, reading)
    elif format == "metadata":
        said["payload"] = _head(root, metadata_headers)
    said["sizeEstimate"] = size_estimate(stored.size)
    if format == "raw":
        said["raw"] = base64url(reading.raw)
    said["historyId"] = str(stored.history)
    said["internalDate"] = str(stored.date_ms)
    return said


def size_estimate(size: int) -> int:
    """Near the real size and never it: nobody may verify a download with an estimate."""
    return size + 1 + size // 50


def snippet(root: Part) -> str:
    """The beginning of the text, on one line, HTML-escaped."""
    leaves = [part for part in root.walk() if part.is_text and not part.parts]
    named = [part for part in leaves if not part.filename]
    for mime_type in ("text/plain", "text/html"):
        for part in named:
            if part.mime_type == mime_type and (text := _one_line(part)):
                return html.escape(text, quote=True).replace("&#x27;", "&#39;")
    return ""


def find_part(raw: bytes, part_id: str) -> Part | None:
    return next((part for part in tree.read(raw).walk() if part.part_id == part_id), None)


def _one_line(part: Part) -> str:
    text = part.content(beginning=SNIPPET_LENGTH * 100).decode("utf-8", "ignore")
    if part.mime_type == "text/html":
        from gmailkit.mime.html import html_to_text

        text = html_to_text(text)
    return " ".join(text[: SNIPPET_LENGTH * 10].split())[:SNIPPET_LENGTH]


def _head(root: Part, wanted: Iterable[str]) -> dict[str, object]:
    names = {name.lower() for name in wanted}
    said = [field for field in _headers(root) if not names or field["name"].lower() in names]
    head: dict[str, object] = {"mimeType": root.mime_type}
    if said:
        head["headers"] = said
    return head


def _headers(part: Part) -> list[dict[str, str]]:
    """Unfolded. Open: whether RFC 2047 words arrive decoded. They stay encoded here."""
    return [{"name": field.name, "value": field.value} for field in part.fields if field.name]


def _part(part: Part, reading: Reading) -> dict[str, object]:
    said: dict[str, object] = {
        "partId": part.part_id,
        "mimeType": part.mime_type,
        "filename": part.filename,
        "headers": _headers(part),
        "body": _body(part, reading),
    }
    if not said["headers"]:
        del said["headers"]
    if part.parts:
        said["parts"] = [_part(inner, reading) for inner in part.parts]
    return said


def _body(part: Part, reading: Reading) -> dict[str, object]:
    if part.container:
        return {"size": 0}
    content = part.content()
    if part.filename or not part.is_text or len(content) > MAX_INLINE:
        id = reading.attachment_ids.new(reading.stored.n, part.part_id)
        return {"attachmentId": id, "size": len(content)}
    return {"size": len(content), "data": base64url(content)} if content else {"size": 0}
