"""POST /token: a code or a refresh token becomes an access token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re

from gmailkit.sandbox import scopes
from gmailkit.sandbox.exchange import Reply, Request, as_json
from gmailkit.sandbox.oauth import assertion
from gmailkit.sandbox.oauth.client import Client
from gmailkit.sandbox.oauth.refused import OAuthRefusal
from gmailkit.sandbox.policy import Policy
from gmailkit.sandbox.state.grants import ACCESS_SECONDS, DESKTOP, TESTING_SECONDS, Code, Token
from gmailkit.sandbox.state.state import State

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class TokenEndpoint:
    def __init__(self, state: State, client: Client, origin: str) -> None:
        self._state = state
        self._client = client
        self._origin = origin

    def answer(self, request: Request) -> Reply:
        try:
            return as_json(self._tokens(request))
        except OAuthRefusal as refusal:
            return refusal.reply()

    def _tokens(self, request: Request) -> dict[str, object]:
        if request.content_type != "application/x-www-form-urlencoded":
            raise OAuthRefusal("invalid_request", "The request must be a form.")
        form = request.form
        if form.get("grant_type") == assertion.GRANT_TYPE:
            return self._for_service_account(form.get("assertion", ""))
        if self._state.policy.client_deleted:
            raise OAuthRefusal("deleted_client", "The OAuth client was deleted.", status=401)
        if not self._client.authenticated(request):
            raise OAuthRefusal("invalid_client", "Unauthorized", status=401)
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form)
            case "refresh_token":
                return self._refresh(form)
        raise OAuthRefusal("unsupported_grant_type", "Invalid grant_type")

    def _exchange(self, form: dict[str, str]) -> dict[str, object]:
        """A code is looked at once: whatever fails, it cannot be used again."""
        code = self._state.grants.take_code(form.get("code", ""))
        if code is None:
            raise OAuthRefusal("invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != code.redirect_uri:
            raise OAuthRefusal("redirect_uri_mismatch", "Bad Request")
        _check_verifier(code, form.get("code_verifier", ""))
        said = self._access(code.user, code.scopes)
        if code.fresh:
            life = _life(self._state.policy, code.scopes)
            said["refresh_token"] = self._state.grants.new_refresh(
                code.user, code.scopes, life=life
            )
            # Open: whether a refresh says it again; here only the exchange does.
            said |= {} if life is None else {"refresh_token_expires_in": life}
        if scopes.OPENID in code.scopes:
            said["id_token"] = self._id_token(code)
        return said

    def _refresh(self, form: dict[str, str]) -> dict[str, object]:
        token = self._state.grants.refresh(form.get("refresh_token", ""))
        if token is None:
            raise OAuthRefusal("invalid_grant", "Token has been expired or revoked.")
        self._check_administrator(token)
        asked = scopes.split(form.get("scope", "")) or token.scopes
        if not set(asked) <= set(token.scopes):
            raise OAuthRefusal("invalid_scope", "Bad Request")
        self._state.grants.used(token)
        return self._access(token.user, asked)

    def _check_administrator(self, token: Token) -> None:
        policy = self._state.policy
        if policy.is_suspended(self._state.users.by_number(token.user).address):
            raise OAuthRefusal("invalid_grant", "Account has been deleted")
        if policy.blocked:
            raise OAuthRefusal("admin_policy_enforced", "Access blocked by the administrator.")
        if token.ended:
            raise OAuthRefusal(
                "invalid_grant", f"reauth related error ({token.ended})", subtype=token.ended
            )

    def _for_service_account(self, signed: str) -> dict[str, object]:
        """No refresh token: the account signs a new assertion instead."""
        claim = assertion.check(signed, self._state, f"{self._origin}/token")
        return self._access(claim.user, claim.scopes, client=claim.client_id)

    def _access(
        self, user: int, granted: tuple[str, ...], *, client: str = DESKTOP
    ) -> dict[str, object]:
        return {
            "access_token": self._state.grants.new_access(user, granted, client=client),
            "expires_in": ACCESS_SECONDS,
            "scope": " ".join(granted),
            "token_type": "Bearer",
        }

    def _id_token(self, code: Code) -> str:
        """Signed with the client secret (HS256): nobody has to fetch keys to read it."""
        user = self._state.users.by_number(code.user)
        now = int(self._state.clock.now())
        claims: dict[str, object] = {
            "iss": self._origin,
            "azp": self._client.id,
            "aud": self._client.id,
            "sub": subject(user.n),
            "iat": now,
            "exp": now + ACCESS_SECONDS,
        }
        if scopes.EMAIL in code.scopes:
            claims |= {"email": user.address, "email_verified": True}
        signed = f"{_segment({'alg': 'HS256', 'typ': 'JWT'})}.{_segment(claims)}"
        mac = hmac.digest(self._client.secret.encode(), signed.encode(), hashlib.sha256)
        return f"{signed}.{_base64url(mac)}"


def _life(policy: Policy, granted: tuple[str, ...]) -> int | None:
    """Seconds a refresh token lives; None without an end. Identity alone is no risk."""
    return TESTING_SECONDS if policy.testing and set(granted) - set(scopes.IDENTITY) else None


def subject(user: int) -> str:
    """The account's number, as long as Google's."""
    return f"1{user:020d}"


def _check_verifier(code: Code, verifier: str) -> None:
    if not code.challenge:
        return
    if not verifier:
        raise OAuthRefusal("invalid_request", "Missing code verifier.")
    shown = verifier
    if code.method == "S256":
        shown = _base64url(hashlib.sha256(verifier.encode()).digest())
    if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(shown, code.challenge):
        raise OAuthRefusal("invalid_grant", "Invalid code verifier.")


def _segment(content: dict[str, object]) -> str:
    return _base64url(json.dumps(content, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
