"""What a list of `search` can be of, messages or conversations, as lines to print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from gmailkit.cli import fields, views
from gmailkit.cli.listing import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmailkit.client.listing import Listing
    from gmailkit.gmail import Gmail
    from gmailkit.model.conversation import Conversation
    from gmailkit.model.envelope import Envelope
    from gmailkit.services.counting import Count

LINES = {  # the fields of a line in a pipe
    "message": ("id", "date", "from", "subject"),
    "conversation": ("id", "date", "people", "count", "subject"),
}


class Listed(msgspec.Struct, frozen=True):
    """`lines` are told which fields are shown (none: all): labels cost more. To read one takes a
    call of `method`, of which a backup has none.
    """

    noun: str
    method: str
    ids: Callable[[str, int | None], Listing[Any]]
    lines: Callable[[str, int | None, Sequence[str]], Listing[Line]]
    count: Callable[[str], Count]


def messages(gmail: Gmail) -> Listed:
    def lines(query: str, limit: int | None, names: Sequence[str]) -> Listing[Line]:
        own = gmail.address.casefold()
        if "labels" in names:
            known = gmail.search_labelled(query, limit=limit)
            return _listing((message_line(each, own, labels) for each, labels in known), known)
        found = gmail.search(query, limit=limit)
        return _listing((message_line(each, own) for each in found), found)

    return Listed(
        "message",
        "messages.get",
        lambda query, limit: gmail.ids(query, limit=limit),
        lines,
        gmail.count,
    )


def conversations(gmail: Gmail) -> Listed:
    def lines(query: str, limit: int | None, names: Sequence[str]) -> Listing[Line]:
        found = gmail.conversations(query, limit=limit)
        own = gmail.address.casefold()
        return _listing((conversation_line(each, own) for each in found), found)

    return Listed(
        "conversation",
        "threads.get",
        lambda query, limit: gmail.conversation_ids(query, limit=limit),
        lines,
        gmail.count_conversations,
    )


def message_line(found: Envelope, own: str, labels: Sequence[str] | None = None) -> Line:
    """`own` is the address of the mailbox, `labels` None where they were not read."""
    json = views.envelope(found)
    return Line(
        id=found.id,
        date=found.date,
        who=_who(found, own),
        subject=found.subject,
        facts=fields.of_message(found, tuple(labels or ())),
        json=json if labels is None else {**json, "labels": labels},
    )


def conversation_line(found: Conversation, own: str) -> Line:
    names = [
        "me" if each.email.casefold() == own else each.name or each.email for each in found.people
    ]
    if len(names) > 1:  # short, as Gmail does it, so that more than two find room
        names = [next(iter(name.split()), name) for name in names]
    many = f" ({found.count})" if found.count > 1 else ""
    return Line(
        id=found.id,
        date=found.date,
        who=", ".join(names),
        more=many,
        subject=found.subject,
        facts=fields.of_conversation(found),
        json=views.conversation(found),
    )


def _who(found: Envelope, own: str) -> str:
    """From whom it is; of one's own mail and drafts, to whom."""
    sender = found.sender
    if sender and sender.email.casefold() != own:
        return sender.name or sender.email
    people = ", ".join(each.name or each.email for each in (*found.to, *found.cc))
    return f"To: {people or '(nobody yet)'}"


def _listing(lines: Iterator[Line], source: Listing[Any]) -> Listing[Line]:
    from gmailkit.client.listing import Listing

    return Listing(lines, source=source)
