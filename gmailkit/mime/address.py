"""Address lists (RFC 5322 section 3.4), tolerant when read and strict when typed."""

from __future__ import annotations

import re
from email.utils import getaddresses

from gmailkit.errors import UsageError
from gmailkit.mime.header import decode
from gmailkit.model.mail import Address

_PLAIN = re.compile(r"[^\s<>@,;:\"()]+@[^\s<>@,;:\"()]+\.[^\s<>@,;:\"()]+")


def parse_addresses(value: str) -> tuple[Address, ...]:
    """Each address of a header value, in order; groups are flattened, junk is skipped."""
    pairs = getaddresses([value.replace("\r", " ").replace("\n", " ")])
    return tuple(Address(email, decode(name)) for name, email in pairs if email)


def check_address(text: str) -> Address:
    """The one address in `text`, as "ann@example.com" or "Ann <ann@example.com>"; UsageError."""
    found = (
        parse_addresses(text) if not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", text) else ()
    )
    if len(found) != 1 or not _PLAIN.fullmatch(found[0].email):
        raise UsageError(
            f"{text!r} is not an e-mail address", hint="Write it like ann@example.com."
        )
    return found[0]
