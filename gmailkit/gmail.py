"""`Gmail`: one mailbox, the verbs of a person. Everything it does is a function in services."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from gmailkit.auth.scopes import DEFAULT_PURPOSE
from gmailkit.client.client import Client
from gmailkit.client.google_calls import GoogleCalls
from gmailkit.client.listing import Listing
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.config import Settings
from gmailkit.errors import UsageError
from gmailkit.mime.parse import parse
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import MessageId
from gmailkit.model.label import Label
from gmailkit.model.mail import Address, Mail
from gmailkit.model.message import Message, MessageRef
from gmailkit.services import api as api_service
from gmailkit.services import labels as label_service
from gmailkit.services import quota as quota_service
from gmailkit.services.attachments import Saved, save_attachments
from gmailkit.services.backup import BackupReport, Progress, backup
from gmailkit.services.connect import Connection, connect
from gmailkit.services.label import LabelChange, LabelPlan, apply_label, in_trash, plan_label
from gmailkit.services.quota import Estimate, QuotaReport
from gmailkit.services.raw import save_raw
from gmailkit.services.search import envelopes, find_ids, search
from gmailkit.services.send import Files, Recipients, Sent, compose, send
from gmailkit.services.settings.change import Changes
from gmailkit.services.settings.preferences import Preferences
from gmailkit.services.way_in import acting
from gmailkit.wire.methods import find
from gmailkit.wire.quota.meter import Spent

if TYPE_CHECKING:
    import requests

    from gmailkit.wire.upload import Media

Chosen = str | Iterable[str | Envelope | Message | MessageRef]
"""Messages to act on: a query, or messages (or ids) themselves."""


class Gmail(GoogleCalls):
    """The mailbox of `account` (address or alias; the default one without).

    Making one touches nothing: no file, no network, until the first call. Safe to use from several
    threads. `close()` it, or use it as a context manager, in programs that make many. A `session`
    of your own carries every call to Gmail (for proxies, certificates, tests).

    With `service_account` (its key file) it is the mailbox of `subject`, for a `purpose` as of
    `gmailkit login --for`; an administrator must have allowed it (docs/service-accounts.md).

    >>> gmail = Gmail()
    >>> for message in gmail.search("from:billing has:attachment", limit=20):
    ...     print(message.date, message.sender, message.subject)
    """

    def __init__(
        self,
        account: str | None = None,
        *,
        service_account: str | Path | None = None,
        subject: str | None = None,
        purpose: str = DEFAULT_PURPOSE,
        settings: Settings | None = None,
        session: requests.Session | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._account = account
        self._acting = (service_account, subject, purpose)
        self._settings = settings
        self._session = session
        self._clock = clock

    @cached_property
    def _connection(self) -> Connection:
        settings = acting(self._settings or Settings.load(), *self._acting)
        return connect(settings, self._account, session=self._session, clock=self._clock)

    @property
    def _client(self) -> Client:
        return self._connection.client

    @property
    def preferences(self) -> Preferences:
        """The same as a person changes them: labels by name, looked at first, recorded."""
        c = self._connection
        allowed, clock = c.check_allowed, self._clock
        return Preferences(Changes(c.client, lambda: c.journal, allowed=allowed, clock=clock))

    @property
    def address(self) -> str:
        """The address of this mailbox."""
        return self._connection.address

    def recorded_call(
        self,
        method: str,
        *,
        agree: Callable[[], object] = lambda: None,
        body: Mapping[str, object] | None = None,
        media: Media | None = None,
        **params: object,
    ) -> dict[str, object]:
        """`call` of a method that changes something, written in the journal before.

        `agree` may raise to stop it; it is not called when the sign-in cannot allow the method.
        """
        return api_service.change(
            self._connection, method, agree=agree, body=body, media=media, params=params
        )

    # What it costs.

    @property
    def spent(self) -> Spent:
        """Calls and quota units of this object so far, repeated and refused calls included."""
        return self._connection.meter.spent

    def quota(self) -> QuotaReport:
        """What all programs of this machine spent for this mailbox, the limits, and what refusals
        taught. No request is made.
        """
        return quota_service.quota(self._connection)

    def reset_quota(self) -> None:
        """Forget pauses and what refusals taught; what was spent still counts."""
        quota_service.reset(self._connection)

    def price(self, method: str) -> int:
        """Quota units of one call of Google's `method`, by the price table of the settings."""
        return find(method).price(self._connection.allowance.prices)

    def estimate(self, units: int) -> Estimate:
        """How long it takes at least to spend so many units."""
        return quota_service.estimate(self._connection, units)

    # Finding and reading: gmail.readonly or gmail.modify.

    def search(self, query: str = "", *, limit: int | None = None) -> Listing[Envelope]:
        """Messages matching a Gmail search, newest first, fetched as you go.

        Headers come along (20 units each, once: they are cached); `ids` costs 5 units a page of
        500. Spam and Trash only when the query names them. QueryError for a query that Gmail
        would silently answer with nothing. `.cut` tells afterwards if `limit` left some out.
        """
        return search(self._connection.client, self._connection.cache, query, limit=limit)

    def ids(self, query: str = "", *, limit: int | None = None) -> Listing[MessageId]:
        """Ids alone, newest first."""
        return find_ids(self._connection.client, query, limit=limit)

    def envelope(self, id: str) -> Envelope | None:
        """What a list shows of one message, or None when it is gone."""
        found = envelopes(self._connection.client, self._connection.cache, [id])
        return next(found, None)

    def read(self, message: str | Envelope | Message | MessageRef) -> Mail:
        """The whole message, attachments included, in one call (20 units)."""
        return parse(self.raw(message))

    def raw(self, message: str | Envelope | Message | MessageRef) -> bytes:
        """The exact bytes (RFC 5322). Reading never marks as read. 20 units."""
        return self.messages.get_raw(_id(message))[1].bytes

    def save_raw(
        self, message: str | Envelope | Message | MessageRef, to: str | Path | BinaryIO
    ) -> int:
        """The same, into a new file or one open for bytes; never held whole. How many they were.

        Raises CannotWrite when the path is taken or the disk refuses; then no file is left.
        """
        return save_raw(self._connection.client, _id(message), to)

    def attachments(
        self,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        to: str | Path,
        limit: int | None = None,
        on_saved: Callable[[Saved], None] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> tuple[Saved, ...]:
        """Save what is attached to the messages into the folder `to`; 20 units each.

        Names are made safe, nothing is overwritten, content that lies there already is not saved
        twice. `limit` is for a query, `on_saved` hears of each file as it comes, `on_progress`
        how many of how many messages were read: 0 of them before the first.
        """
        query, chosen = _choice(messages, ids)
        client = self._connection.client
        wanted = chosen if query is None else tuple(find_ids(client, query, limit=limit))
        tell = on_progress or (lambda done, total: None)
        tell(0, len(wanted))
        saved: list[Saved] = []
        for each in save_attachments(
            client,
            wanted,
            to=Path(to).expanduser(),
            on_read=lambda done: tell(done, len(wanted)),
        ):
            saved.append(each)
            if on_saved:
                on_saved(each)
        return tuple(saved)

    # Sending: gmail.send is enough.

    def send(
        self,
        *,
        to: Recipients = (),
        cc: Recipients = (),
        bcc: Recipients = (),
        subject: str = "",
        text: str = "",
        html: str = "",
        attach: Files = (),
        sender: str | Address | None = None,
        reply_to: Recipients = (),
    ) -> Sent:
        """Send one message, at most once. 100 units.

        `attach` takes paths or Attachment objects, one or several. Raises UsageError before
        anything leaves for bad addresses, line breaks in headers, missing or too large attachments.
        """
        mail = compose(
            to=to,
            cc=cc,
            bcc=bcc,
            subject=subject,
            text=text,
            html=html,
            attach=attach,
            sender=sender,
            reply_to=reply_to,
            clock=self._clock,
        )
        own = self.address if mail.sender else None
        return send(self._connection.client, self._connection.journal, mail, own_address=own)

    # Organising: gmail.modify.

    def plan_label(
        self,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        add: str | Iterable[str] = (),
        remove: str | Iterable[str] = (),
        create: bool = False,
    ) -> LabelPlan:
        """What `label` would do, with the ids frozen; nothing is changed."""
        query, chosen = _choice(messages, ids)
        return plan_label(
            self._connection.client,
            self._connection.cache,
            query=query,
            ids=chosen,
            add=_names(add),
            remove=_names(remove),
            create=create,
        )

    def apply(self, plan: LabelPlan) -> LabelChange:
        """Carry out a plan: exactly its ids, recorded in the journal before."""
        return apply_label(self._connection.client, self._connection.journal, plan)

    def label(
        self,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        add: str | Iterable[str] = (),
        remove: str | Iterable[str] = (),
        create: bool = False,
    ) -> LabelChange:
        """Add and remove labels, by name, on all messages of a query, or on those given.

        Removing INBOX archives, removing UNREAD marks as read. `create` makes missing labels.

        >>> gmail.label("from:ci is:unread", add=["CI"], remove=["INBOX"], create=True)
        """
        plan = self.plan_label(messages, ids=ids, add=add, remove=remove, create=create)
        return self.apply(plan)

    def trash(self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None) -> int:
        """Move to Trash, where Gmail deletes after 30 days; how many. Needs gmail.modify."""
        return self.label(messages, ids=ids, add=["TRASH"]).count

    def untrash(self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None) -> int:
        """Take out of Trash; how many. A query is searched in Trash.

        INBOX does not come back by itself.
        """
        return self.apply(self.plan_untrash(messages, ids=ids)).count

    def plan_untrash(
        self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None
    ) -> LabelPlan:
        """What `untrash` would do; nothing is changed."""
        within = in_trash(messages) if isinstance(messages, str) else messages
        return self.plan_label(within, ids=ids, remove=["TRASH"])

    def create_label(
        self, name: str, *, background: str | None = None, text: str | None = None
    ) -> Label:
        """Make a label, with a colour of Gmail's palette if given."""
        c = self._connection
        return label_service.create_label(
            c.client, c.journal, name, background=background, text=text
        )

    def rename_label(self, name: str, new: str) -> tuple[Label, ...]:
        """Rename a label and those nested under it."""
        c = self._connection
        return label_service.rename_label(c.client, c.journal, name, new)

    def delete_label(self, name: str) -> Label:
        """Delete a label; its messages stay."""
        c = self._connection
        return label_service.delete_label(c.client, c.journal, name)

    def color_label(self, name: str, *, background: str, text: str | None = None) -> Label:
        """Colour a label."""
        c = self._connection
        return label_service.color_label(
            c.client, c.journal, name, background=background, text=text
        )

    # Keeping: gmail.readonly.

    def backup(
        self,
        path: str | Path,
        *,
        label: str | Iterable[str] = (),
        query: str = "",
        on_progress: Callable[[Progress], None] | None = None,
    ) -> BackupReport:
        """Save messages with any of `label` that match `query` into the backup folder `path`.

        All mail but Spam and Trash without either. Exact bytes; a second run reads only what is
        new; a killed run is continued by the next. The format is docs/backup-format.md.
        """
        return backup(
            self._connection.client,
            self.address,
            Path(path).expanduser(),
            label=_names(label),
            query=query,
            on_progress=on_progress,
            clock=self._clock,
        )

    def close(self) -> None:
        """Close connections and files; the object can be used again."""
        if connection := self.__dict__.pop("_connection", None):
            connection.close()

    def __enter__(self) -> Gmail:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _id(message: str | Envelope | Message | MessageRef) -> str:
    return message if isinstance(message, str) else message.id


def _names(given: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several: a bare string is one name, never its letters."""
    return (given,) if isinstance(given, str) else tuple(given)


def _choice(
    messages: Chosen | None, ids: Iterable[str] | None
) -> tuple[str | None, tuple[str, ...]]:
    """A query, or ids; UsageError unless exactly one of the two was given."""
    if (messages is None) == (ids is None):
        raise UsageError("Name the messages once: by a query, as messages, or as ids.")
    if isinstance(messages, str):
        return messages, ()
    return None, tuple(_id(each) for each in (messages if messages is not None else ids or ()))
