"""Which store of files a path is, and opening it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.place import url_of
from gmailkit.errors import CannotDo, NotFound, UsageError
from gmailkit.model.item import Can
from gmailkit.stores.backup import BackupStore, BackupTarget
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.locate import Location
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.protocol import Source, Target
from gmailkit.stores.reading import unreadable
from gmailkit.stores.recognizing import recognized
from gmailkit.stores.takeout import TakeoutStore

_SOURCES: dict[str, type[MboxStore | MaildirStore | EmlStore | TakeoutStore]] = {
    "mbox": MboxStore,
    "maildir": MaildirStore,
    "eml": EmlStore,
    "takeout": TakeoutStore,
}
_TARGETS: dict[str, Callable[[Path], Target]] = {
    "mbox": lambda path: MboxStore(path, write=True),
    "maildir": lambda path: MaildirStore(path, write=True),
    "eml": lambda path: EmlStore(path, write=True),
}


def open_source(
    path: Path,
    account: str = "",
    *,
    as_of: datetime | None = None,
    identity: Identity = None,
) -> Source:
    """The mail at `path`: a backup (of `account`, where it holds several), a Maildir, a
    folder of .eml or .emlx files, an mbox file, an archive of Takeout. It is only read. `as_of`: as
    it was then; `identity` opens a backup that is encrypted.

    Raises NotFound, UsageError (no such thing is there), and what opening the backup raises.
    """
    return _opened(recognized(path), path, account, as_of, identity)


def source_at(
    location: Location, *, as_of: datetime | None = None, identity: Identity = None
) -> Source:
    """The same of a place by its name; whose mail of a backup it is stands there too."""
    path = Path(location.path).expanduser()
    scheme = location.scheme or recognized(path)
    return _opened(scheme, path, location.user, as_of, identity)


def target_at(location: Location, *, identity: Identity = None) -> Target:
    """A store of files that is added to, made where it is missing. A bare path has to be there.

    Raises CannotDo for a kind that is only read, and what opening it raises.
    """
    path = Path(location.path).expanduser()
    if not location.scheme and not path.exists() and not url_of(path):
        raise NotFound(
            f"There is nothing at {path}.",
            hint=f"Say what to make of it: maildir:{path}, mbox:{path}, eml:{path}, backup:{path}",
        )
    scheme = location.scheme or recognized(path)
    if scheme == "backup":
        return BackupTarget(path, location.user, identity=identity)
    if scheme not in _TARGETS:
        raise CannotDo(
            f"{scheme}: is only read.", hint=f"Name another target: {', '.join(_TARGETS)}, backup."
        )
    return _TARGETS[scheme](path)


def abilities_of(scheme: str) -> Can | None:
    """What such a store of files keeps and can; None for a kind that is none of these."""
    if scheme == "backup":
        return BackupTarget.can
    kind = _SOURCES.get(scheme)
    return None if kind is None else kind.can


def _opened(
    scheme: str, path: Path, account: str, as_of: datetime | None, identity: Identity
) -> Source:
    try:
        if scheme == "backup":
            return BackupStore(path, account, as_of=as_of, identity=identity)
        if as_of:
            raise UsageError(f"{path} is no backup, and nothing else tells how mail once was.")
        return _SOURCES[scheme](path)
    except OSError as error:
        raise unreadable(path, error) from error
