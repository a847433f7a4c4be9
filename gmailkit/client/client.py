"""Google's Gmail API as typed calls, under Google's own names."""

from __future__ import annotations

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
