"""The file that makes a folder a backup, and the text on how to read it without gmailkit."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from gmailkit.backup.lock import is_lock
from gmailkit.backup.place import name_of
from gmailkit.backup.shelf import shelf_of
from gmailkit.backup.storage import DISK, Storage, put_whole, writing
from gmailkit.clock import Clock
from gmailkit.errors import BackupDamaged, NoBackup

MARKER, UNFINISHED_MARKER, README = "gmailkit-backup.json", "gmailkit-backup.json.new", "README.txt"
FORMAT, VERSION = "gmailkit-backup", 3
FIRST_VERSION = 1  # packs without events; a writer raises it
KEYS, AGE = "keys", "age"  # of an encrypted backup: the folder of its keys, and how
README_TEXT = """\
This folder is a backup of Gmail mailboxes, made by gmailkit (format 3).

The messages are in packs/: numbered files, compressed with zstd, that together are one mbox
file. They can be read without gmailkit:

    zstdcat packs/*.mbox.zst > all.mbox

opens in mutt, Thunderbird and every other program that reads mbox. Lines of a message that
begin with "From " have a ">" before them there (the mboxrd form). The labels that a message had
when it was saved are in its X-Gmail-Labels line; the X-Gmailkit line holds its exact length and
SHA-256. Equal messages are kept once: one without any text of its own stands word for word in
the message that "same" in that line names. What became of a message since, and the settings of
the account, are in events/, one JSON object a line:

    zstdcat events/*.jsonl.zst

Nothing in packs/ and events/ is ever changed, so any tool may copy this folder. index.sqlite3 is
made from both and may be deleted; lock and lock.json mean nothing when no gmailkit runs.

    gmailkit verify .

reads every byte and says whether it is whole.
"""
ENCRYPTED_README = """\
This folder is an encrypted backup of Gmail mailboxes, made by gmailkit (format 3).

The messages are in packs/, encrypted with age (age-encryption.org) and compressed with zstd. With
an identity that it is for (keys/recipients.txt), they can be read without gmailkit:

    for f in packs/*.age; do age -d -i KEYFILE "$f"; done | zstdcat > all.mbox

opens in mutt, Thunderbird and every other program that reads mbox. Where a passphrase was taken,
or a pack is older than your key, first get the keys of the backup itself:

    age -d keys/passphrase.age > KEYFILE
    age -d -i KEYFILE keys/001.age >> KEYFILE

Equal messages are kept once: one without any text of its own stands word for word in the message
that "same" in its X-Gmailkit line names.

What became of the messages since, and the settings of the account, are in events/, one JSON object
a line, read in the same way. Files that end in .ids hold no mail: ids, sizes and times, for hosts
that add to the backup without being able to read it.

    gmailkit verify .

reads every byte and says whether it is whole.
"""


def near(folder: Path) -> Path | None:
    """The backup beside it that is called much like it."""
    with suppress(OSError):
        there = {each.name: each for each in folder.parent.iterdir() if (each / MARKER).exists()}
        for name in get_close_matches(folder.name, there, n=1):
            return there[name]
    return None


def require(folder: Path) -> int:
    """Go on only if `folder` is a backup of a version known here, which is returned.

    Raises NoBackup naming what it is instead, and BackupDamaged when the marker is broken.
    """
    try:
        if not folder.exists():
            other = near(folder)
            raise NoBackup(
                f"There is no folder {folder}.",
                hint=f"Did you mean {other}?" if other else f"Make one: gmailkit backup '{folder}'",
            )
        if not folder.is_dir():
            raise NoBackup(f"{folder} is not a folder.", hint="Name the folder of a backup.")
        content = (folder / MARKER).read_bytes()
    except FileNotFoundError as error:
        raise NoBackup(
            f"{name_of(folder)} is not a backup of gmailkit: it has no {MARKER}.",
            hint="Name another folder; this one was not touched.",
        ) from error
    except OSError as error:
        raise NoBackup(f"Cannot read {folder / MARKER}: {error.strerror}.") from error
    return check(folder, content)


def check(folder: Path, content: bytes) -> int:
    """The marker's bytes must be exactly what was written; as `require`."""
    try:
        said = json.loads(content)
        name, version, created = said["format"], said["version"], said.get("created")
        seal = said.get("check")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _broken(folder) from error
    for known in range(FIRST_VERSION, VERSION + 1):
        if content in (_content(str(created), known, each) for each in ("", AGE)):
            return known
    sealed = seal is None or seal == _seal(name, version, created, said.get("encryption", ""))
    if sealed and name == FORMAT and isinstance(version, int) and version > VERSION:
        raise NoBackup(
            f"{name_of(folder)} has format {version}; this gmailkit reads up to format {VERSION}.",
            hint="Use a newer gmailkit: pip install -U gmailkit",
        )
    raise _broken(folder)


def is_free(folder: Path) -> bool:
    """Whether a backup may begin here: an empty folder, or one where beginning was interrupted."""
    names = (entry.name for entry in folder.iterdir())
    return all(name == UNFINISHED_MARKER or is_lock(name) for name in names)


def is_encrypted(folder: Path) -> bool:
    """What the marker says; where it is broken, whether the folder of the keys is there."""
    try:
        content = (folder / MARKER).read_bytes()
        check(folder, content)
        return bool(json.loads(content).get("encryption"))
    except (OSError, BackupDamaged, NoBackup):
        return bool(shelf_of(folder, DISK).sizes(KEYS))


def write(folder: Path, *, storage: Storage, clock: Clock, encryption: str = "") -> None:
    """Make `folder` a backup. A crash leaves the whole marker or none. Raises CannotWrite."""
    created = datetime.fromtimestamp(clock.now(), UTC).isoformat(timespec="seconds")
    _put(folder, created, storage, encryption)


def bring_up_to_date(folder: Path, storage: Storage) -> None:
    """Make a backup of an earlier version one of this version, which has all that it has.

    An older gmailkit then refuses it: it would not tell when it saved what, or take a message that
    is kept once, with another, for a damaged one. A crash leaves the one version or the other.
    Raises CannotWrite.
    """
    said = json.loads((folder / MARKER).read_bytes())
    readme = folder / README
    if readme.exists():  # a new one is written where there is none
        with writing(readme):
            storage.remove(readme)
    _put(folder, said["created"], storage, said.get("encryption", ""))


def _put(folder: Path, created: str, storage: Storage, encryption: str) -> None:
    content = _content(created, VERSION, encryption)
    with writing(folder / MARKER, needed=len(content)):
        put_whole(folder / MARKER, (content,), storage)
        storage.sync_folder(folder)


def _content(created: str, version: int, encryption: str) -> bytes:
    said = {"format": FORMAT, "version": version, "created": created}
    if encryption:
        said["encryption"] = encryption
    said["check"] = _seal(FORMAT, version, created, encryption)
    return json.dumps(said, indent=2).encode() + b"\n"


def _seal(name: object, version: object, created: object, encryption: object) -> str:
    """By it a flipped bit is told from another date and from a newer format."""
    text = f"{name} {version} {created} {encryption}".rstrip().encode(errors="replace")
    return hashlib.sha256(text).hexdigest()


def _broken(folder: Path) -> BackupDamaged:
    return BackupDamaged(
        f"{name_of(folder)}/{MARKER} is damaged.",
        hint="The messages are in packs/, untouched: README.txt tells how to read them.",
    )
