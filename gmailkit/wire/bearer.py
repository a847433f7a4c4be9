"""Puts the access token on a request; renews it once when Gmail says it is stale."""

from __future__ import annotations

from gmailkit.auth.credential import Credential
from gmailkit.auth.scopes import permission_for, suffices
from gmailkit.errors import Refused
from gmailkit.wire.request import Request, Response, Sender


class Bearer:
    def __init__(self, inner: Sender, credential: Credential) -> None:
        self._inner = inner
        self._credential = credential

    def send(self, request: Request) -> Response:
        """A request whose scope was never granted is refused here, before it costs anything."""
        check_scope(self._credential, request.method.name, request.scopes)
        token = self._credential.bearer()
        response = self._inner.send(request.with_headers(authorization=f"Bearer {token}"))
        if response.status != 401:
            return response
        token = self._credential.renew(token)
        return self._inner.send(request.with_headers(authorization=f"Bearer {token}"))


def check_scope(credential: Credential, method: str, scopes: frozenset[str]) -> None:
    """Raises Refused for a method of which no scope was granted; nothing is sent."""
    granted = credential.granted
    if granted is not None and not suffices(granted, scopes):
        raise Refused(
            f"This sign-in does not allow {method}: it lacks {permission_for(scopes)}.",
            hint=credential.how_to_allow(scopes),
            method=method,
            needs=sorted(scopes),
        )
