"""The lower floor of `Gmail`: Google's own calls, under Google's names, with ids."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from gmailkit.client.client import Client
from gmailkit.client.drafts import Drafts
from gmailkit.client.history import MailboxHistory
from gmailkit.client.labels import Labels
from gmailkit.client.messages import Messages
from gmailkit.client.settings import MailSettings
from gmailkit.client.threads import Threads
from gmailkit.model.ids import LabelId
from gmailkit.model.profile import Profile
from gmailkit.model.watch import LabelFilterBehavior, WatchResponse

if TYPE_CHECKING:
    from gmailkit.wire.request import Request
    from gmailkit.wire.upload import Media


class GoogleCalls(ABC):
    """What a connected object offers of `Client`, without connecting before the first call.

    What a call changes stands in the journal before it is made, and can be undone: so it costs a
    look more than its price says (docs/organising.md), unless the object was made for bare calls.
    """

    @property
    @abstractmethod
    def _client(self) -> Client: ...

    @property
    def messages(self) -> Messages:
        """Google's `users.messages`, call by call, with ids."""
        return self._client.messages

    @property
    def threads(self) -> Threads:
        """Google's `users.threads`, call by call, with ids."""
        return self._client.threads

    @property
    def drafts(self) -> Drafts:
        """Google's `users.drafts`, call by call, with ids."""
        return self._client.drafts

    @property
    def history(self) -> MailboxHistory:
        """Google's `users.history`: what changed since."""
        return self._client.history

    @property
    def settings(self) -> MailSettings:
        """Google's `users.settings`: vacation, filters, forwarding, send-as, delegates and more."""
        return self._client.settings

    @property
    def labels(self) -> Labels:
        """Google's `users.labels`, call by call, with ids."""
        return self._client.labels

    def profile(self) -> Profile:
        """Address and totals. 1 unit. Needs any scope but gmail.send."""
        return self._client.get_profile()

    def watch(
        self,
        topic_name: str,
        *,
        label_ids: Iterable[LabelId] = (),
        label_filter_behavior: LabelFilterBehavior | None = None,
    ) -> WatchResponse:
        """Have changes announced on a Pub/Sub topic, for 7 days. 100 units; see `Client.watch`."""
        return self._client.watch(
            topic_name, label_ids=label_ids, label_filter_behavior=label_filter_behavior
        )

    def stop(self) -> None:
        """End the watch. 50 units."""
        self._client.stop()

    def call(
        self,
        method: str,
        *,
        body: Mapping[str, object] | None = None,
        media: Media | None = None,
        **params: object,
    ) -> dict[str, object]:
        """Any of Google's methods by its name, answered as plain JSON.

        >>> gmail.call("settings.filters.list")
        >>> gmail.call("messages.get", id="18c2f0a1b2c3d4e5", format="minimal")
        """
        return self._client.call(method, body=body, media=media, **params)

    def request(
        self,
        method: str,
        *,
        body: Mapping[str, object] | None = None,
        media: Media | None = None,
        **params: object,
    ) -> Request:
        """What `call` would send, without a token; nothing is sent."""
        return self._client.request(method, body=body, media=media, **params)
