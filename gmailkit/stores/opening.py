"""Which store a path is."""

from __future__ import annotations

from pathlib import Path

from gmailkit.backup.marker import MARKER
from gmailkit.errors import NotFound, UsageError
from gmailkit.stores.backup import BackupStore
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.maildir.tree import Tree
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.protocol import Source
from gmailkit.stores.reading import unreadable

_PACKS = "packs"


def open_source(path: Path, account: str = "") -> Source:
    """The mail at `path`: a backup folder (of `account`, where it holds several), a Maildir, a
    folder of .eml or .emlx files, or an mbox file. It is only read.

    Raises NotFound, UsageError (no such thing is there), and what opening the backup raises.
    """
    try:
        return _opened(path, account)
    except OSError as error:
        raise unreadable(path, error) from error


def _opened(path: Path, account: str) -> Source:
    if path.is_file():
        return MboxStore(path)
    if not path.exists():
        raise NotFound(f"There is nothing at {path}.", hint="Name a backup folder, or a mailbox.")
    if (path / MARKER).exists() or (path / _PACKS).is_dir():
        return BackupStore(path, account)
    if Tree(path).folders():
        return MaildirStore(path)
    store = EmlStore(path)
    if next(store.refs(), None) is None:
        raise UsageError(
            f"{path} holds no mail that is known here.",
            hint="Name a backup folder, an mbox file, a Maildir, or a folder of .eml files.",
        )
    return store
