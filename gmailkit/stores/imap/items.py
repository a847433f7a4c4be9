"""A message of a server as one of ours: marks and keywords are flags and labels."""

from __future__ import annotations

from gmailkit.model import flags
from gmailkit.model.content import Content
from gmailkit.model.item import Item
from gmailkit.stores.imap.names import labels_of
from gmailkit.stores.imap.survey import Spot, Survey
from gmailkit.transport.imap.answers import Listed


def item_of(every: Survey, spot: Spot, listed: Listed, content: Content) -> Item:
    marks = flags.from_imap(listed.flags)
    return Item(
        content=content,
        labels=every.labels(spot) | labels_of(listed.flags),
        flags=marks | {"draft"} if every.is_draft(spot) else marks,
        received=listed.received,
    )
