"""Recipients, read as strictly as Gmail does when it is asked to mail them."""

from __future__ import annotations

from collections.abc import Sequence
from email.errors import HeaderParseError, InvalidHeaderDefect
from email.headerregistry import AddressHeader
from typing import Any

from gmailkit.model.mail import Address
from gmailkit.sandbox.refusal import invalid

_MAX_LENGTH = 50_000  # more than a hundred addresses need; the parser is slow on long values


def strict(name: str, value: str) -> Sequence[Address]:
    """The addresses of a To, Cc or Bcc value; an empty group gives none.

    Refuses 400 "Invalid To header" where anything in it is no address: nobody is skipped.
    """
    if not value.strip():
        return ()
    if len(value) > _MAX_LENGTH:
        raise invalid(f"Invalid {name} header")
    read: dict[str, Any] = {"defects": []}
    try:
        AddressHeader.parse(value, read)
    except (HeaderParseError, IndexError, ValueError, AttributeError):
        raise invalid(f"Invalid {name} header") from None
    found = [Address(a.addr_spec, a.display_name) for g in read["groups"] for a in g.addresses]
    broken = any(isinstance(defect, InvalidHeaderDefect) for defect in read["defects"])
    if broken or not all(_mailable(address.email) for address in found):
        raise invalid(f"Invalid {name} header")
    return found


def _mailable(email: str) -> bool:
    """A domain of the Internet, not of the local net."""
    local, _, domain = email.rpartition("@")
    return bool(local) and "." in domain.strip(".") and not domain.startswith("[")
