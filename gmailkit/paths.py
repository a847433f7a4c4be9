"""Where gmailkit keeps things on a user's machine, and how it writes there.

Four folders by the platform's rules (platformdirs); `GMAILKIT_HOME` moves all four under one.
Backups are not here: they live where the user says.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.model.service import GOOGLE

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


class Home(msgspec.Struct, frozen=True):
    """config: no secrets. data: accounts. state: resumable work. cache: may be deleted."""

    config: Path
    data: Path
    state: Path
    cache: Path

    @classmethod
    def at(cls, root: Path) -> Home:
        return cls(root / "config", root / "data", root / "state", root / "cache")

    @classmethod
    def find(cls, env: Mapping[str, str]) -> Home:
        if root := env.get("GMAILKIT_HOME"):
            return cls.at(Path(root).expanduser().absolute())
        from platformdirs import PlatformDirs

        dirs = PlatformDirs("gmailkit", appauthor=False)
        return cls(
            dirs.user_config_path, dirs.user_data_path, dirs.user_state_path, dirs.user_cache_path
        )

    @property
    def practice(self) -> Path:
        """What `--sandbox` keeps: its mailboxes, and a home of its own."""
        return self.data / "sandbox"

    @property
    def of_practice(self) -> Home:
        return Home.at(self.practice / "home")

    def account_data(self, address: str) -> Path:
        return self.data / "accounts" / folder_name(address)

    def account_state(self, address: str, endpoint: str = GOOGLE.endpoint) -> Path:
        return self.state / "accounts" / _mailbox(address, endpoint)

    def account_cache(self, address: str, endpoint: str = GOOGLE.endpoint) -> Path:
        return self.cache / "accounts" / _mailbox(address, endpoint)


def _mailbox(address: str, endpoint: str) -> str:
    """The same address at two services is two mailboxes."""
    host = "" if endpoint == GOOGLE.endpoint else f" at {urlsplit(endpoint).netloc}"
    return folder_name(address + host)


def folder_name(address: str) -> str:
    """An e-mail address as one safe path segment, reversible."""
    return quote(address, safe="@+-_. ").replace("..", "%2E%2E")


def private_folder(path: Path) -> Path:
    """Make `path` and its missing parents, readable by the owner alone."""
    try:
        for folder in [*reversed(path.parents), path]:
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=PRIVATE_FOLDER)
    except OSError as error:
        raise _cannot_write(path, error) from error
    return path


def private(path: str, flags: int) -> int:
    """An opener of new files for `open`: only their owner may read them."""
    return os.open(path, flags, PRIVATE_FILE)


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` whole: new file (0600 from birth), fsync, rename, folder fsync.

    A crash leaves the old content or the new one. Raises CannotWrite.
    """
    private_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(temporary, flags, PRIVATE_FILE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error


def read_private(path: Path) -> bytes | None:
    """The content of a file that holds secrets, or None where there is none.

    Raises UsageError when the file is a link, another user's, or readable by others: a secret
    that others could read or plant is not used.
    """
    # Without O_NONBLOCK a named pipe in the file's place would hold us up for ever.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
        try:
            _check_private(path, os.fstat(descriptor))
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(
            f"Cannot read {path}: {error.strerror}.",
            hint="It must be a plain file of yours with mode 0600.",
        ) from error


def _check_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path} is not a plain file.", hint="Remove it and sign in again.")
    if os.name != "posix":
        return
    if status.st_uid != os.geteuid():
        raise UsageError(f"{path} belongs to another user.", hint="Remove it and sign in again.")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise UsageError(
            f"Others can read {path}, which holds a secret.",
            hint=f"If you trust it: chmod 600 '{path}'. If not: sign out and in again.",
        )


def sync_folder(path: Path) -> None:
    """Make a rename or a new file in `path` survive a power cut (POSIX; a no-op elsewhere)."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_write(path: Path, error: OSError) -> CannotWrite:
    return CannotWrite(
        f"Cannot write {path}: {error.strerror}.",
        path=path,
        hint="Free some space or choose another place with GMAILKIT_HOME.",
    )
