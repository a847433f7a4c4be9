"""Who vouches for servers that answer under names of others: certificates made as they are asked
for, believed by nobody but whoever is handed the authority's own.
"""

from __future__ import annotations

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmailkit.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

LOCAL = "localhost"  # its certificate is good for the number of this machine too
_GOOD_FOR = timedelta(days=180)  # a sandbox may be served for months


class Authority:
    """One key for all, since nothing that it protects outlives the process."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._now = datetime.fromtimestamp(clock.now(), UTC)
        self._contexts: dict[str, ssl.SSLContext] = {}

    @cached_property
    def pem(self) -> str:
        """Its own certificate, for `ssl.create_default_context(cadata=...)`."""
        from cryptography.hazmat.primitives.serialization import Encoding

        return self._own.public_bytes(Encoding.PEM).decode()

    def server(self) -> ssl.SSLContext:
        """For a server that is whoever it is asked for (SNI)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

        def choose(connection: Any, name: str | None, _: object) -> None:
            connection.context = self.context(name or "nobody.invalid")

        context.sni_callback = choose
        return context

    def context(self, host: str) -> ssl.SSLContext:
        """For a server of that name."""
        if host not in self._contexts:
            self._contexts[host] = self._made(host)
        return self._contexts[host]

    @cached_property
    def _key(self) -> EllipticCurvePrivateKey:
        from cryptography.hazmat.primitives.asymmetric import ec

        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def _own(self) -> Certificate:
        return self._signed("gmailkit sandbox", host="")

    def _made(self, host: str) -> ssl.SSLContext:
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        key = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        leaf = self._signed(host[:60], host=host).public_bytes(Encoding.PEM)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:  # OpenSSL reads keys from files alone
            path = Path(folder) / "server.pem"
            path.write_bytes(key + leaf)
            context.load_cert_chain(path)
        return context

    def _signed(self, name: str, *, host: str) -> Certificate:
        """By its own key: its own certificate, or that of a `host`."""
        from cryptography import x509
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.x509.oid import NameOID

        key, public = self._key, self._key.public_key()
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gmailkit sandbox")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - _GOOD_FOR)
            .not_valid_after(self._now + _GOOD_FOR)
            .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False
            )
        )
        if host:
            names: list[x509.GeneralName] = [x509.DNSName(host)]
            if host == LOCAL:
                names.append(x509.IPAddress(ip_address("127.0.0.1")))
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        else:
            usage = dict.fromkeys(
                "content_commitment key_encipherment data_encipherment key_agreement"
                " encipher_only decipher_only".split(),
                False,
            )
            signs = x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, crl_sign=True, **usage
            )
            builder = builder.add_extension(signs, critical=True)
        return builder.sign(key, SHA256())
