"""Tokens that carry their own content: readable only by the sandbox that signed them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

_MAC_BYTES = 16


def seal(key: bytes, purpose: str, content: object) -> str:
    body = json.dumps(content, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(key, purpose, body) + body).decode().rstrip("=")


def unseal(key: bytes, purpose: str, text: str) -> object | None:
    """None for anything that `seal` did not make for this purpose."""
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    mac, body = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, purpose, body)):
        return None
    read: object = json.loads(body)
    return read


def _mac(key: bytes, purpose: str, body: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\0" + body, hashlib.sha256)[:_MAC_BYTES]
