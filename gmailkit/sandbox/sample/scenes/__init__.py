"""What the mailbox is about, one subject a file; each offers `letters(days)`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.scenes import (
    builds,
    codes,
    home,
    invitations,
    invoices,
    languages,
    lists,
    marks,
    newsletters,
    odd,
    offers,
    own,
    receipts,
    social,
    spam,
    trash,
    travel,
    work,
)

_SCENES = (
    builds,
    codes,
    home,
    invitations,
    invoices,
    languages,
    lists,
    marks,
    newsletters,
    odd,
    offers,
    own,
    receipts,
    social,
    spam,
    trash,
    travel,
    work,
)


def letters(now: datetime) -> Iterator[Letter]:
    """Everything, in no order of time."""
    days = Days(now)
    for scene in _SCENES:
        yield from scene.letters(days)
