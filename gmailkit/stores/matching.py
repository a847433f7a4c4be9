"""A search in a store that has none of its own: each message is read and looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.mime.parse import parse
from gmailkit.model.flags import to_gmail
from gmailkit.model.ids import HIDDEN
from gmailkit.model.item import Item, Ref
from gmailkit.model.mail import Mail
from gmailkit.query.document import Document
from gmailkit.query.match import Context, matches
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.tree import Everything, Node
from gmailkit.stores.protocol import Source
from gmailkit.zones import LOCAL

LOOKED_AT = 64 << 20  # bytes of a message; what lies behind them is not searched


def matching(
    source: Source, every: Iterable[Ref], wanted: Node | None, context: Context | None = None
) -> Iterator[Ref]:
    """Those of `every` that match, as Gmail's search would: Spam and Trash only when asked for.

    One that cannot be read is among them, since nobody knows: reading it says why.
    """
    if wanted is None or isinstance(wanted, Everything):
        yield from every
        return
    context = context or Context(SYSTEM_CLOCK.now(), zone=LOCAL)
    for ref, got in source.fetch(every):
        if not isinstance(got, Item) or is_match(got, wanted, context):
            yield ref


def is_match(item: Item, wanted: Node, context: Context) -> bool:
    """Whether a search that Gmail were asked would find it."""
    if HIDDEN & item.labels and not reaches_spam_and_trash(wanted):
        return False
    return is_match_of(
        parse(item.content.part(0, LOOKED_AT)), item, item.content.size, wanted, context
    )


def is_match_of(mail: Mail, item: Item, size: int, wanted: Node, context: Context) -> bool:
    """The same, by as much of it as was read: `mail`; its content is not looked at."""
    if HIDDEN & item.labels and not reaches_spam_and_trash(wanted):
        return False
    received = item.received or mail.date
    document = Document.of(
        mail,
        labels=to_gmail(item.labels, item.flags),
        date=received.timestamp() if received else 0,
        size=size,
    )
    return matches(wanted, document, context=context)
