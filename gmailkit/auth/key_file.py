"""The key file of a service account: who signs for others, and with what.

Shape: Google's download, `"type": "service_account"`. Whoever can read it can read every mailbox
it was delegated, so it is held to the rule of ssh: a key of yours that others can read is not
used. One of root is, since that is how containers are handed secrets.
"""

from __future__ import annotations

import json
import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from gmailkit.auth.client_file import service_from
from gmailkit.errors import UsageError
from gmailkit.model.service import Service, check_url
from gmailkit.secret import Secret

_LIMIT = 1 << 16  # bytes; Google's is two kilobytes
_MAKE_ONE = (
    "In the Google Cloud console: IAM & Admin, Service accounts, the account, Keys, Add key, JSON."
)
_CLIENT_GOES = "A client file goes with: gmailkit login --client FILE"


class KeyFile(msgspec.Struct, frozen=True):
    """`client_id` is the number that an administrator enters; `private_key` is PEM."""

    path: Path
    email: str
    client_id: str
    key_id: str
    private_key: Secret
    service: Service

    @classmethod
    def load(cls, path: Path) -> KeyFile:
        """Read `path`; raises UsageError: unreadable, open to others, or not such a file."""
        path = path.expanduser().absolute()
        content, status = _read(path)
        found = _object(content, path)  # what it is comes before who may read it
        _check_private(path, status)
        return _key(found, path)


def _read(path: Path) -> tuple[bytes, os.stat_result]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its writer
            raise UsageError(f"The service account key {path} is not a file.", hint=_MAKE_ONE)
        with path.open("rb") as file:
            return file.read(_LIMIT + 1), os.fstat(file.fileno())
    except OSError as error:
        raise UsageError(
            f"Cannot read the service account key {path}: {error.strerror}.", hint=_MAKE_ONE
        ) from error


def _check_private(path: Path, status: os.stat_result) -> None:
    if os.name != "posix":
        return
    if status.st_uid not in (os.geteuid(), 0):
        raise UsageError(
            f"The service account key {path} belongs to another user.",
            hint="Use a copy of your own: whoever can change it decides whose mail you work on.",
        )
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) & 0o077:
        raise UsageError(
            f"Others can read the service account key {path}.",
            hint=f"chmod 600 {shlex.quote(str(path))} (a mounted secret: mode 0400). If they may "
            "have read it, make a new key and delete this one in the Cloud console.",
        )


def _object(content: bytes, path: Path) -> Mapping[str, object]:
    try:
        if len(content) > _LIMIT:
            raise ValueError("too large")
        found = json.loads(content)
    except (ValueError, RecursionError):  # not chained: the error quotes what may be a key
        raise UsageError(
            f"{path} is not a service account key: it is not JSON.", hint=_MAKE_ONE
        ) from None
    if not isinstance(found, dict) or found.get("type") != "service_account":
        what, hint = _what(found if isinstance(found, dict) else {})
        raise UsageError(f"{path} is {what}, not a service account key.", hint=hint)
    return found


def _what(content: Mapping[str, object]) -> tuple[str, str]:
    """What somebody took for a key, and where that belongs."""
    if "installed" in content:
        return "a Desktop client file", _CLIENT_GOES
    if "web" in content:
        return "a Web client file", _MAKE_ONE
    if "refresh_token" in content or content.get("type") == "authorized_user":
        return "a stored token", _MAKE_ONE
    return "something else", _MAKE_ONE


def _key(content: Mapping[str, object], path: Path) -> KeyFile:
    def text(name: str) -> str:
        value = content.get(name)
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f"{path} has no {name}.", hint=_MAKE_ONE)
        return value.strip()

    private_key = Secret(text("private_key"))  # before anything else can quote it
    uris = {name: check_url(text(name), f"{name} in {path}") for name in ("auth_uri", "token_uri")}
    return KeyFile(
        path=path,
        email=text("client_email"),
        client_id=text("client_id"),
        key_id=text("private_key_id"),
        private_key=private_key,
        service=service_from(uris),
    )
