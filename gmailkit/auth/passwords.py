"""Passwords of mail servers: in the OS keyring where there is one, else in a file of mode 0600."""

from __future__ import annotations

from pathlib import Path

from gmailkit.auth.keep import Kind, keyring_backend, keyring_errors, keyring_name
from gmailkit.errors import CannotWrite
from gmailkit.paths import Home, folder_name, read_private, write_private
from gmailkit.secret import Secret


class Passwords:
    """`server` is its URL, user and all: one server may know several users."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._service = f"gmailkit {home.data} smtp"

    def load(self, server: str) -> Secret | None:
        """Raises UsageError for a file that others can read, or a keyring that does not answer."""
        content = read_private(self._path(server))
        if content is not None:
            return Secret(content.decode("utf-8", "replace"))
        if keyring_name() is None:
            return None
        with keyring_errors():
            found = keyring_backend().get_password(self._service, server)
        return Secret(found) if found else None

    def save(self, server: str, password: Secret, *, here: bool) -> Kind:
        """Where it went. That of a server on this machine (`here`) is no matter for the keyring."""
        if here or keyring_name() is None:
            write_private(self._path(server), password.encode())
            return "file"
        with keyring_errors():
            keyring_backend().set_password(self._service, server, str(password))
        self._unlink(server)
        return "keyring"

    def forget(self, server: str) -> None:
        self._unlink(server)
        if keyring_name() is not None:
            with keyring_errors():
                backend = keyring_backend()
                if backend.get_password(self._service, server) is not None:
                    backend.delete_password(self._service, server)

    def _path(self, server: str) -> Path:
        return self._home.data / "smtp" / f"{folder_name(server)}.password"

    def _unlink(self, server: str) -> None:
        path = self._path(server)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise CannotWrite(
                f"Cannot remove {path}: {error.strerror}.", path=path, hint="Remove it by hand."
            ) from error
