"""What the mailbox is about, one subject a file; each offers `letters(days)`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.scenes import (
    asia,
    builds,
    codes,
    europe,
    home,
    invitations,
    invoices,
    lists,
    marks,
    newsletters,
    odd,
    offers,
    own,
    projects,
    receipts,
    social,
    spam,
    trash,
    travel,
    work,
)

_SCENES = (
    asia,
    builds,
    codes,
    europe,
    home,
    invitations,
    invoices,
    lists,
    marks,
    newsletters,
    odd,
    offers,
    own,
    projects,
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
