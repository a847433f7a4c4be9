"""Writes on every error whose mailbox it is about: somebody may work on several."""

from __future__ import annotations

from gmailkit.auth.credential import Credential
from gmailkit.errors import GmailKitError
from gmailkit.wire.request import Request, Response, Sender


class Owner:
    """The outermost sender, so that no error passes by it."""

    def __init__(self, inner: Sender, credential: Credential) -> None:
        self._inner = inner
        self._credential = credential

    def send(self, request: Request) -> Response:
        try:
            return self._inner.send(request)
        except GmailKitError as error:
            error.account = error.account or self._credential.address or ""
            raise
