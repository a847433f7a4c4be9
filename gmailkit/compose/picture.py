"""How a picture that lies on this machine is named in the message that shows it."""

from __future__ import annotations

from hashlib import sha256


def cid_of(path: str) -> str:
    """The Content-ID of a picture, the same for the same path."""
    return f"{sha256(path.encode(errors='replace')).hexdigest()[:20]}@picture"
