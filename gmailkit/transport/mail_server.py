"""Which server of IMAP or POP3, by URL: imaps://, imap://, pop3s:// or pop3://, user and host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from gmailkit.errors import UsageError
from gmailkit.model.service import is_loopback

Protocol = Literal["imap", "pop3"]
Security = Literal["tls", "starttls", "none"]
_SCHEMES: dict[str, tuple[Protocol, Security, int]] = {
    "imaps": ("imap", "tls", 993),  # RFC 8314
    "imap": ("imap", "starttls", 143),
    "pop3s": ("pop3", "tls", 995),
    "pop3": ("pop3", "starttls", 110),
}
_GMAIL = frozenset({"imap.gmail.com", "imap.googlemail.com", "pop.gmail.com", "pop.googlemail.com"})
_EXAMPLE = "It looks like imaps://ann@mail.example.org or pop3s://ann@mail.example.org."


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """`security` "tls" begins with TLS, "starttls" insists on it, "none" is for this machine."""

    protocol: Protocol
    host: str
    port: int
    security: Security
    user: str = ""

    @classmethod
    def of(cls, scheme: str, host: str, port: int | None = None, user: str = "") -> MailServer:
        """By a scheme of `SCHEMES`. Off this machine imap:// and pop3:// mean STARTTLS, for nothing
        goes over a network in clear. UsageError for what is none.
        """
        if scheme not in _SCHEMES or not host:
            raise UsageError(f"{scheme}://{host} is no server of mail.", hint=_EXAMPLE)
        protocol, security, usual = _SCHEMES[scheme]
        if security == "starttls" and is_loopback(host):
            security = "none"
        return cls(protocol=protocol, host=host, port=port or usual, security=security, user=user)

    @property
    def place(self) -> str:
        """Host and port, as errors name it."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def url(self) -> str:
        """With the user, without a folder: what its password is kept under."""
        scheme = f"{self.protocol}s" if self.security == "tls" else self.protocol
        user = f"{quote(self.user, safe='@')}@" if self.user else ""
        return f"{scheme}://{user}{self.place}"

    @property
    def is_google(self) -> bool:
        return self.host.casefold() in _GMAIL

    @property
    def is_here(self) -> bool:
        return is_loopback(self.host)


GMAIL_IMAP = MailServer(protocol="imap", host="imap.gmail.com", port=993, security="tls")
GMAIL_POP3 = MailServer(protocol="pop3", host="pop.gmail.com", port=995, security="tls")


def read_mail_server(text: str) -> MailServer:
    """A URL as a server; what stands behind host and port is not looked at."""
    parts = urlsplit(text)
    try:
        return MailServer.of(
            parts.scheme, parts.hostname or "", parts.port, unquote(parts.username or "")
        )
    except ValueError as error:
        raise UsageError(f"{text!r} is no server of mail.", hint=_EXAMPLE) from error
