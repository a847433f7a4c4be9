"""What our objects look like as JSON. docs/commands.md describes these keys; they only grow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gmailkit.model.conversation import Conversation
    from gmailkit.model.envelope import Envelope
    from gmailkit.model.label import Label
    from gmailkit.model.mail import Address, Attachment, Mail
    from gmailkit.record.journal import Change
    from gmailkit.services.changes.plan import ChangePlan, LabelChange

Json = dict[str, object]


def address(found: Address | None) -> Json | None:
    return {"email": found.email, "name": found.name} if found else None


def addresses(found: Iterable[Address]) -> list[Json | None]:
    return [address(each) for each in found]


def envelope(found: Envelope) -> Json:
    return {
        "id": found.id,
        "thread_id": found.thread_id,
        "date": found.date,
        "from": address(found.sender),
        "to": addresses(found.to),
        "cc": addresses(found.cc),
        "subject": found.subject,
        "message_id": found.message_id,
        "size": found.size,
        "snippet": found.snippet,
    }


def conversation(found: Conversation) -> Json:
    return {
        "id": found.id,
        "date": found.date,
        "people": addresses(found.people),
        "count": found.count,
        "subject": found.subject,
        "unread": found.unread,
        "labels": found.labels,
        "newest": found.newest,
    }


def mail(id: str, found: Mail) -> Json:
    return {
        "id": id,
        "from": address(found.sender),
        "to": addresses(found.to),
        "cc": addresses(found.cc),
        "bcc": addresses(found.bcc),
        "reply_to": addresses(found.reply_to),
        "subject": found.subject,
        "date": found.date,
        "message_id": found.message_id,
        "headers": [{"name": name, "value": value} for name, value in found.headers],
        "text": found.text,
        "html": found.html,
        "attachments": [attachment(each) for each in found.attachments],
        "defects": found.defects,
    }


def event(found: Mail) -> Json:
    """What the message invites to, under "event"; nothing where it invites to nothing."""
    from gmailkit.mime.event import event_of

    about = event_of(found)
    if about is None:
        return {}
    times = {"start": about.start.isoformat(), "end": about.end.isoformat(), "when": about.when}
    how = {"where": about.where, "sequence": about.sequence, "cancelled": about.cancelled}
    return {"event": {"uid": about.uid, **times, **how}}


def attachment(found: Attachment) -> Json:
    return {
        "filename": found.filename,
        "content_type": found.content_type,
        "size": found.size,
        "inline": found.inline,
    }


def label(found: Label) -> Json:
    color = found.color
    return {
        "id": found.id,
        "name": found.name,
        "type": found.type,
        "background": color.background_color if color else None,
        "text": color.text_color if color else None,
        "messages": found.messages_total,
        "unread": found.messages_unread,
    }


def plan(account: str, found: ChangePlan, *, done: LabelChange | None) -> Json:
    """`done` is what was changed; None for what is only planned."""
    return {
        "account": account,
        "done": done is not None,
        "change": done.number if done else None,
        "count": done.count if done else len(found.ids),
        "conversations": found.conversations,
        "match": found.match,
        "add": found.add,
        "remove": found.remove,
        "create": found.create,
        "units": found.units,
        "ids": found.ids,
        "gone": found.gone,
        "drafts": found.drafts,
        "seconds": found.seconds,
        "facts": {
            "looked": found.facts.looked,
            "size": found.facts.size,
            "oldest": found.facts.oldest,
            "newest": found.facts.newest,
            "senders": dict(found.facts.senders),
        },
        "sample": [envelope(each) for each in found.sample],
    }


def change(found: Change) -> Json:
    return {
        "number": found.number,
        "time": found.time,
        "what": found.what,
        "why": found.why,
        "state": found.state,
        "count": found.count,
        "wanted": found.wanted or None,
        "for_good": found.for_good,
        "undoes": found.undoes,
        "undone_by": found.undone_by,
    }
