"""The addresses of one Gmail-like service: Google's, the sandbox's, or somebody else's."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from gmailkit.errors import UsageError


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """`endpoint` is the root of calls, uploads and batch (no trailing slash); the rest is OAuth."""

    endpoint: str
    auth_uri: str
    token_uri: str
    revoke_uri: str
    tokeninfo_uri: str

    @classmethod
    def at(cls, origin: str) -> Service:
        """A service that answers everything at one origin, under Google's paths."""
        return cls(
            endpoint=origin,
            auth_uri=f"{origin}/o/oauth2/v2/auth",
            token_uri=f"{origin}/token",
            revoke_uri=f"{origin}/revoke",
            tokeninfo_uri=f"{origin}/tokeninfo",
        )


GOOGLE = Service(
    endpoint="https://gmail.googleapis.com",
    auth_uri="https://accounts.google.com/o/oauth2/v2/auth",
    token_uri="https://oauth2.googleapis.com/token",
    revoke_uri="https://oauth2.googleapis.com/revoke",
    tokeninfo_uri="https://oauth2.googleapis.com/tokeninfo",
)


# The hint about a server on loopback.
NOT_RUNNING = "Is the server running there? If it is the sandbox: gmailkit sandbox"


def is_loopback(host: str | None) -> bool:
    """Whether `host` (of a URL) can only be this machine."""
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_url(url: str, what: str) -> str:
    """`url` without a trailing slash, if a token may be sent there: https, or http on loopback.

    Raises UsageError naming `what` (a setting or a key of a client file).
    """
    parts = urlsplit(url)
    try:
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            f"{what} is {url!r}, which is not a web address.",
            hint="It looks like https://host or http://127.0.0.1:8025.",
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise UsageError(
            f"{what} is {url!r}, but a token is never sent off this machine without https.",
            hint="Use an https address.",
        )
    if parts.username or parts.password or parts.fragment:
        raise UsageError(
            f"{what} must hold no user name, password or fragment.", hint="Use a plain address."
        )
    return url.rstrip("/")
