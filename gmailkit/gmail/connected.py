"""What each part of `Gmail` stands on."""

from __future__ import annotations

from abc import abstractmethod

from gmailkit.client.client import Client
from gmailkit.client.google_calls import GoogleCalls
from gmailkit.clock import Clock
from gmailkit.services.connect import Connection


class Connected(GoogleCalls):
    """A connection that opens with the first call, and the clock it goes by."""

    _clock: Clock

    @property
    @abstractmethod
    def _connection(self) -> Connection: ...

    @property
    def _client(self) -> Client:
        return self._connection.client

    @property
    def address(self) -> str:
        """The address of this mailbox."""
        return self._connection.address
