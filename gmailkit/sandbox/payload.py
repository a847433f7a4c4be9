"""The bytes of a message in a request: base64url in JSON, or uploaded."""

from __future__ import annotations

import base64
import binascii

from gmailkit.sandbox.parameters import Body
from gmailkit.sandbox.refusal import Refusal, invalid

# Open: how much Gmail takes outside of an upload; its guide sends what is larger to /upload.
MAX_JSON = 5_000_000


def read(message: Body, media: bytes | None, *, most: int) -> bytes:
    """Refuses 400 what is missing or no base64url, 413 what is longer than `most`, or than JSON
    may be.
    """
    raw = decode(message, "raw") if media is None else media
    if not raw:
        raise invalid(
            "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
        )
    if len(raw) > (most if media is not None else min(most, MAX_JSON)):
        raise Refusal(413, "Request Entity Too Large")
    return raw


def decode(body: Body, name: str) -> bytes:
    """A field of bytes. The URL-safe alphabet, padding or not; the other one is refused."""
    text = body.text(name)
    try:
        if "+" in text or "/" in text:
            raise binascii.Error
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise invalid(
            f"Invalid value at '{name}' (TYPE_BYTES), Base64 decoding failed: "
            "Invalid value for ByteString"
        ) from None
