"""S/MIME certificates with their keys, made for a test; on P-256, which is quick."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any


@cache
def authority(name: str = "Test Authority") -> tuple[Any, Any]:
    """A key and its self-signed certificate."""
    return _issue(name, None, (), days=3650)


def impostor() -> tuple[Any, Any]:
    """Another key under the name of `authority()`."""
    return authority.__wrapped__()


def leaf(*emails: str, days: int = 365, start: datetime | None = None) -> tuple[Any, Any]:
    """A key and a certificate of `authority()` that names `emails`."""
    return _issue("Ann Person", authority(), emails, days=days, start=start)


def pkcs12(*emails: str, password: str = "secret", days: int = 365, key: bool = True) -> str:
    """base64url of a file with a key and its chain."""
    from cryptography.hazmat.primitives.serialization import (
        NoEncryption,
        PrivateFormat,
        pkcs12,
    )

    private, certificate = leaf(*emails, days=days)
    quick = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(10)
    encryption = quick.build(password.encode()) if password else NoEncryption()
    content = pkcs12.serialize_key_and_certificates(
        b"me", private if key else None, certificate, [authority()[1]], encryption
    )
    return base64.urlsafe_b64encode(content).decode()


def pkcs7(*certificates: Any) -> str:
    """PEM of a chain without keys."""
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates

    return serialize_certificates(list(certificates), Encoding.PEM).decode()


def _issue(
    name: str,
    issuer: tuple[Any, Any] | None,
    emails: tuple[str, ...],
    *,
    days: int,
    start: datetime | None = None,
) -> tuple[Any, Any]:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = start or datetime.now(UTC) - timedelta(days=10)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
    )
    if emails:
        names = x509.SubjectAlternativeName([x509.RFC822Name(email) for email in emails])
        builder = builder.add_extension(names, critical=False)
    return key, builder.sign(issuer[0] if issuer else key, SHA256())
