"""Ids are strings on the wire, but types here: mixing them up is this API's classic slip."""

from __future__ import annotations

import re
from typing import NewType

MessageId = NewType("MessageId", str)  # lower-case hex of a 64-bit number; unique in one mailbox
ThreadId = NewType("ThreadId", str)  # the same form
DraftId = NewType("DraftId", str)  # stays while the message in it gets new ids
LabelId = NewType("LabelId", str)  # "INBOX", "Label_12"

# Labels of mail that a listing leaves out unless it is named.
HIDDEN = frozenset({LabelId("SPAM"), LabelId("TRASH")})

_ID = re.compile(r"[0-9a-f]{16}")


def is_id(text: str) -> bool:
    """Whether a text is written as Gmail writes the id of a message or a conversation."""
    return bool(_ID.fullmatch(text))
