"""Google's Gmail API as typed calls, under Google's own names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from gmailkit.client.drafts import Drafts
from gmailkit.client.history import MailboxHistory
from gmailkit.client.labels import Labels
from gmailkit.client.messages import Messages
from gmailkit.client.settings import MailSettings
from gmailkit.client.threads import Threads
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import UsageError
from gmailkit.model.ids import LabelId
from gmailkit.model.profile import Profile
from gmailkit.model.watch import LabelFilterBehavior, WatchRequest, WatchResponse
from gmailkit.wire.call import Wire
from gmailkit.wire.methods import Prices
from gmailkit.wire.request import Request
from gmailkit.wire.upload import Media


class Client:
    """One signed-in mailbox. Ids here, never names; the verbs on `Gmail` take names.

    Every method raises what docs/exit-codes.md lists under "from Gmail".
    """

    def __init__(self, wire: Wire, *, clock: Clock = SYSTEM_CLOCK, prices: Prices = "new") -> None:
        self._wire = wire
        self._clock = clock
        self.prices: Prices = prices  # what this mailbox's project pays, for whoever has a choice
        self.messages = Messages(wire)
        self.threads = Threads(wire)
        self.labels = Labels(wire)
        self.drafts = Drafts(wire)
        self.history = MailboxHistory(wire, clock=clock)
        self.settings = MailSettings(wire)

    @cached_property
    def unrecorded(self) -> Client:
        """The same for whoever writes down what he changes himself."""
        return Client(self._wire.unrecorded(), clock=self._clock, prices=self.prices)

    def get_profile(self) -> Profile:
        """Address and totals of the mailbox, and the history_id a later sync may start from.

        gmail.send, .insert, .labels and .settings alone do not allow it; gmail.compose does.
        1 unit; gmail.metadata.
        """
        return self._wire.call("getProfile", Profile)

    def watch(
        self,
        topic_name: str,
        *,
        label_ids: Iterable[LabelId] = (),
        label_filter_behavior: LabelFilterBehavior | None = None,
    ) -> WatchResponse:
        """Have changes announced on a Pub/Sub topic of the project of the client file.

        `topic_name` is "projects/P/topics/T", where gmail-api-push@system.gserviceaccount.com may
        publish. `label_ids` are included unless `label_filter_behavior` is "exclude". A new watch
        replaces the one before; it ends after 7 days: renew it daily. Announcements may come late,
        twice or never, so look into `history` now and then all the same.
        100 units; gmail.metadata.
        """
        body = WatchRequest(
            topic_name=topic_name,
            label_ids=tuple(label_ids),
            label_filter_behavior=label_filter_behavior,
        )
        return self._wire.call("watch", WatchResponse, body=body)

    def stop(self) -> None:
        """End the watch.

        50 units; gmail.metadata.
        """
        self._wire.do("stop")

    def call(
        self,
        method: str,
        *,
        body: Mapping[str, object] | None = None,
        media: Media | None = None,
        **params: object,
    ) -> dict[str, object]:
        """Any of Google's methods by its name ("settings.filters.list"), answered as plain JSON.

        Parameters by Google's names or in snake_case; `media` is a whole message (RFC 5322).
        Price: `gmailkit api --list`. UsageError for a method or parameter that Gmail lacks.
        """
        if body is not None and not isinstance(body, Mapping):
            raise UsageError(
                f"The body of {method} is an object, not {type(body).__name__}.",
                hint="Give a dict, by Google's names: body={'name': 'Receipts'}",
            )
        return self._wire.json(method, body=body, media=media, **params)

    def request(
        self,
        method: str,
        *,
        body: Mapping[str, object] | None = None,
        media: Media | None = None,
        **params: object,
    ) -> Request:
        """What `call` would send, without a token; nothing is sent."""
        return self._wire.request(method, body=body, media=media, **params)
