"""A TLS server that takes requests and then breaks."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

RAW = b"To: ann@example.com\r\nSubject: once\r\n\r\nonce\r\n"
RECORD = b"\x17\x03\x03\x00\x20" + b"x" * 32  # a TLS record that cannot be decrypted


def write_certificate(
    path: Path, *, host: str = "127.0.0.1", days: tuple[int, int] = (-1, 1)
) -> Path:
    """A PEM file with key and self-signed certificate for an IP address; good from the one day to
    the other, counted from today.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gmailkit test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=-days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class BreakingServer:
    """Takes whole requests over TLS and then says something that is no TLS."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        self.answer = RECORD
        self.received = 0
        self.knocks = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._socket.accept()
            except OSError:
                return
            self.knocks += 1
            with raw:
                try:
                    self._one(raw)
                except OSError:
                    continue  # a client that does not trust us hangs up

    def _one(self, raw: socket.socket) -> None:
        with self._context.wrap_socket(raw, server_side=True) as secure:
            content = b""
            while RAW not in content and (piece := secure.recv(65536)):
                content += piece
            self.received += RAW in content
            with socket.socket(fileno=secure.detach()) as bare:
                bare.sendall(self.answer)

    def close(self) -> None:
        self._socket.close()
