"""What bytes are: their SHA-256, and the same where every line ends with CRLF."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator


def sha256_of(pieces: Iterable[bytes]) -> str:
    """Of bytes that come piece by piece, in hexadecimal digits."""
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()


def digests_of(pieces: Iterable[bytes]) -> tuple[str, str]:
    """Of the bytes as they are, and with CRLF; one hash where that is the same."""
    exact, other, last = hashlib.sha256(), None, b""
    for piece in pieces:
        whole = _whole(piece, behind_cr=last == b"\r")
        if other is None and whole is not piece:
            other = exact.copy()
        exact.update(piece)
        if other:
            other.update(whole)
        last = piece[-1:] or last
    return exact.hexdigest(), (other or exact).hexdigest()


def with_crlf(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Every line end that is a LF alone as CRLF, as Gmail and IMAP keep them; a piece that has none
    is the same object.
    """
    last = b""
    for piece in pieces:
        yield _whole(piece, behind_cr=last == b"\r")
        last = piece[-1:] or last


def _whole(piece: bytes, *, behind_cr: bool) -> bytes:
    if b"\r" not in piece:
        plain = piece
    elif piece.count(b"\n") == piece.count(b"\r\n"):  # half of what replacing takes
        return piece
    else:
        plain = piece.replace(b"\r\n", b"\n")
    if b"\n" not in plain:
        return piece
    whole = plain.replace(b"\n", b"\r\n")
    return whole[1:] if behind_cr and piece[:1] == b"\n" else whole  # its CR came before
