"""The multipart upload form: JSON metadata, then the message as it is.

Written here because google-api-python-client hands the message to Python's MIME generator, which
fails on the first byte that is not ASCII, and mail is full of those.
Source: Gmail API guide "Upload attachments", multipart upload.
"""

from __future__ import annotations

import secrets

import msgspec


def multipart(metadata: object, message: bytes) -> tuple[str, bytes]:
    """Content type and body of a `multipart/related` upload; `message` goes through untouched."""
    boundary = f"gmailkit-{secrets.token_hex(16)}"
    parts = (
        b"--%b\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n%b\r\n",
        b"--%b\r\nContent-Type: message/rfc822\r\n\r\n%b\r\n",
    )
    mark = boundary.encode()
    contents = (msgspec.json.encode(metadata), message)
    body = b"".join(part % (mark, content) for part, content in zip(parts, contents, strict=True))
    return f'multipart/related; boundary="{boundary}"', body + b"--%b--\r\n" % mark
