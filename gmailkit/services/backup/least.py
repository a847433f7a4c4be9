"""What a run that lists the mailbox takes before it reads a message: with less it never gets on."""

from __future__ import annotations

from gmailkit.services.backup.settings import PLACES
from gmailkit.services.backup.work import Work
from gmailkit.services.cheapest import label_matrix_units
from gmailkit.wire.methods import find

_BESIDE = ("getProfile", "labels.list", "drafts.list", *(each.method for each in PLACES.values()))


def advice(work: Work) -> str:
    """For whoever allowed so few units that nothing was saved; "" where that is not why."""
    if work.wanted.covers == "known" or work.messages is None or work.reading.fetched:
        return ""
    before, one = _before(work, work.messages), find("messages.get").price(work.client.prices)
    return (
        f"Before a run that goes through all {work.messages:,} messages reads any, it takes about "
        f"{before:,} units: allow at least {before + one:,}, and {one} for each message more."
    )


def _before(work: Work, messages: int) -> int:
    """To list so many."""
    prices = work.client.prices
    of_labels = [0] * len(work.wanted.hidden)
    if work.account.holds_any():  # then labels are compared; a message is taken to bear three
        of_labels = [messages] * 3 + [0] * len(work.names.labels)
    beside = sum(find(method).price(prices) for method in _BESIDE)
    return beside + label_matrix_units(messages, of_labels, prices)
