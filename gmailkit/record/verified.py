"""When a backup was read in full last, and what came of it: verify itself writes nothing there."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from gmailkit.paths import Home, write_private


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """`at` is aware; `messages` were whole; `ok`: so was all else. `head` is the one it found.
    `repaired`: what was not whole was mended since; `slight`: no message was lost, and the next run
    of the backup does so.
    """

    path: str
    at: datetime
    messages: int
    ok: bool
    head: str = ""
    repaired: bool = False
    slight: bool = False


def note(home: Home, verified: Verified) -> None:
    """Remember it on this machine. Raises CannotWrite."""
    write_private(_file(home, Path(verified.path)), msgspec.json.encode(verified))


def last(home: Home, path: Path) -> Verified | None:
    """None too where the note cannot be read: it is a remark, never the truth."""
    try:
        found = msgspec.json.decode(_file(home, path).read_bytes(), type=Verified)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if found.path == str(path.resolve()) else None


def _file(home: Home, path: Path) -> Path:
    """Paths may be longer than names of files."""
    name = sha256(str(path.resolve()).encode(errors="surrogateescape")).hexdigest()[:32]
    return home.state / "verified" / f"{name}.json"
