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
        self._check_scope(request)
        token = self._credential.bearer()
        response = self._inner.send(request.with_headers(authorization=f"Bearer {token}"))
        if response.status != 401:
            return response
        token = self._credential.renew(token)
        return self._inner.send(request.with_headers(authorization=f"Bearer {token}"))

    def _check_scope(self, request: Request) -> None:
        granted = self._credential.granted
        if granted is not None and not suffices(granted, request.scopes):
            raise Refused(
                f"This sign-in does not allow {request.method.name}: "
                f"it lacks {permission_for(request.scopes)}.",
                hint=self._credential.how_to_allow(request.scopes),
                method=request.method.name,
                needs=sorted(request.scopes),
            )
