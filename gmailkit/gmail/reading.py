"""Finding and reading mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gmailkit.client.listing import Listing
from gmailkit.errors import NotFound
from gmailkit.gmail.chosen import Chosen, choice, id_of, names
from gmailkit.gmail.connected import Connected
from gmailkit.model.content import Content
from gmailkit.model.ids import MessageId, ThreadId

if TYPE_CHECKING:
    from gmailkit.model.conversation import Conversation
    from gmailkit.model.envelope import Envelope
    from gmailkit.model.letter import Letter
    from gmailkit.model.mail import Mail
    from gmailkit.model.message import Message, MessageRef
    from gmailkit.query.builder import Q
    from gmailkit.services.attachments.save import Saved
    from gmailkit.services.counting import Count
    from gmailkit.services.export.conversation import Exported
    from gmailkit.services.waiting import Arrival


class Reading(Connected):
    """Needs gmail.readonly or gmail.modify."""

    def search(self, query: str | Q = "", *, limit: int | None = None) -> Listing[Envelope]:
        """Messages matching a Gmail search, newest first, fetched as you go.

        Headers come along (20 units each, once: they are cached); `ids` costs 5 units a page of
        500. Spam and Trash only when the query names them. QueryError for a query that Gmail
        would silently answer with nothing. `.cut` tells afterwards if `limit` left some out.
        """
        from gmailkit.services.search import search

        return search(self._client, self._connection.cache, str(query), limit=limit)

    def ids(self, query: str | Q = "", *, limit: int | None = None) -> Listing[MessageId]:
        """Ids alone, newest first."""
        from gmailkit.services.search import find_ids

        return find_ids(self._client, str(query), limit=limit)

    def search_labelled(
        self, query: str | Q = "", *, limit: int | None = None
    ) -> Listing[tuple[Envelope, tuple[str, ...]]]:
        """As `search`, each with the names of its labels: 20 units for every message, each time."""
        from gmailkit.services.search import search_labelled

        return search_labelled(self._client, self._connection.cache, str(query), limit=limit)

    def conversations(
        self, query: str | Q = "", *, limit: int | None = None
    ) -> Listing[Conversation]:
        """Conversations of which a message matches, newest first, fetched as you go.

        10 units a page of 500, and 40 for each that is new or changed since it was last seen.
        """
        from gmailkit.services.conversations import search_conversations

        return search_conversations(self._client, self._connection.cache, str(query), limit=limit)

    def conversation_ids(
        self, query: str | Q = "", *, limit: int | None = None
    ) -> Listing[ThreadId]:
        """Thread ids alone, newest first. 10 units a page of 500."""
        from gmailkit.services.conversations import find_threads

        found = find_threads(self._client, str(query), limit=limit)
        return Listing((thread.id for thread in found), source=found)

    def count(self, query: str | Q = "") -> Count:
        """How many messages match: exact below 2,000, else at least that. 5 units for each 500."""
        from gmailkit.services.counting import count

        return count(self.ids(query))

    def count_conversations(self, query: str | Q = "") -> Count:
        """The same of conversations, for 10 units each 500."""
        from gmailkit.services.counting import count

        return count(self.conversation_ids(query))

    def envelope(self, id: str) -> Envelope | None:
        """What a list shows of one message, or None when it is gone."""
        from gmailkit.services.search import envelopes

        found = envelopes(self._client, self._connection.cache, [id])
        return next(found, None)

    def read(self, message: str | Envelope | Message | MessageRef) -> Mail:
        """The whole message, attachments included, in one call (20 units)."""
        from gmailkit.mime.parse import parse

        return parse(self.raw(message))

    def thread_of(self, id: str) -> ThreadId:
        """The conversation a message is in; a thread id is that of itself. NotFound for neither.

        20 units where the message was not seen before.
        """
        from gmailkit.services.conversations import thread_of

        return thread_of(self._client, self._connection.cache, id)

    def messages_of(
        self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None
    ) -> tuple[MessageId, ...]:
        """The ids of all messages of the conversations of some, those in Trash and Spam left out.

        `ids` may be those of conversations. Raises NotFound for what is neither.
        """
        from gmailkit.services.whole import whole_conversations

        query, chosen = choice(messages, ids)
        found = whole_conversations(self._connection, query=query, ids=chosen)
        if found.gone:
            raise NotFound(f"{self.address} has no message {', '.join(found.gone)}.")
        return found.ids

    def read_conversation(self, thread: str | Conversation) -> Iterator[Letter]:
        """Its messages, whole, oldest first, as they arrive: 40 units, and 20 for each of them."""
        from gmailkit.services.conversations import letters

        id = thread if isinstance(thread, str) else thread.id
        return letters(self._client, ThreadId(id))

    def export_conversation(
        self,
        thread: str | Conversation,
        *,
        to: str | Path | None = None,
        attachments: str | Path | None = None,
        whole: bool = False,
    ) -> Exported:
        """It as Markdown, into the new file `to` where one is named; 40 units and 20 a message.

        `attachments` is a folder to save into what is attached. Quoted text is folded unless
        `whole`. Raises NotFound, and CannotWrite when the file is there already.
        """
        from gmailkit.services.conversations import letters
        from gmailkit.services.export.conversation import export_conversation

        id = thread if isinstance(thread, str) else thread.id
        file, folder = (Path(p).expanduser() if p is not None else None for p in (to, attachments))
        return export_conversation(
            lambda: letters(self._client, ThreadId(id)), to=file, attachments=folder, whole=whole
        )

    def wait(
        self,
        query: str | Q,
        *,
        timeout: float | timedelta | str = 120,
        since: float | timedelta | str = 0,
        extract: str | None = None,
    ) -> Arrival:
        """The next message that arrives and matches; times are seconds, a timedelta, or as "5m".

        `since`: one that came so shortly before counts too. `extract` is a regular expression for
        subject and text, and `.match` what it found (its group 1, if there is one). 2 units a look.
        Raises TimedOut, and UsageError for a pattern that is none or takes for ever.
        """
        return next(self.arrivals(query, timeout=timeout, since=since, extract=extract))

    def arrivals(
        self,
        query: str | Q,
        *,
        count: int = 1,
        timeout: float | timedelta | str = 120,
        since: float | timedelta | str = 0,
        extract: str | None = None,
    ) -> Iterator[Arrival]:
        """The next `count` of them, as they come; the time is for all together."""
        from gmailkit.compose.when import seconds
        from gmailkit.services.waiting import arrivals

        return arrivals(
            self._client,
            str(query),
            timeout=seconds(timeout),
            count=count,
            since=seconds(since),
            extract=extract,
            clock=self._clock,
        )

    def raw(self, message: str | Envelope | Message | MessageRef) -> bytes:
        """The exact bytes (RFC 5322). Reading never marks as read. 20 units."""
        return self.messages.get_raw(id_of(message))[1].bytes

    def content(self, message: str | Envelope | Message | MessageRef) -> Content:
        """The same, not held in memory where it is large; close it, or use it in a `with`."""
        return self.messages.get_raw(id_of(message))[1]

    def save_raw(
        self, message: str | Envelope | Message | MessageRef, to: str | Path | BinaryIO
    ) -> int:
        """The same, into a new file or one open for bytes; never held whole. How many they were.

        Raises CannotWrite when the path is taken or the disk refuses; then no file is left.
        """
        from gmailkit.services.raw import save_raw

        return save_raw(self._client, id_of(message), to)

    def attachments(
        self,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        to: str | Path,
        pattern: str = "{filename}",
        types: str | Iterable[str] = (),
        larger: int | None = None,
        smaller: int | None = None,
        manifest: bool = False,
        limit: int | None = None,
        on_saved: Callable[[Saved], None] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> tuple[Saved, ...]:
        """Save what is attached to the messages into the folder `to`; 20 units each.

        Names are made safe, nothing is overwritten, content that lies there already is not saved
        twice, files bear the date of their message. `pattern` says where in the folder
        ("{date:%Y}/{from.domain}/{filename}"), `types` ("pdf", "image/*"), `larger` and `smaller`
        (bytes) which; `manifest` keeps manifest.jsonl there. `limit` is for a query, `on_saved`
        hears of each file as it comes, `on_progress` how many of how many messages were read: 0 of
        them before the first.
        """
        from gmailkit.services.attachments.fetching import fetched
        from gmailkit.services.attachments.place import Pattern
        from gmailkit.services.attachments.save import save_attachments
        from gmailkit.services.attachments.wanted import Wanted
        from gmailkit.services.search import find_ids

        wanted = Wanted.of(names(types), larger=larger, smaller=smaller)
        place = Pattern.read(pattern)
        query, chosen = choice(messages, ids)
        client = self._client
        every = chosen if query is None else tuple(find_ids(client, query, limit=limit))
        tell = on_progress or (lambda done, total: None)
        tell(0, len(every))
        saved: list[Saved] = []
        for each in save_attachments(
            fetched(client, every),
            to=Path(to).expanduser(),
            pattern=place,
            wanted=wanted,
            manifest=manifest,
            on_read=lambda done: tell(done, len(every)),
        ):
            saved.append(each)
            if on_saved:
                on_saved(each)
        return tuple(saved)
