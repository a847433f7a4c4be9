"""A mailbox of Gmail that is looked at by its history."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from gmailkit.model.ids import MessageId
from gmailkit.record.watches import Watches
from gmailkit.services.arriving import LAG, added, came_after, matching
from gmailkit.services.asking import asked
from gmailkit.services.connect import Connection
from gmailkit.services.labels import LabelNames
from gmailkit.services.search import labelled
from gmailkit.services.watching.arrivals import Came, Sleep, Told

if TYPE_CHECKING:
    from gmailkit.services.watching.bell import Bell


class ByHistory:
    """2 units a look, `every` so many seconds or when a `bell` rings; 5 while something new is
    there, and 20 an event.

    Raises QueryError and NotFound as a search does.
    """

    def __init__(
        self, connection: Connection, query: str, *, every: float, bell: Bell | None = None
    ) -> None:
        self._connection = connection
        self._client = connection.client
        self._query = query
        self._wanted = asked(self._client, query)
        self._every = every
        self._bell = bell
        self._names: LabelNames | None = None  # listed once a look, and where one is unknown

    @property
    def account(self) -> str:
        return self._connection.address

    @property
    def record(self) -> Watches:
        return self._connection.watches

    @property
    def lag(self) -> float:
        return LAG

    def mark(self) -> str:
        return str(self._client.get_profile().history_id)

    def since(self, mark: str) -> list[Came] | None:
        """None too where it was looked at in another way until now."""
        self._names = None
        came = added(self._client, int(mark)) if mark.isdecimal() else None
        return [Came(came.ids, str(came.history))] if came else None

    def after(self, moment: float) -> list[MessageId]:
        refs = list(came_after(self._client, self._query, moment))
        return [ref.id for ref in reversed(refs)]

    def matching(self, among: Collection[MessageId]) -> list[MessageId]:
        return [ref.id for ref in matching(self._client, self._wanted, among)]

    def told(self, id: MessageId) -> Told | None:
        self._names = names = self._names or LabelNames.of(self._client)
        for envelope, labels in labelled(self._client, self._connection.cache, [id], names):
            return Told(envelope, labels)
        return None

    def wait(self, seconds: float, sleep: Sleep) -> None:
        if self._bell is None:
            sleep(min(seconds, self._every))
        else:
            self._bell.wait(seconds, sleep)

    def close(self) -> None:
        """The connection is whoever's who gave it."""
        if self._bell is not None:
            self._bell.close()
