"""Answering mail, and drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, Unpack, cast

from gmailkit.gmail.chosen import id_of
from gmailkit.gmail.connected import Connected
from gmailkit.services import sending

if TYPE_CHECKING:
    from gmailkit.client.listing import Listing
    from gmailkit.model.draft import Draft
    from gmailkit.model.envelope import Envelope
    from gmailkit.model.ids import MessageId
    from gmailkit.model.mail import Mail
    from gmailkit.model.message import Message, MessageRef
    from gmailkit.model.outgoing import Outgoing
    from gmailkit.query.builder import Q
    from gmailkit.record.ledger import Way
    from gmailkit.services.sending.drafting import DraftLine, OpenDraft
    from gmailkit.services.sending.once import Sent
    from gmailkit.services.sending.parent import Parent
    from gmailkit.services.sending.words import Recipients, Words

Answered: TypeAlias = "str | Envelope | Message | MessageRef | Parent"
"""The message that is answered, its id, or what `open_message` read of it."""


class Replying(Connected):
    """Needs gmail.modify. Each verb that sends has a twin which only composes, for a preview."""

    def open_message(self, message: Answered) -> Parent:
        """What a reply or a forward needs to know of it, read once. 21 units.

        Raises UsageError for a draft: nobody has got it yet.
        """
        if isinstance(message, sending.parent.Parent):
            return message
        return sending.parent.read_parent(self._connection, id_of(message))

    def to_answer(self, conversation: str) -> MessageId:
        """The message of a conversation (by its id) that an answer to it answers: the newest that
        somebody else wrote, else one's own newest. 41 units.

        >>> gmail.reply(gmail.to_answer(found.id), "Thanks.")
        """
        return sending.parent.to_answer(self._connection, conversation)

    def compose_reply(
        self,
        message: Answered,
        text: str = "",
        /,
        *,
        all: bool = False,
        quote: bool = True,
        add: Recipients = (),
        remove: Recipients = (),
        **words: Unpack[Words],
    ) -> Outgoing:
        """The reply that `reply` (with `all`: `reply_all`) would send; nothing leaves."""
        said = cast("Words", {"text": text, **words} if text else words)
        c, parent = self._connection, self.open_message(message)
        return sending.replying.reply(
            c, parent, all=all, quote=quote, add=add, remove=remove, **said
        )

    def reply(
        self,
        message: Answered,
        text: str = "",
        /,
        *,
        quote: bool = True,
        add: Recipients = (),
        remove: Recipients = (),
        key: str | None = None,
        way: Way | None = None,
        **words: Unpack[Words],
    ) -> Sent:
        """Reply to whoever wrote the message, in its conversation, from the alias it came to.

        Below the text stands the message, unless `quote` is False. `add` and `remove` are
        recipients, `words` and `key` as in `send`. 131 units.
        """
        made = self.compose_reply(message, text, quote=quote, add=add, remove=remove, **words)
        return sending.once.send(self._connection, made, key=key, way=way)

    def reply_all(
        self,
        message: Answered,
        text: str = "",
        /,
        *,
        quote: bool = True,
        add: Recipients = (),
        remove: Recipients = (),
        key: str | None = None,
        way: Way | None = None,
        **words: Unpack[Words],
    ) -> Sent:
        """The same to everybody in To and Cc as well, but oneself, and to the mailing list."""
        made = self.compose_reply(
            message, text, all=True, quote=quote, add=add, remove=remove, **words
        )
        return sending.once.send(self._connection, made, key=key, way=way)

    def compose_forward(
        self,
        message: Answered,
        to: Recipients,
        text: str = "",
        /,
        *,
        as_attachment: bool = False,
        **words: Unpack[Words],
    ) -> Outgoing:
        """The forward that `forward` would send; nothing leaves."""
        said = cast("Words", {"text": text, **words} if text else words)
        c, parent = self._connection, self.open_message(message)
        return sending.replying.forward(c, parent, to, as_attachment=as_attachment, **said)

    def forward(
        self,
        message: Answered,
        to: Recipients,
        text: str = "",
        /,
        *,
        as_attachment: bool = False,
        key: str | None = None,
        way: Way | None = None,
        **words: Unpack[Words],
    ) -> Sent:
        """Send the message on, with its attachments and pictures; `as_attachment` whole, as it is
        stored. 131 units.
        """
        made = self.compose_forward(message, to, text, as_attachment=as_attachment, **words)
        return sending.once.send(self._connection, made, key=key, way=way)

    def list_drafts(self, query: str | Q = "", *, limit: int | None = None) -> Listing[DraftLine]:
        """The drafts that match a Gmail search, newest first. 20 units each, once."""
        return sending.drafting.list_drafts(self._connection, str(query), limit=limit)

    def compose_draft(self, **words: Unpack[Words]) -> Outgoing:
        """The message that `save_draft` would keep; unlike one to send it may go to nobody yet."""
        return sending.drafting.write_draft(self._connection, **words)

    def save_draft(self, message: Outgoing | None = None, /, **words: Unpack[Words]) -> Draft:
        """Keep a composed message, or one of these words, in Gmail's drafts. 10 units."""
        made = sending.write.composed(message, words, self.compose_draft)
        return sending.drafting.save_draft(self._connection, made)

    def open_draft(self, id: str) -> OpenDraft:
        """What stands in a draft, by its id or that of its message; to be given to `edit_draft`.

        20 units.
        """
        return sending.drafting.open_draft(self._connection, id)

    def edit_draft(self, draft: str | OpenDraft, **words: Unpack[Words]) -> Draft:
        """Replace what `words` name, keep the rest: attachments, conversation, other headers.

        Raises Conflict when the draft has changed since it was opened. 35 units.
        """
        opened = self.open_draft(draft) if isinstance(draft, str) else draft
        return sending.drafting.edit_draft(self._connection, opened, **words)

    def replace_draft(self, draft: OpenDraft, mail: Mail) -> Draft:
        """Put a whole `mail` into the place of what stood in a draft; raises as `edit_draft`."""
        return sending.drafting.replace_draft(self._connection, draft, mail)

    def draft_was_sent(self, id: str) -> bool:
        """Whether `send_draft` has sent it before; nobody is asked."""
        return sending.drafting.was_sent(self._connection, id)

    def ready_draft(self, draft: OpenDraft) -> Outgoing:
        """What `send_draft` would send; UsageError when it goes to nobody, or to no address."""
        return sending.drafting.ready(draft)

    def send_draft(self, id: str, *, key: str | None = None) -> Sent:
        """Send a draft as it stands, once: the same again returns the first result. 120 units.

        Raises UsageError when it goes to nobody.
        """
        return sending.drafting.send_draft(self._connection, id, key=key)

    def delete_draft(self, draft: str | OpenDraft) -> None:
        """DELETE a draft FOR GOOD: it does not pass through the Trash. 10 units."""
        sending.drafting.delete_draft(self._connection, draft)
