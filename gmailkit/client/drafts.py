"""`users.drafts` of the Gmail API."""

from __future__ import annotations

from collections.abc import Iterable

from gmailkit.client.listing import Pages, page_size
from gmailkit.client.messages import beside
from gmailkit.client.paging import listed
from gmailkit.model.draft import Draft, DraftsPage
from gmailkit.model.message import ClassificationLabelValue, Format, Message
from gmailkit.wire.call import Wire
from gmailkit.wire.upload import Media


class Drafts:
    """A draft keeps its id; the message in it gets a new id with each update, and when sent.

    `raw` is a whole message (RFC 5322) as in `messages`, 35 MiB at most. No labels but DRAFT. Last
    line of each method: its price, least scope.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(
        self,
        *,
        q: str = "",
        include_spam_trash: bool = False,
        max_results: int | None = None,
        page_token: str | None = None,
        limit: int | None = None,
    ) -> Pages[Draft]:
        """Drafts that match `q`, each with the ids of its message and thread alone.

        A page holds at most 500 (`max_results`), at one price.
        5 units; gmail.readonly.
        """
        return listed(
            self._wire,
            "drafts.list",
            DraftsPage,
            lambda page: page.drafts,
            key=lambda draft: draft.id,
            limit=limit,
            page_token=page_token,
            q=q or None,
            include_spam_trash=include_spam_trash or None,
            max_results=page_size(max_results, limit),
        )

    def get(self, id: str, *, format: Format = "full") -> Draft:
        """One draft with its message; NotFound when it was sent or deleted.

        20 units (old: 5); gmail.readonly.
        """
        return self._wire.call("drafts.get", Draft, id=id, format=format)

    def create(
        self,
        raw: Media,
        *,
        thread_id: str | None = None,
        classification_label_values: Iterable[ClassificationLabelValue] = (),
    ) -> Draft:
        """Keep the message as a new draft; `thread_id` and reply headers for one in a conversation.

        10 units; gmail.compose.
        """
        message = beside(
            thread_id=thread_id, classification_label_values=classification_label_values
        )
        return self._wire.call("drafts.create", Draft, body=_draft(message), media=raw)

    def update(
        self,
        id: str,
        raw: Media,
        *,
        thread_id: str | None = None,
        classification_label_values: Iterable[ClassificationLabelValue] = (),
    ) -> Draft:
        """Replace the whole message of a draft; without `thread_id` it leaves its thread.

        15 units; gmail.compose.
        """
        message = beside(
            thread_id=thread_id, classification_label_values=classification_label_values
        )
        return self._wire.call("drafts.update", Draft, id=id, body=_draft(message), media=raw)

    def send(
        self,
        id: str,
        raw: Media | None = None,
        *,
        thread_id: str | None = None,
        classification_label_values: Iterable[ClassificationLabelValue] = (),
    ) -> Message:
        """Send the draft as it is stored, or with `raw` in its place; the draft disappears.

        Never repeated blindly: after Unreachable with `sent == "maybe"`, a draft that is still
        there was not sent. Gmail replaces Message-ID and a foreign From as in `messages.send`.
        100 units; gmail.compose.
        """
        message = beside(
            thread_id=thread_id, classification_label_values=classification_label_values
        )
        body = {"id": id, **_draft(message)}
        return self._wire.call("drafts.send", Message, body=body, media=raw)

    def delete(self, id: str) -> None:
        """DELETE FOR GOOD, at once, past the Trash. Nobody can bring it back.

        10 units; gmail.compose.
        """
        self._wire.do("drafts.delete", id=id)


def _draft(message: dict[str, object]) -> dict[str, object]:
    return {"message": message} if message else {}
