"""Where tokens lie: in the OS keyring where there is one, else in a file only its owner reads."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from gmailkit.auth.token import Token
from gmailkit.errors import CannotWrite, SignInNeeded, TryLater, UsageError
from gmailkit.model.service import Service, is_loopback
from gmailkit.paths import Home, private_folder, read_private, write_private

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

Kind = Literal["file", "keyring"]

_log = logging.getLogger(__name__)
_LOCK_SECONDS = 120  # longer than one renewal with google-auth's own retries takes


class Keep(Protocol):
    """One place for tokens, by address. `load` gives None where there is none."""

    def load(self, address: str) -> Token | None: ...

    def save(self, address: str, token: Token) -> None: ...

    def forget(self, address: str) -> None: ...


class FileKeep:
    """`<data>/accounts/<address>/token.json`, refused when anybody else could read or plant it."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def path(self, address: str) -> Path:
        return self._home.account_data(address) / "token.json"

    def load(self, address: str) -> Token | None:
        """Raises UsageError (file or folder open to others), SignInNeeded (damaged)."""
        path = self.path(address)
        _check_folder(path.parent)
        content = read_private(path)
        return None if content is None else _decode(content, address, str(path))

    def save(self, address: str, token: Token) -> None:
        """Replace it whole; raises CannotWrite, or UsageError for a folder open to others."""
        path = self.path(address)
        private_folder(path.parent)
        _check_folder(path.parent)
        for left in self._left_over(path):
            left.unlink(missing_ok=True)
        write_private(path, token.encode())

    def forget(self, address: str) -> None:
        path = self.path(address)
        for file in (path, *self._left_over(path)):
            _unlink(file)

    @staticmethod
    def _left_over(path: Path) -> Iterator[Path]:
        """What a process that was killed between writing and renaming leaves."""
        return path.parent.glob(f".{path.name}.*")


class KeyringKeep:
    """The OS keyring through the `keyring` extra; one entry per home folder and address."""

    def __init__(self, home: Home) -> None:
        # Two homes (GMAILKIT_HOME) may hold the same address and must not share its token.
        self._service = f"gmailkit {home.data}"

    def load(self, address: str) -> Token | None:
        """Raises UsageError (no keyring here), SignInNeeded (damaged)."""
        with keyring_errors():
            content = keyring_backend().get_password(self._service, address)
        return None if content is None else _decode(content.encode(), address, "the keyring")

    def save(self, address: str, token: Token) -> None:
        with keyring_errors():
            keyring_backend().set_password(self._service, address, token.encode().decode())

    def forget(self, address: str) -> None:
        with keyring_errors():
            backend = keyring_backend()
            if backend.get_password(self._service, address) is not None:
                backend.delete_password(self._service, address)


@contextmanager
def only_us(home: Home, address: str) -> Iterator[None]:
    """Hold the lock of an account's token, against all threads and processes of this machine.

    Whoever changes a token reads the old one under the lock first. On a disk that takes no lock
    (full, read-only) it is done without. Raises TryLater when another holds it for minutes.
    """
    from filelock import FileLock, Timeout

    folder = home.account_data(address)
    lock = FileLock(folder / "token.lock", timeout=_LOCK_SECONDS, mode=0o600)
    try:
        private_folder(folder)
        lock.acquire()
    except Timeout as error:
        raise TryLater(
            f"Another gmailkit has been busy with the token of {address} for minutes.",
            hint="Try again.",
        ) from error
    except (CannotWrite, OSError):
        _log.debug("No lock in %s; going on without.", folder)
    try:
        yield
    finally:
        lock.release()


def keep_for(kind: Kind, home: Home) -> Keep:
    """The keep an account was signed in with."""
    return KeyringKeep(home) if kind == "keyring" else FileKeep(home)


def best_kind(service: Service) -> Kind:
    """Where a new token goes. A server on this machine is for practice: no matter for the keyring.

    Decided by the backend's own priority: on a headless machine keyring has a backend that says
    nothing until one writes.
    """
    from urllib.parse import urlsplit

    if is_loopback(urlsplit(service.endpoint).hostname) or keyring_name() is None:
        return "file"
    return "keyring"


def keyring_name() -> str | None:
    """The usable OS keyring in words, or None."""
    try:
        backend = keyring_backend()
        return str(backend.name) if backend.priority >= 1 else None
    except Exception:  # noqa: BLE001 - absent or failing in whatever way: it is not usable
        return None


def keyring_backend() -> KeyringBackend:
    try:
        import keyring
    except ImportError as error:
        raise UsageError(
            "The token lies in the OS keyring, but gmailkit's keyring extra is not installed.",
            hint="pip install 'gmailkit[keyring]', or sign in again: gmailkit login",
        ) from error
    return keyring.get_keyring()


@contextmanager
def keyring_errors() -> Iterator[None]:
    """A locked or broken keyring becomes one sentence."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            f"The OS keyring does not answer: {error or type(error).__name__}.",
            hint="Unlock it and repeat; gmailkit doctor says which keyring is used.",
        ) from error


def _decode(content: bytes, address: str, where: str) -> Token:
    try:
        return Token.decode(content)
    except ValueError as error:
        raise SignInNeeded(
            f"The token of {address} in {where} is damaged ({error}).",
            hint=f"gmailkit login {address}",
        ) from error


def _check_folder(folder: Path) -> None:
    """Refuse a token folder that is a link, another user's, or open to others; absent is fine."""
    if os.name != "posix":
        return
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise UsageError(
            f"{folder} must be a plain folder of yours, for it holds a token.",
            hint="Remove it and sign in again.",
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise UsageError(
            f"Others can enter {folder}, which holds a token.",
            hint=f"If you trust it: chmod 700 '{folder}'. If not: sign out and in again.",
        )


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:
        return
    except OSError as error:
        raise CannotWrite(
            f"Cannot remove {path}: {error.strerror}.", path=path, hint="Remove it by hand."
        ) from error
