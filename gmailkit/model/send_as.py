"""Google's `users.settings.sendAs` resource, with its S/MIME certificates."""

from __future__ import annotations

from typing import ClassVar, Literal

from gmailkit.model.settings import VerificationStatus
from gmailkit.model.shape import Millis, Open, Shape

SecurityMode = Literal["securityModeUnspecified", "none", "ssl", "starttls"]


class SmtpMsa(Shape, frozen=True, kw_only=True):
    """The server that mail of an alias leaves through; its user and password are never answered."""

    hidden: ClassVar[frozenset[str]] = frozenset({"password"})

    host: str = ""
    port: int = 0
    username: str = ""
    password: str = ""
    security_mode: Open[SecurityMode] | None = None


class SendAs(Shape, frozen=True, kw_only=True):
    """An address this mailbox may send from; one is the primary, one the default.

    `signature` is HTML, put below new mail by the web page alone, never by the API.
    """

    send_as_email: str = ""
    display_name: str = ""
    reply_to_address: str = ""
    signature: str = ""
    is_primary: bool = False
    is_default: bool = False
    treat_as_alias: bool = False
    smtp_msa: SmtpMsa | None = None
    verification_status: Open[VerificationStatus] | None = None


class SendAsPage(Shape, frozen=True, kw_only=True):
    send_as: tuple[SendAs, ...] = ()


class SmimeInfo(Shape, frozen=True, kw_only=True):
    """A certificate. `pem` is its public side; `pkcs12` (base64url) goes in and never comes out."""

    hidden: ClassVar[frozenset[str]] = frozenset({"pkcs12", "encrypted_key_password"})

    id: str = ""
    issuer_cn: str = ""
    is_default: bool = False
    expiration: Millis | None = None
    pem: str = ""
    pkcs12: str = ""
    encrypted_key_password: str = ""


class SmimeInfoPage(Shape, frozen=True, kw_only=True):
    smime_info: tuple[SmimeInfo, ...] = ()
