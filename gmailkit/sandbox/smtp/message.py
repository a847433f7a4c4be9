"""The bytes of a message in DATA, and in BDAT (RFC 5321 section 4.5.2, RFC 3030)."""

from __future__ import annotations

from gmailkit.sandbox.peer import Peer

MAX_SIZE = 35_882_577
_LINE = 40_000_000  # one line may be the whole message


def read_data(peer: Peer) -> bytes | None:
    """Up to the line of one dot that stands between two CRLF, and no other (no smuggling).

    None for more than Gmail takes, once all of it was read.
    """
    kept = bytearray()
    whole, fits = True, True  # `whole`: the line before ended with CRLF
    while True:
        line = peer.line(most=_LINE)
        if whole and line == b".\r\n":
            return bytes(kept) if fits else None
        if whole and line.startswith(b"."):
            line = line[1:]
        whole = line.endswith(b"\r\n")
        fits = fits and len(kept) + len(line) <= MAX_SIZE
        if fits:
            kept += line


def read_chunk(peer: Peer, size: int, kept: bytearray) -> bool:
    """`size` bytes more. Whether all together is no more than Gmail takes; else none are kept."""
    left = size
    fits = len(kept) + size <= MAX_SIZE
    while left:
        some = peer.exactly(min(left, 65_536))
        left -= len(some)
        if fits:
            kept += some
    return fits
