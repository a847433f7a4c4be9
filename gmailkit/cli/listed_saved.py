"""The same of a backup or any other store: what a list of `search --in` is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from gmailkit.cli.listed import Listed, conversation_line, message_line
from gmailkit.cli.listing import Line
from gmailkit.client.listing import Listing
from gmailkit.services.offline.snippets import Snippet

if TYPE_CHECKING:
    from gmailkit.services.offline.mailbox import SavedMailbox
    from gmailkit.services.offline.searching import Hit, Order
    from gmailkit.services.offline.stored import StoredHit, StoredMailbox


def messages(mail: SavedMailbox | StoredMailbox, order: Order) -> Listed:
    """Their snippets are the parts that the search hit."""

    def lines(query: str, limit: int | None, names: Sequence[str]) -> Listing[Line]:
        whole = not names or "snippet" in names
        found = mail.hits(query, limit=limit, order=order)
        return Listing((line(hit, whole, "labels" in names) for hit in found), source=found)

    def line(hit: Hit | StoredHit, whole: bool, labels: bool) -> Line:
        found = hit.envelope if whole else hit.header
        made = message_line(found, mail.address, hit.labels if labels else None)
        return replace(made, hit=Snippet(found.snippet, hit.marks)) if whole else made

    return Listed(
        "message",
        "",
        lambda query, limit: mail.ids(query, limit=limit, order=order),
        lines,
        mail.count,
    )


def conversations(mail: SavedMailbox | StoredMailbox, order: Order) -> Listed:
    def lines(query: str, limit: int | None, names: Sequence[str]) -> Listing[Line]:
        found = mail.conversations(query, limit=limit, order=order)
        return Listing((conversation_line(each, mail.address) for each in found), source=found)

    return Listed(
        "conversation",
        "",
        lambda query, limit: mail.conversation_ids(query, limit=limit, order=order),
        lines,
        mail.count_conversations,
    )
