"""A message of a conversation, or of a row of messages, whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gmailkit.model.ids import LabelId, MessageId
from gmailkit.model.mail import Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`date` is when Gmail received or sent it, `labels` are ids."""

    id: MessageId
    date: datetime
    labels: tuple[LabelId, ...] = ()
    mail: Mail
