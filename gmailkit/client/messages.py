"""`users.messages` of the Gmail API."""

from __future__ import annotations

from collections.abc import Iterable

from gmailkit.client.attachments import Attachments
from gmailkit.client.listing import Pages, page_size
from gmailkit.client.paging import listed
from gmailkit.errors import ServerFault
from gmailkit.model.content import IN_MEMORY, Content
from gmailkit.model.ids import LabelId
from gmailkit.model.message import (
    BatchDeleteMessagesRequest,
    BatchModifyMessagesRequest,
    ClassificationLabelValue,
    Format,
    InternalDateSource,
    Message,
    MessageRef,
    MessagesPage,
    ModifyMessageRequest,
)
from gmailkit.wire.call import Wire
from gmailkit.wire.upload import Media

BATCH = 1000  # ids in one batchModify; batchDelete states no number (Open: the same)

# A field mask trims traffic, never the price.
_REF_FIELDS = "messages(id,threadId),nextPageToken"


class Messages:
    """One message at a time, or many by id. Last line of each method: its price, least scope.

    A message to be stored or sent is bytes (RFC 5322), the path of a file, or a file open for
    bytes; a large one goes up in chunks. A change of labels is recorded first, where `Gmail` is
    not told otherwise: a look at the message, 20 units more (old: 5).
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.attachments = Attachments(wire)

    def list(
        self,
        *,
        q: str = "",
        label_ids: Iterable[LabelId] = (),
        include_spam_trash: bool = False,
        max_results: int | None = None,
        page_token: str | None = None,
        limit: int | None = None,
    ) -> Pages[MessageRef]:
        """Messages that match `q` and carry all of `label_ids`, newest first, page by page.

        A page holds at most 500 (`max_results`), at one price. A malformed `q` matches nothing;
        under gmail.metadata any `q` is refused.
        5 units; gmail.metadata.
        """
        return listed(
            self._wire,
            "messages.list",
            MessagesPage,
            lambda page: page.messages,
            key=lambda ref: ref.id,
            limit=limit,
            page_token=page_token,
            q=q or None,
            label_ids=list(label_ids) or None,
            include_spam_trash=include_spam_trash or None,
            max_results=page_size(max_results, limit),
            fields=_REF_FIELDS,
        )

    def get(
        self, id: str, *, format: Format = "full", metadata_headers: Iterable[str] = ()
    ) -> Message:
        """One message. The price is the same for every `format`.

        `metadata_headers` names the headers that format "metadata" shall have (all, without).
        NotFound when it is gone. Under gmail.metadata only "minimal" and "metadata".
        20 units (old: 5); gmail.metadata.
        """
        return self._wire.call(
            "messages.get",
            Message,
            id=id,
            format=format,
            metadata_headers=list(metadata_headers) or None,
        )

    def get_raw(self, id: str, *, in_memory: int = IN_MEMORY) -> tuple[Message, Content]:
        """The exact bytes (RFC 5322) and, without them, the message: labels, thread, date.

        5 units old, 20 new. A message of more than `in_memory` bytes is never held: it is decoded
        while it arrives, to a temporary file that `Content` reads. NotFound when it is gone.
        """
        message, content = self._wire.content(
            "messages.get", Message, key="raw", in_memory=in_memory, id=id, format="raw"
        )
        if message.id != id or not content.size:
            raise ServerFault(f"Gmail answered for {id} with something else, or with no bytes.")
        return message, content

    def send(
        self,
        raw: Media,
        *,
        thread_id: str | None = None,
        classification_label_values: Iterable[ClassificationLabelValue] = (),
    ) -> Message:
        """Send the message to those in To, Cc and Bcc. Never repeated blindly; 35 MiB at most.

        Gmail replaces the Message-ID, and a From that is neither the address nor an alias of the
        account. To join a conversation it takes `thread_id`, In-Reply-To and References that name
        the parent, and the same subject. Unreachable with `sent == "maybe"` means: look into Sent
        before trying again.
        100 units; gmail.send.
        """
        body = beside(thread_id=thread_id, classification_label_values=classification_label_values)
        return self._wire.call("messages.send", Message, body=body, media=raw)

    def insert(
        self,
        raw: Media,
        *,
        label_ids: Iterable[LabelId] = (),
        thread_id: str | None = None,
        internal_date_source: InternalDateSource | None = None,
        deleted: bool = False,
        classification_label_values: Iterable[ClassificationLabelValue] = (),
    ) -> Message:
        """Put the message into the mailbox as it is (as IMAP APPEND would); nothing is sent.

        Without labels it lies archived and read. Without `internal_date_source` it is dated now:
        say "dateHeader" to keep the date of old mail. Never merged with a message that is there
        already: twice makes two. `thread_id` must exist in this mailbox. `deleted` makes it
        visible in Google Vault alone. An unknown label fails the whole call. 150 MiB at most.
        25 units; gmail.insert.
        """
        body = beside(
            label_ids=label_ids,
            thread_id=thread_id,
            classification_label_values=classification_label_values,
        )
        return self._wire.call(
            "messages.insert",
            Message,
            body=body,
            media=raw,
            internal_date_source=internal_date_source,
            deleted=deleted or None,
        )

    def import_(
        self,
        raw: Media,
        *,
        label_ids: Iterable[LabelId] = (),
        thread_id: str | None = None,
        internal_date_source: InternalDateSource | None = None,
        never_mark_spam: bool = False,
        process_for_calendar: bool = False,
        deleted: bool = False,
        classification_label_values: Iterable[ClassificationLabelValue] = (),
    ) -> Message:
        """Take the message in as if it came by SMTP: scanned, classified, threaded.

        Dated by its Date header unless `internal_date_source` says "receivedTime".
        `never_mark_spam` overrules the spam filter, `process_for_calendar` adds invitations to the
        calendar. Open: a message whose Message-ID is there already is merged with it, labels and
        all, so the answer may be the old message; without `label_ids` name INBOX and UNREAD
        yourself if you want them. The rest is as in `insert`.
        25 units; gmail.insert.
        """
        body = beside(
            label_ids=label_ids,
            thread_id=thread_id,
            classification_label_values=classification_label_values,
        )
        return self._wire.call(
            "messages.import",
            Message,
            body=body,
            media=raw,
            internal_date_source=internal_date_source,
            never_mark_spam=never_mark_spam or None,
            process_for_calendar=process_for_calendar or None,
            deleted=deleted or None,
        )

    def modify(
        self,
        id: str,
        *,
        add_label_ids: Iterable[LabelId] = (),
        remove_label_ids: Iterable[LabelId] = (),
        add_classification_labels: Iterable[ClassificationLabelValue] = (),
        remove_classification_label_ids: Iterable[str] = (),
    ) -> Message:
        """Change the labels of one message, at most 100 each way; refused for a draft.

        The answer holds ids and labels only.
        5 units; gmail.modify.
        """
        body = ModifyMessageRequest(
            add_label_ids=tuple(add_label_ids),
            remove_label_ids=tuple(remove_label_ids),
            add_classification_labels=tuple(add_classification_labels),
            remove_classification_label_ids=tuple(remove_classification_label_ids),
        )
        return self._wire.call("messages.modify", Message, id=id, body=body)

    def batch_modify(
        self,
        ids: Iterable[str],
        *,
        add_label_ids: Iterable[LabelId] = (),
        remove_label_ids: Iterable[LabelId] = (),
        add_classification_labels: Iterable[ClassificationLabelValue] = (),
        remove_classification_label_ids: Iterable[str] = (),
    ) -> None:
        """Change the labels of at most 1,000 messages.

        Ids that are gone, and drafts, are passed over without a word.
        50 units; gmail.modify.
        """
        body = BatchModifyMessagesRequest(
            ids=tuple(ids),
            add_label_ids=tuple(add_label_ids),
            remove_label_ids=tuple(remove_label_ids),
            add_classification_labels=tuple(add_classification_labels),
            remove_classification_label_ids=tuple(remove_classification_label_ids),
        )
        self._wire.do("messages.batchModify", body=body)

    def trash(self, id: str) -> Message:
        """Move to Trash, where Gmail deletes it after 30 days; it leaves the inbox.

        Adding the label TRASH does the same for less: services.cheapest.
        20 units (old: 5); gmail.modify.
        """
        return self._wire.call("messages.trash", Message, id=id)

    def untrash(self, id: str) -> Message:
        """Take out of Trash; INBOX does not come back by itself.

        5 units; gmail.modify.
        """
        return self._wire.call("messages.untrash", Message, id=id)

    def delete(self, id: str) -> None:
        """DELETE FOR GOOD, at once, past the Trash. Nobody can bring it back; prefer `trash`.

        10 units; mail.google.com.
        """
        self._wire.do("messages.delete", id=id)

    def batch_delete(self, ids: Iterable[str]) -> None:
        """DELETE FOR GOOD, at once, at most 1,000 messages. Nobody can bring them back.

        Gmail does not say which of the ids existed.
        50 units; mail.google.com.
        """
        self._wire.do("messages.batchDelete", body=BatchDeleteMessagesRequest(ids=tuple(ids)))


def beside(
    *,
    label_ids: Iterable[LabelId] = (),
    thread_id: str | None = None,
    classification_label_values: Iterable[ClassificationLabelValue] = (),
) -> dict[str, object]:
    """The JSON half of an upload: what Gmail shall know of the message beside its bytes."""
    body = {
        "labelIds": list(label_ids),
        "threadId": thread_id,
        "classificationLabelValues": list(classification_label_values),
    }
    return {name: value for name, value in body.items() if value}
