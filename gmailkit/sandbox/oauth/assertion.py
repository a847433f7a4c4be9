"""A service account's signed assertion (RFC 7523; identity/protocols/oauth2/service-account)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from gmailkit.sandbox import scopes
from gmailkit.sandbox.oauth.refused import OAuthRefusal
from gmailkit.sandbox.state.grants import NOBODY
from gmailkit.sandbox.state.service_accounts import ServiceAccount
from gmailkit.sandbox.state.state import State

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# google-auth names this audience whatever the key file's token_uri is; we stand in for it.
GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"
_LONGEST_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Claim:
    """Who asks (`client_id`), for whom (`User.n`, or NOBODY for itself) and for what."""

    client_id: str
    user: int
    scopes: tuple[str, ...]


def check(assertion: str, state: State, token_uri: str) -> Claim:
    """Raises OAuthRefusal: invalid_grant, invalid_scope or unauthorized_client."""
    claims, account = _verified(assertion, state)
    if claims.get("aud") not in (token_uri, GOOGLE_AUDIENCE):
        raise _invalid(f"Invalid JWT: Failed audience check. The right audience is {token_uri}")
    _check_times(claims, state.clock.now())
    asked = _scopes(claims)
    subject = claims.get("sub", claims.get("prn"))
    if subject is None:
        return Claim(account.client_id, NOBODY, asked)
    user = state.users.find(subject) if isinstance(subject, str) else None
    if user is None or state.policy.is_suspended(user.address):
        raise _invalid("Invalid email or User ID")
    if not set(asked) <= state.service_accounts.delegated(account.client_id):
        raise OAuthRefusal(
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method, or client not "
            "authorized for any of the scopes requested.",
            status=401,
        )
    return Claim(account.client_id, user.n, asked)


def _verified(assertion: str, state: State) -> tuple[Mapping[str, object], ServiceAccount]:
    """The claims, once the account that made them is known and its signature holds."""
    try:
        signed, _, signature = assertion.rpartition(".")
        header, claims = (_segment(part) for part in signed.split("."))
        raw = _base64url(signature)
    except (ValueError, RecursionError):
        raise OAuthRefusal("invalid_request", "Bad Request") from None
    account = state.service_accounts.find(str(claims.get("iss", "")))
    if account is None:
        raise _invalid("Invalid grant: account not found")
    known_key = header.get("kid", account.key_id) == account.key_id
    if header.get("alg") != "RS256" or not known_key or not _signs(account, signed, raw):
        raise _invalid("Invalid JWT Signature.")
    return claims, account


def _signs(account: ServiceAccount, signed: str, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = cast(rsa.RSAPublicKey, load_pem_public_key(account.public_key.encode()))
    try:
        key.verify(signature, signed.encode(), padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _check_times(claims: Mapping[str, object], now: float) -> None:
    """Open: how much skew between the clocks Google forgives; none is forgiven here."""
    issued, expires = claims.get("iat"), claims.get("exp")
    if (
        not isinstance(issued, int)
        or not isinstance(expires, int)
        or not issued <= now < expires <= issued + _LONGEST_SECONDS
    ):
        raise _invalid(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
            "timeframe. Check your iat and exp values in the JWT claim."
        )


def _scopes(claims: Mapping[str, object]) -> tuple[str, ...]:
    said = claims.get("scope")
    asked = scopes.split(said) if isinstance(said, str) else ()
    if not asked or any(not scopes.delegable(scope) for scope in asked):
        raise OAuthRefusal("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return asked


def _invalid(description: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_grant", description)


def _segment(text: str) -> Mapping[str, object]:
    """Raises ValueError for what is not an object in base64url."""
    read: object = json.loads(_base64url(text))
    if not isinstance(read, dict):
        raise ValueError("not an object")
    return read


def _base64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
