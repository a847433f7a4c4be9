"""RFC 4648 section 5, as Gmail uses it: padding is usual, its absence legal."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode

from gmailkit.errors import ServerFault


def decode(text: str) -> bytes:
    """The bytes; ServerFault for anything that is not base64url (a cut answer, say)."""
    try:
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise ServerFault("Gmail sent a message that cannot be decoded.") from error
    # The decoder skips foreign characters; a shorter result means there were some.
    if len(content) != len(text.rstrip("=")) * 3 // 4:
        raise ServerFault("Gmail sent a message that cannot be decoded.")
    return content
