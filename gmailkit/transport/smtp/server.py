"""Which SMTP server, by URL: smtp://, smtps:// or smtp+starttls://, with user, host and port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from gmailkit.errors import UsageError
from gmailkit.model.service import is_loopback

Security = Literal["tls", "starttls", "none"]
_SCHEMES: dict[str, tuple[Security, int]] = {
    "smtp": ("starttls", 587),  # RFC 6409; on this machine without TLS
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),  # RFC 8314
}
_EXAMPLE = "It looks like smtp+starttls://ann@mail.example.org:587 or smtps://mail.example.org."
_GMAIL = frozenset({"smtp.gmail.com", "smtp.googlemail.com"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`security` "tls" begins with TLS, "starttls" insists on it, "none" is for this machine.

    `user` is the name to sign in by, "" for none that was given.
    """

    host: str
    port: int
    security: Security
    user: str = ""

    @property
    def place(self) -> str:
        """Host and port, as errors name it."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def url(self) -> str:
        scheme = {"tls": "smtps", "starttls": "smtp+starttls", "none": "smtp"}[self.security]
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        return f"{scheme}://{user}{self.place}"

    @property
    def is_google(self) -> bool:
        """Whether it is Gmail's own, which keeps a sound Message-ID and what it takes in Sent."""
        return self.host.casefold() in _GMAIL

    @property
    def is_here(self) -> bool:
        return is_loopback(self.host)


GMAIL = Server(host="smtp.gmail.com", port=587, security="starttls")


def read_server(text: str, what: str = "The SMTP server") -> Server:
    """A URL or a bare host[:port] as a server. UsageError, which names `what`, for anything else.

    smtp:// off this machine means STARTTLS, for nothing goes over a network in clear; port 465
    of a bare host means TLS from the beginning.
    """
    text = text.strip()
    if not text.isprintable() or " " in text:
        raise UsageError(f"{what} is {text!r}, which is no address of a server.", hint=_EXAMPLE)
    if "://" not in text:
        text = f"{'smtps' if text.endswith(':465') else 'smtp'}://{text}"
    parts = urlsplit(text)
    if parts.password is not None:  # never shown again
        raise UsageError(
            f"{what} must hold no password: other users of the machine see command lines.",
            hint="Put it into GMAILKIT_SMTP_PASSWORD, or once: gmailkit smtp password URL",
        )
    try:
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _SCHEMES or not parts.hostname or not _is_host(parts.hostname):
        raise UsageError(f"{what} is {text!r}, which is no address of a server.", hint=_EXAMPLE)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise UsageError(f"{what} holds more than user, host and port.", hint=_EXAMPLE)
    security, usual = _SCHEMES[parts.scheme]
    if parts.scheme == "smtp" and is_loopback(parts.hostname):
        security = "none"
    user = unquote(parts.username or "")
    if not user.isprintable():
        raise UsageError(f"The user of {what.lower()} holds a control character.", hint=_EXAMPLE)
    return Server(host=parts.hostname, port=port or usual, security=security, user=user)


def _is_host(host: str) -> bool:
    return all(each.isalnum() or each in ".-:_%" for each in host) and not host.startswith("-")
