"""How a message travels: in one request, or in chunks that survive a broken connection.

Source: Gmail API guide "Upload attachments" (simple, multipart and resumable upload).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from gmailkit.errors import UsageError
from gmailkit.model.content import IN_MEMORY, PIECE, Content, Spool
from gmailkit.wire.request import Request

Media = bytes | Path | BinaryIO | Content
Form = Literal["media", "multipart", "resumable"]
MESSAGE_TYPE = "message/rfc822"
SMALL = 5_000_000  # bytes; Google's advice for uploads in one request


def form_of(size: int, body: object) -> Form:
    """Small messages in one request, alone or with JSON beside them; large ones in chunks."""
    if size > SMALL:
        return "resumable"
    return "multipart" if body else "media"


@contextmanager
def opened(media: Media) -> Iterator[Content]:
    """The content of whatever a message may be given as; a stream is read to its end first.

    Raises UsageError for a file that cannot be read and for what is no message (a `Mail` must be
    built first), CannotWrite when the disk is full.
    """
    if isinstance(media, Content):
        yield media
    elif isinstance(media, bytes):
        yield Content.of(media)
    elif not isinstance(media, Path) and not hasattr(media, "read"):
        raise UsageError(
            f"A message is bytes, a Path or an open file, not {type(media).__name__}.",
            hint="A Mail becomes bytes by `from gmailkit.mime.build import build`, build(mail).",
        )
    else:
        with _file(media) as content:
            yield content


def _file(media: Path | BinaryIO) -> Content:
    try:
        if isinstance(media, Path):
            file = media.open("rb")
            return Content(file, file.seek(0, 2))
        # Whatever it is, a pipe even: its length must be known before its first byte leaves.
        spool = Spool(in_memory=IN_MEMORY)
        while piece := media.read(PIECE):
            spool.write(piece)
        return spool.done()
    except OSError as error:
        raise UsageError(
            f"Cannot read {error.filename or 'the message'}: {error.strerror}.",
            hint="Check the path.",
        ) from error


def with_media(request: Request, form: Form, media: Content, body: object) -> Request:
    """The request that carries the message, or the one that announces it (see resumable.py)."""
    if form == "media":
        return _with_body(request, MESSAGE_TYPE, media.bytes)
    if form == "multipart":
        return _with_body(request, *multipart(body, media.bytes))
    beside = msgspec.json.encode(body or {})
    announced = _with_body(request, "application/json; charset=UTF-8", beside)
    return announced.with_headers(
        **{
            "x-upload-content-type": MESSAGE_TYPE,
            "x-upload-content-length": str(media.size),
        }
    )


def multipart(metadata: object, message: bytes) -> tuple[str, bytes]:
    """Content type and body of a `multipart/related` upload; `message` goes through untouched.

    Ours because google-api-python-client hands the message to Python's MIME generator, which
    fails on the first byte that is not ASCII, and mail is full of those.
    """
    boundary = f"gmailkit-{secrets.token_hex(16)}"
    parts = (
        b"--%b\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n%b\r\n",
        b"--%b\r\nContent-Type: message/rfc822\r\n\r\n%b\r\n",
    )
    mark = boundary.encode()
    contents = (msgspec.json.encode(metadata), message)
    body = b"".join(part % (mark, content) for part, content in zip(parts, contents, strict=True))
    return f'multipart/related; boundary="{boundary}"', body + b"--%b--\r\n" % mark


def _with_body(request: Request, kind: str, body: bytes) -> Request:
    return replace(request, body=body).with_headers(**{"content-type": kind})
