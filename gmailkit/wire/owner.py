"""Writes on every error whose mailbox it is about: somebody may work on several."""

from __future__ import annotations

from types import TracebackType

from gmailkit.auth.credential import Credential
from gmailkit.errors import GmailKitError


class Owner:
    """Around all that a wire does once a request is built: `with owner:`."""

    def __init__(self, credential: Credential | None = None) -> None:
        self._credential = credential

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, GmailKitError):
            self.mark(error)

    def mark(self, error: GmailKitError) -> None:
        """For an error that is handed on, not raised: that of a call in a batch."""
        error.account = error.account or (self._credential and self._credential.address) or ""
