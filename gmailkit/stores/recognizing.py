"""Which store of files a path is; a backup is told without loading anything of the others."""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from gmailkit.backup.marker import MARKER
from gmailkit.backup.place import url_of
from gmailkit.errors import NotFound, UsageError
from gmailkit.stores.reading import unreadable

_PACKS = "packs"


def recognized(path: Path) -> str:
    """The scheme of what lies there. Raises NotFound and UsageError."""
    try:
        return _recognized(path)
    except OSError as error:
        raise unreadable(path, error) from error


def _recognized(path: Path) -> str:
    if url_of(path) or (path / MARKER).exists() or (path / _PACKS).is_dir():
        return "backup"
    from gmailkit.stores.eml import EmlStore
    from gmailkit.stores.maildir.tree import Tree
    from gmailkit.stores.takeout.archive import ENDINGS

    if path.is_file():
        return "takeout" if path.name.lower().endswith(ENDINGS) else "mbox"
    if not path.exists():
        near = get_close_matches(path.name, _beside(path), n=1)
        raise NotFound(
            f"There is nothing at {path}.",
            hint=f"Did you mean {path.with_name(near[0])}?"
            if near
            else "Name a backup folder, or a mailbox.",
        )
    if Tree(path).folders():
        return "maildir"
    if next(EmlStore(path).refs(), None) is None:
        raise UsageError(
            f"{path} holds no mail that is known here.",
            hint="Name a backup, an mbox file, a Maildir, a folder of .eml files, or takeout:DIR.",
        )
    return "eml"


def _beside(path: Path) -> list[str]:
    with suppress(OSError):
        return [each.name for each in path.parent.iterdir() if not each.name.startswith(".")]
    return []
