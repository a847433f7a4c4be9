"""Whose certificates are believed: as `requests` does it, so that one setting serves both."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

from gmailkit.errors import UsageError


def trusting(env: Mapping[str, str] | None = None) -> ssl.SSLContext:
    """Certificate and host name are verified, TLS 1.2 is the least.

    REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE replace the authorities by a file or folder, SSL_CERT_FILE
    and SSL_CERT_DIR those of OpenSSL. Without any the system's count, and those of certifi, which
    comes with requests. UsageError for a bundle that cannot be read.
    """
    env = os.environ if env is None else env
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if path := env.get(name):
            return _of(path, name)
    if path := env.get("SSL_CERT_FILE") or env.get("SSL_CERT_DIR"):
        return _of(path, "SSL_CERT_FILE" if env.get("SSL_CERT_FILE") else "SSL_CERT_DIR")
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    return context


def _of(path: str, name: str) -> ssl.SSLContext:
    folder = Path(path).is_dir()
    try:
        return ssl.create_default_context(
            cafile=None if folder else path, capath=path if folder else None
        )
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"{name} is {path!r}, which holds no certificates that can be read.",
            hint="It must be a PEM file, or a folder of such.",
        ) from error
