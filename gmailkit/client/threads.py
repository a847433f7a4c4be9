"""`users.threads` of the Gmail API: conversations."""

from __future__ import annotations

from collections.abc import Iterable

from gmailkit.client.listing import Pages, page_size
from gmailkit.client.paging import listed
from gmailkit.model.ids import LabelId
from gmailkit.model.thread import ModifyThreadRequest, Thread, ThreadFormat, ThreadsPage
from gmailkit.wire.call import Wire


class Threads:
    """A thread acts for all messages in it at that moment; later ones do not inherit its labels.

    A change is recorded first, where `Gmail` is not told otherwise: a look at the conversation, 40
    units more (old: 10). Last line of each method: its price, least scope.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(
        self,
        *,
        q: str = "",
        label_ids: Iterable[LabelId] = (),
        include_spam_trash: bool = False,
        max_results: int | None = None,
        page_token: str | None = None,
        limit: int | None = None,
    ) -> Pages[Thread]:
        """Threads with at least one message that matches `q` and carries all of `label_ids`.

        Id, snippet and history_id alone. A page holds at most 500 (`max_results`), at one price;
        under gmail.metadata any `q` is refused.
        10 units; gmail.metadata.
        """
        return listed(
            self._wire,
            "threads.list",
            ThreadsPage,
            lambda page: page.threads,
            key=lambda thread: thread.id,
            limit=limit,
            page_token=page_token,
            q=q or None,
            label_ids=list(label_ids) or None,
            include_spam_trash=include_spam_trash or None,
            max_results=page_size(max_results, limit),
        )

    def get(
        self, id: str, *, format: ThreadFormat = "full", metadata_headers: Iterable[str] = ()
    ) -> Thread:
        """The thread with all its messages, oldest first; no format gives their exact bytes.

        Cheaper than reading three of its messages or more one by one, even at two.
        `metadata_headers` as in `messages.get`; NotFound when it is gone.
        40 units (old: 10); gmail.metadata.
        """
        return self._wire.call(
            "threads.get",
            Thread,
            id=id,
            format=format,
            metadata_headers=list(metadata_headers) or None,
        )

    def modify(
        self,
        id: str,
        *,
        add_label_ids: Iterable[LabelId] = (),
        remove_label_ids: Iterable[LabelId] = (),
    ) -> Thread:
        """Change the labels of every message in the thread, at most 100 each way.

        10 units; gmail.modify.
        """
        body = ModifyThreadRequest(
            add_label_ids=tuple(add_label_ids), remove_label_ids=tuple(remove_label_ids)
        )
        return self._wire.call("threads.modify", Thread, id=id, body=body)

    def trash(self, id: str) -> Thread:
        """Move the whole thread to Trash, where Gmail deletes it after 30 days.

        20 units (old: 10); gmail.modify.
        """
        return self._wire.call("threads.trash", Thread, id=id)

    def untrash(self, id: str) -> Thread:
        """Take the whole thread out of Trash; INBOX does not come back by itself.

        10 units; gmail.modify.
        """
        return self._wire.call("threads.untrash", Thread, id=id)

    def delete(self, id: str) -> None:
        """DELETE FOR GOOD the thread and every message in it. Nobody can bring them back.

        Prefer `trash`.
        20 units; mail.google.com.
        """
        self._wire.do("threads.delete", id=id)
