"""What stands for an address where a host without a key looks."""

from __future__ import annotations

import hashlib

_HASHED = "sha256:"


def hashed(address: str) -> str:
    """Of what is a hash already, itself. Whoever guesses an address can tell that it is the one."""
    if address.startswith(_HASHED):
        return address
    return _HASHED + hashlib.sha256(f"gmailkit account {address}".encode()).hexdigest()[:32]
