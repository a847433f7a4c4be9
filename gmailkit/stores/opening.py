"""Which store a path is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.marker import MARKER
from gmailkit.backup.place import url_of
from gmailkit.errors import NotFound, UsageError
from gmailkit.stores.backup import BackupStore
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.maildir.tree import Tree
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.protocol import Source
from gmailkit.stores.reading import unreadable

_PACKS = "packs"


def open_source(
    path: Path,
    account: str = "",
    *,
    as_of: datetime | None = None,
    identity: Identity = None,
) -> Source:
    """The mail at `path`: a backup (of `account`, where it holds several), a Maildir, a
    folder of .eml or .emlx files, or an mbox file. It is only read. `as_of`: as it was then;
    `identity` opens a backup that is encrypted.

    Raises NotFound, UsageError (no such thing is there), and what opening the backup raises.
    """
    try:
        return _opened(path, account, as_of, identity)
    except OSError as error:
        raise unreadable(path, error) from error


def _opened(path: Path, account: str, as_of: datetime | None, identity: Identity) -> Source:
    if url_of(path) or (path / MARKER).exists() or (path / _PACKS).is_dir():
        return BackupStore(path, account, as_of=as_of, identity=identity)
    if as_of and path.exists():
        raise UsageError(f"{path} is no backup, and nothing else tells how mail once was.")
    if path.is_file():
        return MboxStore(path)
    if not path.exists():
        raise NotFound(f"There is nothing at {path}.", hint="Name a backup folder, or a mailbox.")
    if Tree(path).folders():
        return MaildirStore(path)
    store = EmlStore(path)
    if next(store.refs(), None) is None:
        raise UsageError(
            f"{path} holds no mail that is known here.",
            hint="Name a backup folder, an mbox file, a Maildir, or a folder of .eml files.",
        )
    return store
