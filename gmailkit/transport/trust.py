"""Whose certificates are believed: as `requests` does it, so that one setting serves both."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

from gmailkit.errors import UsageError

# The first that is set.
_SETTINGS = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


def trusting(env: Mapping[str, str] | None = None) -> ssl.SSLContext:
    """Certificate and host name are verified, TLS 1.2 is the least.

    REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE replace the authorities by a file or folder, SSL_CERT_FILE
    and SSL_CERT_DIR those of OpenSSL. Without any the system's count, and those of certifi, which
    comes with requests. UsageError for a bundle that cannot be read.
    """
    if given := _given(os.environ if env is None else env):
        return _of(*given[0])
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    return context


def advice(env: Mapping[str, str] | None = None) -> str:
    """What to do where a certificate is not believed, and which setting was looked at: another one
    beside it counts for nothing.
    """
    words = f"Is it the right host? Name your own authority's file in {_SETTINGS[0]}"
    given = _given(os.environ if env is None else env)
    if given:
        (path, name), *others = given
        words += f"; now {name} counts, {path}"
        words += f", before {' and '.join(other for _, other in others)}" if others else ""
    return f"{words}."


def _given(env: Mapping[str, str]) -> list[tuple[str, str]]:
    """Path and setting; the first counts."""
    return [(path, name) for name in _SETTINGS if (path := env.get(name))]


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
