"""What makes a folder a backup: it is recognized, begun, and completed where something lacks."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from gmailkit.backup import marker
from gmailkit.backup.frame import PATTERN
from gmailkit.backup.layout import Layout
from gmailkit.backup.place import folder_of, name_of, origin
from gmailkit.backup.storage import DISK, Storage, writing
from gmailkit.backup.stream import STREAMS
from gmailkit.clock import Clock
from gmailkit.errors import BackupDamaged, BackupLocked


def brought(place: Path | str) -> Path:
    """The folder to work in. For a URL it is the one that stands for it here, with the marker that
    the store has now.

    Raises what reading there raises, CannotWrite, and UsageError.
    """
    folder = folder_of(place)
    if origin(folder):
        from gmailkit.backup.objects.bucket import connected
        from gmailkit.backup.objects.standing import bring_marker

        bring_marker(connected(folder))
    return folder


def recognized(path: Path) -> tuple[str, ...]:
    """Go on only if `path` is a backup; a note when nothing but its packs tells so.

    Raises NoBackup, and BackupDamaged when the marker is broken and there are no packs of ours.
    """
    try:
        marker.require(path)
    except BackupDamaged as error:
        if not _holds_frames(path):
            raise
        return (error.message,)
    return ()


def _holds_frames(path: Path) -> bool:
    """Whether the first pack there begins as packs do."""
    if marker.is_encrypted(path):
        return True  # there are keys
    packs = Layout.of(path, DISK).messages
    for number in packs.numbers()[:1]:
        with packs.opened(number) as file:
            return file.read(len(PATTERN)) == PATTERN
    return False


def may_begin(path: Path) -> bool:
    """Whether a new backup may be made at `path`: nothing is there, or an empty folder.

    Raises CannotWrite where one may not even look.
    """
    if origin(path):
        from gmailkit.backup.objects.bucket import connected
        from gmailkit.backup.objects.standing import is_free

        return not (path / marker.MARKER).exists() and is_free(connected(path))
    with writing(path):
        return not path.exists() or (path.is_dir() and marker.is_free(path))


def begun(path: Path, storage: Storage, clock: Clock, *, encryption: str = "") -> None:
    """What was free when it was looked at is a backup from now on, by the writer who has it alone.
    A folder that another run has begun meanwhile is left as that made it.

    Raises CannotWrite; of object storage BackupLocked as well.
    """
    if origin(path) and not may_begin(path):
        raise BackupLocked(
            f"Another run has just begun a backup at {name_of(path)}.",
            hint="Run the same command again: it goes on with that one.",
        )
    if not (path / marker.MARKER).exists():
        marker.write(path, storage=storage, clock=clock, encryption=encryption)


def make_folders(path: Path, storage: Storage) -> None:
    """The folder and its missing parents. Raises CannotWrite."""
    for folder in reversed([path, *path.parents]):
        with writing(folder):
            if not folder.exists():
                with suppress(FileExistsError):  # another run, which begins here too
                    storage.make_folder(folder)
                storage.sync_folder(folder.parent)


def complete(path: Path, storage: Storage) -> None:
    """What a new backup lacks still, or somebody has tidied away. Raises CannotWrite."""
    readme = path / marker.README
    for folder in (path / stream.folder for stream in STREAMS):
        if not folder.is_dir():
            with writing(folder):
                storage.make_folder(folder)
                storage.sync_folder(path)
    if not readme.exists():
        with writing(readme):
            storage.create(readme)
    if readme.stat().st_size == 0:
        with writing(readme):
            text = marker.ENCRYPTED_README if marker.is_encrypted(path) else marker.README_TEXT
            storage.write(readme, 0, (text.encode(),))
    if origin(path):
        from gmailkit.backup.objects.bucket import connected
        from gmailkit.backup.objects.standing import publish

        publish(connected(path))
