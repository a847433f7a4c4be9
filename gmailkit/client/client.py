"""Google's Gmail API as typed calls, under Google's own names."""

from __future__ import annotations

from collections.abc import Mapping

from gmailkit.client.labels import Labels
from gmailkit.client.messages import Messages
from gmailkit.model.profile import Profile
from gmailkit.wire.call import Wire


class Client:
    """One signed-in mailbox. Ids here, never names; the verbs on `Gmail` take names.

    Every method raises what docs/exit-codes.md lists under "from Gmail".
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.messages = Messages(wire)
        self.labels = Labels(wire)

    def get_profile(self) -> Profile:
        """Address and totals of the mailbox. 1 unit; not with gmail.send alone."""
        return self._wire.call("getProfile", Profile)

    def call(
        self,
        method: str,
        *,
        body: Mapping[str, object] | None = None,
        media: bytes | None = None,
        **params: object,
    ) -> dict[str, object]:
        """Any of Google's methods by its name ("settings.filters.list"), answered as plain JSON.

        Parameters by Google's names or in snake_case; `media` is a whole message (RFC 5322).
        Price: `gmailkit api --list`. UsageError for a method or parameter that Gmail lacks.
        """
        return self._wire.json(method, body=body, media=media, **params)
