"""/tokeninfo and /revoke."""

from __future__ import annotations

from gmailkit.sandbox import scopes
from gmailkit.sandbox.exchange import Reply, Request, as_json
from gmailkit.sandbox.oauth.client import Client
from gmailkit.sandbox.oauth.refused import OAuthRefusal
from gmailkit.sandbox.oauth.token import subject
from gmailkit.sandbox.state.grants import NOBODY
from gmailkit.sandbox.state.state import State


def tokeninfo(state: State, client: Client, request: Request) -> Reply:
    """Numbers travel as strings; `email` only where that scope was granted."""
    token = state.grants.access(_said(request, "access_token"))
    if token is None or token.expires is None:
        return OAuthRefusal("invalid_token", "Invalid Value").reply()
    said = {
        "azp": token.client or client.id,
        "aud": token.client or client.id,
        "sub": subject(token.user),
        "scope": " ".join(token.scopes),
        "exp": str(int(token.expires)),
        "expires_in": str(max(0, int(token.expires - state.clock.now()))),
        "access_type": "online" if token.client else "offline",
    }
    if scopes.EMAIL in token.scopes and token.user != NOBODY:
        said |= {"email": state.users.by_number(token.user).address, "email_verified": "true"}
    return as_json(said)


def revoke(state: State, request: Request) -> Reply:
    """The grant of that user, whichever of its tokens is shown."""
    if state.grants.revoke(_said(request, "token")):
        return as_json({})
    return OAuthRefusal("invalid_token", "Token expired or revoked").reply()


def _said(request: Request, name: str) -> str:
    return request.form.get(name) or dict(request.query).get(name, "")
