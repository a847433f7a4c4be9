"""The client file: who gmailkit is to the authorisation server ("OAuth client" at Google).

Shape: Google's download for a Desktop client, one object under the key `installed`. Two keys of
our own may stand beside `token_uri`: `revoke_uri` and `tokeninfo_uri`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from gmailkit.config import Settings
from gmailkit.errors import UsageError
from gmailkit.model.service import GOOGLE, Service, check_url
from gmailkit.secret import Secret

FILE_NAME = "credentials.json"
_GOOGLE_HOSTS = {"oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"}
_URIS = ("auth_uri", "token_uri", "revoke_uri", "tokeninfo_uri")
_LIMIT = 1 << 16  # bytes; Google's is half a kilobyte
_MAKE_ONE = (
    "In the Google Cloud console: Google Auth Platform, Clients, Create client, Desktop app, "
    "then download its JSON."
)
_KEY_GOES = (
    "A service account key goes with: gmailkit login --service-account KEY.json --subject ADDRESS"
)


class ClientFile(msgspec.Struct, frozen=True):
    """One OAuth client and the service it belongs to."""

    client_id: str
    client_secret: Secret
    service: Service

    @classmethod
    def load(cls, path: Path) -> ClientFile:
        """Read `path`; raises UsageError that names the file, the key, and what the file is."""
        return _client(_installed(_read(path), path), path)


def find(settings: Settings, path: Path | None = None) -> Path:
    """The client file to use: the given one, the setting's, the config folder's, or ./'s.

    Raises UsageError when there is none.
    """
    kept = settings.home.config / FILE_NAME
    for named in (path, settings.client_file):
        if named is not None:
            return named
    for candidate in (kept, Path(FILE_NAME)):
        if candidate.is_file():
            return candidate
    raise UsageError(
        f"There is no client file: neither {kept} nor ./{FILE_NAME} exists.",
        hint=f"{_MAKE_ONE} Then: gmailkit login --client FILE. Or try everything without one: "
        "--sandbox, in Python Sandbox().",
    )


def _read(path: Path) -> object:
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT + 1)
    except OSError as error:
        raise UsageError(
            f"Cannot read the client file {path}: {error.strerror}.", hint=_MAKE_ONE
        ) from error
    try:
        if len(content) > _LIMIT:
            raise ValueError("too large")
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not a client file: it is not JSON.", hint=_MAKE_ONE) from error


def _installed(content: object, path: Path) -> Mapping[str, object]:
    if not isinstance(content, dict):
        raise UsageError(f"{path} is not a client file.", hint=_MAKE_ONE)
    installed = content.get("installed")
    if isinstance(installed, dict):
        return installed
    hint = _KEY_GOES if content.get("type") == "service_account" else _MAKE_ONE
    raise UsageError(f"{path} is {_what(content)}, not a Desktop client file.", hint=hint)


def _what(content: Mapping[str, object]) -> str:
    """What somebody took for a client file."""
    if "web" in content:
        return "a Web client, which cannot send the browser back to this machine"
    if content.get("type") == "service_account":
        return "a service account key"
    if "refresh_token" in content or content.get("type") == "authorized_user":
        return "a stored token"
    return "something else"


def _client(installed: Mapping[str, object], path: Path) -> ClientFile:
    def text(key: str) -> str:
        value = installed.get(key, "")
        if not isinstance(value, str):
            raise UsageError(f"{key} in {path} is not text.", hint=_MAKE_ONE)
        return value.strip()

    for key in ("client_id", "auth_uri", "token_uri"):
        if not text(key):
            raise UsageError(f"{path} has no {key}.", hint=_MAKE_ONE)
    if text("client_secret").endswith("your-client-secret"):
        raise UsageError(f"{path} is the example, not a client of yours.", hint=_MAKE_ONE)
    uris = {key: check_url(text(key), f"{key} in {path}") for key in _URIS if text(key)}
    return ClientFile(text("client_id"), Secret(text("client_secret")), service_from(uris))


def service_from(uris: Mapping[str, str]) -> Service:
    """The service that a file of Google's names; the rest is Google's, or at the same origin."""
    parts = urlsplit(uris["token_uri"])
    google = parts.hostname in _GOOGLE_HOSTS
    rest = GOOGLE if google else Service.at(f"{parts.scheme}://{parts.netloc}")
    return Service(
        endpoint=rest.endpoint,
        auth_uri=uris["auth_uri"],
        token_uri=uris["token_uri"],
        revoke_uri=uris.get("revoke_uri", rest.revoke_uri),
        tokeninfo_uri=uris.get("tokeninfo_uri", rest.tokeninfo_uri),
    )
