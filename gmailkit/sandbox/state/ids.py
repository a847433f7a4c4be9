"""Message ids: lower-case hex of a 64-bit number, made of the time and of chance."""

from __future__ import annotations

import hashlib
import re
import secrets

# The low bits replace the milliseconds' last digits, so the id still tells the day: two fresh
# sandboxes with the same clock do not name two messages alike.
_CHANCE_BITS = 30
_SHIFT = 20
_ID = re.compile(r"[0-9a-f]{1,16}")


def random_bits() -> int:
    return secrets.randbits(_CHANCE_BITS)


def next_bits(bits: int) -> int:
    """Other bits, where an id is taken already."""
    return (bits + 1) & ((1 << _CHANCE_BITS) - 1)


def bits_of(seed: str, order: int, raw: bytes) -> int:
    """The same bits for the same content at the same place, for the sample mailbox."""
    digest = hashlib.sha256(f"{seed}:{order}:".encode() + raw).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _CHANCE_BITS)


def message_id(date_ms: int, chance: int) -> str:
    number = (max(date_ms, 1) << _SHIFT) & ~((1 << _CHANCE_BITS) - 1) | chance
    return f"{number & (1 << 63) - 1:x}"


def well_formed(id: str) -> bool:
    """Lower-case hex only: a decimal X-GM-MSGID is mostly longer, a Message-ID has other signs."""
    return _ID.fullmatch(id) is not None
