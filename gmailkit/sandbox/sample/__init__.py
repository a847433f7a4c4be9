"""The sample mailbox of me@example.com: about three years of believable mail, up to a given moment.

Nothing here is random. A message is written from a table of content and from its date, which lies
a whole number of days (and a fixed time of day) before today's midnight UTC: its bytes change
when the day changes, not with the hour. Only the handful of messages of the last hours, which
`newer_than:1d` is asked for, hang on the minute of `now`.

Content lives in `scenes/`, one subject a file; everything is loaded when first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from gmailkit.sandbox.sample.labels import HIDDEN, SAMPLE_LABELS, SampleLabel

__all__ = ["SAMPLE_LABELS", "SampleLabel", "SampleMessage", "sample_messages"]


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """One message as it lies in the mailbox.

    `raw` has CRLF line ends. `labels` are system label ids ("INBOX", "CATEGORY_UPDATES") and names
    of user labels ("Receipts"). `date` is aware, UTC, the moment of acceptance (Gmail's
    internalDate). Messages of one conversation share `thread`. `hidden` are states that a search
    finds though Gmail has no label id for them: MUTED, SNOOZED, SCHEDULED, CATEGORY_PURCHASES,
    CATEGORY_RESERVATIONS.
    """

    raw: bytes = field(repr=False)
    labels: tuple[str, ...]
    date: datetime
    thread: str
    hidden: tuple[str, ...] = ()


def sample_messages(now: datetime) -> Iterator[SampleMessage]:
    """The whole mailbox, oldest message first; the same `now` gives the same bytes.

    `now` must know its zone (UsageError otherwise). No message is younger than `now`.
    """
    from gmailkit.sandbox.sample.compose import write
    from gmailkit.sandbox.sample.scenes import letters

    for letter in sorted(letters(now), key=lambda letter: letter.date):
        labels = tuple(label for label in letter.labels if label not in HIDDEN)
        hidden = tuple(label for label in letter.labels if label in HIDDEN)
        yield SampleMessage(write(letter), labels, letter.date, letter.thread, hidden)
