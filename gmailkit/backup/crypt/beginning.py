"""Beginning an encrypted backup, and changing who may read it."""

from __future__ import annotations

from pathlib import Path

from gmailkit.backup import marker
from gmailkit.backup.beginning import begun, brought, complete, make_folders, may_begin
from gmailkit.backup.connection import journals
from gmailkit.backup.crypt.given import BackupKey, Identity, key_of
from gmailkit.backup.crypt.keys import Keys, Owners
from gmailkit.backup.crypt.sealed import SUFFIX
from gmailkit.backup.layout import ENCRYPTED_INDEX
from gmailkit.backup.lock import only_writer
from gmailkit.backup.place import name_of
from gmailkit.backup.seal import seal_of
from gmailkit.backup.shelf import shelf_of
from gmailkit.backup.storage import DISK, Storage, writing
from gmailkit.backup.stream import STREAMS
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import UsageError


def begin_encrypted(
    path: Path | str, owners: Owners, *, storage: Storage = DISK, clock: Clock = SYSTEM_CLOCK
) -> bool:
    """Make a new backup at `path`, a missing or empty folder or an empty place in object storage,
    that only `owners` can read.

    False, and nothing is done, when it is an encrypted backup of the same owners already. Raises
    UsageError for a backup that is not encrypted, or is for others; and as `Backup.open` does.
    """
    path = brought(path)
    begin = may_begin(path)
    if not begin:
        marker.require(path)
        _must_be_for(path, owners)
    if Keys(path).complete:
        return False
    shelf = shelf_of(path, storage)
    if any(each.endswith(SUFFIX) for stream in STREAMS for each in shelf.sizes(stream.folder)):
        Keys(path).recipients()  # says what is wrong: new keys would take the place of those of old
    if begin:
        make_folders(path, storage)
    with only_writer(path, storage=storage, clock=clock):
        if begin:
            begun(path, storage, clock, encryption=marker.AGE)
        _must_be_for(path, owners)  # somebody else may have begun it meanwhile
        if Keys(path).complete:
            return False
        complete(path, storage)
        Keys(path, storage).make(owners)
    return True


def begin_like(
    old: Path, new: Path, key: BackupKey, *, storage: Storage = DISK, clock: Clock
) -> None:
    """Make `new`, where there is nothing, a backup for the owners of `old`, by the same keys; does
    nothing where that is not encrypted. Raises CannotWrite.
    """
    old, new = brought(old), brought(new)
    if not marker.is_encrypted(old):
        return
    make_folders(new, storage)
    with only_writer(new, storage=storage, clock=clock):
        begun(new, storage, clock, encryption=marker.AGE)
        complete(new, storage)
        Keys(new, storage).copy_from(Keys(old))
    key.same(old, new)


def rotate(
    path: Path | str,
    owners: Owners,
    *,
    identity: Identity = None,
    storage: Storage = DISK,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """From now on the backup is for `owners`: they read what was saved before too. Old owners keep
    what they could read; `compact` writes it anew, for the new ones alone.

    Raises KeyNeeded without a key of today, UsageError when it is not encrypted, BackupLocked,
    CannotWrite.
    """
    path = brought(path)
    marker.require(path)
    _must_be_encrypted(path)
    keys, key = Keys(path, storage), key_of(identity)
    keys.open(key)  # a person is asked while nobody has to wait
    with only_writer(path, storage=storage, clock=clock):
        keys.rotate(owners, keys.open(key))
        for name in derived(path):  # under the old key; made anew when they are next asked
            with writing(name):
                storage.remove(name)


def derived(path: Path) -> list[Path]:
    """The encrypted databases of a backup, with what belongs to them."""
    index = path / ENCRYPTED_INDEX
    found = [index, seal_of(index), *journals(index)]
    return [each for each in found if each.exists()]


def _must_be_for(path: Path, owners: Owners) -> None:
    _must_be_encrypted(path)
    keys = Keys(path)
    if not keys.complete:
        return
    same = set(keys.owners()) == set(owners.recipients)
    if not same or keys.has_passphrase != (owners.passphrase is not None):
        raise UsageError(
            f"{keys.told} is encrypted for others.",
            hint=f"Leave --encrypt out to add to it. Others: gmailkit backup keys '{keys.told}' -h",
        )


def _must_be_encrypted(path: Path) -> None:
    if not marker.is_encrypted(path):
        raise UsageError(
            f"{name_of(path)} is a backup that is not encrypted.",
            hint="What it holds stays readable. Begin an encrypted one in another folder.",
        )
