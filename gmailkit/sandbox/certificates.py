"""S/MIME certificates as clients hand them in: PKCS #12 with a key, PKCS #7 without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gmailkit.sandbox.refusal import invalid

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Name


@dataclass(frozen=True, slots=True)
class Chain:
    """`certificates` from the leaf upwards."""

    certificates: Sequence[Certificate]

    @property
    def pem(self) -> str:
        from cryptography.hazmat.primitives.serialization import Encoding

        return "".join(one.public_bytes(Encoding.PEM).decode() for one in self.certificates)

    @property
    def issuer(self) -> str:
        """The common name of who issued the leaf."""
        from cryptography.x509.oid import NameOID

        return next(iter(_texts(self._leaf.issuer, NameOID.COMMON_NAME)), "")

    @property
    def expires(self) -> datetime:
        return self._leaf.not_valid_after_utc

    @property
    def emails(self) -> tuple[str, ...]:
        """Whom the leaf names, in lower case (RFC 8550 section 3)."""
        from cryptography import x509
        from cryptography.x509.oid import NameOID

        named = _texts(self._leaf.subject, NameOID.EMAIL_ADDRESS)
        try:
            other = self._leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            named += other.value.get_values_for_type(x509.RFC822Name)
        except x509.ExtensionNotFound:
            pass
        return tuple(dict.fromkeys(email.lower() for email in named))

    def is_current(self, now: float) -> bool:
        at = datetime.fromtimestamp(now, UTC)
        return all(
            one.not_valid_before_utc <= at <= one.not_valid_after_utc for one in self.certificates
        )

    def is_sound(self, now: float) -> bool:
        """Current, and each one signed by the next. Open: which roots Gmail trusts. Here any, but
        a leaf must have one above it.
        """
        from cryptography.exceptions import InvalidSignature

        if len(self.certificates) < 2 or not self.is_current(now):
            return False
        try:
            for one, above in zip(self.certificates, self.certificates[1:], strict=False):
                one.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    @property
    def _leaf(self) -> Certificate:
        return self.certificates[0]


def of_pkcs12(content: bytes, password: str) -> Chain:
    """Refuses 400 what cannot be read, a wrong password, and a file without key or certificate."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

    try:
        found = load_pkcs12(content, password.encode() or None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise invalid("Invalid PKCS12 file or wrong encryptedKeyPassword") from None
    if found.key is None or found.cert is None:
        raise invalid("Invalid PKCS12 file: it must hold a private key and its certificate")
    others = [other.certificate for other in found.additional_certs]
    return Chain(_upwards([found.cert.certificate, *others], found.cert.certificate))


def of_pkcs7(text: str) -> Chain:
    """`text` is PEM. Refuses 400 what cannot be read or holds no certificate."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization.pkcs7 import load_pem_pkcs7_certificates

    try:
        found = load_pem_pkcs7_certificates(text.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise invalid("Invalid PKCS7 certificate chain") from None
    if not found:
        raise invalid("Invalid PKCS7 certificate chain: it holds no certificate")
    above = {one.issuer for one in found if one.issuer != one.subject}
    leaf = next((one for one in found if one.subject not in above), found[0])
    return Chain(_upwards(found, leaf))


def _upwards(certificates: Sequence[Certificate], leaf: Certificate) -> list[Certificate]:
    """The leaf and those above it, whatever order they lie in."""
    chain = [leaf]
    while above := [
        one for one in certificates if one.subject == chain[-1].issuer and one not in chain
    ]:
        chain.append(above[0])
    return chain


def _texts(name: Name, kind: object) -> list[str]:
    return [str(part.value) for part in name if part.oid == kind]
