"""The one OAuth client of a sandbox, a Desktop app; its secret is made once per state."""

from __future__ import annotations

import base64
import binascii
import hmac
import random
import secrets
from dataclasses import dataclass
from urllib.parse import unquote

from gmailkit.sandbox.exchange import Request
from gmailkit.sandbox.state.service_accounts import PROJECT
from gmailkit.sandbox.state.state import State


@dataclass(frozen=True, slots=True, repr=False)
class Client:
    id: str
    secret: str

    @classmethod
    def of(cls, state: State) -> Client:
        number = state.remembered("project", lambda: str(random.SystemRandom().randrange(10**12)))
        secret = state.remembered(
            "client_secret", lambda: "GOCSPX-sandbox-" + secrets.token_urlsafe(18)
        )
        return cls(f"{number.zfill(12)}-sandbox.apps.googleusercontent.com", secret)

    def file(self, origin: str) -> dict[str, object]:
        """What Google lets one download for a Desktop client, with two more addresses."""
        return {
            "installed": {
                "client_id": self.id,
                "project_id": PROJECT,
                "auth_uri": f"{origin}/o/oauth2/v2/auth",
                "token_uri": f"{origin}/token",
                "auth_provider_x509_cert_url": f"{origin}/oauth2/v1/certs",
                "client_secret": self.secret,
                "redirect_uris": ["http://localhost"],
                "revoke_uri": f"{origin}/revoke",
                "tokeninfo_uri": f"{origin}/tokeninfo",
            }
        }

    def authenticated(self, request: Request) -> bool:
        """By form fields or by a Basic header (RFC 6749 section 2.3.1), not by both."""
        id, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
        header = _basic(request.headers.get("authorization", ""))
        if header is not None:
            if secret:
                return False
            id, secret = header
        right_id = hmac.compare_digest(id.encode(), self.id.encode())
        return hmac.compare_digest(secret.encode(), self.secret.encode()) and right_id


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, text = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        id, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(id), unquote(secret)
