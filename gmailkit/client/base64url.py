"""RFC 4648 section 5, as Gmail uses it: padding is usual, its absence legal."""

from __future__ import annotations

import binascii

from gmailkit.errors import ServerFault

_TO_PLAIN = bytes.maketrans(b"-_", b"+/")


def decode(text: str) -> bytes:
    """The bytes; ServerFault for anything that is not whole base64url (a cut answer, say)."""
    try:
        plain = text.encode("ascii").translate(_TO_PLAIN)
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ServerFault("Gmail sent a message that cannot be decoded.") from error
