"""When a backup was read in full last, or its bytes held against Gmail's, and what came of it:
verify itself writes nothing there."""

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


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """The bytes of so many messages were read from Gmail, and those of `same` were Gmail's, of `of`
    that both had then. `at` is aware; `ok`: nothing differed, nothing was lacking.
    """

    path: str
    account: str
    at: datetime
    same: int
    of: int
    ok: bool


def note(home: Home, verified: Verified) -> None:
    """Remember it on this machine. Raises CannotWrite."""
    write_private(_file(home, Path(verified.path)), msgspec.json.encode(verified))


def note_match(home: Home, matched: Matched) -> None:
    """Remember it on this machine. Raises CannotWrite."""
    file = _file(home, Path(matched.path), matched.account)
    write_private(file, msgspec.json.encode(matched))


def last_match(home: Home, path: Path, account: str) -> Matched | None:
    """None too where the note cannot be read."""
    try:
        found = msgspec.json.decode(_file(home, path, account).read_bytes(), type=Matched)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if found.path == str(path.resolve()) else None


def last(home: Home, path: Path) -> Verified | None:
    """None too where the note cannot be read: it is a remark, never the truth."""
    try:
        found = msgspec.json.decode(_file(home, path).read_bytes(), type=Verified)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if found.path == str(path.resolve()) else None


def _file(home: Home, path: Path, account: str = "") -> Path:
    """Paths may be longer than names of files."""
    whose = f"{path.resolve()}\0{account}" if account else str(path.resolve())
    name = sha256(whose.encode(errors="surrogateescape")).hexdigest()[:32]
    return home.state / "verified" / f"{name}.json"
