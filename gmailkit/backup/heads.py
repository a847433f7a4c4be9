"""Heads that somebody kept elsewhere: whether the backup still grew from each of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gmailkit.backup.frame import DIGEST
from gmailkit.errors import UsageError


class Heads:
    """The digests to look for while the frames pass by."""

    def __init__(self, kept: Iterable[str]) -> None:
        """Raises UsageError for what is no head."""
        self._met: dict[bytes, bool | None] = {_digest(text): None for text in kept}

    def pass_by(self, digest: bytes, *, unbroken: bool) -> None:
        if digest in self._met:
            self._met[digest] = unbroken

    def problems(self, origins: Collection[str]) -> list[str]:
        """A sentence for each that does not vouch for what lies before it; `origins` (hex) are
        those of the backup from which this one was made by a compaction."""
        told = []
        for digest, unbroken in self._met.items():
            if unbroken is None and digest.hex() in origins:
                told.append(
                    f"The head {digest.hex()} is that of the backup from which a compaction made "
                    "this one: it vouches for that one alone."
                )
            elif unbroken is None:
                told.append(
                    f"The head {digest.hex()} is not in it: the backup was changed before that "
                    "point or cut there, or it is another one."
                )
            elif not unbroken:
                told.append(f"Frames before the head {digest.hex()} are damaged or missing.")
        return told

    def unseen(self) -> list[str]:
        """A sentence for each where nobody can look: without its key, in an encrypted backup."""
        return [
            f"The head {digest.hex()} cannot be looked for without a key." for digest in self._met
        ]

    def notes(self) -> list[str]:
        """A sentence for each that does."""
        return [
            f"The head {digest.hex()} is in it, with all that was saved before it."
            for digest, unbroken in self._met.items()
            if unbroken
        ]


def _digest(text: str) -> bytes:
    try:
        digest = bytes.fromhex(text.strip())
    except ValueError:
        digest = b""
    if len(digest) != DIGEST:
        raise UsageError(
            f"{text!r} is no head of a backup.",
            hint=f'It has {DIGEST * 2} hex digits: "head" of gmailkit verify DIR --json',
        )
    return digest
