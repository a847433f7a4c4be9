"""A message of a conversation, or of a row of messages, whole."""

from __future__ import annotations

from datetime import datetime

import msgspec

from gmailkit.model.ids import LabelId, MessageId
from gmailkit.model.mail import Mail


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """`date` is when Gmail received or sent it, `labels` are ids."""

    id: MessageId
    date: datetime
    labels: tuple[LabelId, ...] = ()
    mail: Mail
